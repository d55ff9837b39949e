//! Joins.
//!
//! Both sides' keys are numbered together, so that a pair is two rows of one number. That gives the pairs in their defined
//! order, every count of the diagnosis before anything is joined, and one meaning of key equality.

use polars::prelude::{DataFrame, IdxSize, Series};
use tidemill_core::table::{Expr, ExprKind, JoinKind, JoinStep};

use crate::arrays::select::{NONE, beside, pick, take};
use crate::error::{Outcome, unsupported, value};
use crate::exec::run::{Need, Runner};
use crate::expr::{Eval, columns_of};
use crate::keys::groups::{Groups, Members, members};
use crate::ops::join_diagnosis;
use crate::ops::set_op::stack;

/// Pairs that are formed before the condition is asked about them.
const CHUNK: usize = 1 << 19;

/// The rows of both sides by key.
pub(crate) struct Keys {
    /// The key of each left row, `NONE` if a part of it is NULL.
    pub left: Vec<IdxSize>,
    /// The key of each right row.
    pub right: Vec<IdxSize>,
    /// How many left rows have a key.
    pub on_left: Vec<IdxSize>,
    /// How many right rows have a key.
    pub on_right: Vec<IdxSize>,
}

impl Keys {
    fn of(left: &[Series], right: &[Series], left_rows: usize, right_rows: usize) -> Outcome<Self> {
        let stacked: Vec<Series> = left.iter().zip(right).map(|(a, b)| stack(a, b)).collect::<Outcome<_>>()?;
        let groups = Groups::of(&stacked, left_rows + right_rows)?;
        let mut of_row = groups.of_row;
        for series in stacked.iter().filter(|series| series.null_count() > 0) {
            for (key, is_null) in of_row.iter_mut().zip(series.is_null().iter()) {
                if is_null == Some(true) {
                    *key = NONE;
                }
            }
        }
        let right_keys = of_row.split_off(left_rows);
        let count = |keys: &[IdxSize]| {
            let mut counts = vec![0; groups.first.len()];
            keys.iter().filter(|key| **key != NONE).for_each(|key| counts[*key as usize] += 1);
            counts
        };
        let (on_left, on_right) = (count(&of_row), count(&right_keys));
        Ok(Self { left: of_row, right: right_keys, on_left, on_right })
    }

    /// How many right rows have the key of a left row.
    pub fn matches_of_left(&self, row: usize) -> u64 {
        match self.left[row] {
            NONE => 0,
            key => u64::from(self.on_right[key as usize]),
        }
    }

    /// How many left rows have the key of a right row.
    pub fn matches_of_right(&self, row: usize) -> u64 {
        match self.right[row] {
            NONE => 0,
            key => u64::from(self.on_left[key as usize]),
        }
    }

    /// How many pairs have equal keys.
    fn pairs(&self) -> u128 {
        self.on_left.iter().zip(&self.on_right).map(|(a, b)| u128::from(*a) * u128::from(*b)).sum()
    }

    /// The right rows that have a key, and which of them belong to each key, in row order.
    pub fn right_members(&self) -> (Vec<IdxSize>, Members) {
        let rows: Vec<IdxSize> =
            (0..self.right.len() as IdxSize).filter(|row| self.right[*row as usize] != NONE).collect();
        let keys: Vec<IdxSize> = rows.iter().map(|row| self.right[*row as usize]).collect();
        let members = members(&keys, self.on_right.len());
        (rows, members)
    }
}

/// Rows of both sides that belong together, by left and then right row.
#[derive(Default)]
pub(crate) struct Pairs {
    pub left: Vec<IdxSize>,
    pub right: Vec<IdxSize>,
}

impl Runner<'_> {
    pub(crate) fn join(&mut self, step: &JoinStep, need: Need) -> Outcome<DataFrame> {
        let mut exprs: Vec<_> = step.on.iter().flat_map(|(left, right)| [left, right]).collect();
        exprs.extend(&step.condition);
        let need = crate::exec::run::with(need, columns_of(exprs));
        let (on_left, on_right): (Vec<_>, Vec<_>) = step.on.iter().map(|(left, right)| (left, right)).unzip();
        let eval = |runner: &Self, frame, exprs: &[&Expr]| -> Outcome<Vec<Series>> {
            let eval = Eval::new(frame, &runner.notes);
            exprs.iter().map(|expr| eval.column(expr)).collect()
        };
        let left = self.rel(&step.left, need.clone())?;
        let left_rows = left.height();
        // Where nothing is told of right rows without a pair, they need not come together at all.
        let only_pairs = matches!(step.kind, JoinKind::Inner | JoinKind::Left | JoinKind::Semi | JoinKind::Anti)
            && step.expect.is_none()
            && step.diagnose.is_none()
            && !step.on.is_empty()
            && on_left.iter().chain(&on_right).all(|key| matches!(key.kind, ExprKind::Column(_)));
        let among = if only_pairs {
            let keys = eval(self, &left, &on_left)?;
            self.rel_among(&step.right, need.clone(), on_right.clone(), &keys, left_rows)?
        } else {
            None
        };
        let right = match among {
            Some(right) => right,
            None => self.rel(&step.right, need)?,
        };
        let (left_keys, right_keys) = (eval(self, &left, &on_left)?, eval(self, &right, &on_right)?);
        let right_rows = right.height();
        let keys = Keys::of(&left_keys, &right_keys, left_rows, right_rows)?;
        join_diagnosis::keep_promise(step, &keys, &left_keys, &right_keys)?;

        let is_filter = matches!(step.kind, JoinKind::Semi | JoinKind::Anti);
        let by_key_alone = step.condition.is_none();
        let pairs = if is_filter && by_key_alone { Pairs::default() } else { self.pairs(step, &keys, &left, &right)? };
        let (hit_left, hit_right) = if by_key_alone {
            (
                (0..left_rows).map(|row| keys.matches_of_left(row) > 0).collect(),
                (0..right_rows).map(|row| keys.matches_of_right(row) > 0).collect(),
            )
        } else {
            (hits(&pairs.left, left_rows), hits(&pairs.right, right_rows))
        };
        let rows = arrange(step.kind, pairs, &hit_left, &hit_right);
        if step.diagnose.is_some() {
            let matched = if by_key_alone { None } else { Some(&rows) };
            let out_rows = rows.left.len() as u64;
            let diagnosis = join_diagnosis::diagnose(
                step,
                &keys,
                (&left_keys, &right_keys),
                (&hit_left, &hit_right),
                matched,
                out_rows,
            )?;
            self.joins.push(diagnosis);
        }
        self.uncancelled()?;
        let taken = take(&left, &rows.left)?;
        if is_filter { Ok(taken) } else { beside(taken, &take(&right, &rows.right)?) }
    }

    /// The pairs of equal keys for which the condition is true.
    fn pairs(&self, step: &JoinStep, keys: &Keys, left: &DataFrame, right: &DataFrame) -> Outcome<Pairs> {
        let total = keys.pairs();
        let limit = u128::from(NONE) - 1;
        if step.condition.is_none() && total > limit {
            return Err(value(format!("the join would have {total} rows, more than four billion; check its keys")));
        }
        let (right_rows, members) = keys.right_members();
        let room = if step.condition.is_none() { total as usize } else { 0 };
        let mut pairs = Pairs { left: Vec::with_capacity(room), right: Vec::with_capacity(room) };
        let mut waiting = Pairs::default();
        for (row, key) in keys.left.iter().enumerate() {
            if *key == NONE {
                continue;
            }
            // One left row may have more partners than a chunk takes.
            for partners in members.of(*key as usize).chunks(CHUNK) {
                let target = if step.condition.is_some() { &mut waiting } else { &mut pairs };
                target.left.extend(std::iter::repeat_n(row as IdxSize, partners.len()));
                target.right.extend(partners.iter().map(|place| right_rows[*place as usize]));
                if waiting.left.len() >= CHUNK {
                    self.uncancelled()?;
                    self.keep_true(step, &mut waiting, &mut pairs, left, right)?;
                }
            }
        }
        self.keep_true(step, &mut waiting, &mut pairs, left, right)?;
        Ok(pairs)
    }

    /// Moves the waiting pairs for which the condition is true to the others.
    fn keep_true(
        &self,
        step: &JoinStep,
        waiting: &mut Pairs,
        pairs: &mut Pairs,
        left: &DataFrame,
        right: &DataFrame,
    ) -> Outcome<()> {
        let Some(condition) = step.condition.as_ref().filter(|_| !waiting.left.is_empty()) else { return Ok(()) };
        let names = columns_of([condition]);
        let of = |frame: &DataFrame, rows: &[IdxSize]| {
            let found = names.iter().map(String::as_str).filter(|name| frame.column(name).is_ok());
            take(&pick(frame, found)?, rows)
        };
        let frame = beside(of(left, &waiting.left)?, &of(right, &waiting.right)?)?;
        let mask = Eval::new(&frame, &self.notes).mask(condition)?;
        for ((left, right), keep) in waiting.left.iter().zip(&waiting.right).zip(mask.iter()) {
            if keep == Some(true) {
                pairs.left.push(*left);
                pairs.right.push(*right);
            }
        }
        if pairs.left.len() >= NONE as usize {
            return Err(unsupported("the join has more than four billion rows"));
        }
        waiting.left.clear();
        waiting.right.clear();
        Ok(())
    }
}

/// Which rows are in a pair.
fn hits(rows: &[IdxSize], count: usize) -> Vec<bool> {
    let mut hit = vec![false; count];
    rows.iter().for_each(|row| hit[*row as usize] = true);
    hit
}

/// The result's rows in the order of the kind of join.
fn arrange(kind: JoinKind, pairs: Pairs, hit_left: &[bool], hit_right: &[bool]) -> Pairs {
    let chosen = |hit: &[bool], wanted: bool| -> Vec<IdxSize> {
        (0..hit.len() as IdxSize).filter(|row| hit[*row as usize] == wanted).collect()
    };
    match kind {
        JoinKind::Inner | JoinKind::Cross => pairs,
        JoinKind::Semi => Pairs { left: chosen(hit_left, true), right: vec![] },
        JoinKind::Anti => Pairs { left: chosen(hit_left, false), right: vec![] },
        JoinKind::Left => with_unmatched_left(pairs, hit_left),
        JoinKind::Right => with_unmatched_right(pairs, chosen(hit_right, false)),
        JoinKind::Full => with_unmatched_right(with_unmatched_left(pairs, hit_left), chosen(hit_right, false)),
    }
}

/// The left rows without a pair, put in their place.
fn with_unmatched_left(pairs: Pairs, hit: &[bool]) -> Pairs {
    if hit.iter().all(|hit| *hit) {
        return pairs;
    }
    let missing = hit.iter().filter(|hit| !**hit).count();
    let room = pairs.left.len() + missing;
    let mut merged = Pairs { left: Vec::with_capacity(room), right: Vec::with_capacity(room) };
    let mut next = 0;
    for (row, hit) in hit.iter().enumerate() {
        if !hit {
            merged.left.push(row as IdxSize);
            merged.right.push(NONE);
        }
        while next < pairs.left.len() && pairs.left[next] as usize == row {
            merged.left.push(pairs.left[next]);
            merged.right.push(pairs.right[next]);
            next += 1;
        }
    }
    merged
}

/// The right rows without a pair, put behind.
fn with_unmatched_right(mut pairs: Pairs, missing: Vec<IdxSize>) -> Pairs {
    pairs.left.extend(std::iter::repeat_n(NONE, missing.len()));
    pairs.right.extend(missing);
    pairs
}
