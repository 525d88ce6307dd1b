//! Bad input: exit code 2 and one sentence with the value, the place and what to do.

mod common;

use common::{file, json, name, outcome, packed, refusal, statestream, text, CHECKPOINT, SMALL};
use std::fs;

#[test]
fn a_missing_file_is_named() {
    let all = [
        refusal(&["pack", "no-such.safetensors", "-o", &name("none.img")]),
        refusal(&["inspect", "no-such.img"]),
        refusal(&["run", "no-such.img", "--prompt", "A", "-n", "1"]),
        refusal(&["cosim", "no-such.img", "--prompt", "A", "-n", "1"]),
        refusal(&["eval", packed(), "--ckpt", CHECKPOINT, "--text", "no-such.txt"]),
        refusal(&["pack", CHECKPOINT, "-o", &name("none.img"), "--calib", "no-such.txt"]),
        refusal(&["run", packed(), "--prompt", "A", "-n", "1", "--load-state", "no-such.state"]),
    ];
    all.iter().for_each(|error| assert!(error.starts_with("no-such."), "{error}"));
    assert!(!file("none.img").exists());
}

#[test]
fn a_damaged_image_is_refused_with_its_record() {
    let mut bytes = fs::read(packed()).unwrap();
    bytes[100_000] ^= 4;
    let damaged = name("damaged.img");
    fs::write(&damaged, &bytes).unwrap();
    let error = refusal(&["inspect", &damaged]);
    assert!(error.contains("damaged.img: row ") && error.contains("CRC"), "{error}");
    fs::write(&damaged, &bytes[..1000]).unwrap();
    assert!(refusal(&["run", &damaged, "--prompt", "A", "-n", "1"]).contains("1000"));
}

#[test]
fn a_checkpoint_is_no_image_and_an_image_no_checkpoint() {
    assert!(refusal(&["inspect", SMALL]).contains("`SSTR`"));
    assert!(refusal(&["pack", packed(), "-o", &name("twice.img")]).contains("safetensors"));
}

#[test]
fn an_unknown_configuration_is_answered_with_the_known_ones() {
    for command in [
        vec!["verilog", "--config", "up6k", "-o", "unused"],
        vec!["cosim", packed(), "--config", "up6k", "--prompt", "A", "-n", "1"],
        vec!["run", packed(), "--config", "up6k", "--prompt", "A", "-n", "1"],
    ] {
        let error = refusal(&command);
        assert!(error.contains("`up6k`") && error.contains("`up5k`"), "{error}");
    }
}

#[test]
fn a_foreign_character_is_named_with_its_place() {
    let error = refusal(&["run", packed(), "--prompt", "A~", "-n", "1"]);
    assert!(error.contains("'~' at byte 1"), "{error}");
    let foreign = name("foreign.txt");
    fs::write(&foreign, "To be or not 2 be").unwrap();
    let error = refusal(&["eval", packed(), "--ckpt", CHECKPOINT, "--text", &foreign]);
    assert!(error.contains("foreign.txt: character '2' at byte 13"), "{error}");
}

#[test]
fn a_draft_table_that_cannot_be_is_refused_with_what_could_be() {
    let (text, image) = (name("draft-refused.txt"), name("none.img"));
    fs::write(&text, "To be, or not to be").unwrap();
    let pack = |more: &[&str]| refusal(&[&["pack", SMALL, "-o", &image], more].concat());
    let error = pack(&["--draft-text", &text, "--draft-bytes", "3000"]);
    assert!(error.contains("3000 bytes") && error.ends_with("give 2048 or 4096 bytes"), "{error}");
    let alone = statestream(&["pack", SMALL, "-o", &image, "--draft-bytes", "4096"]);
    assert_eq!(alone.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&alone.stderr).contains("--draft-text"));
    fs::write(&text, "To be ~").unwrap();
    let error = pack(&["--draft-text", &text]);
    assert!(error.contains("draft-refused.txt: character '~' at byte 6"), "{error}");
    fs::write(&text, "").unwrap();
    let error = pack(&["--draft-text", &text]);
    assert!(error.contains("draft-refused.txt: the draft text has no token"), "{error}");
    assert!(!file("none.img").exists());
}

#[test]
fn an_empty_prompt_is_refused_with_the_reason() {
    for verb in ["run", "cosim"] {
        assert!(refusal(&[verb, packed(), "--prompt", "", "-n", "1"]).contains("a pass needs a token"));
    }
}

#[test]
fn an_image_too_large_for_a_configuration_names_the_memory_and_where_it_fits() {
    for command in [vec!["cosim"], vec!["run", "--engine", "rtl"]] {
        let rest = [packed(), "--config", "tiny", "--prompt", "A", "-n", "1"];
        let error = refusal(&[command, rest.to_vec()].concat());
        assert!(error.contains("128 words of h") && error.contains("`up5k`"), "{error}");
    }
}

#[test]
fn a_board_needs_its_port_and_a_port_its_board() {
    for verb in [&["run", "--prompt", "A", "-n", "1"][..], &["chat"]] {
        let refused = |more: &[&str]| refusal(&[verb, &[packed()], more].concat());
        assert!(refused(&["--engine", "board"]).contains("--port, /dev/ttyUSB0"));
        assert!(refused(&["--port", "/dev/ttyUSB0"]).contains("add --engine board"));
        let error = refused(&["--engine", "board", "--port", "no-such-port"]);
        assert!(error.starts_with("no-such-port: cannot be opened") && error.contains("--port"), "{error}");
        assert!(refused(&["--board", "icebraker"]).contains("`icebreaker`"));
    }
}

#[test]
fn more_tokens_per_pass_than_there_is_room_for_are_refused() {
    let words = ["--prompt", "A", "-n", "1", "--tokens-per-pass"];
    let refused = |verb: &[&str], tokens| refusal(&[verb, &words[..], &[tokens]].concat());
    for tokens in ["0", "17"] {
        assert!(refused(&["run", packed()], tokens).contains("1 to 16 tokens share a pass"));
    }
    for verb in [&["cosim", packed()][..], &["run", packed(), "--engine", "rtl"]] {
        assert!(
            refused(verb, "2").contains("1 to 1 tokens share a pass (configuration `up5k` is built for 1)")
        );
    }
    assert!(refused(&["cosim", packed(), "--config", "up5k-t4"], "5").contains("1 to 4 tokens"));
}

#[test]
fn a_temperature_outside_the_logits_format_is_refused_with_the_range() {
    for temperature in ["-1", "1000", "1e-9", "NaN"] {
        let flag = format!("--temperature={temperature}");
        assert!(refusal(&["run", packed(), "--prompt", "A", "-n", "1", &flag]).contains("--temperature"));
    }
}

#[test]
fn a_bit_outside_the_image_cannot_be_flipped() {
    let error = refusal(&["cosim", packed(), "--prompt", "A", "-n", "1", "--corrupt", "99999999:0"]);
    assert!(error.contains("byte 99999999"), "{error}");
    let output = statestream(&["cosim", packed(), "--prompt", "A", "-n", "1", "--corrupt", "5:8"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("bits are 0 to 7"));
}

#[test]
fn a_state_of_another_model_or_damaged_is_refused() {
    let (other, state) = (name("refused-s.img"), name("refused.state"));
    json(&["pack", SMALL, "-o", &other]);
    json(&["run", &other, "--prompt", "A", "-n", "1", "--save-state", &state]);
    let load = ["run", packed(), "--prompt", "A", "-n", "1", "--load-state", &state];
    assert!(refusal(&load).contains("refused.state: state belongs to model"));
    fs::write(&state, "no state at all, but long enough").unwrap();
    assert!(refusal(&load).contains("refused.state: saved state starts with"));
}

#[test]
fn a_checkpoint_of_another_model_is_not_compared() {
    let hamlet = name("hamlet.txt");
    fs::write(&hamlet, "To be, or not to be").unwrap();
    let error = refusal(&["eval", packed(), "--ckpt", SMALL, "--text", &hamlet]);
    assert!(error.contains("was not packed from"), "{error}");
    for more in [["--from", "1"], ["--from", "nan"], ["--stream", "0"], ["--chars", "0"], ["--from", "0.97"]]
    {
        let eval = ["eval", packed(), "--ckpt", CHECKPOINT, "--text", &hamlet];
        refusal(&[eval.as_slice(), &more].concat());
    }
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let error = refusal(&["verilog", "--config", "tiny", "-o", packed()]);
    assert!(error.contains("cannot be written"), "{error}");
}

#[test]
fn with_json_a_refusal_is_one_object_as_well() {
    let (json, code) = outcome(&["inspect", "no-such.img"]);
    assert_eq!(code, 2);
    assert!(json["error"].as_str().unwrap().starts_with("no-such.img"));
}
