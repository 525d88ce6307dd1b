//! The epilogue's program counter: which instruction is issued in which clock, and for which token.

use crate::memory::Rom;
use crate::microcode::{OP_BITS, ROM_BITS};
use crate::register::Dff;
use crate::ring::TokenNumber;
use rust_hdl::prelude::*;

/// Walks one program per job. `op` is the instruction issued in this clock, zero (which does nothing) when none is.
#[derive(LogicBlock, Default)]
pub struct Control {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// A job starts; only while not busy.
    pub start: Signal<In, Bit>,
    /// Its program.
    pub entry: Signal<In, Bits<8>>,
    /// Its complex states, minus one, at least 0.
    pub states_less_1: Signal<In, Bits<4>>,
    /// Elements of h, minus one.
    pub elements_less_1: Signal<In, Bits<16>>,
    /// First element of h.
    pub first_element: Signal<In, Bits<16>>,
    /// Last token of the pass.
    pub last_token: Signal<In, Bits<4>>,
    /// First token that the body runs for.
    pub first_token: Signal<In, Bits<4>>,
    /// The last instruction may not be issued yet.
    pub hold: Signal<In, Bit>,
    /// The instruction of this clock.
    pub op: Signal<Out, Bits<48>>,
    /// Its token.
    pub token: Signal<Out, Bits<4>>,
    /// A body ends in this clock.
    pub turn: Signal<Out, Bit>,
    /// The job's head has not been issued to its end: lanes and operands must stay as they are.
    pub heading: Signal<Out, Bit>,
    /// Element of h that this clock reads.
    pub element: Signal<Out, Bits<16>>,
    /// Parameter offset of the present state.
    pub param_offset: Signal<Out, Bits<7>>,
    /// State word offset of the present state.
    pub state_offset: Signal<Out, Bits<5>>,
    /// A job is in the datapath.
    pub busy: Signal<Out, Bit>,
    rom: Rom<8, 48>,
    pc: Dff<Bits<8>>,
    next: Signal<Local, Bits<8>>,
    running: Dff<Bit>,
    pause: Dff<Bits<8>>,
    at_token: Dff<Bits<4>>,
    next_token: TokenNumber,
    in_head: Dff<Bit>,
    of_head: Signal<Local, Bit>,
    states: Dff<Bits<4>>,
    elements: Dff<Bits<16>>,
    at: Dff<Bits<16>>,
    params: Dff<Bits<7>>,
    words: Dff<Bits<5>>,
    word: Signal<Local, Bits<48>>,
    flow: Signal<Local, Bits<3>>,
    target: Signal<Local, Bits<8>>,
    issue: Signal<Local, Bit>,
}

impl Control {
    /// Control with this microprogram, for at most this many tokens: a power of two.
    pub fn new(microprogram: &[u64], tokens: usize) -> Self {
        const { assert!(OP_BITS == 48 && ROM_BITS == 8) };
        let (rom, next_token) = (Rom::new(microprogram), TokenNumber::new(tokens));
        Self { rom, next_token, ..Default::default() }
    }
}

impl Logic for Control {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, pc, running, pause, at_token, in_head, states, elements, at, params, words);
        clock!(self, clock, rom);
        self.word.next = self.rom.data.val();
        self.flow.next = self.word.val().get_bits::<3>(36);
        self.target.next = self.word.val().get_bits::<8>(39);
        self.issue.next =
            self.running.q.val() & !self.pause.q.val().any() & !(self.hold.val() & self.flow.val().all());
        // an instruction of the head: repeated for tokens, or `Load`
        self.of_head.next = (self.flow.val() == 3) | (self.word.val().get_bits::<3>(17) == 5);
        self.next_token.x.next = self.at_token.q.val() + 1;
        self.turn.next = false;
        self.op.next = 0.into();
        self.next.next = self.pc.q.val();
        if self.pause.q.val().any() {
            self.pause.d.next = self.pause.q.val() - 1;
        }
        if self.issue.val() {
            self.op.next = self.word.val();
            if !self.of_head.val() {
                self.in_head.d.next = false;
            }
            self.next.next = self.pc.q.val() + 1;
            match self.flow.val().index() {
                0 => {
                    self.pause.d.next = self.target.val();
                }
                1 => {
                    self.states.d.next = self.states.q.val() - 1;
                    self.params.d.next = self.params.q.val() + 5;
                    self.words.d.next = self.words.q.val() + 2;
                    self.next.next = self.target.val();
                    if !self.states.q.val().any() {
                        self.states.d.next = self.states_less_1.val();
                        self.params.d.next = 0.into();
                        self.words.d.next = 0.into();
                        self.next.next = self.pc.q.val() + 1;
                    }
                }
                2 => {
                    self.elements.d.next = self.elements.q.val() - 1;
                    self.at.d.next = self.at.q.val() + 1;
                    self.next.next = self.pc.q.val();
                    if !self.elements.q.val().any() {
                        self.elements.d.next = self.elements_less_1.val();
                        self.at.d.next = self.first_element.val();
                        self.next.next = self.pc.q.val() + 1;
                        self.pause.d.next = self.target.val();
                    }
                }
                3 => {
                    self.at_token.d.next = self.next_token.y.val();
                    self.next.next = self.pc.q.val();
                    if self.at_token.q.val() == self.last_token.val() {
                        self.at_token.d.next = self.first_token.val();
                        self.next.next = self.pc.q.val() + 1;
                        self.pause.d.next = self.target.val();
                    }
                }
                _ => {
                    self.turn.next = true;
                    self.at_token.d.next = self.next_token.y.val();
                    self.next.next = self.target.val();
                    if self.at_token.q.val() == self.last_token.val() {
                        self.running.d.next = false;
                    }
                }
            }
        }
        if self.start.val() {
            self.next.next = self.entry.val();
            self.running.d.next = true;
            self.in_head.d.next = true;
            self.at_token.d.next = 0.into();
            self.pause.d.next = 0.into();
            self.states.d.next = self.states_less_1.val();
            self.elements.d.next = self.elements_less_1.val();
            self.at.d.next = self.first_element.val();
            self.params.d.next = 0.into();
            self.words.d.next = 0.into();
        }
        self.pc.d.next = self.next.val();
        self.rom.addr.next = self.next.val();
        self.element.next = self.at.q.val();
        self.param_offset.next = self.params.q.val();
        self.state_offset.next = self.words.q.val();
        self.token.next = self.at_token.q.val();
        self.heading.next = self.in_head.q.val();
        self.busy.next = self.running.q.val();
    }
}
