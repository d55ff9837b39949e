//! Hash joins: the rows of the left side are looked up in a table of the right side's keys, which is in memory (build and probe).

use std::sync::{Mutex, PoisonError};

use polars::prelude::{DataFrame, IdxSize, Series};
use polars_core::runtime::RAYON;
use tidemill_core::table::{Cardinality, Expr, JOIN_EXAMPLES, JoinDiagnosis, JoinKind, JoinStep};

use crate::arrays::select::{NONE, beside, only, take};
use crate::arrays::types::in_its_type;
use crate::error::{Outcome, value};
use crate::expr::{Eval, Notes};
use crate::keys::groups::{Members, exclude_nulls};
use crate::keys::interner::KeyInterner;
use crate::ops::batch::Batch;
use crate::ops::join::diagnosis::{self, left_text};
use crate::ops::join::{JoinKeys, group, pair_bytes};
use crate::ops::required_columns::RequiredColumns;
use crate::runtime::memory;

/// The right side of a join, ready for the rows of the left.
pub(super) struct HashProbe<'a> {
    step: &'a JoinStep,
    right: DataFrame,
    right_keys: Vec<Series>,
    interner: KeyInterner,
    keys: JoinKeys,
    rows: Vec<IdxSize>,
    members: Members,
    /// The columns that are needed of the result.
    required: RequiredColumns,
    multiplies: bool,
    totals: Mutex<ProbeTotals>,
}

/// The left rows that have come.
#[derive(Default)]
struct ProbeTotals {
    rows: u64,
    out: u64,
    null_keys: u64,
    unmatched: u64,
    examples: Vec<String>,
    /// Keys that are among the examples.
    shown: KeyInterner,
    most: u64,
    most_key: Option<String>,
    /// How many have each of the right side's keys.
    on_left: Vec<IdxSize>,
}

/// What the diagnosis needs of a batch.
pub(super) struct ProbeReport {
    /// The right side's number of each left row's key.
    keys: Vec<IdxSize>,
    values: Vec<Series>,
    /// How many rows each of them stands for, if not for one.
    times: Option<Vec<u64>>,
    out: usize,
}

impl<'a> HashProbe<'a> {
    /// Whether a join can be done so: each left row by itself, with what it becomes in its place.
    pub fn can(step: &JoinStep) -> bool {
        matches!(step.kind, JoinKind::Inner | JoinKind::Left | JoinKind::Semi | JoinKind::Anti)
            && step.condition.is_none()
            && !step.on.is_empty()
            && !matches!(step.expect, Some(Cardinality::OneToOne | Cardinality::OneToMany))
    }

    /// `required`: the columns that are needed of the result.
    pub fn new(step: &'a JoinStep, right: DataFrame, required: RequiredColumns, notes: &Notes) -> Outcome<Self> {
        let eval = Eval::new(&right, notes);
        let right_keys: Vec<Series> = step.on.iter().map(|(_, key)| typed(&eval, key)).collect::<Outcome<_>>()?;
        let mut interner = KeyInterner::default();
        let mut of_right = interner.intern(&right_keys, right.height())?;
        for key in &right_keys {
            exclude_nulls(&mut of_right, key);
        }
        let mut on_right = vec![0; interner.len()];
        of_right.iter().filter(|key| **key != NONE).for_each(|key| on_right[*key as usize] += 1);
        let on_left = vec![0; interner.len()];
        let keys = JoinKeys { left: vec![], right: of_right, on_left: vec![], on_right };
        diagnosis::keep_promise(step, &keys, &[], &right_keys)?;
        let (rows, members) = keys.right_members();
        let right = only(right, &required)?;
        let multiplies = keys.on_right.iter().any(|count| *count > 1);
        Ok(Self {
            step,
            right,
            right_keys,
            interner,
            keys,
            rows,
            members,
            required,
            multiplies,
            totals: Mutex::new(ProbeTotals { on_left, ..ProbeTotals::default() }),
        })
    }

    /// Whether a left row may become several.
    pub fn multiplies(&self) -> bool {
        self.multiplies && matches!(self.step.kind, JoinKind::Inner | JoinKind::Left)
    }

    /// A batch of the left side joined.
    pub fn join(&self, left: Batch, notes: &Notes) -> Outcome<(Batch, Option<ProbeReport>)> {
        if self.step.kind == JoinKind::Left
            && !self.multiplies()
            && let Some((runs, times)) = left.runs_for(self.step.on.iter().map(|(key, _)| key))
        {
            // Each row stays one row.
            let (joined, probed) = self.rows(runs, notes)?;
            let probed = probed.map(|probed| ProbeReport { times: Some(times), out: left.height(), ..probed });
            return Ok((left.with_runs(joined, &self.required)?, probed));
        }
        let (joined, probed) = self.rows(left.into_frame()?, notes)?;
        Ok((Batch::of_frame(joined), probed))
    }

    fn rows(&self, left: DataFrame, notes: &Notes) -> Outcome<(DataFrame, Option<ProbeReport>)> {
        let eval = Eval::new(&left, notes);
        let values: Vec<Series> = self.step.on.iter().map(|(key, _)| typed(&eval, key)).collect::<Outcome<_>>()?;
        let keys = self.interner.lookup(&values, left.height())?;
        let left = only(left, &self.required)?;
        let matches = |key: IdxSize| if key == NONE { 0 } else { self.keys.on_right[key as usize] as usize };
        let kind = self.step.kind;
        let joined = if matches!(kind, JoinKind::Semi | JoinKind::Anti) {
            let wanted = kind == JoinKind::Semi;
            let rows: Vec<IdxSize> =
                keys.iter().zip(0..).filter(|(key, _)| (matches(**key) > 0) == wanted).map(|(_, row)| row).collect();
            take(&left, &rows)?
        } else {
            let total: usize = keys.iter().map(|key| matches(*key).max(1)).sum();
            if total >= NONE as usize {
                return Err(value("a part of the join would have more than four billion rows; check its keys"));
            }
            self.has_room(total, &keys, &values, left.width())?;
            let (mut from_left, mut from_right) = (Vec::with_capacity(total), Vec::with_capacity(total));
            for (key, row) in keys.iter().zip(0..) {
                if matches(*key) > 0 {
                    let partners = self.members.of(*key as usize);
                    from_left.extend(std::iter::repeat_n(row, partners.len()));
                    from_right.extend(partners.iter().map(|place| self.rows[*place as usize]));
                } else if kind == JoinKind::Left {
                    from_left.push(row);
                    from_right.push(NONE);
                }
            }
            beside(take(&left, &from_left)?, &take(&self.right, &from_right)?)?
        };
        let out = joined.height();
        Ok((joined, self.step.diagnose.is_some().then_some(ProbeReport { keys, values, times: None, out })))
    }

    /// That there is room for what a batch becomes, and for as much on every other core.
    fn has_room(&self, total: usize, keys: &[IdxSize], values: &[Series], columns: usize) -> Outcome<()> {
        let bytes = total as u128 * pair_bytes(columns + self.right.width());
        memory::room_for(bytes * RAYON.current_num_threads().max(1) as u128, || {
            let matches = |key: IdxSize| if key == NONE { 0 } else { self.keys.on_right[key as usize] };
            let most = keys.iter().enumerate().max_by_key(|(_, key)| matches(**key));
            let most = most.and_then(|(row, key)| Some((left_text(self.step, values, row).ok()?, matches(*key))));
            let crowd = most.map(|(named, rows)| format!(", in which {named} meets {} rows,", group(rows.into())));
            format!("{} rows of a part of this join{}", group(total as u128), crowd.unwrap_or_default())
        })
    }

    /// Takes note of a batch for the diagnosis; batches come in order.
    pub fn note(&self, batch: ProbeReport) -> Outcome<()> {
        let ProbeReport { mut keys, values, times, out } = batch;
        let rows = keys.len();
        let times = |row: usize| times.as_ref().map_or(1, |times| times[row]);
        let mut has_null = vec![0; if values.iter().any(|value| value.null_count() > 0) { rows } else { 0 }];
        values.iter().for_each(|value| exclude_nulls(&mut has_null, value));
        let is_null = |row: usize| has_null.get(row) == Some(&NONE);
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let totals = &mut *totals;
        totals.rows += (0..rows).map(times).sum::<u64>();
        totals.out += out as u64;
        let mut best = None;
        for (row, key) in keys.iter_mut().enumerate() {
            let matches = if *key == NONE { 0 } else { u64::from(self.keys.on_right[*key as usize]) };
            totals.null_keys += if is_null(row) { times(row) } else { 0 };
            if matches > 0 {
                totals.on_left[*key as usize] += times(row) as IdxSize; // no more rows than a table may have
                if matches > totals.most {
                    (totals.most, best) = (matches, Some(row));
                }
                continue;
            }
            totals.unmatched += times(row);
            if totals.examples.len() < JOIN_EXAMPLES && !is_null(row) {
                let one: Vec<Series> = values.iter().map(|value| value.slice(row as i64, 1)).collect();
                let known = totals.shown.len();
                if totals.shown.intern(&one, 1)?.first().is_some_and(|key| *key as usize == known) {
                    totals.examples.push(left_text(self.step, &values, row)?);
                }
            }
        }
        if let Some(row) = best {
            totals.most_key = Some(left_text(self.step, &values, row)?);
        }
        Ok(())
    }

    /// What the join did, now that all rows have come; none if nobody asks.
    pub fn diagnosis(self) -> Outcome<Option<JoinDiagnosis>> {
        let Some((left, right)) = self.step.diagnose.clone() else { return Ok(None) };
        let Self { step, right_keys, keys, totals, .. } = self;
        let totals = totals.into_inner().unwrap_or_else(PoisonError::into_inner);
        let keys = JoinKeys { on_left: totals.on_left, ..keys };
        let right = diagnosis::right_side(step, &keys, &right_keys, right)?;
        Ok(Some(JoinDiagnosis {
            left,
            left_rows: totals.rows,
            out_rows: totals.out,
            left_unmatched: totals.unmatched,
            left_unmatched_examples: totals.examples,
            left_null_keys: totals.null_keys,
            max_matches_per_left: totals.most,
            max_matches_key: totals.most_key,
            ..right
        }))
    }
}

/// The value of a key for every row, in its own type also where there is nothing but NULL.
pub(super) fn typed(eval: &Eval<'_>, key: &Expr) -> Outcome<Series> {
    in_its_type(eval.column(key)?, key.data_type)
}
