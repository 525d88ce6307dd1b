//! The energy of a token, on a small random model in the configuration `tiny`. Needs the simulator.

mod common;

use std::fs;
use std::sync::OnceLock;

use common::{has_keys, json, name, refusal, statestream, text};
use serde_json::Value;
use statestream_image::testing::{random_image, small};

const BUILT_IN: &str = include_str!("../energies.toml");

/// A random image on disk; its tokens are the characters from `!` to `+`.
fn image() -> &'static str {
    static IMAGE: OnceLock<String> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let path = name("energy.img");
        fs::write(&path, random_image(3, &small()).to_bytes()).unwrap();
        path
    })
}

fn energy<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["energy", image(), "--config", "tiny", "--prompt", "#+(", "-n", "2"], more].concat()
}

fn rows(json: &Value) -> &[Value] {
    json["rows"].as_array().unwrap()
}

#[test]
fn every_figure_has_its_kind_and_its_source() {
    let saif = name("energy.saif");
    let json_of = json(&energy(&["--saif", &saif]));
    has_keys(
        &json_of,
        &["rows", "mj_per_token", "flash_share", "static_share", "flash_pj_per_bit", "blocks"],
    );
    let tags = ["claim", "derived", "co-sim", "netlist", "board"];
    for row in rows(&json_of) {
        for tag in ["count_tag", "energy_tag", "mj_tag"] {
            assert!(tags.contains(&row[tag].as_str().unwrap()), "{tag}: {row}");
        }
        assert!(row["source"].as_str().unwrap().len() > 20, "{row}");
        assert!(row["count_per_token"].as_f64().unwrap() > 0.0, "{row}");
        let mj = ["low", "typical", "high"].map(|key| row["mj_per_token"][key].as_f64().unwrap());
        assert!(0.0 < mj[0] && mj.is_sorted(), "{row}");
    }
    let sum: f64 = rows(&json_of).iter().map(|row| row["mj_per_token"]["typical"].as_f64().unwrap()).sum();
    assert!((sum / json_of["mj_per_token"]["typical"].as_f64().unwrap() - 1.0).abs() < 1e-12);
    assert!(json_of["caveat"].as_str().unwrap().contains("nothing here was measured on a board"));
    let recorded = fs::read_to_string(&saif).unwrap();
    assert!(recorded.contains("SAIFILE"));
}

#[test]
fn the_recording_is_one_whole_pass() {
    let of = json(&energy(&[]));
    let run = json(&["cosim", image(), "--config", "tiny", "--prompt", "#+(", "-n", "2"]);
    assert_eq!(of["clocks_per_pass"], run["cycles_per_pass"]);
}

#[test]
fn twice_the_energy_of_an_event_doubles_its_row_and_no_other() {
    let (mine, plain) = (name("energies.toml"), json(&energy(&[])));
    let doubled = ["low = 2.5\ntypical = 5.0\nhigh = 10.0", "low = 5.0\ntypical = 10.0\nhigh = 20.0"];
    fs::write(&mine, BUILT_IN.replacen(doubled[0], doubled[1], 1)).unwrap();
    let twice = json(&energy(&["--energies", &mine]));
    for (one, two) in rows(&plain).iter().zip(rows(&twice)) {
        let factor = if one["event"] == "block_ram" { 2.0 } else { 1.0 };
        let typical = |row: &Value| row["mj_per_token"]["typical"].as_f64().unwrap();
        assert!((typical(two) / typical(one) - factor).abs() < 1e-12, "{one} {two}");
    }
}

#[test]
fn the_table_names_kinds_sources_and_the_caveat() {
    let shown = text(&statestream(&energy(&[])).stdout);
    for part in
        ["(co-sim)", "(claim)", "(derived)", "sources:", "Horowitz", "nothing here was measured on a board"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn what_cannot_be_used_is_refused_by_name() {
    let bad = name("bad-energies.toml");
    fs::write(&bad, BUILT_IN.replacen("high = 104.2", "high = 4.2", 1)).unwrap();
    assert!(refusal(&energy(&["--energies", &bad])).contains("[clock]"));
    assert!(refusal(&energy(&["--saif", "pass.vcd"])).contains(".saif"));
    assert!(refusal(&["energy", image(), "--prompt", "#", "-n", "0"]).contains("-n 0"));
}
