//! Many mutants in one compiled model: an input, `mutsel`, says which of them is awake.

use std::sync::OnceLock;

use statestream_hdl::machine::TOP;
use statestream_image::config::Config;

use super::alone::alone;
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
        match depth.fate(&self.mutated, "", yosys, || Ok(played(depth, &self.awake(0)?)))? {
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
        let (config, mutation) = (&self.config, &self.mutations[index]);
        Ok(match depth {
            Depth::Early => played(depth, &self.awake(index + 1)?),
            Depth::Proof if proved_equal(config, mutation, yosys)? => Fate::Equal,
            Depth::Proof => Fate::Survived,
            Depth::Late | Depth::Cases => played(depth, &self.alone(index, yosys)?),
            Depth::Sessions => verdict(self.said()?.compare(&self.awake(index + 1)?)),
        })
    }

    fn said(&self) -> Result<&Said, EngineError> {
        once(&self.said, || Said::by(&self.awake(0)?))
    }

    /// To find the model by its text takes longer than many a mutant lives.
    fn compiled(&self) -> Result<&Compiled, EngineError> {
        once(&self.compiled, || Ok(self.build.clone().compiled()?))
    }

    /// Machines in which this mutant is awake, none if it is 0.
    pub fn awake(&self, select: usize) -> Result<impl Bed + '_, EngineError> {
        let tied = Some((SELECT, select as u16));
        Ok(Awake { config: &self.config, compiled: self.compiled()?.clone(), tied })
    }

    /// Machines in which nothing but a mutant, by its place in the list, is wrong, and no other sleeps.
    pub fn alone(&self, index: usize, yosys: &Yosys) -> Result<impl Bed + '_, MutantError> {
        let compiled = alone(&self.machine, &self.mutations[index], yosys)?;
        Ok(Awake { config: &self.config, compiled, tied: None })
    }
}

fn verdict(dead: Result<(), Flaw>) -> Fate {
    dead.map_or_else(Fate::Killed, |()| Fate::Survived)
}

/// What golden says of it.
fn played(depth: Depth, bed: &dyn Bed) -> Fate {
    verdict(match depth {
        Depth::Early => vectors::play(&SCENES[..EARLY], bed),
        Depth::Late => vectors::play(&SCENES[EARLY..], bed),
        Depth::Cases => stray::cases(bed),
        Depth::Proof | Depth::Sessions => Ok(()),
    })
}

/// Where nothing is known yet, two threads may find it out: they find the same.
fn once<T>(known: &OnceLock<T>, find: impl FnOnce() -> Result<T, EngineError>) -> Result<&T, EngineError> {
    if let Some(known) = known.get() {
        return Ok(known);
    }
    let found = find()?;
    Ok(known.get_or_init(|| found))
}

/// Machines of a model, its input for mutants tied if it has one.
struct Awake<'a> {
    config: &'a Config,
    compiled: Compiled,
    tied: Option<(&'static str, u16)>,
}

impl Bed for Awake<'_> {
    fn config(&self) -> &Config {
        self.config
    }

    fn machine(&self, setting: Setting) -> Result<Rtl, EngineError> {
        let config = self.config;
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
            tied: self.tied,
        };
        Rtl::over(self.compiled.load(1)?, chips, config.uart_divisor, &limits)
    }
}
