//! Which chip it is, and what cannot be made of it.

/// A kind of chip: its size and what its data sheet asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Bytes, a power of two of at most 2^24.
    pub bytes: usize,
    /// tRES1: from the end of `AB` to the next command.
    pub wake_ns: u64,
    /// tRST: from the end of `99` to the next command.
    pub reset_ns: u64,
    /// tSHSL: the shortest time between two transactions.
    pub deselect_ns: u64,
    /// The highest SCK frequency for `EB`.
    pub max_hz: u64,
    /// The highest SCK frequency for `ED`.
    pub max_double_hz: u64,
}

impl Part {
    /// W25Q128JV, 16 MiB: on the iCEBreaker and the ULX3S.
    pub const W25Q128: Part = Part::w25q(16 << 20);
    /// W25Q32JV, 4 MiB: on the UPduino.
    pub const W25Q32: Part = Part::w25q(4 << 20);

    /// Refuses an image that does not fit there.
    pub(super) fn check(self, image: &[u8], base: usize) -> Result<(), FlashError> {
        if !self.bytes.is_power_of_two() || self.bytes > 1 << 24 {
            return Err(FlashError::Size { bytes: self.bytes });
        }
        match base.checked_add(image.len()) {
            Some(end) if end <= self.bytes => Ok(()),
            _ => Err(FlashError::Image { image: image.len(), base, flash: self.bytes }),
        }
    }

    const fn w25q(bytes: usize) -> Part {
        Part {
            bytes,
            wake_ns: 3_000,
            reset_ns: 30_000,
            deselect_ns: 50,
            max_hz: 104_000_000,
            max_double_hz: 66_000_000,
        }
    }
}

/// A flash that cannot be made as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlashError {
    /// The part's size cannot be addressed with 24 bits.
    #[error("a flash of {bytes} bytes: the size must be a power of two of at most 2^24")]
    Size {
        /// The size asked for.
        bytes: usize,
    },
    /// The image ends behind the chip.
    #[error(
        "an image of {image} bytes at {base:#x} ends behind the flash's {flash} bytes; take a larger part"
    )]
    Image {
        /// Bytes of the image.
        image: usize,
        /// Where it was to start.
        base: usize,
        /// Bytes of the flash.
        flash: usize,
    },
    /// The design's clock is beyond the part, or zero.
    #[error("an SCK of {clock_hz} Hz: this flash reads at 1 to {max_hz} Hz")]
    Clock {
        /// The design's clock.
        clock_hz: u64,
        /// The part's limit.
        max_hz: u64,
    },
    /// A bit to be flipped that is not there.
    #[error("bit {bit} of byte {byte:#x} is not in a flash of {flash} bytes of 8 bits")]
    Bit {
        /// The byte's address.
        byte: usize,
        /// The bit, 0 the lowest.
        bit: u8,
        /// Bytes of the flash.
        flash: usize,
    },
}
