//! The rows of the table: what each is, in which unit, by which formula, and what came of it.

use super::constants::{Claim, Constants};
use super::expr::{number, Expr};
use super::formulas::{self as f, Formula, TYPICAL};
use super::shapes::Arch;
use super::{verdict, Case};

/// What a row is.
pub struct Spec {
    /// Its name in JSON and in `[claim.NAME]`.
    pub id: &'static str,
    /// Its name in the table.
    pub name: &'static str,
    /// The base unit of its figures.
    pub unit: &'static str,
    /// Has it a lowest and a highest figure, from the spread of the constants?
    pub spread: bool,
    /// Is the talk's figure one for its own context and query, so that it says nothing of others?
    pub of_its_work: bool,
    /// What is counted, and what is not.
    pub what: &'static str,
    formula: Formula,
}

impl Spec {
    /// A row whose figures hold for any work, and do not spread.
    const fn new(
        id: &'static str,
        name: &'static str,
        unit: &'static str,
        formula: Formula,
        what: &'static str,
    ) -> Spec {
        Spec { id, name, unit, spread: false, of_its_work: false, what, formula }
    }

    /// The same row with the spread of the constants.
    const fn spread(self) -> Spec {
        Spec { spread: true, ..self }
    }

    /// The same row, the talk's figure being one for its own work.
    const fn of_its_work(self) -> Spec {
        Spec { of_its_work: true, ..self }
    }
}

/// All rows, in the order of the table.
pub const ROWS: [Spec; 24] = [
    Spec::new(
        "parameters",
        "parameters",
        "parameters",
        f::parameters,
        "tables of tokens included, each once",
    ),
    Spec::new(
        "weight_bytes",
        "weights read per token",
        "B",
        f::weight_bytes,
        "every matrix and the head; no scales, no biases",
    ),
    Spec::new(
        "recurrent_state",
        "recurrent state",
        "B",
        f::recurrent_state,
        "both parts of every complex state",
    ),
    Spec::new("conv_history", "conv history", "B", f::conv_history, "the samples that the taps still need"),
    Spec::new("state", "whole state", "B", f::state, "all that a recurrent model remembers"),
    Spec::new("kv_cache", "KV cache", "B", f::kv_cache, "after context and query").of_its_work(),
    Spec::new("seed", "stored to skip the context", "B", f::seed, "the whole state, or the context's cache"),
    Spec::new("macs_per_token", "MACs per token", "MAC", f::macs_per_token, "of the query's last token"),
    Spec::new("mac_rate", "MACs per second", "MAC/s", f::mac_rate, "the same at the rate"),
    Spec::new(
        "macs",
        "context and query, in MACs",
        "MAC",
        f::macs,
        "every token through the whole model, head included",
    )
    .of_its_work(),
    Spec::new(
        "attention",
        "of them attention",
        "MAC",
        f::attention,
        "the part that grows with the square of the tokens",
    ),
    Spec::new("flops", "context and query, in FLOPs", "FLOP", f::flops, "the same, two FLOPs to a MAC")
        .of_its_work(),
    Spec::new(
        "macs_seeded",
        "query alone, in MACs",
        "MAC",
        f::macs_seeded,
        "the context's state or cache was loaded",
    ),
    Spec::new(
        "cache_written",
        "state or cache, written",
        "B",
        f::cache_written,
        "over context and query; a state stays on the chip",
    )
    .of_its_work(),
    Spec::new(
        "cache_read",
        "state or cache, read",
        "B",
        f::cache_read,
        "over context and query, a token its own entry too",
    )
    .of_its_work(),
    Spec::new("bandwidth_weights", "bandwidth, weights", "B/s", f::bandwidth_weights, "one token per pass"),
    Spec::new("bandwidth", "bandwidth, with the cache", "B/s", f::bandwidth, "at the end of the query"),
    Spec::new(
        "sram",
        "SRAM, nothing written outside",
        "B",
        f::sram,
        "what is remembered, and the vectors of one pass",
    ),
    Spec::new(
        "power",
        "power",
        "W",
        f::power,
        "products, weights, cache, DRAM's floor; no control, SRAM, leakage",
    )
    .spread(),
    Spec::new("energy", "energy per token", "J", f::energy_per_token, "the same over the rate").spread(),
    Spec::new(
        "bit_budget",
        "what a bit may cost",
        "pJ/bit",
        f::bit_budget,
        "for the talk's power, products and floor taken off",
    ),
    Spec::new(
        "first_token_whole",
        "first token, from nothing",
        "s",
        f::first_token_whole,
        "one token per pass",
    ),
    Spec::new(
        "first_token_seeded",
        "first token, context loaded",
        "s",
        f::first_token_seeded,
        "one token per pass",
    ),
    Spec::new(
        "tokens_per_pass",
        "query tokens in one pass",
        "tokens",
        f::tokens_per_pass,
        "needed for the talk's time to the first token",
    ),
];

/// The base unit of a row.
pub fn unit(id: &str) -> Option<&'static str> {
    ROWS.iter().find(|row| row.id == id).map(|row| row.unit)
}

/// All rows by name.
pub fn names() -> String {
    ROWS.map(|row| row.id).join(", ")
}

/// A figure of one side.
pub struct Figure {
    /// The typical one, in the row's unit.
    pub value: f64,
    /// Lowest and highest, where the constants spread.
    pub ends: Option<[f64; 2]>,
    /// How it came about, with its numbers.
    pub formula: String,
}

/// A row with its figures.
pub struct Row<'a> {
    /// What it is.
    pub spec: &'static Spec,
    /// What the talk says, if it speaks of one of the sides.
    pub claim: Option<&'a Claim>,
    /// The side that the claim is about.
    pub about: Option<usize>,
    /// Both sides' figures.
    pub figures: [Figure; 2],
    /// Does the claim's side lie in the claim's interval? Nothing where the claim is no figure.
    pub agrees: Option<bool>,
    /// In words.
    pub verdict: Option<String>,
}

/// All rows that the case's constants allow.
pub fn all<'a>(case: &'a Case) -> Vec<Row<'a>> {
    ROWS.iter().filter_map(|spec| row(spec, case)).collect()
}

fn row<'a>(spec: &'static Spec, case: &'a Case) -> Option<Row<'a>> {
    let [model, against] = &case.sides;
    let figures = [figure(spec, &model.arch, case)?, figure(spec, &against.arch, case)?];
    let claim = case.constants.claim(spec.id).filter(|claim| subject(claim, case).is_some());
    let about = claim.and_then(|claim| subject(claim, case));
    let mut row = Row { spec, claim, about, figures, agrees: None, verdict: None };
    row.agrees = if spec.of_its_work && !case.is_the_talks() { None } else { verdict::agrees(&row) };
    row.verdict = verdict::words(&row, case);
    Some(row)
}

/// The side that a claim is about: never a user's file.
fn subject(claim: &Claim, case: &Case) -> Option<usize> {
    case.sides.iter().position(|side| side.is_entry && claim.about.contains(&side.name))
}

fn figure(spec: &Spec, arch: &Arch, case: &Case) -> Option<Figure> {
    let at = |which| (spec.formula)(arch, case, which);
    let typical = at(TYPICAL)?;
    if !spec.spread {
        return Some(Figure { value: typical.value, ends: None, formula: typical.formula(spec.unit) });
    }
    let [low, high] = [at(0)?, at(2)?];
    let words = |name: &str, of: &Expr| format!("{name}: {}", of.formula(spec.unit));
    let formula = [words("low", &low), words("typical", &typical), words("high", &high)].join("; ");
    Some(Figure { value: typical.value, ends: Some([low.value, high.value]), formula })
}

/// The constants that a comparison used, for the list of sources: name, figures, unit.
pub fn constants(constants: &Constants) -> Vec<(String, &str, &str)> {
    let shown = |spread: [f64; 3], unit: &str| match spread[0] == spread[2] {
        true => format!("{} {unit}", number(spread[1])),
        false => format!("{} {unit}", spread.map(number).join(" / ")),
    };
    let all = constants.all();
    all.map(|(name, constant)| {
        (
            format!("{name}: {}", shown(constant.spread, constant.unit)),
            constant.kind.as_str(),
            constant.source.as_str(),
        )
    })
    .collect()
}
