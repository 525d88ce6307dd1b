//! The core alone, driven at its request ports: no UART in the way.
use statestream_golden::{Model, Session, Trace};
use statestream_hdl::core::{Core, CoreConfig};
use statestream_hdl::emit;
use statestream_hdl::flash::FlashTiming;
use statestream_hdl::header::Limits;
use statestream_hdl::memory::RamStyle;
use statestream_image::testing;
use statestream_sim::flash::{Flash, Part};
use statestream_sim::verilator::{Build, Port};

fn verilog() -> String {
    let config = CoreConfig {
        limits: Limits { h: 32, vector: 256, state: 8192, params: 128 },
        tokens: 1,
        flash_base: 0,
        timing: FlashTiming { wake: 72, reset: 720, cs_high: 2 },
        state_style: RamStyle::Plain,
        style: RamStyle::Plain,
    };
    emit::verilog(&mut Core::<5, 8, 13>::new(&config), "statestream_core").unwrap()
}

fn build(text: &str) -> Build {
    let ports = emit::ports(text, "statestream_core");
    let port = |p: emit::PortText| {
        if p.input {
            Port::input(p.name, p.width)
        } else {
            Port::output(p.name, p.width)
        }
    };
    Build::new("statestream_core").verilog("core.v", text).ports(ports.into_iter().map(port))
}

#[test]
fn every_word_of_every_kind_of_model_is_golden() {
    let text = std::env::var("CORE_V").ok().map_or_else(verilog, |p| std::fs::read_to_string(p).unwrap());
    let build = build(&text);
    let last = std::env::var("LAST").ok().map_or(200, |l| l.parse().unwrap());
    for seed in 0..last {
        let shape = testing::random_shape(seed);
        let image = testing::random_image(seed, &shape);
        let bytes = image.to_bytes();
        let model = Model::new(&image).unwrap();
        let mut session = Session::new(&model);
        let mut trace = Trace::new();
        let mut m = build.load(seed as u32).unwrap();
        let mut flash = Flash::new(Part::W25Q32, &bytes, 0, 24_000_000).unwrap();
        let clock = m.input::<u8>("clock").unwrap();
        let io_i = m.input::<u8>("io_i").unwrap();
        let start = m.input::<u8>("start").unwrap();
        let request = m.input::<u8>("request").unwrap();
        let arg = m.input::<u16>("arg").unwrap();
        let want_head = m.input::<u8>("want_head").unwrap();
        let (sck_en, cs_n, io_o, io_oe) = (
            m.output::<u8>("sck_en").unwrap(),
            m.output::<u8>("cs_n").unwrap(),
            m.output::<u8>("io_o").unwrap(),
            m.output::<u8>("io_oe").unwrap(),
        );
        let ready = m.output::<u8>("ready").unwrap();
        let boot_code = m.output::<u8>("boot_code").unwrap();
        let done = m.output::<u8>("done").unwrap();
        let code = m.output::<u8>("code").unwrap();
        let token = m.output::<u16>("token").unwrap();
        let counter = m.input::<u8>("counter").unwrap();
        let counter_value = m.output::<u32>("counter_value").unwrap();
        let tv = m.output::<u8>("trace_valid").unwrap();
        let ts = m.output::<u16>("trace_section").unwrap();
        let tr = m.output::<u16>("trace_row").unwrap();
        let tw = m.output::<u16>("trace_word").unwrap();
        for name in [
            "stream_logits",
            "commit",
            "invalidate",
            "set_sampling",
            "logit_ready",
            "state_we",
            "clear_counters",
        ] {
            let p = m.input::<u8>(name).unwrap();
            m.set(p, 0);
        }
        m.set(start, 0);
        let mut words: Vec<(u16, u16, i16)> = Vec::new();
        let mut cycle = |m: &mut statestream_sim::verilator::Model, words: &mut Vec<(u16, u16, i16)>| {
            m.set(clock, 0);
            m.eval();
            let x = flash.step(m.get(cs_n) != 0, m.get(sck_en) != 0, m.get(io_o), m.get(io_oe));
            if m.get(tv) != 0 {
                words.push((m.get(ts), m.get(tr), m.get(tw) as i16));
            }
            let _ = x;
            m.set(clock, 1);
            m.eval();
            let x = flash.step(m.get(cs_n) != 0, false, m.get(io_o), m.get(io_oe));
            m.set(io_i, x);
        };
        m.set(clock, 0);
        m.eval();
        let mut t = 0;
        while m.get(ready) == 0 {
            cycle(&mut m, &mut words);
            t += 1;
            assert!(t < 200_000, "boot");
        }
        assert_eq!(m.get(boot_code), 0, "boot code, seed {seed}");
        let mut next = 0u16;
        for step in 0..3 {
            words.clear();
            m.set(start, 1);
            m.set(request, 2);
            m.set(arg, next);
            m.set(want_head, 1);
            cycle(&mut m, &mut words);
            m.set(start, 0);
            let mut t = 0;
            loop {
                m.set(clock, 0);
                m.eval();
                if m.get(done) != 0 {
                    break;
                }
                cycle(&mut m, &mut words);
                t += 1;
                assert!(t < 2_000_000, "pass");
            }
            assert_eq!(m.get(code), 0);
            cycle(&mut m, &mut words);
            let want = session.feed(next, true, Some(&mut trace)).unwrap().unwrap();
            let expected: Vec<(u16, u16, i16)> =
                trace.items().iter().map(|i| (i.section as u16, i.row as u16, i.word)).collect();
            for (k, (g, r)) in expected.iter().zip(&words).enumerate() {
                if g != r {
                    let s = &image.sections[g.0 as usize];
                    panic!("seed {seed} step {step} word {k}: golden {g:?} rtl {r:?}; {:?} flags {:#x}\n golden {:?}\n rtl {:?}", s.kind, s.flags, &expected[k.saturating_sub(3)..(k+12).min(expected.len())], &words[k.saturating_sub(3)..(k+12).min(words.len())]);
                }
            }
            assert_eq!(expected.len(), words.len());
            assert_eq!(m.get(token), want);
            m.set(counter, 9);
            m.set(clock, 0);
            m.eval();
            let cycles = m.get(counter_value);
            m.set(counter, 10);
            m.eval();
            if seed < 8 {
                eprintln!(
                    "seed {seed} token {next} -> {want}: {} words, {cycles} cycles, {} busy",
                    words.len(),
                    m.get(counter_value)
                );
            }
            next = want;
        }
        assert_eq!(flash.breach_count(), 0, "{:?}", flash.breaches());
    }
}
