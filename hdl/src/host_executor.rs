//! Executes a held request. Every request with arguments is walked twice: round 0 only checks, round 1 acts, so that
//! nothing is done of a request that is refused. A range of state words is checked by counting through it.

use rust_hdl::prelude::*;

use crate::register::Dff;

/// What the executor does.
#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Step {
    Idle,
    // Arguments: a byte is read from the buffer, and shifted in; an argument is whole.
    Fetch,
    Take,
    Got,
    // End of round 0: count through a range, then judge.
    Walk,
    Judge,
    // End of round 1.
    Act,
    // The core: take the next token, start a request, wait for its end.
    Turn,
    Launch,
    Wait,
    // A guess that was kept: its event.
    Pop,
    Hand,
    // All logits are to be sent: their number, vocabulary times tokens.
    Open,
    Raise,
    Again,
    // A response or an event: begin it, wait for its end.
    Emit,
    Sending,
}

/// The executor.
#[derive(LogicBlock, Default)]
pub struct Executor {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// From the receiver: a request is held, and the boot has ended.
    pub held: Signal<In, Bit>,
    /// The request's command.
    pub command: Signal<In, Bits<8>>,
    /// Its bytes of payload.
    pub length: Signal<In, Bits<8>>,
    /// All of them have been read.
    pub at_end: Signal<In, Bit>,
    /// From the rules: 0, or the code that answers the request at once.
    pub verdict: Signal<In, Bits<8>>,
    /// The first argument has four bytes, not two.
    pub wide_first: Signal<In, Bit>,
    /// The second argument has four bytes, not two.
    pub wide_second: Signal<In, Bit>,
    /// The arguments are a range of state words.
    pub range: Signal<In, Bit>,
    /// The code for arguments that cannot be.
    pub refusal: Signal<In, Bits<4>>,
    /// From the ledger: the count is not zero.
    pub some: Signal<In, Bit>,
    /// The range ends outside the state.
    pub beyond: Signal<In, Bit>,
    /// The argument is above the picked field, or at least it with `or_equal`.
    pub above: Signal<In, Bit>,
    /// The argument's low half is not the picked field.
    pub differs: Signal<In, Bit>,
    /// The argument is no state address.
    pub no_address: Signal<In, Bit>,
    /// The argument is more words than a response may have.
    pub too_many: Signal<In, Bit>,
    /// From the sender: lowest bit of the argument.
    pub flag: Signal<In, Bit>,
    /// Nothing is being sent.
    pub rest: Signal<In, Bit>,
    /// From the core: it works on a request.
    pub busy: Signal<In, Bit>,
    /// How the last request ended, held until the next `start`.
    pub code: Signal<In, Bits<8>>,
    /// There is a next token.
    pub token_valid: Signal<In, Bit>,
    /// A logit is offered.
    pub logit_valid: Signal<In, Bit>,
    /// The next pass takes no further token.
    pub full: Signal<In, Bit>,
    /// Last token of the pass.
    pub last_token: Signal<In, Bits<4>>,
    /// A guess was kept and has not been told.
    pub extra: Signal<In, Bit>,
    /// The vocabulary is so large that an event holds only one token's logits.
    pub many_logits: Signal<In, Bit>,
    /// To the receiver: the request has been answered.
    pub answered: Signal<Out, Bit>,
    /// Read the payload from its first byte.
    pub rewind: Signal<Out, Bit>,
    /// Read the payload's next byte.
    pub advance: Signal<Out, Bit>,
    /// To the sender: begin a frame.
    pub send: Signal<Out, Bit>,
    /// Its code.
    pub status: Signal<Out, Bits<8>>,
    /// The argument is a number of tokens that may share a pass.
    pub groups: Signal<Out, Bit>,
    /// The field to load into the shift register, or to compare the argument with.
    pub pick: Signal<Out, Bits<6>>,
    /// Load it.
    pub load: Signal<Out, Bit>,
    /// Shift the payload byte in.
    pub shift: Signal<Out, Bit>,
    /// Set the shift register to zero.
    pub clear: Signal<Out, Bit>,
    /// To the ledger: equal is above.
    pub or_equal: Signal<Out, Bit>,
    /// To the ledger.
    pub load_count: Signal<Out, Bit>,
    /// To the ledger.
    pub count_up: Signal<Out, Bit>,
    /// To the ledger.
    pub count_down: Signal<Out, Bit>,
    /// To the ledger: count the picked field.
    pub count_limit: Signal<Out, Bit>,
    /// To the ledger.
    pub load_addr: Signal<Out, Bit>,
    /// To the ledger.
    pub addr_up: Signal<Out, Bit>,
    /// To the core: the token joins the next pass.
    pub push: Signal<Out, Bit>,
    /// The guess is taken.
    pub taken: Signal<Out, Bit>,
    /// The count is the tokens that may share a pass.
    pub set_group: Signal<Out, Bit>,
    /// Begin the request.
    pub start: Signal<Out, Bit>,
    /// 1 LOAD, 2 PASS, 3 PASS with guesses.
    pub request: Signal<Out, Bits<4>>,
    /// The pass reaches the head.
    pub want_head: Signal<Out, Bit>,
    /// The pass offers every logit.
    pub stream_logits: Signal<Out, Bit>,
    /// A logit that nobody asked for is taken.
    pub drop_logit: Signal<Out, Bit>,
    /// Temperature and seed are there.
    pub set_sampling: Signal<Out, Bit>,
    /// The written state is accepted.
    pub commit: Signal<Out, Bit>,
    /// The state is being written.
    pub invalidate: Signal<Out, Bit>,
    /// The counters become zero.
    pub clear_counters: Signal<Out, Bit>,
    /// A state word is written.
    pub state_we: Signal<Out, Bit>,
    step: Dff<Step>,
    answer: Dff<Bits<8>>,
    // Bytes still to read of the argument, less one.
    left: Dff<Bits<2>>,
    // The round, and whether the first argument has been read in it.
    acting: Dff<Bit>,
    later: Dff<Bit>,
    refused: Dff<Bit>,
    // FEED's flag 1, and whether this pass's logits have been sent.
    stream: Dff<Bit>,
    streamed: Dff<Bit>,
    // Tokens whose logits have not been counted.
    uncounted: Dff<Bits<4>>,
    // FEED: this token's pass begins.
    whole: Signal<Local, Bit>,
    feeds: Signal<Local, Bit>,
    generates: Signal<Local, Bit>,
    reads: Signal<Local, Bit>,
    writes: Signal<Local, Bit>,
    commits: Signal<Local, Bit>,
    loads: Signal<Local, Bit>,
}

impl Logic for Executor {
    // One kernel, over a hundred lines: a state machine whose every arm needs the same command and the same few flags.
    // Over 100 lines: one state machine, whose steps must share their defaults.
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, step, answer, left, acting, later, refused, stream, streamed, uncounted);
        self.feeds.next = self.command.val() == 3;
        self.generates.next = self.command.val() == 4;
        self.reads.next = self.command.val() == 6;
        self.writes.next = self.command.val() == 7;
        self.commits.next = self.command.val() == 8;
        self.loads.next = self.command.val() == 9;
        self.groups.next = self.command.val() == 12;
        self.whole.next =
            self.at_end.val() | self.full.val() | (self.stream.q.val() & self.many_logits.val());

        self.answered.next = false;
        self.rewind.next = false;
        self.advance.next = false;
        self.send.next = false;
        self.status.next = self.answer.q.val();
        // What the argument is compared with: vocabulary, number of stored states, halves of the model id. A word of the header
        // comes a clock after it was picked, so the pick stands while the argument is read.
        self.pick.next = 11.into();
        if self.loads.val() {
            self.pick.next = 17.into();
        }
        if self.commits.val() {
            self.pick.next = 14.into();
            if self.later.q.val() {
                self.pick.next = 15.into();
            }
        }
        self.load.next = false;
        self.shift.next = false;
        self.clear.next = false;
        self.or_equal.next = self.loads.val();
        self.load_count.next = false;
        self.count_up.next = false;
        self.count_down.next = false;
        self.count_limit.next = false;
        self.load_addr.next = false;
        self.addr_up.next = false;
        self.push.next = false;
        self.taken.next = false;
        self.set_group.next = false;
        self.start.next = false;
        self.request.next = 1.into();
        if self.feeds.val() {
            self.request.next = 2.into();
        }
        if self.generates.val() {
            self.request.next = 3.into();
        }
        self.stream_logits.next = self.stream.q.val();
        self.want_head.next = self.stream.q.val() | self.at_end.val();
        self.drop_logit.next = false;
        self.set_sampling.next = false;
        self.commit.next = false;
        self.invalidate.next = false;
        self.clear_counters.next = false;
        self.state_we.next = false;

        match self.step.q.val() {
            Step::Idle => {
                self.clear.next = true;
                self.rewind.next = self.held.val();
                self.acting.d.next = false;
                self.later.d.next = false;
                self.refused.d.next = false;
                self.stream.d.next = false;
                self.answer.d.next = self.verdict.val();
                self.left.d.next = 1.into();
                if self.wide_first.val() {
                    self.left.d.next = 3.into();
                }
                if self.held.val() {
                    self.step.d.next = Step::Fetch;
                    if !self.length.val().any() {
                        self.step.d.next = Step::Act;
                    }
                    if self.verdict.val().any() {
                        self.step.d.next = Step::Emit;
                    }
                }
            }
            Step::Fetch => {
                self.step.d.next = Step::Take;
            }
            Step::Take => {
                self.shift.next = true;
                self.advance.next = true;
                self.left.d.next = self.left.q.val() - 1;
                self.step.d.next = Step::Fetch;
                if !self.left.q.val().any() {
                    self.left.d.next = 0.into();
                    self.step.d.next = Step::Got;
                }
            }
            Step::Got => {
                if self.commits.val() & self.differs.val() {
                    self.refused.d.next = true;
                }
                self.later.d.next = true;
                self.left.d.next = 1.into();
                if self.wide_second.val() {
                    self.left.d.next = 3.into();
                }
                if !self.later.q.val() {
                    self.load_count.next = true;
                    self.load_addr.next = true;
                    self.stream.d.next = self.feeds.val() & self.flag.val();
                    self.invalidate.next = self.writes.val() & self.acting.q.val();
                    if (self.range.val() & self.no_address.val())
                        | ((self.loads.val() | self.groups.val()) & self.above.val())
                        | (self.generates.val() & !self.token_valid.val())
                    {
                        self.refused.d.next = true;
                    }
                } else {
                    self.load_count.next = self.reads.val();
                    self.addr_up.next = self.writes.val();
                    self.state_we.next = self.writes.val() & self.acting.q.val();
                    if (self.feeds.val() & self.above.val()) | (self.reads.val() & self.too_many.val()) {
                        self.refused.d.next = true;
                    }
                }
                self.step.d.next = Step::Fetch;
                if self.at_end.val() {
                    self.step.d.next = Step::Walk;
                    if self.acting.q.val() {
                        self.step.d.next = Step::Act;
                    }
                }
                if self.feeds.val() & self.acting.q.val() & self.later.q.val() {
                    self.push.next = true;
                    self.step.d.next = Step::Launch;
                }
            }
            Step::Walk => {
                self.step.d.next = Step::Judge;
                if self.reads.val() & self.some.val() {
                    self.count_down.next = true;
                    self.addr_up.next = true;
                    self.step.d.next = Step::Walk;
                }
            }
            Step::Judge => {
                self.rewind.next = true;
                self.acting.d.next = true;
                self.later.d.next = false;
                self.left.d.next = 1.into();
                if self.wide_first.val() {
                    self.left.d.next = 3.into();
                }
                self.step.d.next = Step::Fetch;
                if self.refused.q.val() | (self.range.val() & self.beyond.val()) {
                    self.answer.d.next = bit_cast::<8, 4>(self.refusal.val());
                    self.step.d.next = Step::Emit;
                }
            }
            Step::Act => {
                self.set_sampling.next = self.command.val() == 5;
                self.commit.next = self.commits.val();
                self.clear_counters.next = self.command.val() == 11;
                self.set_group.next = self.groups.val();
                self.step.d.next = Step::Emit;
                if self.generates.val() {
                    self.step.d.next = Step::Turn;
                }
                if self.loads.val() | (self.command.val() == 2) {
                    self.step.d.next = Step::Launch;
                }
            }
            Step::Turn => {
                self.pick.next = 21.into();
                self.load.next = true;
                self.count_down.next = true;
                self.step.d.next = Step::Launch;
                if !self.some.val() {
                    self.step.d.next = Step::Emit;
                }
            }
            Step::Launch => {
                // The token is kept as the address, since the event that carries it needs the shift register.
                self.start.next = true;
                self.load_addr.next = true;
                self.streamed.d.next = false;
                self.step.d.next = Step::Wait;
                if self.generates.val() {
                    self.push.next = true;
                    self.answer.d.next = 0xE1.into();
                    self.step.d.next = Step::Emit;
                }
                if self.feeds.val() & !self.whole.val() {
                    self.start.next = false;
                    self.step.d.next = Step::Fetch;
                }
            }
            Step::Wait => {
                self.load.next = true;
                if !self.busy.val() {
                    self.step.d.next = Step::Emit;
                    if !self.at_end.val() {
                        self.step.d.next = Step::Fetch;
                    }
                    if self.generates.val() {
                        self.step.d.next = Step::Turn;
                    }
                    if self.extra.val() {
                        self.step.d.next = Step::Pop;
                    }
                    if self.code.val().any() {
                        self.answer.d.next = self.code.val();
                        self.step.d.next = Step::Emit;
                    }
                } else if self.logit_valid.val() {
                    self.drop_logit.next = self.streamed.q.val() | !self.stream.q.val();
                    if self.stream.q.val() & !self.streamed.q.val() {
                        self.step.d.next = Step::Open;
                    }
                }
            }
            Step::Pop => {
                self.pick.next = 27.into();
                self.load.next = true;
                self.count_down.next = true;
                self.step.d.next = Step::Hand;
            }
            Step::Hand => {
                self.load_addr.next = true;
                self.taken.next = true;
                self.answer.d.next = 0xE1.into();
                self.step.d.next = Step::Emit;
            }
            Step::Open => {
                self.load_count.next = true;
                self.uncounted.d.next = self.last_token.val();
                self.step.d.next = Step::Raise;
            }
            Step::Raise => {
                self.count_up.next = true;
                self.streamed.d.next = true;
                self.answer.d.next = 0xE2.into();
                self.step.d.next = Step::Emit;
                if self.uncounted.q.val().any() {
                    self.step.d.next = Step::Again;
                }
            }
            Step::Again => {
                self.count_limit.next = true;
                self.uncounted.d.next = self.uncounted.q.val() - 1;
                self.step.d.next = Step::Raise;
            }
            Step::Emit => {
                self.send.next = true;
                self.step.d.next = Step::Sending;
            }
            Step::Sending => {
                if self.rest.val() {
                    self.step.d.next = Step::Wait;
                    self.answer.d.next = 0.into();
                    if !self.answer.q.val().get_bit(7) {
                        self.answered.next = true;
                        self.step.d.next = Step::Idle;
                    }
                }
            }
        }
    }
}
