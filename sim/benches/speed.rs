//! What the binding costs: the same model and the same recorded inputs, once in a bare C++ loop, once through typed handles;
//! and what the models at the pins cost beside it.
//!
//! `cargo bench -p statestream-sim` prints all in half clocks per second, and the loops' ratio from interleaved runs.

#![allow(clippy::print_stdout, reason = "a bench reports on the terminal")]
#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

use std::time::{Duration, Instant};

use criterion::{criterion_group, criterion_main, Criterion, Throughput};
use statestream_sim::flash::{Flash, Part, Power};
use statestream_sim::uart::Uart;
use statestream_sim::verilator::{Build, In, Model, Out, VerilatorError};

const HALF_CLOCKS: usize = 400_000;
const ROUNDS: usize = 15;

struct Lanes {
    model: Model,
    clock: In<u8>,
    reset: In<u8>,
    valid: In<u8>,
    nibble: In<u8>,
    word: In<u16>,
    sum: Out<u32>,
}

impl Lanes {
    fn load() -> Result<Lanes, VerilatorError> {
        let build = Build::new("lanes").verilog("lanes.v", include_str!("lanes.v"));
        let build = build.input("clock", 1).input("reset", 1).input("valid", 1);
        let model = build.input("nibble", 4).input("word", 16).output("sum", 32).load(1)?;
        Ok(Lanes {
            clock: model.input("clock")?,
            reset: model.input("reset")?,
            valid: model.input("valid")?,
            nibble: model.input("nibble")?,
            word: model.input("word")?,
            sum: model.output("sum")?,
            model,
        })
    }

    fn in_rust(&mut self, stimulus: &[u8]) -> u32 {
        for step in stimulus.chunks_exact(6) {
            self.model.set(self.clock, step[0]);
            self.model.set(self.reset, step[1]);
            self.model.set(self.valid, step[2]);
            self.model.set(self.nibble, step[3]);
            self.model.set(self.word, u16::from_ne_bytes([step[4], step[5]]));
            self.model.eval();
        }
        self.model.get(self.sum)
    }

    fn in_cpp(&mut self, stimulus: &[u8]) -> u32 {
        self.model.replay(stimulus).expect("whole steps");
        self.model.get(self.sum)
    }
}

/// Inputs of every half clock, as `Model::replay` wants them; the first clocks reset.
fn record() -> Vec<u8> {
    let mut noise = 0x1234_5678u32;
    let mut step = |half: usize| {
        if half.is_multiple_of(2) {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
        }
        let [low, high, valid, nibble] = noise.to_ne_bytes();
        [(half % 2) as u8, u8::from(half < 4), u8::from(valid & 7 != 0), nibble & 15, low, high]
    };
    (0..HALF_CLOCKS).flat_map(&mut step).collect()
}

fn seconds(run: impl FnOnce() -> u32) -> f64 {
    let start = Instant::now();
    std::hint::black_box(run());
    start.elapsed().as_secs_f64()
}

/// Interleaved, so that a change of the machine's clock or load meets both; the medians are compared.
fn ratio(lanes: &mut Lanes, stimulus: &[u8]) {
    let (mut cpp, mut rust): (Vec<f64>, Vec<f64>) = (0..ROUNDS)
        .map(|_| (seconds(|| lanes.in_cpp(stimulus)), seconds(|| lanes.in_rust(stimulus))))
        .unzip();
    let cycles = HALF_CLOCKS as f64 / 2.0;
    let [cpp, rust] = [&mut cpp, &mut rust].map(|times| {
        times.sort_by(f64::total_cmp);
        cycles / times[ROUNDS / 2]
    });
    println!("bare C++ loop: {cpp:.3e} cycles/s; Rust loop: {rust:.3e} cycles/s; ratio {:.3}", rust / cpp);
}

fn speed(criterion: &mut Criterion) {
    let stimulus = record();
    let [mut lanes, mut other] = [(); 2].map(|()| Lanes::load().expect("run scripts/setup.sh"));
    // The state that the seed drew is overwritten before the loops are compared.
    assert_eq!(lanes.model.replay_step(), 6);
    assert_eq!(lanes.in_rust(&stimulus), other.in_cpp(&stimulus), "both loops must do the same work");
    ratio(&mut lanes, &stimulus);
    let mut group = criterion.benchmark_group("half clocks");
    group.throughput(Throughput::Elements(HALF_CLOCKS as u64)).measurement_time(Duration::from_secs(3));
    group.bench_function("bare C++ loop", |bench| bench.iter(|| lanes.in_cpp(&stimulus)));
    group.bench_function("Rust loop", |bench| bench.iter(|| lanes.in_rust(&stimulus)));
    group.finish();
}

/// A design that streams from the flash without a pause while its serial line is idle.
fn pins(criterion: &mut Criterion) {
    let flash = Flash::new(Part::W25Q128, &[], 0, 24_000_000).expect("a fitting clock");
    let (mut flash, mut uart) = (flash.found(Power::Continuous), Uart::new(12));
    let mut half_clocks = move |count: usize, io_oe: u8| {
        (0..count).map(|half| flash.step(false, half % 2 == 1, 0, io_oe) & u8::from(uart.step(true))).sum()
    };
    // Address and mode byte, all zero; dummy clocks and data follow.
    let _: u8 = half_clocks(16, 15);
    let mut group = criterion.benchmark_group("half clocks");
    group.throughput(Throughput::Elements(HALF_CLOCKS as u64)).measurement_time(Duration::from_secs(3));
    group.bench_function("flash and UART", |bench| bench.iter(|| half_clocks(HALF_CLOCKS, 0)));
    group.finish();
}

criterion_group!(benches, speed, pins);
criterion_main!(benches);
