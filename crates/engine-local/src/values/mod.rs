//! Single values: dates, decimals, amounts of money, and texts that are read as values. Nothing here knows of columns.

pub(crate) mod calendar;
pub(crate) mod decimal;
pub(crate) mod digest;
pub(crate) mod fdlibm;
pub(crate) mod iso;
pub(crate) mod money;
pub(crate) mod parse;
pub(crate) mod title_case;
