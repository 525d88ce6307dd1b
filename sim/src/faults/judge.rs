//! What came of a case: what the host got, and whether the next request works.

use super::scenario::answer;
use super::{Scenario, Trouble};
use crate::engine::{Deaf, Engine, EngineError};
use crate::flash::Flash;
use crate::host::{DeviceError, HostError, Request};
use crate::rtl::Rtl;

/// What the host got while the fault was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Golden's answers, all of them.
    Recovered,
    /// Golden's answers up to this error: a code of the machine, a bad frame, or silence.
    Detected(&'static str),
    /// An answer that is not golden's and no error: which.
    Wrong(String),
}

/// What it took until the next request gave golden's answers, the fault being gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// A RESET.
    Reset,
    /// A RESET, once the machine had dropped half a frame (2^16 clocks).
    Wait,
    /// Power-up, which a machine needs that refused its image at boot.
    Boot,
    /// Power-up: the flash had been made to leave continuous reading, and only the boot brings it back.
    PowerUp,
    /// Nothing of this helped: why.
    Failed(String),
}

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// While the fault was there.
    pub verdict: Verdict,
    /// Behind it.
    pub next: Next,
    /// The flash saw write enable.
    pub enabled: bool,
}

impl Outcome {
    /// A wrong answer without an error, or a machine that nothing brings back.
    pub fn is_bad(&self) -> bool {
        matches!(self.verdict, Verdict::Wrong(_)) || matches!(self.next, Next::Failed(_))
    }
}

/// Clocks after which a machine has dropped half a frame.
const DROPPED: u64 = (1 << 16) + 1000;
/// Clocks after which a machine that still speaks will not end.
const ENDLESS: u64 = 4_000_000;

impl Scenario {
    /// Runs a case from power-up to the request after the fault.
    pub fn judge(&self, trouble: &Trouble, seed: u32) -> Result<Outcome, EngineError> {
        let mut rtl = self.machine(trouble, seed)?;
        if let Some(clocks) = trouble.cut {
            rtl.raw(&self.longest_request()?, clocks);
            rtl.line.restart(seed.wrapping_add(1))?;
        }
        let verdict = match self.whole(&mut rtl, trouble.forgotten) {
            Ok(verdict) => verdict,
            Err(error) => Verdict::Detected(noticed(error)?),
        };
        rtl.line.injector = None;
        trouble.bits.iter().try_for_each(|(byte, bit)| rtl.line.chips.corrupt(*byte, *bit))?;
        let next = self.next(&mut rtl, &verdict, seed)?;
        let enabled = rtl.flashes().iter().any(|flash| flash.write_enables() > 0);
        Ok(Outcome { verdict, next, enabled })
    }

    /// Something that keeps the machine and its flash busy.
    fn longest_request(&self) -> Result<Vec<u8>, EngineError> {
        let tokens = vec![0; 8];
        Ok(Request::Feed { tokens, logits: false }.encode()?)
    }

    /// The machine is asked what it is, and then for the text. Errors are verdicts.
    pub(super) fn whole(&self, rtl: &mut Rtl, forgotten: Option<usize>) -> Result<Verdict, EngineError> {
        if let Err(error) = rtl.greet() {
            return noticed(error).map(Verdict::Detected);
        }
        let info = *rtl.info();
        match info.boot_code {
            0 if info == self.info => self.script_on(rtl, forgotten),
            0 => Ok(Verdict::Wrong(format!("INFO {info:?}"))),
            boot => Ok(Verdict::Detected(DeviceError::NotReady { boot, address: 0 }.parts().1)),
        }
    }

    /// The text and the state behind it. Before step `forgotten` the machine is configured anew, and nobody says so.
    pub(super) fn script_on(&self, rtl: &mut Rtl, forgotten: Option<usize>) -> Result<Verdict, EngineError> {
        for (step, golden) in self.golden.iter().enumerate() {
            if forgotten == Some(step) {
                rtl.line.restart(step as u32)?;
            }
            let found = match self.script.get(step) {
                Some(action) => answer(rtl, action),
                None => rtl.state(),
            };
            match found {
                Err(error) => return noticed(error).map(Verdict::Detected),
                Ok(found) if found != *golden => return Ok(self.wrong(step, &found)),
                Ok(_) => (),
            }
        }
        Ok(Verdict::Recovered)
    }

    fn wrong(&self, step: usize, found: &[i16]) -> Verdict {
        let (action, golden) = (self.script.get(step), &self.golden[step]);
        Verdict::Wrong(format!("step {step}, {action:?} (none: the state): {found:?}, golden {golden:?}"))
    }

    /// The fault is gone: what the host must do until it gets golden's answers.
    fn next(&self, rtl: &mut Rtl, verdict: &Verdict, seed: u32) -> Result<Next, EngineError> {
        until_quiet(rtl, self.patience);
        for rung in [Next::Reset, Next::Wait] {
            match self.after_reset(rtl)? {
                Verdict::Recovered => return Ok(rung),
                Verdict::Wrong(what) => {
                    return Ok(Next::Failed(format!("after {verdict:?}, {rung:?}: {what}")))
                }
                // Half a frame may be in its way.
                Verdict::Detected("silence" | "bad frame" | "FRAME" | "LENGTH") => rtl.raw(&[], DROPPED),
                Verdict::Detected(_) => break,
            };
        }
        let refused = rtl.info().boot_code != 0;
        if !refused && rtl.flashes().iter().all(Flash::is_continuous) {
            return Ok(Next::Failed(format!("after {verdict:?} and RESET, though the flash can be read")));
        }
        rtl.line.restart(seed.wrapping_add(2))?;
        Ok(match self.whole(rtl, None)? {
            Verdict::Recovered if refused => Next::Boot,
            Verdict::Recovered => Next::PowerUp,
            other => Next::Failed(format!("after {verdict:?} and power-up: {other:?}")),
        })
    }

    fn after_reset(&self, rtl: &mut Rtl) -> Result<Verdict, EngineError> {
        match rtl.reset() {
            // A machine that was configured anew wants INFO first, which is how `whole` begins.
            Ok(()) | Err(EngineError::Device(DeviceError::NotReady { boot: 0, .. })) => self.whole(rtl, None),
            Err(error) => noticed(error).map(Verdict::Detected),
        }
    }
}

/// Listens until the machine has said all that it had to say.
fn until_quiet(rtl: &mut Rtl, patience: u64) {
    let (mut silence, end) = (0, rtl.cycles() + ENDLESS);
    while silence < patience && rtl.cycles() < end {
        silence = if rtl.line.tick(&mut Deaf).1.is_some() { 0 } else { silence + 1 };
    }
}

/// What the host knows of an error; one that is not of the talk with the machine is passed on.
fn noticed(error: EngineError) -> Result<&'static str, EngineError> {
    match error {
        EngineError::Device(error) => Ok(error.parts().1),
        EngineError::Host(HostError::Timeout { .. }) => Ok("silence"),
        EngineError::Host(_) => Ok("bad frame"),
        other => Err(other),
    }
}
