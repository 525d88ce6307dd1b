//! A table of constants that logic reads in the same clock.

use rust_hdl::prelude::*;

/// 2^AW constants of W bits (at most 64); rows that were not given are zero.
#[derive(LogicBlock, Default)]
pub struct Table<const AW: usize, const W: usize> {
    /// Which row.
    pub at: Signal<In, Bits<AW>>,
    /// That row's constant.
    pub value: Signal<Out, Bits<W>>,
    _rows: Vec<u64>,
}

impl<const AW: usize, const W: usize> Table<AW, W> {
    /// The table with these rows.
    pub fn new(rows: &[u64]) -> Self {
        let mut all = rows.to_vec();
        all.resize(1 << AW, 0);
        Self { _rows: all, ..Default::default() }
    }
}

impl<const AW: usize, const W: usize> Logic for Table<AW, W> {
    fn update(&mut self) {
        self.value.next = self._rows[self.at.val().index()].into();
    }
    fn connect(&mut self) {
        self.value.connect();
    }
    fn hdl(&self) -> Verilog {
        let rows = self._rows.iter().enumerate().filter(|(_, row)| **row != 0);
        let arms: String = rows.map(|(at, row)| format!("    {AW}'d{at}: value = {W}'h{row:x};\n")).collect();
        Verilog::Custom(format!("always @(*) case (at)\n{arms}    default: value = {W}'h0;\nendcase"))
    }
}
