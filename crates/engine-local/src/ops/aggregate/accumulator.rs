//! Aggregates of groups whose rows come batch by batch, in their order: the same results as over all rows at once.

use polars::prelude::{DataType as Physical, IdxSize, Int64Chunked, IntoSeries, Series};
use tidemill_core::table::AggCall;

use super::compute::{Arguments, compute, gather, typed};
use super::kernel::{Partial, kernel_of};
use super::rows::GroupedRows;
use super::{exact, float};
use crate::arrays::stack::stack;
use crate::error::{Outcome, unsupported};
use crate::expr::is_repeatable;

/// One aggregate under way: a state for each group.
pub(crate) struct Accumulator<'a> {
    call: &'a AggCall,
    accumulated: Accumulated,
}

enum Accumulated {
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

/// What a batch adds to an aggregate, for each group of the batch, as far as it can be told without what came before.
pub(crate) enum PartialAggregate {
    Counts(Vec<i64>),
    Exact(exact::PartialSums),
    /// Values to be added one by one, and the group of each, none for those of all rows.
    Values(Series, Option<Vec<IdxSize>>),
    Best(Series),
}

/// The groups of a batch's rows.
pub(crate) struct Grouping<'a> {
    /// The group of each row.
    pub of: &'a [IdxSize],
    /// The number of rows in each group.
    pub sizes: Vec<i64>,
}

impl<'a> Grouping<'a> {
    /// Of these rows in so many groups.
    pub fn new(of: &'a [IdxSize], groups: usize) -> Self {
        let mut sizes = vec![0; groups];
        of.iter().for_each(|group| sizes[*group as usize] += 1);
        Self { of, sizes }
    }
}

impl PartialAggregate {
    /// What these rows add.
    pub fn of(call: &AggCall, arguments: Arguments, rows: &Grouping<'_>) -> Outcome<Self> {
        let Some(mask) = &arguments.mask else { return Self::unmasked(call, &arguments.values, rows, || None) };
        let places: Vec<IdxSize> =
            mask.iter().zip(0..).filter(|(counts, _)| *counts == Some(true)).map(|(_, place)| place).collect();
        let of: Vec<IdxSize> = places.iter().map(|place| rows.of[*place as usize]).collect();
        let left = Grouping::new(&of, rows.sizes.len());
        Self::unmasked(call, &gather(&arguments.values, Some(&places))?, &left, || Some(of.clone()))
    }

    /// `groups` are told if the groups are not those of all rows.
    fn unmasked(
        call: &AggCall,
        values: &[Series],
        rows: &Grouping<'_>,
        groups: impl FnOnce() -> Option<Vec<IdxSize>>,
    ) -> Outcome<Self> {
        let first = values.first();
        Ok(match kernel_of(call)?.partial {
            Partial::Counts => Self::Counts(match first.filter(|values| values.null_count() > 0) {
                None => rows.sizes.clone(),
                Some(values) => {
                    let mut counts = vec![0; rows.sizes.len()];
                    let present = values.is_not_null();
                    let each = rows.of.iter().zip(present.iter());
                    each.for_each(|(group, is)| counts[*group as usize] += i64::from(is == Some(true)));
                    counts
                }
            }),
            Partial::Sums { .. } => {
                let values = one(first)?;
                let added = match values.dtype() {
                    // Sums of floats depend on the order in which they are added.
                    Physical::Float64 | Physical::Null => None,
                    _ => exact::partial(values, rows.of, &rows.sizes)?,
                };
                added.map_or_else(|| Self::Values(values.clone(), groups()), Self::Exact)
            }
            Partial::Best | Partial::No => {
                let rows = GroupedRows { of: rows.of, count: rows.sizes.len(), running: false };
                Self::Best(compute(call, values, &rows)?)
            }
        })
    }
}

impl<'a> Accumulator<'a> {
    /// The state before any row; none if the aggregate needs all its rows at once.
    pub fn new(call: &'a AggCall) -> Option<Self> {
        let one_by_one = match kernel_of(call).ok()?.partial {
            Partial::Best => true,
            Partial::Counts | Partial::Sums { .. } => !call.distinct,
            Partial::No => false,
        } && call.order_by.is_empty()
            && call.args.len() < 2;
        one_by_one.then_some(Self { call, accumulated: Accumulated::Nothing })
    }

    /// The aggregate that it is a state of.
    pub fn call(&self) -> &'a AggCall {
        self.call
    }

    /// Whether the state of this aggregate serves the other one too.
    pub fn serves(&self, other: &AggCall) -> bool {
        let added = |call| kernel_of(call).is_ok_and(|kernel| matches!(kernel.partial, Partial::Sums { .. }));
        let alike = self.call.func == other.func || (added(self.call) && added(other));
        alike
            && self.call.args == other.args
            && self.call.args.iter().all(is_repeatable)
            && self.call.filter.is_none()
            && other.filter.is_none()
    }

    /// Takes what a further batch adds. `of` holds the group of each of its rows, in the numbers of `to_all`, which says which
    /// of all `count` groups each one is.
    pub fn add(&mut self, part: &PartialAggregate, of: &[IdxSize], to_all: &[IdxSize], count: usize) -> Outcome<()> {
        match part {
            PartialAggregate::Counts(more) => {
                if !matches!(self.accumulated, Accumulated::Counts(_)) {
                    self.accumulated = Accumulated::Counts(vec![]);
                }
                let Accumulated::Counts(counts) = &mut self.accumulated else { return Ok(()) };
                counts.resize(count, 0);
                more.iter().zip(to_all).for_each(|(more, group)| counts[*group as usize] += more);
            }
            PartialAggregate::Exact(sums) => {
                let (all, scale) = self.exact(count)?;
                *scale = sums.add_to(all, to_all)?;
            }
            PartialAggregate::Values(values, groups) => {
                let of = groups.as_deref().unwrap_or(of).iter().map(|group| to_all[*group as usize]);
                self.add_values(values, &of.collect::<Vec<_>>(), count)?;
            }
            PartialAggregate::Best(best) => self.best(best, to_all, count)?,
        }
        Ok(())
    }

    fn exact(&mut self, count: usize) -> Outcome<(&mut Vec<(i128, i64)>, &mut u8)> {
        if !matches!(self.accumulated, Accumulated::Exact(..)) {
            self.accumulated = Accumulated::Exact(vec![], 0);
        }
        let Accumulated::Exact(sums, scale) = &mut self.accumulated else {
            return Err(unsupported("sums of another kind"));
        };
        sums.resize(count, (0, 0));
        Ok((sums, scale))
    }

    fn add_values(&mut self, values: &Series, of: &[IdxSize], count: usize) -> Outcome<()> {
        match values.dtype() {
            Physical::Null => {}
            Physical::Float64 => {
                if !matches!(self.accumulated, Accumulated::Float(_)) {
                    self.accumulated = Accumulated::Float(vec![]);
                }
                if let Accumulated::Float(sums) = &mut self.accumulated {
                    sums.resize(count, (0.0, 0));
                    float::add(sums, values, of)?;
                }
            }
            _ => {
                let (sums, scale) = self.exact(count)?;
                *scale = exact::add(sums, values, of)?;
            }
        }
        Ok(())
    }

    /// The best of what there was and what comes: of equal values the first, as over all rows.
    fn best(&mut self, values: &Series, of: &[IdxSize], count: usize) -> Outcome<()> {
        let (values, of) = match &self.accumulated {
            Accumulated::Best(best) => {
                let mut groups: Vec<IdxSize> = (0..best.len() as IdxSize).collect();
                groups.extend_from_slice(of);
                (stack(best, values)?, groups)
            }
            _ => (values.clone(), of.to_vec()),
        };
        let best = compute(self.call, &[values], &GroupedRows { of: &of, count, running: false })?;
        self.accumulated = Accumulated::Best(best);
        Ok(())
    }

    /// The result of each group for an aggregate that the state serves.
    pub fn finish(&mut self, call: &AggCall, count: usize) -> Outcome<Series> {
        let to = call.data_type;
        let partial = kernel_of(call)?.partial;
        let sums_of_another_kind = || unsupported("sums of another kind");
        let result = match &mut self.accumulated {
            Accumulated::Nothing if matches!(partial, Partial::Counts) => {
                Int64Chunked::from_vec("".into(), vec![0; count]).into_series()
            }
            Accumulated::Nothing => Series::full_null("".into(), count, &Physical::Null),
            Accumulated::Counts(counts) => {
                counts.resize(count, 0);
                Int64Chunked::from_vec("".into(), counts.clone()).into_series()
            }
            Accumulated::Exact(sums, scale) => {
                sums.resize(count, (0, 0));
                let Partial::Sums { exact, .. } = partial else { return Err(sums_of_another_kind()) };
                exact(sums, *scale, to)?
            }
            Accumulated::Float(sums) => {
                sums.resize(count, (0.0, 0));
                let Partial::Sums { float, .. } = partial else { return Err(sums_of_another_kind()) };
                float(sums)
            }
            Accumulated::Best(best) => best.clone(),
        };
        typed(result, call, count)
    }
}

fn one(values: Option<&Series>) -> Outcome<&Series> {
    values.ok_or_else(|| unsupported("the aggregate needs an argument"))
}
