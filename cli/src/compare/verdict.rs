//! Where the talk's figure and ours differ, and what reading would give the talk's. Every number in a sentence is computed here.

use super::constants::Range;
use super::expr::{number, si, spread};
use super::formulas::{bit_budget, mac_power, seed, TYPICAL};
use super::page::shown;
use super::rows::Row;
use super::shapes::{Family, SsmShape, TransformerShape};
use super::Case;

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
    if row.spec.of_its_work && !case.is_the_talks() {
        let [context, query] = ["context", "query"].map(|name| number(case.constants.typical(name)));
        return Some(format!(
            "not judged: the talk's is for {context} tokens of context and {query} of query."
        ));
    }
    let parts = [distance(row, about), reading(row, about, case)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// `differs: 983 KB, 2.498 times the most that the talk's words allow, 393.5 KB.`
fn distance(row: &Row, about: usize) -> Option<String> {
    let range = row.claim?.range.as_ref()?;
    let figure = &row.figures[about];
    let ours = shown(figure, row.spec.unit);
    Some(match agrees(row)? {
        true => format!("agrees: {ours}."),
        false => format!("differs: {ours}, {}.", times(figure.value, range, row.spec.unit)),
    })
}

/// How far a value is from the end of the interval that it is beyond.
fn times(value: f64, range: &Range, unit: &str) -> String {
    let [least, most] = range.base();
    match value {
        value if value < least => {
            format!("{} of the least that the talk's words allow, {}", number(value / least), si(least, unit))
        }
        value if value > most && most > 0.0 => {
            format!("{} times the most that the talk's words allow, {}", number(value / most), si(most, unit))
        }
        _ => "the typical figure within what the talk's words allow, not so all of them".into(),
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
        ("mac_rate", Family::Ssm(ssm)) => one_each(ssm, value, case),
        ("macs", Family::Transformer(transformer)) => square(transformer, value, case),
        ("flops", _) => units(row, case),
        ("cache_written", Family::Transformer(transformer)) => traffic(transformer, case),
        ("cache_read", Family::Transformer(transformer)) => Some(format!(
            "{} Which counts of tokens give both stands with what is written.",
            near(transformer, case)
        )),
        ("bandwidth_weights", _) => chips(value, case),
        ("sram", Family::Ssm(_)) => mebibyte(row, value),
        ("power", _) => budget(row, about, case),
        ("first_token_seeded", _) => passes(row, about, case),
        _ => None,
    }
}

fn dense(ssm: &SsmShape, value: f64, each: f64, unit: &str) -> Option<String> {
    let more = ssm.dense_readout();
    let (added, all) = (more.value * each, value + more.value * each);
    (!ssm.dense).then(|| {
        format!(
            "If the read-out C were a real matrix in every layer ({}), it would be {} more, {} in all.",
            more.text(),
            si(added, unit),
            si(all, unit)
        )
    })
}

/// MACs if the model had as many parameters as its name says, or a dense read-out.
fn one_each(ssm: &SsmShape, value: f64, case: &Case) -> Option<String> {
    let named = case.constants.claim("parameters")?;
    let parameters = named.range.as_ref()?.base().iter().sum::<f64>() / 2.0;
    let words = format!(
        "At the rate one MAC for each parameter of the talk's {} is {}. {}",
        named.text,
        si(parameters * case.rate(), "MAC/s"),
        dense(ssm, value, case.rate(), "MAC/s").unwrap_or_default()
    );
    Some(words.trim_end().into())
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
    let each = grouped.ungrouped().cache_per_token(case.constants.typical("cache")).value;
    let [written, read] =
        ["cache_written", "cache_read"].map(|row| case.constants.claim(row)?.range.as_ref());
    let (written, read) = (written?, read?);
    let [decimal, binary] =
        [Range::base, Range::as_binary].map(|ends| Counts::new(ends(written), ends(read), each));
    Some(format!(
        "{} With decimal prefixes {}. With binary prefixes {}{}.",
        near(grouped, case),
        decimal.words(),
        binary.words(),
        binary.example(written, read, each).unwrap_or_default()
    ))
}

/// The traffic of a round number of tokens without grouped heads.
fn near(grouped: &TransformerShape, case: &Case) -> String {
    let bits = case.constants.typical("cache");
    let (all, tokens) = (grouped.ungrouped(), case.constants.typical("reading") as u64);
    let talk =
        ["cache_written", "cache_read"].map(|row| case.constants.claim(row).map_or("-", |claim| &claim.text));
    format!(
        "Without grouped heads a token leaves {}; {tokens} tokens then write {} and read {} (the talk: {} and {}).",
        all.cache_per_token(bits).formula("B"),
        si(all.cache(tokens, bits).value, "B"),
        si(all.cache_read(tokens, bits).value, "B"),
        talk[0],
        talk[1]
    )
}

/// Least and most tokens that write, and that read, as much as the talk says.
struct Counts {
    written: [f64; 2],
    read: [f64; 2],
}

impl Counts {
    /// From bytes, least and most, and the bytes that a token leaves behind.
    fn new(written: [f64; 2], read: [f64; 2], each: f64) -> Counts {
        // The n with n (n + 1) / 2 tokens read.
        let root = |bytes: f64| (0.25 + 2.0 * bytes / each).sqrt() - 0.5;
        let whole = |[low, high]: [f64; 2]| [low.ceil(), high.floor()];
        Counts { written: whole(written.map(|bytes| bytes / each)), read: whole(read.map(root)) }
    }

    fn both(&self) -> Option<[f64; 2]> {
        let ends = [self.written[0].max(self.read[0]), self.written[1].min(self.read[1])];
        (ends[0] <= ends[1]).then_some(ends)
    }

    fn words(&self) -> String {
        let shown = |[low, high]: [f64; 2]| format!("{} to {}", number(low), number(high));
        let end = self.both().map_or("no count does both".into(), |ends| format!("{} do both", shown(ends)));
        format!(
            "{} tokens write and {} read as much as the talk says: {end}",
            shown(self.written),
            shown(self.read)
        )
    }

    /// One count that does both, with its bytes in the claims' units.
    fn example(&self, written: &Range, read: &Range, each: f64) -> Option<String> {
        let [low, high] = self.both()?;
        let tokens = (written.as_binary().iter().sum::<f64>() / 2.0 / each).round().clamp(low, high);
        let bytes = [tokens * each, tokens * (tokens + 1.0) / 2.0 * each];
        let shown = |range: &Range, bytes: f64| {
            format!("{} {}", number(bytes / range.binary), range.unit.replace('B', "iB"))
        };
        Some(format!(
            ", {} tokens {} and {}",
            number(tokens),
            shown(written, bytes[0]),
            shown(read, bytes[1])
        ))
    }
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

fn budget(row: &Row, about: usize, case: &Case) -> Option<String> {
    let (side, other) = (&case.sides[about], &case.sides[1 - about]);
    let allowed = bit_budget(&side.arch, case, TYPICAL)?.value;
    let memory = side.arch.weights_in.name();
    let products = mac_power(&side.arch, case, TYPICAL)?.value;
    let fpga = case.constants.typical("mac_fpga") / case.constants.typical("mac").max(f64::MIN_POSITIVE);
    Some(format!(
        "For the talk's power a bit may cost {} pJ, and one of {memory} takes {}. The products take {} (on the FPGA of [constant.mac_fpga] {}). By the same sources {} takes {}, with its weights in {}.",
        number(allowed),
        spread(case.constants.get(memory), "pJ"),
        si(products, "W"),
        si(products * fpga, "W"),
        other.name,
        shown(&row.figures[1 - about], "W"),
        other.arch.weights_in.name()
    ))
}

/// What a time to the first token asks for.
fn passes(row: &Row, about: usize, case: &Case) -> Option<String> {
    let [_, goal] = row.claim?.range.as_ref()?.base();
    let passes = (goal * case.rate()).floor();
    let end = match passes >= 1.0 {
        true => format!("so {} query tokens must share a pass", number((case.query as f64 / passes).ceil())),
        false => "so no query can be answered in that time".into(),
    };
    let [ours, theirs] = [about, 1 - about].map(|side| seed(&case.sides[side].arch, case, TYPICAL));
    Some(format!(
        "A loaded state saves the context, not the query: {} passes fit into {}, {end}. {} can load its own past just as well, {} where the state has {}.",
        number(passes),
        si(goal, "s"),
        case.sides[1 - about].name,
        si(theirs?.value, "B"),
        si(ours?.value, "B")
    ))
}
