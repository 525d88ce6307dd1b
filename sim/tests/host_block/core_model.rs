//! A stand-in for the core, as the host block sees it; it writes down what it was asked to do.

use std::collections::VecDeque;

use super::pins::{Inputs, Outputs};

/// Something the core was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in the protocol")]
pub enum Asked {
    Load(u16),
    Pass { tokens: Vec<u16>, head: bool, stream: bool },
    Write { token: u16, room: usize },
    Sampling { temperature: i16, seed: u32 },
    Commit,
    Invalidate,
    Clear,
    Group(usize),
    Word(u32, i16),
}

/// The core.
pub struct CoreModel {
    /// What it was asked, in order.
    pub asked: Vec<Asked>,
    /// Clocks a request takes.
    pub clocks: usize,
    /// Fails after this many more requests, with this code.
    pub fault: Option<(usize, u8)>,
    /// A failing pass still offers this many logits.
    pub logits_before_fault: usize,
    /// The boot has ended.
    pub ready: bool,
    /// With this.
    pub boot_code: u8,
    /// There is a valid state.
    pub state_valid: bool,
    /// The next token, if any.
    pub token: Option<u16>,
    /// State memory.
    pub state: Vec<i16>,
    /// The vocabulary's size.
    pub vocab: u16,
    /// Tokens that share a pass.
    pub group: usize,
    /// Guesses that turn out right, if there is room for so many.
    pub right: usize,
    pushed: Vec<u16>,
    last: usize,
    kept: VecDeque<u16>,
    keeping: VecDeque<u16>,
    left: usize,
    next: Option<u16>,
    logits: usize,
    code: u8,
    read: [u32; 3],
    select: [u8; 2],
    field: u8,
}

/// Identity of the model in the image.
pub const MODEL: u32 = 0xDEAD_BEEF;
/// Where the core says the error was.
pub const ADDRESS: u32 = 0x0012_3456;
/// Stored states in the image.
pub const STATES: u16 = 3;

/// The token after `token`, for lack of a model.
pub fn successor(token: u16, vocab: u16) -> u16 {
    (u32::from(token) * 7 + 1).rem_euclid(u32::from(vocab)) as u16
}

/// The logit number `at`, counted from the end.
pub fn logit(at: usize) -> i16 {
    (at as i16).wrapping_mul(-12345)
}

/// Counter number `at`.
pub fn counter(at: u8) -> u32 {
    (u32::from(at) + 1) * 0x0102_0304
}

impl CoreModel {
    /// A booted core with this vocabulary and this many state words.
    pub fn new(vocab: u16, state_words: usize) -> Self {
        Self {
            asked: Vec::new(),
            clocks: 300,
            fault: None,
            logits_before_fault: 0,
            ready: true,
            boot_code: 0,
            state_valid: false,
            token: None,
            state: (0..state_words).map(|k| (k as i16).wrapping_mul(321)).collect(),
            vocab,
            group: 1,
            right: 0,
            pushed: Vec::new(),
            last: 0,
            kept: VecDeque::new(),
            keeping: VecDeque::new(),
            left: 0,
            next: None,
            logits: 0,
            code: 0,
            read: [0; 3],
            select: [0; 2],
            field: 0,
        }
    }

    /// Drives the host block's inputs.
    pub fn drive(&self, host: &mut Inputs) {
        host.busy = (self.left > 0).into();
        host.full = (self.pushed.len() >= self.group).into();
        host.last_token = self.last as u8;
        host.extra = (!self.kept.is_empty()).into();
        host.guess = self.kept.front().copied().unwrap_or(0x6666);
        host.code = self.code;
        host.error_address = ADDRESS;
        host.token = self.token.unwrap_or(0x7777);
        host.token_valid = self.token.is_some().into();
        host.state_valid = self.state_valid.into();
        host.logit_valid = self.offers().into();
        host.logit = logit(self.logits) as u16;
        host.state_rdata = self.state.get(self.read[2] as usize).map_or(0xFFFF, |word| *word as u16);
        let value = counter(self.select[1] >> 1);
        host.counter_value = if self.select[1] & 1 == 1 { value as u16 } else { (value >> 16) as u16 };
        host.ready = self.ready.into();
        host.boot_code = self.boot_code;
        host.header_value = self.header(self.field);
        host.many_tokens = (self.vocab > 2047).into();
        host.state_words = self.state.len() as u32;
    }

    /// A word of the image's header.
    fn header(&self, field: u8) -> u16 {
        let state_words = self.state.len();
        match field {
            4 => (MODEL >> 16) as u16,
            5 => MODEL as u16,
            6 => 96,
            7 => self.vocab - 1,
            10 => (state_words >> 16) as u16,
            11 => state_words as u16,
            20 => STATES,
            26 => 8,
            _ => 0x5555,
        }
    }

    fn offers(&self) -> bool {
        self.logits > 0 && self.left % 5 == 2
    }

    /// One clock: reads the host block's outputs.
    pub fn clock(&mut self, host: &Outputs) {
        self.read = [host.state_addr, self.read[0], self.read[1]];
        self.select = [host.counter, self.select[0]];
        self.field = host.header_field;
        self.note(host);
        if host.start == 1 {
            self.begin(host);
        } else if self.offers() {
            assert!(self.left > 0);
            if host.logit_ready == 1 {
                self.logits -= 1;
                self.left -= 1;
            }
        } else if self.left > 0 {
            assert!(host.logit_ready == 0, "ready without a logit");
            self.left -= 1;
            if self.left == 0 && self.logits > 0 {
                self.left = 5;
            } else if self.left == 0 && self.code == 0 {
                self.token = self.next;
                self.kept = std::mem::take(&mut self.keeping);
            }
        }
    }

    /// A pass with guesses: some of them are kept.
    fn write(&mut self, room: usize) {
        let token = self.pushed.pop().unwrap_or(u16::MAX);
        assert!(self.state_valid && self.pushed.is_empty() && self.kept.is_empty() && token < self.vocab);
        self.asked.push(Asked::Write { token, room });
        let text = std::iter::successors(Some(token), |token| Some(successor(*token, self.vocab)));
        let right = self.right.min(room).min(self.group - 1);
        let mut text = text.skip(1);
        self.keeping = text.by_ref().take(right).collect();
        self.next = text.next();
    }

    fn note(&mut self, host: &Outputs) {
        if host.set_sampling == 1 {
            let temperature = host.temperature as i16;
            self.asked.push(Asked::Sampling { temperature, seed: host.seed });
        }
        if host.commit == 1 {
            self.asked.push(Asked::Commit);
            self.state_valid = true;
        }
        if host.invalidate == 1 {
            self.asked.push(Asked::Invalidate);
            (self.state_valid, self.token) = (false, None);
        }
        if host.push == 1 {
            assert!(self.left == 0 && self.pushed.len() < self.group, "a token too many");
            self.pushed.push(host.arg);
        }
        if host.taken == 1 {
            assert!(self.left == 0 && self.kept.pop_front().is_some(), "nothing to take");
        }
        if host.set_group == 1 {
            self.asked.push(Asked::Group(host.group.into()));
        }
        if host.clear_counters == 1 {
            self.asked.push(Asked::Clear);
        }
        if host.state_we == 1 {
            assert!(self.left == 0 && !self.state_valid, "a write into a state in use");
            let (at, word) = (host.state_addr, host.state_wdata as i16);
            self.asked.push(Asked::Word(at, word));
            self.state[at as usize] = word;
        }
    }

    fn begin(&mut self, host: &Outputs) {
        assert_eq!(self.left, 0, "a request while busy");
        let arg = host.arg;
        let (head, stream) = (host.want_head == 1, host.stream_logits == 1);
        (self.token, self.next, self.left, self.code) = (None, None, self.clocks, 0);
        match host.request {
            1 => {
                self.asked.push(Asked::Load(arg));
                self.state_valid = true;
            }
            2 => {
                let tokens = std::mem::take(&mut self.pushed);
                assert!(self.state_valid && tokens.iter().all(|token| *token < self.vocab), "{tokens:?}");
                self.next = tokens.last().filter(|_| head).map(|token| successor(*token, self.vocab));
                self.logits = if stream { usize::from(self.vocab) * tokens.len() } else { 0 };
                self.last = tokens.len() - 1;
                self.asked.push(Asked::Pass { tokens, head, stream });
            }
            3 => self.write(host.room.into()),
            other => panic!("request {other}"),
        }
        match &mut self.fault {
            Some((0, code)) => {
                self.keeping.clear();
                (self.code, self.state_valid, self.logits) =
                    (*code, false, self.logits.min(self.logits_before_fault));
                self.fault = None;
            }
            Some((left, _)) => *left -= 1,
            None => {}
        }
    }
}
