//! `statestream bench --models`: the table of models and formats.

mod common;

use std::fs;

use common::{file, has_keys, json, name, refusal, statestream, text};
use serde_json::Value;
use sha2::{Digest, Sha256};
use statestream_image::testing::{random_checkpoint, small};

/// A list with a model that was trained on the text, and one that was not; the list and the text.
fn list() -> (String, String) {
    let folder = file("models");
    fs::create_dir_all(&folder).unwrap();
    let mut model = random_checkpoint(4, &small());
    let letters: Vec<String> =
        model.vocab.iter().filter(|token| token.chars().count() == 1).cloned().collect();
    let words: String = (0..4000).map(|i| letters[i * i % letters.len()].as_str()).collect();
    let sha256: String = Sha256::digest(&words).iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(folder.join("other.safetensors"), model.to_safetensors().unwrap()).unwrap();
    model.provenance = format!("trained on text (sha256 {sha256})");
    fs::write(folder.join("own.safetensors"), model.to_safetensors().unwrap()).unwrap();
    let entries = ["own", "other"]
        .map(|name| format!("[[model]]\nname = \"{name}\"\nfloat = \"{name}.safetensors\"\n"));
    let (list, words_at) = (folder.join("models.toml"), folder.join("text.txt"));
    fs::write(&list, entries.concat()).unwrap();
    fs::write(&words_at, words).unwrap();
    (list.display().to_string(), words_at.display().to_string())
}

#[test]
fn every_format_of_a_model_is_measured() {
    let (list, words) = list();
    let (out, picture) = (name("models-out"), name("models.svg"));
    let told = json(&["bench", "--models", &list, "--text", &words, "--out", &out, "--svg", &picture]);
    assert_eq!(told["skipped"], serde_json::json!(["other"]));
    let rows = told["rows"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| &row["weights"]).collect::<Vec<_>>(), ["w8", "w4"]);
    for row in rows {
        has_keys(row, &["params", "float_nats_256", "nats_256", "nats_2048"]);
        let image = format!("{out}/models.own.{}.img", row["weights"].as_str().unwrap());
        assert_eq!(row["bytes"], fs::metadata(image).unwrap().len());
        let real = |key: &str| row[key].as_f64().unwrap();
        assert_eq!(real("nats_2048") - real("float_nats_2048"), real("delta_2048"));
        // Twice the bits in a clock: the wider bus is quicker at the same clock rate.
        let rate = |machine: &str| row["tokens_per_s"][machine].as_f64().unwrap();
        assert!(rate("ecp5-25-dual") > rate("ecp5-25") && rate("ecp5-25") > rate("up5k"));
    }
    let bytes = |row: &Value| row["tape_bytes"].as_u64().unwrap();
    assert!(bytes(&rows[0]) > bytes(&rows[1]));
    let svg = fs::read_to_string(picture).unwrap();
    assert!(svg.contains("nats per character") && svg.contains("w4"), "{svg}");
}

#[test]
fn what_was_skipped_is_said() {
    let (list, _) = list();
    let without = refusal(&["bench", "--models", &list]);
    assert!(
        without.contains("none of its models has its text here; give the texts with --text"),
        "{without}"
    );
    let twice = refusal(&["bench", "--text", "a", "--text", "b"]);
    assert!(twice.contains("--text is given 2 times") && twice.contains("give --models"), "{twice}");
    let bad = file("models-bad.toml");
    fs::write(&bad, "[[model]]\nname = \"x\"\nsize = 3\n").unwrap();
    let unknown = statestream(&["bench", "--models", &bad.display().to_string(), "--text", &list]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("unknown field `size`"), "{}", text(&unknown.stderr));
}
