//! Tokens per second on a model of shakespeare_m's shape (d 128, inner 256, 6 blocks, 65 tokens: 0.6 M weights).
//!
//! Speed depends on the shape alone: there is no branch on data. So the image is random, and the bench needs no files.
#![allow(missing_docs, reason = "criterion's macros make an undocumented entry point")]

use criterion::{criterion_group, criterion_main, Criterion, Throughput};
use statestream_golden::{eval, Heads, Model, Session, Trace, MOST_TOKENS};
use statestream_image::model::Shape;
use statestream_image::testing::{random_image, small};
use std::hint::black_box;

/// Characters of a stream, as in the evaluation of a text.
const STREAM: usize = 2048;

fn shakespeare_m() -> Model {
    let mut shape: Shape = small();
    let config = &mut shape.config;
    (config.vocab_size, config.channels, config.d_inner, config.num_blocks) = (65, 128, 256, 6);
    Model::new(&random_image(1, &shape)).unwrap_or_else(|error| panic!("{error}"))
}

fn one_stream(c: &mut Criterion) {
    let model = shakespeare_m();
    let mut group = c.benchmark_group("one stream");
    group.throughput(Throughput::Elements(1));
    for (name, want_logits) in [("feed", false), ("generate", true)] {
        let (mut session, mut token) = (Session::new(&model), 0);
        group.bench_function(name, |b| {
            b.iter(|| {
                token = (token + 7) % 65;
                session.feed(black_box(token), want_logits, None)
            })
        });
    }
    for count in [4, MOST_TOKENS] {
        let (mut session, tokens) = (Session::new(&model), vec![3; count]);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("passes of {count}"), |b| {
            b.iter(|| session.pass(black_box(&tokens), Heads::Last, false, None))
        });
    }
    group.throughput(Throughput::Elements(1));
    let (mut session, mut trace) = (Session::new(&model), Trace::new());
    group.bench_function("traced", |b| b.iter(|| session.feed(black_box(3), true, Some(&mut trace))));
}

fn all_cores(c: &mut Criterion) {
    let model = shakespeare_m();
    let streams = 2 * rayon::current_num_threads();
    let tokens: Vec<u16> = (0..=streams * STREAM).map(|i| (i * 7 % 65) as u16).collect();
    let mut group = c.benchmark_group("all cores");
    group.sample_size(10).throughput(Throughput::Elements((streams * STREAM) as u64));
    group.bench_function("loss", |b| b.iter(|| eval::loss(&model, black_box(&tokens), STREAM)));
}

criterion_group!(benches, one_stream, all_cores);
criterion_main!(benches);
