//! Prints a configuration's Verilog.
fn main() {
    let name = std::env::args().nth(1).unwrap_or("tiny".into());
    let config = statestream_image::config::Config::named(&name).unwrap();
    print!("{}", statestream_hdl::machine::verilog(&config).unwrap());
}
