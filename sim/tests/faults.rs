//! The machine is treated badly: whatever happens at its pins, it writes golden's text or says that it cannot.

use statestream_image::config::{Config, FlashBus};
use statestream_image::rng::Rng;
use statestream_image::testing::{random_image, small};
use statestream_sim::host::Request;
use statestream_sim::rtl::RtlOptions;
use statestream_sim::stimulus::{text, wired, Bench};

#[test]
fn a_machine_that_is_configured_anew_at_any_clock_finds_its_flash_and_writes_golden_text() {
    let (image, mut rng) = (random_image(71, &small()), Rng::new(71));
    let tiny = Config::named("tiny").unwrap();
    for config in [tiny.clone(), wired(&tiny, FlashBus::Dual), wired(&tiny, FlashBus::Dtr)] {
        let mut bench = Bench::rtl(&config, &image, &RtlOptions::default(), "restart").unwrap();
        let request = Request::Feed { tokens: vec![1, 2, 3], logits: false }.encode().unwrap();
        for _ in 0..20 {
            let clocks = rng.below(20_000) as u64;
            bench.engine.raw(&request, clocks);
            bench.restart(rng.bits() as u32).unwrap();
            assert!(bench.engine.passes().is_empty());
            bench.run(&text(&mut rng, image.header.vocab, 2, 2)).unwrap();
            bench.state().unwrap();
            bench.saturations().unwrap();
        }
    }
}
