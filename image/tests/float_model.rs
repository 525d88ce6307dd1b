//! The float model: what must hold whatever the weights.

use statestream_image::checkpoint::{Checkpoint, Tensor};
use statestream_image::float::nats;
use statestream_image::testing::{random_checkpoint, shapes, small};
use statestream_image::weights::Weights;

fn tokens(count: u16) -> Vec<u16> {
    (0..count).map(|i| i * i % 11).collect()
}

fn logits(checkpoint: &Checkpoint, tokens: &[u16]) -> Vec<Vec<f64>> {
    let weights = Weights::new(checkpoint);
    weights.run(&mut weights.initial_state(), tokens, &mut ())
}

#[test]
fn a_text_in_one_piece_equals_the_text_token_by_token() {
    for shape in shapes() {
        let weights = Weights::new(&random_checkpoint(4, &shape));
        let text = tokens(70);
        let whole = weights.run(&mut weights.initial_state(), &text, &mut ());
        let mut state = weights.initial_state();
        let single: Vec<_> = text.iter().flat_map(|t| weights.run(&mut state, &[*t], &mut ())).collect();
        assert_eq!(whole, single);
    }
}

#[test]
fn a_conv_that_passes_the_newest_sample_equals_no_conv() {
    let mut with = random_checkpoint(4, &small());
    for (name, tensor) in &mut with.tensors {
        if name.ends_with("pre_conv.weight") {
            let newest = tensor.data.len() / 4 * 3;
            tensor.data.iter_mut().enumerate().for_each(|(i, w)| *w = f64::from(u8::from(i >= newest)));
        }
    }
    let mut without = with.clone();
    without.shape.config.conv_taps = 0;
    without.tensors.retain(|name, _| !name.ends_with("pre_conv.weight"));
    assert_eq!(logits(&with, &tokens(20)), logits(&without, &tokens(20)));
}

#[test]
fn a_final_gain_scales_the_logits() {
    let plain = random_checkpoint(4, &small());
    let mut scaled = plain.clone();
    scaled.tensors.insert("norm.weight".into(), Tensor { shape: vec![8], data: vec![2.0; 8] });
    let scaled = Checkpoint::parse(&scaled.to_safetensors().unwrap()).unwrap();
    for (once, twice) in logits(&plain, &tokens(5)).iter().zip(logits(&scaled, &tokens(5))) {
        once.iter().zip(twice).for_each(|(once, twice)| assert!((2.0 * once - twice).abs() < 1e-9));
    }
}

#[test]
fn a_learnt_initial_state_is_heard_in_the_first_logits() {
    let shape = shapes().into_iter().find(|s| s.initial_state).unwrap();
    let mut checkpoint = random_checkpoint(4, &shape);
    let with = logits(&checkpoint, &[0]);
    for (name, tensor) in &mut checkpoint.tensors {
        if name.ends_with("state_lora") {
            tensor.data.fill(0.0);
        }
    }
    assert_ne!(with, logits(&checkpoint, &[0]));
}

#[test]
fn even_logits_cost_the_logarithm_of_the_vocabulary() {
    assert!((nats(&[3.0; 65], 7) - 65f64.ln()).abs() < 1e-12);
    let weights = Weights::new(&random_checkpoint(4, &small()));
    assert_eq!(weights.loss(&[&[], &[3]]), 0.0);
}
