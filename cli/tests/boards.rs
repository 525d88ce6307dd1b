//! synth, build and program around tools that only pretend (scripts in place of them): what is judged, refused and written. The real tools
//! are tested in `fpga/tests`, and together with the machines with `STATESTREAM_FULL=1`.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::fake::{outcome, Fake};
use common::{has_keys, packed, statestream, text};
use serde_json::Value;
use statestream_golden::Model;
use statestream_image::config::Config;
use statestream_image::layout::Image;
use statestream_sim::engine::{Deaf, Engine, GoldenEngine};
use statestream_sim::rtl::{Rtl, RtlOptions};

#[test]
fn a_baseline_is_blessed_kept_and_defended() {
    let fake = Fake::new(1000, "25.5");
    let (json, code, stderr) = fake.synth(&["--bless"]);
    assert_eq!(code, 0, "{stderr}");
    has_keys(
        &json,
        &["luts", "ffs", "dsp", "bram", "spram", "lcs", "fmax_mhz", "target_mhz", "met", "seeds", "tools"],
    );
    assert_eq!((&json["luts"], &json["lcs"], &json["met"]), (&1000.into(), &1200.into(), &true.into()));
    assert_eq!(json["fmax_mhz"], serde_json::json!([25.5, 25.5, 25.5]));
    fake.cells(1020, 1);
    assert_eq!(fake.synth(&[]).1, 0);
    fake.cells(1021, 1);
    let (json, code, stderr) = fake.synth(&[]);
    assert_eq!(code, 1);
    assert!(stderr.contains("luts was 1000, is 1021") && stderr.contains("--bless"), "{stderr}");
    assert_eq!(json["baseline"]["luts"], 1000);
    assert_eq!(json["regressions"].as_array().unwrap().len(), 1);
}

#[test]
fn a_clock_that_is_missed_fails_with_both_values() {
    let fake = Fake::new(1000, "23.9");
    let (json, code, stderr) = fake.synth(&["--bless"]);
    assert_eq!((code, &json["met"]), (1, &false.into()));
    assert!(stderr.contains("23.90 MHz of 24.00") && stderr.contains("3 of 3 seeds"), "{stderr}");
}

#[test]
fn a_memory_that_became_logic_fails() {
    let fake = Fake::new(1000, "30");
    fake.cells(1000, 0);
    let (_, code, stderr) = fake.synth(&["--bless"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("0 SB_SPRAM256KA") && stderr.contains("expects 1"), "{stderr}");
}

#[test]
fn a_design_that_does_not_fit_fails_and_bad_pins_are_an_error() {
    let fake = Fake::new(1000, "30");
    fake.write("refusal", "Info: Device utilisation:\nInfo:  ICESTORM_LC:  5757/ 5280  109%\n\nERROR: no");
    let (json, code, stderr) = fake.synth(&["--bless"]);
    assert_eq!((code, &json["met"]), (1, &false.into()));
    assert!(stderr.contains("5757 ICESTORM_LC of 5280") && stderr.contains("477 too many"), "{stderr}");
    assert_eq!((&json["luts"], &json["lcs"]), (&1000.into(), &5757.into()));
    assert!(!fake.path("baseline.json").exists());
    fake.write("refusal", "ERROR: pin 99 is no pin\n");
    let (json, code, stderr) = fake.synth(&["--bless"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("pin 99 is no pin") && stderr.contains("seed-1.log"), "{stderr}");
    assert!(json["error"].as_str().unwrap().contains("nextpnr-ice40 failed"));
}

#[test]
fn a_missing_tool_is_named_with_what_to_do() {
    let fake = Fake::new(1000, "30");
    fs::remove_file(fake.path("nextpnr-ice40")).unwrap();
    let (_, code, stderr) = fake.synth(&["--bless"]);
    assert_eq!(code, 2);
    assert!(
        stderr.contains("nextpnr-ice40 is not installed") && stderr.contains("scripts/setup.sh"),
        "{stderr}"
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_statestream"));
    let output = command
        .env("PATH", fake.folder.path().join("none"))
        .args(["synth", "--board", "upduino", "--native"]);
    let output = output.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("yosys is not installed"), "{}", text(&output.stderr));
}

#[test]
fn an_unknown_board_and_a_foreign_configuration_are_refused() {
    let error = common::refusal(&["synth", "--board", "icecube"]);
    assert!(error.contains("`icecube`") && error.contains("`icebreaker`"), "{error}");
    let error =
        common::refusal(&["build", "--board", "ulx3s-85f", "--config", "up5k", packed(), "-o", "unused"]);
    assert!(error.contains("SPRAM") && error.contains("--config ecp5-85"), "{error}");
    // its machine would be joined to four of its eight lines
    let error = common::refusal(&["synth", "--board", "colorlight-i5", "--config", "ecp5-25-dual"]);
    assert!(error.contains("`ecp5-25-dual`") && error.contains("four lines"), "{error}");
    let error = common::refusal(&["program", "--board", "icebreaker", "no-such.bin"]);
    assert!(error.starts_with("no-such.bin"), "{error}");
}

/// `build` into this folder.
fn built(fake: &Fake, folder: &Path) -> Value {
    let folder = folder.display().to_string();
    let args = ["build", "--board", "icebreaker", "--seeds", "1", packed(), "-o", &folder];
    let (json, code, stderr) = outcome(fake.run(&args));
    assert_eq!(code, 0, "{stderr}");
    json
}

#[test]
fn a_flash_file_holds_bitstream_and_image_and_the_machine_boots_from_it() {
    let fake = Fake::new(1000, "30");
    let folder = fake.path("out");
    let json = built(&fake, &folder);
    has_keys(&json, &["flash_bytes", "image_offset", "tokens_per_s", "bitstream_sha256", "tag"]);
    let (flash, image) = (fs::read(folder.join("flash.bin")).unwrap(), fs::read(packed()).unwrap());
    assert_eq!(json["flash_bytes"], flash.len());
    assert!(
        flash[..1000].iter().all(|&byte| byte == b'Z')
            && flash[1000..1 << 20].iter().all(|&byte| byte == 0xFF)
    );
    assert!(flash[1 << 20..] == image);
    assert_eq!(boot(&flash), golden(&image));
}

/// What the simulated machine writes when its flash holds this, from address 0 on.
fn boot(flash: &[u8]) -> Vec<u16> {
    let options = RtlOptions { placed_at: Some(0), ..RtlOptions::default() };
    let mut rtl = Rtl::new(&Config::named("up5k").unwrap(), flash, &options).unwrap();
    rtl.feed(&[10], false, &mut Deaf).unwrap();
    let written = rtl.generate(2, &mut Deaf).unwrap();
    assert_eq!(rtl.flashes()[0].breach_count(), 0);
    written
}

fn golden(image: &[u8]) -> Vec<u16> {
    let image = Image::parse(image).unwrap();
    let model = Model::new(&image).unwrap();
    let mut golden = GoldenEngine::new(&model);
    golden.feed(&[10], false, &mut Deaf).unwrap();
    golden.generate(2, &mut Deaf).unwrap()
}

#[test]
fn two_builds_give_the_same_file() {
    let fake = Fake::new(1000, "30");
    let [first, second] = ["a", "b"].map(|name| built(&fake, &fake.path(name))["sha256"].clone());
    assert_eq!(first, second);
}

#[test]
fn the_programming_command_is_shown_and_its_absence_explained() {
    let fake = Fake::new(1000, "30");
    fake.write("flash.bin", "x");
    let file = fake.path("flash.bin").display().to_string();
    let output = statestream(&["program", "--board", "icebreaker", &file, "--dry-run"]);
    assert_eq!(text(&output.stdout), format!("iceprog {file}\n"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_statestream"));
    let output = command
        .env("PATH", fake.path("none"))
        .args(["program", "--board", "ulx3s-85f", &file])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("openFPGALoader is not installed"), "{}", text(&output.stderr));
}
