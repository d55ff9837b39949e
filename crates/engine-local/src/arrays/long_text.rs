//! Texts too long for a column.

use crate::error::{Outcome, value};

/// That a column can hold a text of so many bytes: it counts them with 32 bits.
///
/// # Errors
/// If it cannot.
pub(crate) fn fits(bytes: usize) -> Outcome<()> {
    match u32::try_from(bytes) {
        Ok(_) => Ok(()),
        Err(_) => Err(value("a text of more than 4 GB would be made, which no column holds")),
    }
}
