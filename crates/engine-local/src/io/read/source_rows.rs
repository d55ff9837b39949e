//! What was read of a source.

use polars::prelude::DataFrame;

/// The rows of a source, and what there is to say of them.
#[derive(Default)]
pub struct SourceRows {
    /// Frames of exactly the columns and types asked for, in the order of the files.
    pub frames: Vec<DataFrame>,
    /// What only reading all of them shows, as sentences for the user; what is known before is a remark of the codec.
    pub warnings: Vec<String>,
}

impl From<Vec<DataFrame>> for SourceRows {
    fn from(frames: Vec<DataFrame>) -> Self {
        Self { frames, warnings: Vec::new() }
    }
}
