//! The core's small blocks against their formulas, in rust-hdl and, clock by clock, in their emitted Verilog.

mod common;
#[macro_use]
#[path = "common/bench.rs"]
mod bench;

use bench::{Bench, Ports, Raw};
use common::{Clocked, Port, Random};
use rust_hdl::prelude::*;
use statestream_hdl::address::{Address, ADDRESS_CLOCKS};
use statestream_hdl::choose::{Choose, XorShift};
use statestream_hdl::counters::Counters;
use statestream_hdl::hash::{Hash, HASH_CLOCKS};
use statestream_hdl::index::TableIndex;
use statestream_hdl::lane::Lane;
use statestream_hdl::memory::{BankedPort, DualPort, PairPort, RamStyle, Rom, SinglePort};
use statestream_hdl::ring::Ring;
use statestream_hdl::shifter::RoundShift;
use statestream_hdl::unpack::Unpack;

type Nibbles = Unpack<4>;
type Pairs = PairPort<4>;
type Single = SinglePort<4>;
type Dual = DualPort<4>;
type Banked = BankedPort<3>;
type Program = Rom<4, 48>;
type Words = Ring<9>;

ports!(RoundShift: x 32, s 5, en 1 => y 16, clamped 1);
ports!(TableIndex: side 3, y 16, squares 44, noise 32 => entry 9, frac 16, rest 16, norm_shift 5);
ports!(Lane: weight 8, valid 1, first 1, word 16, load 1, shift 1, next_row 32 => row 32);
ports!(Words: turn 1, last 4, en 1, d 9 => q 9);
ports!(Hash: clear 1, take 1, token 16, multiplier 16 => value 16, ready 1);
ports!(Address: strobe 1, field 5, word 16, start 1, region 2, index 16 => address 24, ready 1);
ports!(Nibbles: align 1, take 1, nibble 4, wide 1 => byte_done 1, word_done 1, weight_done 1, full_byte 8, word 16, weight 8);
ports!(Choose: set_seed 1, seed 32, last 4, each 1, head 1, turn 1, step_noise 1, strobe 1, score 16, index 16, recall 1, advance 1, settle 1 => noise 32, winner 16);
ports!(Counters: clear 1, beat 1, pass 1, done 1, stall_epilogue 1, stall_barrier 1, stall_host 1, crc_error 1, clamped 1, guess 1, accept 1, select 5 => value 16);
ports!(Single: bank 4, addr 4, we 1, wdata 16 => rdata 16);
ports!(Banked: rbank 4, raddr 3, we 1, wbank 4, waddr 3, wdata 16 => rdata 16);
ports!(Dual: raddr 4, we 1, waddr 4, wdata 16 => rdata 16);
ports!(Pairs: raddr 4, we 1, waddr 4, wdata 16 => rdata 16, after 16);
ports!(Program: addr 4 => data 48);

/// The low `n` bits of a signed number.
fn bits(x: i64, n: u32) -> u64 {
    x as u64 & ((1 << n) - 1)
}

fn xorshift(mut x: u32) -> u32 {
    x ^= x << 13;
    x ^= x >> 17;
    x ^ (x << 5)
}

#[test]
fn round_shift_rounds_half_up_and_saturates_for_every_shift() {
    let mut random = Random(1);
    let mut bench = Bench::<RoundShift>::new();
    let extremes = [0, 1, -1, 32767, 32768, -32768, -32769, 65535, i32::MAX, i32::MIN];
    let (mut last, mut clamped) = ((0, 0), 0);
    for round in 0..40 {
        for s in 0..32 {
            let near = |x: i64| (x << s) + [-1, 0, 1][round % 3] + if s > 0 { 1 << (s - 1) } else { 0 };
            let x = match extremes.get(round) {
                Some(x) => *x,
                None if round % 2 == 0 => near([32767, -32769, 0, -1][round / 2 % 4]) as i32,
                None => (random.word() as i32) >> random.below(20),
            };
            let enabled = !random.once_in(4);
            bench.clock(&[bits(x.into(), 32), s, 0]);
            bench.clock(&[random.word() & 0xFFFF_FFFF, random.below(32), enabled.into()]);
            let exact = if s == 0 { i128::from(x) } else { (i128::from(x) + (1 << (s - 1))) >> s };
            let y = exact.clamp(-32768, 32767);
            if enabled {
                last = (bits(y as i64, 16), u64::from(y != exact));
                clamped += last.1;
            }
            assert_eq!(bench.clock(&[0, 0, 0]), [last.0, last.1], "x = {x}, s = {s}");
        }
    }
    assert!(clamped > 100, "{clamped} clamped");
    bench.replay("round_shift");
}

#[test]
fn the_index_of_f_is_the_magnitude_in_512ths_and_its_rest() {
    let mut bench = Bench::<TableIndex>::new();
    let some = (-32768..=32767)
        .step_by(37)
        .chain([-32768, -16385, -16384, -16383, -512, -1, 0, 1, 511, 512, 16383, 16384, 32767]);
    for y in some {
        bench.clock(&[1, bits(y, 16), 0, 0]);
        let magnitude = y.unsigned_abs();
        let (entry, frac) = ((magnitude >> 9).min(32), (magnitude & 511) << 3);
        let outputs = bench.clock(&[0, bits(!y, 16), 0, 0]);
        assert_eq!(outputs[..3], [entry, frac, 4096 - frac], "y = {y}");
    }
    bench.replay("index_act");
}

#[test]
fn normalisation_takes_the_same_clocks_for_every_word() {
    let mut random = Random(2);
    let mut bench = Bench::<TableIndex>::new();
    let mut normalise = |word: u64, [start, index]: [u64; 2]| {
        let noise = word & 0xFFFF_FFFF;
        bench.clock(&[start, 0, word, noise]);
        for _ in 0..22 {
            bench.clock(&[0, 0, !word & ((1 << 44) - 1), !noise & 0xFFFF_FFFF]);
        }
        bench.clock(&[index, 0, 0, 0]);
        bench.clock(&[0, 0, 0, 0])
    };
    for round in 0..200 {
        let word = (random.word() >> 20 >> (round % 44)).max(1);
        let k = ((word.leading_zeros() - 20) / 2).min(22);
        let normal = word << (2 * k);
        let frac = (normal >> 27) & 4095;
        assert_eq!(
            normalise(word, [4, 2]),
            [64 + (normal >> 39), frac, 4096 - frac, u64::from(21 - k)],
            "q = {word}"
        );
    }
    for round in 0..200 {
        let word = random.word() >> 32 >> (round % 32);
        let k = (word as u32).leading_zeros().min(15);
        let normal = word << 12 << k;
        let frac = (normal >> 27) & 4095;
        let entry = 128 + 16 * u64::from(15 - k) + ((normal >> 39) & 15);
        assert_eq!(normalise(word, [5, 3])[..3], [entry, frac, 4096 - frac], "w = {word}");
    }
    bench.replay("index_normalise");
}

/// Row a is there when row b's first product is added, row b when it is loaded, the next lane's when rows are shifted.
#[test]
fn a_lane_sums_each_row_whatever_the_gaps() {
    let mut random = Random(3);
    let mut bench = Bench::<Lane>::new();
    let mut before = 0;
    for row in 0..60 {
        let (mut sum, mut word) = (0i32, 0);
        for at in 0..1 + random.below(40) {
            let extreme = row % 4 == 0;
            let weight = if extreme { -127 } else { random.word() as i8 };
            bench.clock(&[bits(weight.into(), 8), 1, u64::from(at == 0), word, 0, 0, 0]);
            let x = if extreme { -32768 } else { random.word() as i16 };
            sum = sum.wrapping_add(i32::from(x) * i32::from(weight));
            word = bits(x.into(), 16);
            while random.once_in(3) {
                bench.clock(&[random.below(256), 0, random.below(2), word, 0, 0, 0]);
                word = random.below(1 << 16);
            }
        }
        bench.clock(&[0, 0, 1, word, 0, 0, 0]);
        bench.clock(&[0, 0, 0, 7, 0, 0, 0]);
        let shifts = random.below(3);
        let mut row_now = bits(before, 32);
        for _ in 0..shifts {
            let next = random.word() & 0xFFFF_FFFF;
            assert_eq!(bench.clock(&[0, 0, 0, 8, 0, 1, next])[0], row_now, "row {row}");
            row_now = next;
        }
        assert_eq!(bench.clock(&[0, 0, 0, 8, 1, 0, 3])[0], row_now, "row {row}");
        assert_eq!(bench.clock(&[0, 0, 0, 8, 0, 0, 3])[0], bits(sum.into(), 32), "row {row}");
        before = sum.into();
    }
    bench.replay("lane");
}

#[test]
fn a_ring_turns_its_front_behind_the_last() {
    for slots in [1, 2, 4, 16] {
        let mut random = Random(slots);
        let mut bench = Bench::of(Words::new(slots as usize));
        for last in 0..slots {
            // a word for each: what the slots held before does not matter
            let mut words: Vec<u64> = (0..=last).map(|_| random.below(512)).collect();
            words.iter().for_each(|word| drop(bench.clock(&[1, last, 1, *word])));
            for _ in 0..60 {
                let (turn, set, word) = (random.below(2), random.below(2), random.below(512));
                assert_eq!(bench.clock(&[turn, last, set, word])[0], words[0]);
                if set == 1 {
                    words[0] = word;
                }
                words.rotate_left(turn as usize);
            }
        }
        bench.replay(&format!("ring_{slots}"));
    }
}

#[test]
fn a_hash_takes_a_token_in_17_clocks() {
    let mut random = Random(12);
    let mut bench = Bench::<Hash>::new();
    for _ in 0..60 {
        let multiplier = random.below(1 << 16);
        bench.clock(&[1, 0, 7, 7]);
        let mut c = 0u64;
        for _ in 0..3 {
            let token = random.below(1 << 16);
            bench.clock(&[0, 1, token, multiplier]);
            c = (c * multiplier + token) & 0xFFFF;
            let waited = (1..40).find(|_| bench.clock(&[0, 0, random.below(1 << 16), 5])[1] == 1);
            assert_eq!(waited, Some(HASH_CLOCKS));
        }
        assert_eq!(bench.clock(&[0; 4])[0], c);
    }
    bench.replay("hash");
}

#[test]
fn an_address_comes_out_of_the_headers_words_after_22_clocks() {
    let mut random = Random(4);
    let mut bench = Bench::of(Address::new(0x10_0000, RamStyle::Plain));
    for _ in 0..40 {
        let words: [u64; 32] = std::array::from_fn(|_| random.below(1 << 16));
        for (field, word) in words.iter().enumerate() {
            bench.clock_unknown(&[1, field as u64, *word, 0, 0, 0]);
        }
        let long = |at: usize| words[at] << 16 | words[at + 1];
        let index = random.below(1 << 16);
        // the tape is one record: nobody asks for another
        let regions = [0, long(12) + index * words[21], long(14), long(16) + index * long(18)];
        for (region, offset) in regions.into_iter().enumerate() {
            let index = if region % 2 == 0 { 0 } else { index };
            bench.clock_unknown(&[0, 0, 0, 1, region as u64, index]);
            let noise = |random: &mut Random| [0, random.below(32), random.below(1 << 16), 0, 3, 5];
            let waited = (1..40).find(|_| bench.clock(&noise(&mut random))[1] == 1);
            assert_eq!(waited, Some(ADDRESS_CLOCKS));
            assert_eq!(bench.clock(&[0; 6])[0], (0x10_0000 + offset) & 0xFF_FFFF, "region {region}");
        }
    }
    bench.replay("address");
}

#[test]
fn nibbles_become_bytes_words_and_weights() {
    let mut random = Random(5);
    let mut bench = Bench::<Nibbles>::new();
    let mut taken: Vec<u64> = Vec::new();
    for _ in 0..3000 {
        let (align, take, nibble, wide) =
            (random.once_in(30), !random.once_in(4), random.below(16), random.below(2));
        let outputs = bench.clock(&[align.into(), take.into(), nibble, wide]);
        if take {
            taken.push(nibble);
        }
        let [byte, word] =
            [taken.len().is_multiple_of(2), taken.len().is_multiple_of(4)].map(|whole| whole && take);
        let weight = if wide == 1 { byte } else { take };
        assert_eq!(outputs[..3], [byte, word, weight].map(u64::from));
        let value = |n: usize| taken[taken.len() - n..].iter().fold(0, |value, nibble| value * 16 + nibble);
        assert!(!byte || outputs[3] == value(2));
        assert!(!word || outputs[4] == value(4));
        let sign_extended = if nibble < 8 { nibble } else { nibble + 0xF0 };
        assert!(!weight || outputs[5] == if wide == 1 { value(2) } else { sign_extended });
        if align {
            taken.clear();
        }
    }
    bench.replay("unpack");
}

#[test]
fn xorshift_steps_as_published() {
    let mut uut = XorShift::default();
    uut.connect_all();
    let mut random = Random(6);
    for x in [1, u32::MAX, 1 << 31].into_iter().chain((0..200).map(|_| random.word() as u32)) {
        uut.x.next = u64::from(x).into();
        assert!(simulate(&mut uut, 100));
        assert_eq!(uut.y.val().to_u64(), u64::from(xorshift(x)));
    }
    assert_eq!(xorshift(1), 270_369);
}

/// A pass of `last + 1` tokens: noise and winners of those that get logits, in their order.
fn choices(bench: &mut Bench<Choose>, random: &mut Random, position: u32, last: u64, each: bool) {
    let port = |at: usize, value| {
        let mut inputs = [0; 13];
        (inputs[2], inputs[3], inputs[at]) = (last, each.into(), value);
        inputs
    };
    let [quiet, head, turn, step_noise] =
        [(12, 0), (4, 1), (5, 1), (6, 1)].map(|(at, value)| port(at, value));
    bench.clock(&head);
    (0..=last).for_each(|_| drop(bench.clock(&quiet)));
    let positions = std::iter::successors(Some(xorshift(position)), |word| Some(xorshift(*word)));
    let first = if each { 0 } else { last };
    let mut rows: Vec<u32> = positions.take(last as usize + 1).map(|word| word ^ 0x9E37_79B9).collect();
    let rows = &mut rows[first as usize..];
    let mut best: Vec<Option<(i64, u64)>> = vec![None; rows.len()];
    for token in 0..30 {
        for (row, best) in rows.iter_mut().zip(&mut best) {
            let outputs = bench.clock(&step_noise);
            *row = xorshift(*row);
            assert_eq!(outputs[0], u64::from(*row));
            let score = random.below(9) as i64 * 8191 - 32768;
            let mut entry = port(7, 1);
            (entry[8], entry[9]) = (bits(score, 16), token);
            bench.clock(&entry);
            if best.is_none_or(|(most, _)| score > most) {
                *best = Some((score, token));
            }
            bench.clock(&turn);
        }
    }
    for best in best {
        assert_eq!(bench.clock(&turn)[1], best.unwrap().1);
    }
}

#[test]
fn the_lowest_token_of_the_largest_score_wins_and_noise_follows_the_seed() {
    let mut random = Random(7);
    let mut bench = Bench::of(Choose::new(4));
    let mut position = 1;
    for seed in [None, Some(0), Some(0xDEAD_BEEF), None, Some(1)] {
        if let Some(seed) = seed {
            bench.clock(&[1, seed, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            position = (seed as u32).max(1);
        }
        for _ in 0..8 {
            let last = random.below(4);
            let each = random.once_in(2);
            choices(&mut bench, &mut random, position, last, each);
            // recall, a step for every token kept, settle
            let kept = 1 + random.below(last + 1);
            bench.clock(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
            for _ in 0..kept {
                bench.clock(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
                position = xorshift(position);
            }
            bench.clock(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        }
    }
    bench.replay("choose");
}

/// All counters, after the events of every one have been walked over.
fn read_counters(
    bench: &mut Bench<Counters>,
    idle: &mut impl FnMut(&mut Bench<Counters>, u64) -> u64,
) -> Vec<u64> {
    for _ in 0..53 {
        idle(bench, 0);
    }
    // the first one counts clocks, and would not stand still
    let halves: Vec<u64> = (2..26).chain([0]).map(|select| idle(bench, select)).collect();
    halves[1..].chunks(2).map(|half| half[0] << 16 | half[1]).collect()
}

#[test]
fn counters_count_their_events_and_the_last_pass_its_own() {
    let mut random = Random(8);
    let mut bench = Bench::of(Counters::new());
    let (mut counts, mut in_pass, mut beats) = ([0u64; 13], false, 0);
    let mut quiet =
        |bench: &mut Bench<Counters>, select| bench.clock(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, select])[0];
    // one walk after power-up; the word that is looked at is left out, so the look moves on
    for clock in 0..120 {
        bench.clock_unknown(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, clock / 60]);
    }
    bench.clock_unknown(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for round in 0..12 {
        // often enough for a carry into the high half in one of them
        for _ in 0..if round == 5 { 70_000 } else { 300 } {
            let event = |random: &mut Random, n| u64::from(random.once_in(n));
            let clear = if round == 5 { 0 } else { event(&mut random, 900) };
            let [beat, pass, done] =
                [if round == 5 { 1 } else { 2 }, 400, 300].map(|n| event(&mut random, n));
            let others: [u64; 7] = std::array::from_fn(|_| event(&mut random, 5));
            bench.clock(&[&[clear, beat, pass, done], &others[..], &[random.below(26)]].concat());
            let inside = u64::from(in_pass);
            let [a, b, c, d, e, guess, accept] = others;
            let steps = [1, beat, 0, pass, a, b, c, d, e, inside, inside & beat, guess, accept];
            counts.iter_mut().zip(steps).for_each(|(count, step)| *count += step);
            beats += beat;
            if pass == 1 {
                counts[9..11].fill(0);
            }
            if clear == 1 {
                (counts, beats) = ([0; 13], 0);
            }
            counts[2] = beats / 2;
            in_pass = pass == 1 || (in_pass && done == 0);
        }
        // the pass ends, so that its counters stand still
        bench.clock(&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        counts[9] += u64::from(in_pass);
        in_pass = false;
        assert_eq!(read_counters(&mut bench, &mut quiet), counts[1..], "round {round}");
        assert!(round != 5 || counts[1] > 65_536, "{counts:?}");
    }
    bench.replay("counters");
}

#[test]
fn a_single_port_reads_or_writes_and_keeps_what_it_read() {
    for (style, banks) in
        [(RamStyle::Plain, 1), (RamStyle::Block, 2), (RamStyle::Huge, 4), (RamStyle::Plain, 16)]
    {
        let mut random = Random(9);
        let mut bench = Bench::of(Single::new(style, banks));
        let words = 16 * banks as u64;
        let mut memory: Vec<u64> = (0..words).map(|_| random.below(1 << 16)).collect();
        for (at, word) in memory.iter().enumerate() {
            bench.clock_unknown(&[at as u64 / 16, at as u64 % 16, 1, *word]);
        }
        bench.clock_unknown(&[0, 0, 0, 0]);
        let mut rdata = memory[0];
        for _ in 0..500 {
            let (at, write, word) = (random.below(words), random.below(2), random.below(1 << 16));
            assert_eq!(bench.clock(&[at / 16, at % 16, write, word])[0], rdata);
            match write {
                1 => memory[at as usize] = word,
                _ => rdata = memory[at as usize],
            }
        }
        bench.replay(&format!("single_port_{style:?}_{banks}"));
    }
}

#[test]
fn a_banked_port_keeps_its_banks_apart() {
    for banks in [1, 4, 16] {
        let mut random = Random(13);
        let mut bench = Bench::of(Banked::new(RamStyle::Plain, banks));
        let words = 8 * banks as u64;
        let mut memory: Vec<u64> = (0..words).map(|_| random.below(1 << 16)).collect();
        for (at, word) in memory.iter().enumerate() {
            bench.clock_unknown(&[0, 0, 1, at as u64 / 8, at as u64 % 8, *word]);
        }
        bench.clock_unknown(&[0; 6]);
        let mut rdata = memory[0];
        for _ in 0..500 {
            let (from, to) = (random.below(words), random.below(words));
            let (write, word) = (random.below(2), random.below(1 << 16));
            let write = write & u64::from(from != to);
            assert_eq!(bench.clock(&[from / 8, from % 8, write, to / 8, to % 8, word])[0], rdata);
            rdata = memory[from as usize];
            if write == 1 {
                memory[to as usize] = word;
            }
        }
        bench.replay(&format!("banked_port_{banks}"));
    }
}

#[test]
fn a_dual_port_reads_and_writes_in_one_clock_though_not_the_same_word() {
    let mut random = Random(10);
    let mut bench = Bench::of(Dual::new(RamStyle::Plain));
    let mut memory: Vec<u64> = (0..16).map(|_| random.below(1 << 16)).collect();
    for (at, word) in memory.iter().enumerate() {
        bench.clock_unknown(&[0, 1, at as u64, *word]);
    }
    bench.clock_unknown(&[0, 0, 0, 0]);
    let mut rdata = memory[0];
    for _ in 0..500 {
        // often the same address
        let (from, to) = (random.below(4), random.below(4));
        let (write, word) = (random.below(2) & u64::from(from != to), random.below(1 << 16));
        assert_eq!(bench.clock(&[from, write, to, word])[0], rdata);
        rdata = memory[from as usize];
        if write == 1 {
            memory[to as usize] = word;
        }
    }
    bench.replay("dual_port");
}

#[test]
fn a_pair_port_reads_two_words_from_any_address_on() {
    let mut random = Random(11);
    let mut bench = Bench::of(Pairs::new(RamStyle::Plain));
    let mut memory: Vec<u64> = (0..16).map(|_| random.below(1 << 16)).collect();
    for (at, word) in memory.iter().enumerate() {
        bench.clock_unknown(&[0, 1, at as u64, *word]);
    }
    bench.clock_unknown(&[0, 0, 0, 0]);
    let mut pair = [memory[0], memory[1]];
    for _ in 0..500 {
        // often the same address, and often around the end
        let (from, to) = ((random.below(4) + 14) % 16, (random.below(4) + 14) % 16);
        let apart = from != to && (from + 1) % 16 != to;
        let (write, word) = (random.below(2) & u64::from(apart), random.below(1 << 16));
        assert_eq!(bench.clock(&[from, write, to, word]), pair);
        pair = [memory[from as usize], memory[(from as usize + 1) % 16]];
        if write == 1 {
            memory[to as usize] = word;
        }
    }
    bench.replay("pair_port");
}

#[test]
fn contents_are_there_at_power_up() {
    let words = [-1i16, 0, 300, i16::MIN];
    let mut bench = Bench::of(Dual::with(RamStyle::Plain, &words));
    bench.clock_unknown(&[0, 0, 0, 0]);
    for (at, word) in words.iter().enumerate() {
        let next = (at as u64 + 1) % words.len() as u64;
        assert_eq!(bench.clock(&[next, 0, 0, 0])[0], bits((*word).into(), 16));
    }
    bench.replay("dual_port_contents");

    let words: Vec<u64> = (0..11).map(|at| (at * 0x123_4567_89AB) & ((1 << 46) - 1)).collect();
    let mut bench = Bench::of(Program::new(&words));
    bench.clock_unknown(&[0]);
    for at in 0..16 {
        // what was not given is zero
        assert_eq!(bench.clock(&[(at + 1) % 16])[0], words.get(at as usize).copied().unwrap_or(0));
    }
    bench.replay("rom");
}
