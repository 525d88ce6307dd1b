//! Many mutants in one compiled model: an input, `mutsel`, says which of them is awake.

use std::sync::OnceLock;

use statestream_hdl::machine::TOP;
use statestream_image::config::Config;

use super::list::{verilog, READ};
use super::stray::{self, Said};
use super::{proved_equal, Depth, Fate, MutantError, Mutation, Subject, Yosys};
use crate::chips::Chips;
use crate::engine::EngineError;
use crate::flash::Part;
use crate::netlist::ports;
use crate::rtl::{Limits, Rtl};
use crate::vectors::{self, Bed, Flaw, Setting, SCENES};
use crate::verilator::{Build, Compiled, Optimise};

/// The most mutants in a model: more would make it slower and no sooner compiled.
pub const MOST: usize = 250;
/// The input, and its width.
const SELECT: &str = "mutsel";
const WIDTH: u32 = 12;
/// Scenes that come before anybody thinks of a proof that a mutant is none.
const EARLY: usize = 7;
/// Clocks in which any scene has long been over.
const DEADLINE: u64 = 30_000_000;
/// A flash that holds the largest image of the vectors: an instance for every scene of every mutant is cheap.
const PART: Part = Part { bytes: 1 << 18, ..Part::W25Q32 };

/// A compiled model with some mutants asleep in it.
#[derive(Debug)]
pub struct Batch {
    config: Config,
    /// Without mutants, and with them.
    machine: String,
    mutated: String,
    build: Build,
    mutations: Vec<Mutation>,
    compiled: OnceLock<Compiled>,
    /// What the sound machine says.
    said: OnceLock<Said>,
}

impl Batch {
    /// Makes the model of these mutants of a subject, at most [`MOST`], or finds it where it is kept.
    pub fn new(subject: &Subject, yosys: &Yosys, mutations: Vec<Mutation>) -> Result<Batch, MutantError> {
        let config = subject.config()?;
        let awake = |(number, mutation): (usize, &Mutation)| {
            mutation.command(&format!(" -ctrl {SELECT} {WIDTH} {}", number + 1)) + "\n"
        };
        let commands: String = mutations.iter().enumerate().map(awake).collect();
        // A loop of gates would keep the simulator busy for ever.
        let script = format!(
            "{READ}{commands}opt_clean\ndesign -save mutated\nflatten\nopt_clean\ncheck -assert\n\
             design -load mutated\nwrite_verilog -noattr batch.v\n"
        );
        let machine = verilog(&config)?;
        let text = yosys.made("batch", &[("machine.v", &machine)], &script, &["batch.v".into()])?.concat();
        let ports = ports(&text, TOP).map_err(EngineError::from)?;
        let mutated = text.clone();
        let build = Build::new(TOP)
            .verilog("batch.v", text)
            .ports(ports)
            .optimise(Optimise::Fast)
            .argument("--no-assert");
        Ok(Batch {
            config,
            machine,
            mutated,
            build,
            mutations,
            compiled: OnceLock::new(),
            said: OnceLock::new(),
        })
    }

    /// Its mutants.
    pub fn mutations(&self) -> &[Mutation] {
        &self.mutations
    }

    /// The machine in which nothing is wrong does all that it must, to this depth.
    pub fn sound(&self, yosys: &Yosys, depth: Depth) -> Result<(), MutantError> {
        let subject = self.config.name.clone();
        match depth.fate(&self.mutated, "", yosys, || Ok(self.played(depth, 0)))? {
            Fate::Killed(flaw) => Err(MutantError::Unsound { subject, flaw }),
            _ => Ok(()),
        }
    }

    /// What becomes of a mutant, by its place in the list: whether something notices it, or whether it is proved to be the sound machine.
    pub fn judge(&self, index: usize, yosys: &Yosys, to: Depth) -> Result<Fate, MutantError> {
        let command = self.mutations[index].command("");
        for depth in Depth::ALL.into_iter().filter(|depth| *depth <= to) {
            let fate = depth.fate(&self.machine, &command, yosys, || self.stage(depth, index, yosys))?;
            if fate != Fate::Survived {
                return Ok(fate);
            }
        }
        Ok(Fate::Survived)
    }

    fn stage(&self, depth: Depth, index: usize, yosys: &Yosys) -> Result<Fate, MutantError> {
        let verdict = |dead: Result<(), Flaw>| dead.map_or_else(Fate::Killed, |()| Fate::Survived);
        Ok(match depth {
            Depth::Proof if proved_equal(&self.config, &self.mutations[index], yosys)? => Fate::Equal,
            Depth::Sessions => verdict(self.said()?.compare(&self.awake(index + 1))),
            _ => self.played(depth, index + 1),
        })
    }

    /// What golden says of it.
    fn played(&self, depth: Depth, select: usize) -> Fate {
        let bed = self.awake(select);
        let played = match depth {
            Depth::Early => vectors::play(&SCENES[..EARLY], &bed),
            Depth::Late => vectors::play(&SCENES[EARLY..], &bed),
            Depth::Cases => stray::cases(&bed),
            Depth::Proof | Depth::Sessions => Ok(()),
        };
        played.map_or_else(Fate::Killed, |()| Fate::Survived)
    }

    fn said(&self) -> Result<&Said, EngineError> {
        once(&self.said, || Said::by(&self.awake(0)))
    }

    /// To find the model by its text takes longer than many a mutant lives.
    fn compiled(&self) -> Result<&Compiled, EngineError> {
        once(&self.compiled, || Ok(self.build.clone().compiled()?))
    }

    /// Machines in which this mutant is awake, none if it is 0.
    pub fn awake(&self, select: usize) -> impl Bed + '_ {
        Awake { batch: self, select: select as u16 }
    }
}

/// Where nothing is known yet, two threads may find it out: they find the same.
fn once<T>(known: &OnceLock<T>, find: impl FnOnce() -> Result<T, EngineError>) -> Result<&T, EngineError> {
    if let Some(known) = known.get() {
        return Ok(known);
    }
    let found = find()?;
    Ok(known.get_or_init(|| found))
}

struct Awake<'a> {
    batch: &'a Batch,
    select: u16,
}

impl Bed for Awake<'_> {
    fn config(&self) -> &Config {
        &self.batch.config
    }

    fn machine(&self, setting: Setting) -> Result<Rtl, EngineError> {
        let config = &self.batch.config;
        let base = config.flash_base as usize;
        let part = Part { bytes: (base + setting.image.len()).next_power_of_two().max(PART.bytes), ..PART };
        let mut chips = Chips::new(config, part, setting.image, base)?.found(setting.power);
        if let Some((byte, bit)) = setting.corrupt {
            chips.corrupt(byte, bit)?;
        }
        let limits = Limits {
            patience: setting.patience,
            deadline: DEADLINE,
            stalls: setting.stalls,
            tied: Some((SELECT, self.select)),
        };
        Rtl::over(self.batch.compiled()?.load(1)?, chips, config.uart_divisor, &limits)
    }
}
