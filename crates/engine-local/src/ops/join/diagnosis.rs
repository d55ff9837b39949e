//! What a join did to its rows, told from the keys' counts.

use polars::prelude::{IdxSize, Series};
use tidemill_core::table::{Expr, JOIN_EXAMPLES, JoinDiagnosis, JoinStep, Rel};

use super::keys::JoinKeys;
use crate::arrays::select::NONE;
use crate::arrays::types;
use crate::error::Outcome;

/// The key of a row as text: `product_id=7`.
fn key_text<'a>(side: &Rel, exprs: impl Iterator<Item = &'a Expr>, values: &[Series], row: usize) -> Outcome<String> {
    let parts = exprs
        .zip(values)
        .map(|(expr, series)| {
            let shown = types::value_at(series, row)?;
            Ok(match side.key_name(expr) {
                Some(name) => format!("{name}={shown}"),
                None => shown.to_string(),
            })
        })
        .collect::<Outcome<Vec<_>>>()?;
    Ok(parts.join(", "))
}

/// The key of a left row as text.
pub(crate) fn left_text(step: &JoinStep, values: &[Series], row: usize) -> Outcome<String> {
    key_text(&step.left, step.on.iter().map(|(left, _)| left), values, row)
}

fn right_text(step: &JoinStep, values: &[Series], row: usize) -> Outcome<String> {
    key_text(&step.right, step.on.iter().map(|(_, right)| right), values, row)
}

/// Fails if the keys are not as `expect` says.
pub(crate) fn keep_promise(
    step: &JoinStep,
    keys: &JoinKeys,
    left_values: &[Series],
    right_values: &[Series],
) -> Outcome<()> {
    let Some(expect) = step.expect else { return Ok(()) };
    let (one_left, one_right) = expect.unique_sides();
    if one_right && let Some((row, times)) = most_frequent(&keys.right, &keys.on_right) {
        return Err(expect.broken("right", &right_text(step, right_values, row)?, times.into()));
    }
    if one_left && let Some((row, times)) = most_frequent(&keys.left, &keys.on_left) {
        return Err(expect.broken("left", &left_text(step, left_values, row)?, times.into()));
    }
    Ok(())
}

/// The first row of the key that stands most often on a side, if any stands there twice.
fn most_frequent(rows: &[IdxSize], counts: &[IdxSize]) -> Option<(usize, IdxSize)> {
    let most = counts.iter().copied().max().filter(|most| *most > 1)?;
    let row = rows.iter().position(|key| *key != NONE && counts[*key as usize] == most)?;
    Some((row, most))
}

/// Rows without a pair: how many, and the keys of some; rows whose key is NULL are counted but not shown.
fn unmatched(hit: &[bool], keys: &[IdxSize], text: impl Fn(usize) -> Outcome<String>) -> Outcome<(u64, Vec<String>)> {
    let (mut count, mut shown, mut examples) = (0, Vec::new(), Vec::new());
    for (row, key) in keys.iter().enumerate().filter(|(row, _)| !hit[*row]) {
        count += 1;
        if examples.len() < JOIN_EXAMPLES && *key != NONE && !shown.contains(key) {
            shown.push(*key);
            examples.push(text(row)?);
        }
    }
    Ok((count, examples))
}

/// The largest count and the first row that has it.
fn largest(counts: impl Iterator<Item = u64>) -> (u64, Option<usize>) {
    counts
        .enumerate()
        .fold((0, None), |(most, at), (row, count)| if count > most { (count, Some(row)) } else { (most, at) })
}

fn counted(rows: &[IdxSize], others: &[IdxSize], count: usize) -> Vec<u64> {
    let mut counts = vec![0; count];
    let pairs = rows.iter().zip(others).filter(|(row, other)| **row != NONE && **other != NONE);
    pairs.for_each(|(row, _)| counts[*row as usize] += 1);
    counts
}

/// The diagnosis; `pairs` is given where a condition decides beside the keys.
pub(crate) fn diagnose(
    step: &JoinStep,
    keys: &JoinKeys,
    (left_values, right_values): (&[Series], &[Series]),
    (hit_left, hit_right): (&[bool], &[bool]),
    pairs: Option<(&[IdxSize], &[IdxSize])>,
    out_rows: u64,
) -> Outcome<JoinDiagnosis> {
    let (left, right) = step.diagnose.clone().unwrap_or_default();
    let ((most_left, row), (most_right, _)) = match pairs.filter(|(left, right)| left.len() == right.len()) {
        None => (
            largest((0..keys.left.len()).map(|row| keys.matches_of_left(row))),
            largest((0..keys.right.len()).map(|row| keys.matches_of_right(row))),
        ),
        Some((left, right)) => (
            largest(counted(left, right, keys.left.len()).into_iter()),
            largest(counted(right, left, keys.right.len()).into_iter()),
        ),
    };
    let (left_unmatched, left_unmatched_examples) =
        unmatched(hit_left, &keys.left, |row| left_text(step, left_values, row))?;
    let (right_unmatched, right_unmatched_examples) =
        unmatched(hit_right, &keys.right, |row| right_text(step, right_values, row))?;
    let nulls = |keys: &[IdxSize]| keys.iter().filter(|key| **key == NONE).count() as u64;
    Ok(JoinDiagnosis {
        kind: step.kind,
        left,
        right,
        left_rows: keys.left.len() as u64,
        right_rows: keys.right.len() as u64,
        out_rows,
        left_unmatched,
        left_unmatched_examples,
        right_unmatched,
        right_unmatched_examples,
        left_null_keys: nulls(&keys.left),
        right_null_keys: nulls(&keys.right),
        max_matches_per_left: most_left,
        max_matches_key: row
            .filter(|_| !step.on.is_empty())
            .map(|row| left_text(step, left_values, row))
            .transpose()?,
        max_matches_per_right: most_right,
        expect: step.expect,
    })
}

/// What can be said of the right side of a join by keys alone, when all left rows have been counted; the rest is empty.
pub(crate) fn right_side(step: &JoinStep, keys: &JoinKeys, values: &[Series], name: String) -> Outcome<JoinDiagnosis> {
    let rows = 0..keys.right.len();
    let hit: Vec<bool> = rows.clone().map(|row| keys.matches_of_right(row) > 0).collect();
    let (right_unmatched, right_unmatched_examples) =
        unmatched(&hit, &keys.right, |row| right_text(step, values, row))?;
    Ok(JoinDiagnosis {
        kind: step.kind,
        left: String::new(),
        right: name,
        left_rows: 0,
        right_rows: keys.right.len() as u64,
        out_rows: 0,
        left_unmatched: 0,
        left_unmatched_examples: vec![],
        right_unmatched,
        right_unmatched_examples,
        left_null_keys: 0,
        right_null_keys: keys.right.iter().filter(|key| **key == NONE).count() as u64,
        max_matches_per_left: 0,
        max_matches_key: None,
        max_matches_per_right: largest(rows.map(|row| keys.matches_of_right(row))).0,
        expect: step.expect,
    })
}
