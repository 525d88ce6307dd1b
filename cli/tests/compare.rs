//! The talk's figures recomputed: every row against a calculation by hand, what a user may replace, and what is refused.

mod common;

use std::fs;
use std::path::Path;

use common::browser::shown;
use common::{file, has_keys, json, name, refusal, statestream, text, SMALL};
use serde_json::Value;
use statestream_image::checkpoint::Checkpoint;
use statestream_image::model::{Block, Ssm};
use statestream_image::testing::{random_checkpoint, small};

const BUILT_IN: &str = include_str!("../compare.toml");
const PAGE: &str = include_str!("../../docs/compare.md");
/// The evidence behind a figure.
const TAGS: [&str; 5] = ["claim", "derived", "co-sim", "netlist", "board"];

fn row<'a>(json: &'a Value, id: &str) -> &'a Value {
    let rows = json["rows"].as_array().unwrap();
    rows.iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("no row {id} in {json}"))
}

fn value(json: &Value, id: &str, side: &str) -> f64 {
    row(json, id)[side]["value"].as_f64().unwrap()
}

fn verdict<'a>(json: &'a Value, id: &str) -> &'a str {
    row(json, id)["verdict"].as_str().unwrap_or_default()
}

/// The built-in constants with one text replaced by another, as a file.
fn constants(file: &str, from: &str, to: &str) -> String {
    assert!(BUILT_IN.contains(from), "{from}");
    let path = name(file);
    fs::write(&path, BUILT_IN.replacen(from, to, 1)).unwrap();
    path
}

#[test]
fn every_row_has_a_formula_a_tag_and_a_source_for_what_the_talk_says() {
    let json = json(&["compare"]);
    has_keys(&json, &["rows", "model", "against", "context", "query", "constants", "caveat"]);
    assert_eq!(json["rows"].as_array().unwrap().len(), 24);
    for row in json["rows"].as_array().unwrap() {
        has_keys(row, &["name", "claim", "model", "against", "tag", "verdict", "source"]);
        assert!(TAGS.contains(&row["tag"].as_str().unwrap()), "{row}");
        for side in ["model", "against"] {
            has_keys(&row[side], &["value", "unit", "formula"]);
            let formula = row[side]["formula"].as_str().unwrap();
            assert!(
                formula.contains(" = ") && formula.ends_with(row[side]["unit"].as_str().unwrap()),
                "{row}"
            );
        }
        if row["claim"].is_string() {
            assert!(row["source"].as_str().unwrap().contains("[talk]"), "{row}");
            assert!(row["verdict"].as_str().unwrap().len() > 10, "{row}");
        }
    }
    let claims = json["rows"].as_array().unwrap().iter().filter(|row| row["claim"].is_string()).count();
    assert_eq!(claims, 13);
    assert!(json["constants"].as_array().unwrap().iter().all(|constant| constant["source"].is_string()));
}

/// Independent of the program: the shapes are written out here.
#[test]
fn every_figure_of_the_default_is_what_a_hand_computes() {
    let json = json(&["compare"]);
    let (ssm_layer, head) = (2048u64 * 8192 + 4096 * 2048, 32_000u64 * 2048);
    let ssm_params = 24 * (ssm_layer + 7 * 4096 + 4096 + 2048 + 8192 + 2048 + 4 * 4096) + 2 * head;
    let ssm_macs = 24 * (ssm_layer + 7 * 4096 + 4096 + 4 * 4096 + 4096) + head;
    let (layer, table) = (2u64 * 2048 * 2048 + 2 * 2048 * 512 + 3 * 2048 * 8192, 128_256u64 * 2048);
    let (kv, tokens) = (2u64 * 16 * 8 * 64 * 2, 1124u64);
    let attention = |n: u64| 2 * 16 * 2048 * n;
    let streamed = 16 * layer + table;
    let sums = |from: u64, to: u64| (from..=to).map(|n| streamed + attention(n)).sum::<u64>();
    let state = 24 * 4096 * (4 + 6);
    for (id, ours, theirs) in [
        ("parameters", ssm_params, 1_235_814_400),
        ("weight_bytes", (24 * ssm_layer + head) / 2, streamed / 2),
        ("recurrent_state", 393_216, 0),
        ("conv_history", 589_824, 0),
        ("state", 983_040, 0),
        ("kv_cache", 0, kv * tokens),
        ("seed", 983_040, kv * 1024),
        ("macs_per_token", ssm_macs, streamed + attention(tokens)),
        ("mac_rate", 20 * ssm_macs, 20 * (streamed + attention(tokens))),
        ("macs", tokens * ssm_macs, sums(1, tokens)),
        ("attention", 0, (1..=tokens).map(attention).sum()),
        ("flops", 2 * tokens * ssm_macs, 2 * sums(1, tokens)),
        ("macs_seeded", 100 * ssm_macs, sums(1025, tokens)),
        ("cache_written", tokens * 24 * 4096 * (4 + 2), kv * tokens),
        ("cache_read", tokens * state, (1..=tokens).map(|n| kv * n).sum()),
        ("bandwidth_weights", 10 * (24 * ssm_layer + head), 10 * streamed),
        ("bandwidth", 10 * (24 * ssm_layer + head), 10 * streamed + 20 * kv * (tokens + 1)),
        ("sram", state + 2 * (2 * 2048 + 3 * 4096), kv * tokens + 2 * (3 * 2048 + 2 * 512 + 2 * 8192)),
        ("tokens_per_pass", 50, 50),
    ] {
        assert_eq!(row(&json, id)["model"]["value"].as_u64(), Some(ours), "{id}");
        assert_eq!(row(&json, id)["against"]["value"].as_u64(), Some(theirs), "{id}");
    }
    let near = |id: &str, key: &str, side: &str, wanted: f64| {
        let ours = row(&json, id)[side][key].as_f64().unwrap();
        assert!((ours / wanted - 1.0).abs() < 1e-9, "{id} {key} {side}: {ours}, by hand {wanted}");
    };
    let [macs, bits] = [20.0 * ssm_macs as f64, 80.0 * (24 * ssm_layer + head) as f64];
    let [their_macs, their_bits] =
        [20.0 * (streamed + attention(tokens)) as f64, (80 * streamed + 160 * kv * (tokens + 1)) as f64];
    for (key, mac, flash, dram, floor) in [
        ("low", 0.1, 31.7, 3.9, 0.6e-3),
        ("value", 0.3, 95.2, 20.3, 16.2e-3),
        ("high", 1.5, 158.7, 40.6, 0.2),
    ] {
        let watts = (macs * mac + bits * flash) * 1e-12;
        let theirs = (their_macs * mac + their_bits * dram) * 1e-12 + floor;
        near("power", key, "model", watts);
        near("power", key, "against", theirs);
        near("energy", key, "model", watts / 20.0);
        near("energy", key, "against", theirs / 20.0);
    }
    near("bit_budget", "value", "model", (0.5 - 0.3e-12 * macs) / bits * 1e12);
    near("first_token_whole", "value", "model", 56.2);
    near("first_token_seeded", "value", "against", 5.0);
}

#[test]
fn the_verdicts_say_where_the_talk_s_figures_come_from() {
    let json = json(&["compare"]);
    let state = row(&json, "recurrent_state")["model"]["formula"].as_str();
    assert_eq!(state, Some("24 layers x 4096 states x 2 parts x 2 B = 393,216 B"));
    for (id, agrees, words) in [
        ("parameters", Some(false), "402.7 M more, 1.139 B in all"),
        ("recurrent_state", Some(true), "the conv history, 589.8 KB, is left out"),
        ("state", Some(false), "2.498 times"),
        ("kv_cache", Some(true), "147.3 MB"),
        ("mac_rate", Some(false), "21.47 GMAC/s in all"),
        ("mac_rate", Some(false), "one MAC for each parameter of the talk's 1B is 20 GMAC/s"),
        ("macs", None, "2.9 % of all MACs"),
        ("flops", None, "1.897 times"),
        ("cache_written", Some(false), "1200 tokens then write 157.3 MB and read 94.45 GB"),
        ("cache_written", Some(false), "1187 to 1194 tokens write and 1201 to 1206 read"),
        ("cache_written", Some(false), "no count does both"),
        ("cache_written", Some(false), "1244 to 1250 do both, 1248 tokens 156 MiB and 95.14 GiB"),
        ("bandwidth_weights", Some(true), "17 of 400 MB/s"),
        ("sram", Some(false), "1,015,808 B are below it"),
        ("power", Some(false), "may cost 9.26 pJ"),
        ("first_token_seeded", Some(false), "50 query tokens must share a pass"),
    ] {
        assert_eq!(row(&json, id)["agrees"].as_bool(), agrees, "{id}");
        assert!(verdict(&json, id).contains(words), "{id}: {}", verdict(&json, id));
    }
    // the two readings of the cache's traffic, by hand
    let (each, mib, gib) = (131_072u64, 1u64 << 20, 1u64 << 30);
    assert_eq!(each * 1200, 157_286_400);
    assert_eq!(each * 1200 * 1201 / 2, 94_450_483_200);
    assert_eq!(each * 1248, 156 * mib);
    assert!((each * 1248 * 1249 / 2).abs_diff(95 * gib) < gib / 2);
}

#[test]
fn other_work_is_computed_and_not_judged_by_the_talk_s_figures() {
    let json = json(&["compare", "--context", "0", "--query", "7"]);
    assert_eq!(value(&json, "kv_cache", "against"), 7.0 * 32_768.0);
    assert_eq!(row(&json, "kv_cache")["agrees"], Value::Null);
    assert!(verdict(&json, "kv_cache").contains("1024 tokens of context and 100 of query"));
    assert_eq!(row(&json, "recurrent_state")["agrees"], true);
    assert_eq!(value(&json, "macs", "against"), value(&json, "macs_seeded", "against"));
}

#[test]
fn a_checkpoint_of_the_user_s_is_a_side() {
    let json = json(&["compare", "--model", SMALL, "--against", SMALL]);
    for side in ["model", "against"] {
        assert_eq!(json[side]["name"], "shakespeare_s");
        assert_eq!(value(&json, "parameters", side), 243_648.0);
        assert_eq!(value(&json, "state", side), 2.0 * 4.0 * 192.0 * (2.0 + 3.0));
        assert_eq!(value(&json, "weight_bytes", side), (4.0 * 3.0 * 192.0 * 96.0 + 65.0 * 96.0) / 2.0);
    }
    assert!(json["rows"]
        .as_array()
        .unwrap()
        .iter()
        .all(|row| row["claim"].is_null() && row["verdict"].is_null()));
    // what the packer counts, too
    let image = name("compare-s.img");
    let packed = common::json(&["pack", SMALL, "-o", &image]);
    assert_eq!(value(&json, "state", "model"), packed["state_bytes"].as_f64().unwrap());
    assert_eq!(value(&json, "parameters", "model"), packed["params"].as_f64().unwrap());
}

/// Every kind of block: the formula's parameters are the tensors' elements.
#[test]
fn parameters_are_those_of_the_tensors_for_every_kind_of_model() {
    for (at, (block, ssm, taps)) in [
        (Block::Gated, Ssm::Dws, 4),
        (Block::Gated, Ssm::S5, 4),
        (Block::Gated, Ssm::S5, 0),
        (Block::Plain, Ssm::S5, 0),
    ]
    .into_iter()
    .enumerate()
    {
        let mut shape = small();
        (shape.config.block, shape.config.ssm, shape.config.conv_taps) = (block, ssm, taps);
        for (complex, tied, initial_state) in [(true, false, true), (false, true, false)] {
            (shape.complex, shape.tied, shape.initial_state) = (complex, tied, initial_state);
            let checkpoint: Checkpoint = random_checkpoint(5, &shape);
            let path = name(&format!("compare-{at}-{tied}.safetensors"));
            fs::write(&path, checkpoint.to_safetensors().unwrap()).unwrap();
            let json = json(&["compare", "--model", &path]);
            assert_eq!(value(&json, "parameters", "model"), checkpoint.params() as f64, "{shape:?}");
        }
    }
}

#[test]
fn a_replaced_constant_changes_its_rows_and_no_other() {
    let plain = json(&["compare"]);
    let mine = constants("compare-mine.toml", "low = 31.7\ntypical = 95.2", "low = 3.0\ntypical = 5.0");
    let changed = json(&["compare", "--constants", &mine]);
    for (one, two) in plain["rows"].as_array().unwrap().iter().zip(changed["rows"].as_array().unwrap()) {
        let of_flash = ["power", "energy"].contains(&one["id"].as_str().unwrap());
        assert_eq!(one["model"] != two["model"], of_flash, "{one} {two}");
        assert_eq!(one["against"], two["against"]);
    }
    let wide = constants("compare-wide.toml", "value = 16\nunit = \"bit\"", "value = 32\nunit = \"bit\"");
    assert_eq!(value(&json(&["compare", "--constants", &wide]), "recurrent_state", "model"), 786_432.0);
}

#[test]
fn an_architecture_may_be_added_and_a_claim_left_out() {
    let own = "[arch.mine]\nfamily = \"transformer\"\nvocab_size = 10\nnum_layers = 2\nhidden = 8\nheads = 2\nkv_heads = 1\n\
               head_dim = 4\nintermediate = 16\ntied = false\nweights_in = \"flash\"\nkind = \"derived\"\nsource = \"made up\"\n";
    let path = name("compare-own.toml");
    let (head, rest) = BUILT_IN.split_once("[claim.power]").unwrap();
    let rest = &rest[rest.find("\n[").unwrap()..];
    fs::write(&path, format!("{head}{rest}\n{own}")).unwrap();
    let json = json(&["compare", "--constants", &path, "--model", "mine", "--against", "tenns-1b"]);
    let layer = 2.0 * 64.0 + 2.0 * 32.0 + 3.0 * 128.0 + 16.0;
    assert_eq!(value(&json, "parameters", "model"), 2.0 * layer + 2.0 * 80.0 + 8.0);
    assert_eq!(row(&json, "power")["claim"], Value::Null);
    assert!(!json["rows"].as_array().unwrap().iter().any(|row| row["id"] == "bit_budget"));
    // a claim follows its architecture to the other column
    assert_eq!(row(&json, "recurrent_state")["claim_about"], "tenns-1b");
    assert_eq!(row(&json, "recurrent_state")["agrees"], true);
    assert_eq!(row(&json, "kv_cache")["claim"], Value::Null);
}

#[test]
fn the_largest_shapes_stay_numbers() {
    let most = BUILT_IN
        .replace("vocab_size = 128256", "vocab_size = 1048576")
        .replace("num_layers = 16", "num_layers = 4096")
        .replace("hidden = 2048", "hidden = 1048576")
        .replace("heads = 32", "heads = 1024")
        .replace("kv_heads = 8", "kv_heads = 1024")
        .replace("head_dim = 64", "head_dim = 1024")
        .replace("intermediate = 8192", "intermediate = 1048576");
    let path = name("compare-most.toml");
    fs::write(&path, most).unwrap();
    let json = json(&["compare", "--constants", &path, "--context", "16777216", "--query", "16777216"]);
    let cache = 2.0 * 4096.0 * 1048576.0 * 2.0 * 33_554_432.0;
    assert_eq!(value(&json, "kv_cache", "against"), cache);
    assert!(row(&json, "kv_cache")["against"]["formula"].as_str().unwrap().contains("e17 B"), "{json}");
}

#[test]
fn what_cannot_be_used_is_refused_by_name() {
    for (at, (from, to, words)) in [
        ("low = 0.1\n", "low = -0.1\n", "[constant.mac] low is -0.1, but must be a number from 0"),
        ("value = 1024", "value = -3", "[constant.context] value is -3"),
        ("source = \"[talk] 20 tokens", "origin = \"[talk] 20 tokens", "[constant.tokens_per_s] has origin"),
        (
            "source = \"[talk] 20 tokens",
            "source = \" \" # [talk] 20",
            "[constant.tokens_per_s] source is \" \"",
        ),
        (
            "channels = 2048",
            "channels = 99999999999",
            "channels is 99999999999, but must be a whole number from 1 to 1048576",
        ),
        ("family = \"ssm\"", "family = \"rnn\"", "family is \"rnn\", but must be ssm or transformer"),
        ("num_states = 1\n", "", "num_states is nothing"),
        ("kind = \"claim\"", "kind = \"co-sim\"", "kind is \"co-sim\", but must be claim or derived"),
        ("[constant.flash]", "[constant.\"a\\u001bb\"]", "is no constant"),
        ("[constant.context]", "[constant.context", "bad-"),
        ("[constant.context]\n", &format!("deep = {}\n[constant.context]\n", "[".repeat(100_000)), "bad-"),
        ("[reference.talk]", "reference = 3\n[other.talk]", "[other] is none of"),
    ]
    .into_iter()
    .enumerate()
    {
        let path = constants(&format!("bad-{at}.toml"), from, to);
        let error = refusal(&["compare", "--constants", &path]);
        assert!(error.contains(words), "{from} -> {to}: {error}");
        assert!(!error.contains('\u{1b}') && error.len() < 2000, "{error}");
    }
}

#[test]
fn files_and_numbers_that_make_no_sense_are_refused() {
    assert!(refusal(&["compare", "--model", "no-such.safetensors"]).contains("`llama-3.2-1b`, `tenns-1b`"));
    assert!(refusal(&["compare", "--against", "gpt"]).contains("\"gpt\" is no architecture"));
    assert!(refusal(&["compare", "--model", &name("")]).contains("no file"));
    assert!(refusal(&["compare", "--constants", "no-such.toml"]).starts_with("no-such.toml: "));
    assert!(refusal(&["compare", "--constants", env!("CARGO_TARGET_TMPDIR")]).contains("no regular file"));
    assert!(refusal(&["compare", "--context", "-1"]).contains("--context -1 is outside 0 to 16777216"));
    assert!(refusal(&["compare", "--query", "0"]).contains("--query 0 is outside 1 to"));
    assert!(refusal(&["compare", "--model", concat!(env!("CARGO_MANIFEST_DIR"), "/compare.toml")])
        .contains("safetensors"));
    let long = file("compare-long.toml");
    fs::write(&long, "#".repeat((1 << 20) + 1)).unwrap();
    assert!(refusal(&["compare", "--constants", &long.display().to_string()])
        .contains("longer than 1048576 bytes"));
    let nowhere = Path::new("no-such-folder").join("c.html").display().to_string();
    assert!(refusal(&["compare", "--html", &nowhere]).contains("cannot be written"));
}

#[test]
fn the_page_needs_nothing_beside_it_and_a_browser_shows_it() {
    let hostile = file("<script>alert('1')<&.safetensors");
    fs::copy(SMALL, &hostile).unwrap();
    let path = file("compare.html");
    let written = json(&["compare", "--html", &path.display().to_string()]);
    assert_eq!(written["html"], path.display().to_string());
    let page = fs::read_to_string(&path).unwrap();
    for words in [
        "<h1>tenns-1b against llama-3.2-1b</h1>",
        "393 KB",
        "24 layers x 4096 states x 2 parts x 2 B = 393,216 B",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let other = file("compare-hostile.html").display().to_string();
    json(&["compare", "--model", &hostile.display().to_string(), "--html", &other]);
    let other = fs::read_to_string(other).unwrap();
    assert!(other.contains("&lt;script&gt;alert("), "{other}");
    for page in [&page, &other] {
        for foreign in ["<script", "http:", "https:", "@import", "url(", "src=", "<&"] {
            assert!(!page.contains(foreign), "{foreign}");
        }
        assert_eq!(page.matches("<svg").count(), 5);
        assert!(page.matches(" = ").count() >= 48);
    }
    shown(&path, 5);
}

/// The table in the page is what the command prints.
#[test]
fn the_page_in_docs_has_the_printed_table() {
    let printed = text(&statestream(&["compare"]).stdout);
    let table: Vec<&str> = printed.lines().skip(2).take_while(|line| !line.is_empty()).collect();
    assert_eq!(table.len(), 25);
    let missing: Vec<&&str> =
        table.iter().filter(|line| !PAGE.lines().any(|shown| shown.trim() == line.trim())).collect();
    assert!(missing.is_empty(), "not in docs/compare.md:\n{missing:#?}\n{}", table.join("\n"));
    for words in ["sources:", "[talk]: ", "nothing here was measured", "from memory"] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
}
