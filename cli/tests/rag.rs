//! `rag`: documents to stored states, and answers that begin from them.

mod common;

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use common::{file, has_keys, json, name, refusal, statestream, SMALL};
use sha2::{Digest, Sha256};
use statestream_golden::{Model, State};
use statestream_image::layout::Image;
use statestream_image::testing::{random_image, small};
use statestream_image::vocab::Vocab;

const DOCUMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/documents");

/// shakespeare_s in W4, without chunks.
fn bare() -> &'static str {
    static IMAGE: OnceLock<String> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let image = name("rag-bare.img");
        json(&["pack", SMALL, "-o", &image, "--weights", "w4"]);
        image
    })
}

/// The same with the shipped documents.
fn library() -> &'static str {
    static IMAGE: OnceLock<String> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let image = name("rag-library.img");
        json(&["rag", "build", bare(), DOCUMENTS, "-o", &image, "--chunk", "128"]);
        image
    })
}

fn parsed(path: &str) -> Image {
    Image::parse(&fs::read(path).unwrap()).unwrap()
}

/// A document of this text.
fn document(label: &str, text: &str) -> String {
    let path = file(label);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn every_stored_state_is_the_one_its_chunk_leaves() {
    let (image, bare) = (parsed(library()), parsed(bare()));
    let model = Model::new(&bare).unwrap();
    let (vocab, chunks) = (Vocab::new(&bare.meta.vocab), &image.meta.chunks);
    assert!(chunks.len() > 20, "{}", chunks.len());
    assert_eq!((image.states.len(), image.header.model_id), (chunks.len() + 1, bare.header.model_id));
    for (chunk, words) in chunks.iter().zip(&image.states[1..]) {
        let tokens = vocab.encode(&chunk.text).unwrap();
        assert_eq!((chunk.tokens as usize, tokens.len() <= 128), (tokens.len(), true));
        assert_eq!(State::after(&model, &tokens).unwrap().words(), words);
    }
}

#[test]
fn inspect_names_the_chunks() {
    let (with, without) = (json(&["inspect", library()]), json(&["inspect", bare()]));
    let chunks = with["chunks"].as_array().unwrap();
    assert_eq!(chunks.len(), parsed(library()).meta.chunks.len());
    assert!(chunks[0]["source"].as_str().unwrap().ends_with("forge.txt"), "{}", chunks[0]);
    assert_eq!(without["chunks"], serde_json::json!([]));
}

#[test]
fn a_chunk_lies_where_it_says_in_its_document() {
    for chunk in &parsed(library()).meta.chunks {
        let characters: Vec<char> = fs::read_to_string(&chunk.source).unwrap().chars().collect();
        assert_eq!(characters[chunk.at], chunk.text.chars().next().unwrap(), "{}", chunk.source);
    }
}

#[test]
fn the_build_says_what_it_did_and_does_it_again_to_the_byte() {
    let again = name("rag-again.img");
    let report = json(&["rag", "build", bare(), DOCUMENTS, "-o", &again, "--chunk", "128"]);
    has_keys(&report, &["chunks", "state_bytes", "bytes", "tokens", "resumed", "dropped"]);
    assert_eq!(
        (&report["documents"], &report["resumed"], &report["dropped"]),
        (&6.into(), &0.into(), &0.into())
    );
    assert_eq!(fs::read(&again).unwrap(), fs::read(library()).unwrap());
    // An image that has chunks already gets these instead.
    let twice = name("rag-twice.img");
    json(&["rag", "build", &again, DOCUMENTS, "-o", &twice, "--chunk", "128"]);
    assert_eq!(fs::read(&again).unwrap(), fs::read(&twice).unwrap());
}

#[test]
fn a_build_that_was_stopped_goes_on_and_a_damaged_leaf_is_read_again() {
    let (output, image) = (file("rag-resumed.img"), parsed(library()));
    let model = Model::new(&parsed(bare())).unwrap();
    let folder = output.with_file_name(".cli-rag-resumed.img.chunks");
    fs::create_dir_all(&folder).unwrap();
    for (at, chunk) in image.meta.chunks.iter().take(3).enumerate() {
        let tokens = Vocab::new(&image.meta.vocab).encode(&chunk.text).unwrap();
        let mut blob = State::after(&model, &tokens).unwrap().to_blob();
        blob[40] ^= u8::from(at == 1);
        fs::write(folder.join(leaf(&model, &tokens)), blob).unwrap();
    }
    let path = output.display().to_string();
    let report = json(&["rag", "build", bare(), DOCUMENTS, "-o", &path, "--chunk", "128"]);
    assert_eq!(report["resumed"], 2);
    assert_eq!(fs::read(&output).unwrap(), fs::read(library()).unwrap());
    assert!(!folder.exists());
}

/// The name of a chunk's state in the folder: model id and tokens, hashed.
fn leaf(model: &Model, tokens: &[u16]) -> String {
    let bytes = tokens.iter().flat_map(|token| token.to_be_bytes());
    let all: Vec<u8> = model.id().to_be_bytes().into_iter().chain(bytes).collect();
    Sha256::digest(&all).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn an_answer_begins_from_the_chunk_and_is_the_same_from_rtl() {
    let question = ["rag", "query", library(), "the tide", "-n", "6", "--config", "up5k"];
    let golden = json(&question);
    let rtl = json(&[&question[..], &["--engine", "rtl"]].concat());
    for key in ["text", "chunk", "source", "score", "ttft_cycles", "ttft_cycles_unseeded"] {
        assert_eq!(golden[key], rtl[key], "{key}");
    }
    assert_eq!((&golden["ttft_tag"], &rtl["ttft_tag"]), (&"derived".into(), &"co-sim".into()));
    assert!(golden["source"].as_str().unwrap().ends_with("harbour.txt"), "{golden}");
    assert!(
        golden["ttft_cycles_unseeded"].as_u64() > golden["ttft_cycles"].as_u64().map(|clocks| 5 * clocks)
    );
    // The text is what a model writes that has read the chunk and the question.
    let image = parsed(library());
    let chunk = &image.meta.chunks[golden["chunk"].as_u64().unwrap() as usize].text;
    let whole = json(&["run", bare(), "--prompt", &format!("{chunk}the tide"), "-n", "6"]);
    assert_eq!(golden["text"], whole["text"]);
}

#[test]
fn likelihood_needs_no_word_in_common_and_is_the_same_from_rtl() {
    let question = ["rag", "query", library(), "xx", "-n", "2", "--by", "likelihood", "--candidates", "3"];
    let (golden, rtl) = (json(&question), json(&[&question[..], &["--engine", "rtl"]].concat()));
    assert_eq!((&golden["found"], &golden["text"]), (&rtl["found"], &rtl["text"]));
    assert_eq!(golden["found"].as_array().unwrap().len(), 3);
}

#[test]
fn recall_of_both_ways_is_measured() {
    let report = json(&["rag", "recall", library(), "--candidates", "4"]);
    has_keys(&report, &["questions", "recall_words", "recall_likelihood"]);
    // Every question is a part of its chunk, whole words of it mostly.
    assert!(report["recall_words"].as_f64().unwrap() > 0.9, "{report}");
    assert!((0.0..=1.0).contains(&report["recall_likelihood"].as_f64().unwrap()));
}

#[test]
fn what_cannot_be_spelt_is_counted() {
    let text = document("rag-digits.txt", "Room 101 is closed \u{2014} go to 7 or 8.\n");
    let image = name("rag-digits.img");
    let report = json(&["rag", "build", bare(), &text, "-o", &image]);
    assert_eq!((&report["dropped"], &report["dropped_characters"]), (&5.into(), &"0178".into()));
    assert_eq!(parsed(&image).meta.chunks[0].text, "Room  is closed - go to  or .\n");
}

/// Seeded is flat, unseeded is not, and both are the cycle model's to the clock.
#[test]
fn the_first_token_of_a_seeded_machine_does_not_wait_for_the_context() {
    let (image, picture) = (name("rag-random.img"), name("rag-ttft.svg"));
    fs::write(&image, random_image(9, &small()).to_bytes()).unwrap();
    let report = json(&[
        "rag",
        "ttft",
        &image,
        "--config",
        "tiny",
        "--contexts",
        "3,9,31",
        "--query",
        "4",
        "--svg",
        &picture,
    ]);
    let rows = report["rows"].as_array().unwrap();
    let clocks = |key: &str| -> Vec<u64> { rows.iter().map(|row| row[key].as_u64().unwrap()).collect() };
    let (seeded, unseeded) = (clocks("ttft_cycles"), clocks("ttft_cycles_unseeded"));
    assert!(seeded.iter().all(|clocks| *clocks == seeded[0]), "{seeded:?}");
    // A token of context costs the same at any place.
    assert_eq!((unseeded[1] - unseeded[0]) / 6, (unseeded[2] - unseeded[1]) / 22);
    for (row, pair) in rows.iter().zip(seeded.iter().zip(&unseeded)) {
        assert_eq!(row["predicted"], serde_json::json!([pair.0, pair.1]));
        assert_eq!(row["boards"].as_array().unwrap().len(), 4);
    }
    let svg = fs::read_to_string(&picture).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("tokens of context"), "{svg}");
}

/// A prompt of a real model is read for millions of clocks without a byte from the machine: no reason to give it up.
#[test]
fn a_long_context_of_a_shipped_model_is_read_to_its_end() {
    let report = json(&["rag", "ttft", bare(), "--config", "up5k", "--contexts", "32", "--query", "2"]);
    assert_eq!(report["rows"][0]["predicted"][1], report["rows"][0]["ttft_cycles_unseeded"]);
}

#[test]
fn each_wrong_input_has_its_sentence() {
    let empty = file("rag-empty");
    fs::create_dir_all(&empty).unwrap();
    let (empty, output) = (empty.display().to_string(), name("rag-refused.img"));
    // What a test before left.
    let _ = fs::remove_file(&output);
    let digits = document("rag-only-digits.txt", "1245");
    let bad = file("rag-bytes.txt");
    fs::write(&bad, [0xFF, 0xFE]).unwrap();
    let bad = bad.display().to_string();
    let cases: [(&[&str], &str); 8] = [
        (&["rag", "query", bare(), "the tide", "-n", "1"], "stores no chunk"),
        (&["rag", "query", library(), "7", "-n", "1"], "needs two"),
        (&["rag", "query", library(), "zzz", "-n", "1"], "no chunk has a word"),
        (&["rag", "build", bare(), &empty, "-o", &output], "no .txt or .md file"),
        (&["rag", "build", bare(), &digits, "-o", &output], "no text that the model's vocabulary"),
        (&["rag", "build", bare(), &bad, "-o", &output], "no UTF-8"),
        (&["rag", "build", bare(), "missing.txt", "-o", &output], "missing.txt"),
        (&["rag", "recall", library(), "--length", "5000"], "smaller --length"),
    ];
    for (args, what) in cases {
        let sentence = refusal(args);
        assert!(sentence.contains(what), "{sentence}");
    }
    assert!(!Path::new(&output).exists());
}

#[test]
fn more_chunks_than_a_flash_holds_are_refused_before_they_are_read() {
    let text = document("rag-long.txt", &"the sea and the land and ".repeat(200));
    let output = name("rag-too-many.img");
    let sentence = refusal(&["rag", "build", bare(), &text, "-o", &output, "--chunk", "1"]);
    assert!(sentence.contains("a flash address reaches 16777216"), "{sentence}");
    let output = statestream(&["rag", "build", bare(), &text, "-o", &output, "--chunk", "0"]);
    assert_eq!(output.status.code(), Some(2));
}
