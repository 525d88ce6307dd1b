//! A configuration says what it cannot hold, and what could.

use statestream_image::config::{Config, ConfigError};
use statestream_image::layout::{Header, Image};
use statestream_image::testing::{random_image, random_ternary, small};

fn header() -> Header {
    Header { d: 128, vector_words: 384, state_words: 7680, max_params: 16, ..Header::default() }
}

/// An image that asks for this, whatever it holds.
fn image(header: Header) -> Image {
    Image { header, ..random_image(1, &small()) }
}

fn refusal(config: &str, header: &Header) -> String {
    Config::named(config).unwrap().admits(&image(header.clone())).unwrap_err().to_string()
}

#[test]
fn the_default_configuration_holds_the_default_model() {
    assert_eq!(Config::named("up5k").unwrap().admits(&image(header())), Ok(()));
}

#[test]
fn each_memory_that_is_too_small_is_named() {
    let cases = [
        (Header { d: 33, ..header() }, "33 words of h, configuration `tiny` has 32"),
        (
            Header { d: 8, vector_words: 129, ..header() },
            "129 words of vector memory, configuration `tiny` has 128",
        ),
        (
            Header { d: 8, vector_words: 9, state_words: 513, ..header() },
            "513 words of state, configuration `tiny` has 512",
        ),
        (
            Header { d: 8, vector_words: 9, state_words: 9, max_params: 65, ..header() },
            "65 parameter words in a row, configuration `tiny` has 64",
        ),
    ];
    for (header, text) in cases {
        assert!(refusal("tiny", &header).starts_with(&format!("the image needs {text}; ")), "{text}");
    }
}

#[test]
fn a_refusal_names_the_configurations_that_fit() {
    assert_eq!(
        refusal("tiny", &header()),
        "the image needs 128 words of h, configuration `tiny` has 32; an image must fit every memory: this one fits `ecp5-25`, `ecp5-25-dtr`, `ecp5-25-dual`, `ecp5-85`, `up5k`, `up5k-t4`, `up5k-ternary`"
    );
    let huge = Header { d: 4096, ..header() };
    assert_eq!(
        refusal("ecp5-85", &huge),
        "the image needs 4096 words of h, configuration `ecp5-85` has 512; an image must fit every memory: \
         no configuration of configs.toml holds this one, pack a smaller model"
    );
}

#[test]
fn an_unknown_configuration_is_answered_with_the_known_ones() {
    let error = Config::named("up4k").unwrap_err().to_string();
    assert_eq!(
        error,
        "configuration `up4k` is not in configs.toml, which has `ecp5-25`, `ecp5-25-dtr`, `ecp5-25-dual`, `ecp5-85`, `tiny`, `tiny-ternary`, `up5k`, `up5k-t4`, `up5k-ternary`; choose one of these"
    );
}

#[test]
fn a_depth_that_is_no_power_of_two_is_refused() {
    let text = "[odd]\nh_words = 100\nvector_words = 128\nstate_words = 512\nparam_words = 64\nmemory = \"plain\"\nclock_hz = 1\nuart_divisor = 1";
    assert_eq!(
        Config::from_toml(text).unwrap_err().to_string(),
        "configs.toml: odd.h_words = 100, but depths are powers of two; choose 128"
    );
}

#[test]
fn ternary_rows_are_refused_where_they_are_not_served() {
    let image = random_ternary(2, &small());
    let section = image.sections.iter().position(|section| section.flags >> 9 == 1).unwrap();
    assert_eq!(
        Config::named("up5k").unwrap().admits(&image).unwrap_err().to_string(),
        format!(
            "the image has ternary rows (section {section}), configuration `up5k` reads W4 and W8 only; this one fits `tiny-ternary`, `up5k-ternary`"
        )
    );
    assert_eq!(Config::named("up5k-ternary").unwrap().admits(&image), Ok(()));
}

#[test]
fn ternary_rows_need_a_bus_of_four_bits() {
    for flash in ["dual", "dtr"] {
        let text = format!("[odd]\nternary = true\nflash = \"{flash}\"\nh_words = 128\nvector_words = 128\nstate_words = 512\nparam_words = 64\nmemory = \"plain\"\nclock_hz = 1\nuart_divisor = 1");
        assert_eq!(
            Config::from_toml(&text).unwrap_err().to_string(),
            format!("configs.toml: odd.ternary = true, but odd.flash = \"{flash}\" brings 8 bits per clock, and a machine takes ternary weights from 4; choose flash = \"quad\" or ternary = false")
        );
    }
}

#[test]
fn a_missing_or_unknown_field_is_refused() {
    let missing = Config::from_toml("[odd]\nh_words = 64").unwrap_err();
    assert!(matches!(missing, ConfigError::Syntax { .. }), "{missing}");
    assert!(missing.to_string().starts_with("configs.toml: missing field"), "{missing}");
}
