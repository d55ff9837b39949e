//! Aggregates by order: smallest, largest, first, last, middle, and texts one behind the other.

use std::cmp::Ordering;

use polars::prelude::DataType as Physical;
use polars::prelude::{Float64Chunked, IdxSize, Int128Chunked, IntoSeries, Series, StringChunked};
use tidemill_core::table::DataType;

use super::kernel_input::KernelInput;
use super::rows::GroupedRows;
use crate::arrays::long_text;
use crate::arrays::select::{NONE, index};
use crate::arrays::typed::{bools, digits, floats, ints, texts};
use crate::arrays::types;
use crate::error::{Outcome, internal, unsupported, value};
use crate::keys::groups::members;
use crate::runtime::memory::Growth;
use crate::values::decimal::{divide, fits};

/// Floats in the order that sorting has: NaN above all, -0.0 equal to 0.0.
fn by_float(a: &f64, b: &f64) -> Ordering {
    a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// The same with -0.0 below 0.0, so that sorted values do not depend on the order in which they came.
pub(crate) fn strictly_by_float(a: &f64, b: &f64) -> Ordering {
    by_float(a, b).then_with(|| b.is_sign_negative().cmp(&a.is_sign_negative()))
}

/// The smallest (`Less`) or largest (`Greater`) value of each group; of equal ones the first.
pub(super) fn extreme(input: &KernelInput<'_>, wanted: Ordering) -> Outcome<Series> {
    let values = input.one()?;
    values.take(&index(&extreme_rows(values, input.rows, wanted)?)).map_err(internal)
}

/// The value of the row with the smallest or largest key, where neither is NULL.
pub(super) fn extreme_by(input: &KernelInput<'_>, wanted: Ordering) -> Outcome<Series> {
    let (values, keys) = input.two()?;
    let none = Series::full_null("".into(), keys.len(), keys.dtype());
    let keys = keys.zip_with_same_type(&values.is_not_null(), &none).map_err(internal)?;
    values.take(&index(&extreme_rows(&keys, input.rows, wanted)?)).map_err(internal)
}

/// The first value of each result that is not NULL.
pub(super) fn any_value(input: &KernelInput<'_>) -> Outcome<Series> {
    let values = input.one()?;
    let places = input.rows.fold(NONE, values.is_not_null().iter(), |place, row, present| {
        if *place == NONE && present == Some(true) {
            *place = row as IdxSize;
        }
        Ok(())
    })?;
    values.take(&index(&places)).map_err(internal)
}

/// The row of each result's smallest or largest value, of equal ones the first; `NONE` without any.
fn extreme_rows(values: &Series, rows: &GroupedRows<'_>, wanted: Ordering) -> Outcome<Vec<IdxSize>> {
    let physical = values.to_physical_repr().into_owned();
    match physical.dtype() {
        Physical::Boolean => best(bools(&physical)?.iter(), rows, |a, b| a.cmp(b) == wanted),
        Physical::Int64 => best(ints(&physical)?.iter(), rows, |a, b| a.cmp(b) == wanted),
        Physical::Int32 => best(physical.i32().map_err(internal)?.iter(), rows, |a: &i32, b: &i32| a.cmp(b) == wanted),
        Physical::Int128 => {
            best(physical.i128().map_err(internal)?.iter(), rows, |a: &i128, b: &i128| a.cmp(b) == wanted)
        }
        Physical::Float64 => best(floats(&physical)?.iter(), rows, |a, b| by_float(a, b) == wanted),
        Physical::String => best(texts(&physical)?.iter(), rows, |a, b| a.cmp(b) == wanted),
        Physical::Null => Ok(vec![NONE; rows.results()]),
        other => Err(unsupported(format!("{other} has no order"))),
    }
}

/// The row of each result's best value, `NONE` without any.
fn best<T: Copy>(
    values: impl Iterator<Item = Option<T>>,
    rows: &GroupedRows<'_>,
    better: impl Fn(&T, &T) -> bool,
) -> Outcome<Vec<IdxSize>> {
    let found = rows.fold(None, values, |best: &mut Option<(T, IdxSize)>, row, value| {
        if let Some(value) = value
            && best.as_ref().is_none_or(|(best, _)| better(&value, best))
        {
            *best = Some((value, row as IdxSize));
        }
        Ok(())
    })?;
    Ok(found.into_iter().map(|best| best.map_or(NONE, |(_, row)| row)).collect())
}

/// The first or last row's value of each result, NULL included.
pub(super) fn end(input: &KernelInput<'_>, first: bool) -> Outcome<Series> {
    let (values, rows) = (input.one()?, input.rows);
    let places = rows.fold(NONE, rows.of.iter(), |place, row, _| {
        if !first || *place == NONE {
            *place = row as IdxSize;
        }
        Ok(())
    })?;
    values.take(&index(&places)).map_err(internal)
}

/// The two values in the middle (the same twice if the number is odd); None of no values.
pub(crate) fn middle<T: Copy>(values: &mut [T], compare: impl FnMut(&T, &T) -> Ordering) -> Option<(T, T)> {
    values.sort_unstable_by(compare);
    let high = *values.get(values.len() / 2)?;
    Some((if values.len() % 2 == 1 { high } else { values[values.len() / 2 - 1] }, high))
}

/// The middle value, or the mean of the two in the middle.
pub(super) fn median(input: &KernelInput<'_>) -> Outcome<Series> {
    let (values, rows, data_type) = (input.one()?, input.rows, input.call.data_type);
    let members = members(rows.of, rows.count);
    if let DataType::Decimal { precision, scale: to } = data_type {
        let (digits, scale) = digits(values)?;
        let digits = digits.rechunk();
        let result: Outcome<Int128Chunked> = (0..rows.count)
            .map(|group| {
                let mut values: Vec<i128> =
                    members.of(group).iter().filter_map(|row| digits.get(*row as usize)).collect();
                let Some((low, high)) = middle(&mut values, Ord::cmp) else { return Ok(None) };
                let mean = low.checked_add(high).and_then(|sum| divide(sum, scale, 2, 0, to));
                mean.filter(|mean| fits(*mean, precision))
                    .map(Some)
                    .ok_or_else(|| value("the median overflows its type"))
            })
            .collect();
        return Ok(types::decimals(result?, precision, to));
    }
    let values = floats(values)?;
    let values = values.rechunk();
    let result: Float64Chunked = (0..rows.count)
        .map(|group| {
            let mut values: Vec<f64> = members.of(group).iter().filter_map(|row| values.get(*row as usize)).collect();
            // Halving first: the sum of two large numbers could be infinite.
            middle(&mut values, strictly_by_float).map(|(low, high)| low / 2.0 + high / 2.0)
        })
        .collect();
    Ok(result.into_series())
}

/// Texts joined in row order; NULL of no texts.
pub(super) fn joined(input: &KernelInput<'_>) -> Outcome<Series> {
    let (values, rows, separator) = (input.one()?, input.rows, input.text()?);
    let mut results: Vec<Option<String>> = vec![None; rows.count];
    let mut growth = Growth::default();
    for (group, text) in rows.of.iter().zip(texts(values)?.iter()) {
        let Some(text) = text else { continue };
        growth.by(separator.len() + text.len())?;
        match &mut results[*group as usize] {
            Some(whole) => {
                whole.push_str(separator);
                whole.push_str(text);
                long_text::fits(whole.len())?;
            }
            none => *none = Some(text.to_owned()),
        }
    }
    Ok(results.into_iter().collect::<StringChunked>().into_series())
}
