//! A stand-in for the core, as the host block sees it; it writes down what it was asked to do.

use statestream_hdl::host::Host;
use statestream_hdl::num::S;
use std::collections::VecDeque;

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
    select: [u64; 2],
    field: u64,
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
pub fn counter(at: u64) -> u64 {
    (at + 1) * 0x0102_0304
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
    pub fn drive(&self, host: &mut Host) {
        host.busy.next = self.left > 0;
        host.full.next = self.pushed.len() >= self.group;
        host.last_token.next = (self.last as u64).into();
        host.extra.next = !self.kept.is_empty();
        host.guess.next = u64::from(self.kept.front().copied().unwrap_or(0x6666)).into();
        host.code.next = u64::from(self.code).into();
        host.error_address.next = u64::from(ADDRESS).into();
        host.token.next = u64::from(self.token.unwrap_or(0x7777)).into();
        host.token_valid.next = self.token.is_some();
        host.state_valid.next = self.state_valid;
        host.logit_valid.next = self.offers();
        host.logit.next = S(logit(self.logits).into());
        let word = self.state.get(self.read[2] as usize).copied();
        host.state_rdata.next = S(word.unwrap_or(-1).into());
        let (value, low) = (counter(self.select[1] >> 1), self.select[1] & 1);
        host.counter_value.next = if low == 1 { value & 0xFFFF } else { value >> 16 }.into();
        host.ready.next = self.ready;
        host.boot_code.next = u64::from(self.boot_code).into();
        host.header_value.next = self.header(self.field).into();
        host.many_tokens.next = self.vocab > 2047;
        host.state_words.next = (self.state.len() as u64).into();
    }

    /// A word of the image's header.
    fn header(&self, field: u64) -> u64 {
        let state_words = self.state.len() as u64;
        match field {
            4 => (MODEL >> 16).into(),
            5 => (MODEL & 0xFFFF).into(),
            6 => 96,
            7 => u64::from(self.vocab - 1),
            10 => state_words >> 16,
            11 => state_words & 0xFFFF,
            20 => STATES.into(),
            26 => 8,
            _ => 0x5555,
        }
    }

    fn offers(&self) -> bool {
        self.logits > 0 && self.left % 5 == 2
    }

    /// One clock: reads the host block's outputs.
    pub fn clock(&mut self, host: &Host) {
        self.read = [host.state_addr.val().to_u32(), self.read[0], self.read[1]];
        self.select = [host.counter.val().to_u64(), self.select[0]];
        self.field = host.header_field.val().to_u64();
        self.note(host);
        if host.start.val() {
            self.begin(host);
        } else if self.offers() {
            assert!(self.left > 0);
            if host.logit_ready.val() {
                self.logits -= 1;
                self.left -= 1;
            }
        } else if self.left > 0 {
            assert!(!host.logit_ready.val(), "ready without a logit");
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

    fn note(&mut self, host: &Host) {
        if host.set_sampling.val() {
            let temperature = host.temperature.val().0 as i16;
            self.asked.push(Asked::Sampling { temperature, seed: host.seed.val().to_u32() });
        }
        if host.commit.val() {
            self.asked.push(Asked::Commit);
            self.state_valid = true;
        }
        if host.invalidate.val() {
            self.asked.push(Asked::Invalidate);
            (self.state_valid, self.token) = (false, None);
        }
        if host.push.val() {
            assert!(self.left == 0 && self.pushed.len() < self.group, "a token too many");
            self.pushed.push(host.arg.val().to_u16());
        }
        if host.taken.val() {
            assert!(self.left == 0 && self.kept.pop_front().is_some(), "nothing to take");
        }
        if host.set_group.val() {
            self.asked.push(Asked::Group(host.group.val().index()));
        }
        if host.clear_counters.val() {
            self.asked.push(Asked::Clear);
        }
        if host.state_we.val() {
            assert!(self.left == 0 && !self.state_valid, "a write into a state in use");
            let (at, word) = (host.state_addr.val().to_u32(), host.state_wdata.val().0 as i16);
            self.asked.push(Asked::Word(at, word));
            self.state[at as usize] = word;
        }
    }

    fn begin(&mut self, host: &Host) {
        assert_eq!(self.left, 0, "a request while busy");
        let arg = host.arg.val().to_u16();
        let (head, stream) = (host.want_head.val(), host.stream_logits.val());
        (self.token, self.next, self.left, self.code) = (None, None, self.clocks, 0);
        match host.request.val().to_u8() {
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
            3 => self.write(host.room.val().index()),
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
