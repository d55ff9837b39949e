//! Prepared texts as values of a type, NULL where they are none.

use tidemill_core::table::{Conversion, DataType};

use super::super::binding::bound;
use super::super::cast::{WHITE_SPACE_AROUND, to_text, try_cast};
use super::super::decimal::digits;
use super::super::literal::{quoted, spark_type};
use super::super::{Lowering, iso, strptime};
use super::money::amount;

/// Whether formats say how a column is read.
pub(super) fn has_formats(conversion: &Conversion) -> bool {
    !conversion.formats.is_empty()
        && matches!(conversion.data_type, DataType::Date | DataType::Datetime | DataType::Time)
}

/// The value of a text.
pub(super) fn value(q: &str, is_mapped: &str, conversion: &Conversion) -> Lowering<String> {
    let to = conversion.data_type;
    let sql = match to {
        DataType::String => return Ok(q.to_owned()),
        DataType::Int | DataType::Float | DataType::Bool => return try_cast(q, DataType::String, to),
        DataType::Decimal { .. } if conversion.money => {
            unless_mapped(conversion, is_mapped, &amount("v", to), &exact("v", to))
        }
        DataType::Decimal { .. } => exact("v", to),
        _ if has_formats(conversion) => {
            let read = conversion.formats.iter().map(|format| strptime::read("v", format, to));
            let read = format!("coalesce({})", read.collect::<Lowering<Vec<_>>>()?.join(", "));
            unless_mapped(conversion, is_mapped, &read, &iso::read("v", to)?)
        }
        _ => iso::read("v", to)?,
    };
    Ok(format!("cast({} as {})", bound(&trimmed(q), "v", &sql), spark_type(to)))
}

fn trimmed(x: &str) -> String {
    format!("regexp_replace({x}, {}, '')", quoted(WHITE_SPACE_AROUND))
}

/// What the map gave is no longer in the source's format.
fn unless_mapped(conversion: &Conversion, is_mapped: &str, read: &str, of_map: &str) -> String {
    if conversion.map.is_empty() {
        return read.to_owned();
    }
    format!("case when {is_mapped} then {of_map} else {read} end")
}

/// A decimal of which no digit is lost.
fn exact(x: &str, to: DataType) -> String {
    let (_, scale) = digits(to);
    let pattern = format!(r"\A[+-]?(?:[0-9]+(?:\.[0-9]{{0,{scale}}}0*)?|\.(?=[0-9])[0-9]{{0,{scale}}}0*)\z");
    format!("case when {x} rlike {} then try_cast({x} as {}) end", quoted(&pattern), spark_type(to))
}

/// A struct of a text that formats read differently: the text, what it is by the first and by another one as texts, and the numbers
/// of the two; NULL if all that read it agree.
pub(super) fn by_each_format(q: &str, is_mapped: &str, conversion: &Conversion) -> Lowering<String> {
    let to = conversion.data_type;
    let read = conversion.formats.iter().enumerate().map(|(number, format)| {
        let value = strptime::read("v", format, to)?;
        Ok(format!("named_struct('e', cast({value} as {}), 'i', {number}L)", spark_type(to)))
    });
    let all = format!("filter(array({}), s -> s.e is not null)", read.collect::<Lowering<Vec<_>>>()?.join(", "));
    let (first, other) = (to_text("g[0].e", to)?, to_text("h[0].e", to)?);
    let told = format!("named_struct('t', v, 'a', {first}, 'i', g[0].i, 'b', {other}, 'k', h[0].i)");
    let others = bound("filter(g, s -> s.e <> g[0].e)", "h", &format!("case when size(h) > 0 then {told} end"));
    let found = bound(&all, "g", &format!("case when size(g) > 1 then {others} end"));
    Ok(format!("case when not {is_mapped} then {} end", bound(&trimmed(q), "v", &found)))
}
