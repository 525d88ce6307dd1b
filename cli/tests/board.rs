//! `run` and `chat` with a board: behind a pseudo-terminal the simulated machine answers, byte for byte as a board would.

mod common;

use std::io::Write;
use std::os::fd::AsRawFd;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{fs, thread};

use common::{file, json, name, refusal, text};
use serde_json::Value;
use serial2::SerialPort;
use statestream_image::config::Config;
use statestream_image::layout::Image;
use statestream_image::testing::{random_image, small};
use statestream_sim::rtl::{Rtl, RtlOptions};

/// A machine of the configuration `tiny` at the far end of a pseudo-terminal.
struct Board {
    port: String,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    // The terminal is there as long as somebody has it open.
    _near: SerialPort,
}

impl Board {
    /// A board whose flash holds this image; it takes its time for each token.
    fn new(image: &Image, delay: Duration) -> Board {
        let (far, near) = SerialPort::pair().unwrap();
        let port = fs::read_link(format!("/proc/self/fd/{}", near.as_raw_fd())).unwrap();
        let mut machine =
            Rtl::new(&Config::named("tiny").unwrap(), &image.to_bytes(), &RtlOptions::default()).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = thread::spawn(move || serve(far, &mut machine, &stopped, delay));
        Board { port: port.display().to_string(), stop, thread: Some(thread), _near: near }
    }

    fn args<'a>(&'a self, verb: &'a str, image: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let engine = ["--engine", "board", "--config", "tiny", "--port", &self.port];
        [&[verb, image], &engine[..], more].concat()
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

/// Bytes in, clocks, bytes out.
fn serve(mut far: SerialPort, machine: &mut Rtl, stop: &AtomicBool, delay: Duration) {
    far.set_read_timeout(Duration::from_millis(1)).unwrap();
    let mut bytes = [0; 256];
    while !stop.load(Ordering::Relaxed) {
        let count = far.read(&mut bytes).unwrap_or(0);
        let answer = machine.raw(&bytes[..count], 20_000);
        if !answer.is_empty() {
            thread::sleep(delay);
            far.write_all(&answer).unwrap();
        }
    }
}

/// A random image on disk; its tokens are the characters from `!` to `+`.
fn image(seed: u64, label: &str) -> (String, Image) {
    let image = random_image(seed, &small());
    let path = name(label);
    fs::write(&path, image.to_bytes()).unwrap();
    (path, image)
}

fn chat(args: &[&str]) -> Child {
    let command = &mut Command::new(env!("CARGO_BIN_EXE_statestream"));
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What a talk of these lines gives.
fn talk(args: &[&str], lines: &str) -> (Value, String) {
    let mut child = chat(&[args, &["--json"]].concat());
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    (serde_json::from_slice(&output.stdout).unwrap(), text(&output.stderr))
}

#[test]
fn a_board_writes_goldens_text_and_state() {
    let (path, packed) = image(3, "board.img");
    let board = Board::new(&packed, Duration::ZERO);
    let (theirs, ours) = (name("board.state"), name("golden.state"));
    let prompt = ["--prompt", "#+(", "-n", "70"];
    let save = |state| [&prompt[..], &["--save-state", state]].concat();
    let written = json(&board.args("run", &path, &save(&theirs)));
    let golden = json(&[&["run", &path], &save(&ours)[..]].concat());
    for key in ["text", "next", "tokens", "passes"] {
        assert_eq!(written[key], golden[key], "{key}");
    }
    assert_eq!(fs::read(theirs).unwrap(), fs::read(ours).unwrap());
}

#[test]
fn a_talk_with_a_board_is_goldens_talk() {
    let (path, packed) = image(4, "talk.img");
    let board = Board::new(&packed, Duration::ZERO);
    let lines = "\n#+\n\n'~\n/reset\n#+\n(";
    let (theirs, told) = talk(&board.args("chat", &path, &["-n", "5"]), lines);
    let (ours, _) = talk(&["chat", &path, "-n", "5"], lines);
    assert_eq!(theirs, ours);
    assert!(told.contains("nothing to go on from") && told.contains("'~'"), "{told}");
    let turns = theirs["turns"].as_array().unwrap();
    let answers: Vec<&str> = turns.iter().map(|turn| turn["text"].as_str().unwrap()).collect();
    assert_eq!((answers.len(), &theirs["tokens"]), (4, &20.into()));
    // After a reset the same line has the same answer.
    assert_eq!(answers[0], answers[2]);
    assert_eq!(answers[0].chars().count(), 5);
}

#[test]
fn a_board_answers_from_its_chunks_as_golden_does() {
    let (path, _) = image(9, "bare.img");
    let (library, words) = (name("board-library.img"), file("board-words.txt"));
    fs::write(&words, "#+((' &&%# $$!!((\n".repeat(4)).unwrap();
    let words = words.display().to_string();
    json(&["rag", "build", &path, &words, "-o", &library, "--chunk", "20"]);
    let packed = Image::parse(&fs::read(&library).unwrap()).unwrap();
    let board = Board::new(&packed, Duration::ZERO);
    let engine = ["--engine", "board", "--config", "tiny", "--port", &board.port];
    let question = ["rag", "query", &library, "#+(", "-n", "9", "--by", "likelihood"];
    let theirs = json(&[&question[..], &engine].concat());
    let ours = json(&[&question[..], &["--config", "tiny"]].concat());
    assert_eq!(theirs, ours);
}

#[test]
fn an_interrupted_talk_leaves_a_board_that_answers() {
    let (path, packed) = image(5, "interrupted.img");
    let board = Board::new(&packed, Duration::from_millis(5));
    let mut child = chat(&board.args("chat", &path, &["-n", "60000"]));
    child.stdin.as_mut().unwrap().write_all(b"#+\n").unwrap();
    thread::sleep(Duration::from_millis(1500));
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success() && !child.wait().unwrap().success());
    let prompt = ["--prompt", "#+(", "-n", "3"];
    let after = json(&board.args("run", &path, &prompt));
    assert_eq!(after["text"], json(&[&["run", &path], &prompt[..]].concat())["text"]);
}

#[test]
fn a_board_with_another_model_is_refused() {
    let (_, packed) = image(6, "theirs.img");
    let (path, _) = image(7, "ours.img");
    let board = Board::new(&packed, Duration::ZERO);
    let error = refusal(&board.args("run", &path, &["--prompt", "#", "-n", "1"]));
    assert!(
        error.contains("the board's flash holds model") && error.contains("ours.img is model"),
        "{error}"
    );
}

#[test]
fn a_port_without_an_answer_is_given_up_in_seconds() {
    let (path, _) = image(8, "silent.img");
    let (_far, near) = SerialPort::pair().unwrap();
    let port = fs::read_link(format!("/proc/self/fd/{}", near.as_raw_fd())).unwrap().display().to_string();
    let start = Instant::now();
    let args =
        ["run", &path, "--engine", "board", "--config", "tiny", "--port", &port, "--prompt", "#", "-n", "1"];
    let error = refusal(&args);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert!(
        error.contains("no answer within 1 s at 3000000 bit/s") && error.contains("bitstream"),
        "{error}"
    );
}
