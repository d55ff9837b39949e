//! How numbers are written: by a format, or with their digits in groups.

mod duration;
mod group;
mod locale;
mod number;

pub use duration::seconds;
pub use group::{grouped, quantity, thousands};
pub use locale::Locale;
pub use number::NumberFormat;
