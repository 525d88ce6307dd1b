//! Which block of the machine a cell belongs to: flattening keeps the hierarchy in its name.

/// Blocks of the core as its source names them, what they are called, and the colour they have in every drawing.
pub const BLOCKS: [(&str, &str, &str); 17] = [
    ("epilogue", "epilogue: arithmetic after a row's sum", "#4e79a7"),
    ("lanes", "lanes: weights times inputs", "#f28e2b"),
    ("sequencer", "sequencer: what comes next in a pass", "#59a14f"),
    ("host", "host: serial line and its commands", "#e15759"),
    ("choose", "choose: the next token", "#b07aa1"),
    ("flash", "flash: reading weights", "#76b7b2"),
    ("batch", "batch: the tokens of a pass", "#edc948"),
    ("counters", "counters", "#9c755f"),
    ("header", "header: the image's", "#ff9da7"),
    ("part", "part: the section's description", "#86bc86"),
    ("vectors", "vectors: memory of activations", "#499894"),
    ("residual", "residual: memory of h", "#d37295"),
    ("params", "params: memory of a row's parameters", "#a0cbe8"),
    ("tables", "tables: functions in memory", "#b6992d"),
    ("memory", "memory: the state", "#8074a8"),
    ("core", "core: what joins its blocks", "#79706e"),
    ("shell", "shell: clock, pads, board", "#bab0ac"),
];

/// The machine in the shell, and the core in the machine, as `fpga/boards` names them.
const MACHINE: [&str; 2] = ["shell.machine.", "core."];

/// Number of the block that a cell belongs to, an index of [`BLOCKS`].
pub fn of(cell: &str) -> usize {
    let Some(inside) = inside(cell) else { return named("shell") };
    let first = identifier(inside.split('.').next().unwrap_or(inside));
    BLOCKS.iter().position(|(name, ..)| *name == first).unwrap_or_else(|| named("core"))
}

/// Where in the machine a cell is, without what the tools append to names: `epilogue.control.rom` for instance.
pub fn whereabouts(cell: &str) -> String {
    let path = inside(cell).unwrap_or(cell);
    let words = path.split('.').map(identifier);
    let words: Vec<&str> = words.filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase())).collect();
    match words.is_empty() {
        true => BLOCKS[of(cell)].0.into(),
        false => words.iter().take(4).filter(|word| **word != "mem").copied().collect::<Vec<_>>().join("."),
    }
}

/// The part of a block that a cell is in, if the block has parts.
pub fn part(cell: &str) -> Option<&str> {
    let (_, rest) = inside(cell)?.split_once('.')?;
    let (part, _) = rest.split_once('.')?;
    let part = identifier(part);
    (part.starts_with(|c: char| c.is_ascii_lowercase()) && part != "mem").then_some(part)
}

/// The name below the core (of the host too, which stands beside it); None outside the machine.
fn inside(cell: &str) -> Option<&str> {
    let machine = cell.strip_prefix(MACHINE[0]).or_else(|| cell.starts_with(MACHINE[1]).then_some(cell))?;
    let core = machine.strip_prefix(MACHINE[1]).unwrap_or(machine);
    Some(core.strip_prefix("core.").unwrap_or(core))
}

/// The word as the source has it: tools append `$q`, `_LUT4_Z`, `_TRELLIS_FF_Q_DI`.
fn identifier(word: &str) -> &str {
    let word = word.split(['$', '[']).next().unwrap_or(word);
    let upper = word.as_bytes().windows(2).position(|two| two[0] == b'_' && two[1].is_ascii_uppercase());
    &word[..upper.unwrap_or(word.len())]
}

fn named(block: &str) -> usize {
    BLOCKS.iter().position(|(name, ..)| *name == block).unwrap_or(BLOCKS.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_blocks() {
        let block = |cell| BLOCKS[of(cell)].0;
        assert_eq!(block("shell.machine.core.core.lanes$0.multiplier.b_TRELLIS_FF_Q_6"), "lanes");
        assert_eq!(block("shell.machine.core.host.crc_SB_DFF_Q"), "host");
        assert_eq!(block("core.core.epilogue.index$frac_TRELLIS_FF_Q"), "epilogue");
        assert_eq!(block("shell.machine.core.core.t_TRELLIS_FF_Q"), "core");
        assert_eq!(block("shell.machine.io_o_TRELLIS_FF_Q"), "core");
        assert_eq!(block("shell.beat_TRELLIS_FF_Q"), "shell");
        assert_eq!(block("led_n_LUT4_Z"), "shell");
    }

    #[test]
    fn what_the_tools_append_is_left_out() {
        let rom = "shell.machine.core.core.epilogue.control.rom.mem.0.0_ADB12_LUT4_Z_C_LUT4_Z";
        assert_eq!(whereabouts(rom), "epilogue.control.rom");
        assert_eq!(part(rom), Some("control"));
        assert_eq!(whereabouts("shell.machine.core.core.memory.mem.0.13"), "memory");
        assert_eq!(part("shell.machine.core.core.memory.mem.0.13"), None);
        assert_eq!(whereabouts("led_n_LUT4_Z"), "led_n");
        assert_eq!(whereabouts("$PACKER_GND"), "shell");
    }
}
