//! The walk itself: one state machine over the records of the image.

use super::Sequencer;
use crate::phase::Phase;
use rust_hdl::prelude::*;

impl<const N: usize> Logic for Sequencer<N> {
    // Over 100 lines: one state machine, whose arms must share their defaults.
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, phase, after, left, count, weights_left, weight_at, fresh);
        dff_setup!(self, clock, first_row, rows_left);
        dff_setup!(self, clock, wide_a, wide_b, qa, qb, in_bank, verify, pending, crc_left);
        dff_setup!(self, clock, is_pass, head_wanted, status, boot_over, boot_status);
        dff_setup!(self, clock, section_number, row_number, head_begun, sought, sought_before);
        clock!(self, clock, locate, crc, unpack, whereabouts);
        // is the nibble taken?
        self.intake.phase.next = self.phase.q.val();
        self.intake.valid.next = self.valid.val();
        self.intake.pause.next = self.pause.val();
        self.intake.fresh.next = self.fresh.q.val();
        self.intake.first_row.next = self.first_row.q.val();
        self.intake.pending.next = self.pending.q.val();
        self.intake.epilogue_busy.next = self.epilogue_busy.val();
        self.intake.heading.next = self.heading.val();
        self.ready.next = self.intake.take.val();
        self.stall_epilogue.next = self.intake.stall_epilogue.val();
        self.stall_barrier.next = self.intake.stall_barrier.val();

        // what it completes
        self.unpack.take.next = self.intake.take.val();
        self.unpack.nibble.next = self.nibble.val();
        self.unpack.align.next = false;
        self.wide.next = self.wide_a.q.val();
        if self.phase.q.val() == Phase::RowB {
            self.wide.next = self.wide_b.q.val();
        }
        self.unpack.wide.next = self.wide.val();
        self.crc.clear.next = false;
        self.crc.data.next = self.unpack.full_byte.val();
        self.crc.en.next = self.unpack.byte_done.val() & (self.phase.q.val() != Phase::Crc);
        self.crc.check.next = self.unpack.byte_done.val() & (self.phase.q.val() == Phase::Crc);
        self.crc.place.next = self.whereabouts.place.val();
        self.whereabouts.byte_done.next = self.unpack.byte_done.val();
        self.word.next = self.unpack.word.val();
        self.index.next = self.count.q.val();
        self.last_word.next =
            self.unpack.word_done.val() & self.intake.in_words.val() & !self.left.q.val().any();
        if self.unpack.word_done.val() & self.intake.in_words.val() {
            self.count.d.next = self.count.q.val() + 1;
            self.left.d.next = self.left.q.val() - 1;
        }
        self.header_strobe.next = self.unpack.word_done.val() & (self.phase.q.val() == Phase::Header);
        self.table_write.next = self.unpack.word_done.val() & (self.phase.q.val() == Phase::Tables);
        self.state_write.next = self.unpack.word_done.val() & (self.phase.q.val() == Phase::State);
        self.h_write.next = self.unpack.word_done.val() & (self.phase.q.val() == Phase::Embed);
        self.section_strobe.next = self.unpack.word_done.val() & (self.phase.q.val() == Phase::Section);
        // the section's words go to its registers, but the number of its rows: the rows before are all here
        if self.section_strobe.val() & (self.count.q.val() == 2) {
            self.rows_left.d.next = self.unpack.word.val();
        }
        self.param_write.next = self.unpack.word_done.val() & (self.phase.q.val() == Phase::Params);

        // weights
        self.a_weight.next = self.unpack.weight_done.val() & self.intake.in_rows.val();
        self.last_weight.next = self.a_weight.val() & !self.weights_left.q.val().any();
        self.weight.next = self.unpack.weight.val();
        self.weight_valid.next = self.a_weight.val();
        self.weight_first.next = self.fresh.q.val();
        self.vector_address.next = self.weight_at.q.val();
        if self.a_weight.val() {
            self.weights_left.d.next = self.weights_left.q.val() - 1;
            self.weight_at.d.next = self.weight_at.q.val() + 1;
            self.fresh.d.next = false;
        }
        // Two narrow weights in a byte. What follows an odd row's last weight there is zero (FORMAT.md section 4).
        for k in 0..self.weight_after.len() {
            self.weight_after[k].next = self.unpack.after[k].val();
            if self.a_weight.val() & !self.wide.val() {
                self.last_weight.next = !self.weights_left.q.val().get_bits::<15>(1).any();
                self.weights_left.d.next = self.weights_left.q.val() - 2;
                self.weight_at.d.next = self.weight_at.q.val() + 2;
            }
        }
        // Five ternary weights in a byte; those behind the row's last are zero.
        for k in 0..self.ternary.len() {
            self.unpack.wide.next = self.wide.val() | self.ternary[k].val();
            self.weight_ternary[k].next = self.a_weight.val() & self.ternary[k].val() & !self.wide.val();
            self.weight_code[k].next = self.unpack.full_byte.val();
            if self.weight_ternary[k].val() {
                self.last_weight.next = self.weights_left.q.val() < 5;
                self.weights_left.d.next = self.weights_left.q.val() - 5;
            }
            self.weight_last[k].next = self.last_weight.val();
        }
        // row a's are taken with the last parameter, row b's with the last weight of row a
        self.second.next =
            self.last_word.val() | (self.phase.q.val() == Phase::RowA) | (self.phase.q.val() == Phase::PadA);

        // the job of the record before
        self.verify.d.next = false;
        self.launch.next = self.pending.q.val()
            & !self.epilogue_busy.val()
            & !(self.verify.q.val() & (!self.crc.ok.val() | !self.known.val()));
        if self.launch.val() {
            self.pending.d.next = false;
            self.in_bank.d.next = !self.in_bank.q.val();
            self.row_number.d.next = self.row_number.q.val() + 1;
        }
        self.job.next = self.launch.val();
        self.shift_a.next = self.qa.q.val();
        self.shift_b.next = self.qb.q.val();
        self.bank.next = self.in_bank.q.val();
        self.section.next = self.section_number.q.val();
        self.row.next = self.row_number.q.val();

        self.seek.next = false;
        self.stop.next = false;
        self.address.next = self.locate.address.val();
        self.locate.start.next = false;
        self.locate.strobe.next = self.header_strobe.val();
        self.locate.field.next = self.count.q.val().get_bits::<5>(0);
        self.locate.word.next = self.unpack.word.val();
        self.locate.region.next = 3.into();
        self.locate.index.next = self.arg.val();
        self.rewind.next = false;
        self.head.next = false;
        self.done.next = false;
        self.loaded.next = false;
        self.record_done.next = false;
        self.answer.next = false;
        self.embed.next = false;
        self.keep.next = false;
        self.drop.next = false;
        // While an embedding is on its way: the address of the next, or of the tape.
        self.sought.d.next = false;
        self.sought_before.d.next = self.sought.q.val();
        if self.is_pass.q.val() {
            self.locate.region.next = 2.into();
            self.locate.index.next = 0.into();
            if self.more.val() {
                self.locate.region.next = 1.into();
                self.locate.index.next = self.token.val();
            }
            self.locate.start.next = self.sought_before.q.val();
        }

        match self.phase.q.val() {
            Phase::Boot => {
                // the header, and after the tables the initial state: stored state 0, while the host is quiet
                self.locate.region.next = 0.into();
                self.locate.index.next = 0.into();
                if self.awake.val() {
                    self.locate.start.next = true;
                    self.phase.d.next = Phase::Find;
                }
                if self.after.q.val() == Phase::Tables {
                    self.locate.region.next = 3.into();
                    self.phase.d.next = Phase::Locate;
                }
            }
            Phase::Find => {
                if self.locate.ready.val() {
                    self.seek.next = true;
                    self.phase.d.next = Phase::Header;
                    self.count.d.next = 0.into();
                    self.left.d.next = 29.into();
                }
            }
            Phase::Idle => {
                self.head_wanted.d.next = self.want_head.val();
                self.head_begun.d.next = false;
                self.is_pass.d.next = self.request.val() != 1;
                self.locate.region.next = 3.into();
                self.locate.index.next = self.arg.val();
                if self.start.val() {
                    self.status.d.next = 0.into();
                    self.locate.start.next = true;
                    self.rewind.next = self.request.val() != 1;
                    self.phase.d.next = Phase::Locate;
                    if self.request.val() != 1 {
                        self.phase.d.next = Phase::Draft;
                    }
                }
            }
            Phase::Draft => {
                self.count.d.next = 0.into();
                self.left.d.next = 0.into();
                if self.asking.val() {
                    self.address.next = self.asked_at.val();
                    self.seek.next = true;
                    self.phase.d.next = Phase::Guess;
                }
                if self.complete.val() {
                    self.locate.start.next = true;
                    self.phase.d.next = Phase::Locate;
                }
            }
            Phase::Guess => {
                if self.last_word.val() {
                    self.answer.next = true;
                    self.stop.next = true;
                    self.phase.d.next = Phase::Draft;
                }
            }
            Phase::Locate => {
                if self.locate.ready.val() {
                    self.seek.next = true;
                    self.count.d.next = 0.into();
                    self.left.d.next = self.state_words.val() - 1;
                    self.phase.d.next = Phase::State;
                    if self.is_pass.q.val() {
                        self.section_number.d.next = 0xFFFF.into();
                        self.left.d.next = 15.into();
                        self.phase.d.next = Phase::Section;
                        if self.more.val() {
                            self.embed.next = true;
                            self.sought.d.next = true;
                            self.left.d.next = bit_cast::<20, 16>(self.d.val()) - 1;
                            self.phase.d.next = Phase::Embed;
                        }
                    }
                }
            }
            Phase::Params => {
                if self.param_write.val() & !self.count.q.val().any() {
                    self.qa.d.next = self.unpack.word.val().get_bits::<5>(0);
                    self.wide_a.d.next = self.unpack.word.val().get_bit(15);
                }
                if self.param_write.val() & (self.count.q.val() == 3) {
                    self.qb.d.next = self.unpack.word.val().get_bits::<5>(0);
                    self.wide_b.d.next = self.unpack.word.val().get_bit(15);
                }
                if self.last_word.val() {
                    self.weights_left.d.next = self.length.val();
                    self.weight_at.d.next = self.base.val();
                    self.fresh.d.next = true;
                    self.phase.d.next = Phase::RowA;
                }
            }
            Phase::RowA => {
                if self.last_weight.val() {
                    self.phase.d.next = Phase::Crc;
                    self.after.d.next = Phase::RowA;
                    if self.pair.val() {
                        self.phase.d.next = Phase::RowB;
                        self.weights_left.d.next = self.length.val();
                        self.weight_at.d.next = self.base.val();
                        self.fresh.d.next = true;
                    }
                    if !self.unpack.byte_done.val() {
                        self.phase.d.next = Phase::PadA;
                    }
                }
            }
            Phase::PadA => {
                if self.intake.take.val() {
                    self.phase.d.next = Phase::Crc;
                    if self.pair.val() {
                        self.phase.d.next = Phase::RowB;
                    }
                }
            }
            Phase::RowB => {
                if self.last_weight.val() {
                    self.phase.d.next = Phase::Crc;
                    if !self.unpack.byte_done.val() {
                        self.phase.d.next = Phase::PadB;
                    }
                }
            }
            Phase::PadB => {
                if self.intake.take.val() {
                    self.phase.d.next = Phase::Crc;
                }
            }
            Phase::Crc => {
                if self.unpack.byte_done.val() {
                    self.crc_left.d.next = self.crc_left.q.val() + 1;
                    self.record_done.next = self.crc_left.q.val().all();
                }
            }
            Phase::Finish => {
                if !self.epilogue_busy.val() & !self.pending.q.val() & !self.verify.q.val() {
                    self.phase.d.next = Phase::Idle;
                    self.loaded.next = !self.is_pass.q.val() & !self.status.q.val().any();
                    if !self.boot_over.q.val() {
                        self.boot_over.d.next = true;
                        self.boot_status.d.next = self.status.q.val();
                    } else if self.is_pass.q.val() & !self.status.q.val().any() {
                        self.keep.next = true;
                        self.phase.d.next = Phase::Keep;
                    } else {
                        self.drop.next = self.is_pass.q.val();
                        self.done.next = true;
                    }
                }
            }
            Phase::Keep => {
                if self.settled.val() {
                    self.done.next = true;
                    self.phase.d.next = Phase::Idle;
                }
            }
            // the phases that only read words: the record's CRC follows the last
            _ => {
                if self.last_word.val() {
                    self.after.d.next = self.phase.q.val();
                    self.phase.d.next = Phase::Crc;
                }
            }
        }

        // the record is over: what comes next
        if self.record_done.val() {
            self.verify.d.next = true;
            self.unpack.align.next = true;
            self.count.d.next = 0.into();
            self.left.d.next = 15.into();
            self.phase.d.next = Phase::Section;
            match self.after.q.val() {
                Phase::Header => {
                    self.phase.d.next = Phase::Tables;
                    self.left.d.next = 384.into(); // TABLE_WORDS less one
                }
                Phase::Tables => {
                    self.stop.next = true;
                    self.phase.d.next = Phase::Boot;
                }
                Phase::State => {
                    self.stop.next = true;
                    self.phase.d.next = Phase::Finish;
                }
                Phase::Embed => {
                    self.phase.d.next = Phase::Locate;
                }
                Phase::Section => {
                    self.section_number.d.next = self.section_number.q.val() + 1;
                    self.row_number.d.next = 0.into();
                    self.rows_left.d.next = self.rows_left.q.val() - 1;
                    self.first_row.d.next = true;
                    self.pending.d.next = self.is_norm.val();
                    if self.rows_left.q.val().any() & !self.is_norm.val() {
                        self.phase.d.next = Phase::Params;
                        self.left.d.next = bit_cast::<20, 8>(self.params.val()) - 1;
                    }
                    if self.is_logit.val() {
                        self.head.next = self.head_wanted.q.val() & !self.head_begun.q.val();
                        self.head_begun.d.next = true;
                    }
                    if self.is_end.val() | (self.is_logit.val() & !self.head_wanted.q.val()) {
                        self.stop.next = true;
                        self.phase.d.next = Phase::Finish;
                    }
                }
                _ => {
                    self.pending.d.next = true;
                    self.first_row.d.next = false;
                    self.rows_left.d.next = self.rows_left.q.val() - 1;
                    if self.rows_left.q.val().any() {
                        self.phase.d.next = Phase::Params;
                        self.left.d.next = bit_cast::<20, 8>(self.params.val()) - 1;
                    }
                }
            }
        }

        // its CRC is known now
        self.crc_error.next = self.verify.q.val() & !self.crc.ok.val();
        self.verdict.asked.next = self.verify.q.val();
        self.verdict.crc_ok.next = self.crc.ok.val();
        self.verdict.of_header.next = self.phase.q.val() == Phase::Tables;
        self.verdict.of_section.next = self.after.q.val() == Phase::Section;
        self.verdict.bad_magic.next = self.bad_magic.val();
        self.verdict.bad_version.next = self.bad_version.val();
        self.verdict.too_large.next = self.too_large.val();
        self.verdict.known.next = self.known.val();
        if self.verdict.code.val().any() {
            self.status.d.next = self.verdict.code.val();
            self.pending.d.next = false;
            self.seek.next = false;
            self.stop.next = true;
            self.phase.d.next = Phase::Finish;
        }
        if self.seek.val() {
            self.crc.clear.next = true;
            self.unpack.align.next = true;
            self.crc_left.d.next = 0.into();
        }
        self.busy.next = self.phase.q.val() != Phase::Idle;
        self.code.next = self.status.q.val();
        self.whereabouts.seek.next = self.seek.val();
        self.whereabouts.address.next = self.address.val();
        self.whereabouts.judged.next = self.verify.q.val();
        self.whereabouts.fault.next = self.verdict.code.val().any();
        self.error_address.next = self.whereabouts.record.val();
        self.booted.next = self.boot_over.q.val();
        self.boot_code.next = self.boot_status.q.val();
    }
}
