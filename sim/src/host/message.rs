//! Requests, their answers, events: payloads as types.

use super::{Frame, HostError, Mark};

/// The protocol's version.
const VERSION: u16 = 2;
/// The most a request's payload may hold.
const REQUEST_BYTES: usize = 252;
/// FEED's flag for all logits of every token.
const EACH: u16 = 1;

/// What a host can ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// What the machine and its image are.
    Info,
    /// Clears errors, loads stored state 0, forgets the next token.
    Reset,
    /// Consumes tokens, as many in a pass as there is room for.
    Feed {
        /// At most [`Request::MAX_TOKENS`].
        tokens: Vec<u16>,
        /// True for all logits of every token, as events.
        logits: bool,
    },
    /// Writes tokens of the machine's own.
    Generate {
        /// How many.
        count: u16,
    },
    /// Sets how a token is chosen.
    Sample {
        /// The temperature word, 0 for greedy.
        temperature: u16,
        /// The noise's seed.
        seed: u32,
    },
    /// Reads state words.
    StateRead {
        /// The first word.
        word: u32,
        /// At most [`Request::MAX_READ`].
        count: u16,
    },
    /// Writes state words; the state is invalid until committed.
    StateWrite {
        /// The first word.
        word: u32,
        /// At most [`Request::MAX_WORDS`].
        words: Vec<u16>,
    },
    /// Accepts the words written, if they belong to the image's model.
    StateCommit {
        /// The model the words were read from.
        model_id: u32,
    },
    /// Loads a stored state from the flash.
    StateLoad {
        /// Which one.
        index: u16,
    },
    /// Reads the counters.
    Counters,
    /// Sets the counters to zero.
    Clear,
    /// Sets how many tokens share a pass.
    Group {
        /// At most so many; 0: as many as the machine has room for.
        tokens: u16,
    },
}

/// A final response without an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// Done, and nothing more to say.
    Done,
    /// The next token, after FEED and GENERATE.
    NextToken(u16),
    /// State words.
    Words(Vec<u16>),
    /// To INFO.
    Info(Info),
    /// To COUNTERS.
    Counters(Counters),
}

/// What comes before a final response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A token GENERATE chose.
    Token(u16),
    /// The logits of all tokens of a pass, interleaved: in the vocabulary's order, one of each token.
    Logits(Vec<i16>),
}

/// An error the machine reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The request arrived damaged.
    #[error("FRAME: the request's CRC is wrong")]
    Frame,
    /// A command it does not know.
    #[error("COMMAND: no such command")]
    Command,
    /// A payload of the wrong length.
    #[error("LENGTH: the payload is too short, too long or odd")]
    Length,
    /// No valid image at boot, or with boot code 0: nobody asked INFO since power-up.
    #[error("NOT_READY: {}", not_ready(*boot, *address))]
    NotReady {
        /// Why: one of the codes from 10.
        boot: u16,
        /// Where in the flash.
        address: u32,
    },
    /// The state is invalid.
    #[error("STATE: the state is invalid; reset or load a state first")]
    State,
    /// A token it does not have.
    #[error("TOKEN: a token outside the vocabulary, or none to continue from; feed one first")]
    Token,
    /// A place outside the state.
    #[error("RANGE: a state word or index outside the image's state")]
    Range,
    /// A state of another model.
    #[error("MODEL: the state belongs to another model than the image")]
    Model,
    /// A damaged record.
    #[error("CRC: the record at {0:#08x} of the flash is damaged; no token, the state is invalid")]
    Crc(u32),
    /// A section beyond the machine.
    #[error(
        "SECTION: the section at {0:#08x} of the flash needs an epilogue or a memory this machine has not"
    )]
    Section(u32),
    /// No image.
    #[error("MAGIC: no image at {0:#08x} of the flash")]
    Magic(u32),
    /// An image of another version.
    #[error("VERSION: the image at {0:#08x} of the flash has another format version; pack the model again")]
    Version(u32),
    /// An image too large.
    #[error("SIZE: the image at {0:#08x} of the flash needs more memory than this machine has")]
    Size(u32),
}

/// Names of the codes that a boot can end with.
const BOOT: [(u16, &str); 5] =
    [(0x10, "CRC"), (0x11, "SECTION"), (0x12, "MAGIC"), (0x13, "VERSION"), (0x14, "SIZE")];

fn not_ready(boot: u16, address: u32) -> String {
    match boot {
        0 => "the machine was powered up or configured since it was last asked INFO, and what it had read is gone; ask INFO and begin again".into(),
        _ => format!("no valid image was found at boot (code {boot:02x}, address {address:#08x}); write the image again"),
    }
}

fn boot_name(code: u16) -> &'static str {
    BOOT.iter().find(|(known, _)| *known == code).map_or("NOT_READY", |(_, name)| name)
}

impl DeviceError {
    /// Its code, its name and the address it tells. A machine that is not ready says why its boot failed: that is the fault.
    pub fn parts(&self) -> (u16, &'static str, Option<u32>) {
        match *self {
            DeviceError::Frame => (0x01, "FRAME", None),
            DeviceError::Command => (0x02, "COMMAND", None),
            DeviceError::Length => (0x03, "LENGTH", None),
            DeviceError::NotReady { boot, address } => (boot, boot_name(boot), Some(address)),
            DeviceError::State => (0x05, "STATE", None),
            DeviceError::Token => (0x06, "TOKEN", None),
            DeviceError::Range => (0x07, "RANGE", None),
            DeviceError::Model => (0x08, "MODEL", None),
            DeviceError::Crc(address) => (0x10, "CRC", Some(address)),
            DeviceError::Section(address) => (0x11, "SECTION", Some(address)),
            DeviceError::Magic(address) => (0x12, "MAGIC", Some(address)),
            DeviceError::Version(address) => (0x13, "VERSION", Some(address)),
            DeviceError::Size(address) => (0x14, "SIZE", Some(address)),
        }
    }
}

/// What the machine and its image are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Info {
    /// Tokens that can share a pass.
    pub tokens_per_pass: u16,
    /// The largest d.
    pub channel_limit: u16,
    /// Words of the vector memory.
    pub vector_limit: u16,
    /// Words of the state memory.
    pub state_limit: u32,
    /// The most parameter words in a row.
    pub parameter_limit: u16,
    /// Zero, or why the image cannot be used.
    pub boot_code: u16,
    /// Where the image begins in the flash.
    pub image_base: u32,
    /// The image's d.
    pub channels: u16,
    /// The highest token.
    pub last_token: u16,
    /// Words of the image's state.
    pub state_words: u32,
    /// The image's model.
    pub model_id: u32,
    /// Fraction bits of a logit.
    pub logit_frac: u16,
    /// States in the flash.
    pub stored_states: u16,
}

/// What the machine counted since CLEAR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Clocks.
    pub cycles: u32,
    /// Clocks in which the flash delivered.
    pub flash_busy: u32,
    /// Bytes read from the flash.
    pub bytes: u32,
    /// Passes over the tape.
    pub passes: u32,
    /// Clocks the tape waited for an epilogue.
    pub stall_epilogue: u32,
    /// Clocks it waited for a section's last word.
    pub stall_barrier: u32,
    /// Clocks it waited for the host.
    pub stall_host: u32,
    /// Records with a wrong CRC.
    pub crc_errors: u32,
    /// Words that were clamped.
    pub saturations: u32,
    /// Clocks of the last pass.
    pub last_cycles: u32,
    /// Flash-busy clocks of the last pass.
    pub last_flash_busy: u32,
    /// Tokens guessed.
    pub drafted: u32,
    /// Guesses that were right.
    pub accepted: u32,
}

impl Request {
    /// Passes, at most, before a byte of the answer comes: one, but for a FEED that reads several tokens without a word.
    pub fn silent_passes(&self) -> u32 {
        match self {
            Request::Feed { tokens, logits: false } => tokens.len().max(1) as u32,
            _ => 1,
        }
    }

    /// The most tokens one FEED carries.
    pub const MAX_TOKENS: usize = (REQUEST_BYTES - 2) / 2;
    /// The most words one STATE_WRITE carries.
    pub const MAX_WORDS: usize = (REQUEST_BYTES - 4) / 2;
    /// The most words one STATE_READ asks for.
    pub const MAX_READ: usize = 4096;

    /// The request's name in the protocol.
    pub fn name(&self) -> &'static str {
        match self {
            Request::Info => "INFO",
            Request::Reset => "RESET",
            Request::Feed { .. } => "FEED",
            Request::Generate { .. } => "GENERATE",
            Request::Sample { .. } => "SAMPLE",
            Request::StateRead { .. } => "STATE_READ",
            Request::StateWrite { .. } => "STATE_WRITE",
            Request::StateCommit { .. } => "STATE_COMMIT",
            Request::StateLoad { .. } => "STATE_LOAD",
            Request::Counters => "COUNTERS",
            Request::Clear => "CLEAR",
            Request::Group { .. } => "GROUP",
        }
    }

    /// The request as bytes for the line.
    pub fn encode(&self) -> Result<Vec<u8>, HostError> {
        self.check()?;
        Frame { code: self.command(), payload: self.payload() }.encode(Mark::Request)
    }

    /// What a final response to this request says.
    pub fn answer(&self, frame: &Frame) -> Result<Response, HostError> {
        let payload = frame.payload.as_slice();
        if frame.code != 0 {
            return Err(device_error(frame)?.into());
        }
        match self {
            Request::Info => Info::decode(payload).map(Response::Info),
            Request::Counters => Counters::decode(payload).map(Response::Counters),
            Request::Feed { .. } | Request::Generate { .. } => {
                exact("a next token", payload, 2).map(|mut fields| Response::NextToken(fields.word()))
            }
            Request::StateRead { count, .. } => {
                exact("a block of state words", payload, 2 * usize::from(*count))
                    .map(|fields| Response::Words(fields.words()))
            }
            _ => exact("an empty answer", payload, 0).map(|_| Response::Done),
        }
    }

    fn command(&self) -> u8 {
        match self {
            Request::Info => 0x01,
            Request::Reset => 0x02,
            Request::Feed { .. } => 0x03,
            Request::Generate { .. } => 0x04,
            Request::Sample { .. } => 0x05,
            Request::StateRead { .. } => 0x06,
            Request::StateWrite { .. } => 0x07,
            Request::StateCommit { .. } => 0x08,
            Request::StateLoad { .. } => 0x09,
            Request::Counters => 0x0a,
            Request::Clear => 0x0b,
            Request::Group { .. } => 0x0c,
        }
    }

    fn check(&self) -> Result<(), HostError> {
        let (what, given, most) = match self {
            Request::Feed { tokens, .. } => ("tokens", tokens.len(), Self::MAX_TOKENS),
            Request::StateWrite { words, .. } => ("state words", words.len(), Self::MAX_WORDS),
            Request::StateRead { count, .. } => ("state words", usize::from(*count), Self::MAX_READ),
            _ => return Ok(()),
        };
        match given <= most {
            true => Ok(()),
            false => Err(HostError::TooMany { what, given, most }),
        }
    }

    fn payload(&self) -> Vec<u8> {
        match self {
            Request::Info | Request::Reset | Request::Counters | Request::Clear => Vec::new(),
            Request::Feed { tokens, logits } => prefixed(&(u16::from(*logits) * EACH).to_be_bytes(), tokens),
            Request::Generate { count } => count.to_be_bytes().into(),
            Request::Sample { temperature, seed } => {
                [&temperature.to_be_bytes()[..], &seed.to_be_bytes()].concat()
            }
            Request::StateRead { word, count } => [&word.to_be_bytes()[..], &count.to_be_bytes()].concat(),
            Request::StateWrite { word, words } => prefixed(&word.to_be_bytes(), words),
            Request::StateCommit { model_id } => model_id.to_be_bytes().into(),
            Request::StateLoad { index } => index.to_be_bytes().into(),
            Request::Group { tokens } => tokens.to_be_bytes().into(),
        }
    }
}

impl Event {
    /// The event a frame is, or `None` if it is a final response.
    pub fn decode(frame: &Frame) -> Result<Option<Event>, HostError> {
        let payload = frame.payload.as_slice();
        let event = match frame.code {
            0xe1 => Event::Token(exact("a token event", payload, 2)?.word()),
            0xe2 => {
                let whole = payload.len() & !1;
                let words = exact("a logit event", payload, whole)?.words();
                Event::Logits(words.into_iter().map(|word| word as i16).collect())
            }
            0xe0.. => return Err(unknown(frame)),
            _ => return Ok(None),
        };
        Ok(Some(event))
    }
}

impl Info {
    /// Bytes of the payload.
    const BYTES: usize = 36;

    fn decode(payload: &[u8]) -> Result<Info, HostError> {
        let mut fields = exact("INFO", payload, Info::BYTES)?;
        let found = fields.word();
        if found != VERSION {
            return Err(HostError::Version { found, expected: VERSION });
        }
        Ok(Info {
            tokens_per_pass: fields.word(),
            channel_limit: fields.word(),
            vector_limit: fields.word(),
            state_limit: fields.long(),
            parameter_limit: fields.word(),
            boot_code: fields.word(),
            image_base: fields.long(),
            channels: fields.word(),
            last_token: fields.word(),
            state_words: fields.long(),
            model_id: fields.long(),
            logit_frac: fields.word(),
            stored_states: fields.word(),
        })
    }
}

impl Counters {
    /// Bytes of the payload.
    const BYTES: usize = 52;

    fn decode(payload: &[u8]) -> Result<Counters, HostError> {
        let mut fields = exact("COUNTERS", payload, Counters::BYTES)?;
        Ok(Counters {
            cycles: fields.long(),
            flash_busy: fields.long(),
            bytes: fields.long(),
            passes: fields.long(),
            stall_epilogue: fields.long(),
            stall_barrier: fields.long(),
            stall_host: fields.long(),
            crc_errors: fields.long(),
            saturations: fields.long(),
            last_cycles: fields.long(),
            last_flash_busy: fields.long(),
            drafted: fields.long(),
            accepted: fields.long(),
        })
    }
}

fn device_error(frame: &Frame) -> Result<DeviceError, HostError> {
    let payload = frame.payload.as_slice();
    let address = || exact("an error's address", payload, 4).map(|mut fields| fields.long());
    Ok(match frame.code {
        0x01 => DeviceError::Frame,
        0x02 => DeviceError::Command,
        0x03 => DeviceError::Length,
        0x04 => {
            let mut fields = exact("NOT_READY", payload, 6)?;
            DeviceError::NotReady { boot: fields.word(), address: fields.long() }
        }
        0x05 => DeviceError::State,
        0x06 => DeviceError::Token,
        0x07 => DeviceError::Range,
        0x08 => DeviceError::Model,
        0x10 => DeviceError::Crc(address()?),
        0x11 => DeviceError::Section(address()?),
        0x12 => DeviceError::Magic(address()?),
        0x13 => DeviceError::Version(address()?),
        0x14 => DeviceError::Size(address()?),
        _ => return Err(unknown(frame)),
    })
}

fn unknown(frame: &Frame) -> HostError {
    HostError::Code { code: frame.code, length: frame.payload.len() }
}

fn prefixed(prefix: &[u8], words: &[u16]) -> Vec<u8> {
    prefix.iter().copied().chain(words.iter().flat_map(|word| word.to_be_bytes())).collect()
}

/// A payload of exactly `expected` bytes, read from its front.
fn exact<'a>(what: &'static str, payload: &'a [u8], expected: usize) -> Result<Fields<'a>, HostError> {
    match payload.len() == expected {
        true => Ok(Fields(payload)),
        false => Err(HostError::Length { what, found: payload.len(), expected }),
    }
}

/// Big-endian fields; past the end they read as zero, which the length check before has excluded.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn word(&mut self) -> u16 {
        let (head, rest) = self.0.split_first_chunk().unwrap_or((&[0; 2], &[]));
        self.0 = rest;
        u16::from_be_bytes(*head)
    }

    fn long(&mut self) -> u32 {
        u32::from(self.word()) << 16 | u32::from(self.word())
    }

    fn words(self) -> Vec<u16> {
        self.0.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
    }
}
