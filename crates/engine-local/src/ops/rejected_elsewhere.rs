//! The rejects of a job that another engine has done.

use polars::prelude::DataFrame;
use tidemill_core::table::{RejectedElsewhere, RejectedRows, TableRef};

use super::context::JobContext;
use super::reject_log::rejects_table;
use crate::arrays::typed::{ints, texts};
use crate::error::{Outcome, internal, unsupported};
use crate::store::table_handle::{TableHandle, in_memory};

/// What stands before the source's columns: the row, the step, the number in the step, the value.
const BEFORE: usize = 4;

/// The rejects with reasons, and where the source is known with files and lines; and how many rows there are for each reason.
pub(crate) fn rejects(
    rejected: &RejectedElsewhere<'_>,
    context: &JobContext<'_>,
) -> Outcome<(TableRef, Vec<RejectedRows>)> {
    let frame = TableHandle::of(rejected.rows)?.frame(None)?;
    let number = |at: usize| -> Outcome<Vec<usize>> {
        let values = ints(frame.columns()[at].as_materialized_series())?;
        Ok(values.iter().map(|value| value.and_then(|value| usize::try_from(value).ok()).unwrap_or_default()).collect())
    };
    let (rows, steps, numbers) = (number(0)?, number(1)?, number(2)?);
    let values = texts(frame.columns()[3].as_materialized_series())?;
    let rejecting = rejected.rel.rejecting();
    let mut reasons = Vec::with_capacity(rows.len());
    let mut counts: Vec<(usize, RejectedRows)> = Vec::new();
    for ((step, number), value) in steps.iter().zip(&numbers).zip(values.iter()) {
        let reason = rejecting.get(*step).and_then(|rel| rel.reason(*number, value.unwrap_or_default()));
        let (reason, group) = reason.ok_or_else(|| unsupported("rows are rejected by a step that is not there"))?;
        reasons.push(reason);
        match counts.iter_mut().find(|(of, count)| of == step && count.reason == group) {
            Some((_, count)) => count.rows += 1,
            None => counts.push((*step, RejectedRows { reason: group, rows: 1 })),
        }
    }
    // A step that is done first has told of its rows first; two steps may give one reason.
    counts.sort_by_key(|(step, _)| *step);
    let mut told: Vec<RejectedRows> = Vec::new();
    for (_, count) in counts {
        match told.iter_mut().find(|known| known.reason == count.reason) {
            Some(known) => known.rows += count.rows,
            None => told.push(count),
        }
    }
    let rows: Vec<u64> = rows.into_iter().map(|row| row as u64).collect();
    let places = match context.origin(rejected.rel.rejected_from()) {
        Some(_) if rows.is_empty() => Some(vec![]),
        Some(scan) => Some(context.files.places(context.project, &scan, &rows, context.options.cancelled)?),
        None => None,
    };
    let source = DataFrame::new(frame.height(), frame.columns()[BEFORE..].to_vec()).map_err(internal)?;
    let reasons: Vec<&str> = reasons.iter().map(String::as_str).collect();
    Ok((in_memory(rejects_table(&rows, &reasons, places, source)?)?, told))
}
