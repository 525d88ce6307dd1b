//! One clock at the pins of a simulated machine: flash and UART on one side, the trace port's listener on the other.

use std::ops::ControlFlow;
use std::path::Path;

use crate::activity::PassActivity;
use crate::chips::{Chips, Drive};
use crate::cycles::PassShape;
use crate::engine::{shape, Ended, Feed, Listener, Reported};
use crate::rtl::GO_ON;
use crate::uart::Uart;
use crate::verilator::{In, Model, Out, VerilatorError};

/// The machine's ports, by name.
struct Ports {
    clock: In<u8>,
    io_i: In<u8>,
    rx: In<u8>,
    pause: In<u8>,
    sck: Out<u8>,
    cs_n: Out<u8>,
    io_o: Out<u8>,
    io_oe: Out<u8>,
    tx: Out<u8>,
    valid: Out<u8>,
    section: Out<u16>,
    row: Out<u16>,
    token: Out<u8>,
    word: Out<u16>,
    pass: Out<u8>,
    input: Out<u16>,
    head: Out<u8>,
    guess: Out<u8>,
    kept: Out<u8>,
    busy: Out<u8>,
    done: Out<u8>,
    next: Out<u16>,
}

impl Ports {
    fn of(model: &Model) -> Result<Ports, VerilatorError> {
        Ok(Ports {
            clock: model.input("clock")?,
            io_i: model.input("io_i")?,
            rx: model.input("rx")?,
            pause: model.input("pause")?,
            sck: model.output("sck")?,
            cs_n: model.output("cs_n")?,
            io_o: model.output("io_o")?,
            io_oe: model.output("io_oe")?,
            tx: model.output("tx")?,
            valid: model.output("trace_valid")?,
            section: model.output("trace_section")?,
            row: model.output("trace_row")?,
            token: model.output("trace_token")?,
            word: model.output("trace_word")?,
            pass: model.output("trace_pass")?,
            input: model.output("trace_input")?,
            head: model.output("trace_head")?,
            guess: model.output("trace_guess")?,
            kept: model.output("trace_kept")?,
            busy: model.output("busy")?,
            done: model.output("trace_done")?,
            next: model.output("trace_next")?,
        })
    }
}

/// A machine with a flash and a UART at its pins.
pub(crate) struct Pins {
    pub(crate) model: Model,
    pub(crate) chips: Chips,
    pub(crate) uart: Uart,
    pub(crate) pauses: Option<Pauses>,
    /// Clocks so far.
    pub(crate) cycle: u64,
    /// Inputs of every half clock as the machine declares them: clock, io_i, rx, pause.
    pub(crate) recording: Option<Vec<u8>>,
    ports: Ports,
    io: u8,
    /// rx and pause of this clock.
    slow: [u8; 2],
    waves: bool,
    /// Records the toggles of whole passes instead of waves.
    pub(crate) activity: Option<PassActivity>,
    /// Tokens of the pass under way.
    pass: Vec<Feed>,
    /// The listener knows them.
    announced: bool,
    /// Clocks of the request under way.
    busy: u64,
    /// Shape and clocks of every pass that ended well.
    pub(crate) passes: Vec<(PassShape, u64)>,
}

impl Pins {
    pub(crate) fn new(model: Model, chips: Chips, divisor: u32) -> Result<Pins, VerilatorError> {
        let ports = Ports::of(&model)?;
        let uart = Uart::new(divisor);
        let (recording, pauses) = (None, None);
        Ok(Pins {
            model,
            chips,
            uart,
            pauses,
            cycle: 0,
            recording,
            ports,
            io: 0,
            slow: [1, 0],
            waves: false,
            activity: None,
            pass: Vec::new(),
            announced: false,
            busy: 0,
            passes: Vec::new(),
        })
    }

    pub(crate) fn open_waves(&mut self, path: &Path) -> Result<(), VerilatorError> {
        self.waves = true;
        self.model.open_waves(path)
    }

    /// One clock. Returns the byte that arrived in it, if any.
    #[inline]
    pub(crate) fn tick(&mut self, listener: &mut dyn Listener) -> (ControlFlow<()>, Option<u8>) {
        let rx = self.uart.step(self.model.get(self.ports.tx) != 0);
        let pause = self.pauses.as_mut().is_some_and(Pauses::next);
        self.slow = [u8::from(rx), u8::from(pause)];
        self.model.set(self.ports.rx, self.slow[0]);
        self.model.set(self.ports.pause, self.slow[1]);
        self.half(0);
        let flow = self.listen(listener);
        self.half(1);
        self.cycle += 1;
        (flow, self.uart.receive())
    }

    /// Half a clock: the design settles, then the flash answers.
    #[inline]
    fn half(&mut self, level: u8) {
        self.model.set(self.ports.clock, level);
        self.model.set(self.ports.io_i, self.io);
        if let Some(recording) = &mut self.recording {
            recording.extend([level, self.io, self.slow[0], self.slow[1]]);
        }
        self.model.eval();
        let (m, p) = (&self.model, &self.ports);
        let (cs_n, sck) = (m.get(p.cs_n) != 0, m.get(p.sck) != 0);
        self.io = self.chips.half(level, Drive { cs_n, sck, io_o: m.get(p.io_o), io_oe: m.get(p.io_oe) });
        if self.waves {
            self.dump(level);
        }
    }

    #[cold]
    fn dump(&mut self, level: u8) {
        let start = self.activity.as_ref().map_or(0, |activity| activity.start);
        // A full disk ends the waves, not the run.
        self.waves = self.model.dump_waves(2 * self.cycle + u64::from(level) - start).is_ok();
    }

    #[inline]
    fn listen(&mut self, listener: &mut dyn Listener) -> ControlFlow<()> {
        let (m, p) = (&self.model, &self.ports);
        self.busy = if m.get(p.busy) == 0 { 0 } else { self.busy + 1 };
        if self.activity.is_some() {
            self.frame_activity();
        }
        let (m, p) = (&self.model, &self.ports);
        if m.get(p.valid) == 0 && m.get(p.pass) == 0 && m.get(p.done) == 0 {
            return GO_ON;
        }
        self.hear(listener)
    }

    /// From the first clock in which the machine is busy to the first in which it no longer is: whole clocks.
    #[cold]
    fn frame_activity(&mut self) {
        let Some(activity) = &mut self.activity else { return };
        let (time, ended) = (2 * self.cycle, self.passes.len());
        // A full disk ends the recording, not the run.
        match self.busy {
            0 => {
                self.waves = false;
                let _ = activity.close(&mut self.model, ended);
            }
            1 => self.waves = activity.open(&mut self.model, time, ended).is_ok(),
            _ => (),
        }
    }

    fn hear(&mut self, listener: &mut dyn Listener) -> ControlFlow<()> {
        let (m, p) = (&self.model, &self.ports);
        if m.get(p.pass) != 0 {
            let (token, logits, guess) = (m.get(p.input), m.get(p.head) != 0, m.get(p.guess) != 0);
            self.join(m.get(p.token), Feed { token, logits, guess });
            return GO_ON;
        }
        self.announce(listener)?;
        let (m, p) = (&self.model, &self.ports);
        if m.get(p.valid) != 0 {
            let word = m.get(p.word) as i16;
            let (section, row, token) = (m.get(p.section).into(), m.get(p.row).into(), m.get(p.token).into());
            listener.word(Reported { section, row, token, word, cycle: Some(self.cycle) })?;
        }
        if m.get(p.done) != 0 && !self.pass.is_empty() {
            return self.finish(listener);
        }
        GO_ON
    }

    /// A token joins the pass; number 0 begins one.
    fn join(&mut self, number: u8, feed: Feed) {
        if number == 0 {
            self.forget_pass();
        }
        self.pass.push(feed);
    }

    /// A pass that failed is over without a word.
    pub(crate) fn forget_pass(&mut self) {
        self.pass.clear();
        self.announced = false;
    }

    /// All tokens have joined when the pass's first word comes.
    fn announce(&mut self, listener: &mut dyn Listener) -> ControlFlow<()> {
        if self.announced || self.pass.is_empty() {
            return GO_ON;
        }
        self.announced = true;
        listener.begin(&self.pass)
    }

    fn finish(&mut self, listener: &mut dyn Listener) -> ControlFlow<()> {
        let (m, p) = (&self.model, &self.ports);
        let kept = usize::from(m.get(p.kept)) + 1;
        let next = self.pass.last().filter(|feed| feed.logits).map(|_| m.get(p.next));
        let (tokens, heads, _) = shape(&self.pass);
        let guesses = self.pass.iter().filter(|feed| feed.guess).count();
        self.passes.push((PassShape { tokens: tokens.len(), guesses, heads }, self.busy));
        self.forget_pass();
        listener.end(Ended { kept, next })
    }
}

/// A throttle: runs of random length, paused or not.
pub(crate) struct Pauses {
    noise: u64,
    left: u32,
    level: bool,
}

impl Pauses {
    pub(crate) fn new(seed: u64) -> Pauses {
        Pauses { noise: seed | 1, left: 0, level: false }
    }

    fn next(&mut self) -> bool {
        if self.left == 0 {
            self.draw();
        }
        self.left -= 1;
        self.level
    }

    /// Short runs mostly, so that every phase of a record meets both edges.
    fn draw(&mut self) {
        self.noise ^= self.noise << 13;
        self.noise ^= self.noise >> 7;
        self.noise ^= self.noise << 17;
        self.left = 1 + (self.noise >> 40) as u32 % if self.noise & 0xF0 == 0 { 300 } else { 7 };
        self.level = self.noise & 1 != 0;
    }
}
