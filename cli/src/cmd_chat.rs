//! `statestream chat`: a prompt is typed, tokens come as they are written, and so on.

use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;

use anyhow::{anyhow, Result};
use serde_json::{json, Value};
use statestream_golden::Model;
use statestream_image::vocab::Vocab;
use statestream_sim::engine::{Deaf, EngineError};
use statestream_sim::host::DeviceError;

use crate::args::{self, Sampling};
use crate::engines::{Choice, Machine};
use crate::files;
use crate::report::{self, Report};
use crate::text::Scribe;

/// Talk with a model
///
/// Each line is fed as it is typed, without the end of the line, and N tokens are written behind it, shown as they come. The state goes
/// on from line to line; an empty line lets the model go on writing, `/reset` forgets everything, and the end of input (Ctrl-D) ends the
/// talk. After Ctrl-C a board finishes the few tokens it was asked for, and the next command waits for that. With --json the
/// turns are one object at the end.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  statestream chat m.img\n  statestream chat m.img --engine board --board icebreaker --port /dev/ttyUSB1\n  echo \"ROMEO:\" | statestream chat m.img -n 80 --temperature 0.8 --json"
)]
pub struct Args {
    /// Packed image
    image: PathBuf,
    #[command(flatten)]
    choice: Choice,
    /// Tokens to write behind each line
    #[arg(short, value_name = "N", default_value_t = 200)]
    n: usize,
    /// At most this many tokens share one pass over the weights; 1 switches guesses off [default: what the configuration has]
    #[arg(long, value_name = "T", value_parser = args::number::<u16>)]
    tokens_per_pass: Option<u16>,
    #[command(flatten)]
    sampling: Sampling,
}

/// The command that forgets the state.
const RESET: &str = "/reset";

/// A talk under way.
struct Talk<'a> {
    machine: Machine,
    vocab: &'a [String],
    count: usize,
    show: bool,
    turns: Vec<Value>,
    tokens: usize,
}

/// Runs the command.
pub fn run(args: &Args, json: bool) -> Result<Report> {
    let file = files::read_image(&args.image)?;
    let chosen = args.choice.resolve()?;
    let group = args::tokens_per_pass(args.tokens_per_pass, chosen.most_tokens(), &chosen.config)?;
    let word = args.sampling.word(&file.image.header)?;
    let model = Model::new(&file.image).map_err(|error| files::at(&args.image, error))?;
    let mut machine = chosen.start(&args.image, &file, &model, args.sampling.seed)?;
    let engine = machine.engine();
    let ready = engine.sample(word, args.sampling.seed).and_then(|()| engine.group(group));
    ready.map_err(|error| anyhow!("{error}"))?;
    let vocab = &file.image.meta.vocab;
    let mut talk = Talk { machine, vocab, count: args.n, show: !json, turns: Vec::new(), tokens: 0 };
    talk.listen()?;
    let json = json!({ "turns": talk.turns, "tokens": talk.tokens });
    Ok(Report::done(json, String::new()))
}

impl Talk<'_> {
    fn listen(&mut self) -> Result<()> {
        self.invite("type a prompt; an empty line goes on, /reset forgets, Ctrl-D ends\n> ");
        for line in io::stdin().lock().lines() {
            let line = line.map_err(|error| anyhow!("stdin: {error}; the talk ends here, start it again"))?;
            self.turn(&line)?;
            self.invite("> ");
        }
        self.invite("\n");
        Ok(())
    }

    /// Only a person needs to be asked.
    fn invite(&self, words: &str) {
        if io::stdin().is_terminal() {
            eprint!("{words}");
        }
    }

    /// One line. What is wrong with the line itself does not end the talk.
    fn turn(&mut self, line: &str) -> Result<()> {
        if line == RESET {
            return self.machine.engine().reset().map_err(|error| anyhow!("{error}"));
        }
        match Vocab::new(self.vocab).encode(line) {
            Ok(prompt) => self.answer(line, &prompt),
            Err(error) => {
                eprintln!("this line was not fed: {error}");
                Ok(())
            }
        }
    }

    fn answer(&mut self, line: &str, prompt: &[u16]) -> Result<()> {
        let mut deaf = Deaf;
        let mut scribe = Scribe::new(self.vocab, self.show, &mut deaf);
        let written = scribe.answer(self.machine.engine(), prompt, self.count);
        let (text, tokens) = (scribe.written().text, scribe.written().tokens);
        if self.show {
            report::print("\n")?;
        }
        match written {
            Ok(()) => {
                self.tokens += tokens;
                self.turns.push(json!({ "prompt": line, "text": text }));
                Ok(())
            }
            Err(EngineError::Device(DeviceError::Token)) if prompt.is_empty() => {
                eprintln!("there is nothing to go on from yet; type at least one character");
                Ok(())
            }
            Err(error) => Err(anyhow!("{error}")),
        }
    }
}
