//! The quick vectors tell machines with one wrong cell from the sound one, and the proof that a mutant is none says so of no mutant that they kill.

use statestream_sim::mutants::{
    proved_equal, Batch, Depth, Fate, Mutation, Subject, Survivor, Yosys, SAMPLE, SUBJECTS,
};
use statestream_sim::vectors::{self, Bed, SCENES};

/// Of those that are killed, every so-manyth is tried to be proved equal.
const TRIED: usize = 7;

fn wide() -> (&'static Subject, Yosys, Vec<Mutation>) {
    let (subject, yosys) = (&SUBJECTS[0], Yosys::find().expect("scripts/setup.sh was run"));
    let all = subject.mutations(&yosys, 1).unwrap_or_else(|error| panic!("{error}"));
    (subject, yosys, all)
}

#[test]
fn the_list_has_a_thousand_mutants_and_some_of_every_module_that_has_cells() {
    let (subject, _, all) = wide();
    assert!(all.len() >= 1000, "{} mutants", all.len());
    let modules = subject.modules().unwrap_or_else(|error| panic!("{error}"));
    let without: Vec<_> =
        modules.iter().filter(|module| all.iter().all(|mutation| mutation.module != **module)).collect();
    // Wires and nothing else.
    assert_eq!(without, ["statestream_batch_unit", "statestream_several"], "modules without a mutant");
}

#[test]
fn the_sound_machine_plays_the_first_scenes_and_wrong_ones_do_not() {
    let (subject, yosys, all) = wide();
    let some: Vec<Mutation> = all.into_iter().step_by(SAMPLE).collect();
    let batch = Batch::new(subject, &yosys, some.clone()).unwrap_or_else(|error| panic!("{error}"));
    batch.sound(&yosys, Depth::Early).unwrap_or_else(|error| panic!("{error}"));
    let fates = (0..some.len())
        .map(|index| batch.judge(index, &yosys, Depth::Early).unwrap_or_else(|error| panic!("{error}")));
    let killed: Vec<usize> = fates
        .enumerate()
        .filter_map(|(index, fate)| matches!(fate, Fate::Killed(_)).then_some(index))
        .collect();
    assert!(2 * killed.len() > some.len(), "{killed:?} of {} are killed", some.len());
    let config = subject.config().unwrap_or_else(|error| panic!("{error}"));
    for index in killed.into_iter().step_by(TRIED) {
        let equal = proved_equal(&config, &some[index], &yosys).unwrap_or_else(|error| panic!("{error}"));
        assert!(!equal, "killed, and proved to be the sound machine: {}", some[index]);
    }
}

/// The same is said of it, to the word, and of one that nothing notices nothing.
#[test]
fn a_mutant_is_alone_what_it_is_among_others() {
    let (subject, yosys, all) = wide();
    let verdicts = Survivor::all().unwrap_or_else(|error| panic!("{error}"));
    let survives = |m: &&Mutation| verdicts.iter().any(|survivor| survivor.is(subject.name, m));
    let some: Vec<_> = all
        .iter()
        .take(1)
        .chain(all.iter().step_by(SAMPLE).nth(1))
        .chain(all.iter().find(survives))
        .collect();
    let batch = Batch::new(subject, &yosys, some.into_iter().cloned().collect());
    let batch = batch.unwrap_or_else(|error| panic!("{error}"));
    let first_scenes = |bed: &dyn Bed| vectors::play(&SCENES[..2], bed);
    let killed = batch.mutations().iter().enumerate().map(|(index, mutation)| {
        let among = batch.awake(index + 1).unwrap_or_else(|error| panic!("{error}"));
        let alone = batch.alone(index, &yosys).unwrap_or_else(|error| panic!("{error}"));
        let (among, alone) = (first_scenes(&among), first_scenes(&alone));
        assert_eq!(among, alone, "{mutation}");
        alone.is_err()
    });
    assert_eq!(killed.collect::<Vec<_>>(), [true, true, false]);
}

/// One bit of a selector that chooses among cases of which that bit tells none apart.
#[test]
fn a_mutant_that_is_the_sound_machine_is_proved_to_be() {
    let (subject, yosys, all) = wide();
    let config = subject.config().unwrap_or_else(|error| panic!("{error}"));
    let mut cases =
        all.iter().filter(|m| m.module() == "control" && m.cell.ends_with("_CMP0") && m.port == "A");
    let equal = cases.any(|m| proved_equal(&config, m, &yosys).unwrap_or_else(|error| panic!("{error}")));
    assert!(equal, "none of them is proved");
}

#[test]
fn the_file_of_verdicts_is_read() {
    for survivor in Survivor::all().unwrap_or_else(|error| panic!("{error}")) {
        assert!(!survivor.reason.is_empty() && !survivor.mutations.is_empty(), "{survivor:?}");
        assert!(SUBJECTS.iter().any(|subject| subject.name == survivor.machine), "{survivor:?}");
    }
}
