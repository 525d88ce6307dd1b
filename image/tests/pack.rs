//! Packing checkpoints of every kind: what comes out parses, is proved, and is the same bytes every time.

use statestream_image::bounds::{prove, BoundError};
use statestream_image::build::{pack, PackError, PackOptions, Packed};
use statestream_image::checkpoint::Checkpoint;
use statestream_image::draft::{DraftError, DraftOptions};
use statestream_image::gptq::Hessian;
use statestream_image::layout::{flag, Image, Kind};
use statestream_image::model::Activation;
use statestream_image::plan::Role;
use statestream_image::quantise::{quantise, QuantisedRow, Scale, Width};
use statestream_image::rng::Rng;
use statestream_image::testing::{random_checkpoint, random_image, random_shape, shapes, small};

fn options(weights: Width, scale: Scale) -> PackOptions {
    PackOptions { weights, scale, ..PackOptions::default() }
}

#[test]
fn every_kind_of_model_packs_in_every_width_and_scale() {
    for (seed, shape) in shapes().iter().enumerate() {
        let checkpoint = random_checkpoint(seed as u64, shape);
        for weights in [Width::W4, Width::W8, Width::Ternary] {
            for scale in [Scale::Mantissa, Scale::PowerOfTwo] {
                let packed = pack(&checkpoint, &options(weights, scale)).unwrap();
                assert_eq!(Image::parse(&packed.bytes).as_ref(), Ok(&packed.image));
            }
        }
    }
}

#[test]
fn random_shapes_pack() {
    for seed in 0..40 {
        let checkpoint = random_checkpoint(seed, &random_shape(seed));
        let text = (0..200).map(|i| (i * 7 % checkpoint.vocab.len()) as u16).collect();
        let options = PackOptions { calibration: Some(text), ..PackOptions::default() };
        let packed = pack(&checkpoint, &options).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        assert_eq!(Image::parse(&packed.bytes).as_ref(), Ok(&packed.image), "seed {seed}");
    }
}

#[test]
fn random_images_keep_every_bound() {
    for seed in 0..200 {
        prove(&random_image(seed, &random_shape(seed))).unwrap();
    }
}

#[test]
fn equal_inputs_give_equal_bytes() {
    let checkpoint = random_checkpoint(7, &small());
    let bytes = || pack(&checkpoint, &options(Width::W4, Scale::Mantissa)).unwrap().bytes;
    assert_eq!(bytes(), bytes());
}

#[test]
fn the_number_of_threads_does_not_change_a_byte() {
    let checkpoint = random_checkpoint(7, &small());
    let bytes = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| pack(&checkpoint, &options(Width::W4, Scale::Mantissa)).unwrap().bytes)
    };
    assert_eq!(bytes(1), bytes(5));
}

#[test]
fn a_checkpoint_survives_its_file() {
    for shape in shapes() {
        let checkpoint = random_checkpoint(3, &shape);
        let bytes = checkpoint.to_safetensors().unwrap();
        assert_eq!(Checkpoint::parse(&bytes).unwrap(), checkpoint);
    }
}

#[test]
fn the_report_states_what_the_image_holds() {
    let checkpoint = random_checkpoint(7, &small());
    let packed = pack(&checkpoint, &PackOptions::default()).unwrap();
    let report = &packed.report;
    // Two layers of 16 channels with three samples of history and one complex state.
    assert_eq!(report.state_bytes, 2 * 2 * 16 * 5);
    assert_eq!(report.bytes, packed.bytes.len());
    assert_eq!(report.params, checkpoint.params());
    assert_eq!(report.sha256.len(), 64);
    assert_eq!(report.tape_bytes % 2, 0);
    assert_eq!(report.proof.rows, 2 * (16 + 8) + 11);
}

#[test]
fn a_draft_text_adds_a_table_and_leaves_the_model_alone() {
    let checkpoint = random_checkpoint(7, &small());
    let with = |tokens: Vec<u16>| {
        let draft = Some(DraftOptions { tokens, slots: 256 });
        pack(&checkpoint, &PackOptions { draft, ..PackOptions::default() })
    };
    let plain = pack(&checkpoint, &PackOptions::default()).unwrap();
    let drafted = with([1, 2, 3].repeat(40)).unwrap();
    assert_eq!((plain.report.draft_bytes, plain.report.draft_hit_rate), (0, None));
    assert_eq!((drafted.report.draft_bytes, drafted.report.draft_hit_rate), (256, Some(1.0)));
    assert_eq!(Image::parse(&drafted.bytes).as_ref(), Ok(&drafted.image));
    assert_eq!(drafted.bytes.len() - plain.bytes.len(), 272);
    assert_eq!(drafted.image.header.model_id, plain.image.header.model_id);
    assert_eq!(drafted.image.sections[0].at - plain.image.sections[0].at, 272);
    assert_eq!(with(Vec::new()).unwrap_err(), PackError::Draft(DraftError::NoText));
}

#[test]
fn one_matrix_can_have_its_own_width() {
    let overrides = vec![(Role::Output, Width::W4), (Role::Head, Width::W4)];
    let options = PackOptions { overrides, ..PackOptions::default() };
    let image = pack(&random_checkpoint(7, &small()), &options).unwrap().image;
    for section in &image.sections {
        let narrow = matches!(section.kind, Kind::Residual | Kind::Logit);
        assert!(section.rows.iter().all(|row| (row.params[0] >= 0) == narrow));
    }
}

/// Every row of these tensors times a scale of its own, as -1, 0 and 1, which it returns.
fn ternarise(checkpoint: &mut Checkpoint, tensor: &str) -> Vec<Vec<i8>> {
    let tensor = checkpoint.tensors.get_mut(tensor).unwrap();
    let cols = tensor.shape[1];
    let rows = tensor.data.chunks_mut(cols).enumerate().map(|(i, row)| {
        // a row of few weights, one of many, one of none
        let level = [0.05, 0.3, 9.0][i % 3];
        let weights: Vec<i8> =
            row.iter().map(|w| if w.abs() < level * 0.5 { 0 } else { w.signum() as i8 }).collect();
        row.iter_mut().zip(&weights).for_each(|(w, t)| *w = f64::from(*t) * (0.01 + 0.003 * i as f64));
        weights
    });
    rows.collect()
}

#[test]
fn a_ternary_checkpoint_is_packed_without_loss() {
    for shape in [small(), shapes()[3].clone(), shapes()[5].clone()] {
        let mut checkpoint = random_checkpoint(7, &shape);
        let gain = checkpoint.tensors.get_mut("backbone.0.pre_norm.weight").unwrap();
        gain.data.fill(1.0);
        let names = ["in_proj.weight", "out_proj.weight", "ssm_layer.B"];
        let names = names.map(|name| format!("backbone.0.{name}"));
        let present: Vec<&String> = names.iter().filter(|n| checkpoint.get(n).is_some()).collect();
        let matrices: Vec<_> = present.iter().map(|name| ternarise(&mut checkpoint, name)).collect();
        let image = pack(&checkpoint, &options(Width::Ternary, Scale::Mantissa)).unwrap().image;
        let layer = image.sections.iter().filter(|section| section.layer == 0);
        let found: Vec<&Vec<i8>> = layer
            .filter(|section| section.has(flag::TERNARY))
            .flat_map(|section| section.rows.iter().map(move |row| (section, row)))
            .flat_map(|(section, row)| {
                // C, row a of the gated read-out, is never ternary
                let a = (section.kind != Kind::Activate).then_some(&row.a);
                a.into_iter().chain(section.has(flag::PAIR).then_some(&row.b))
            })
            .collect();
        let mut wanted: Vec<&Vec<i8>> = matrices.iter().flatten().collect();
        assert_eq!(found.len(), wanted.len());
        let sorted = |mut rows: Vec<Vec<i8>>| {
            rows.sort();
            rows
        };
        let (found, wanted) = (found.into_iter().cloned().collect(), wanted.drain(..).cloned().collect());
        assert_eq!(sorted(found), sorted(wanted));
    }
}

#[test]
fn gptq_serves_ternary_rows_of_correlated_inputs_better_than_rounding() {
    let mut rng = Rng::new(5);
    let inputs: Vec<Vec<f64>> = (0..400)
        .map(|_| {
            let common = rng.normal();
            (0..32).map(|_| rng.normal() + 2.0 * common).collect()
        })
        .collect();
    let mut hessian = Hessian::default();
    inputs.iter().for_each(|x| hessian.add(x));
    let rows: Vec<Vec<f64>> = (0..8).map(|_| (0..32).map(|_| 0.1 * rng.normal()).collect()).collect();
    let error = |hessian: Option<&Hessian>| -> f64 {
        let quantised = quantise(&rows, &[1.0; 8], Width::Ternary, Scale::Mantissa, hessian).unwrap();
        let row = |(row, q): (&Vec<f64>, &QuantisedRow)| -> f64 {
            let scale = f64::from(q.m) / 16384.0 / f64::from(q.q & 31).exp2();
            let miss = |x: &Vec<f64>| -> f64 {
                (0..32).map(|i| x[i] * (row[i] - f64::from(q.weights[i]) * scale)).sum()
            };
            inputs.iter().map(|x| miss(x).powi(2)).sum()
        };
        rows.iter().zip(&quantised).map(row).sum()
    };
    let (gptq, nearest) = (error(Some(&hessian)), error(None));
    assert!(gptq < 0.5 * nearest, "{gptq} against {nearest}");
}

#[test]
fn head_and_readout_stay_wide_where_the_rest_is_ternary() {
    let checkpoint = random_checkpoint(7, &shapes()[3]);
    let image = pack(&checkpoint, &options(Width::Ternary, Scale::Mantissa)).unwrap().image;
    assert_eq!(image.meta.weights, "ternary");
    for section in &image.sections {
        let widths = |i: usize| -> Vec<Width> {
            section.rows.iter().map(|row| section.width(row.params[i])).collect()
        };
        let all = |width, i| assert!(widths(i).into_iter().all(|found| found == width), "{:?}", section.kind);
        match section.kind {
            Kind::Activate => (all(Width::W8, 0), all(Width::Ternary, 3)).0,
            Kind::Logit => all(Width::W8, 0),
            _ => all(Width::Ternary, 0),
        }
    }
}

#[test]
fn a_row_beyond_its_accumulator_is_named() {
    let mut shape = small();
    shape.config.d_inner = 300;
    let mut image = random_image(1, &shape);
    let out_proj = &mut image.sections[5];
    assert_eq!(out_proj.kind, Kind::Residual);
    out_proj.rows[3].a = vec![127; 300];
    let error = prove(&image).unwrap_err();
    assert_eq!(
        error.to_string(),
        "layer 1, out_proj, row 3: the accumulator can reach 1248460800, it must stay below 1073741824 (sum of |w| times 2^15); \
         give this matrix 4-bit weights or fewer inputs"
    );
}

#[test]
fn rows_on_a_normalised_vector_may_be_longer() {
    let mut shape = small();
    shape.config.channels = 300;
    let mut image = random_image(1, &shape);
    let in_proj = &mut image.sections[1];
    in_proj.rows[3].b = vec![127; 300];
    assert!(prove(&image).is_ok());
    // Nor does a normalised vector have its norm under a table that is not the formula's.
    let mut dishonest = image.clone();
    dishonest.tables[statestream_image::layout::RSQRT_AT + 20] += 1;
    assert!(matches!(prove(&dishonest), Err(BoundError::Accumulator { row: 3, .. })));
    // After a COPY the vector is h itself, whose norm nothing bounds.
    image.sections[0].flags |= statestream_image::layout::flag::COPY;
    assert!(matches!(
        prove(&image),
        Err(BoundError::Accumulator { row: 3, matrix: "in_proj (res half)", .. })
    ));
}

#[test]
fn a_pole_on_the_unit_circle_is_named() {
    let mut image = random_image(1, &small());
    let section = &mut image.sections[1];
    let at = section.kind_at() + 1;
    section.rows[2].params[at..at + 3].copy_from_slice(&[-32768, 0, 0]);
    let error = prove(&image).unwrap_err().to_string();
    assert_eq!(
        error,
        "layer 0, channel 2, state 0: pole (-32768, 0) has ar^2 + ai^2 = 1073741824, it must be below 2^30; round the pole toward zero"
    );
}

#[test]
fn factors_that_leave_32_bits_are_named() {
    let mut image = random_image(1, &small());
    let section = &mut image.sections[1];
    let at = section.kind_at();
    section.rows[4].params[at - 4..at].copy_from_slice(&[32767, -32768, 1, 0]);
    let error = prove(&image).unwrap_err().to_string();
    let shift = section_shift(&image);
    assert_eq!(
        error,
        format!("layer 0, row 4: |w0| + |w1| + |w2| + |w3| sums to 65536, the limit is {} with a shift of {shift}; choose a smaller format",
            if shift == 16 { 65534 } else { 65535 })
    );
}

fn section_shift(image: &Image) -> u32 {
    image.sections[1].shifts[0]
}

fn refusal(change: impl FnOnce(&mut Checkpoint)) -> String {
    let mut checkpoint = random_checkpoint(7, &small());
    change(&mut checkpoint);
    pack(&checkpoint, &PackOptions::default()).unwrap_err().to_string()
}

fn set(checkpoint: &mut Checkpoint, name: &str, at: usize, value: f64) {
    checkpoint.tensors.get_mut(name).unwrap().data[at] = value;
}

#[test]
fn a_bias_beyond_its_format_is_named() {
    assert_eq!(
        refusal(|c| set(c, "backbone.1.in_proj.bias", 5, 40.0)),
        "layer 1, row 5: the bias is 81920 in its format, a word holds -32768 to 32767; scale it down in the model"
    );
}

#[test]
fn a_scale_that_needs_a_left_shift_is_named() {
    let text = refusal(|c| set(c, "backbone.0.in_proj.weight", 8 * 20, 3000.0));
    assert!(text.starts_with("layer 0, in_proj, row 20: one unit of its accumulator is "), "{text}");
    assert!(
        text.ends_with(" units of its result, it must be below 2; scale the row's weights down"),
        "{text}"
    );
}

#[test]
fn a_residual_beyond_16_bits_is_named() {
    let text = refusal(|c| set(c, "embedding.weight", 0, 30000.0));
    assert_eq!(
        text,
        "|h| reaches 3.000e4, 1.5 times that must stay below 32768; scale the model's residual down"
    );
}

#[test]
fn a_model_that_diverges_is_named() {
    let text = refusal(|c| {
        set(c, "backbone.1.D", 0, 1e300);
        set(c, "backbone.1.out_proj.weight", 0, 1e300);
    });
    assert_eq!(
        text,
        "layer 2: h becomes infinite or NaN on the calibration text, no format holds that; train the model further"
    );
}

#[test]
fn calibration_needs_tokens_of_this_vocabulary() {
    let checkpoint = random_checkpoint(7, &small());
    let with = |text| PackOptions { calibration: Some(text), ..PackOptions::default() };
    assert_eq!(pack(&checkpoint, &with(vec![])), Err(PackError::NoCalibration));
    assert_eq!(
        pack(&checkpoint, &with(vec![1, 11])).unwrap_err().to_string(),
        "calibration token 1 is 11, the vocabulary has 11; encode the text with this model's vocabulary"
    );
}

/// A plain block of many channels, whose normalised vector has 10 fraction bits, and D of 1.
fn wide_plain(activation: Activation) -> Result<Packed, PackError> {
    let mut shape = shapes()[5].clone();
    (shape.config.channels, shape.config.activation) = (256, activation);
    let mut checkpoint = random_checkpoint(7, &shape);
    checkpoint.tensors.get_mut("backbone.0.D").unwrap().data.fill(1.25);
    checkpoint.tensors.get_mut("backbone.0.pre_norm.weight").unwrap().data.fill(1.0);
    let text = (0..64).map(|i| i * 5 % 11).collect();
    pack(&checkpoint, &PackOptions { calibration: Some(text), ..PackOptions::default() })
}

#[test]
fn a_skip_that_silu_cannot_take_is_named() {
    assert_eq!(
        wide_plain(Activation::Silu).unwrap_err().to_string(),
        "layer 0, row 0: D is 40960 in its format, a word holds -32768 to 32767; scale it down in the model"
    );
}

#[test]
fn relu_gives_way_to_a_large_skip() {
    wide_plain(Activation::Relu).unwrap();
}
