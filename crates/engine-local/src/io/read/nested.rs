//! Lists and structs as JSON text, in the form in which `array_agg` writes it. A map is read as a list of its entries.

use polars::prelude::{ArrowDataType, ArrowField, IntoSeries, Series, StringChunked};

use crate::arrays::long_text;
use crate::error::{Outcome, internal};
use crate::expr::{JsonValues, write_text};
use crate::runtime::memory::Growth;

/// How the column of a type that is not nested becomes one of ours.
pub(super) type Flat<'a> = &'a mut dyn FnMut(Series, &ArrowDataType) -> Outcome<Series>;

/// The values of a nested column as JSON text; NULL stays NULL.
pub(super) fn json(series: &Series, stored: &ArrowDataType, flat: Flat<'_>) -> Outcome<Series> {
    let texts = match stored {
        ArrowDataType::List(item) | ArrowDataType::LargeList(item) | ArrowDataType::FixedSizeList(item, _) => {
            let items = values(&items(series)?, item.dtype(), flat)?;
            lists(series, |place, json| items.write(items.get(place), json))?
        }
        ArrowDataType::Struct(fields) => structs(series, fields, flat)?,
        _ => return flat(series.clone(), stored),
    };
    Ok(texts.into_series())
}

fn values(series: &Series, stored: &ArrowDataType, flat: Flat<'_>) -> Outcome<JsonValues> {
    let of_it = json(series, stored, flat)?;
    if is_nested(stored) {
        Ok(JsonValues::of_json(of_it.str().map_err(internal)?.clone()))
    } else {
        JsonValues::of(&of_it)
    }
}

/// Whether values of a type hold others.
pub(super) fn is_nested(stored: &ArrowDataType) -> bool {
    use ArrowDataType::{FixedSizeList, LargeList, List, Struct};
    matches!(stored, List(_) | LargeList(_) | FixedSizeList(..) | Struct(_))
}

/// The items of all lists, one behind the other.
fn items(series: &Series) -> Outcome<Series> {
    Ok(series.list().map_err(internal)?.get_inner())
}

/// The texts of lists, whose items `write` writes by their places among all.
fn lists(series: &Series, write: impl Fn(usize, &mut String)) -> Outcome<StringChunked> {
    let is_null = series.is_null();
    let mut is_null = is_null.iter();
    let mut growth = Growth::default();
    let mut texts = Vec::with_capacity(series.len());
    let mut before = 0;
    for chunk in series.list().map_err(internal)?.downcast_iter() {
        for ends in chunk.offsets().as_slice().windows(2) {
            // Offsets are never below zero.
            let places = before + ends[0] as usize..before + ends[1] as usize;
            if is_null.next().flatten() == Some(true) {
                texts.push(None);
                continue;
            }
            let first = places.start;
            let mut text = String::from('[');
            for place in places {
                text.push_str(if place == first { "" } else { ", " });
                write(place, &mut text);
                long_text::fits(text.len())?;
            }
            text.push(']');
            growth.by(text.len())?;
            texts.push(Some(text));
        }
        before += chunk.values().len();
    }
    Ok(texts.into_iter().collect())
}

fn structs(series: &Series, fields: &[ArrowField], flat: Flat<'_>) -> Outcome<StringChunked> {
    let mut named = Vec::with_capacity(fields.len());
    for (member, field) in members(series)?.iter().zip(fields) {
        let mut name = String::new();
        write_text(&field.name, &mut name);
        named.push((name, values(member, field.dtype(), flat)?));
    }
    let mut growth = Growth::default();
    let object = |row: usize| {
        let mut text = String::from('{');
        for (place, (name, values)) in named.iter().enumerate() {
            text.push_str(if place == 0 { "" } else { ", " });
            text.push_str(name);
            text.push_str(": ");
            values.write(values.get(row), &mut text);
        }
        text.push('}');
        text
    };
    let is_null = series.is_null();
    let texts = is_null.iter().enumerate().map(|(row, is_null)| {
        let text = (is_null != Some(true)).then(|| object(row));
        let length = text.as_ref().map_or(0, String::len);
        long_text::fits(length)?;
        growth.by(length)?;
        Ok(text)
    });
    texts.collect()
}

/// The members of all structs, each with a value for every one of them.
fn members(series: &Series) -> Outcome<Vec<Series>> {
    Ok(series.struct_().map_err(internal)?.fields_as_series())
}
