//! The pairs of rows that a join makes.

use polars::prelude::{DataFrame, IdxSize};
use tidemill_core::table::{JoinKind, JoinStep};

use super::keys::JoinKeys;
use crate::arrays::select::{NONE, beside, pick, take};
use crate::error::{Outcome, unsupported, value};
use crate::expr::{Eval, columns_of};
use crate::ops::context::JobContext;

/// Pairs that are formed before the condition is asked about them.
const CHUNK: usize = 1 << 19;

/// Rows of both sides that belong together, by left and then right row.
#[derive(Default)]
pub(crate) struct Pairs {
    pub left: Vec<IdxSize>,
    pub right: Vec<IdxSize>,
}

/// Forms the pairs of two frames.
pub(super) struct PairFinder<'a> {
    pub context: &'a JobContext<'a>,
    pub step: &'a JoinStep,
    pub keys: &'a JoinKeys,
    pub left: &'a DataFrame,
    pub right: &'a DataFrame,
}

impl PairFinder<'_> {
    /// The pairs of equal keys for which the condition is true.
    pub fn find(&self) -> Outcome<Pairs> {
        let Self { step, keys, .. } = self;
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
                    self.context.uncancelled()?;
                    self.keep_true(&mut waiting, &mut pairs)?;
                }
            }
        }
        self.keep_true(&mut waiting, &mut pairs)?;
        Ok(pairs)
    }

    /// Moves the waiting pairs for which the condition is true to the others.
    fn keep_true(&self, waiting: &mut Pairs, pairs: &mut Pairs) -> Outcome<()> {
        let Some(condition) = self.step.condition.as_ref().filter(|_| !waiting.left.is_empty()) else { return Ok(()) };
        let names = columns_of([condition]);
        let of = |frame: &DataFrame, rows: &[IdxSize]| {
            let found = names.iter().map(String::as_str).filter(|name| frame.column(name).is_ok());
            take(&pick(frame, found)?, rows)
        };
        let frame = beside(of(self.left, &waiting.left)?, &of(self.right, &waiting.right)?)?;
        let mask = Eval::new(&frame, &self.context.notes).mask(condition)?;
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
pub(super) fn hits(rows: &[IdxSize], count: usize) -> Vec<bool> {
    let mut hit = vec![false; count];
    rows.iter().for_each(|row| hit[*row as usize] = true);
    hit
}

/// The result's rows in the order of the kind of join.
pub(super) fn arrange(kind: JoinKind, pairs: Pairs, hit_left: &[bool], hit_right: &[bool]) -> Pairs {
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
