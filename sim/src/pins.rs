//! One clock at the pins of a simulated machine: flash and UART on one side, the trace port's listener on the other.

use std::ops::ControlFlow;
use std::path::Path;

use crate::activity::PassActivity;
use crate::chips::{Chips, Drive};
use crate::cycles::PassShape;
use crate::engine::{proceed, shape, Ended, EngineError, Feed, Listener, Reported};
use crate::faults::{Injector, Line as Wire};
use crate::recording::Recorder;
use crate::remote::Line;
use crate::uart::Uart;
use crate::verilator::{In, Model, Out, VerilatorError};

/// `Continue`, spelt for closures.
const GO_ON: ControlFlow<()> = ControlFlow::Continue(());
/// Clocks from the loss of a machine to the first of the next: far less than a configuration takes, far more than a flash asks for.
const UNCONFIGURED: u32 = 100;

/// The machine's ports, by name. A netlist may have been made without throttle and trace port.
struct Ports {
    clock: In<u8>,
    io_i: In<u8>,
    rx: In<u8>,
    pause: Option<In<u8>>,
    sck: FlashClock,
    cs_n: Out<u8>,
    io_o: Out<u8>,
    io_oe: Out<u8>,
    tx: Out<u8>,
    busy: Out<u8>,
    trace: Option<TracePort>,
}

/// The flash's clock, or where the pads are outside the model its enable.
enum FlashClock {
    Pin(Out<u8>),
    Enable(Out<u8>),
}

impl FlashClock {
    fn of(model: &Model) -> Result<FlashClock, VerilatorError> {
        match model.has_port("sck_en") {
            true => model.output("sck_en").map(FlashClock::Enable),
            false => model.output("sck").map(FlashClock::Pin),
        }
    }

    /// The pin rises in the middle of an enabled clock and falls at its end, as `hdl`'s pads make it.
    #[inline]
    fn level(&self, model: &Model, clock: u8) -> bool {
        match self {
            FlashClock::Pin(pin) => model.get(*pin) != 0,
            FlashClock::Enable(enable) => clock == 0 && model.get(*enable) != 0,
        }
    }
}

/// What lockstep listens to.
struct TracePort {
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
    done: Out<u8>,
    next: Out<u16>,
}

impl Ports {
    fn of(model: &Model) -> Result<Ports, VerilatorError> {
        let traced = model.has_port("trace_valid");
        Ok(Ports {
            clock: model.input("clock")?,
            io_i: model.input("io_i")?,
            rx: model.input("rx")?,
            pause: model.has_port("pause").then(|| model.input("pause")).transpose()?,
            sck: FlashClock::of(model)?,
            cs_n: model.output("cs_n")?,
            io_o: model.output("io_o")?,
            io_oe: model.output("io_oe")?,
            tx: model.output("tx")?,
            busy: model.output("busy")?,
            trace: traced.then(|| TracePort::of(model)).transpose()?,
        })
    }
}

impl TracePort {
    fn of(model: &Model) -> Result<TracePort, VerilatorError> {
        Ok(TracePort {
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
            done: model.output("trace_done")?,
            next: model.output("trace_next")?,
        })
    }
}

/// A machine at power-up, and where its pins are.
pub(crate) struct Instance {
    model: Model,
    ports: Ports,
}

/// Models without mutants have no such input.
fn hold(model: &mut Model, tied: Option<(&str, u16)>) -> Result<(), VerilatorError> {
    if let Some((name, level)) = tied.filter(|(name, _)| model.has_port(name)) {
        let port = model.input(name)?;
        model.set(port, level);
    }
    Ok(())
}

/// A machine with a flash and a UART at its pins.
pub struct Pins {
    name: &'static str,
    /// Clocks without a byte that are silence.
    pub(crate) patience: u64,
    /// Clocks after which nothing is heard any more.
    pub(crate) deadline: u64,
    /// Bytes that follow the next request at once.
    pub(crate) interruption: Vec<u8>,
    /// Passes that the answer to the request under way may take in silence.
    awaited: u64,
    pub(crate) model: Model,
    pub(crate) chips: Chips,
    pub(crate) uart: Uart,
    pub(crate) pauses: Option<Pauses>,
    /// What spoils the levels between the machine and the world.
    pub(crate) injector: Option<Box<Injector>>,
    /// An input that keeps its level, in every instance.
    tied: Option<(&'static str, u16)>,
    /// The clock in which another instance takes the machine's place, nobody told.
    pub(crate) reset: Option<(u64, Box<Instance>)>,
    /// Clocks so far.
    pub(crate) cycle: u64,
    pub(crate) recorder: Option<Box<Recorder>>,
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
    pub(crate) busy: u64,
    /// Shape and clocks of every pass that ended well.
    pub(crate) passes: Vec<(PassShape, u64)>,
    /// Clocks of every stored state that was loaded.
    pub(crate) loads: Vec<u64>,
}

impl Pins {
    pub(crate) fn new(
        name: &'static str,
        model: Model,
        chips: Chips,
        divisor: u32,
    ) -> Result<Pins, VerilatorError> {
        let ports = Ports::of(&model)?;
        let uart = Uart::new(divisor);
        let (recorder, pauses, injector, reset) = (None, None, None, None);
        Ok(Pins {
            name,
            patience: 1_000_000,
            deadline: u64::MAX,
            interruption: Vec::new(),
            awaited: 1,
            model,
            chips,
            uart,
            pauses,
            injector,
            reset,
            tied: None,
            cycle: 0,
            recorder,
            ports,
            io: 0,
            slow: [1, 0],
            waves: false,
            activity: None,
            pass: Vec::new(),
            announced: false,
            busy: 0,
            passes: Vec::new(),
            loads: Vec::new(),
        })
    }

    pub(crate) fn open_waves(&mut self, path: &Path) -> Result<(), VerilatorError> {
        self.waves = true;
        self.model.open_waves(path)
    }

    /// An input beside the machine's own keeps its level from here on.
    pub(crate) fn tie(&mut self, tied: Option<(&'static str, u16)>) -> Result<(), VerilatorError> {
        self.tied = tied;
        hold(&mut self.model, tied)
    }

    /// Another instance of the machine, at power-up.
    pub(crate) fn another(&self, seed: u32) -> Result<Box<Instance>, VerilatorError> {
        let mut model = self.model.again(seed)?;
        hold(&mut model, self.tied)?;
        Ok(Box::new(Instance { ports: Ports::of(&model)?, model }))
    }

    /// Another instance of the machine in the place of this one, behind a line that is new too.
    pub(crate) fn restart(&mut self, seed: u32) -> Result<(), VerilatorError> {
        let other = self.another(seed)?;
        self.replace(other);
        self.uart = Uart::new(self.uart.divisor());
        Ok(())
    }

    /// The chips stay, and see undriven pins in between.
    fn replace(&mut self, other: Box<Instance>) {
        let Instance { model, ports } = *other;
        (self.model, self.ports) = (model, ports);
        let unconfigured = Drive { cs_n: true, ..Drive::default() };
        for _ in 0..UNCONFIGURED {
            self.chips.half(1, unconfigured);
            self.chips.half(0, unconfigured);
        }
        self.recorder = None;
        (self.waves, self.activity, self.busy) = (false, None, 0);
        self.passes.clear();
        self.loads.clear();
        self.forget_pass();
    }

    /// One clock. Returns the byte that arrived in it, if any.
    #[inline]
    pub(crate) fn tick(&mut self, listener: &mut dyn Listener) -> (ControlFlow<()>, Option<u8>) {
        let mut tx = self.model.get(self.ports.tx) != 0;
        if self.injector.is_some() {
            tx = self.spoil(Wire::Tx, tx);
        }
        let mut rx = self.uart.step(tx);
        if self.injector.is_some() {
            rx = self.spoil(Wire::Rx, rx);
        }
        let pause = self.pauses.as_mut().is_some_and(Pauses::next);
        self.slow = [u8::from(rx), u8::from(pause)];
        self.model.set(self.ports.rx, self.slow[0]);
        if let Some(port) = self.ports.pause {
            self.model.set(port, self.slow[1]);
        }
        self.half(0);
        let flow = self.listen(listener);
        self.half(1);
        self.cycle += 1;
        let heard = self.uart.receive();
        (flow, heard.filter(|_| self.cycle <= self.deadline))
    }

    /// A level of the serial line, and the moment for a reset.
    #[cold]
    fn spoil(&mut self, wire: Wire, level: bool) -> bool {
        let now = self.cycle;
        if let Some((_, other)) = self.reset.take_if(|(at, _)| *at == now) {
            self.replace(other);
        }
        self.injector.as_mut().map_or(level, |injector| injector.serial(wire, 2 * now, level))
    }

    /// Half a clock: the design settles, then the flash answers.
    #[inline]
    fn half(&mut self, level: u8) {
        self.model.set(self.ports.clock, level);
        self.model.set(self.ports.io_i, self.io);
        self.model.eval();
        if let Some(recorder) = &mut self.recorder {
            recorder.half(&self.model, [level, self.io, self.slow[0], self.slow[1]]);
        }
        let (m, p) = (&self.model, &self.ports);
        let (cs_n, sck) = (m.get(p.cs_n) != 0, p.sck.level(m, level));
        let drive = Drive { cs_n, sck, io_o: m.get(p.io_o), io_oe: m.get(p.io_oe) };
        self.io = match &mut self.injector {
            None => self.chips.half(level, drive),
            Some(injector) => injector.half(2 * self.cycle + u64::from(level), level, drive, &mut self.chips),
        };
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
        let Some(trace) = &p.trace else { return GO_ON };
        if m.get(trace.valid) == 0 && m.get(trace.pass) == 0 && m.get(trace.done) == 0 {
            return GO_ON;
        }
        let told = trace.told(m, self.cycle);
        self.hear(told, listener)
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

    fn hear(&mut self, told: Told, listener: &mut dyn Listener) -> ControlFlow<()> {
        if let Some((number, feed)) = told.joined {
            self.join(number, feed);
            return GO_ON;
        }
        self.announce(listener)?;
        if let Some(word) = told.word {
            listener.word(word)?;
        }
        match told.done {
            Some(ended) if !self.pass.is_empty() => self.finish(ended, listener),
            Some(_) => {
                self.loads.push(self.busy);
                GO_ON
            }
            None => GO_ON,
        }
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

    fn finish(&mut self, ended: Ended, listener: &mut dyn Listener) -> ControlFlow<()> {
        let next = self.pass.last().filter(|feed| feed.logits).and(ended.next);
        let (tokens, heads, _) = shape(&self.pass);
        let guesses = self.pass.iter().filter(|feed| feed.guess).count();
        self.passes.push((PassShape { tokens: tokens.len(), guesses, heads }, self.busy));
        self.forget_pass();
        listener.end(Ended { next, ..ended })
    }
}

impl Line for Pins {
    fn name(&self) -> &'static str {
        self.name
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        self.uart.send(bytes);
        self.uart.send(&std::mem::take(&mut self.interruption));
        self.forget_pass();
        Ok(())
    }

    #[inline]
    fn receive(&mut self, listener: &mut dyn Listener) -> Result<Option<u8>, EngineError> {
        let (flow, byte) = self.tick(listener);
        proceed(flow).map(|()| byte)
    }

    fn expect(&mut self, passes: u32) {
        self.awaited = u64::from(passes);
    }

    fn patience(&self) -> u64 {
        self.patience.saturating_mul(self.awaited)
    }

    fn is_traced(&self) -> bool {
        self.ports.trace.is_some()
    }
}

/// What the trace port says in one clock.
struct Told {
    /// A token joins the pass, under this number.
    joined: Option<(u8, Feed)>,
    word: Option<Reported>,
    /// The pass is over; its next token counts if the last one had logits.
    done: Option<Ended>,
}

impl TracePort {
    fn told(&self, model: &Model, cycle: u64) -> Told {
        let is = |port| model.get(port) != 0;
        Told {
            joined: is(self.pass).then(|| (model.get(self.token), self.feed(model))),
            word: is(self.valid).then(|| self.reported(model, cycle)),
            done: is(self.done).then(|| Ended {
                kept: usize::from(model.get(self.kept)) + 1,
                next: Some(model.get(self.next)),
            }),
        }
    }

    fn feed(&self, model: &Model) -> Feed {
        let (logits, guess) = (model.get(self.head) != 0, model.get(self.guess) != 0);
        Feed { token: model.get(self.input), logits, guess }
    }

    fn reported(&self, model: &Model, cycle: u64) -> Reported {
        Reported {
            section: model.get(self.section).into(),
            row: model.get(self.row).into(),
            token: model.get(self.token).into(),
            word: model.get(self.word) as i16,
            cycle: Some(cycle),
        }
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
