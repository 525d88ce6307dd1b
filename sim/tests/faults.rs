//! The machine is treated badly: whatever happens at its pins, it writes golden's text or says that it cannot.

use std::collections::BTreeMap;
use std::fs;

use statestream_hdl::machine;
use statestream_image::config::{Config, FlashBus};
use statestream_image::rng::Rng;
use statestream_image::testing::{random_image, small};
use statestream_sim::faults::{
    scenarios, Case, Effect, Fault, Line, Outcome, Scenario, Tally, Trouble, Verdict, CLASSES,
};
use statestream_sim::host::Request;
use statestream_sim::mutation::Edit;
use statestream_sim::rtl::RtlOptions;
use statestream_sim::stimulus::{text, wired, Action, Bench};
use statestream_sim::verilator::Optimise;

fn tiny() -> Config {
    Config::named("tiny").expect("in configs.toml")
}

#[test]
fn a_machine_that_is_configured_anew_at_any_clock_finds_its_flash_and_writes_golden_text() {
    let (image, mut rng) = (random_image(71, &small()), Rng::new(71));
    for config in [tiny(), wired(&tiny(), FlashBus::Dual), wired(&tiny(), FlashBus::Dtr)] {
        let mut bench = Bench::rtl(&config, &image, &RtlOptions::default(), "restart").unwrap();
        let request = Request::Feed { tokens: vec![1, 2, 3], logits: false }.encode().unwrap();
        for _ in 0..8 {
            let clocks = rng.below(20_000) as u64;
            bench.engine.raw(&request, clocks);
            bench.restart(rng.bits() as u32).unwrap();
            assert!(bench.engine.passes().is_empty());
            bench.run(&text(&mut rng, image.header.vocab, 2, 2)).unwrap();
            bench.state().unwrap();
            bench.saturations().unwrap();
        }
    }
}

/// What comes of some cases of each class.
fn outcomes(numbers: std::ops::Range<usize>) -> Vec<(Case, Outcome)> {
    let all = scenarios(1).unwrap();
    let cases = numbers.map(|number| Case::new(1, number));
    cases.map(|case| (case, case.run(&all).unwrap())).collect()
}

fn tallies(outcomes: &[(Case, Outcome)]) -> BTreeMap<&'static str, Tally> {
    let mut all: BTreeMap<&str, Tally> = BTreeMap::new();
    outcomes.iter().for_each(|(case, outcome)| all.entry(case.class().name).or_default().add(outcome));
    all
}

#[test]
fn every_class_on_every_machine_ends_in_golden_text_or_in_an_error_and_the_next_request_works() {
    let outcomes = outcomes(0..5 * CLASSES.len());
    for (case, outcome) in &outcomes {
        assert!(!outcome.is_bad(), "{case:?}, {}: {outcome:?}", case.class().name);
    }
    let all = tallies(&outcomes);
    let codes = |class: &str| all[class].detected.keys().copied().collect::<Vec<_>>();
    assert_eq!(all["power-up"].recovered, 5);
    for class in ["answer-burst", "select-flip", "clock-flip", "flash-late", "flash-ones", "image-bit"] {
        assert!(codes(class).contains(&"CRC"), "{class}: {:?}", all[class]);
    }
    assert!(codes("flash-zeros").contains(&"CRC") && codes("clock-stuck").contains(&"MAGIC"));
    assert!(codes("rx-flip").contains(&"FRAME") && codes("rx-stuck").contains(&"silence"));
    assert!(codes("tx-flip").contains(&"bad frame") && codes("tx-stuck").contains(&"silence"));
    // RESET does not bring a flash back that was made to leave continuous reading.
    assert!(all["select-flip"].by_power_up > 0 && all["answer-burst"].by_power_up == 0);
}

#[test]
fn a_host_that_does_not_know_of_a_restart_is_told() {
    let all = scenarios(1).unwrap();
    let class = CLASSES.iter().position(|class| class.name == "reset-between").unwrap();
    let cases = (0..10).map(|case| Case::new(1, class + case * CLASSES.len()));
    for outcome in cases.map(|case| case.run(&all).unwrap()) {
        assert_eq!(
            (&outcome.verdict, outcome.is_bad()),
            (&Verdict::Detected("NOT_READY"), false),
            "{outcome:?}"
        );
    }
}

/// Its records have 16 bytes, and bit 4 of an address is on pin 0 of the last nibble but one: another whole record comes.
#[test]
fn an_address_that_is_wrong_by_a_bit_is_an_error_though_the_record_there_is_whole() {
    let mut shape = small();
    (shape.config.channels, shape.config.d_inner, shape.config.vocab_size) = (6, 3, 8);
    let script = vec![Action::Feed { tokens: vec![2], logits: true }];
    let image = random_image(72, &shape);
    let scenario = Scenario::new(&tiny(), &image, script, &RtlOptions::default()).unwrap();
    let outcome = |from: &u64| {
        let fault =
            Fault { line: Line::Command, pins: 1, effect: Effect::Flip, from: *from, until: from + 2 };
        scenario.judge(&Trouble { faults: vec![fault], ..Trouble::default() }, 1).unwrap()
    };
    let outcomes: Vec<Outcome> = scenario.marks().commands.iter().map(outcome).collect();
    assert!(!outcomes.iter().any(Outcome::is_bad), "{outcomes:?}");
    assert!(outcomes.iter().any(|outcome| outcome.verdict == Verdict::Detected("CRC")), "{outcomes:?}");
}

/// Are at least so many cases of a class, of `count`, wrong on a machine with this change?
fn wrong_with(edit: Edit, class: &str, least: usize, count: u64) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let text = edit.apply(&machine::verilog(&tiny()).unwrap()).unwrap();
    fs::write(folder.path().join("statestream.v"), text).unwrap();
    let options = RtlOptions {
        verilog: Some(folder.path().into()),
        optimise: Optimise::Quick,
        ..RtlOptions::default()
    };
    let scenario = Scenario::random(&tiny(), 1, &options).unwrap();
    let class = CLASSES.iter().find(|known| known.name == class).unwrap();
    let judge = |seed| scenario.judge(&class.draw(&scenario, seed), seed as u32).unwrap();
    let is_wrong = |outcome: &Outcome| matches!(outcome.verdict, Verdict::Wrong(_));
    (0..count).filter(|seed| is_wrong(&judge(*seed))).take(least).count() == least
}

#[test]
fn a_machine_that_ignores_the_crc_of_its_records_is_counted_wrong() {
    let edit = Edit::new("verdict", "if (~crc_ok) begin", "if (1'b0) begin");
    assert!(wrong_with(edit, "image-bit", 4, 16));
    assert!(wrong_with(edit, "answer-burst", 1, 16));
}

#[test]
fn a_machine_that_ignores_the_crc_of_requests_is_counted_wrong() {
    let edit = Edit::new("host_rules", "if (|crc) begin", "if (1'b0) begin");
    assert!(wrong_with(edit, "rx-flip", 1, 160));
}

#[test]
fn a_machine_that_does_not_tell_of_its_restart_is_counted_wrong() {
    let edit = Edit::new("host_rules", "(|boot_code | ~met)", "(|boot_code)");
    assert!(wrong_with(edit, "reset-between", 1, 16));
}
