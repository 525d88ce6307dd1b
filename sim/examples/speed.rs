use statestream_golden::Model;
use statestream_image::layout::Image;
use statestream_image::{build, checkpoint::Checkpoint, config::Config};
use statestream_sim::engine::Engine;
use statestream_sim::lockstep::Lockstep;
use statestream_sim::rtl::{Rtl, RtlOptions};
fn main() {
    let path = "out/m.w4.img";
    let bytes = std::fs::read(path).unwrap_or_else(|_| {
        let ckpt = Checkpoint::read("models/shakespeare_m.safetensors".as_ref()).unwrap();
        let mut o = build::PackOptions::default();
        o.weights = statestream_image::quantise::Width::W4;
        let p = build::pack(&ckpt, &o).unwrap();
        std::fs::create_dir_all("out").unwrap();
        std::fs::write(path, &p.bytes).unwrap();
        p.bytes
    });
    let image = Image::parse(&bytes).unwrap();
    let model = Model::new(&image).unwrap();
    let config = Config::named("up5k").unwrap();
    let t = std::time::Instant::now();
    let mut rtl = Rtl::new(&config, &bytes, &RtlOptions::default()).unwrap();
    println!("built and booted {:?} {:?}", t.elapsed(), rtl.info());
    let mut lock = Lockstep::new(&model, &image.sections, "rtl", "replay");
    let t = std::time::Instant::now();
    let c0 = rtl.cycles();
    let r = rtl.feed(&[30, 27], false, &mut lock);
    println!("{:?}", r.map_err(|e| e.to_string()));
    if let Err(e) = lock.verdict() {
        println!("{e}");
    }
    let r = rtl.generate(4, &mut lock);
    println!("{:?}", r.map_err(|e| e.to_string()));
    if let Err(e) = lock.verdict() {
        println!("{e}");
    }
    let dt = t.elapsed().as_secs_f64();
    println!(
        "{} cycles in {dt:.2} s: {:.0}/s, words {}",
        rtl.cycles() - c0,
        (rtl.cycles() - c0) as f64 / dt,
        lock.words()
    );
    println!("{:?}", rtl.counters().unwrap());
    println!("predicted {:?} {:?}", statestream_sim::cycles::pass_cycles(&image, &config, true), statestream_sim::cycles::pass_cycles(&image, &config, false));
    rtl.feed(&[1,2],false,&mut lock).unwrap();
    println!("breaches {:?}", rtl.flash().breaches());
}
