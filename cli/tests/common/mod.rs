//! Calling the binary as a user does.
#![allow(dead_code, reason = "every test program uses a part of it")]

pub mod browser;
pub mod fake;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

/// The medium shipped model.
pub const CHECKPOINT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/shakespeare_m.safetensors");
/// The small shipped model.
pub const SMALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/shakespeare_s.safetensors");

/// Runs the binary.
pub fn statestream(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_statestream")).args(args).output().unwrap()
}

/// The JSON object that a command printed, and its exit code.
pub fn outcome(args: &[&str]) -> (Value, i32) {
    let output = statestream(&[args, &["--json"]].concat());
    let stderr = text(&output.stderr);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {stderr}"));
    assert!(json.is_object());
    (json, output.status.code().unwrap())
}

/// The JSON object of a command that succeeds.
pub fn json(args: &[&str]) -> Value {
    let (json, code) = outcome(args);
    assert_eq!(code, 0, "{json}");
    json
}

/// The one sentence with which a command refuses its input: on stderr, with exit code 2.
pub fn refusal(args: &[&str]) -> String {
    let output = statestream(args);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(output.stdout.is_empty());
    let sentence = stderr.strip_prefix("error: ").unwrap_or_else(|| panic!("{stderr}"));
    assert_eq!(sentence.lines().count(), 1, "{sentence}");
    assert!(sentence.contains("; "), "no next step in: {sentence}");
    sentence.trim_end().into()
}

/// A file of this test program's own; `name` is used once in all programs.
pub fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}"))
}

/// The same as text, for arguments.
pub fn name(name: &str) -> String {
    file(name).display().to_string()
}

/// shakespeare_m in W4, packed once in each test program.
pub fn packed() -> &'static str {
    static IMAGE: OnceLock<String> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let image = name(&format!("m4-{}.img", std::process::id()));
        json(&["pack", CHECKPOINT, "-o", &image, "--weights", "w4"]);
        image
    })
}

/// Asserts that an object has these keys.
pub fn has_keys(json: &Value, keys: &[&str]) {
    for key in keys {
        assert!(json.get(key).is_some(), "no `{key}` in {json}");
    }
}

/// Bytes as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
