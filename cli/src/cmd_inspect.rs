//! `statestream inspect`: what an image holds, what is proved of it, and which configurations it fits.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{json, Value};
use statestream_image::bounds::{prove, BoundError, Proof};
use statestream_image::config::{Config, ConfigError};
use statestream_image::layout::{flag, Image, Row, Section};
use statestream_image::quantise::Width;
use statestream_image::records::{Record, Span};

use crate::files;
use crate::report::{grouped, table, Report};

/// Show what an image holds
///
/// Header, records of each section, formats, the draft table, the proof that no sum can overflow (exit 1 if it fails), the memory each
/// configuration would need, and which configurations the image fits.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  statestream inspect m.img")]
pub struct Args {
    /// Packed image
    image: PathBuf,
}

/// Records of one kind that follow one another.
struct Group {
    name: String,
    at: usize,
    records: usize,
    bytes: usize,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Report> {
    let file = files::read_image(&args.image)?;
    let configs = Config::all()?;
    let proof = prove(&file.image);
    let groups = groups(&file.image.records());
    let fits = |config: &&Config| config.admits(&file.image).is_ok();
    let fits: Vec<&str> = configs.iter().filter(fits).map(|config| config.name.as_str()).collect();
    let failure = proof.as_ref().err().map(|error| files::at(&args.image, error).to_string());
    let json = json!({
        "config": file.image.meta.config,
        "header": file.image.header,
        "weights": file.image.meta.weights,
        "params": file.image.meta.params,
        "provenance": file.image.meta.provenance,
        "tape_bytes": file.image.tape_bytes(),
        "state_bytes": 2 * file.image.header.state_words,
        "sha256": files::sha256(&file.bytes),
        "formats": formats(&file.image),
        "draft": draft(&file.image),
        "chunks": chunks(&file.image),
        "records": groups.iter().map(|group| group.json(&file.image)).collect::<Vec<_>>(),
        "bounds": bounds(&proof),
        "memory": configs.iter().map(|config| memory(config, &file.image)).collect::<Vec<_>>(),
        "fits": fits,
    });
    let human = human(&args.image, &file.image, &groups, &proof, &configs);
    Ok(Report { json, human, failure })
}

/// One group for each region and section, in file order.
fn groups(spans: &[Span]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for span in spans {
        let name = group_name(span.record);
        match groups.last_mut().filter(|last| last.name == name) {
            Some(last) => {
                last.records += 1;
                last.bytes += span.bytes;
            }
            None => groups.push(Group { name, at: span.at, records: 1, bytes: span.bytes }),
        }
    }
    groups
}

fn group_name(record: Record) -> String {
    match record {
        Record::Embedding(_) => "embedding".into(),
        Record::Section(k) | Record::Row(k, _) => format!("section {k}"),
        Record::State(_) => "states".into(),
        other => other.to_string(),
    }
}

impl Group {
    fn section<'a>(&self, image: &'a Image) -> Option<&'a Section> {
        image.sections.get(self.name.strip_prefix("section ")?.parse::<usize>().ok()?)
    }

    fn json(&self, image: &Image) -> Value {
        let Group { name, at, records, bytes } = self;
        let mut value = json!({ "name": name, "at": at, "records": records, "bytes": bytes });
        if let Some(section) = self.section(image) {
            value["section"] = json!(section);
            value["rows"] = json!(section.rows.len());
            value["weights"] = json!(widths(section));
        }
        value
    }

    fn describe(&self, image: &Image) -> String {
        let Group { at, records, bytes, .. } = self;
        let place = format!("at {at:#9x}, {:>9} bytes, {records:>5} records", grouped(*bytes as u64));
        match self.section(image) {
            Some(section) => format!("{place}  layer {:>2}  {}", section.layer, contents(section)),
            None => place,
        }
    }
}

/// Kind, rows and widths of a section.
fn contents(section: &Section) -> String {
    let kind = format!("{:?}", section.kind).to_lowercase();
    match widths(section) {
        Some(width) => format!("{kind:8} {:>4} rows of {} {width}", section.rows.len(), section.a.len),
        None => format!("{kind:8} {:>4} words", section.a.len),
    }
}

/// Widths of a section's weights, of rows a and b: `w8`, `w4`, `ternary`, `mixed`, or nothing without rows.
fn widths(section: &Section) -> Option<&'static str> {
    let requantisers = if section.has(flag::PAIR) { &[0, 3][..] } else { &[0] };
    let width = |row: &Row, i: usize| row.params.get(i).map(|q| section.width(*q));
    let found: HashSet<Width> =
        section.rows.iter().flat_map(|row| requantisers.iter().filter_map(move |i| width(row, *i))).collect();
    match found.len() {
        0 | 1 => found.iter().next().map(|width| width.name()),
        _ => Some("mixed"),
    }
}

fn formats(image: &Image) -> Value {
    let shifts = image.sections.iter().filter(|s| s.shifts != [0; 3]);
    let shifts: Vec<_> = shifts.map(|s| json!({ "layer": s.layer, "sc_sy_sz": s.shifts })).collect();
    json!({ "h_frac": image.header.h_frac, "logit_frac": image.header.logit_frac, "shifts": shifts })
}

fn draft(image: &Image) -> Value {
    let vocab = image.header.vocab;
    image.draft.as_ref().map_or(Value::Null, |draft| {
        json!({ "slots": draft.slots.len(), "multiplier": draft.multiplier, "bytes": draft.bytes(vocab) })
    })
}

fn draft_text(image: &Image) -> String {
    image.draft.as_ref().map_or("none".into(), |draft| {
        let (slots, bytes) = (draft.slots.len() as u64, draft.bytes(image.header.vocab) as u64);
        format!("{} slots, {} bytes, multiplier {}", grouped(slots), grouped(bytes), draft.multiplier)
    })
}

fn bounds(proof: &Result<Proof, BoundError>) -> Value {
    match proof {
        Ok(proof) => {
            json!({ "proved": true, "accumulator": proof.accumulator, "factors": proof.factors, "rows": proof.rows })
        }
        Err(error) => json!({ "proved": false, "reason": error.to_string() }),
    }
}

fn memory(config: &Config, image: &Image) -> Value {
    let needs: Vec<_> = config.needs(&image.header).into_iter().collect();
    let needs: Vec<_> = needs
        .iter()
        .map(|(quantity, need, have)| json!({ "quantity": quantity, "need": need, "have": have }))
        .collect();
    json!({ "config": config.name, "fits": config.admits(image).is_ok(), "needs": needs })
}

fn human(
    path: &Path,
    image: &Image,
    groups: &[Group],
    proof: &Result<Proof, BoundError>,
    configs: &[Config],
) -> String {
    let records: Vec<_> = groups.iter().map(|group| (group.name.as_str(), group.describe(image))).collect();
    let fits: Vec<_> = configs.iter().map(|config| (config.name.as_str(), fit(config, image))).collect();
    [summary(path, image, proof), table(&records), table(&fits)].join("\n")
}

fn summary(path: &Path, image: &Image, proof: &Result<Proof, BoundError>) -> String {
    let header = &image.header;
    table(&[
        ("image", path.display().to_string()),
        ("model", format!("{:08x}, {}", header.model_id, image.meta.config)),
        ("provenance", image.meta.provenance.clone()),
        ("weights", format!("{}, {} parameters", image.meta.weights, grouped(image.meta.params as u64))),
        ("bytes", grouped(header.bytes as u64)),
        ("tape bytes per pass", grouped(image.tape_bytes() as u64)),
        ("state bytes", format!("{}, {} stored", grouped(2 * header.state_words as u64), header.states)),
        ("fraction bits", format!("h {}, logit {}", header.h_frac, header.logit_frac)),
        ("draft table", draft_text(image)),
        ("chunks", chunks_text(image)),
        ("bounds", proof_text(proof)),
    ])
}

/// Whose states are stored.
fn chunks(image: &Image) -> Vec<Value> {
    let chunks = image.meta.chunks.iter();
    chunks.map(|c| json!({ "source": c.source, "at": c.at, "tokens": c.tokens })).collect()
}

fn chunks_text(image: &Image) -> String {
    let sources: BTreeSet<&str> = image.meta.chunks.iter().map(|chunk| chunk.source.as_str()).collect();
    match sources.len() {
        0 => "none".into(),
        documents => format!("{} of {} document(s)", image.meta.chunks.len(), documents),
    }
}

fn proof_text(proof: &Result<Proof, BoundError>) -> String {
    match proof {
        Ok(p) => format!(
            "proved for {} rows: accumulators reach {} (< 2^30), factors {}",
            grouped(p.rows as u64),
            grouped(p.accumulator),
            p.factors
        ),
        Err(error) => format!("not proved: {error}"),
    }
}

fn fit(config: &Config, image: &Image) -> String {
    let verdict = match config.admits(image) {
        Ok(()) => "fits",
        Err(ConfigError::Ternary { .. }) => "no ternary rows",
        Err(_) => "too small",
    };
    let part = |(quantity, need, have): &(&str, usize, usize)| format!("{need} of {have} {quantity}");
    let needs: Vec<_> = config.needs(&image.header).iter().map(part).collect();
    format!("{verdict:15}  {}", needs.join(", "))
}
