use statestream_hdl::core::*;
use statestream_hdl::flash::FlashTiming;
use statestream_hdl::header::Limits;
use statestream_hdl::memory::RamStyle;
fn main() {
    let c = CoreConfig {
        limits: Limits { h: 32, vector: 256, state: 8192, params: 128 },
        tokens: 1,
        flash_base: 0,
        timing: FlashTiming { wake: 72, reset: 720, cs_high: 2 },
        state_style: RamStyle::Plain,
        style: RamStyle::Plain,
    };
    let mut u = Core::<5, 8, 13>::new(&c);
    let v = statestream_hdl::emit::verilog(&mut u, "statestream_core").unwrap();
    std::fs::write("/tmp/core.v", v).unwrap();
}
