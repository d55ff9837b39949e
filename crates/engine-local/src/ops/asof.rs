//! Each row with the one on the other side that lies nearest.

use polars::prelude::{DataFrame, IdxSize, Series};
use tidemill_core::table::{AsofStep, CmpOp, Expr, Rel};

use super::context::JobContext;
use super::join::JoinKeys;
use super::operator::Operator;
use super::required_columns::{RequiredColumns, with};
use super::sort::{SortColumn, sorted};
use crate::arrays::select::{NONE, beside, take};
use crate::arrays::stack::stack;
use crate::error::{Outcome, unsupported};
use crate::expr::{Eval, columns_of};
use crate::keys::groups::{Groups, exclude_nulls};

/// Joins each left row with the right row of its key that lies nearest.
pub(crate) struct AsofExec<'a> {
    pub step: &'a AsofStep,
    pub required: RequiredColumns,
}

impl Operator for AsofExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        let read = self.step.on.iter().chain([&self.step.nearest]).flat_map(|(left, right)| [left, right]);
        let required = with(self.required.clone(), columns_of(read));
        vec![(&self.step.left, required.clone()), (&self.step.right, required)]
    }

    fn execute(&self, inputs: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        let [left, right] = inputs.as_slice() else { return Err(unsupported("a join takes two inputs")) };
        let step = self.step;
        let (left_eval, right_eval) = (Eval::new(left, &context.notes), Eval::new(right, &context.notes));
        let values = |eval: &Eval<'_>, keys: Vec<&Expr>| keys.into_iter().map(|key| eval.column(key)).collect();
        let left_keys: Outcome<Vec<Series>> = values(&left_eval, step.on.iter().map(|(left, _)| left).collect());
        let right_keys: Outcome<Vec<Series>> = values(&right_eval, step.on.iter().map(|(_, right)| right).collect());
        let keys = JoinKeys::of(&left_keys?, &right_keys?, left.height(), right.height())?;
        let places = places(&left_eval.column(&step.nearest.0)?, &right_eval.column(&step.nearest.1)?, left.height())?;
        context.uncancelled()?;
        let sides = [(&keys.left, &places.0), (&keys.right, &places.1)];
        let [of_left, of_right] = sides.map(|(keys, places)| keys.iter().copied().zip(places.iter().copied()));
        let mut among: Vec<(IdxSize, IdxSize, IdxSize)> = (0..)
            .zip(of_right)
            .filter(|(_, (key, place))| *key != NONE && *place != NONE)
            .map(|(row, (key, place))| (key, place, row))
            .collect();
        among.sort_unstable();
        let nearest = of_left.map(|(key, place)| nearest(&among, key, place, step.op));
        let (rows, partners): (Vec<IdxSize>, Vec<IdxSize>) =
            (0..).zip(nearest).filter(|(_, partner)| step.keeps_left || *partner != NONE).unzip();
        beside(take(left, &rows)?, &take(right, &partners)?)
    }
}

/// The places of the values of both sides among all of them in order, equal ones at one place; `NONE` for NULL.
fn places(left: &Series, right: &Series, left_rows: usize) -> Outcome<(Vec<IdxSize>, Vec<IdxSize>)> {
    let all = stack(left, right)?;
    let groups = Groups::of(std::slice::from_ref(&all), all.len())?;
    let mut place_of = vec![NONE; groups.first.len()];
    let mut next = 0;
    for row in sorted(&[SortColumn::ascending(all.clone())], all.len())? {
        let place = &mut place_of[groups.of_row[row as usize] as usize];
        if *place == NONE {
            *place = next;
            next += 1;
        }
    }
    let mut places: Vec<IdxSize> = groups.of_row.iter().map(|group| place_of[*group as usize]).collect();
    exclude_nulls(&mut places, &all);
    let right = places.split_off(left_rows);
    Ok((places, right))
}

/// The row of that key whose place is nearest to the given one, of rows sorted by key, place and row.
fn nearest(among: &[(IdxSize, IdxSize, IdxSize)], key: IdxSize, place: IdxSize, op: CmpOp) -> IdxSize {
    if key == NONE || place == NONE {
        return NONE;
    }
    let before = among.partition_point(|(of, at, _)| (*of, *at) < (key, place));
    let behind = || among.partition_point(|(of, at, _)| (*of, *at) <= (key, place));
    let found = match op {
        CmpOp::Ge => behind().checked_sub(1),
        CmpOp::Gt => before.checked_sub(1),
        CmpOp::Le => Some(before),
        _ => Some(behind()),
    };
    found.and_then(|at| among.get(at)).filter(|(of, ..)| *of == key).map_or(NONE, |(.., row)| *row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_the_last_below_or_the_first_above() {
        let among = [(0, 1, 9), (1, 2, 4), (1, 2, 6), (1, 5, 3), (2, 0, 8)];
        let at = |place, op| nearest(&among, 1, place, op);
        assert_eq!([at(2, CmpOp::Ge), at(3, CmpOp::Ge), at(5, CmpOp::Gt), at(9, CmpOp::Ge)], [6, 6, 6, 3]);
        assert_eq!([at(2, CmpOp::Le), at(0, CmpOp::Lt), at(2, CmpOp::Lt), at(5, CmpOp::Lt)], [4, 4, 3, NONE]);
        assert_eq!([at(1, CmpOp::Ge), at(2, CmpOp::Gt), at(6, CmpOp::Le), at(NONE, CmpOp::Ge)], [NONE; 4]);
    }
}
