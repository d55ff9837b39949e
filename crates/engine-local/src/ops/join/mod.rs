//! Joins.
//!
//! Both sides' keys are numbered together, so that a pair is two rows of one number. That gives the pairs in their defined
//! order, every count of the diagnosis before anything is joined, and one meaning of key equality.

pub(crate) mod diagnosis;
mod keys;
mod pairs;

use polars::prelude::{DataFrame, Series};
use tidemill_core::table::{Expr, ExprKind, JoinKind, JoinStep, Rel};

pub(crate) use self::keys::JoinKeys;
use self::pairs::{PairFinder, Pairs, arrange, hits};
use crate::arrays::select::{beside, take};
use crate::error::{Outcome, unsupported};
use crate::expr::{Eval, Notes, columns_of};
use crate::ops::context::JobContext;
use crate::ops::operator::{KeyFilter, Operator};
use crate::ops::required_columns::{RequiredColumns, with};
use crate::runtime::memory;

/// Two relations side by side.
pub(crate) struct JoinExec<'a> {
    pub step: &'a JoinStep,
    pub required: RequiredColumns,
}

impl Operator for JoinExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        let step = self.step;
        let keys = step.on.iter().flat_map(|(left, right)| [left, right]);
        let required = with(self.required.clone(), columns_of(keys.chain(&step.condition)));
        vec![(&step.left, required.clone()), (&step.right, required)]
    }

    /// Where nothing is told of right rows without a pair, they need not come together at all.
    fn key_filter(&self, inputs: &[DataFrame], context: &JobContext<'_>) -> Outcome<Option<KeyFilter<'_>>> {
        let step = self.step;
        let only_pairs = matches!(step.kind, JoinKind::Inner | JoinKind::Left | JoinKind::Semi | JoinKind::Anti)
            && step.expect.is_none()
            && step.diagnose.is_none()
            && !step.on.is_empty()
            && step
                .on
                .iter()
                .all(|(left, right)| [left, right].iter().all(|key| matches!(key.kind, ExprKind::Column(_))));
        let [left] = inputs else { return Ok(None) };
        if !only_pairs {
            return Ok(None);
        }
        let among = values_of(left, step.on.iter().map(|(left, _)| left), &context.notes)?;
        Ok(Some(KeyFilter { keys: step.on.iter().map(|(_, right)| right).collect(), among, rows: left.height() }))
    }

    fn execute(&self, inputs: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        let [left, right] = inputs.as_slice() else { return Err(unsupported("a join takes two inputs")) };
        let step = self.step;
        let left_keys = values_of(left, step.on.iter().map(|(left, _)| left), &context.notes)?;
        let right_keys = values_of(right, step.on.iter().map(|(_, right)| right), &context.notes)?;
        let (left_rows, right_rows) = (left.height(), right.height());
        let keys = JoinKeys::of(&left_keys, &right_keys, left_rows, right_rows)?;
        diagnosis::keep_promise(step, &keys, &left_keys, &right_keys)?;

        let is_filter = matches!(step.kind, JoinKind::Semi | JoinKind::Anti);
        let by_key_alone = step.condition.is_none();
        let pairs = if is_filter && by_key_alone {
            Pairs::default()
        } else {
            if by_key_alone {
                room_for_pairs(step, &keys, &left_keys, left.width() + right.width())?;
            }
            PairFinder { context, step, keys: &keys, left, right }.find()?
        };
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
            let matched = if by_key_alone { None } else { Some((rows.left.as_slice(), rows.right.as_slice())) };
            let out_rows = rows.left.len() as u64;
            context.observed.joins.push(diagnosis::diagnose(
                step,
                &keys,
                (&left_keys, &right_keys),
                (&hit_left, &hit_right),
                matched,
                out_rows,
            )?);
        }
        context.uncancelled()?;
        let taken = take(left, &rows.left)?;
        if is_filter { Ok(taken) } else { beside(taken, &take(right, &rows.right)?) }
    }
}

/// That there is room for the pairs of equal keys, which are counted before there is one.
fn room_for_pairs(step: &JoinStep, keys: &JoinKeys, left_values: &[Series], columns: usize) -> Outcome<()> {
    let pairs = keys.pairs();
    let crowd = || {
        let (key, most) = keys.most_pairs()?;
        let row = keys.left.iter().position(|of_row| *of_row == key)?;
        let named = diagnosis::left_text(step, left_values, row).ok().filter(|_| !step.on.is_empty())?;
        Some(format!(", {} of them for {named},", group(most)))
    };
    memory::room_for(pairs * pair_bytes(columns), || {
        format!("the {} rows of this join{}", group(pairs), crowd().unwrap_or_default())
    })
}

/// What a pair of rows takes at least until its columns are made: two row numbers, and eight bytes a column.
pub(crate) fn pair_bytes(columns: usize) -> u128 {
    8 + 8 * columns as u128
}

/// A number with its digits in groups.
pub(crate) fn group(number: u128) -> String {
    tidemill_core::format::thousands(u64::try_from(number).unwrap_or(u64::MAX))
}

/// The keys' values for each row of a side.
fn values_of<'a>(frame: &DataFrame, keys: impl Iterator<Item = &'a Expr>, notes: &Notes) -> Outcome<Vec<Series>> {
    let eval = Eval::new(frame, notes);
    keys.map(|key| eval.column(key)).collect()
}
