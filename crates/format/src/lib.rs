//! How numbers are written: by a format, or with their digits in groups.

mod group;
mod number;

pub use group::{grouped, quantity, thousands};
pub use number::NumberFormat;
