//! Header and section record: every field comes out of its word (FORMAT.md sections 2 and 4), and what this machine cannot hold
//! or serve is flagged.

mod common;
#[macro_use]
#[path = "common/bench.rs"]
mod bench;

use bench::{Bench, Ports, Raw};
use common::{Clocked, Port, Random};
use rust_hdl::prelude::*;
use statestream_hdl::header::{Header, Limits};
use statestream_hdl::memory::RamStyle;
use statestream_hdl::programs;
use statestream_hdl::section::Section;
use statestream_image::config::Pipeline;
use statestream_image::layout::{flag, MAGIC, VERSION};

ports!(Header: strobe 1, index 5, word 16, field 5 =>
    value 16, d 16, vocab_less_1 16, many_tokens 1, state_words 21, eps 44, draft_mask 16, draft_multiplier 16, bad_magic 1,
    bad_version 1, too_large 1);
ports!(Section: strobe 1, index 4, word 16, advance 1, second 1 =>
    entry 8, known 1, is_end 1, is_norm 1, is_logit 1, pair 1, length 16, base 16, dest 16, operand 16, params 8, state_words 8,
    states_less_1 4, shift_conv 5, shift_readout 5, shift_gate 5);

const LIMITS: Limits = Limits { h: 32, vector: 128, state: 512, params: 64 };

/// A header that fits exactly, everything else random.
fn header(random: &mut Random) -> [u64; 32] {
    let mut words: [u64; 32] = std::array::from_fn(|_| random.below(1 << 16));
    words[0] = u64::from(MAGIC >> 16);
    words[1] = u64::from(MAGIC & 0xFFFF);
    words[2] = VERSION.into();
    words[6] = LIMITS.h.into();
    words[8] = LIMITS.vector.into();
    words[9] = LIMITS.params.into();
    words[10] = 0;
    words[11] = LIMITS.state.into();
    words
}

/// The outputs after these words.
fn read_header(bench: &mut Bench<Header>, random: &mut Random, words: &[u64; 32]) -> Vec<u64> {
    for (at, word) in words[..30].iter().enumerate() {
        while random.once_in(3) {
            bench.clock_unknown(&[0, random.below(32), random.below(1 << 16), 0]);
        }
        bench.clock_unknown(&[1, at as u64, *word, 30]);
    }
    bench.clock_unknown(&[0, 0, 0, 29]);
    bench.clock(&[0, 0, 0, 29])
}

#[test]
fn every_header_field_comes_out_of_its_words() {
    let mut random = Random(1);
    let mut bench = Bench::of(Header::new(LIMITS, RamStyle::Plain));
    for _ in 0..20 {
        let words = header(&mut random);
        let long = |at: usize| words[at] << 16 | words[at + 1];
        let eps = (words[22] << 32 | words[23] << 16 | words[24]) & ((1 << 44) - 1);
        let many = u64::from(words[7] > 2046);
        let registers = [words[6], words[7], many, long(10) & 0x1F_FFFF, eps, words[3], words[27], 0, 0, 0];
        assert_eq!(read_header(&mut bench, &mut random, &words)[1..], registers);
        for (field, word) in words[..30].iter().enumerate() {
            bench.clock_unknown(&[0, 0, 0, field as u64]);
            assert_eq!(bench.clock(&[0, 0, 0, 0])[0], *word, "word {field}");
        }
    }
    bench.replay("header");
}

#[test]
fn each_header_fault_is_flagged_and_forgotten_with_the_next_header() {
    let mut random = Random(2);
    let mut bench = Bench::of(Header::new(LIMITS, RamStyle::Plain));
    let sound = header(&mut random);
    let faults = [
        (0, 0x5354, [1, 0, 0]),
        (1, 0x5453, [1, 0, 0]),
        (2, 3, [0, 1, 0]),
        (6, 33, [0, 0, 1]),
        (8, 129, [0, 0, 1]),
        (9, 65, [0, 0, 1]),
        (11, 513, [0, 0, 1]),
        (10, 1, [0, 0, 1]),
    ];
    for (at, word, flags) in faults {
        let mut words = sound;
        words[at] = word;
        assert_eq!(read_header(&mut bench, &mut random, &words)[8..], flags, "word {at} is {word}");
        assert_eq!(read_header(&mut bench, &mut random, &sound)[8..], [0, 0, 0]);
    }
    bench.replay("header_faults");
}

/// The outputs after these words, none of them advanced.
fn read_section(bench: &mut Bench<Section>, words: &[u64; 16]) -> Vec<u64> {
    for (at, word) in words.iter().enumerate() {
        bench.clock_unknown(&[1, at as u64, *word, 0, 0]);
    }
    bench.clock_unknown(&[0; 5]);
    bench.clock(&[0; 5])
}

/// Row b's length and base.
fn second_row(bench: &mut Bench<Section>) -> Vec<u64> {
    bench.clock(&[0, 0, 0, 0, 1]);
    bench.clock(&[0, 0, 0, 0, 0])[6..8].to_vec()
}

#[test]
fn every_section_field_comes_out_of_its_word_and_unknown_cases_are_refused() {
    let mut random = Random(3);
    let all = programs::all(Pipeline::Short);
    let mut bench = Bench::of(Section::new(&all, RamStyle::Plain, false));
    let mut refused = 0;
    for round in 0..600 {
        let mut words: [u64; 16] = std::array::from_fn(|_| random.below(1 << 16));
        let (case, _) = all[round % all.len()];
        // a case that is served, one bit beside it, or anything
        words[0] = case.kind as u64 ^ if round % 5 == 1 { 1 << random.below(16) } else { 0 };
        words[1] = u64::from(case.flags) ^ if round % 5 == 2 { 1 << random.below(16) } else { 0 };
        words[10] = if round % 5 == 3 { 17 + random.below(1000) } else { 1 + random.below(16) };
        if round % 7 == 6 {
            words[0] = random.below(10);
            words[1] = random.below(512);
        }
        let program =
            all.iter().find(|(case, _)| case.kind as u64 == words[0] && u64::from(case.flags) == words[1]);
        let end = words[0] == 0;
        let known = words[10] <= 16 && (program.is_some() || (end && words[1] < 512));
        refused += usize::from(!known);
        let outputs = read_section(&mut bench, &words);
        if let Some((_, program)) = program {
            assert_eq!(outputs[0], program.entry as u64);
        }
        assert_eq!(
            outputs[1],
            u64::from(known),
            "kind {}, flags {:#x}, N = {}",
            words[0],
            words[1],
            words[10]
        );
        let low = |at: usize, bits: u32| words[at] & ((1 << bits) - 1);
        let less_1 = |at: usize| words[at].wrapping_sub(1) & 0xFFFF;
        assert_eq!(outputs[2..5], [0, 1, 7].map(|kind| u64::from(low(0, 4) == kind)));
        let expected = [
            low(1, 1),
            less_1(3),
            words[4],
            words[7],
            words[14],
            low(8, 8),
            low(9, 8),
            less_1(10) & 15,
            low(11, 5),
            low(12, 5),
            low(13, 5),
        ];
        assert_eq!(outputs[5..], expected);
        assert_eq!(second_row(&mut bench), [less_1(5), words[6]]);
    }
    assert!((150..450).contains(&refused), "{refused} refused");
    bench.replay("section");
}

/// Flag 9 is no flag of the epilogue: where rows may be ternary it is served with every case, and elsewhere never.
#[test]
fn ternary_sections_are_refused_where_rows_are_never_ternary() {
    let all = programs::all(Pipeline::Short);
    for ternary in [false, true] {
        let mut bench = Bench::of(Section::new(&all, RamStyle::Plain, ternary));
        for (round, (case, program)) in all.iter().cycle().take(3 * all.len()).enumerate() {
            let flag = [0, flag::TERNARY, 1 << 10][round % 3];
            let mut words = [1; 16];
            (words[0], words[1]) = (case.kind as u64, (case.flags | flag).into());
            let outputs = read_section(&mut bench, &words);
            let known = flag == 0 || ternary && flag == flag::TERNARY;
            assert_eq!(outputs[..2], [program.entry as u64, known.into()], "{case:?}, {flag:#x}");
        }
        bench.replay(&format!("section_ternary_{ternary}"));
    }
}

#[test]
fn a_row_moves_its_addresses_by_one_and_complex_rows_by_two() {
    let mut bench = Bench::of(Section::new(&programs::all(Pipeline::Short), RamStyle::Plain, false));
    for (flags, step) in [(0, 1), (1 << 6, 2)] {
        read_section(&mut bench, &[4, flags, 9, 1, 0, 1, 0, 100, 6, 2, 1, 0, 0, 0, 200, 0]);
        for row in 0..9 {
            let outputs = bench.clock(&[0, 0, 0, 1, 0]);
            assert_eq!(outputs[8..10], [100 + row * step, 200 + row]);
        }
    }
    bench.replay("section_rows");
}
