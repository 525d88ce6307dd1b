//! Many mutants in one compiled model: an input, `mutsel`, says which of them is awake.

use std::sync::OnceLock;

use statestream_hdl::machine::TOP;
use statestream_image::config::Config;

use super::kept::Stage;
use super::list::{verilog, READ};
use super::stray::{self, Said};
use super::{proved_equal, Fate, MutantError, Mutation, Subject, Yosys};
use crate::chips::Chips;
use crate::engine::EngineError;
use crate::flash::Part;
use crate::netlist::ports;
use crate::rtl::{Limits, Rtl};
use crate::vectors::{self, Bed, Flaw, Setting, SCENES};
use crate::verilator::{Build, Optimise};

/// The most mutants in a model: more would make it slower and no sooner compiled.
pub const MOST: usize = 250;
/// The input, and its width.
const SELECT: &str = "mutsel";
const WIDTH: u32 = 12;
const SCRIPT: Stage = Stage { name: "scenes", sources: &vectors::SOURCES };
const CASES: Stage = Stage { name: "cases", sources: &stray::SOURCES };
const SESSIONS: Stage = Stage { name: "sessions", sources: &stray::SOURCES };
const PROOF: Stage = Stage { name: "proof", sources: &[include_str!("equal.rs")] };
/// Clocks in which any scene has long been over.
const DEADLINE: u64 = 3_000_000;
/// A flash that holds the largest image of the vectors: an instance for every scene of every mutant is cheap.
const PART: Part = Part { bytes: 1 << 18, ..Part::W25Q32 };

/// A compiled model with some mutants asleep in it.
#[derive(Debug)]
pub struct Batch {
    config: Config,
    machine: String,
    build: Build,
    mutations: Vec<Mutation>,
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
        let build = Build::new(TOP)
            .verilog("batch.v", text)
            .ports(ports)
            .optimise(Optimise::Fast)
            .argument("--no-assert");
        Ok(Batch { config, machine, build, mutations, said: OnceLock::new() })
    }

    /// Its mutants.
    pub fn mutations(&self) -> &[Mutation] {
        &self.mutations
    }

    /// Compiles the model, if it is not there.
    pub fn compile(&self) -> Result<(), MutantError> {
        self.build.compile().map_err(EngineError::from)?;
        Ok(())
    }

    /// Plays the quick vectors to the machine in which nothing is wrong.
    pub fn sound(&self) -> Result<(), MutantError> {
        let subject = self.config.name.clone();
        let bed = self.awake(0);
        let played = vectors::play(&SCENES, &bed).and_then(|()| stray::cases(&bed));
        played.map_err(|flaw| MutantError::Unsound { subject, flaw })
    }

    /// What becomes of a mutant, by its place in the list: whether one of the vectors notices it, and else whether it is the sound machine.
    /// What is neither meets whatever chance thinks of, if that is wanted.
    pub fn judge(&self, index: usize, yosys: &Yosys, stray: bool) -> Result<Fate, MutantError> {
        let (machine, bed) = ((self.machine.as_str(), &self.mutations[index]), self.awake(index + 1));
        let played = |played: Result<(), Flaw>| Ok(played.map_or_else(Fate::Killed, |()| Fate::Survived));
        let mut fate = SCRIPT.fate(machine, yosys, || played(vectors::play(&SCENES, &bed)))?;
        if fate == Fate::Survived {
            let proved = || proved_equal(&self.config, machine.1, yosys);
            fate = PROOF.fate(machine, yosys, || Ok(if proved()? { Fate::Equal } else { Fate::Survived }))?;
        }
        if fate == Fate::Survived && stray {
            fate = CASES.fate(machine, yosys, || played(stray::cases(&bed)))?;
        }
        if fate == Fate::Survived && stray {
            fate = SESSIONS.fate(machine, yosys, || played(self.said()?.compare(&bed)))?;
        }
        Ok(fate)
    }

    /// Where nobody has heard the sound machine yet, two threads may listen: they hear the same.
    fn said(&self) -> Result<&Said, MutantError> {
        if let Some(said) = self.said.get() {
            return Ok(said);
        }
        let said = Said::by(&self.awake(0))?;
        Ok(self.said.get_or_init(|| said))
    }

    /// Machines in which this mutant is awake, none if it is 0.
    pub fn awake(&self, select: usize) -> impl Bed + '_ {
        Awake { batch: self, select: select as u16 }
    }
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
        Rtl::over(self.batch.build.load(1)?, chips, config.uart_divisor, &limits)
    }
}
