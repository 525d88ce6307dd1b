//! The emitted Verilog as an engine: Verilated, and driven through its flash and UART pins only. Its trace port is listened to.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use statestream_hdl::emit;
use statestream_hdl::machine::{self, TOP};
use statestream_image::config::Config;

use crate::activity::PassActivity;
use crate::chips::Chips;
use crate::cycles::PassShape;
use crate::engine::{Deaf, EngineError};
use crate::flash::{Flash, Part};
use crate::netlist::Netlist;
use crate::pins::{Pauses, Pins};
use crate::recording::{Recorder, Recording};
use crate::remote::Remote;
use crate::verilator::{Build, Collector, Compiled, Model, Optimise, Port, Source, Trace, VerilatorError};

/// How a machine is simulated.
#[derive(Clone, Debug, Default)]
pub struct RtlOptions {
    /// Seed of the random values that everything without a power-up value starts with.
    pub seed: u32,
    /// Seed of the throttle: runs of random length in which no nibble is taken. None: full speed.
    pub stalls: Option<u64>,
    /// A byte of the image and a bit of it, flipped inside the flash.
    pub corrupt: Option<(usize, u8)>,
    /// Where the given bytes lie in the flash, if they are more than the image: 0 for all that a board's flash holds.
    pub placed_at: Option<usize>,
    /// Where to write waves, `.fst`, or else VCD; `.saif`: how often every net toggled in the last whole pass, instead of waves.
    pub waves: Option<PathBuf>,
    /// Take the Verilog from this folder instead of emitting it.
    pub verilog: Option<PathBuf>,
    /// Run this netlist of the configuration instead of its Verilog. One that was made without the machine's trace port has no
    /// throttle either, and is heard through its serial line only.
    pub netlist: Option<Netlist>,
    /// How hard the C++ compiler works on the model.
    pub optimise: Optimise,
    /// Count lines and toggles, and tell of them when a machine is dropped or restarted.
    pub coverage: Option<Collector>,
    /// Record inputs and outputs of every half clock from power-up on, for [`Rtl::recording`].
    pub record: bool,
}

/// How a machine whose model is already there is run.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Clocks without a byte, in a pass, that are silence.
    pub patience: u64,
    /// Clocks after which nobody listens any more.
    pub deadline: u64,
    /// Seed of the throttle, as in [`RtlOptions`].
    pub stalls: Option<u64>,
    /// An input beside the machine's own, if the model has it, and its level.
    pub tied: Option<(&'static str, u16)>,
}

/// A running machine.
pub type Rtl = Remote<Pins>;

impl Remote<Pins> {
    /// Compiles (or finds) the model of this configuration, puts the image into its flash and waits for the boot. An image that
    /// the machine refuses is no error here: [`Remote::info`] has the boot code, and every request says NOT_READY.
    pub fn new(config: &Config, image: &[u8], options: &RtlOptions) -> Result<Rtl, EngineError> {
        let name = if options.netlist.is_some() { "netlist" } else { "rtl" };
        let (model, chips) = (model(config, options)?, chips(config, image, options)?);
        let mut pins = Pins::new(name, model, chips, config.uart_divisor)?;
        pins.patience += 40 * image.len() as u64;
        pins.pauses = options.stalls.map(Pauses::new);
        pins.recorder = options.record.then(|| Recorder::new(&pins.model)).transpose()?.map(Box::new);
        match &options.waves {
            Some(path) if trace(options) == Trace::Saif => pins.activity = Some(PassActivity::new(path)),
            Some(path) => pins.open_waves(path)?,
            None => (),
        }
        Remote::connect(pins)
    }

    /// A model that is already there, at power-up, with these chips at its pins.
    pub fn over(model: Model, chips: Chips, divisor: u32, limits: &Limits) -> Result<Rtl, EngineError> {
        let mut pins = Pins::new("rtl", model, chips, divisor)?;
        (pins.patience, pins.deadline) = (limits.patience, limits.deadline);
        pins.pauses = limits.stalls.map(Pauses::new);
        pins.tie(limits.tied)?;
        Remote::connect(pins)
    }

    /// The machine loses power, or is configured anew, at this clock, and is asked again what it is. Start-up values are drawn from
    /// `seed`; whatever request was under way is gone. The flash chips keep their power and their condition: CS# rises, be it in the
    /// middle of a transaction. Passes and loads are those from here on; waves and recordings end here.
    pub fn restart(&mut self, seed: u32) -> Result<(), EngineError> {
        self.line.restart(seed)?;
        self.greet()
    }

    /// Shape and clocks of every pass that ended well since power-up, in order.
    pub fn passes(&self) -> &[(PassShape, u64)] {
        &self.line.passes
    }

    /// Clocks of every stored state that it loaded, the one of a reset included, in order.
    pub fn loads(&self) -> &[u64] {
        &self.line.loads
    }

    /// It works on a request.
    pub fn is_busy(&self) -> bool {
        self.line.busy > 0
    }

    /// Clocks simulated so far.
    pub fn cycles(&self) -> u64 {
        self.line.cycle
    }

    /// The flash chips at its pins.
    pub fn flashes(&self) -> &[Flash] {
        self.line.chips.flashes()
    }

    /// What was recorded, if it was asked for.
    pub fn recording(&mut self) -> Recording {
        self.line.recorder.take().map(|recorder| recorder.finish()).unwrap_or_default()
    }

    /// Holds the machine's input low for so many clocks.
    pub fn low(&mut self, clocks: u32) {
        self.line.uart.pulse(clocks);
    }

    /// These bytes follow the next request on the line at once.
    pub fn interrupt(&mut self, bytes: &[u8]) {
        self.line.interruption = bytes.into();
    }

    /// Sends raw bytes and lets `clocks` clocks pass; returns what came back. For what no host should send, and for a request that is left
    /// in its middle.
    pub fn raw(&mut self, bytes: &[u8], clocks: u64) -> Vec<u8> {
        self.line.uart.send(bytes);
        (0..clocks).filter_map(|_| self.line.tick(&mut Deaf).1).collect()
    }
}

/// The bare simulated machine of this configuration, at power-up, nothing at its pins.
pub fn model(config: &Config, options: &RtlOptions) -> Result<Model, EngineError> {
    Ok(compiled(config, options)?.load(options.seed)?)
}

/// The same, once for many machines.
pub(crate) fn compiled(config: &Config, options: &RtlOptions) -> Result<Compiled, EngineError> {
    Ok(build(config, options)?.compiled()?)
}

fn build(config: &Config, options: &RtlOptions) -> Result<Build, EngineError> {
    if let Some(netlist) = &options.netlist {
        return Ok(netlist.build()?.trace(trace(options)).optimise(options.optimise));
    }
    let sources = match &options.verilog {
        Some(folder) => folder_sources(folder)?,
        None => vec![Source::text("statestream.v", emitted(config)?)],
    };
    let ports: Vec<Port> = sources.iter().flat_map(|source| ports(&source.text, TOP)).collect();
    let build =
        Build::new(TOP).sources(sources).ports(ports).trace(trace(options)).optimise(options.optimise);
    Ok(match &options.coverage {
        Some(collector) => build.collect(collector.clone()),
        None => build,
    })
}

/// The ports of module `top` in emitted Verilog, as its text declares them; none if it is not there.
pub fn ports(text: &str, top: &str) -> Vec<Port> {
    let port = |p: emit::PortText| match p.input {
        true => Port::input(p.name, p.width),
        false => Port::output(p.name, p.width),
    };
    emit::ports(text, top).into_iter().map(port).collect()
}

/// The Verilog of a configuration, emitted once per process: campaigns start hundreds of machines.
fn emitted(config: &Config) -> Result<String, EngineError> {
    static KNOWN: Mutex<Vec<(Config, String)>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, text)) = known.iter().find(|(other, _)| other == config) {
        return Ok(text.clone());
    }
    let text = nameless(machine::verilog(config)?);
    known.push((config.clone(), text.clone()));
    Ok(text)
}

/// A text whose first comment no longer names its configuration: a machine under two names is compiled once. Lines keep their numbers.
fn nameless(text: String) -> String {
    match text.split_once('\n') {
        Some((head, rest)) if head.starts_with("//") => format!("//\n{rest}"),
        _ => text,
    }
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

/// The chips of a configuration with this image, as a machine of these options finds them.
pub(crate) fn chips(config: &Config, image: &[u8], options: &RtlOptions) -> Result<Chips, EngineError> {
    let base = options.placed_at.unwrap_or(config.flash_base as usize);
    let mut chips = Chips::new(config, Part::W25Q128, image, base)?;
    if let Some((byte, bit)) = options.corrupt {
        chips.corrupt(byte, bit)?;
    }
    Ok(chips)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_machine_under_two_names_is_one_text() {
        let head = "// Configuration a. Written by nobody.\n\nmodule m;\nendmodule\n".to_string();
        let other = head.replace("n a.", "n of another.");
        assert_eq!(super::nameless(head.clone()), super::nameless(other));
        assert_eq!(super::nameless(head), "//\n\nmodule m;\nendmodule\n");
        assert_eq!(super::nameless("module m;\nendmodule\n".into()), "module m;\nendmodule\n");
    }
}
