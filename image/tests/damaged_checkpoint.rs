//! One test for each way a checkpoint can be damaged: the reader names the tensor or field, what it found and the rule.

use statestream_image::checkpoint::{Checkpoint, Tensor};
use statestream_image::model::{Block, Ssm};
use statestream_image::testing::{random_checkpoint, shapes, small};

type Change = fn(&mut Checkpoint);

fn checkpoint() -> Checkpoint {
    random_checkpoint(1, &small())
}

fn parse_error(bytes: &[u8]) -> String {
    Checkpoint::parse(bytes).unwrap_err().to_string()
}

/// The error of a checkpoint after `change`.
fn refusal(change: impl FnOnce(&mut Checkpoint)) -> String {
    let mut checkpoint = checkpoint();
    change(&mut checkpoint);
    parse_error(&checkpoint.to_safetensors().unwrap())
}

/// The error after replacing text in the file's header, which keeps its length.
fn patched(from: &str, to: &str) -> String {
    assert_eq!(from.len(), to.len());
    let mut bytes = checkpoint().to_safetensors().unwrap();
    let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
    bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
    parse_error(&bytes)
}

#[test]
fn no_such_file() {
    let error = Checkpoint::read("no/such.safetensors".as_ref()).unwrap_err().to_string();
    assert!(error.starts_with("no/such.safetensors: "), "{error}");
    assert!(error.ends_with("; give the path of a readable safetensors file"), "{error}");
}

#[test]
fn cut_off_anywhere() {
    let bytes = checkpoint().to_safetensors().unwrap();
    for length in (0..bytes.len()).step_by(7) {
        let error = parse_error(&bytes[..length]);
        assert!(error.starts_with(&format!("the checkpoint is cut off after {length} bytes (")), "{error}");
    }
}

#[test]
fn not_safetensors() {
    let mut bytes = checkpoint().to_safetensors().unwrap();
    bytes[8] = b'[';
    let error = parse_error(&bytes);
    assert!(error.starts_with("the checkpoint is no safetensors file ("), "{error}");
    assert!(error.ends_with("); export the model as safetensors"), "{error}");
}

#[test]
fn no_config_or_vocab() {
    assert_eq!(
        patched("\"config\":", "\"konfig\":"),
        "`__metadata__` has no `config`, the packer needs `config` and `vocab` as JSON; export the model with both"
    );
    assert_eq!(
        patched("\"vocab\":", "\"wocab\":"),
        "`__metadata__` has no `vocab`, the packer needs `config` and `vocab` as JSON; export the model with both"
    );
}

#[test]
fn another_architecture() {
    assert_eq!(
        patched("\\\"block\\\":\\\"gated\\\"", "\\\"arch\\\":\\\"hybrid\\\""),
        "`config`: arch is `hybrid`, the machine runs state-space models only; train one with scripts/train/train.py, or distil this one with scripts/train/distill.py"
    );
}

#[test]
fn unknown_values_in_the_config() {
    let error = patched("\\\"gated\\\"", "\\\"gates\\\"");
    assert!(
        error.starts_with("`config` in `__metadata__`: unknown variant `gates`, expected `gated` or `plain`"),
        "{error}"
    );
    let error = patched("\\\"dws\\\"", "\\\"s4d\\\"");
    assert!(
        error.starts_with("`config` in `__metadata__`: unknown variant `s4d`, expected `dws` or `s5`"),
        "{error}"
    );
    let error = patched("\\\"silu\\\"", "\\\"gelu\\\"");
    assert!(
        error.starts_with("`config` in `__metadata__`: unknown variant `gelu`, expected `silu` or `relu`"),
        "{error}"
    );
    let error = patched("\\\"channels\\\"", "\\\"khannels\\\"");
    assert!(error.starts_with("`config` in `__metadata__`: missing field `channels`"), "{error}");
}

#[test]
fn sizes_that_no_machine_runs() {
    let cases: [(Change, &str); 6] = [
        (|c| c.shape.config.conv_taps = 3, "conv_taps is 3, the rule is 0 or 4, and 0 in plain blocks"),
        (|c| c.shape.config.num_blocks = 0, "num_blocks is 0, the rule is 1 to 4096"),
        (|c| c.shape.config.num_states = 0, "num_states is 0, the rule is 1 to 16 with dws"),
        (|c| c.shape.config.channels = 16384, "channels is 16384, the rule is 1 to 16383"),
        (|c| c.shape.config.vocab_size = 65537, "vocab_size is 65537, the rule is 1 to 65536"),
        (|c| c.shape.config.norm_eps = -1.0, "norm_eps is -1, the rule is finite and above 0"),
    ];
    for (change, text) in cases {
        assert_eq!(refusal(change), format!("`config`: {text}; change the model"));
    }
}

#[test]
fn plain_with_dws_is_refused_with_the_reason() {
    let text = refusal(|c| (c.shape.config.block, c.shape.config.ssm) = (Block::Plain, Ssm::Dws));
    assert_eq!(
        text,
        "`config`: block `plain` with ssm `dws` has no term that mixes channels, so no token could see another channel; \
         use ssm `s5` or block `gated`"
    );
}

#[test]
fn a_vocabulary_of_another_length() {
    assert_eq!(
        refusal(|c| c.vocab.truncate(10)),
        "`vocab` has 10 tokens, `config` says vocab_size 11; they must be equal, export the right vocabulary"
    );
}

#[test]
fn a_vocabulary_with_an_empty_or_a_repeated_token() {
    assert_eq!(
        refusal(|c| c.vocab[4].clear()),
        "`vocab`: token 4 is \"\", tokens are non-empty and differ from each other; export the right vocabulary"
    );
    assert_eq!(
        refusal(|c| c.vocab[7] = c.vocab[2].clone()),
        "`vocab`: token 7 is \"#\", tokens are non-empty and differ from each other; export the right vocabulary"
    );
}

#[test]
fn each_missing_tensor_is_named() {
    for shape in shapes() {
        let whole = random_checkpoint(1, &shape);
        for (name, tensor) in &whole.tensors {
            // Absence of these means something: a tied head, no learnt initial state.
            if name == "head.weight" || name == "backbone.0.ssm_layer.state_lora" {
                continue;
            }
            let mut checkpoint = whole.clone();
            checkpoint.tensors.remove(name);
            let error = parse_error(&checkpoint.to_safetensors().unwrap());
            let shape = &tensor.shape;
            // Without layer 0's read-out its axes are unknown, and real weights are assumed.
            if name.ends_with("0.ssm_layer.E") || name.ends_with("0.ssm_layer.C") {
                assert!(error.starts_with(&format!("tensor `{name}` of shape [")), "{error}");
                continue;
            }
            assert_eq!(
                error,
                format!("tensor `{name}` of shape {shape:?} is missing; the `config` asks for it")
            );
        }
    }
}

#[test]
fn an_unknown_tensor_is_named() {
    let extra = Tensor { shape: vec![2, 3], data: vec![0.0; 6] };
    let text = refusal(|c| {
        c.tensors.insert("backbone.2.D".into(), extra);
    });
    assert_eq!(
        text,
        "tensor `backbone.2.D` of shape [2, 3] is unknown to this `config`; remove it or correct the `config`"
    );
}

#[test]
fn each_misshapen_tensor_is_named_with_both_shapes() {
    let whole = checkpoint();
    for (name, tensor) in &whole.tensors {
        let mut checkpoint = whole.clone();
        let mut found = tensor.shape.clone();
        found[0] += 1;
        let data = vec![0.0; found.iter().product()];
        checkpoint.tensors.insert(name.clone(), Tensor { shape: found.clone(), data });
        let expected = &tensor.shape;
        assert_eq!(
            parse_error(&checkpoint.to_safetensors().unwrap()),
            format!("tensor `{name}` has shape {found:?}, the `config` asks for {expected:?}; correct one of them")
        );
    }
}

#[test]
fn each_tensor_that_is_not_finite_is_named() {
    let whole = checkpoint();
    for (name, tensor) in &whole.tensors {
        for (value, text) in [(f64::NAN, "NaN"), (f64::NEG_INFINITY, "-inf")] {
            let mut checkpoint = whole.clone();
            let index = tensor.data.len() - 1;
            checkpoint.tensors.get_mut(name).unwrap().data[index] = value;
            assert_eq!(
                parse_error(&checkpoint.to_safetensors().unwrap()),
                format!("tensor `{name}`: element {index} is {text}, every element must be finite; train again from an earlier step")
            );
        }
    }
}

#[test]
fn integers_are_no_weights() {
    assert_eq!(
        patched("\"dtype\":\"F32\"", "\"dtype\":\"I32\"").split(',').next(),
        Some("tensor `backbone.0.D` holds I32")
    );
}
