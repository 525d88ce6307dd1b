//! Does with the golden model what a script says, and prints everything that comes of it: `replay IMAGE SCRIPT`.
//!
//! ```text
//! group N              at most so many tokens share a pass
//! sample T SEED        temperature word and seed
//! feed LOGITS TOKEN..  1: every token's logits, 0: the last one's choice only
//! generate N           takes the next token and feeds it, N times
//! reset, load K        from the initial state, from a stored one
//! reload               reads the state, forgets it and continues from what was read
//! ```
//!
//! A wrong copy of golden is run so beside the record of a machine (`sim/src/golden_mutants`).

use std::error::Error;
use std::io::{stdout, BufWriter, Stdout, Write};

use statestream_golden::{Heads, Item, Model, Session, State, Trace};
use statestream_image::layout::Image;

type Done<T = ()> = Result<T, Box<dyn Error>>;

/// A text in progress and what it has said.
struct Replay {
    session: Session,
    trace: Trace,
    group: usize,
    /// Flushed when it is dropped: a wrong golden may panic.
    said: BufWriter<Stdout>,
}

fn main() -> Done {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [image, script] = &arguments[..] else { return Err("give two files: replay IMAGE SCRIPT".into()) };
    let model = Model::new(&Image::parse(&std::fs::read(image)?)?)?;
    let (session, trace) = (Session::new(&model), Trace::new());
    let mut replay = Replay { session, trace, group: 1, said: BufWriter::new(stdout()) };
    std::fs::read_to_string(script)?.lines().try_for_each(|line| replay.act(line))?;
    Ok(replay.said.flush()?)
}

impl Replay {
    fn act(&mut self, line: &str) -> Done {
        let mut words = line.split_whitespace();
        let command = words.next().unwrap_or_default();
        let numbers = words.map(str::parse).collect::<Result<Vec<i64>, _>>()?;
        match (command, &numbers[..]) {
            ("group", [most]) => self.group = usize::try_from(*most)?,
            ("sample", [t, seed]) => self.session.set_sampling((*t).try_into()?, (*seed).try_into()?),
            ("feed", [logits, tokens @ ..]) => self.feed(*logits == 1, tokens)?,
            ("generate", [count]) => self.generate((*count).try_into()?)?,
            ("reset", []) => self.session.reset(),
            ("load", [index]) => self.session.load_stored((*index).try_into()?)?,
            ("reload", []) => self.reload()?,
            _ => return Err(format!("`{line}` is no line of a script; see the head of this file").into()),
        }
        self.say_all("state", self.session.state().words().to_vec())?;
        writeln!(self.said, "saturations {}", self.session.saturations())?;
        Ok(())
    }

    fn feed(&mut self, logits: bool, tokens: &[i64]) -> Done {
        let tokens = tokens.iter().map(|token| u16::try_from(*token)).collect::<Result<Vec<_>, _>>()?;
        let passes = tokens.chunks(self.group);
        let last = passes.len() - 1;
        let mut all = Vec::new();
        for (index, pass) in passes.enumerate() {
            let heads = match logits {
                true => Heads::All,
                false if index == last => Heads::Last,
                false => Heads::None,
            };
            let passed = self.session.pass(pass, heads, false, Some(&mut self.trace))?;
            self.say_pass(pass, passed.kept, passed.next)?;
            all.extend((0..pass.len()).map(|t| self.session.logits_of(t).to_vec()));
        }
        all.into_iter().filter(|_| logits).try_for_each(|logits| self.say_all("logits", logits))
    }

    fn generate(&mut self, count: usize) -> Done {
        let mut text: Vec<u16> = Vec::new();
        while text.len() < count {
            let most = self.group.min(count - text.len());
            let (pass, passed) = self.session.generate_some(most, Some(&mut self.trace))?;
            self.say_pass(&pass, passed.kept, passed.next)?;
            text.extend(&pass[..passed.kept]);
        }
        self.say_all("text", text)
    }

    fn reload(&mut self) -> Done {
        let words = self.session.state().words().to_vec();
        self.session.reset();
        self.session.load(&State::from_words(self.session.model(), &words, 0)?)?;
        Ok(())
    }

    /// A pass's words, token after token: the machine reports those of several tokens in another order.
    fn say_pass(&mut self, pass: &[u16], kept: usize, next: Option<u16>) -> Done {
        self.say_all("pass", pass.to_vec())?;
        let mut items = self.trace.items().to_vec();
        items.sort_by_key(|item| item.token);
        for Item { section, row, token, word } in items {
            writeln!(self.said, "word {section} {row} {token} {word}")?;
        }
        writeln!(self.said, "kept {kept} next {}", next.map_or("-".into(), |token| token.to_string()))?;
        Ok(())
    }

    fn say_all<T: ToString>(&mut self, what: &str, values: Vec<T>) -> Done {
        let values: Vec<String> = values.iter().map(T::to_string).collect();
        writeln!(self.said, "{what} {}", values.join(" "))?;
        Ok(())
    }
}
