//! Several tokens in one pass: words, text, state, passes and clocks are those of the golden model and the cycle model, whatever
//! shares a pass and whatever is guessed.

mod drafts;
mod errors;
mod interrupts;
mod states;

use std::ops::{Deref, DerefMut};

use statestream_image::config::Config;
use statestream_image::layout::Image;
use statestream_sim::engine::Fed;
use statestream_sim::rtl::RtlOptions;
use statestream_sim::stimulus::{variant, Action, BenchError};

/// Tokens per pass that machines are built for.
const ROOMS: [usize; 5] = [1, 2, 4, 8, 16];

/// The tiny machine with room for so many tokens in a pass.
fn tiny(tokens: usize) -> Config {
    variant(&Config::named("tiny").expect("in configs.toml"), tokens)
}

fn good<T>(outcome: Result<T, BenchError>) -> T {
    outcome.unwrap_or_else(|error| panic!("{error}"))
}

/// What this model writes after a token, one token per pass.
fn own_text(image: &Image, first: u16, count: usize) -> Vec<u16> {
    statestream_sim::stimulus::own_text(image, first, count).expect("a sound image")
}

/// A machine that nothing pauses and whose every pass is foreseen.
struct Timed(statestream_sim::timed::Timed);

impl Timed {
    fn of(tokens: usize, image: &Image) -> Timed {
        let replay = format!("tiny with {tokens} tokens per pass");
        Timed(good(statestream_sim::timed::Timed::new(&tiny(tokens), image, &RtlOptions::default(), &replay)))
    }

    fn feed(&mut self, tokens: &[u16], logits: bool) -> Fed {
        let action = Action::Feed { tokens: tokens.to_vec(), logits };
        good(self.watch(&action, |bench| bench.feed(tokens, logits)))
    }

    fn generate(&mut self, count: u16) -> Vec<u16> {
        good(self.watch(&Action::Generate(count), |bench| bench.generate(count)))
    }

    fn state(&mut self) -> Vec<i16> {
        good(self.bench.state())
    }

    /// Saturations and counters at the end of all.
    fn finish(&mut self) -> Result<(), BenchError> {
        self.bench.saturations()?;
        self.check_counters()?;
        self.check_flash()
    }
}

impl Deref for Timed {
    type Target = statestream_sim::timed::Timed;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Timed {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}
