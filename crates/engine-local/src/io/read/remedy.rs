//! What to do about a value that is not of its column's type.

use tidemill_core::table::{Conversion, DataType};

use super::text::is_surely_decimal_comma;
use crate::values::parse;

/// Texts that people write where a value is missing.
const NO_VALUE: [&str; 12] = ["na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "?", ".", "unknown"];

/// The options of a CSV file, or the step, that would read the value.
pub(super) fn remedy(data_type: DataType, value: &str) -> String {
    let value = value.trim();
    let shown: String = value.chars().take(20).collect();
    if NO_VALUE.contains(&value.to_lowercase().as_str()) {
        return format!("if that means NULL, say `options: {{null_values: [\"{shown}\"]}}`");
    }
    if data_type.is_numeric() && is_surely_decimal_comma(value) {
        return "if the comma stands before the fraction, say `options: {decimal: \",\"}`".to_owned();
    }
    if data_type.is_numeric() && is_amount(value) {
        return "load the column as string, and let a `normalize` task take the signs off: `type: money`, or `strip`"
            .to_owned();
    }
    if is_finer_than_tables(data_type, value) {
        return format!(
            "load the column as string, and cut it in a task before: `cast(left(x, {}) as {data_type})`",
            micros_at(value)
        );
    }
    if matches!(data_type, DataType::Date | DataType::Datetime | DataType::Time) {
        return format!(
            "load the column as string, and say in a `normalize` task how it is written: `{{type: {data_type}, format: …}}`"
        );
    }
    "correct the value, or load the column as string and convert it in a `normalize` task".to_owned()
}

/// What in `normalize`'s `columns`, or before it, would read the value; `takes` says which options the source takes, as far as
/// that is known.
pub(crate) fn in_normalize(conversion: &Conversion, value: &str, takes: &dyn Fn(&str) -> bool) -> String {
    let value = value.trim();
    let shown: String = value.chars().take(20).collect();
    let is_number = conversion.data_type.is_numeric();
    if NO_VALUE.contains(&value.to_lowercase().as_str()) {
        let loaded = if takes("null_values") { ", or `null_values` where the file is loaded" } else { "" };
        return format!("if that means NULL, say `map: {{\"{shown}\": null}}`{loaded}");
    }
    if is_number && is_surely_decimal_comma(value) {
        let comma = "if the comma stands before the fraction, ";
        if takes("decimal") {
            return format!("{comma}say `options: {{decimal: \",\"}}` where the file is loaded");
        }
        let (column, to) = (&conversion.column, conversion.data_type);
        return format!(
            "{comma}leave the column as it is here, and convert it: \
             `derive: {{{column}: \"cast(replace(replace({column}, '.', ''), ',', '.') as {to})\"}}`"
        );
    }
    if is_number && !conversion.money && is_amount(value) {
        let signs: String = value.chars().filter(|c| !c.is_ascii_digit() && !matches!(c, '.' | '-' | '"')).collect();
        return format!("take the signs off with `strip: \"{}\"`", signs.trim());
    }
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    if conversion.data_type == DataType::Datetime && digits {
        return format!("seconds since 1970 are read by `derive: {{{}: to_timestamp(…)}}`", conversion.column);
    }
    if conversion.data_type == DataType::Date && parse::iso_date(value).is_some() {
        return "it is written as ISO 8601 has it: leave `format` out, or say `format: \"%Y-%m-%d\"`".to_owned();
    }
    if conversion.data_type == DataType::Date && parse::iso_datetime(value).is_some() {
        return "it has a time of day: make it a `datetime`, and take the day by `cast(… as date)` in `derive`"
            .to_owned();
    }
    if is_finer_than_tables(conversion.data_type, value) {
        let (column, length, to) = (&conversion.column, micros_at(value), conversion.data_type);
        return format!(
            "tables keep six digits behind the second: leave it a string here, and cut it by `cast(left({column}, {length}) as {to})`"
        );
    }
    if conversion.data_type.is_temporal() && conversion.formats.is_empty() {
        return "say how it is written, as `format: \"%d.%m.%Y\"`".to_owned();
    }
    "correct the source".to_owned()
}

/// Whether it is a time with more digits behind the second than tables keep.
fn is_finer_than_tables(data_type: DataType, value: &str) -> bool {
    let digits = value.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
    matches!(data_type, DataType::Datetime | DataType::Time) && digits > 6 && value.contains(':')
}

/// How many letters of such a time tables keep.
fn micros_at(value: &str) -> usize {
    value.find('.').map_or(value.len(), |point| point + 7)
}

/// Whether it is digits with signs or units around them.
fn is_amount(value: &str) -> bool {
    let core = value.trim_matches(|c: char| !c.is_ascii_digit());
    !core.is_empty()
        && core.len() < value.len()
        && core.bytes().all(|byte| byte.is_ascii_digit() || b".,' ".contains(&byte))
}
