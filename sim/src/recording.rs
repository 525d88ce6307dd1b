//! What went through a machine's pins, half clock by half clock: what it was told, and what it said.
//!
//! What it says need not mean anything. A word of the trace port counts while its flag is up, a bit of `io_o` while `io_oe` drives it, and everything
//! else always: that is `OUTPUTS`, and the only place that says so.

use crate::verilator::{Model, Out, VerilatorError};

/// When an output counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    /// Each bit while the same bit of this output is one.
    Driven(&'static str),
    /// While one of these is up.
    Up(&'static [&'static str]),
}

/// All outputs. Which of the first two a machine has depends on its pads; a netlist may have no trace port.
const OUTPUTS: [(&str, When); 20] = [
    ("sck", When::Always),
    ("sck_en", When::Always),
    ("cs_n", When::Always),
    ("io_oe", When::Always),
    ("io_o", When::Driven("io_oe")),
    ("tx", When::Always),
    ("busy", When::Always),
    ("fault", When::Always),
    ("trace_valid", When::Always),
    ("trace_pass", When::Always),
    ("trace_done", When::Always),
    ("trace_section", When::Up(&["trace_valid"])),
    ("trace_row", When::Up(&["trace_valid"])),
    ("trace_token", When::Up(&["trace_valid", "trace_pass"])),
    ("trace_word", When::Up(&["trace_valid"])),
    ("trace_input", When::Up(&["trace_pass"])),
    ("trace_head", When::Up(&["trace_pass"])),
    ("trace_guess", When::Up(&["trace_pass"])),
    ("trace_kept", When::Up(&["trace_done"])),
    ("trace_next", When::Up(&["trace_done"])),
];

/// An output that the machine has, and where its bits are in what was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name in the Verilog text.
    pub name: &'static str,
    /// Bits.
    pub width: u32,
    /// Its lowest bit.
    pub at: u32,
    when: When,
}

impl Output {
    fn ones(&self) -> u128 {
        ((1 << self.width) - 1) << self.at
    }

    fn of(&self, said: u128) -> u128 {
        (said & self.ones()) >> self.at
    }
}

/// A run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// Bytes of every half clock's inputs as the machine declares them, for [`Model::replay`]: clock, io_i, rx, pause.
    pub stimulus: Vec<u8>,
    /// Bits of `io_i`; at double rate or from two chips, more than of `io_o`.
    pub io_width: u32,
    outputs: Vec<Output>,
    said: Vec<u128>,
}

/// Bytes of the inputs of a half clock.
const STEP: usize = 4;

impl Recording {
    /// What the machine has of outputs, from the lowest bit on.
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// Bits that are said in a half clock.
    pub fn width(&self) -> u32 {
        self.outputs.iter().map(|output| output.width).sum()
    }

    /// Half clocks.
    pub fn len(&self) -> usize {
        self.said.len()
    }

    /// True if nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// Inputs and outputs of every half clock.
    pub fn rows(&self) -> impl Iterator<Item = (&[u8], u128)> {
        self.stimulus.chunks_exact(STEP).zip(self.said.iter().copied())
    }

    /// The bits of what was said that count.
    pub fn counted(&self, said: u128) -> u128 {
        self.outputs.iter().map(|output| self.mask(output, said)).fold(0, |all, mask| all | mask)
    }

    fn mask(&self, output: &Output, said: u128) -> u128 {
        match output.when {
            When::Always => output.ones(),
            When::Driven(by) => self.value(by, said) << output.at,
            When::Up(flags) if flags.iter().any(|flag| self.value(flag, said) != 0) => output.ones(),
            When::Up(_) => 0,
        }
    }

    fn value(&self, name: &str, said: u128) -> u128 {
        self.outputs.iter().find(|output| output.name == name).map_or(0, |output| output.of(said))
    }

    /// The first half clock in which another run was told something else, or said something else that counts.
    pub fn parts_from(&self, other: &Recording) -> Option<usize> {
        let counts = |run: &Recording, said: u128| (said & run.counted(said), run.counted(said));
        let told = self.stimulus.chunks_exact(STEP).zip(other.stimulus.chunks_exact(STEP));
        let said = self.said.iter().zip(&other.said);
        let shorter = (self.len() != other.len()).then_some(self.len().min(other.len()));
        told.zip(said)
            .position(|(told, said)| {
                told.0 != told.1 || said.0 != said.1 && counts(self, *said.0) != counts(other, *said.1)
            })
            .or(shorter)
    }
}

/// A port that is read.
#[derive(Debug, Clone, Copy)]
enum Probe {
    Byte(Out<u8>),
    Word(Out<u16>),
}

impl Probe {
    fn of(model: &Model, name: &str) -> Result<Probe, VerilatorError> {
        model.output(name).map(Probe::Byte).or_else(|_| model.output(name).map(Probe::Word))
    }

    fn read(self, model: &Model) -> u128 {
        match self {
            Probe::Byte(port) => model.get(port).into(),
            Probe::Word(port) => model.get(port).into(),
        }
    }
}

/// Records a run.
pub(crate) struct Recorder {
    probes: Vec<Probe>,
    recording: Recording,
}

impl Recorder {
    pub(crate) fn new(model: &Model) -> Result<Recorder, VerilatorError> {
        let io_width = model.port_width("io_i").unwrap_or_default();
        let recording = Recording { io_width, ..Recording::default() };
        let mut recorder = Recorder { probes: Vec::new(), recording };
        for (name, when) in OUTPUTS {
            let Some(width) = model.port_width(name) else { continue };
            recorder.probes.push(Probe::of(model, name)?);
            let at = recorder.recording.width();
            recorder.recording.outputs.push(Output { name, width, at, when });
        }
        Ok(recorder)
    }

    /// After the machine has settled.
    pub(crate) fn half(&mut self, model: &Model, inputs: [u8; STEP]) {
        let outputs = self.probes.iter().zip(&self.recording.outputs);
        let said = outputs.fold(0, |said, (probe, output)| said | probe.read(model) << output.at);
        self.recording.stimulus.extend(inputs);
        self.recording.said.push(said);
    }

    pub(crate) fn finish(self) -> Recording {
        self.recording
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A flag, a word that it makes count, and a pin of two bits of which one is driven.
    fn recording(said: &[u128]) -> Recording {
        let output = |name, width, at, when| Output { name, width, at, when };
        let outputs = vec![
            output("trace_valid", 1, 0, When::Always),
            output("trace_word", 4, 1, When::Up(&["trace_valid"])),
            output("io_oe", 2, 5, When::Always),
            output("io_o", 2, 7, When::Driven("io_oe")),
        ];
        Recording { stimulus: vec![0; STEP * said.len()], io_width: 2, outputs, said: said.to_vec() }
    }

    /// io_o, io_oe, word and flag.
    fn said([io_o, io_oe, word, flag]: [u128; 4]) -> u128 {
        io_o << 7 | io_oe << 5 | word << 1 | flag
    }

    #[test]
    fn a_word_counts_while_its_flag_is_up_and_a_pin_while_it_is_driven() {
        let run = recording(&[]);
        assert_eq!(run.counted(said([0, 0, 15, 0])), said([0, 3, 0, 1]));
        assert_eq!(run.counted(said([3, 1, 15, 1])), said([1, 3, 15, 1]));
    }

    #[test]
    fn runs_part_where_something_that_counts_differs() {
        let run = recording(&[said([0, 0, 15, 0]), said([0, 1, 10, 1])]);
        assert_eq!(run.parts_from(&run), None);
        let garbage = recording(&[said([3, 0, 5, 0]), said([2, 1, 10, 1])]);
        assert_eq!(run.parts_from(&garbage), None);
        let other = recording(&[said([0, 0, 15, 0]), said([0, 1, 11, 1])]);
        assert_eq!(run.parts_from(&other), Some(1));
        assert_eq!(run.parts_from(&recording(&[said([0, 0, 15, 0])])), Some(1));
    }
}
