use crate::plan::Plan;
use crate::GoldenError;
use statestream_image::layout::{Header, Image};
use std::sync::Arc;

/// A model ready to run: an image, checked and compiled into arrays. Immutable; a clone shares the arrays.
///
/// Weights are widened to i16 (two bytes each, whatever their width on the tape): the dot product then needs no unpacking.
/// The price is memory: 1.2 MB instead of 0.3 MB for a W4 model of 0.6 M weights.
#[derive(Clone, Debug)]
pub struct Model(Arc<Plan>);

impl Model {
    /// Compiles an image; refuses one whose sections contradict `FORMAT.md` or each other, with the section's place.
    ///
    /// The bounds of `FORMAT.md`, section 6, are the packer's to prove and are not proved again; a debug build checks every sum.
    pub fn new(image: &Image) -> Result<Self, GoldenError> {
        Plan::new(image).map(Arc::new).map(Self)
    }

    /// Sizes and binary points.
    pub fn header(&self) -> &Header {
        &self.0.header
    }

    /// CRC-32 that names the model; a state carries it.
    pub fn id(&self) -> u32 {
        self.0.header.model_id
    }

    /// Sections on the tape, without its end.
    pub fn sections(&self) -> usize {
        self.0.sections.len()
    }

    /// States stored in the image; number 0 is the initial state.
    pub fn stored_states(&self) -> usize {
        self.0.states.len()
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.0
    }
}
