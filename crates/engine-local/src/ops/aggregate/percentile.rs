//! Percentiles of rows that come sorted.

use polars::prelude::{Float64Chunked, IdxSize, IntoSeries, Series};

use super::kernel_input::KernelInput;
use crate::arrays::select::{NONE, index};
use crate::arrays::typed::floats;
use crate::error::{Outcome, internal};
use crate::keys::groups::members;

/// At that part of the way from the first to the last value, between two of them on the line from one to the other.
pub(super) fn continuous(input: &KernelInput<'_>) -> Outcome<Series> {
    let (fraction, rows) = (input.fraction()?, input.rows);
    let values = floats(input.one()?)?;
    let values = values.rechunk();
    let members = members(rows.of, rows.count);
    let result: Float64Chunked = (0..rows.count)
        .map(|group| {
            let present: Vec<f64> = members.of(group).iter().filter_map(|row| values.get(*row as usize)).collect();
            let at = fraction * present.len().checked_sub(1)? as f64;
            let (low, high) = (present[at.floor() as usize], present[at.ceil() as usize]);
            Some(if at.fract() == 0.0 { low } else { low + at.fract() * (high - low) })
        })
        .collect();
    Ok(result.into_series())
}

/// The first value that at least that part of the values comes up to.
pub(super) fn discrete(input: &KernelInput<'_>) -> Outcome<Series> {
    let (fraction, rows, values) = (input.fraction()?, input.rows, input.one()?);
    let present = values.rechunk().is_not_null();
    let members = members(rows.of, rows.count);
    let places: Vec<IdxSize> = (0..rows.count)
        .map(|group| {
            let places = members.of(group).iter().filter(|row| present.get(**row as usize) == Some(true));
            let places: Vec<IdxSize> = places.copied().collect();
            let number = (fraction * places.len() as f64).ceil() as usize;
            places.get(number.saturating_sub(1)).copied().unwrap_or(NONE)
        })
        .collect();
    values.take(&index(&places)).map_err(internal)
}
