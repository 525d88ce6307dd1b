//! The emitted Verilog as an engine: Verilated, and driven through its flash and UART pins only. Its trace port is listened to.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use statestream_hdl::emit;
use statestream_hdl::machine::{self, TOP};
use statestream_image::config::Config;

use crate::activity::PassActivity;
use crate::chips::Chips;
use crate::cycles::PassShape;
use crate::engine::{proceed, Deaf, Engine, EngineError, Fed, Listener};
use crate::flash::{Flash, Part};
use crate::host::{Counters, Event, Exchange, HostError, Info, Request, Response};
use crate::pins::{Pauses, Pins};
use crate::verilator::{Build, Coverage, Model, Optimise, Port, Source, Trace, VerilatorError};

/// How a machine is simulated.
#[derive(Clone, Debug, Default)]
pub struct RtlOptions {
    /// Seed of the random values that everything without a power-up value starts with.
    pub seed: u32,
    /// Seed of the throttle: runs of random length in which no nibble is taken. None: full speed.
    pub stalls: Option<u64>,
    /// A byte of the image and a bit of it, flipped inside the flash.
    pub corrupt: Option<(usize, u8)>,
    /// Where to write waves, `.fst`, or else VCD; `.saif`: how often every net toggled in the last whole pass, instead of waves.
    pub waves: Option<PathBuf>,
    /// Take the Verilog from this folder instead of emitting it.
    pub verilog: Option<PathBuf>,
    /// How hard the C++ compiler works on the model.
    pub optimise: Optimise,
    /// Record line and toggle coverage.
    pub coverage: bool,
    /// Record the inputs of every half clock from power-up on, for [`Rtl::recording`].
    pub record: bool,
}

/// A running machine.
pub struct Rtl {
    pins: Pins,
    info: Info,
    patience: u64,
    group: usize,
}

impl Rtl {
    /// Compiles (or finds) the model of this configuration, puts the image into its flash and waits for the boot. An image that
    /// the machine refuses is no error here: [`Rtl::info`] has the boot code, and every request says NOT_READY.
    pub fn new(config: &Config, image: &[u8], options: &RtlOptions) -> Result<Rtl, EngineError> {
        let model = model(config, options)?;
        let chips = chips(config, image, options)?;
        let mut pins = Pins::new(model, chips, config.uart_divisor)?;
        pins.pauses = options.stalls.map(Pauses::new);
        pins.recording = options.record.then(Vec::new);
        match &options.waves {
            Some(path) if trace(options) == Trace::Saif => pins.activity = Some(PassActivity::new(path)),
            Some(path) => pins.open_waves(path)?,
            None => (),
        }
        let patience = 1_000_000 + 40 * image.len() as u64;
        let mut rtl = Rtl { pins, info: Info::default(), patience, group: config.tokens };
        match rtl.quietly(Request::Info)? {
            Response::Info(info) => rtl.info = info,
            _ => return Err(unexpected()),
        }
        Ok(rtl)
    }

    /// What the machine said after its boot.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// The machine's counters.
    pub fn counters(&mut self) -> Result<Counters, EngineError> {
        match self.quietly(Request::Counters)? {
            Response::Counters(counters) => Ok(counters),
            _ => Err(unexpected()),
        }
    }

    /// Shape and clocks of every pass that ended well, in order.
    pub fn passes(&self) -> &[(PassShape, u64)] {
        &self.pins.passes
    }

    /// Clocks simulated so far.
    pub fn cycles(&self) -> u64 {
        self.pins.cycle
    }

    /// The flash chips at its pins.
    pub fn flashes(&self) -> &[Flash] {
        self.pins.chips.flashes()
    }

    /// Line and toggle coverage so far, if it was asked for; `path` is where the simulator's file goes.
    pub fn coverage(&self, path: &Path) -> Result<Coverage, EngineError> {
        Ok(self.pins.model.coverage(path)?)
    }

    /// What was recorded: stimulus for [`Model::replay`].
    pub fn recording(&mut self) -> Vec<u8> {
        self.pins.recording.take().unwrap_or_default()
    }

    /// Sends raw bytes and lets `clocks` clocks pass; returns what came back. For tests of what no host should send.
    pub fn raw(&mut self, bytes: &[u8], clocks: u64) -> Vec<u8> {
        self.pins.uart.send(bytes);
        (0..clocks).filter_map(|_| self.pins.tick(&mut Deaf).1).collect()
    }

    fn quietly(&mut self, request: Request) -> Result<Response, EngineError> {
        self.ask(request, &mut Deaf, |_| ())
    }

    fn ask(
        &mut self,
        request: Request,
        listener: &mut dyn Listener,
        on_event: impl FnMut(Event),
    ) -> Result<Response, EngineError> {
        self.pins.uart.send(&request.encode()?);
        self.pins.forget_pass();
        let clock = || {
            let (flow, byte) = self.pins.tick(listener);
            proceed(flow).map(|()| byte)
        };
        Exchange::new(request).wait(self.patience, clock, on_event)
    }

    fn feed_some(
        &mut self,
        tokens: &[u16],
        logits: bool,
        listener: &mut dyn Listener,
        fed: &mut Fed,
    ) -> Result<(), EngineError> {
        let vocab = usize::from(self.info.last_token) + 1;
        let request = Request::Feed { tokens: tokens.to_vec(), logits };
        let response = self.ask(request, listener, |event| {
            if let Event::Logits(all) = event {
                fed.logits.extend(each(&all, vocab));
            }
        })?;
        match response {
            Response::NextToken(next) => fed.next = next,
            _ => return Err(unexpected()),
        }
        Ok(())
    }

    fn write(&mut self, words: &[i16]) -> Result<(), EngineError> {
        for (at, chunk) in words.chunks(Request::MAX_WORDS).enumerate() {
            let word = (at * Request::MAX_WORDS) as u32;
            let words = chunk.iter().map(|w| *w as u16).collect();
            self.quietly(Request::StateWrite { word, words })?;
        }
        Ok(())
    }
}

/// The logits of each token of a pass, from an event that interleaves them.
fn each(all: &[i16], vocab: usize) -> impl Iterator<Item = Vec<i16>> + '_ {
    let tokens = (all.len() / vocab).max(1);
    (0..tokens).map(move |token| all.iter().skip(token).step_by(tokens).copied().collect())
}

/// [`Exchange`] decodes by request, so this is the answer of a decoder that has a fault.
fn unexpected() -> EngineError {
    HostError::Code { code: 0, length: 0 }.into()
}

/// The bare simulated machine of this configuration, at power-up, nothing at its pins.
pub fn model(config: &Config, options: &RtlOptions) -> Result<Model, EngineError> {
    Ok(build(config, options)?.load(options.seed)?)
}

fn build(config: &Config, options: &RtlOptions) -> Result<Build, EngineError> {
    let sources = match &options.verilog {
        Some(folder) => folder_sources(folder)?,
        None => vec![Source::text("statestream.v", emitted(config)?)],
    };
    let ports = sources.iter().flat_map(|source| emit::ports(&source.text, TOP));
    let ports: Vec<Port> = ports
        .map(|p| if p.input { Port::input(p.name, p.width) } else { Port::output(p.name, p.width) })
        .collect();
    let build =
        Build::new(TOP).sources(sources).ports(ports).trace(trace(options)).optimise(options.optimise);
    Ok(if options.coverage { build.with_coverage() } else { build })
}

/// The Verilog of a configuration, emitted once per process: campaigns start hundreds of machines.
fn emitted(config: &Config) -> Result<String, EngineError> {
    static KNOWN: Mutex<Vec<(Config, String)>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, text)) = known.iter().find(|(other, _)| other == config) {
        return Ok(text.clone());
    }
    let text = machine::verilog(config)?;
    known.push((config.clone(), text.clone()));
    Ok(text)
}

fn trace(options: &RtlOptions) -> Trace {
    let ending = |path: &Path| path.extension().unwrap_or_default().to_string_lossy().into_owned();
    match options.waves.as_deref().map(ending).as_deref() {
        None => Trace::None,
        Some("fst") => Trace::Fst,
        Some("saif") => Trace::Saif,
        Some(_) => Trace::Vcd,
    }
}

/// The files that a folder's `files.f` names, or without one every `.v` file in the order of their names.
fn folder_sources(folder: &Path) -> Result<Vec<Source>, EngineError> {
    let fault = |reason: String| EngineError::Folder { folder: folder.into(), reason };
    let mut paths = match std::fs::read_to_string(folder.join("files.f")) {
        Ok(list) => list.split_whitespace().map(|name| folder.join(name)).collect(),
        Err(_) => verilog_files(folder).map_err(|e| fault(e.to_string()))?,
    };
    if paths.is_empty() {
        return Err(fault("it holds no .v file; write one with `statestream verilog`".into()));
    }
    paths.sort();
    Ok(paths.iter().map(Source::read).collect::<Result<_, VerilatorError>>()?)
}

fn verilog_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "v"));
    Ok(paths)
}

fn chips(config: &Config, image: &[u8], options: &RtlOptions) -> Result<Chips, EngineError> {
    let mut chips = Chips::new(config, Part::W25Q128, image)?;
    if let Some((byte, bit)) = options.corrupt {
        chips.corrupt(byte, bit)?;
    }
    Ok(chips)
}

impl Engine for Rtl {
    fn name(&self) -> &'static str {
        "rtl"
    }

    fn reset(&mut self) -> Result<(), EngineError> {
        self.quietly(Request::Reset).map(drop)
    }

    fn group(&mut self, tokens: u16) -> Result<(), EngineError> {
        self.quietly(Request::Group { tokens })?;
        let most = usize::from(self.info.tokens_per_pass);
        self.group = if tokens == 0 { most } else { usize::from(tokens) };
        Ok(())
    }

    fn feed(
        &mut self,
        tokens: &[u16],
        logits: bool,
        listener: &mut dyn Listener,
    ) -> Result<Fed, EngineError> {
        let mut fed = Fed::default();
        // whole passes, where a text needs several requests
        let most = Request::MAX_TOKENS - Request::MAX_TOKENS % self.group;
        for chunk in tokens.chunks(most) {
            self.feed_some(chunk, logits, listener, &mut fed)?;
        }
        Ok(fed)
    }

    fn generate(&mut self, count: u16, listener: &mut dyn Listener) -> Result<Vec<u16>, EngineError> {
        let mut tokens = Vec::new();
        self.ask(Request::Generate { count }, listener, |event| {
            if let Event::Token(token) = event {
                tokens.push(token);
            }
        })?;
        Ok(tokens)
    }

    fn sample(&mut self, temperature: i16, seed: u32) -> Result<(), EngineError> {
        self.quietly(Request::Sample { temperature: temperature as u16, seed }).map(drop)
    }

    fn state(&mut self) -> Result<Vec<i16>, EngineError> {
        let all = self.info.state_words;
        let mut words = Vec::new();
        while (words.len() as u32) < all {
            let word = words.len() as u32;
            let count = (all - word).min(Request::MAX_READ as u32) as u16;
            match self.quietly(Request::StateRead { word, count })? {
                Response::Words(some) if !some.is_empty() => words.extend(some.iter().map(|w| *w as i16)),
                _ => return Err(unexpected()),
            }
        }
        Ok(words)
    }

    fn load(&mut self, words: &[i16]) -> Result<(), EngineError> {
        self.write(words)?;
        self.quietly(Request::StateCommit { model_id: self.info.model_id }).map(drop)
    }

    fn load_stored(&mut self, index: u16) -> Result<(), EngineError> {
        self.quietly(Request::StateLoad { index }).map(drop)
    }

    fn saturations(&mut self) -> Result<u64, EngineError> {
        self.counters().map(|counters| u64::from(counters.saturations))
    }

    fn clear(&mut self) -> Result<(), EngineError> {
        self.quietly(Request::Clear).map(drop)
    }
}

/// `Continue`, spelt for closures.
pub(crate) const GO_ON: ControlFlow<()> = ControlFlow::Continue(());
