//! Aggregates of groups whose rows come piece by piece, in their order: the same results as over all rows at once.

use polars::prelude::{DataType as Physical, IdxSize, Int64Chunked, IntoSeries, Series};
use tidemill_core::table::{AggCall, AggFunc};

use super::{Arguments, Rows, compute, exact, float, gather, typed};
use crate::failure::{Outcome, unsupported};
use crate::setop::stack;

/// One aggregate under way: a state for each group.
pub(crate) struct State<'a> {
    call: &'a AggCall,
    kept: Kept,
}

enum Kept {
    /// Nothing but NULL has come.
    Nothing,
    Counts(Vec<i64>),
    /// Sums and how many values are in each; their scale.
    Exact(Vec<(i128, i64)>, u8),
    /// Likewise.
    Float(Vec<(f64, u64)>),
    /// The best value of each group; a group without one has NULL.
    Best(Series),
}

/// Rows that count for an aggregate: its arguments' values and the group of each.
pub(crate) struct Counting {
    values: Vec<Series>,
    /// None if all rows count.
    of: Option<Vec<IdxSize>>,
}

impl Counting {
    /// The rows that the filter leaves.
    pub fn of(arguments: Arguments, of: &[IdxSize]) -> Outcome<Self> {
        let Some(mask) = &arguments.mask else { return Ok(Self { values: arguments.values, of: None }) };
        let places: Vec<IdxSize> =
            mask.iter().zip(0..).filter(|(counts, _)| *counts == Some(true)).map(|(_, place)| place).collect();
        let groups = places.iter().map(|place| of[*place as usize]).collect();
        Ok(Self { values: gather(&arguments.values, Some(&places))?, of: Some(groups) })
    }
}

impl<'a> State<'a> {
    /// The state before any row; none if the aggregate needs all its rows at once.
    pub fn new(call: &'a AggCall) -> Option<Self> {
        let one_by_one = match call.func {
            AggFunc::Min | AggFunc::Max | AggFunc::BoolAnd | AggFunc::BoolOr => true,
            AggFunc::Count | AggFunc::Sum | AggFunc::Avg => !call.distinct,
            _ => false,
        };
        one_by_one.then_some(Self { call, kept: Kept::Nothing })
    }

    /// Takes further rows. `of` holds the group of each row, in the numbers of `to_all`, which says which of all `count`
    /// groups each one is.
    pub fn add(&mut self, rows: &Counting, of: &[IdxSize], to_all: &[IdxSize], count: usize) -> Outcome<()> {
        let of: Vec<IdxSize> = rows.of.as_deref().unwrap_or(of).iter().map(|group| to_all[*group as usize]).collect();
        let values = rows.values.first();
        match self.call.func {
            AggFunc::Count => {
                if !matches!(self.kept, Kept::Counts(_)) {
                    self.kept = Kept::Counts(vec![]);
                }
                let Kept::Counts(counts) = &mut self.kept else { return Ok(()) };
                counts.resize(count, 0);
                match values.filter(|values| values.null_count() > 0) {
                    None => of.iter().for_each(|group| counts[*group as usize] += 1),
                    Some(values) => of
                        .iter()
                        .zip(values.is_not_null().iter())
                        .for_each(|(group, is)| counts[*group as usize] += i64::from(is == Some(true))),
                }
                Ok(())
            }
            AggFunc::Sum | AggFunc::Avg => self.sum(one(values)?, &of, count),
            _ => self.best(one(values)?, &of, count),
        }
    }

    fn sum(&mut self, values: &Series, of: &[IdxSize], count: usize) -> Outcome<()> {
        match values.dtype() {
            Physical::Null => {}
            Physical::Float64 => {
                if !matches!(self.kept, Kept::Float(_)) {
                    self.kept = Kept::Float(vec![]);
                }
                if let Kept::Float(sums) = &mut self.kept {
                    sums.resize(count, (0.0, 0));
                    float::add(sums, values, of)?;
                }
            }
            _ => {
                if !matches!(self.kept, Kept::Exact(..)) {
                    self.kept = Kept::Exact(vec![], 0);
                }
                if let Kept::Exact(sums, scale) = &mut self.kept {
                    sums.resize(count, (0, 0));
                    *scale = exact::add(sums, values, of)?;
                }
            }
        }
        Ok(())
    }

    /// The best of what there was and what comes: of equal values the first, as over all rows.
    fn best(&mut self, values: &Series, of: &[IdxSize], count: usize) -> Outcome<()> {
        let (values, of) = match &self.kept {
            Kept::Best(best) => {
                let mut groups: Vec<IdxSize> = (0..best.len() as IdxSize).collect();
                groups.extend_from_slice(of);
                (stack(best, values)?, groups)
            }
            _ => (values.clone(), of.to_vec()),
        };
        let best = compute(self.call, &[values], &Rows { of: &of, count, running: false })?;
        self.kept = Kept::Best(best);
        Ok(())
    }

    /// The result of each group.
    pub fn finish(self, count: usize) -> Outcome<Series> {
        let to = self.call.data_type;
        let result = match self.kept {
            Kept::Nothing if self.call.func == AggFunc::Count => {
                Int64Chunked::from_vec("".into(), vec![0; count]).into_series()
            }
            Kept::Nothing => Series::full_null("".into(), count, &Physical::Null),
            Kept::Counts(mut counts) => {
                counts.resize(count, 0);
                Int64Chunked::from_vec("".into(), counts).into_series()
            }
            Kept::Exact(mut sums, scale) => {
                sums.resize(count, (0, 0));
                if self.call.func == AggFunc::Sum {
                    exact::summed(sums, scale, to)?
                } else {
                    exact::averaged(sums, scale, to)?
                }
            }
            Kept::Float(mut sums) => {
                sums.resize(count, (0.0, 0));
                if self.call.func == AggFunc::Sum { float::summed(sums) } else { float::averaged(sums) }
            }
            Kept::Best(best) => best,
        };
        typed(result, self.call, count)
    }
}

fn one(values: Option<&Series>) -> Outcome<&Series> {
    values.ok_or_else(|| unsupported("the aggregate needs an argument"))
}
