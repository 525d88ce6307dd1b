//! Where the talk's figure and ours differ, and what reading would give the talk's. Every number in a sentence is computed here.

use super::constants::Range;
use super::expr::{number, si};
use super::rows::Row;
use super::shapes::{Family, SsmShape, TransformerShape};
use super::{Case, Side};

/// Does the figure of the claim's side lie in the claim's interval? Of a spread, all of it must.
pub fn agrees(row: &Row) -> Option<bool> {
    let [least, most] = row.claim?.range.as_ref()?.base();
    let ours = &row.figures[row.about?];
    let [low, high] = ours.ends.unwrap_or([ours.value; 2]);
    Some(least <= low && high <= most)
}

/// The verdict in words: how far apart, and why.
pub fn words(row: &Row, case: &Case) -> Option<String> {
    let about = row.about?;
    let parts = [distance(row, about), reading(row, about, case)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// `differs: 983 KB is 2.498 times 393.5 KB.`
fn distance(row: &Row, about: usize) -> Option<String> {
    let range = row.claim?.range.as_ref()?;
    let figure = &row.figures[about];
    let shown = |value| si(value, row.spec.unit);
    let ours = match figure.ends {
        None => shown(figure.value),
        Some([low, high]) => [low, figure.value, high].map(shown).join(" / "),
    };
    Some(match agrees(row)? {
        true => format!("agrees: {ours}."),
        false => format!("differs: {ours}, {}.", times(figure.value, range, row.spec.unit)),
    })
}

/// How far a value is from the end of the interval that it is beyond.
fn times(value: f64, range: &Range, unit: &str) -> String {
    let [least, most] = range.base();
    match value {
        value if value < least => format!("{} of the talk's {}", number(value / least), si(least, unit)),
        value if value > most && most > 0.0 => {
            format!("{} times the talk's {}", number(value / most), si(most, unit))
        }
        _ => "the typical figure within the talk's, the ends not".into(),
    }
}

/// What else is to be said of the row.
fn reading(row: &Row, about: usize, case: &Case) -> Option<String> {
    let side = &case.sides[about];
    let value = row.figures[about].value;
    match (row.spec.id, &side.arch.family) {
        ("parameters", Family::Ssm(ssm)) => dense(ssm, value, 1.0, "parameters"),
        ("recurrent_state", Family::Ssm(ssm)) => left_out(ssm, case),
        ("state", Family::Ssm(ssm)) => eight_bits(ssm, case),
        ("kv_cache", Family::Transformer(transformer)) => ungrouped(transformer, value, case),
        ("mac_rate", Family::Ssm(ssm)) => dense(ssm, value, case.rate(), "MAC/s"),
        ("macs", Family::Transformer(transformer)) => square(transformer, value, case),
        ("flops", _) => units(row, case),
        ("cache_written" | "cache_read", Family::Transformer(transformer)) => traffic(transformer, case),
        ("bandwidth_weights", _) => chips(value, case),
        ("sram", Family::Ssm(_)) => mebibyte(row, value),
        ("power", _) => budget(side, case),
        ("first_token_seeded", _) => passes(row, case),
        _ => None,
    }
}

fn dense(ssm: &SsmShape, value: f64, each: f64, unit: &str) -> Option<String> {
    let more = ssm.dense_readout();
    let (added, all) = (more.value * each, value + more.value * each);
    (!ssm.dense).then(|| {
        format!(
            "If the read-out C were a real matrix in every layer ({}), there were {} more, {} in all.",
            more.text(),
            si(added, unit),
            si(all, unit)
        )
    })
}

fn left_out(ssm: &SsmShape, case: &Case) -> Option<String> {
    let bits = case.constants.typical("state");
    let history = ssm.conv_history(bits).value;
    (ssm.taps > 0).then(|| {
        format!(
            "But it is not all: the conv history, {}, is left out; without it no text can be resumed exactly.",
            si(history, "B")
        )
    })
}

fn eight_bits(ssm: &SsmShape, case: &Case) -> Option<String> {
    let bits = case.constants.typical("state") / 2.0;
    let all = ssm.recurrent_state(bits).value + ssm.conv_history(bits).value;
    let recurrent = ssm.recurrent_state(2.0 * bits).value;
    let history = ssm.conv_history(2.0 * bits).value;
    Some(format!(
        "The talk's is the recurrence alone, {}; conv history adds {}. At {} bits all of it takes {}.",
        si(recurrent, "B"),
        si(history, "B"),
        number(bits),
        si(all, "B")
    ))
}

fn ungrouped(transformer: &TransformerShape, value: f64, case: &Case) -> Option<String> {
    let all = transformer.ungrouped().cache(case.tokens(), case.constants.typical("cache")).value;
    (all != value).then(|| {
        format!(
            "With keys and values for each of the {} heads it would be {}.",
            transformer.heads,
            si(all, "B")
        )
    })
}

fn square(transformer: &TransformerShape, value: f64, case: &Case) -> Option<String> {
    let attention = transformer.attention_macs(case.tokens()).value;
    Some(format!(
        "The part that grows with the square is attention: {}, {} % of all MACs at {} tokens.",
        si(attention, "MAC"),
        number((1000.0 * attention / value).round() / 10.0),
        number(case.tokens() as f64)
    ))
}

/// One table, two units.
fn units(row: &Row, case: &Case) -> Option<String> {
    let [model, against] = &case.sides;
    let [ours, theirs] = [0, 1].map(|side| row.figures[side].value);
    let mixed =
        matches!((&model.arch.family, &against.arch.family), (Family::Ssm(_), Family::Transformer(_)));
    (mixed && ours > 0.0).then(|| {
        format!(
            "In one unit {} takes {} times the operations of {}; its FLOPs over the other's MACs make that {}.",
            against.name,
            number(theirs / ours),
            model.name,
            number(2.0 * theirs / ours)
        )
    })
}

/// Which number of tokens gives the talk's cache traffic, if every head has its own keys and values.
fn traffic(grouped: &TransformerShape, case: &Case) -> Option<String> {
    let bits = case.constants.typical("cache");
    let (all, tokens) = (grouped.ungrouped(), case.constants.typical("reading"));
    let each = all.cache_per_token(bits);
    let counted = tokens as u64;
    let [written, read] = [all.cache(counted, bits).value, all.cache_read(counted, bits).value];
    let head = format!(
        "Without grouped heads a token leaves {} = {} B; {} tokens then write {} and read {}, close to the talk's figures, not equal.",
        each.text(),
        number(each.value),
        number(tokens),
        si(written, "B"),
        si(read, "B")
    );
    Some(format!(
        "{head} {} {}",
        tokens_for(case, each.value, Range::base, "decimal")?,
        tokens_for(case, each.value, Range::as_binary, "binary")?
    ))
}

/// `With decimal prefixes 1187 to 1193 tokens write 156 MB and 1201 to 1206 read 95 GB: no count does both.`
fn tokens_for(case: &Case, each: f64, ends: fn(&Range) -> [f64; 2], prefixes: &str) -> Option<String> {
    let range = |row: &str| Some(ends(case.constants.claim(row)?.range.as_ref()?));
    let written = range("cache_written")?.map(|bytes| bytes / each);
    // The largest n with n (n + 1) / 2 tokens read.
    let read = range("cache_read")?.map(|bytes| (0.25 + 2.0 * bytes / each).sqrt() - 0.5);
    let [written, read] = [written, read].map(|[low, high]| [low.ceil(), high.floor()]);
    let both = [written[0].max(read[0]), written[1].min(read[1])];
    let end = match both[0] <= both[1] {
        true => format!("{} to {} tokens do both", number(both[0]), number(both[1])),
        false => "no count does both".into(),
    };
    let [written, read] = [written, read].map(|[low, high]| format!("{} to {}", number(low), number(high)));
    Some(format!(
        "With {prefixes} prefixes {written} tokens write and {read} read what the talk says: {end}."
    ))
}

fn chips(value: f64, case: &Case) -> Option<String> {
    let chips = case.constants.get("flash_chip").map(|rate| number((value / (1e6 * rate)).ceil()));
    let [slow, _, fast] = case.constants.get("flash_chip");
    Some(format!(
        "That is {} serial flash chips of {} MB/s in lockstep, or {} of {} MB/s.",
        chips[0],
        number(slow),
        chips[2],
        number(fast)
    ))
}

/// Between a million bytes and 2^20.
fn mebibyte(row: &Row, value: f64) -> Option<String> {
    let [_, most] = row.claim?.range.as_ref()?.as_binary();
    let [_, decimal] = row.claim?.range.as_ref()?.base();
    (decimal < value && value <= most).then(|| {
        format!("With binary prefixes the bound is {} B, and {} B are below it.", number(most), number(value))
    })
}

fn budget(side: &Side, case: &Case) -> Option<String> {
    use super::formulas::{bit_budget, mac_power, TYPICAL};
    let allowed = bit_budget(&side.arch, case, TYPICAL)?.value;
    let memory = side.arch.weights_in.name();
    let taken = case.constants.get(memory).map(number).join(" / ");
    let fpga = case.constants.typical("mac_fpga") / case.constants.typical("mac").max(f64::MIN_POSITIVE);
    let products = mac_power(&side.arch, case, TYPICAL)?.value;
    Some(format!(
        "The weights decide it: a bit may cost {} pJ, and {memory} takes {taken}. Products take {}; on the FPGA of [constant.mac_fpga] it were {}.",
        number(allowed),
        si(products, "W"),
        si(products * fpga, "W")
    ))
}

/// What a time to the first token asks for.
fn passes(row: &Row, case: &Case) -> Option<String> {
    let [_, goal] = row.claim?.range.as_ref()?.base();
    let passes = (goal * case.rate()).floor();
    let end = match passes >= 1.0 {
        true => format!("so {} query tokens must share a pass", number((case.query as f64 / passes).ceil())),
        false => "so no query can be answered in that time".into(),
    };
    Some(format!(
        "A loaded state saves the context, not the query: {} passes fit into {}, {end}.",
        number(passes),
        si(goal, "s")
    ))
}
