//! Bitstream and image in one file: what a board's flash holds from address 0 on.

use crate::board::Board;

/// Erased flash.
const ERASED: u8 = 0xFF;
/// A flash is erased in sectors of this size, and an image that shared one with the bitstream could not be replaced alone.
pub const SECTOR: u32 = 4096;

/// Why the two do not go into one flash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlashFileError {
    /// The bitstream reaches into the image.
    #[error("a bitstream of {bitstream} bytes reaches into the image, which the machine looks for at byte {image_offset}; choose a smaller --config")]
    Bitstream {
        /// Its length.
        bitstream: usize,
        /// Where the image begins.
        image_offset: u32,
    },
    /// The image ends behind the flash.
    #[error("an image of {image} bytes at byte {image_offset} ends behind the {flash} bytes of {board}'s {chip}: {} too many; pack a smaller model", *image_offset as usize + image - flash)]
    Image {
        /// The board.
        board: String,
        /// Its flash chip.
        chip: String,
        /// Length of the image.
        image: usize,
        /// Where it begins.
        image_offset: u32,
        /// Bytes of the flash.
        flash: usize,
    },
    /// The image would not begin a sector.
    #[error("the image's place, byte {image_offset}, does not begin a sector of {SECTOR} bytes; correct image_offset in fpga/boards/{board}/board.toml")]
    Alignment {
        /// The board.
        board: String,
        /// The place.
        image_offset: u32,
    },
}

/// The file: bitstream, erased bytes, image. It ends with the image, so that only what is used is written.
pub fn lay_out(board: &Board, bitstream: &[u8], image: &[u8]) -> Result<Vec<u8>, FlashFileError> {
    check(board, bitstream.len(), image.len())?;
    let mut file = bitstream.to_vec();
    file.resize(board.image_offset as usize, ERASED);
    file.extend(image);
    Ok(file)
}

fn check(board: &Board, bitstream: usize, image: usize) -> Result<(), FlashFileError> {
    let (name, chip, flash) = (board.name.into(), board.flash.clone(), board.flash_bytes);
    let image_offset = board.image_offset;
    if !image_offset.is_multiple_of(SECTOR) {
        return Err(FlashFileError::Alignment { board: name, image_offset });
    }
    if bitstream > image_offset as usize {
        return Err(FlashFileError::Bitstream { bitstream, image_offset });
    }
    match image_offset as usize + image > flash {
        true => Err(FlashFileError::Image { board: name, chip, image, image_offset, flash }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board() -> Board {
        Board::named("icebreaker").unwrap()
    }

    #[test]
    fn the_image_begins_at_its_offset_and_all_between_is_erased() {
        let file = lay_out(&board(), &[1, 2, 3], &[4, 5]).unwrap();
        assert_eq!(file.len(), (1 << 20) + 2);
        assert_eq!((&file[..3], &file[1 << 20..]), (&[1, 2, 3][..], &[4, 5][..]));
        assert!(file[3..1 << 20].iter().all(|&byte| byte == 0xFF));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_sizes() {
        let long = vec![0; (1 << 20) + 1];
        let error = lay_out(&board(), &long, &[0]).unwrap_err().to_string();
        assert!(error.contains("1048577") && error.contains("1048576"), "{error}");
        let small = Board { flash_bytes: 2 << 20, ..board() };
        assert!(lay_out(&small, &[0], &long[..1 << 20]).is_ok());
        let error = lay_out(&small, &[0], &long).unwrap_err().to_string();
        assert!(error.contains("2097152") && error.contains(": 1 too many"), "{error}");
        let crooked = Board { image_offset: 1000, ..board() };
        assert!(lay_out(&crooked, &[0], &[0]).unwrap_err().to_string().contains("1000"));
    }
}
