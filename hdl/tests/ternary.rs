//! The blocks of ternary rows against `FORMAT.md` section 4, in rust-hdl and, clock by clock, in their emitted Verilog.

mod common;
#[macro_use]
#[path = "common/bench.rs"]
mod bench;

use bench::{Bench, Ports, Raw};
use common::{Clocked, Port, Random};
use rust_hdl::prelude::*;
use statestream_hdl::memory::{QuadPort, RamStyle};
use statestream_hdl::quad::QuadSum;
use statestream_hdl::ternary_lane::TernaryLane;
use statestream_hdl::trits::Trits;
use statestream_image::config::Pipeline;
use statestream_image::trits::{bytes, pack};

type Quads = QuadPort<4>;

ports!(Trits: valid 1, code 8, first 1, last 1, base 14 => step 1, weights 8, address 16);
ports!(QuadSum: weights 8, word_0 16, word_1 16, word_2 16, word_3 16 => sum 18, carry 1);
ports!(TernaryLane: weight 8, valid 1, first 1, word 16, load 1, shift 1, next_row 32, step 1, weights 8, word_0 16, word_1 16,
    word_2 16, word_3 16 => row 32);
ports!(Quads: raddr 4, we 1, waddr 4, wdata 16 => rdata 16, word_0 16, word_1 16, word_2 16, word_3 16);

fn bits(x: i64, n: u32) -> u64 {
    x as u64 & ((1 << n) - 1)
}

/// The `count` two-bit weights.
fn weights(packed: u64, count: usize) -> Vec<i8> {
    (0..count).map(|i| [0, 1, -2, -1][(packed >> (2 * i) & 3) as usize]).collect()
}

fn packed(weights: &[i8]) -> u64 {
    weights.iter().enumerate().map(|(i, weight)| bits((*weight).into(), 2) << (2 * i)).sum()
}

/// Every row length, from aligned bases: the steps bring each weight to its own vector word, and zeros to those behind the last.
#[test]
fn every_weight_of_a_row_meets_its_vector_word_whatever_the_gaps() {
    let mut random = Random(1);
    let mut bench = Bench::of(Trits::new());
    for len in 1..=90 {
        let row: Vec<i8> = (0..len).map(|_| random.below(3) as i8 - 1).collect();
        let base = 4 * random.below(1 << 10);
        let mut found = vec![0; len + 24];
        let mut met = vec![0; len + 24];
        let mut note = |outputs: &[u64]| {
            if outputs[0] == 1 {
                assert_eq!(outputs[2] % 4, 0, "a quad begins at a multiple of 4");
                let at = (outputs[2] - base) as usize;
                for (i, weight) in weights(outputs[1], 4).into_iter().enumerate() {
                    found[at + i] += weight;
                    met[at + i] += 1;
                }
            }
        };
        let count = bytes(len);
        for (at, code) in pack(&row).into_iter().enumerate() {
            let end = [u64::from(at == 0), u64::from(at + 1 == count)];
            note(&bench.clock(&[1, code.into(), end[0], end[1], base / 4]));
            // the other nibble of the next byte, and pauses
            for _ in 0..1 + random.below(3) {
                note(&bench.clock(&[
                    0,
                    random.below(256),
                    random.below(2),
                    random.below(2),
                    random.below(1 << 14),
                ]));
            }
        }
        assert_eq!(found[..len], row, "{len}");
        assert!(found[len..].iter().all(|weight| *weight == 0), "{len}: {found:?}");
        assert!(met[..len].iter().all(|count| *count == 1), "{len}: {met:?}");
    }
    bench.replay("trits");
}

/// Even a byte that no row packs to gives weights that exist.
#[test]
fn every_byte_is_five_weights() {
    let mut bench = Bench::of(Trits::new());
    for code in 0..256u64 {
        let four = bench.clock(&[1, code, 1, 1, 0])[1];
        let fifth = bench.clock(&[0; 5])[1];
        let (mut digits, mut rest) = (Vec::new(), code);
        for _ in 0..5 {
            digits.push((3 * rest >> 8) as i8 - 1);
            rest = 3 * rest & 255;
        }
        assert_eq!([weights(four, 4), weights(fifth, 1)].concat(), digits, "{code}");
        assert_eq!(fifth >> 2, 0, "{code}");
    }
    bench.replay("trits_bytes");
}

#[test]
fn four_words_are_summed_exactly() {
    let mut random = Random(2);
    let mut bench = Bench::<QuadSum>::new();
    bench.clock_unknown(&[0; 5]);
    let mut last = (0, 0);
    for round in 0..2000 {
        let extreme = [-32768, 32767, 0, -1];
        let words: Vec<i64> = (0..4)
            .map(|_| match round % 2 {
                0 => extreme[random.below(4) as usize],
                _ => (random.word() as i16).into(),
            })
            .collect();
        let weights: Vec<i8> = (0..4).map(|_| random.below(3) as i8 - 1).collect();
        let inputs = words.iter().map(|word| bits(*word, 16));
        let found = bench.clock(&std::iter::once(packed(&weights)).chain(inputs).collect::<Vec<_>>());
        let signed = (found[0] << 46) as i64 >> 46;
        assert_eq!((signed + found[1] as i64, found[1]), last, "round {round}");
        let sum = words.iter().zip(&weights).map(|(word, weight)| word * i64::from(*weight)).sum();
        last = (sum, u64::from(weights[3] < 0));
    }
    bench.replay("quad_sum");
}

/// Rows of single weights and of quads, in turn and with gaps: each is the whole sum, and the row before stays until the next begins.
fn sums(pipeline: Pipeline, name: &str) {
    let mut random = Random(3);
    let mut bench = Bench::of(TernaryLane::new(pipeline));
    let mut before = 0;
    for row in 0..60 {
        let (mut sum, quads) = (0i64, row % 3 != 0);
        // words are those of the clock before
        let mut late = [0u64; 5];
        for at in 0..1 + random.below(20) {
            let words: Vec<i64> =
                (0..4).map(|_| if row % 4 == 0 { -32768 } else { (random.word() as i16).into() }).collect();
            let four: Vec<i8> =
                (0..4).map(|_| if row % 4 == 0 { -1 } else { random.below(3) as i8 - 1 }).collect();
            let weight = random.word() as i8;
            let [w, w0, w1, w2, w3] = late;
            let ternary = u64::from(quads);
            bench.clock(&[
                bits(weight.into(), 8),
                1,
                u64::from(at == 0),
                w,
                0,
                0,
                0,
                ternary,
                packed(&four),
                w0,
                w1,
                w2,
                w3,
            ]);
            sum += match quads {
                true => words.iter().zip(&four).map(|(word, four)| word * i64::from(*four)).sum::<i64>(),
                false => words[0] * i64::from(weight),
            };
            late = [words[0], words[0], words[1], words[2], words[3]].map(|word| bits(word, 16));
            while random.once_in(3) {
                let [w, w0, w1, w2, w3] = late;
                let four = random.below(256);
                bench.clock(&[random.below(256), 0, random.below(2), w, 0, 0, 0, 0, four, w0, w1, w2, w3]);
                late = [0; 5].map(|_| random.below(1 << 16));
            }
        }
        let [w, w0, w1, w2, w3] = late;
        let idle = |w: u64| [0, 0, 1, w, 0, 0, 0, 0, 0, w0, w1, w2, w3];
        bench.clock(&idle(w));
        (0..2).for_each(|_| drop(bench.clock(&idle(7))));
        let next = random.below(1 << 32);
        assert_eq!(
            bench.clock(&[0, 0, 0, 8, 0, 1, next, 0, 0, 0, 0, 0, 0])[0],
            bits(before, 32),
            "row {row}"
        );
        assert_eq!(bench.clock(&[0, 0, 0, 8, 1, 0, 3, 0, 0, 0, 0, 0, 0])[0], next, "row {row}");
        assert_eq!(bench.clock(&[0; 13])[0], bits(sum, 32), "row {row}");
        before = sum;
    }
    bench.replay(name);
}

#[test]
fn a_lane_sums_rows_of_single_weights_and_of_quads() {
    sums(Pipeline::Short, "ternary_lane");
    sums(Pipeline::Long, "ternary_lane_long");
}

#[test]
fn a_quad_port_reads_a_word_and_its_aligned_four() {
    let mut random = Random(4);
    let mut bench = Bench::of(Quads::new(RamStyle::Plain));
    let mut memory: Vec<u64> = (0..16).map(|_| random.below(1 << 16)).collect();
    for (at, word) in memory.iter().enumerate() {
        bench.clock_unknown(&[0, 1, at as u64, *word]);
    }
    bench.clock_unknown(&[0, 0, 0, 0]);
    let read = |memory: &[u64], at: u64| {
        let quad = at as usize & !3;
        [&memory[at as usize..at as usize + 1], &memory[quad..quad + 4]].concat()
    };
    let mut last = read(&memory, 0);
    for _ in 0..500 {
        let (from, to) = (random.below(16), random.below(16));
        let (write, word) = (random.below(2) & u64::from(from / 4 != to / 4), random.below(1 << 16));
        assert_eq!(bench.clock(&[from, write, to, word]), last);
        last = read(&memory, from);
        if write == 1 {
            memory[to as usize] = word;
        }
    }
    bench.replay("quad_port");
}
