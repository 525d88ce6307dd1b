//! Two flash chips in lockstep: one image as the contents of both.
//!
//! The first chip holds the high nibble of every byte, the second the low one; byte k of a chip has those of bytes 2k (in its
//! high half, which a chip sends first) and 2k + 1. So each clock brings one whole byte, and what lies at byte address a of the
//! image lies at a / 2 in both chips.

/// The contents of both chips. An odd byte at the end is followed by an erased one.
pub fn split(image: &[u8]) -> [Vec<u8>; 2] {
    let half = |shift: u32| {
        let nibble = move |byte: u8| byte >> shift & 15;
        let pair = move |pair: &[u8]| nibble(pair[0]) << 4 | pair.get(1).map_or(15, |byte| nibble(*byte));
        image.chunks(2).map(pair).collect()
    };
    [half(4), half(0)]
}

/// The image of two chips' contents; the shorter one ends it.
pub fn join(chips: [&[u8]; 2]) -> Vec<u8> {
    let pairs = chips[0].iter().zip(chips[1]);
    pairs.flat_map(|(first, second)| [first & 0xF0 | second >> 4, first << 4 | second & 15]).collect()
}

/// Chip, byte and bit in which bit `bit` (0 the lowest) of the image's byte `byte` lies.
pub const fn bit_place(byte: usize, bit: u8) -> (usize, usize, u8) {
    let chip = if bit >= 4 { 0 } else { 1 };
    let half = if byte.is_multiple_of(2) { 4 } else { 0 };
    (chip, byte / 2, bit % 4 + half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn joining_what_was_split_gives_the_image_back(image in prop::collection::vec(any::<u8>(), 0..100)) {
            let [first, second] = split(&image);
            let mut padded = image.clone();
            padded.resize(image.len().next_multiple_of(2), 0xFF);
            prop_assert_eq!(join([&first, &second]), padded);
        }

        #[test]
        fn a_bit_of_the_image_is_that_bit_of_a_chip(byte in 0_usize..64, bit in 0_u8..8) {
            let mut image = vec![0; 64];
            image[byte] = 1 << bit;
            let (chip, at, place) = bit_place(byte, bit);
            let mut expected = [vec![0; 32], vec![0; 32]];
            expected[chip][at] = 1 << place;
            prop_assert_eq!(split(&image), expected);
        }
    }

    #[test]
    fn a_byte_is_a_nibble_of_each_chip() {
        assert_eq!(split(&[0x12, 0x34, 0x56]), [vec![0x13, 0x5F], vec![0x24, 0x6F]]);
    }
}
