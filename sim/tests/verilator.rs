//! The binding against the real simulator: every promise of `statestream_sim::verilator`, on modules small enough to read.

use std::path::Path;
use std::{fs, thread};

use statestream_sim::saif;
use statestream_sim::verilator::{
    lint, Build, Collector, Coverage, In, Kind, Model, Optimise, Out, Source, Trace, VerilatorError,
};

const COUNTER: &str = "
module counter (input wire clock, input wire reset, input wire [3:0] step, output reg [15:0] count,
                output wire [15:0] unset);
    reg [15:0] never;
    assign unset = never;
    always @(posedge clock) begin
        if (reset) count <= 0;
        else count <= count + {12'd0, step};
        never <= never;
    end
endmodule
";

const WIDE: &str = "
module wide (input wire [69:0] a, input wire [63:0] b, output wire [95:0] y, output wire [32:0] z);
    assign y = {26'd0, a} + 96'd1;
    assign z = b[32:0];
endmodule
";

fn counter() -> Build {
    Build::new("counter")
        .verilog("counter.v", COUNTER)
        .input("clock", 1)
        .input("reset", 1)
        .input("step", 4)
        .output("count", 16)
        .output("unset", 16)
        .optimise(Optimise::Quick)
}

struct Counter {
    model: Model,
    clock: In<u8>,
    reset: In<u8>,
    step: In<u8>,
    count: Out<u16>,
}

impl Counter {
    fn new(build: &Build, seed: u32) -> Counter {
        let model = build.load(seed).expect("the counter builds");
        let input = |name| model.input(name).expect("declared");
        let (clock, reset, step) = (input("clock"), input("reset"), input("step"));
        let count = model.output("count").expect("declared");
        let mut counter = Counter { model, clock, reset, step, count };
        counter.run(1, 0, 1);
        counter
    }

    fn run(&mut self, reset: u8, step: u8, clocks: usize) -> u16 {
        self.model.set(self.reset, reset);
        self.model.set(self.step, step);
        for clock in (0..clocks).flat_map(|_| [0, 1]) {
            self.model.set(self.clock, clock);
            self.model.eval();
        }
        self.model.get(self.count)
    }
}

#[test]
fn a_counter_counts() {
    let mut counter = Counter::new(&counter(), 1);
    assert_eq!(counter.run(0, 3, 10), 30);
    assert_eq!(counter.run(0, 1, 1), 31);
    assert!(!counter.model.status().expect("always there").failed);
}

#[test]
fn bits_above_a_ports_width_are_dropped() {
    assert_eq!(Counter::new(&counter(), 1).run(0, 0xf2, 1), 2);
}

#[test]
fn wide_ports_are_words_least_significant_first() {
    let build = Build::new("wide").verilog("wide.v", WIDE).optimise(Optimise::Quick);
    let build = build.input("a", 70).input("b", 64).output("y", 96).output("z", 33);
    let mut model = build.load(1).expect("builds");
    let (a, b) = (model.wide_input("a").expect("wide"), model.input::<u64>("b").expect("narrow"));
    let (y, z) = (model.wide_output("y").expect("wide"), model.output::<u64>("z").expect("narrow"));
    model.set_wide(a, &[u32::MAX, u32::MAX, u32::MAX]);
    model.set(b, u64::MAX);
    model.eval();
    assert_eq!(model.get_wide(y), [0, 0, 64]);
    assert_eq!(model.get(z), (1 << 33) - 1);
    model.set_wide(a, &[7]);
    model.eval();
    assert_eq!(model.get_wide(y), [8, 0, 0]);
}

#[test]
fn a_handle_of_the_wrong_type_or_direction_is_refused() {
    let model = counter().load(1).expect("builds");
    let wrong = model.output::<u32>("count").expect_err("16 bits").to_string();
    assert!(wrong.contains("16 bits") && wrong.contains("as u16, not as u32"), "{wrong}");
    let missing = model.input::<u16>("count").expect_err("an output").to_string();
    assert!(missing.contains("has no input `count`; it has clock, reset, step"), "{missing}");
    assert!(matches!(model.wide_output("count"), Err(VerilatorError::HandleWidth { .. })));
}

#[test]
#[should_panic(expected = "did not make it")]
fn a_handle_of_another_model_is_refused() {
    let (first, mut second) = (Counter::new(&counter(), 1), Counter::new(&counter(), 1));
    second.model.set(first.step, 1);
}

#[test]
fn a_port_declared_with_another_width_fails_to_build() {
    let build = Build::new("wide").verilog("wide.v", WIDE).input("b", 32).optimise(Optimise::Quick);
    let message = build.load(1).expect_err("b has 64 bits").to_string();
    assert!(
        message.contains("compilation of model `wide` failed") && message.contains("width of b"),
        "{message}"
    );
}

#[test]
fn bad_verilog_is_refused_with_the_whole_text_and_poisons_nothing() {
    let cache = tempfile::tempdir().expect("a folder");
    let bad = Build::new("counter").verilog("counter.v", "module counter; garbage").cache(cache.path());
    for _ in 0..2 {
        let error = bad.compile().expect_err("garbage");
        let text = error.to_string();
        assert!(matches!(error, VerilatorError::Refused { step: "translation", .. }), "{text}");
        assert!(text.contains("counter.v:1") && text.contains("syntax error"), "{text}");
    }
    assert_eq!(Counter::new(&counter().cache(cache.path()), 1).run(0, 1, 2), 2);
}

#[test]
fn what_a_killed_build_left_is_not_trusted() {
    let cache = tempfile::tempdir().expect("a folder");
    let build = counter().cache(cache.path());
    let model = build.compile().expect("builds");
    let folder = model.parent().expect("in a folder");
    fs::create_dir_all(folder.join("obj")).expect("made");
    fs::write(folder.join("obj/libVdut.a"), "rubbish").expect("written");
    fs::rename(&model, folder.join("model.so.unfinished")).expect("renamed");
    assert_eq!(Counter::new(&build, 1).run(0, 1, 2), 2);
}

#[test]
fn a_missing_tool_is_named_with_the_command_that_brings_it() {
    let message = counter().tool("/nowhere/verilator").compile().expect_err("missing").to_string();
    assert!(message.contains("/nowhere/verilator") && message.contains("scripts/setup.sh"), "{message}");
}

#[test]
fn parallel_builds_of_one_model_build_it_once() {
    let cache = tempfile::tempdir().expect("a folder");
    let build = counter().cache(cache.path());
    let stamps: Vec<_> = thread::scope(|scope| {
        let one = || modified(&build.compile().expect("builds"));
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(stamps.iter().all(|stamp| *stamp == stamps[0]), "{stamps:?}");
}

#[test]
fn a_model_is_built_once_per_content() {
    let cache = tempfile::tempdir().expect("a folder");
    let build = counter().cache(cache.path());
    let path = build.compile().expect("builds");
    let first = modified(&path);
    assert_eq!(build.compile().expect("is there"), path);
    assert_eq!(modified(&path), first);
    let other = counter().cache(cache.path()).verilog("more.v", "module unused; endmodule");
    assert_ne!(other.compile().expect("builds"), path);
}

fn modified(path: &Path) -> std::time::SystemTime {
    fs::metadata(path).and_then(|metadata| metadata.modified()).expect("exists")
}

#[test]
fn models_in_one_process_keep_their_own_state() {
    let double = COUNTER.replace("{12'd0, step}", "{11'd0, step, 1'b0}");
    let twice = Build::new("counter").verilog("counter.v", double).optimise(Optimise::Quick);
    let twice = twice.input("clock", 1).input("reset", 1).input("step", 4).output("count", 16);
    let mut models = [Counter::new(&counter(), 1), Counter::new(&twice, 1), Counter::new(&counter(), 1)];
    for _ in 0..5 {
        models[0].run(0, 1, 1);
        models[1].run(0, 1, 1);
    }
    let counts = models.each_mut().map(|model| model.model.get(model.count));
    assert_eq!(counts, [5, 10, 0]);
}

#[test]
fn a_model_moves_between_threads() {
    let mut counter = Counter::new(&counter(), 1);
    counter.run(0, 1, 3);
    let count = thread::spawn(move || counter.run(0, 1, 4)).join().expect("no panic");
    assert_eq!(count, 7);
}

#[test]
fn the_initial_state_is_drawn_from_the_seed() {
    let unset = |seed| {
        let counter = Counter::new(&counter(), seed);
        counter.model.get(counter.model.output::<u16>("unset").expect("declared"))
    };
    let values: Vec<u16> = (1..6).map(unset).collect();
    assert_eq!(values, (1..6).map(unset).collect::<Vec<_>>());
    assert!(values.iter().any(|value| *value != values[0]), "{values:?}");
}

#[test]
fn waves_are_written_in_both_formats() {
    for (trace, head) in [(Trace::Vcd, b"$version".as_slice()), (Trace::Fst, &[0])] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("waves");
        let mut counter = Counter::new(&counter().trace(trace), 1);
        counter.model.open_waves(&path).expect("opens");
        for time in 0..20 {
            counter.run(0, 1, 1);
            counter.model.dump_waves(time).expect("open");
        }
        counter.model.close_waves().expect("closes");
        let bytes = fs::read(&path).expect("written");
        assert!(bytes.starts_with(head) && bytes.len() > 200, "{trace:?}: {} bytes", bytes.len());
    }
}

#[test]
fn waves_that_cannot_be_written_are_an_error() {
    let mut plain = counter().load(1).expect("builds");
    let message = plain.open_waves(Path::new("waves.vcd")).expect_err("built without").to_string();
    assert!(message.contains("built without waves"), "{message}");
    let mut traced = counter().trace(Trace::Vcd).load(1).expect("builds");
    let message = traced.open_waves(Path::new("/nowhere/waves.vcd")).expect_err("no folder").to_string();
    assert!(message.contains("/nowhere/waves.vcd"), "{message}");
}

#[test]
fn coverage_tells_what_ran_from_what_did_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut counter = Counter::new(&counter().with_coverage(), 1);
    counter.run(0, 1, 3);
    let coverage = counter.model.coverage(&folder.path().join("coverage.dat")).expect("counted");
    let points: Vec<_> = coverage.points().collect();
    assert!(points.iter().all(|point| point.file == "counter.v"), "{points:?}");
    assert!(coverage.tally(Kind::Line).hit >= 2, "{coverage}");
    let toggles = coverage.tally(Kind::Toggle);
    assert!(toggles.hit > 0 && toggles.hit < toggles.total, "{coverage}");
    let missed = |name: &str| coverage.missed().any(|point| point.what.contains(name));
    assert!(missed("count[15]") && !missed("count[0]"), "{points:?}");
}

#[test]
fn what_a_collector_counted_is_the_sum_of_its_instances_and_names_the_same_points() {
    let folder = tempfile::tempdir().expect("a folder");
    let of_one = |cycles| {
        let mut counter = Counter::new(&counter().with_coverage(), 1);
        counter.run(0, 1, cycles);
        counter.model.coverage(&folder.path().join("one.dat")).expect("counted")
    };
    let mut expected = of_one(3);
    expected.merge(&of_one(300));
    let collector = Collector::default();
    for cycles in [3, 300] {
        Counter::new(&counter().collect(collector.clone()), 1).run(0, 1, cycles);
    }
    let texts = collector.texts(folder.path()).expect("written");
    assert_eq!(
        texts.iter().map(|text| Coverage::parse(text)).collect::<Result<Vec<_>, _>>().expect("points"),
        [expected]
    );
}

#[test]
fn a_failed_assertion_sets_the_status_and_the_process_lives() {
    let text = "module check (input wire clock, input wire good);
        always @(posedge clock) assert (good); endmodule";
    let build = Build::new("check").verilog("check.sv", text).argument("--assert");
    let mut model = build.input("clock", 1).input("good", 1).load(1).expect("builds");
    let (clock, good) = (model.input::<u8>("clock").expect("in"), model.input::<u8>("good").expect("in"));
    let failed: Vec<bool> = [1, 0]
        .into_iter()
        .map(|value| {
            model.set(good, value);
            for level in [0, 1] {
                model.set(clock, level);
                model.eval();
            }
            model.status().expect("always there").failed
        })
        .collect();
    assert_eq!(failed, [false, true]);
}

#[test]
fn the_replayed_loop_ends_where_the_loop_in_rust_ends() {
    let mut rust = Counter::new(&counter(), 1);
    let mut replayed = Counter::new(&counter(), 1);
    let steps = (0..100u8).flat_map(|step| [[0, 0, step & 15], [1, 0, step & 15]]);
    let stimulus: Vec<u8> = steps.flatten().collect();
    replayed.model.replay(&stimulus).expect("whole steps");
    (0..100u8).for_each(|step| {
        rust.run(0, step, 1);
    });
    assert_eq!(replayed.model.get(replayed.count), rust.model.get(rust.count));
    assert!(matches!(replayed.model.replay(&[0; 4]), Err(VerilatorError::Stimulus { step: 3, .. })));
}

#[test]
fn lint_passes_clean_text_and_quotes_the_tool_on_the_rest() {
    let clean =
        Source::text("wide.v", "module wide (input wire a, output wire b); assign b = a; endmodule\n");
    lint("wide", &[clean], "").expect("clean");
    let unused = Source::text("unused.v", "module unused (input wire a); endmodule\n");
    let message = lint("unused", std::slice::from_ref(&unused), "").expect_err("a is unused").to_string();
    assert!(message.contains("UNUSEDSIGNAL") && message.contains("unused.v:1"), "{message}");
    lint("unused", &[unused], "lint_off -rule UNUSEDSIGNAL -file \"*\" -match \"*'a'*\"").expect("waived");
}

#[test]
fn names_that_would_leave_their_folder_are_refused() {
    for name in ["../x.v", "/x.v", "", "a b.v", "-x.v"] {
        let error = Build::new("top").verilog(name, "").compile().expect_err(name);
        assert!(matches!(error, VerilatorError::Name { .. }), "{error}");
    }
    assert!(matches!(Build::new("a;b").compile(), Err(VerilatorError::Name { .. })));
}

#[test]
fn toggles_of_a_counter_equal_the_count_by_hand() {
    let mut counter = Counter::new(&counter().trace(Trace::Saif), 1);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("counter.saif");
    counter.model.set(counter.clock, 0);
    counter.model.eval();
    counter.model.open_waves(&path).expect("a file");
    counter.model.dump_waves(0).expect("open");
    for clock in 1..=16 {
        counter.model.set(counter.reset, 0);
        counter.model.set(counter.step, 1);
        for (half, level) in [(0, 1), (1, 0)] {
            counter.model.set(counter.clock, level);
            counter.model.eval();
            counter.model.dump_waves(2 * clock + half - 1).expect("open");
        }
    }
    counter.model.close_waves().expect("written");
    let activity = saif::Activity::read(&fs::read(&path).expect("written")[..]).expect("whole");
    let nets = |name: &str| {
        let found = activity.blocks.iter().filter(|(block, _)| block.ends_with("counter"));
        found.map(|(_, block)| block.nets[name].toggles).sum::<u64>()
    };
    // From 0 to 16 the bits of a counter change 16 + 8 + 4 + 2 + 1 times. Reset falls once, and
    // was high when the recording opened, which the writer counts as well.
    assert_eq!((nets("count"), nets("clock"), nets("reset")), (31, 32, 2));
}
