//! Four ternary weights times four words: a sum without a multiplier.

use crate::num::S;
use rust_hdl::prelude::*;

/// sum + carry = the words, each times its weight, registered. A word times -1 is its complement and a carry of 1: three of the carries go
/// into the three adders there are, the fourth leaves with the sum, for the adder behind.
#[derive(LogicBlock, Default)]
pub struct QuadSum {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// The weights, two bits each, two's complement, that of `word_0` lowest.
    pub weights: Signal<In, Bits<8>>,
    /// A word.
    pub word_0: Signal<In, S<16>>,
    /// A word.
    pub word_1: Signal<In, S<16>>,
    /// A word.
    pub word_2: Signal<In, S<16>>,
    /// A word.
    pub word_3: Signal<In, S<16>>,
    /// The sum of the clock before.
    pub sum: Signal<Out, S<18>>,
    /// It is one more.
    pub carry: Signal<Out, Bit>,
}

impl Logic for QuadSum {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let words = [self.word_0.val(), self.word_1.val(), self.word_2.val(), self.word_3.val()];
            let weight = |i: usize| match self.weights.val().to_u64() >> (2 * i) & 3 {
                0 => 0,
                1 => 1,
                _ => -1,
            };
            let sum: i64 = (0..4).map(|i| weight(i) * words[i].0).sum();
            let carry = weight(3) < 0;
            self.sum.next = S(sum - i64::from(carry));
            self.carry.next = carry;
        }
    }
    fn connect(&mut self) {
        self.sum.connect();
        self.carry.connect();
    }
    fn hdl(&self) -> Verilog {
        let term = |i: usize| {
            format!(
                "wire signed [15:0] term_{i};\nassign term_{i} = (word_{i} & {{16{{weights[{}]}}}}) ^ {{16{{weights[{}]}}}};\n",
                2 * i,
                2 * i + 1
            )
        };
        let terms: String = (0..4).map(term).collect();
        Verilog::Custom(format!(
            "{terms}wire signed [17:0] low;\nwire signed [17:0] high;\nwire signed [18:0] both;\n\
             wire unused = &{{1'b0, low[0], high[0], both[0]}};\n\
             // a carry enters an adder below its lowest bit\n\
             assign low = $signed({{term_0, 1'b1}}) + $signed({{term_1, weights[1]}});\n\
             assign high = $signed({{term_2, 1'b1}}) + $signed({{term_3, weights[3]}});\n\
             assign both = $signed({{low[17:1], 1'b1}}) + $signed({{high[17:1], weights[5]}});\n\
             initial sum = 0;\ninitial carry = 0;\n\
             always @(posedge clock) begin\n    sum <= both[18:1];\n    carry <= weights[7];\nend"
        ))
    }
}

/// y = a + b + carry, as one adder.
#[derive(LogicBlock, Default)]
pub struct CarryAdd {
    /// A summand.
    pub a: Signal<In, S<32>>,
    /// The other.
    pub b: Signal<In, S<32>>,
    /// One more.
    pub carry: Signal<In, Bit>,
    /// The sum, modulo 2^32.
    pub y: Signal<Out, S<32>>,
}

impl Logic for CarryAdd {
    fn update(&mut self) {
        let sum = self.a.val().0 + self.b.val().0 + i64::from(self.carry.val());
        self.y.next = S::new(sum);
    }
    fn connect(&mut self) {
        self.y.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Custom(
            "wire signed [32:0] sum;\nassign sum = $signed({a, 1'b1}) + $signed({b, carry});\nalways @(*) y = sum[32:1];\nwire unused = &{1'b0, sum[0]};"
                .into(),
        )
    }
}
