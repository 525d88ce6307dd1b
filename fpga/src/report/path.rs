//! The slowest path in words: through which parts of the machine, and what each costs.

use crate::report::{block, Route};

/// Consecutive cells of one part of the machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// The part.
    pub place: String,
    /// Its block, an index of [`block::BLOCKS`].
    pub block: usize,
    /// Logic cells.
    pub cells: usize,
    /// Nanoseconds in cells, a register's or memory's own time included.
    pub logic_ns: f64,
    /// Nanoseconds of wire on the way to and between them.
    pub wire_ns: f64,
}

/// The legs of a route: the time of a wire counts where it leads to.
pub fn legs(route: &Route) -> Vec<Leg> {
    let mut legs: Vec<Leg> = Vec::new();
    for hop in &route.hops {
        let place = block::whereabouts(&hop.to.cell);
        if legs.last().is_none_or(|leg| leg.place != place) {
            let block = block::of(&hop.to.cell);
            legs.push(Leg { place, block, cells: 0, logic_ns: 0.0, wire_ns: 0.0 });
        }
        let Some(leg) = legs.last_mut() else { continue };
        leg.cells += usize::from(hop.kind == "logic");
        *if hop.kind == "routing" { &mut leg.wire_ns } else { &mut leg.logic_ns } += hop.delay;
    }
    legs
}

/// One sentence on a route.
pub fn sentence(route: &Route) -> String {
    let legs = legs(route);
    let (Some(first), Some(last)) = (legs.first(), legs.last()) else { return "No path is reported.".into() };
    let (ns, wire) = (route.ns(), route.routing_ns());
    let share = if ns > 0.0 { 100.0 * wire / ns } else { 0.0 };
    let through = through(&legs);
    format!(
        "From {} to {}{through}: {ns:.1} ns, {:.1} ns of them in cells and {wire:.1} ns ({share:.0} %) in wires, {} logic cells.",
        first.place, last.place, ns - wire, route.levels()
    )
}

/// The blocks between the ends, each once and in order.
fn through(legs: &[Leg]) -> String {
    let mut between: Vec<&str> = Vec::new();
    for leg in legs.iter().take(legs.len() - 1).skip(1) {
        let name = block::BLOCKS[leg.block].0;
        if !between.contains(&name) {
            between.push(name);
        }
    }
    match between.is_empty() {
        true => String::new(),
        false => format!(", through {}", between.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Hop, Pin};

    fn hop(kind: &str, delay: f64, from: &str, to: &str) -> Hop {
        let pin = |cell: &str| Pin { cell: format!("shell.machine.core.core.{cell}"), port: "Q".into() };
        Hop { kind: kind.into(), delay, from: pin(from), to: pin(to) }
    }

    #[test]
    fn a_route_is_told_by_parts() {
        let (rom, lut, state) = ("epilogue.rom.mem.0", "batch.a_LUT4_Z", "memory.mem.0");
        let hops = vec![
            hop("clk-to-q", 5.0, rom, rom),
            hop("routing", 2.0, rom, lut),
            hop("logic", 0.5, lut, lut),
            hop("routing", 2.5, lut, state),
            hop("setup", 0.0, state, state),
        ];
        let route = Route { from: String::new(), to: String::new(), hops };
        let told = sentence(&route);
        let wanted = "From epilogue.rom to memory, through batch: 10.0 ns, 5.5 ns of them in cells and 4.5 ns (45 %) in wires, 1 logic cells.";
        assert_eq!(told, wanted);
        let wires: Vec<f64> = legs(&route).iter().map(|leg| leg.wire_ns).collect();
        assert_eq!(wires, [0.0, 2.0, 2.5]);
    }

    #[test]
    fn no_route_is_no_fault() {
        let none = Route { from: String::new(), to: String::new(), hops: Vec::new() };
        assert_eq!(sentence(&none), "No path is reported.");
    }
}
