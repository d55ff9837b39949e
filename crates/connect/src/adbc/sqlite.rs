//! SQLite, whose columns hold values of any type.

use tidemill_core::table::DataType;

/// The type of the values that a column of that declared type keeps as they are; None if the driver cannot bring them.
pub(super) fn declared(declared: &str) -> Option<DataType> {
    let declared = declared.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    Some(match () {
        () if has(&["INT"]) => DataType::Int,
        () if has(&["CHAR", "TEXT", "CLOB"]) => DataType::String,
        () if has(&["REAL", "FLOA", "DOUB"]) => DataType::Float,
        () if has(&["BOOL"]) => DataType::Bool,
        () if has(&["DATETIME", "TIMESTAMP"]) => DataType::Datetime,
        () if has(&["DATE"]) => DataType::Date,
        () => return None,
    })
}
