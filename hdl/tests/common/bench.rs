//! A block with all its ports by number: drive every input, read every output, clock after clock, and replay it all.
#![allow(dead_code, reason = "each test file uses its part of the harness")]

use super::common::{settle, tick, Clocked, Port, Recording};
use rust_hdl::prelude::*;
use statestream_hdl::emit;
use statestream_hdl::num::S;

/// A port's value as a number and back.
pub trait Raw {
    /// Its bits.
    fn raw(self) -> u64;
    /// The value with these bits.
    fn from_raw(bits: u64) -> Self;
}

impl Raw for bool {
    fn raw(self) -> u64 {
        self.into()
    }
    fn from_raw(bits: u64) -> Self {
        bits != 0
    }
}
impl<const N: usize> Raw for Bits<N> {
    fn raw(self) -> u64 {
        self.to_u64()
    }
    fn from_raw(bits: u64) -> Self {
        bits.into()
    }
}
impl<const N: usize> Raw for S<N> {
    fn raw(self) -> u64 {
        self.0 as u64 & ((1 << N) - 1)
    }
    fn from_raw(bits: u64) -> Self {
        S::new(bits as i64)
    }
}

/// A block whose ports can be had by number.
pub trait Ports: Clocked {
    /// Inputs but the clock.
    const INPUTS: &'static [Port];
    /// Outputs.
    const OUTPUTS: &'static [Port];
    /// Drives the inputs.
    fn drive(&mut self, values: &[u64]);
    /// Reads the outputs.
    fn read(&self) -> Vec<u64>;
}

/// `ports!(Block: a 4, b 1 => y 16)`: inputs and outputs with their widths.
#[macro_export]
macro_rules! ports {
    ($block:ty: $($i:ident $iw:literal),* => $($o:ident $ow:literal),*) => {
        impl Clocked for $block {
            fn clock(&mut self) -> &mut Signal<In, Clock> {
                &mut self.clock
            }
        }
        impl Ports for $block {
            const INPUTS: &'static [Port] = &[$((stringify!($i), $iw)),*];
            const OUTPUTS: &'static [Port] = &[$((stringify!($o), $ow)),*];
            fn drive(&mut self, values: &[u64]) {
                let mut values = values.iter().copied();
                $(self.$i.next = Raw::from_raw(values.next().expect("a value for every input"));)*
                assert_eq!(values.next(), None);
            }
            fn read(&self) -> Vec<u64> {
                vec![$(Raw::raw(self.$o.val())),*]
            }
        }
    };
}

/// A block and what happened at its ports.
pub struct Bench<U: Ports> {
    uut: U,
    recording: Recording,
}

impl<U: Ports> Bench<U> {
    /// A block after power-up.
    pub fn new() -> Self
    where
        U: Default,
    {
        Self::of(U::default())
    }

    /// This block after power-up.
    pub fn of(mut uut: U) -> Self {
        uut.connect_all();
        settle(&mut uut);
        Self { uut, recording: Recording::new(U::INPUTS, U::OUTPUTS) }
    }

    /// The outputs in a clock with these inputs; then the rising edge.
    pub fn clock(&mut self, inputs: &[u64]) -> Vec<u64> {
        self.uut.drive(inputs);
        settle(&mut self.uut);
        let outputs = self.uut.read();
        self.recording.row(&[inputs, &outputs].concat());
        tick(&mut self.uut);
        outputs
    }

    /// The same with outputs that mean nothing yet.
    pub fn clock_unknown(&mut self, inputs: &[u64]) {
        self.uut.drive(inputs);
        settle(&mut self.uut);
        self.recording.row_unknown(inputs);
        tick(&mut self.uut);
    }

    /// Replays everything against the Verilog of the block.
    pub fn replay(&mut self, name: &str) {
        let verilog = emit::verilog(&mut self.uut, "top").expect("Verilog");
        self.recording.replay(name, &verilog);
    }
}
