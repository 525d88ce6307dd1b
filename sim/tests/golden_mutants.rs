//! A machine's record tells golden with a wrong constant from golden as it is.

use std::path::Path;

use statestream_sim::golden_mutants::{scripts, GoldenMutantError, Mutant, Record, Workshop, MUTANTS};

#[test]
fn every_wrong_constant_has_a_name_and_one_place_in_the_sources() {
    for (at, mutant) in MUTANTS.iter().enumerate() {
        let file = format!("../golden/src/{}.rs", mutant.file);
        let source = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let wrong = mutant.apply(&source).unwrap();
        assert!(wrong != source && wrong.contains(mutant.to), "{}", mutant.name);
        assert!(MUTANTS[..at].iter().all(|other| other.name != mutant.name), "{} twice", mutant.name);
    }
}

#[test]
fn a_text_that_is_not_there_once_is_an_error_that_names_mutant_and_file() {
    let mutant = Mutant { name: "three", file: "act", from: "= 2;", to: "= 3;" };
    for (source, count) in [("x = 1;", 0), ("x = 2; y = 2;", 2)] {
        let error = mutant.apply(source).unwrap_err().to_string();
        let told = format!("mutant `three`: `= 2;` is {count} times in golden/src/act.rs");
        assert!(error.starts_with(&told), "{error}");
    }
}

#[test]
fn golden_as_it_is_says_what_the_machine_says_and_golden_with_a_wrong_constant_does_not(
) -> Result<(), GoldenMutantError> {
    let records = [Record::of(&scripts(1)?[0])?];
    let workshop = Workshop::open()?;
    workshop.sound(&records)?;
    let mutant = MUTANTS.iter().find(|mutant| mutant.name == "no half is added").unwrap();
    let difference = workshop.judge(mutant, &records)?.unwrap();
    let told = [&difference.machine, &difference.golden].map(|line| line.rsplit_once(' ').unwrap());
    assert_eq!(told[0].0, told[1].0, "the place of a word: {difference}");
    let [machine, golden] = told.map(|(_, word)| word.parse::<i32>().unwrap());
    assert_eq!(golden, machine - 1, "{difference}");

    let same = Mutant { to: mutant.from, ..*mutant };
    assert_eq!(workshop.judge(&same, &records)?, None, "golden as it is, once more");
    let refused = Mutant { name: "no Rust", to: "no Rust", ..*mutant };
    let error = workshop.judge(&refused, &records).unwrap_err().to_string();
    assert!(error.starts_with("golden with `no Rust` is not built") && error.contains("fixed.rs"), "{error}");
    Ok(())
}
