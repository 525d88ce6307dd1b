//! Starting the simulated machine.

use std::path::Path;

use anyhow::{anyhow, Result};
use statestream_image::config::Config;
use statestream_sim::rtl::{Rtl, RtlOptions};

use crate::files::{self, ImageFile};
use crate::progress;

/// The configuration of this name.
pub fn named(name: &str) -> Result<Config> {
    Config::named(name).map_err(|error| anyhow!("--config: {error}"))
}

/// The same, if the image fits it.
pub fn fitting(name: &str, path: &Path, file: &ImageFile) -> Result<Config> {
    let config = named(name)?;
    config.admits(&file.image).map_err(|error| files::at(path, error))?;
    Ok(config)
}

/// Compiles the Verilog, or takes what was compiled before, and boots it with the image in its flash.
pub fn start(config: &Config, image: &[u8], options: &RtlOptions) -> Result<Rtl> {
    let spinner = progress::spinner("compiling and booting the simulated machine (a minute when it is new)");
    let rtl = Rtl::new(config, image, options).map_err(|error| anyhow!("{error}"));
    spinner.finish_and_clear();
    rtl
}
