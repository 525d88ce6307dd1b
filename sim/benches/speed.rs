//! What simulating from Rust costs: the whole machine with flash, UART and trace listener in Rust, against a bare C++ loop that
//! replays the same recorded inputs into the same Verilated model.
//!
//! `cargo bench -p statestream-sim` prints both in cycles per second, and their ratio from interleaved runs.

#![allow(clippy::print_stdout, reason = "a bench reports on the terminal")]
#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

use std::time::{Duration, Instant};

use criterion::{criterion_group, criterion_main, Criterion, Throughput};
use statestream_image::build::{pack, PackOptions};
use statestream_image::checkpoint::Checkpoint;
use statestream_image::config::Config;
use statestream_image::quantise::Width;
use statestream_sim::engine::{Deaf, Engine};
use statestream_sim::rtl::{self, Rtl, RtlOptions};

const ROUNDS: usize = 7;
const PROMPT: [u16; 3] = [30, 27, 25];

/// One image, one machine, and the inputs of a whole run of it.
struct Run {
    config: Config,
    image: Vec<u8>,
    stimulus: Vec<u8>,
    cycles: u64,
    next: u16,
}

impl Run {
    fn record() -> Run {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/shakespeare_s.safetensors");
        let checkpoint = Checkpoint::read(path.as_ref()).expect("the shipped model");
        let options = PackOptions { weights: Width::W4, ..PackOptions::default() };
        let image = pack(&checkpoint, &options).expect("it packs").bytes;
        let config = Config::named("up5k").expect("it is in configs.toml");
        let mut run = Run { config, image, stimulus: Vec::new(), cycles: 0, next: 0 };
        let mut rtl = run.machine(true);
        run.next = rtl.feed(&PROMPT, false, &mut Deaf).expect("golden text").next;
        run.cycles = rtl.cycles();
        run.stimulus = rtl.recording().stimulus;
        run
    }

    fn machine(&self, record: bool) -> Rtl {
        let options = RtlOptions { record, ..RtlOptions::default() };
        Rtl::new(&self.config, &self.image, &options).expect("run scripts/setup.sh")
    }

    /// Cycles per second of a live run, boot included, the model's loading not.
    fn in_rust(&self) -> f64 {
        let mut rtl = self.machine(false);
        let (before, start) = (rtl.cycles(), Instant::now());
        let fed = rtl.feed(&PROMPT, false, &mut Deaf).expect("golden text");
        assert_eq!(fed.next, self.next);
        (rtl.cycles() - before) as f64 / start.elapsed().as_secs_f64()
    }

    /// Cycles per second of the replay.
    fn in_cpp(&self) -> f64 {
        let mut model = rtl::model(&self.config, &RtlOptions::default()).expect("run scripts/setup.sh");
        let start = Instant::now();
        model.replay(&self.stimulus).expect("whole steps");
        let seconds = start.elapsed().as_secs_f64();
        let next = model.output::<u16>("trace_next").expect("it is a port");
        assert_eq!(model.get(next), self.next, "both loops must do the same work");
        self.cycles as f64 / seconds
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn speed(criterion: &mut Criterion) {
    let run = Run::record();
    // Interleaved, so that a change of the computer's clock or load meets both.
    let (cpp, rust) = (0..ROUNDS).map(|_| (run.in_cpp(), run.in_rust())).unzip();
    let (cpp, rust) = (median(cpp), median(rust));
    println!("bare C++ loop: {cpp:.3e} cycles/s; from Rust: {rust:.3e} cycles/s; ratio {:.3}", rust / cpp);
    let mut group = criterion.benchmark_group("simulated cycles");
    group
        .throughput(Throughput::Elements(run.cycles))
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    group.bench_function("bare C++ loop", |bench| bench.iter(|| run.in_cpp()));
    group.bench_function("from Rust", |bench| bench.iter(|| run.in_rust()));
    group.finish();
}

criterion_group!(benches, speed);
criterion_main!(benches);
