//! Aggregates that count, and those of truth values.

use polars::prelude::{BooleanChunked, Int64Chunked, IntoSeries, NamedFrom, Series};

use super::kernel_input::KernelInput;
use crate::arrays::select::{NONE, index};
use crate::arrays::typed::bools;
use crate::error::{Outcome, internal};
use crate::keys::groups::Groups;

/// Rows, or those where every argument is there.
pub(super) fn count(input: &KernelInput<'_>) -> Outcome<Series> {
    let present = input.values.iter().filter(|values| values.null_count() > 0).map(|values| values.is_not_null());
    let counts = match present.reduce(|all, present| &all & &present) {
        None => input.rows.fold(0i64, input.rows.of.iter(), |count, _, _| {
            *count += 1;
            Ok(())
        }),
        Some(present) => input.rows.fold(0i64, present.iter(), |count, _, present| {
            *count += i64::from(present == Some(true));
            Ok(())
        }),
    };
    Ok(Int64Chunked::from_vec("".into(), counts?).into_series())
}

/// Whether all (or, with `identity` false, any) values are true; NULL of no values.
pub(super) fn all(input: &KernelInput<'_>, identity: bool) -> Outcome<Series> {
    let results = input.rows.fold(None, bools(input.one()?)?.iter(), |result, _, value| {
        if let Some(value) = value {
            let so_far = result.unwrap_or(identity);
            *result = Some(if identity { so_far && value } else { so_far || value });
        }
        Ok(())
    })?;
    Ok(results.into_iter().collect::<BooleanChunked>().into_series())
}

/// The most frequent value of each group, of several the one whose first row comes first; NULL of no values.
pub(super) fn mode(input: &KernelInput<'_>) -> Outcome<Series> {
    let (values, rows) = (input.one()?, input.rows);
    let keys = [Series::new("".into(), rows.of.to_vec()), values.clone()];
    let equal = Groups::of(&keys, rows.of.len())?;
    let present = values.is_not_null();
    let mut counts = vec![0u64; equal.first.len()];
    for (combination, present) in equal.of_row.iter().zip(present.iter()) {
        counts[*combination as usize] += u64::from(present == Some(true));
    }
    let mut places = vec![NONE; rows.count];
    let mut most = vec![0; rows.count];
    // Combinations are numbered by their first rows.
    for (first, count) in equal.first.iter().zip(counts) {
        let group = rows.of[*first as usize] as usize;
        if count > most[group] {
            most[group] = count;
            places[group] = *first;
        }
    }
    values.take(&index(&places)).map_err(internal)
}
