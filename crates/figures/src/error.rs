//! What can go wrong while a figure is drawn.

/// Why a figure could not be drawn. The data never are a reason: what cannot be drawn is left out.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// The picture would be too small to hold anything, or too large for memory.
    #[error(
        "a figure of {width:.2} x {height:.2} inches at {dpi} dots per inch cannot be drawn; each side must be between 0.5 and 100 inches, and at most 20000 pixels"
    )]
    Size {
        /// Inches.
        width: f64,
        /// Inches.
        height: f64,
        /// Dots per inch.
        dpi: u32,
    },
    /// A column is not as long as the keys are.
    #[error("column `{column}` has {rows} rows, but the keys have {expected}")]
    Length {
        /// Its name.
        column: String,
        /// Its number of rows.
        rows: usize,
        /// The number of keys.
        expected: usize,
    },
    /// The picture could not be made from the drawing.
    #[error("the drawing could not be turned into a picture: {0}")]
    Raster(String),
}
