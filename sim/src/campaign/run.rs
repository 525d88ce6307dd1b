//! A case, run in lockstep: every word, every answer, every refusal, every pass and its clocks.

use statestream_golden::{GoldenError, Model, State};
use statestream_image::config::{Config, FlashBus};
use statestream_image::layout::Image;

use super::case::{Case, CaseError, Fault, Machine, Step};
use super::reach::Reached;
use crate::engine::EngineError;
use crate::host::{DeviceError, Frame, HostError, Mark, Request, Response};
use crate::rtl::{Rtl, RtlOptions};
use crate::stimulus::{ask, ask_bytes, Action, Bench, BenchError};
use crate::timed::Timed;

/// States beyond this many words are not read back: the serial line is slow. Their words are in the trace.
const READ_BACK: usize = 600;
/// Bytes of payload that each command needs, from command 1 on (docs/host.md).
const SHORTEST: [usize; 12] = [0, 0, 4, 2, 6, 6, 6, 4, 2, 0, 0, 2];
/// All that a machine may ever send to the flash, but for the one that reads.
const OPCODES: [u8; 4] = [0x66, 0x99, 0xab, 0xff];
/// Bits of a frame on the line.
const FRAME_BITS: u64 = 10;

/// Why a case failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CampaignError {
    /// Machine and golden model differ.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// It could not be begun.
    #[error(transparent)]
    Case(#[from] CaseError),
}

impl From<GoldenError> for CampaignError {
    fn from(error: GoldenError) -> CampaignError {
        BenchError::Golden(error).into()
    }
}

impl From<HostError> for CampaignError {
    fn from(error: HostError) -> CampaignError {
        BenchError::Host(error).into()
    }
}

/// Runs the case. `options` says how; start-up values and throttle are the case's own.
pub fn run(case: &Case, options: &RtlOptions, replay: &str) -> Result<Reached, CampaignError> {
    let config = case.config()?;
    let options = RtlOptions { seed: case.power_up, stalls: case.stalls, ..options.clone() };
    run_on(case, &config, |image| Rtl::new(&config, image, &options), replay)
}

/// Runs the case on a machine of this configuration, whatever the case says, that `machine` makes with an image in its flash.
pub fn run_on(
    case: &Case,
    config: &Config,
    machine: impl FnOnce(&[u8]) -> Result<Rtl, EngineError>,
    replay: &str,
) -> Result<Reached, CampaignError> {
    let mut run = Run::begin(case, config, machine, replay)?;
    run.steps(&case.steps)?;
    run.finish()
}

struct Run {
    timed: Timed,
    image: Image,
    model: Model,
    /// The state memory while the state is invalid.
    written: Option<Vec<i16>>,
    /// Saturations at the last CLEAR.
    cleared: u64,
    reached: Reached,
    machine: Machine,
    bit: u64,
}

/// What the protocol answers.
type Due = Result<(), DeviceError>;

impl Run {
    fn begin(
        case: &Case,
        config: &Config,
        machine: impl FnOnce(&[u8]) -> Result<Rtl, EngineError>,
        replay: &str,
    ) -> Result<Run, CampaignError> {
        let image = case.image()?;
        let bench = Bench::on(|| machine(&image.to_bytes()), &image, replay)?;
        let timed = Timed::over(bench, config, &image, case.stalls.is_none());
        let (model, bit) = (Model::new(&image)?, u64::from(config.uart_divisor));
        let (written, cleared, reached, machine) = (None, 0, Reached::default(), case.machine.clone());
        Ok(Run { timed, image, model, written, cleared, reached, machine, bit })
    }

    fn steps(&mut self, steps: &[Step]) -> Result<(), CampaignError> {
        steps.iter().try_for_each(|step| self.step(step))
    }

    fn step(&mut self, step: &Step) -> Result<(), CampaignError> {
        match step {
            Step::Info => self.info(),
            Step::Reset => self.restored(&Action::Reset, "RESET"),
            Step::Feed { tokens, logits } => self.feed(tokens, *logits),
            Step::Generate { count } => self.generate(*count),
            Step::Sample { temperature, seed } => {
                self.reached.answer("SAMPLE", Ok(()));
                Ok(self.timed.act(&Action::Sample { temperature: *temperature, seed: *seed })?)
            }
            Step::Read { word, count } => self.read(*word, *count),
            Step::Write { word, words } => self.write(*word, words),
            Step::Commit { own } => self.commit(*own),
            Step::Load { index } => self.load(*index),
            Step::Reload => self.reload(),
            Step::Counters => self.counters(),
            Step::Clear => self.clear(),
            Step::Group { tokens } => self.group(*tokens),
            Step::Damaged { command, fault } => self.damaged(*command, *fault),
            Step::Noise { bytes } => self.noise(bytes),
            Step::PowerCut { tokens, clocks, power_up } => self.power_cut(tokens, *clocks, *power_up),
        }
    }

    /// The request gets this answer and nothing else happens.
    fn answered(
        &mut self,
        request: Request,
        due: &Result<Response, DeviceError>,
    ) -> Result<(), CampaignError> {
        let name = request.name();
        self.reached.answer(name, due.as_ref().map(drop).map_err(|error| *error));
        let found = ask(self.timed.machine(), request);
        self.same(name, due, found)
    }

    fn same(
        &self,
        what: &'static str,
        due: &Result<Response, DeviceError>,
        found: Result<Response, HostError>,
    ) -> Result<(), CampaignError> {
        match (due, found) {
            (Ok(due), Ok(found)) if *due == found => Ok(()),
            (Err(due), Err(HostError::Device(found))) if *due == found => Ok(()),
            (due, found) => {
                Err(self.timed.bench.unforeseen(what, format!("{due:?}"), format!("{found:?}")).into())
            }
        }
    }

    /// The request is refused, or it is due what the action does.
    fn refused_or(&mut self, request: Request, due: Due, action: &Action) -> Result<bool, CampaignError> {
        match due {
            Ok(()) => {
                self.reached.answer(request.name(), Ok(()));
                self.timed.act(action)?;
                Ok(true)
            }
            Err(error) => self.answered(request, &Err(error)).map(|()| false),
        }
    }

    fn valid(&self) -> Due {
        self.written.is_none().then_some(()).ok_or(DeviceError::State)
    }

    fn info(&mut self) -> Result<(), CampaignError> {
        let info = *self.timed.machine().info();
        let (found, image) = ((info.state_words as usize, info.model_id), &self.image.header);
        let due = (image.state_words, self.model.id());
        if found != due {
            return Err(self.timed.bench.unforeseen("INFO", format!("{due:?}"), format!("{found:?}")).into());
        }
        self.answered(Request::Info, &Ok(Response::Info(info)))
    }

    fn restored(&mut self, action: &Action, name: &'static str) -> Result<(), CampaignError> {
        self.reached.answer(name, Ok(()));
        self.written = None;
        Ok(self.timed.act(action)?)
    }

    fn feed(&mut self, tokens: &[u16], logits: bool) -> Result<(), CampaignError> {
        let known = tokens.iter().all(|token| usize::from(*token) < self.image.header.vocab);
        let due = self.valid().and(known.then_some(()).ok_or(DeviceError::Token));
        let request = Request::Feed { tokens: tokens.to_vec(), logits };
        self.refused_or(request, due, &Action::Feed { tokens: tokens.to_vec(), logits }).map(drop)
    }

    fn generate(&mut self, count: u16) -> Result<(), CampaignError> {
        let next = self.timed.golden().next_token();
        let due = self.valid().and(next.is_some().then_some(()).ok_or(DeviceError::Token));
        self.refused_or(Request::Generate { count }, due, &Action::Generate(count)).map(drop)
    }

    /// The words of the state memory, valid or not.
    fn words(&mut self) -> Vec<i16> {
        let written = self.written.clone();
        written.unwrap_or_else(|| self.timed.golden().state().words().to_vec())
    }

    fn read(&mut self, word: u32, count: u16) -> Result<(), CampaignError> {
        let from = word as usize;
        let all = self.words();
        let words =
            all.get(from..from + usize::from(count)).filter(|_| usize::from(count) <= Request::MAX_READ);
        let words = words.map(|words| words.iter().map(|word| *word as u16).collect());
        let due = words.map(Response::Words).ok_or(DeviceError::Range);
        self.answered(Request::StateRead { word, count }, &due)
    }

    fn write(&mut self, word: u32, words: &[i16]) -> Result<(), CampaignError> {
        let (mut all, from) = (self.words(), word as usize);
        let place = all.get_mut(from..from + words.len());
        let due = place.map(|place| place.copy_from_slice(words)).ok_or(DeviceError::Range);
        if due.is_ok() {
            self.written = Some(all);
        }
        let words = words.iter().map(|word| *word as u16).collect();
        self.answered(Request::StateWrite { word, words }, &due.map(|()| Response::Done))
    }

    fn commit(&mut self, own: bool) -> Result<(), CampaignError> {
        let id = self.model.id();
        if !own {
            return self.answered(Request::StateCommit { model_id: id ^ 1 }, &Err(DeviceError::Model));
        }
        // where nothing was written nothing changes, and the next token stays
        if let Some(words) = self.written.take() {
            let state = State::from_words(&self.model, &words, 0)?;
            self.timed.golden().load(&state)?;
        }
        self.answered(Request::StateCommit { model_id: id }, &Ok(Response::Done))
    }

    fn load(&mut self, index: u16) -> Result<(), CampaignError> {
        match usize::from(index) < self.image.states.len() {
            true => self.restored(&Action::LoadStored(index), "STATE_LOAD"),
            false => self.answered(Request::StateLoad { index }, &Err(DeviceError::Range)),
        }
    }

    fn reload(&mut self) -> Result<(), CampaignError> {
        let short = self.image.header.state_words <= READ_BACK;
        let action = if short && self.written.is_none() { Action::Reload } else { Action::Reset };
        self.restored(&action, "RESET")
    }

    fn counters(&mut self) -> Result<(), CampaignError> {
        self.reached.answer("COUNTERS", Ok(()));
        self.timed.check_counters()?;
        let counters = self.timed.bench.counters()?;
        let due = (0, (self.timed.golden().saturations() - self.cleared) as u32);
        let found = (counters.crc_errors, counters.saturations);
        self.reached.stalls(&self.machine, self.timed.is_throttled(), &counters);
        match due == found {
            true => Ok(()),
            false => Err(self
                .timed
                .bench
                .unforeseen("CRC errors, saturations", format!("{due:?}"), format!("{found:?}"))
                .into()),
        }
    }

    fn clear(&mut self) -> Result<(), CampaignError> {
        self.counters()?;
        self.cleared = self.timed.golden().saturations();
        self.timed.cleared();
        self.answered(Request::Clear, &Ok(Response::Done))
    }

    fn group(&mut self, tokens: u16) -> Result<(), CampaignError> {
        let due = (usize::from(tokens) <= self.machine.tokens).then_some(()).ok_or(DeviceError::Range);
        self.refused_or(Request::Group { tokens }, due, &Action::Group(tokens)).map(drop)
    }

    fn damaged(&mut self, command: u8, fault: Fault) -> Result<(), CampaignError> {
        let (bytes, due) = damaged(command, fault)?;
        self.reached.refusal(command, due);
        // any request whose answer is empty reads an error
        let found = ask_bytes(self.timed.machine(), &bytes, Request::Reset);
        self.same("a damaged request", &Err(due), found)
    }

    fn noise(&mut self, bytes: &[u8]) -> Result<(), CampaignError> {
        self.reached.mark("noise between two requests".into());
        let clocks = (bytes.len() as u64 + 1) * FRAME_BITS * self.bit;
        let found = self.timed.machine().raw(bytes, clocks);
        match found.is_empty() {
            true => Ok(()),
            false => Err(self
                .timed
                .bench
                .unforeseen("the answer to noise", "none".into(), format!("{found:02x?}"))
                .into()),
        }
    }

    fn power_cut(&mut self, tokens: &[u16], clocks: u64, power_up: u32) -> Result<(), CampaignError> {
        let bytes = Request::Feed { tokens: tokens.to_vec(), logits: false }.encode()?;
        self.timed.machine().raw(&bytes, clocks);
        self.reached.cut(self.timed.machine().is_busy());
        self.timed.power_cut(power_up)?;
        (self.written, self.cleared) = (None, 0);
        Ok(())
    }

    fn finish(mut self) -> Result<Reached, CampaignError> {
        if self.image.header.state_words <= READ_BACK && self.written.is_none() {
            self.timed.bench.state()?;
        }
        self.counters()?;
        self.timed.check_flash()?;
        self.check_opcodes()?;
        self.reached.passes(self.timed.passes());
        self.reached.arithmetic(self.timed.bench.coverage());
        self.reached.words += self.timed.bench.lockstep.words();
        Ok(self.reached)
    }

    fn check_opcodes(&mut self) -> Result<(), CampaignError> {
        let read = if self.machine.flash == FlashBus::Dtr { 0xed } else { 0xeb };
        let seen = self.timed.machine().flashes().iter().flat_map(|flash| flash.opcodes().keys());
        let other = seen.copied().find(|opcode| *opcode != read && !OPCODES.contains(opcode));
        match other {
            None => Ok(()),
            Some(opcode) => Err(self
                .timed
                .bench
                .unforeseen("opcodes", "none but reads".into(), format!("{opcode:02x}"))
                .into()),
        }
    }
}

/// The bytes of a request with a fault, and the code that answers them.
fn damaged(command: u8, fault: Fault) -> Result<(Vec<u8>, DeviceError), HostError> {
    let shortest = SHORTEST.get(usize::from(command).wrapping_sub(1)).copied().unwrap_or(0);
    let (length, due) = match fault {
        Fault::Crc => (shortest, DeviceError::Frame),
        Fault::Short if shortest > 0 => (shortest - 1, DeviceError::Length),
        Fault::Short | Fault::Long => (shortest + 1, DeviceError::Length),
        Fault::Unknown => (0, DeviceError::Command),
    };
    let mut bytes = Frame { code: command, payload: vec![0; length] }.encode(Mark::Request)?;
    if let (Fault::Crc, Some(last)) = (fault, bytes.last_mut()) {
        *last ^= 1;
    }
    Ok((bytes, due))
}
