//! The gate.
//!
//! ```text
//! z = sat(R(y g, sz))
//! ```
//!
//! `FORMAT.md`, section 4. y's and z's binary points are the packer's; g = F(r) is Q4.11.

use crate::fixed::{product, settle, Act};
use crate::watch::{Stage, Watch};

/// z of y and the gate g.
#[inline(always)]
pub fn apply<W: Watch>(watch: &mut W, y: i16, g: Act, sz: u32) -> i16 {
    settle(watch, Stage::Gate, product(y, g.to_bits()), sz)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Silent;

    #[test]
    fn a_gate_of_one_and_a_half_scales_and_a_large_one_saturates() {
        let mut watch = Silent::default();
        assert_eq!(apply(&mut watch, -1000, Act::from_bits(3 << 10), 11), -1500);
        assert_eq!(apply(&mut watch, -30000, Act::MAX, 11), -32768);
        assert_eq!(watch.clamps, 1);
    }
}
