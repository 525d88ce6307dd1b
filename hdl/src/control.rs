//! The epilogue's program counter: which instruction is issued in which clock.

use crate::memory::Rom;
use crate::microcode::{OP_BITS, ROM_BITS};
use crate::register::Dff;
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
    /// The last instruction may not be issued yet.
    pub hold: Signal<In, Bit>,
    /// The instruction of this clock.
    pub op: Signal<Out, Bits<46>>,
    /// Element of h that this clock reads.
    pub element: Signal<Out, Bits<16>>,
    /// Parameter offset of the present state.
    pub param_offset: Signal<Out, Bits<7>>,
    /// State word offset of the present state.
    pub state_offset: Signal<Out, Bits<5>>,
    /// A job is in the datapath.
    pub busy: Signal<Out, Bit>,
    rom: Rom<8, 46>,
    pc: Dff<Bits<8>>,
    next: Signal<Local, Bits<8>>,
    running: Dff<Bit>,
    pause: Dff<Bits<8>>,
    drain: Dff<Bits<3>>,
    states: Dff<Bits<4>>,
    elements: Dff<Bits<16>>,
    at: Dff<Bits<16>>,
    params: Dff<Bits<7>>,
    words: Dff<Bits<5>>,
    word: Signal<Local, Bits<46>>,
    flow: Signal<Local, Bits<2>>,
    target: Signal<Local, Bits<8>>,
    issue: Signal<Local, Bit>,
}

impl Control {
    /// Control with this microprogram.
    pub fn new(microprogram: &[u64]) -> Self {
        const { assert!(OP_BITS == 46 && ROM_BITS == 8) };
        Self { rom: Rom::new(microprogram), ..Default::default() }
    }
}

impl Logic for Control {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, pc, running, pause, drain, states, elements, at, params, words);
        clock!(self, clock, rom);
        self.word.next = self.rom.data.val();
        self.flow.next = self.word.val().get_bits::<2>(36);
        self.target.next = self.word.val().get_bits::<8>(38);
        self.issue.next =
            self.running.q.val() & !self.pause.q.val().any() & !(self.hold.val() & self.flow.val().all());
        self.op.next = 0.into();
        self.next.next = self.pc.q.val();
        if self.pause.q.val().any() {
            self.pause.d.next = self.pause.q.val() - 1;
        }
        if self.drain.q.val().any() {
            self.drain.d.next = self.drain.q.val() - 1;
        }
        if self.issue.val() {
            self.op.next = self.word.val();
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
                _ => {
                    self.running.d.next = false;
                    self.drain.d.next = 5.into();
                }
            }
        }
        if self.start.val() {
            self.next.next = self.entry.val();
            self.running.d.next = true;
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
        self.busy.next = self.running.q.val() | self.drain.q.val().any();
    }
}
