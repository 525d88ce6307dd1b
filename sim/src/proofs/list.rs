//! The proofs, each with its planted bugs.

use super::{Bug, Proof};
use crate::mutation::Edit;

const fn edit(module: &'static str, from: &'static str, to: &'static str) -> Edit {
    Edit::new(module, from, to)
}

/// Every proof, in the order of `docs/verification.md`.
pub const ALL: [Proof; 10] = [FLASH, STALLS, UART, SEQUENCER, ROUND, SUM, PRODUCT, POLE, CRC32, CRC16];

/// What most proofs have: nothing but induction.
const PLAIN: Proof = Proof {
    name: "",
    modules: &[],
    statement: "",
    text: "",
    depth: 1,
    reduced: &[],
    thorough: None,
    hasty: &[],
    bugs: &[],
};

const FLASH: Proof = Proof {
    name: "flash",
    modules: &["flash", "fifo", "entries", "opcodes", "waits"],
    statement: "the flash sees no opcode but those that wake, reset and read, each whole; the \
        consumer gets every nibble from the address sought, once and in order",
    text: include_str!("../../proofs/flash.sv"),
    // the waits of the boot, 3 us and 30 us
    hasty: &[
        edit("waits", "3'd1: value = 12'h48;", "3'd1: value = 12'h2;"),
        edit("waits", "3'd4: value = 12'h2d0;", "3'd4: value = 12'h2;"),
    ],
    bugs: &[
        Bug {
            name: "66 is 06, write enable",
            edits: &[
                edit("opcodes", "6'd17: value = 1'h1;", "6'd17: value = 1'h0;"),
                edit("opcodes", "6'd18: value = 1'h1;", "6'd18: value = 1'h0;"),
            ],
            clocks: [34, 45],
        },
        Bug {
            name: "the mode byte ends continuous mode",
            edits: &[edit("flash", "out$d = 10;", "out$d = 11;")],
            clocks: [80, 90],
        },
        Bug {
            name: "the FIFO has room for one too many",
            edits: &[edit("fifo", "(oldest$q < 5)", "(oldest$q < 6)")],
            clocks: [104, 110],
        },
        Bug {
            name: "what arrives at a seek is kept",
            edits: &[edit("flash", "arrived$d = under_way$q & ~strobe;", "arrived$d = under_way$q;")],
            clocks: [86, 95],
        },
    ],
    ..PLAIN
};

const STALLS: Proof = Proof {
    name: "stalls",
    modules: &["intake", "unpack"],
    statement: "a nibble is taken only when it is there and nothing pauses, and bytes and words are \
        those taken, in order",
    text: include_str!("../../proofs/stalls.sv"),
    bugs: &[
        Bug {
            name: "a pause pauses nothing",
            edits: &[edit("intake", "reading & ~pause &", "reading &")],
            clocks: [0, 3],
        },
        Bug {
            name: "a word is complete after its first byte",
            edits: &[edit("unpack", "word_done = done & odd$q;", "word_done = done;")],
            clocks: [0, 5],
        },
    ],
    ..PLAIN
};

const UART: Proof = Proof {
    name: "uart",
    modules: &["uart_in", "uart_in_baud"],
    statement: "after any noise and one idle frame time every frame gives exactly its byte",
    text: include_str!("../../proofs/uart.sv"),
    bugs: &[
        Bug {
            name: "ones enter one bit low",
            edits: &[edit("uart_in", "| 128;", "| 64;")],
            clocks: [159, 170],
        },
        Bug {
            name: "the stop bit lasts two bits",
            edits: &[edit("uart_in", "left$d = 10;", "left$d = 11;")],
            clocks: [159, 170],
        },
    ],
    ..PLAIN
};

const SEQUENCER: Proof = Proof {
    name: "sequencer",
    modules: &[
        "sequencer",
        "intake",
        "unpack",
        "locate",
        "places",
        "sequencer_crc",
        "crc_step",
        "verdict",
        "whereabouts",
    ],
    statement: "what is left to do falls in every clock in which nobody else is waited for, until it \
        is idle; it never waits for a flash that it stopped",
    text: include_str!("../../proofs/sequencer.sv"),
    // the rank is compared with that of the clock before
    depth: 2,
    // a header of one word
    hasty: &[edit("sequencer", "left$d = 29;", "left$d = 0;")],
    bugs: &[
        Bug {
            name: "the words left are not counted",
            edits: &[edit("sequencer", "left$d = left$q - 1;", "left$d = left$q;")],
            clocks: [39, 44],
        },
        Bug {
            name: "a header follows the header",
            edits: &[edit("sequencer", "phase$d = Phase$Tables;", "phase$d = Phase$Header;")],
            clocks: [35, 40],
        },
        Bug {
            name: "the header is waited for without a seek",
            edits: &[edit(
                "sequencer",
                "seek = 1'b1;\n                    phase$d = Phase$Header;",
                "phase$d = Phase$Header;",
            )],
            clocks: [23, 30],
        },
    ],
    ..PLAIN
};

const ROUND: Proof = Proof {
    name: "round",
    modules: &["round", "shift"],
    statement: "y is sat16(R(x, s)) for every x of 32 bits and every shift from 0 to 31",
    text: include_str!("../../proofs/round.sv"),
    bugs: &[
        Bug {
            name: "no half is added",
            edits: &[edit("round", "sum = (shifted$q + 1);", "sum = (shifted$q + 0);")],
            clocks: [0, 5],
        },
        Bug {
            name: "words are clamped at 32766",
            edits: &[edit("round", "highest = 16'h7fff;", "highest = 16'h7ffe;")],
            clocks: [0, 5],
        },
    ],
    ..PLAIN
};

const SUM: Proof = Proof {
    name: "sum",
    modules: &["epilogue"],
    statement: "no sum of the epilogue leaves its 32 bits while the magnitudes of the first factors \
        add up to at most 65535: the recurrence with any |a| < 1",
    text: include_str!("../../proofs/sum.sv"),
    bugs: &[
        Bug {
            name: "a product's top bit is lost",
            edits: &[edit(
                "epilogue",
                "acc$d = multiplier$p;",
                "acc$d = {multiplier$p[30], multiplier$p[30:0]};",
            )],
            clocks: [0, 6],
        },
        Bug {
            name: "what is to be subtracted is added",
            edits: &[edit("epilogue", "(acc$q - multiplier$p)", "(acc$q + multiplier$p)")],
            clocks: [0, 6],
        },
    ],
    ..PLAIN
};

const PRODUCT: Proof = Proof {
    name: "product",
    modules: &["multiplier"],
    statement: "the multiplier's text with 8-bit factors: its product is at most |a| 2^7 in \
        magnitude",
    text: include_str!("../../proofs/product.sv"),
    reduced: &[
        edit("multiplier", "signed [15:0] a,", "signed [7:0] a,"),
        edit("multiplier", "signed [15:0] b,", "signed [7:0] b,"),
        edit("multiplier", "signed [31:0] p\n", "signed [15:0] p\n"),
        edit("multiplier", "signed [31:0] m;", "signed [15:0] m;"),
    ],
    bugs: &[Bug {
        name: "the second factor is taken as unsigned",
        edits: &[edit("multiplier", "m = a * b;", "m = a * $signed({1'b0, b});")],
        clocks: [0, 4],
    }],
    ..PLAIN
};

const POLE: Proof = Proof {
    name: "pole",
    modules: &["round", "shift"],
    statement: "rounding moves no part of a state by more than a half, and with |ar| + |ai| <= 1 no \
        part exceeds the larger one before",
    text: include_str!("../../proofs/pole.sv"),
    bugs: &[Bug {
        name: "a whole is added for a half",
        edits: &[edit("round", "sum = (shifted$q + 1);", "sum = (shifted$q + 2);")],
        clocks: [0, 6],
    }],
    ..PLAIN
};

const CRC32: Proof = Proof {
    name: "crc32",
    modules: &["sequencer_crc", "crc_step"],
    statement: "`ok` says that four bytes are the CRC-32 of those before, exclusive or the place, for all bytes and places",
    text: include_str!("../../proofs/crc32.sv"),
    thorough: Some("SERIAL"),
    bugs: &[
        Bug {
            name: "a bit is fed by its neighbour",
            edits: &[edit(
                "crc_step",
                "next_register[0] = register[2] ^",
                "next_register[0] = register[3] ^",
            )],
            clocks: [0, 8],
        },
        Bug {
            name: "three bytes are enough",
            edits: &[edit("sequencer_crc", "ok = checked$q[2] &", "ok = (checked$q > 2) &")],
            clocks: [0, 8],
        },
        Bug {
            name: "half of the place is enough",
            edits: &[edit("sequencer_crc", "register$q[15:8] ^ place[15:8]", "register$q[15:8]")],
            clocks: [0, 8],
        },
    ],
    ..PLAIN
};

const CRC16: Proof = Proof {
    name: "crc16",
    modules: &["host_crc", "crc_step_2"],
    statement: "the register is the CRC-16 of the bytes since it was cleared, for all bytes",
    text: include_str!("../../proofs/crc16.sv"),
    bugs: &[Bug {
        name: "a bit is fed by its neighbour",
        edits: &[edit("crc_step_2", "next_register[0] = register[8] ^", "next_register[0] = register[9] ^")],
        clocks: [0, 5],
    }],
    ..PLAIN
};
