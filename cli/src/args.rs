//! Arguments that several commands share, and how their values are read.

use anyhow::{anyhow, bail, Result};
use statestream_image::config::Config;
use statestream_image::layout::Header;
use statestream_image::vocab::Vocab;

/// Fraction bits that a temperature has beyond a logit's (`FORMAT.md`, section 5).
const TEMPERATURE_FRAC: i32 = 3;

/// How the next token is chosen.
#[derive(clap::Args, Clone, Copy)]
pub struct Sampling {
    /// Temperature of the noise added to the logits; 0 takes the likeliest token
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    pub temperature: f64,
    /// Seed of that noise (decimal or 0x..; 0 is taken as 1). In cosim also of the registers' random values before reset
    #[arg(long, value_name = "S", default_value = "1", value_parser = number::<u32>)]
    pub seed: u32,
}

impl Sampling {
    /// The machine's temperature word, t = round(temperature 2^(logit_frac + 3)).
    pub fn word(&self, header: &Header) -> Result<i16> {
        let scale = f64::from(header.logit_frac as i32 + TEMPERATURE_FRAC).exp2();
        let word = (self.temperature * scale).round();
        let most = f64::from(i16::MAX);
        if !(0.0..=most).contains(&word) || (word == 0.0 && self.temperature != 0.0) {
            let (x, least, most) = (self.temperature, 1.0 / scale, most / scale);
            bail!("--temperature {x} is outside what this image's logits allow: 0, or {least:.5} to {most:.4}; choose one of these");
        }
        Ok(word as i16)
    }
}

/// The most tokens that share a pass: what was asked for, if there is room for them, or as many as the configuration has room for.
pub fn tokens_per_pass(asked: Option<u16>, most: usize, config: &Config) -> Result<u16> {
    let tokens = asked.map_or(config.tokens, usize::from);
    match (1..=most).contains(&tokens) {
        true => Ok(tokens as u16),
        false => bail!(
            "--tokens-per-pass {tokens}: here 1 to {most} tokens share a pass (configuration `{}` is built for {}); choose one of these, or a configuration with more",
            config.name,
            config.tokens
        ),
    }
}

/// The prompt's tokens, at least one.
pub fn prompt(text: &str, vocab: &[String]) -> Result<Vec<u16>> {
    if text.is_empty() {
        bail!("--prompt is empty, but a pass needs a token to begin with; give at least one character, --prompt \" \" for instance");
    }
    Vocab::new(vocab).encode(text).map_err(|error| anyhow!("--prompt: {error}"))
}

/// A number in decimal or, behind `0x`, in hexadecimal.
pub fn number<T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    let value = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    let value = value.map_err(|_| "not a number in decimal or 0x..".to_string())?;
    T::try_from(value).map_err(|_| format!("{value} has more bits than this value"))
}

/// `BYTE:BIT`, bit 0 the lowest.
pub fn corruption(text: &str) -> Result<(usize, u8), String> {
    let (byte, bit) = text.split_once(':').ok_or("it must be BYTE:BIT, 4096:7 for instance")?;
    let bit = number::<u8>(bit)?;
    match bit < 8 {
        true => Ok((number(byte)?, bit)),
        false => Err(format!("bit {bit} of a byte; bits are 0 to 7")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal_or_hexadecimal_and_never_cut() {
        assert_eq!(number::<u32>("0x5eed"), Ok(0x5eed));
        assert_eq!(number::<u32>("17"), Ok(17));
        assert!(number::<u32>("4294967296").is_err());
        assert!(number::<u32>("-1").is_err());
    }

    #[test]
    fn a_corruption_is_a_byte_and_one_of_its_bits() {
        assert_eq!(corruption("0x10:7"), Ok((16, 7)));
        assert!(corruption("16").is_err());
        assert!(corruption("16:8").is_err());
    }

    #[test]
    fn temperature_one_is_two_to_the_logit_fraction_plus_three() {
        let header = Header { logit_frac: 10, ..Header::default() };
        let word = |temperature| Sampling { temperature, seed: 1 }.word(&header).ok();
        assert_eq!(
            [0.0, 1.0, -1.0, 5.0, 1e-9, f64::NAN].map(word),
            [Some(0), Some(8192), None, None, None, None]
        );
    }
}
