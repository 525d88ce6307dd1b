//! A machine behind its serial line, as an engine: whatever carries the bytes, a simulated UART or a port of this computer ([`Serial`](crate::serial::Serial)).

use std::ops::ControlFlow;

use crate::engine::{proceed, Deaf, Ended, Engine, EngineError, Fed, Feed, Listener};
use crate::host::{Counters, Event, Exchange, HostError, Info, Request, Response, Step};

/// What carries bytes to a machine and back.
pub trait Line {
    /// A short name of what is behind it, for messages.
    fn name(&self) -> &'static str;
    /// Sends the bytes of a request.
    fn send(&mut self, bytes: &[u8]) -> Result<(), EngineError>;
    /// Lets a moment pass and returns the byte that arrived in it. Behind a trace port, `listener` hears passes and words.
    fn receive(&mut self, listener: &mut dyn Listener) -> Result<Option<u8>, EngineError>;
    /// The answer to the next request may take so many passes without a byte: a prompt is read in silence.
    fn expect(&mut self, passes: u32);
    /// So many moments in a row without a byte are silence.
    fn patience(&self) -> u64;
    /// The most tokens that one request should ask for: whoever stops listening leaves the machine at work for so many.
    fn burst(&self) -> u16 {
        u16::MAX
    }
    /// True if [`Line::receive`] tells of passes and words; else only requests and answers are known of them.
    fn is_traced(&self) -> bool;
}

/// A machine behind a line.
#[derive(Debug)]
pub struct Remote<L> {
    pub(crate) line: L,
    info: Info,
    group: usize,
}

impl<L: Line> Remote<L> {
    /// Asks the machine what it is. One that refuses its image is no error here: [`Remote::info`] has the boot code, and every
    /// request says NOT_READY.
    pub fn connect(line: L) -> Result<Remote<L>, EngineError> {
        let mut remote = Remote::strange(line);
        remote.greet()?;
        Ok(remote)
    }

    /// One that was not asked yet what it is.
    pub(crate) fn strange(line: L) -> Remote<L> {
        Remote { line, info: Info::default(), group: 1 }
    }

    /// Asks the machine behind the line what it is: after power-up it is as it was the first time.
    pub(crate) fn greet(&mut self) -> Result<(), EngineError> {
        match self.quietly(Request::Info)? {
            Response::Info(info) => self.info = info,
            _ => return Err(unexpected()),
        }
        self.group = usize::from(self.info.tokens_per_pass).max(1);
        Ok(())
    }

    /// True if passes and words are known as they happen; else only what is asked for.
    pub fn is_traced(&self) -> bool {
        self.line.is_traced()
    }

    /// Moments without a byte that are silence.
    pub fn patience(&self) -> u64 {
        self.line.patience()
    }

    /// What the machine said of itself.
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

    fn quietly(&mut self, request: Request) -> Result<Response, EngineError> {
        self.ask(request, &mut Deaf, |_, _| ControlFlow::Continue(()))
    }

    /// Sends a request and waits for its final response; `on_event` hears what comes before.
    fn ask(
        &mut self,
        request: Request,
        listener: &mut dyn Listener,
        mut on_event: impl FnMut(Event, &mut dyn Listener) -> ControlFlow<()>,
    ) -> Result<Response, EngineError> {
        self.line.send(&request.encode()?)?;
        self.line.expect(request.silent_passes());
        let (mut exchange, limit, mut silence) = (Exchange::new(request), self.line.patience(), 0);
        while silence < limit {
            silence += 1;
            let Some(byte) = self.line.receive(listener)? else { continue };
            silence = 0;
            match exchange.take(byte)? {
                Some(Step::Done(response)) => return Ok(response),
                Some(Step::Event(event)) => proceed(on_event(event, listener))?,
                None => {}
            }
        }
        Err(exchange.timeout(limit).into())
    }

    fn next_token(
        &mut self,
        request: Request,
        listener: &mut dyn Listener,
        on_event: impl FnMut(Event, &mut dyn Listener) -> ControlFlow<()>,
    ) -> Result<u16, EngineError> {
        match self.ask(request, listener, on_event)? {
            Response::NextToken(next) => Ok(next),
            _ => Err(unexpected()),
        }
    }

    fn feed_some(
        &mut self,
        tokens: &[u16],
        logits: bool,
        listener: &mut dyn Listener,
        fed: &mut Fed,
    ) -> Result<(), EngineError> {
        let (vocab, before) = (usize::from(self.info.last_token) + 1, fed.logits.len());
        let request = Request::Feed { tokens: tokens.to_vec(), logits };
        fed.next = self.next_token(request, listener, |event, _| {
            if let Event::Logits(all) = event {
                fed.logits.extend(each(&all, vocab));
            }
            ControlFlow::Continue(())
        })?;
        if logits {
            complete("tokens' logits", fed.logits.len() - before, tokens.len())?;
        }
        match self.is_traced() {
            true => Ok(()),
            false => proceed(tell(tokens, self.group, logits, fed.next, listener)),
        }
    }

    fn generate_some(&mut self, count: u16, listener: &mut dyn Listener) -> Result<Vec<u16>, EngineError> {
        let (mut tokens, mut narrator, traced) = (Vec::new(), Narrator::default(), self.line.is_traced());
        let next = self.next_token(Request::Generate { count }, listener, |event, listener| {
            let Event::Token(token) = event else { return ControlFlow::Continue(()) };
            tokens.push(token);
            match traced {
                true => ControlFlow::Continue(()),
                false => narrator.token(token, listener),
            }
        })?;
        proceed(narrator.end(next, listener))?;
        complete("tokens", tokens.len(), usize::from(count)).map(|()| tokens)
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

/// An event that the line lost altogether is missed by nobody else.
fn complete(what: &'static str, found: usize, expected: usize) -> Result<(), EngineError> {
    match found == expected {
        true => Ok(()),
        false => Err(HostError::Lost { what, found, expected }.into()),
    }
}

/// The passes of a FEED that nobody traced, as the protocol cuts them.
fn tell(
    tokens: &[u16],
    group: usize,
    logits: bool,
    next: u16,
    listener: &mut dyn Listener,
) -> ControlFlow<()> {
    let passes = tokens.len().div_ceil(group);
    for (pass, chunk) in tokens.chunks(group).enumerate() {
        let last = |at| pass + 1 == passes && at + 1 == chunk.len();
        let feed = |(at, &token): (usize, &u16)| Feed { token, logits: logits || last(at), guess: false };
        listener.begin(&chunk.iter().enumerate().map(feed).collect::<Vec<_>>())?;
        // Between passes nobody asks for the next token.
        let next = (pass + 1 == passes).then_some(next);
        listener.end(Ended { kept: chunk.len(), next })?;
    }
    ControlFlow::Continue(())
}

/// Tells of tokens as they are written where nobody traced the passes: each as a pass of its own, whose end the next one brings.
#[derive(Default)]
struct Narrator {
    begun: bool,
}

impl Narrator {
    fn token(&mut self, token: u16, listener: &mut dyn Listener) -> ControlFlow<()> {
        self.end(token, listener)?;
        self.begun = true;
        listener.begin(&[Feed { token, logits: true, guess: false }])
    }

    fn end(&mut self, next: u16, listener: &mut dyn Listener) -> ControlFlow<()> {
        match std::mem::take(&mut self.begun) {
            true => listener.end(Ended { kept: 1, next: Some(next) }),
            false => ControlFlow::Continue(()),
        }
    }
}

impl<L: Line> Engine for Remote<L> {
    fn name(&self) -> &'static str {
        self.line.name()
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
        let (mut text, most) = (Vec::new(), usize::from(self.line.burst()));
        while text.len() < usize::from(count) {
            let some = (usize::from(count) - text.len()).min(most);
            text.extend(self.generate_some(some as u16, listener)?);
        }
        Ok(text)
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
