//! A story is told whole, and what it says of itself is what the machine did.

use statestream_image::config::Config;
use statestream_image::testing::{random_draft, random_image, small};
use statestream_sim::stimulus::variant;
use statestream_sim::stress::Story;

#[test]
fn a_long_text_is_golden_and_its_figures_are_the_machines() {
    let config = variant(&Config::named("tiny").expect("in configs.toml"), 4);
    let mut shape = small();
    shape.config.vocab_size = 3;
    let mut image = random_image(1, &shape);
    random_draft(&mut image, 1, 64);
    let state = image.header.state_words;
    let story =
        Story { name: "a test".into(), config, image, prompt: vec![1, 2], count: 60, temperature: 12000 };
    let told = story.tell().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(told.faults, [""; 0]);
    assert_eq!((told.tokens, told.state_words), (62, state));
    let [drafted, accepted] = told.guesses;
    assert!(accepted > 0 && accepted < drafted && told.passes + accepted == 61, "{told:?}");
}
