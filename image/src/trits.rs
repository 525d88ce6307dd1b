//! Ternary weights, five to a byte (`FORMAT.md` section 4).
//!
//! A byte holds five digits d = weight + 1: n = 81 d0 + 27 d1 + 9 d2 + 3 d3 + d4 and byte = ceil(256 n / 243). So 3 byte has d0 above its low
//! eight bits, which hold the other four in the same way: a decoder needs adders only, and finds digits of 0 to 2 in any byte.

/// Weights in a byte.
pub const PER_BYTE: usize = 5;
/// Vector words that a byte's first four weights meet: an aligned quad.
pub const QUAD: usize = 4;
/// Bytes of a whole group; their fifth weights make a quad of their own.
const GROUP: usize = 4;
/// Numbers that five digits can say.
const NUMBERS: usize = 243;

/// What is wrong with a row's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// This byte of the row is none that five digits have.
    Code(usize),
    /// This digit place behind the row's last weight holds a weight.
    Spare(usize),
}

/// Bytes of a row of `len` weights.
pub fn bytes(len: usize) -> usize {
    len.div_ceil(PER_BYTE)
}

/// The bytes of a row; weights are -1, 0 and 1.
pub fn pack(weights: &[i8]) -> Vec<u8> {
    weights.chunks(PER_BYTE * GROUP).flat_map(pack_group).collect()
}

/// The `len` weights of a row's bytes, of which there are [`bytes`] of `len`.
pub(crate) fn unpack(bytes: &[u8], len: usize) -> Result<Vec<i8>, Fault> {
    if let Some(at) = bytes.iter().position(|byte| encode(decode(*byte)) != *byte) {
        return Err(Fault::Code(at));
    }
    let mut weights: Vec<i8> = bytes.chunks(GROUP).flat_map(unpack_group).collect();
    let spare = weights.split_off(len.min(weights.len()));
    match spare.iter().position(|weight| *weight != 0) {
        None => Ok(weights),
        Some(at) => Err(Fault::Spare(len + at)),
    }
}

/// Byte k of a group of m has elements 4k to 4k + 3 and, as its fifth weight, element 4m + k.
fn element(k: usize, digit: usize, group: usize) -> usize {
    if digit < QUAD {
        QUAD * k + digit
    } else {
        QUAD * group + k
    }
}

fn pack_group(weights: &[i8]) -> Vec<u8> {
    let group = bytes(weights.len());
    let weight = |k, digit| weights.get(element(k, digit, group)).copied().unwrap_or(0);
    (0..group).map(|k| encode(std::array::from_fn(|digit| weight(k, digit)))).collect()
}

fn unpack_group(bytes: &[u8]) -> Vec<i8> {
    let mut weights = vec![0; PER_BYTE * bytes.len()];
    for (k, byte) in bytes.iter().enumerate() {
        let all = decode(*byte).into_iter().enumerate();
        all.for_each(|(digit, weight)| weights[element(k, digit, bytes.len())] = weight);
    }
    weights
}

fn encode(weights: [i8; PER_BYTE]) -> u8 {
    let number = weights.iter().fold(0, |n, weight| 3 * n + (i32::from(*weight) + 1).clamp(0, 2) as usize);
    (256 * number).div_ceil(NUMBERS) as u8
}

fn decode(byte: u8) -> [i8; PER_BYTE] {
    let mut rest = u16::from(byte);
    std::array::from_fn(|_| {
        let tripled = 3 * rest;
        rest = tripled & 255;
        (tripled >> 8) as i8 - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn row(rng: &mut Rng, len: usize) -> Vec<i8> {
        (0..len).map(|_| rng.between(-1, 1) as i8).collect()
    }

    #[test]
    fn rows_of_every_length_come_back() {
        let mut rng = Rng::new(1);
        for len in 1..=300 {
            let weights = row(&mut rng, len);
            let packed = pack(&weights);
            assert_eq!(packed.len(), bytes(len), "{len}");
            assert_eq!(unpack(&packed, len), Ok(weights), "{len}");
        }
    }

    #[test]
    fn two_hundred_and_forty_three_bytes_are_canonical() {
        let canonical = (0..=255).filter(|byte| encode(decode(*byte)) == *byte).count();
        assert_eq!(canonical, NUMBERS);
        let digits = |n: usize| [81, 27, 9, 3, 1].map(|unit| (n / unit % 3) as i8 - 1);
        (0..NUMBERS).for_each(|n| assert_eq!(decode(encode(digits(n))), digits(n)));
    }

    #[test]
    fn the_fifth_weights_of_a_group_are_its_last_elements() {
        let mut weights = [0; 27];
        (weights[17], weights[26]) = (1, -1);
        // element 17 is the fifth of byte 1, element 26 the third of byte 5: that group has two bytes
        let zero = encode([0; 5]);
        let wanted = [zero, encode([0, 0, 0, 0, 1]), zero, zero, zero, encode([0, 0, -1, 0, 0])];
        assert_eq!(pack(&weights), wanted);
    }

    #[test]
    fn what_no_row_packs_to_is_named() {
        let mut bytes = pack(&[1; 7]);
        assert_eq!(unpack(&bytes, 6), Err(Fault::Spare(6)));
        bytes[1] = 255;
        // 255 is ceil(256 242 / 243): canonical, and its spare digits are weights
        assert_eq!(unpack(&bytes, 7), Err(Fault::Spare(7)));
        bytes[1] = 1;
        assert_eq!(unpack(&bytes, 7), Err(Fault::Code(1)));
    }
}
