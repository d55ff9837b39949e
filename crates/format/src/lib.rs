//! How numbers and dates are written: by a format, in a language, in a spreadsheet, or with their digits in groups.

mod date;
mod duration;
mod group;
mod locale;
mod number;
mod spreadsheet;

pub use date::{DateFormat, ValueFormat};
pub use duration::seconds;
pub use group::{grouped, quantity, thousands};
pub use locale::Locale;
pub use number::NumberFormat;
pub use spreadsheet::check_spreadsheet_code;
