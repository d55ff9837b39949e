//! Amounts of money as people write them.

use tidemill_core::table::{CURRENCY_SIGNS, DataType};

use super::super::binding::bound;
use super::super::decimal::digits;
use super::super::literal::{quoted, spark_type};
use super::super::regex::any_of;

/// White space, also that which does not break.
const WHITE_SPACE: &str = r"\p{IsWhite_Space}+";

/// An amount without white space: one currency sign at most, at either end, before or behind the minus; commas only between groups
/// of three digits.
fn pattern(scale: u8) -> String {
    let sign = any_of(CURRENCY_SIGNS);
    let fraction = if scale == 0 { String::new() } else { format!(r"|\.[0-9]{{1,{scale}}}") };
    let number = format!(r"(?:(?:[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+)(?:\.[0-9]{{0,{scale}}})?{fraction})");
    format!(r"\A(?:[+-]?{number}{sign}?|{sign}[+-]?{number}|[+-]{sign}{number})\z")
}

fn plain(x: &str) -> String {
    format!("regexp_replace({x}, {}, '')", quoted(WHITE_SPACE))
}

/// The amount that a text is; NULL if it is none, or does not fit the type.
pub(super) fn amount(x: &str, to: DataType) -> String {
    let pattern = quoted(&pattern(digits(to).1));
    let number = format!("try_cast(regexp_replace(a, '[^0-9.+-]', '') as {})", spark_type(to));
    bound(&plain(x), "a", &format!("case when a rlike {pattern} then {number} end"))
}

/// The currency of a text that is an amount and was not given by the map; NULL of others.
pub(super) fn currency(x: &str, is_mapped: &str, to: DataType) -> String {
    let pattern = quoted(&pattern(digits(to).1));
    let sign = format!("regexp_extract(a, {}, 0)", quoted(&any_of(CURRENCY_SIGNS)));
    let found = bound(&plain(x), "a", &format!("case when a rlike {pattern} then nullif({sign}, '') end"));
    format!("case when not {is_mapped} then {found} end")
}
