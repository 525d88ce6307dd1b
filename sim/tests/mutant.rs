//! A machine with one wrong constant must be caught: lockstep is worth what it would notice.
//!
//! Each is a machine that the simulator's compiler builds anew, so one in [`ONE_IN`] is taken; `STATESTREAM_FULL=1` takes all. Cells that a program
//! changed, hundreds to a build, are the campaign `mutants`.

use std::fs;
use std::path::Path;

use statestream_hdl::machine;
use statestream_image::config::{Config, FlashBus};
use statestream_image::layout::Image;
use statestream_image::records::DRAFT_AT;
use statestream_image::testing::{random_draft, random_image, random_ternary, small};
use statestream_sim::engine::EngineError;
use statestream_sim::mismatch::Difference;
use statestream_sim::mutation::Edit;
use statestream_sim::rtl::RtlOptions;
use statestream_sim::stimulus::{variant, wired, Action, Bench, BenchError};
use statestream_sim::verilator::Optimise;

/// One wrong text in one module.
struct Mutant {
    name: &'static str,
    edit: Edit,
}

const fn mutant(name: &'static str, module: &'static str, from: &'static str, to: &'static str) -> Mutant {
    Mutant { name, edit: Edit::new(module, from, to) }
}

/// Wrong constants of the arithmetic.
const CONSTANTS: [Mutant; 10] = [
    mutant("no half is added before rounding", "round", "sum = (shifted$q + 1);", "sum = (shifted$q + 0);"),
    mutant("mantissas have 13 fraction bits", "epilogue", "round$s = 14;", "round$s = 13;"),
    mutant("poles have 14 fraction bits", "epilogue", "round$s = 15;", "round$s = 14;"),
    mutant("words are clamped at 32766", "round", "highest = 16'h7fff;", "highest = 16'h7ffe;"),
    mutant("the rsqrt table begins one word later", "index", "word$q[43:39]} | 64;", "word$q[43:39]} | 65;"),
    mutant("the Gumbel table begins one word later", "index", "at$d = 128 + ", "at$d = 129 + "),
    mutant("the SiLU table ends one word early", "index", "at$d = 32;", "at$d = 31;"),
    mutant("a word is normalised by 20 less k", "index", "norm_shift = 21 - ", "norm_shift = 20 - "),
    mutant("2^14 is 2^14 + 1", "epilogue", "y = 16384;", "y = 16385;"),
    mutant("the noise of a row starts elsewhere", "choose", "32'h9e3779b9", "32'h9e3779bb"),
];

/// Wrong ways to serve the tokens of a pass.
const PASSES: [Mutant; 8] = [
    mutant("a ring leaves a token out", "squares", "slots$0$d = slots$1$q;", "slots$0$d = slots$2$q;"),
    mutant("a ring forgets its last token", "bests", "slots$3$d = front;", "slots$2$d = front;"),
    mutant(
        "a token reads the state of the last but one",
        "epilogue",
        "= control$token - 1;",
        "= control$token - 2;",
    ),
    mutant(
        "a pass begins with the first token's state",
        "epilogue",
        "state_bank = bank_before;",
        "state_bank = 0;",
    ),
    mutant("a lane passes another lane's row on", "core", ".next_row(lanes$1$row)", ".next_row(lanes$2$row)"),
    mutant(
        "a token's vectors lie behind the last token's",
        "epilogue",
        "if (start | control$turn) begin",
        "if (start) begin",
    ),
    mutant(
        "all tokens of a prompt get logits",
        "core",
        "epilogue$first_token = batch$last;",
        "epilogue$first_token = 0;",
    ),
    mutant("a token's h goes to the first", "core", "residual$wbank = batch$slot;", "residual$wbank = 0;"),
];

/// Wrong ways to guess, and to keep guesses.
const GUESSES: [Mutant; 14] = [
    mutant(
        "a context is hashed newest first",
        "batch",
        "fill$q - {3'h0, back$q};",
        "fill$q + {3'h0, back$q} - 4;",
    ),
    mutant(
        "a context begins one token early",
        "batch",
        "base$q + fill$q - {3'h0, back$q}",
        "base$q + fill$q - {3'h0, back$q} - 1",
    ),
    mutant(
        "a reset does not forget the context",
        "batch",
        "waddr = base$q - {3'h0, back$q};",
        "waddr = base$q + {3'h0, back$q};",
    ),
    mutant("a guess is kept if it is above the choice", "batch", "(here == winner)", "(here >= winner)"),
    mutant(
        "a right guess behind a wrong one is kept",
        "batch",
        "(~wrong$q & (here == winner))",
        "(here == winner)",
    ),
    mutant("the choice after a pass is that after its first token", "batch", "turn = 1'b1;", "turn = 1'b0;"),
    mutant(
        "the state after a pass is that of all its tokens",
        "batch",
        "state_bank$d = count$q;",
        "state_bank$d = last;",
    ),
    mutant(
        "rejected tokens move the noise on",
        "batch",
        "wrong$d = ~right;",
        "wrong$d = ~right; kept_one = 1'b1;",
    ),
    mutant("noise is not taken back", "choose", "if (head | recall) begin", "if (head) begin"),
    mutant(
        "kept guesses are no context",
        "batch",
        "base$d = base$q + {1'h0, count$q} + 1;",
        "base$d = base$q + 1;",
    ),
    mutant(
        "kept guesses are told from the first token on",
        "batch",
        "taking$d = base$q + 1;",
        "taking$d = base$q;",
    ),
    mutant("the last guess kept is not told", "batch", "left$d = count$q;", "left$d = {1'b0, count$q[3:1]};"),
    mutant("the hash loses its last step", "sum", "left$d = 16;", "left$d = 1;"),
    mutant("the hash remembers the context before", "hash", "sum$times = 0;", "sum$times = sum$value;"),
];

/// Wrong ways to take eight bits in a clock, from two chips.
const DUAL: [Mutant; 8] = [
    mutant("the word after is the word itself", "pairs", "after = swapped ? even", "after = swapped ? odd"),
    mutant(
        "an even word behind an odd one is the one before",
        "pairs",
        "even_pair = pair +",
        "even_pair = pair + 0 *",
    ),
    mutant(
        "second weights are not added",
        "core",
        "row + second_lanes$0$row",
        "row + 0 * second_lanes$0$row",
    ),
    mutant("a byte is one weight", "sequencer", "weights_left$q - 2;", "weights_left$q - 1;"),
    mutant("a byte goes with one vector word", "sequencer", "weight_at$q + 2;", "weight_at$q + 1;"),
    mutant("wide weights are narrow as well", "unpack", "after$0 = 0;", "after$0 = narrow_after$0;"),
    mutant("a byte too many is under way", "fifo", "(oldest$q < 5)", "(oldest$q < 6)"),
    mutant(
        "the byte before an odd address comes first",
        "flash",
        "drop_one$0$d = odd$0$q;",
        "drop_one$0$d = 0;",
    ),
];

/// The same at double transfer rate.
const DOUBLE: [Mutant; 3] = [
    mutant("what is in the pads has no place", "fifo", "(oldest$q < 4)", "(oldest$q < 5)"),
    mutant("six dummy clocks", "flash", "limit = 6;", "limit = 5;"),
    mutant("what is in the pads is not discarded", "flash", "in_pads$0$q & ~strobe;", "in_pads$0$q;"),
];

/// Wrong ways to take ternary rows.
const TERNARY: [Mutant; 12] = [
    mutant("a digit keeps a bit too few", "trits", "rest$1 = tripled$0 & 255;", "rest$1 = tripled$0 & 127;"),
    mutant("minus one is zero", "trits", "pairs$2 = 3;", "pairs$2 = 0;"),
    mutant("a quad is five words", "trits", "at$d = quad + 1;", "at$d = quad + 2;"),
    mutant("the second fifth weight goes with the third word", "trits", "(fifth << 2)", "(fifth << 4)"),
    mutant(
        "only whole groups have fifth weights",
        "trits",
        "extra$d = last | &number$q;",
        "extra$d = &number$q;",
    ),
    mutant("only rows have fifth weights", "trits", "extra$d = last | &number$q;", "extra$d = last;"),
    mutant("a group goes on in the next row", "trits", "number$d = 0;", "number$d = number$q;"),
    mutant("a byte is four weights", "sequencer", "weights_left$q - 5;", "weights_left$q - 4;"),
    mutant("a W8 row of a ternary section is ternary", "sequencer", "& ternary$0 & ~wide;", "& ternary$0;"),
    mutant(
        "a row's last weights begin the next row",
        "core",
        "ternary_lanes$0$first = sequencer$weight_first & sequencer$weight_valid;",
        "ternary_lanes$0$first = sequencer$weight_first;",
    ),
    mutant("the fourth complement lacks its one", "quad", "carry <= weights[7];", "carry <= 1'b0;"),
    mutant("every word is its quad's first", "quads", "chosen <= raddr[1:0];", "chosen <= 2'd0;"),
];

/// Of every list; the first of each is always taken.
const ONE_IN: usize = 8;

/// What is no token is taken for one.
const CLAMP: Mutant =
    mutant("any slot is a token", "batch", "if (value > vocab_less_1) begin", "if (value > 65534) begin");

/// A bit of the draft table's first slot that makes no token of it.
const NO_TOKEN: (usize, u8) = (DRAFT_AT, 6);
const REPLAY: &str = "statestream cosim small.img --verilog mutant";

fn tiny() -> Config {
    Config::named("tiny").expect("in configs.toml")
}

/// A machine of four tokens per pass.
fn wide() -> Config {
    variant(&tiny(), 4)
}

/// The same with ternary rows.
fn wide_ternary() -> Config {
    variant(&Config::named("tiny-ternary").expect("in configs.toml"), 4)
}

/// Those of a list that are built.
fn some(list: &[Mutant]) -> impl Iterator<Item = &Mutant> {
    list.iter().step_by(if std::env::var_os("STATESTREAM_FULL").is_some() { 1 } else { ONE_IN })
}

/// The machine's Verilog with the mutant's text.
fn mutated(config: &Config, mutant: &Mutant) -> String {
    let text = machine::verilog(config).expect("buildable");
    mutant.edit.apply(&text).unwrap_or_else(|error| panic!("{}: {error}", mutant.name))
}

/// The tiny machine's Verilog with one bit of the microcode's third word flipped.
fn miscoded() -> String {
    let text = machine::verilog(&tiny()).expect("buildable");
    let rom = text.find("module statestream_rom ").expect("the microcode");
    let line = rom + text[rom..].find("initial mem[2] = ").expect("the word");
    let last = line + text[line..].find(';').expect("its end") - 1;
    let digit = u8::from_str_radix(&text[last..=last], 16).expect("hexadecimal");
    format!("{}{:x}{}", &text[..last], digit ^ 1, &text[last + 1..])
}

fn image() -> Image {
    random_image(5, &small())
}

/// Of few tokens, so that guesses are often right, once in a while behind a wrong one; its text changes all the time.
fn guessed(slots: usize) -> Image {
    let mut shape = small();
    shape.config.vocab_size = 3;
    let mut image = random_image(25, &shape);
    random_draft(&mut image, 25, slots);
    image
}

/// The same with odd sizes, so that rows begin at odd vector words and end in the middle of a byte.
fn odd() -> Image {
    let mut shape = small();
    (shape.config.channels, shape.config.d_inner, shape.config.vocab_size) = (7, 5, 3);
    let mut image = random_image(26, &shape);
    random_draft(&mut image, 26, 64);
    image
}

/// Ternary rows of 29 and 25 elements, and W8: a whole group of bytes, and a ragged one that has a fifth weight.
fn ternary() -> Image {
    let mut shape = small();
    (shape.config.channels, shape.config.d_inner, shape.config.vocab_size) = (29, 25, 3);
    let mut image = random_ternary(26, &shape);
    random_draft(&mut image, 26, 64);
    image
}

fn sample(temperature: i16) -> Action {
    Action::Sample { temperature, seed: 9 }
}

/// The machine in this folder, soon compiled: it will not live long.
fn options(folder: &Path) -> RtlOptions {
    RtlOptions { verilog: Some(folder.into()), optimise: Optimise::Quick, ..RtlOptions::default() }
}

/// A text of the machine in this folder, in lockstep.
fn run(folder: &Path) -> Result<(), BenchError> {
    let options = options(folder);
    let mut bench = Bench::rtl(&tiny(), &image(), &options, REPLAY)?;
    bench.act(&sample(12000))?;
    bench.act(&Action::Feed { tokens: vec![1, 2, 3], logits: false })?;
    bench.act(&Action::Generate(8))?;
    bench.saturations().map(drop)
}

/// Texts of the wide machine in this folder, in lockstep: passes of every length, with guesses, without, and after a reset. `corrupt`
/// is a bit of the image, in the draft table.
fn run_wide(folder: &Path, corrupt: Option<(usize, u8)>) -> Result<(), BenchError> {
    let options = RtlOptions { corrupt, ..options(folder) };
    // Of two slots the damaged one is met.
    let image = guessed(if corrupt.is_some() { 2 } else { 64 });
    run_texts(&wide(), &image, &options)
}

fn run_texts(config: &Config, image: &Image, options: &RtlOptions) -> Result<(), BenchError> {
    let mut bench = Bench::rtl(config, image, options, REPLAY)?;
    if options.corrupt.is_some() {
        bench.lockstep.accept_any_guess();
    }
    for tokens in [vec![1, 2, 0, 1, 1, 2, 2], vec![2], vec![1], vec![2, 1, 0, 2, 2], vec![0]] {
        bench.act(&sample(12000))?;
        bench.act(&Action::Feed { tokens, logits: false })?;
        bench.act(&Action::Generate(25))?;
        bench.state()?;
        bench.act(&Action::Reset)?;
    }
    bench.saturations().map(drop)
}

/// What a run makes of this Verilog.
fn with_text<T>(verilog: &str, run: impl FnOnce(&Path) -> T) -> T {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("statestream.v"), verilog).expect("writable");
    run(folder.path())
}

fn run_text(verilog: &str) -> Result<(), BenchError> {
    with_text(verilog, run)
}

/// A machine of four tokens per pass with its flash wired otherwise, throttled at random.
fn run_eight(folder: &Path, config: &Config) -> Result<(), BenchError> {
    run_texts(config, &odd(), &RtlOptions { stalls: Some(4), ..options(folder) })
}

/// The mutants die on a machine of so wired a flash, which agrees without one.
fn killed_eight(bus: FlashBus, mutants: &[Mutant]) {
    let config = wired(&wide(), bus);
    let sound = machine::verilog(&config).expect("buildable");
    with_text(&sound, |folder| run_eight(folder, &config)).unwrap_or_else(|e| panic!("{e}"));
    for mutant in some(mutants) {
        dead(mutant.name, with_text(&mutated(&config, mutant), |folder| run_eight(folder, &config)));
    }
}

/// Texts of a ternary machine of four tokens per pass, throttled at random.
fn run_ternary(folder: &Path) -> Result<(), BenchError> {
    run_texts(&wide_ternary(), &ternary(), &RtlOptions { stalls: Some(4), ..options(folder) })
}

/// The wide mutant dies, of whatever it does wrong first.
fn killed_wide(mutant: &Mutant, corrupt: Option<(usize, u8)>) {
    dead(mutant.name, with_text(&mutated(&wide(), mutant), |folder| run_wide(folder, corrupt)));
}

fn dead(name: &str, outcome: Result<(), BenchError>) {
    match outcome {
        Err(BenchError::Mismatch(_) | BenchError::Answer { .. }) => {}
        // What is no token has no embedding either.
        Err(BenchError::Engine { error, .. }) if matches!(*error, EngineError::Device(_)) => {}
        other => panic!("{name}: {other:?}"),
    }
}

/// The mutant dies of a wrong word, and the message says all that is needed to look at it.
fn killed(name: &str, verilog: &str) {
    let Err(BenchError::Mismatch(mismatch)) = run_text(verilog) else { panic!("{name}: survived") };
    let text = mismatch.to_string();
    let Difference::Word { place, golden, engine } = &mismatch.difference else { panic!("{name}: {text}") };
    let kind = format!("{:?}", place.kind).to_lowercase();
    let parts = [
        format!("layer {}, section {} ({kind}), row {}", place.layer, place.section, place.row),
        format!("word `{}`, token {} (cycle ", place.word, mismatch.token),
        format!("golden {golden:#06x}, rtl {engine:#06x}; replay: {REPLAY}"),
    ];
    parts.iter().for_each(|part| assert!(text.contains(part), "{text}: no `{part}`"));
    assert!(golden != engine && mismatch.cycle.is_some_and(|cycle| cycle > 0), "{text}");
}

#[test]
fn the_same_folder_without_a_mutation_agrees() {
    run_text(&machine::verilog(&tiny()).expect("buildable")).unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn wrong_constants_are_caught_and_named() {
    some(&CONSTANTS).for_each(|mutant| killed(mutant.name, &mutated(&tiny(), mutant)));
}

#[test]
fn the_wide_machine_without_a_mutation_agrees() {
    let verilog = machine::verilog(&wide()).expect("buildable");
    with_text(&verilog, |folder| {
        run_wide(folder, None).unwrap_or_else(|e| panic!("{e}"));
        run_wide(folder, Some(NO_TOKEN)).unwrap_or_else(|e| panic!("{e}"));
    });
}

#[test]
fn wrong_ways_to_serve_the_tokens_of_a_pass_are_caught() {
    some(&PASSES).for_each(|mutant| killed_wide(mutant, None));
}

#[test]
fn wrong_ways_to_guess_and_to_keep_are_caught() {
    some(&GUESSES).for_each(|mutant| killed_wide(mutant, None));
    killed_wide(&CLAMP, Some(NO_TOKEN));
}

#[test]
fn wrong_ways_to_take_eight_bits_in_a_clock_are_caught() {
    killed_eight(FlashBus::Dual, &DUAL);
    killed_eight(FlashBus::Dtr, &DOUBLE);
}

#[test]
fn wrong_ways_to_take_ternary_rows_are_caught() {
    let sound = machine::verilog(&wide_ternary()).expect("buildable");
    with_text(&sound, run_ternary).unwrap_or_else(|e| panic!("{e}"));
    for mutant in some(&TERNARY) {
        dead(mutant.name, with_text(&mutated(&wide_ternary(), mutant), run_ternary));
    }
}

#[test]
fn a_wrong_bit_of_the_microcode_is_caught_and_named() {
    killed("one bit of the microcode", &miscoded());
}

#[test]
fn a_folder_without_verilog_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = run(folder.path()).expect_err("nothing there").to_string();
    assert!(error.contains("it holds no .v file"), "{error}");
}
