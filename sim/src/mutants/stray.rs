//! What no script foresees: random cases against golden, and sessions of bytes, frames, pulses and pauses on images of anything, compared with those
//! of the sound machine.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::mem::discriminant;
use std::ops::ControlFlow;

use statestream_image::rng::Rng;
use statestream_image::testing::{random_draft, random_image, random_shape};

use crate::campaign::{run_on, wild_image, CampaignError, Case, Machine};
use crate::engine::{Ended, EngineError, Feed, Listener, Reported};
use crate::flash::Power;
use crate::host::Request;
use crate::rtl::Rtl;
use crate::vectors::{Bed, Flaw, Setting};

/// All that says what is done here.
pub(super) const SOURCES: [&str; 5] = [
    include_str!("stray.rs"),
    include_str!("../campaign/case.rs"),
    include_str!("../campaign/draw.rs"),
    include_str!("../campaign/run.rs"),
    include_str!("../campaign/wild.rs"),
];

const REPLAY: &str = "statestream verify --only mutants";
/// Clocks in which a machine that is at no pass says something.
const PATIENCE: u64 = 50_000;
/// Random cases, of three times as many the most varied.
const CASES: usize = 8;
/// Sessions.
const SESSIONS: u64 = 8;
/// Things done in a session.
const DONE: usize = 14;
/// The commands of the protocol, and some that are none.
const COMMANDS: usize = 14;
const MARK: u8 = 0xa5;

/// Random cases in lockstep, the most varied first.
pub(super) fn cases(bed: &dyn Bed) -> Result<(), Flaw> {
    let machine = Machine::like(bed.config());
    let mut all: Vec<Case> =
        (0..3 * CASES as u64).map(|seed| Case::draw_for(machine.clone(), seed)).collect();
    all.sort_by_key(|case| Reverse(variety(case)));
    all.iter().take(CASES).try_for_each(|case| {
        played(bed, case).map_err(|error| Flaw { scene: "random cases".into(), what: error.to_string() })
    })
}

/// Kinds of things that a case does.
fn variety(case: &Case) -> usize {
    let steps: HashSet<_> = case.steps.iter().map(discriminant).collect();
    let model = &case.model;
    let others = [case.stalls.is_some(), model.halves, model.draft_slots > 0, model.ternary];
    steps.len() + others.into_iter().filter(|other| *other).count()
}

fn played(bed: &dyn Bed, case: &Case) -> Result<(), CampaignError> {
    let machine = |image: &[u8]| {
        // a pass of the largest model of a case
        let patience = PATIENCE + 40 * image.len() as u64;
        let stalls = case.stalls;
        bed.machine(Setting { image, corrupt: None, stalls, power: Power::Down, patience })
    };
    run_on(case, bed.config(), machine, REPLAY).map(drop)
}

/// All that a machine said in its sessions, each with its clock.
#[derive(Debug)]
pub(super) struct Said(Vec<Vec<String>>);

impl Said {
    /// What a machine says.
    pub(super) fn by(bed: &dyn Bed) -> Result<Said, EngineError> {
        Ok(Said((0..SESSIONS).map(|seed| session(bed, seed)).collect::<Result<_, _>>()?))
    }

    /// Whether another one says the same.
    pub(super) fn compare(&self, bed: &dyn Bed) -> Result<(), Flaw> {
        let flaw = |what: String| Flaw { scene: "sessions".into(), what };
        for (seed, said) in self.0.iter().enumerate() {
            let found = session(bed, seed as u64).map_err(|error| flaw(error.to_string()))?;
            if let Some(at) = (0..said.len().max(found.len())).find(|at| said.get(*at) != found.get(*at)) {
                let (said, found) = (said.get(at), found.get(at));
                return Err(flaw(format!(
                    "session {seed}: the sound machine says {said:?}, this one {found:?}"
                )));
            }
        }
        Ok(())
    }
}

/// A machine with a random image, and random things that are done with it.
fn session(bed: &dyn Bed, seed: u64) -> Result<Vec<String>, EngineError> {
    let mut rng = Rng::new(seed);
    let image = image(&mut rng);
    let stalls = rng.one_in(3).then(|| rng.bits());
    let corrupt = rng.one_in(4).then(|| (rng.below(image.len()), rng.below(8) as u8));
    let power = [Power::Down, Power::Awake, Power::Continuous][rng.below(3)];
    let rtl = bed.machine(Setting { image: &image, corrupt, stalls, power, patience: PATIENCE })?;
    let mut listener = Session { rtl, said: Vec::new() };
    for _ in 0..DONE {
        listener.act(&mut rng)?;
    }
    Ok(listener.end())
}

/// What a packer writes, or anything.
fn image(rng: &mut Rng) -> Vec<u8> {
    if rng.one_in(2) {
        return wild_image(rng);
    }
    let mut image = random_image(rng.bits(), &random_shape(rng.bits()));
    if rng.one_in(2) {
        random_draft(&mut image, rng.bits(), 2 << rng.below(10));
    }
    image.to_bytes()
}

struct Session {
    rtl: Rtl,
    said: Vec<String>,
}

/// Hears everything at the trace port.
struct Ear<'a>(&'a mut Vec<String>);

impl Ear<'_> {
    fn note(&mut self, what: &dyn std::fmt::Debug) -> ControlFlow<()> {
        self.0.push(format!("{what:?}"));
        ControlFlow::Continue(())
    }
}

impl Listener for Ear<'_> {
    fn begin(&mut self, pass: &[Feed]) -> ControlFlow<()> {
        self.note(&pass)
    }

    fn word(&mut self, reported: Reported) -> ControlFlow<()> {
        self.note(&reported)
    }

    fn end(&mut self, ended: Ended) -> ControlFlow<()> {
        self.note(&ended)
    }
}

impl Session {
    fn act(&mut self, rng: &mut Rng) -> Result<(), EngineError> {
        match rng.below(12) {
            0 => self.pulse(1 + rng.below(60) as u32),
            1 => self.send(&noise(rng), 2_000),
            2 => self.send(&frame(rng), 20_000),
            3 => self.late(rng),
            _ => {
                let (request, clocks) = request(rng);
                self.send(&request.encode()?, clocks);
            }
        }
        Ok(())
    }

    fn pulse(&mut self, clocks: u32) {
        self.rtl.low(clocks);
        self.listen(1_000);
    }

    fn send(&mut self, bytes: &[u8], clocks: u64) {
        self.rtl.line.uart.send(bytes);
        let line = 10 * u64::from(self.rtl.line.uart.divisor()) * bytes.len() as u64;
        self.listen(line + clocks);
    }

    /// A frame with a pause inside, of about as long as a machine waits.
    fn late(&mut self, rng: &mut Rng) {
        let mut bytes = frame(rng);
        let rest = bytes.split_off(rng.below(bytes.len()));
        self.send(&bytes, [10, 300, 65_000, 66_500][rng.below(4)]);
        self.send(&rest, 5_000);
    }

    fn listen(&mut self, clocks: u64) {
        for _ in 0..clocks {
            let (_, byte) = self.rtl.line.tick(&mut Ear(&mut self.said));
            if let Some(byte) = byte {
                self.said.push(format!("{byte:02x} in clock {}", self.rtl.cycles()));
            }
        }
    }

    /// With every count, and what the flash saw.
    fn end(mut self) -> Vec<String> {
        for request in [Request::Counters, Request::Info] {
            self.send(&request.encode().unwrap_or_default(), 5_000);
        }
        let (passes, loads) = (self.rtl.passes(), self.rtl.loads());
        let flashes =
            self.rtl.flashes().iter().map(|flash| (flash.nibbles(), flash.opcodes(), flash.breaches()));
        let flashes: Vec<_> = flashes.collect();
        let last = format!("{passes:?}, {loads:?}, {flashes:?}");
        self.said.push(last);
        self.said
    }
}

fn noise(rng: &mut Rng) -> Vec<u8> {
    (0..1 + rng.below(12)).map(|_| rng.bits() as u8).collect()
}

/// A frame of any length; one in eight is longer than any may be, one in three has a wrong CRC.
fn frame(rng: &mut Rng) -> Vec<u8> {
    let length = if rng.one_in(8) { 240 + rng.below(30) } else { rng.below(12) };
    let mut bytes = vec![MARK, rng.below(COMMANDS) as u8];
    bytes.extend((length as u16).to_be_bytes());
    bytes.extend((0..length).map(|_| rng.bits() as u8));
    let check = crate::host::crc(&bytes[1..]) ^ if rng.one_in(3) { 1 << rng.below(16) } else { 0 };
    bytes.extend(check.to_be_bytes());
    bytes
}

/// A sensible request with words of any size, and clocks in which it should be over.
fn request(rng: &mut Rng) -> (Request, u64) {
    let any = |rng: &mut Rng| rng.bits() as u16 >> rng.below(16);
    match rng.below(12) {
        0 => (Request::Reset, 8_000),
        1..=3 => {
            let tokens = (0..1 + rng.below(6)).map(|_| any(rng) >> rng.below(6)).collect();
            (Request::Feed { tokens, logits: rng.one_in(3) }, 30_000)
        }
        4 => (Request::Generate { count: 1 + rng.below(5) as u16 }, 30_000),
        5 => (Request::Sample { temperature: any(rng), seed: rng.bits() as u32 }, 1_000),
        6 => (Request::StateRead { word: rng.bits() as u32 >> rng.below(32), count: any(rng) >> 4 }, 4_000),
        7 => {
            let words = (0..rng.below(6)).map(|_| rng.bits() as u16).collect();
            (Request::StateWrite { word: rng.bits() as u32 >> rng.below(32), words }, 2_000)
        }
        8 => (Request::StateCommit { model_id: rng.bits() as u32 }, 1_000),
        9 => (Request::StateLoad { index: any(rng) >> rng.below(12) }, 8_000),
        10 => (Request::Group { tokens: any(rng) >> rng.below(12) }, 1_000),
        _ => (if rng.one_in(3) { Request::Clear } else { Request::Counters }, 3_000),
    }
}
