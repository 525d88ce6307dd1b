//! The core's wires, in the order of the data flow.

use super::Core;
use crate::num::ToSigned;
use rust_hdl::prelude::*;

impl<const H: usize, const V: usize, const A: usize, const N: usize, const M: usize> Logic
    for Core<H, V, A, N, M>
{
    // Over 100 lines: nothing but wires, in the order of the data flow.
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, flash, header, part, sequencer, epilogue, batch, choose, counters, memory);
        clock!(self, clock, params, tables, residual, t, offer, job_section, job_row, in_logits);
        clock!(self, clock, state_word, working, loading, load_at, load_word);
        clock!(self, clock, reach_at, reach_bank, reach_we, reach_word);
        dff_setup!(self, clock, window, window_data, window_we, streaming, offered, whole);
        dff_setup!(self, clock, chosen, passing, heading, each);

        // flash <-> sequencer
        self.flash.seek.next = self.sequencer.seek.val();
        self.flash.stop.next = self.sequencer.stop.val();
        self.flash.ready.next = self.sequencer.ready.val();
        self.flash.address.next = self.sequencer.address.val();
        self.sequencer.awake.next = self.flash.awake.val();
        self.sequencer.valid.next = self.flash.valid.val();
        self.sequencer.nibble.next = self.flash.nibble.val();
        self.sck_en.next = self.flash.sck_en.val();
        self.cs_n.next = self.flash.cs_n.val();
        self.io_o.next = self.flash.io_o.val();
        self.io_oe.next = self.flash.io_oe.val();
        self.flash.io_i.next = self.io_i.val();

        // header and section
        self.header.strobe.next = self.sequencer.header_strobe.val();
        self.header.word.next = self.sequencer.word.val();
        self.header.index.next = self.sequencer.index.val().get_bits::<5>(0);
        self.part.strobe.next = self.sequencer.section_strobe.val();
        self.part.word.next = self.sequencer.word.val();
        self.part.advance.next = self.sequencer.job.val();
        self.part.index.next = self.sequencer.index.val().get_bits::<4>(0);
        self.sequencer.bad_magic.next = self.header.bad_magic.val();
        self.sequencer.bad_version.next = self.header.bad_version.val();
        self.sequencer.too_large.next = self.header.too_large.val();
        self.sequencer.d.next = self.header.d.val();
        self.sequencer.state_words.next = self.header.state_words.val().get_bits::<20>(0);
        self.sequencer.known.next = self.part.known.val();
        self.sequencer.is_end.next = self.part.is_end.val();
        self.sequencer.is_norm.next = self.part.is_norm.val();
        self.sequencer.is_logit.next = self.part.is_logit.val();
        self.sequencer.pair.next = self.part.pair.val();
        self.part.second.next = self.sequencer.second.val();
        self.sequencer.length.next = self.part.length.val();
        self.sequencer.base.next = self.part.base.val();
        self.sequencer.params.next = self.part.params.val();
        self.header.field.next = self.header_field.val();
        self.header_value.next = self.header.value.val();
        self.many_tokens.next = self.header.many_tokens.val();
        self.state_words.next = self.header.state_words.val();

        // requests
        self.sequencer.pause.next = self.pause.val();
        self.sequencer.start.next = self.start.val();
        self.sequencer.request.next = self.request.val();
        self.sequencer.arg.next = self.arg.val();
        self.sequencer.want_head.next = self.want_head.val();
        self.busy.next = self.sequencer.busy.val();
        self.done.next = self.sequencer.done.val();
        self.code.next = self.sequencer.code.val();
        self.ready.next = self.sequencer.booted.val();
        self.boot_code.next = self.sequencer.boot_code.val();
        self.error_address.next = bit_cast::<32, 24>(self.sequencer.error_address.val());
        if self.start.val() {
            self.chosen.d.next = false;
            self.passing.d.next = self.request.val() != 1;
            self.heading.d.next = self.want_head.val();
            self.each.d.next = self.stream_logits.val() | (self.request.val() == 3);
            self.streaming.d.next = self.stream_logits.val();
            if self.request.val() == 1 {
                self.whole.d.next = false;
            }
        }
        if self.sequencer.done.val() {
            self.passing.d.next = false;
            if self.sequencer.code.val().any() {
                self.whole.d.next = false;
            } else {
                self.chosen.d.next = self.passing.q.val() & self.heading.q.val();
            }
        }
        if self.sequencer.loaded.val() | self.commit.val() {
            self.whole.d.next = true;
        }
        if self.invalidate.val() {
            self.chosen.d.next = false;
            self.whole.d.next = false;
        }
        self.token_valid.next = self.chosen.q.val();
        self.state_valid.next = self.whole.q.val();

        // the tokens of the pass
        self.batch.push.next = self.push.val();
        self.batch.token.next = self.arg.val();
        self.batch.start.next = self.start.val();
        self.batch.load.next = self.request.val() == 1;
        self.batch.guessing.next = self.request.val() == 3;
        self.batch.room.next = self.room.val();
        self.batch.set_group.next = self.set_group.val();
        self.batch.group.next = self.group.val();
        self.batch.forget.next = self.invalidate.val();
        self.batch.taken.next = self.taken.val();
        self.batch.mask.next = self.header.draft_mask.val();
        self.batch.multiplier.next = self.header.draft_multiplier.val();
        self.batch.vocab_less_1.next = self.header.vocab_less_1.val();
        self.batch.answer.next = self.sequencer.answer.val();
        self.batch.word.next = self.sequencer.word.val();
        self.batch.embed.next = self.sequencer.embed.val();
        self.batch.keep.next = self.sequencer.keep.val();
        self.batch.drop.next = self.sequencer.drop.val();
        self.batch.winner.next = self.choose.winner.val();
        self.sequencer.asking.next = self.batch.asking.val();
        self.sequencer.asked_at.next = self.batch.address.val();
        self.sequencer.complete.next = self.batch.ready.val();
        self.sequencer.token.next = self.batch.present.val();
        self.sequencer.more.next = self.batch.more.val();
        self.sequencer.settled.next = self.batch.settled.val();
        self.full.next = self.batch.full.val();
        self.extra.next = self.batch.extra.val();
        self.guess.next = self.batch.present.val();
        self.last_token.next = self.batch.last.val();

        // jobs
        self.epilogue.entry.next = self.part.entry.val();
        self.epilogue.shift_conv.next = self.part.shift_conv.val();
        self.epilogue.shift_readout.next = self.part.shift_readout.val();
        self.epilogue.shift_gate.next = self.part.shift_gate.val();
        self.epilogue.states_less_1.next = self.part.states_less_1.val();
        self.epilogue.state_words.next = self.part.state_words.val();
        self.epilogue.dest.next = self.part.dest.val();
        self.epilogue.start.next = self.sequencer.job.val();
        self.epilogue.bank.next = self.sequencer.bank.val();
        self.epilogue.shift_a.next = self.sequencer.shift_a.val();
        self.epilogue.shift_b.next = self.sequencer.shift_b.val();
        self.epilogue.rewind.next = self.sequencer.rewind.val();
        self.epilogue.from_start.next = self.part.is_norm.val();
        self.epilogue.operand_at.next = self.part.operand.val();
        self.epilogue.last_token.next = self.batch.last.val();
        self.epilogue.bank_before.next = self.batch.bank.val();
        self.only_last.next = self.part.is_logit.val() & !self.each.q.val();
        self.epilogue.first_token.next = 0.into();
        if self.only_last.val() {
            self.epilogue.first_token.next = self.batch.last.val();
        }
        self.in_logits.d.next = self.part.is_logit.val();
        self.in_logits.en.next = self.sequencer.job.val();
        self.elements.next = self.header.d.val() - 1;
        self.epilogue.elements_less_1.next = self.elements.val();
        self.epilogue.eps.next = self.header.eps.val();
        self.sequencer.epilogue_busy.next = self.epilogue.busy.val();
        self.sequencer.heading.next = self.epilogue.heading.val();
        self.job_section.d.next = self.sequencer.section.val();
        self.job_section.en.next = self.sequencer.job.val();
        self.job_row.d.next = self.sequencer.row.val();
        self.job_row.en.next = self.sequencer.job.val();

        // memories
        self.word.next = self.sequencer.word.val().to_signed_bits();
        self.params.raddr.next = self.epilogue.param_address.val();
        self.epilogue.param.next = self.params.rdata.val();
        self.params.we.next = self.sequencer.param_write.val();
        self.params.wdata.next = self.word.val();
        self.params.waddr.next = bit_cast::<8, 7>(self.sequencer.index.val().get_bits::<7>(0));
        if self.sequencer.bank.val() {
            self.params.waddr.next = bit_cast::<8, 7>(self.sequencer.index.val().get_bits::<7>(0)) | 128;
        }
        self.tables.raddr.next = self.epilogue.table_address.val();
        self.epilogue.table_word.next = self.tables.rdata.val();
        self.tables.we.next = self.sequencer.table_write.val();
        self.tables.waddr.next = self.sequencer.index.val().get_bits::<9>(0);
        self.tables.wdata.next = self.word.val();
        self.window.d.next = self.state_addr.val();
        self.window_data.d.next = self.state_wdata.val();
        self.window_we.d.next = self.state_we.val();
        self.state_at.next = self.window.q.val();
        self.memory.bank.next = self.batch.bank.val();
        self.memory.we.next = self.window_we.q.val();
        self.memory.wdata.next = self.window_data.q.val();
        self.reach_at.d.next = self.epilogue.state_address.val();
        self.reach_bank.d.next = self.epilogue.state_bank.val();
        self.reach_we.d.next = self.epilogue.state_write.val();
        self.reach_word.d.next = self.epilogue.result.val();
        self.working.d.next = self.sequencer.busy.val();
        if self.working.q.val() {
            self.state_at.next = self.reach_at.q.val();
            self.memory.bank.next = self.reach_bank.q.val();
            self.memory.we.next = self.reach_we.q.val();
            self.memory.wdata.next = self.reach_word.q.val();
        }
        self.loading.d.next = self.sequencer.state_write.val();
        self.load_at.d.next = self.sequencer.index.val();
        self.load_word.d.next = self.word.val();
        if self.loading.q.val() {
            self.state_at.next = self.load_at.q.val();
            self.memory.bank.next = self.batch.bank.val();
            self.memory.we.next = true;
            self.memory.wdata.next = self.load_word.q.val();
        }
        self.memory.addr.next = self.state_at.val().get_bits::<A>(0);
        self.state_word.d.next = self.memory.rdata.val();
        self.epilogue.state.next = self.state_word.q.val();
        self.state_rdata.next = self.state_word.q.val();

        self.residual.rbank.next = self.epilogue.token.val();
        self.residual.raddr.next = self.epilogue.h_address.val().get_bits::<H>(0);
        self.residual.wbank.next = self.epilogue.result_token.val();
        self.residual.waddr.next = self.epilogue.h_address.val().get_bits::<H>(0);
        self.residual.wdata.next = self.epilogue.result.val();
        self.residual.we.next = self.epilogue.h_write.val();
        if self.sequencer.h_write.val() {
            self.residual.wbank.next = self.batch.slot.val();
            self.residual.waddr.next = self.sequencer.index.val().get_bits::<H>(0);
            self.residual.wdata.next = self.word.val();
            self.residual.we.next = true;
        }
        self.epilogue.h.next = self.residual.rdata.val();

        // one of each per token; rows leave by lane 0
        self.load_rows.next = self.epilogue.load.val() | (self.sequencer.job.val() & !self.part.pair.val());
        self.read_at.next = self.sequencer.vector_address.val();
        if self.epilogue.heading.val() {
            self.read_at.next = self.epilogue.operand_address.val();
        }
        for i in 0..self._is_single {
            self.epilogue.operand.next = self.operands[i].q.val();
            self.epilogue.row.next = self.lanes[i].row.val();
        }
        for i in 0..self._plain {
            self.lanes[i].clock.next = self.clock.val();
            self.lanes[i].weight.next = self.sequencer.weight.val();
            self.lanes[i].valid.next = self.sequencer.weight_valid.val();
            self.lanes[i].first.next = self.sequencer.weight_first.val();
            self.lanes[i].load.next = self.load_rows.val();
            self.lanes[i].shift.next = self.epilogue.shift.val();
            self.lanes[i].next_row.next = self.lanes[0].row.val();
        }
        for i in 0..self._tokens {
            self.operands[i].clock.next = self.clock.val();
        }
        for i in 0..self._single {
            self.lanes[i].word.next = self.vectors[i].rdata.val();
            self.vectors[i].clock.next = self.clock.val();
            self.vectors[i].raddr.next = self.read_at.val().get_bits::<V>(0);
            self.vectors[i].waddr.next = self.epilogue.vector_address.val().get_bits::<V>(0);
            self.vectors[i].wdata.next = self.epilogue.result.val();
            self.vectors[i].we.next =
                self.epilogue.vector_write.val() & (self.epilogue.result_token.val().index() == i);
            self.operands[i].d.next = self.vectors[i].rdata.val();
            if self.epilogue.operand_token.val().index() == i {
                self.epilogue.operand.next = self.operands[i].q.val();
            }
        }
        for i in 0..self._double {
            self.lanes[i].word.next = self.pairs[i].rdata.val();
            self.second_lanes[i].clock.next = self.clock.val();
            self.second_lanes[i].weight.next = self.sequencer.weight_after[0].val();
            self.second_lanes[i].valid.next = self.sequencer.weight_valid.val();
            self.second_lanes[i].first.next = self.sequencer.weight_first.val();
            self.second_lanes[i].word.next = self.pairs[i].after.val();
            self.second_lanes[i].load.next = self.load_rows.val();
            self.second_lanes[i].shift.next = self.epilogue.shift.val();
            self.second_lanes[i].next_row.next = self.second_lanes[0].row.val();
            self.pairs[i].clock.next = self.clock.val();
            self.pairs[i].raddr.next = self.read_at.val().get_bits::<V>(0);
            self.pairs[i].waddr.next = self.epilogue.vector_address.val().get_bits::<V>(0);
            self.pairs[i].wdata.next = self.epilogue.result.val();
            self.pairs[i].we.next =
                self.epilogue.vector_write.val() & (self.epilogue.result_token.val().index() == i);
            self.epilogue.row.next = (self.lanes[0].row.val() + self.second_lanes[0].row.val()).into();
            self.operands[i].d.next = self.pairs[i].rdata.val();
            self.epilogue.operand.next = self.operands[0].q.val();
        }
        for k in 0..self.trits.len() {
            self.sequencer.ternary[k].next = self.part.ternary[k].val();
            self.trits[k].clock.next = self.clock.val();
            self.trits[k].valid.next = self.sequencer.weight_ternary[k].val();
            self.trits[k].code.next = self.sequencer.weight_code[k].val();
            self.trits[k].first.next = self.sequencer.weight_first.val();
            self.trits[k].last.next = self.sequencer.weight_last[k].val();
            self.trits[k].base.next = self.sequencer.vector_address.val().get_bits::<14>(2);
            if self.trits[k].step.val() {
                self.read_at.next = self.trits[k].address.val();
            }
            self.epilogue.row.next = self.ternary_lanes[k].row.val();
            self.epilogue.operand.next = self.operands[k].q.val();
        }
        for i in 0..self._ternary {
            self.ternary_lanes[i].clock.next = self.clock.val();
            self.ternary_lanes[i].weight.next = self.sequencer.weight.val();
            self.ternary_lanes[i].valid.next = self.sequencer.weight_valid.val() | self.trits[0].step.val();
            // a row's last four weights come when the next row's first is awaited already
            self.ternary_lanes[i].first.next =
                self.sequencer.weight_first.val() & self.sequencer.weight_valid.val();
            self.ternary_lanes[i].word.next = self.quads[i].rdata.val();
            self.ternary_lanes[i].load.next = self.load_rows.val();
            self.ternary_lanes[i].shift.next = self.epilogue.shift.val();
            self.ternary_lanes[i].next_row.next = self.ternary_lanes[0].row.val();
            self.ternary_lanes[i].step.next = self.trits[0].step.val();
            self.ternary_lanes[i].weights.next = self.trits[0].weights.val();
            self.ternary_lanes[i].word_0.next = self.quads[i].word_0.val();
            self.ternary_lanes[i].word_1.next = self.quads[i].word_1.val();
            self.ternary_lanes[i].word_2.next = self.quads[i].word_2.val();
            self.ternary_lanes[i].word_3.next = self.quads[i].word_3.val();
            self.quads[i].clock.next = self.clock.val();
            self.quads[i].raddr.next = self.read_at.val().get_bits::<V>(0);
            self.quads[i].waddr.next = self.epilogue.vector_address.val().get_bits::<V>(0);
            self.quads[i].wdata.next = self.epilogue.result.val();
            self.quads[i].we.next =
                self.epilogue.vector_write.val() & (self.epilogue.result_token.val().index() == i);
            self.operands[i].d.next = self.quads[i].rdata.val();
            if self.epilogue.operand_token.val().index() == i {
                self.epilogue.operand.next = self.operands[i].q.val();
            }
        }
        for i in 0..self._ternary_less_1 {
            self.ternary_lanes[i].next_row.next = self.ternary_lanes[i + 1].row.val();
        }
        for i in 0..self._plain_less_1 {
            self.lanes[i].next_row.next = self.lanes[i + 1].row.val();
        }
        for i in 0..self._double_less_1 {
            self.second_lanes[i].next_row.next = self.second_lanes[i + 1].row.val();
        }
        for i in 0..self._double {
            if self.epilogue.operand_token.val().index() == i {
                self.epilogue.operand.next = self.operands[i].q.val();
            }
        }

        // choice, sampling and logits
        self.choose.set_seed.next = self.set_sampling.val();
        self.choose.seed.next = self.seed.val();
        self.choose.last.next = self.batch.last.val();
        self.choose.each.next = self.each.q.val();
        self.choose.head.next = self.sequencer.head.val();
        self.choose.turn.next = (self.epilogue.turn.val() & self.in_logits.q.val()) | self.batch.turn.val();
        self.choose.step_noise.next = self.epilogue.step_noise.val();
        self.choose.recall.next = self.batch.recall.val();
        self.choose.advance.next = self.batch.kept_one.val();
        self.choose.settle.next = self.batch.settled.val();
        self.epilogue.noise.next = self.choose.noise.val();
        self.choose.strobe.next = self.epilogue.is_score.val();
        self.choose.score.next = self.epilogue.result.val();
        self.choose.index.next = self.epilogue.vector_address.val();
        self.token.next = self.choose.winner.val();
        self.t.d.next = self.temperature.val();
        self.t.en.next = self.set_sampling.val();
        self.epilogue.temperature.next = self.t.q.val();
        if self.logit_ready.val() {
            self.offered.d.next = false;
        }
        if self.epilogue.is_logit.val() & self.streaming.q.val() {
            self.offered.d.next = true;
        }
        self.offer.d.next = self.epilogue.result.val();
        self.offer.en.next = self.epilogue.is_logit.val();
        self.logit.next = self.offer.q.val();
        self.logit_valid.next = self.offered.q.val();
        self.epilogue.hold.next = self.offered.q.val();

        // counters and trace
        self.counters.clear.next = self.clear_counters.val();
        self.counters.beat.next = self.flash.beat.val();
        self.counters.pass.next = self.sequencer.rewind.val();
        self.counters.done.next = self.sequencer.done.val();
        self.counters.stall_epilogue.next = self.sequencer.stall_epilogue.val();
        self.counters.stall_barrier.next = self.sequencer.stall_barrier.val();
        self.counters.stall_host.next = self.offered.q.val();
        self.counters.crc_error.next = self.sequencer.crc_error.val();
        self.counters.clamped.next = self.epilogue.clamped.val();
        self.counters.guess.next = self.sequencer.answer.val();
        self.counters.accept.next = self.batch.accepted.val();
        self.counters.select.next = self.counter.val();
        self.counter_value.next = self.counters.value.val();
        self.trace_valid.next = self.epilogue.report.val();
        self.trace_section.next = self.job_section.q.val();
        self.trace_row.next = self.job_row.q.val();
        self.trace_token.next = self.epilogue.result_token.val();
        if self.sequencer.embed.val() {
            self.trace_token.next = self.batch.number.val();
        }
        self.trace_pass.next = self.sequencer.embed.val();
        self.trace_input.next = self.batch.present.val();
        self.trace_head.next =
            self.heading.q.val() & (self.each.q.val() | (self.batch.number.val() == self.batch.last.val()));
        self.trace_guess.next = self.batch.guessed.val() & self.batch.number.val().any();
        self.trace_kept.next = self.batch.kept.val();
        self.trace_word.next = self.epilogue.result.val();
    }
}
