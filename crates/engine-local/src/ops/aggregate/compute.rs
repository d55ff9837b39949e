//! An aggregate's kernel over the rows that count, in their order.

use std::borrow::Cow;

use polars::prelude::{BooleanChunked, DataType as Physical, IdxSize, IntoSeries, Series};
use tidemill_core::table::AggCall;

use super::kernel::{Running, kernel_of};
use super::kernel_input::KernelInput;
use super::rows::GroupedRows;
use crate::arrays::typed::{bools, certain};
use crate::arrays::types;
use crate::error::{Outcome, internal};
use crate::expr::Eval;
use crate::keys::groups::Groups;
use crate::ops::sort::{SortColumn, evaluated, sorted};

/// The aggregate's arguments over all rows, and the rows that its filter leaves.
pub(crate) struct Arguments {
    /// One series for each argument.
    pub values: Vec<Series>,
    /// False for rows that do not count.
    pub mask: Option<BooleanChunked>,
    /// What the rows are sorted by before they are taken.
    pub order: Option<Vec<SortColumn>>,
}

impl Arguments {
    /// Computes them.
    pub fn of(eval: &Eval<'_>, call: &AggCall) -> Outcome<Self> {
        Ok(Self {
            values: call.args.iter().map(|arg| eval.column(arg)).collect::<Outcome<_>>()?,
            mask: call.filter.as_ref().map(|filter| eval.mask(filter)).transpose()?,
            order: (!call.order_by.is_empty()).then(|| evaluated(eval, &call.order_by)).transpose()?,
        })
    }
}

/// The aggregate of each group over the frame's rows.
pub(crate) fn over_groups(eval: &Eval<'_>, call: &AggCall, of: &[IdxSize], count: usize) -> Outcome<Series> {
    over_rows(call, &Arguments::of(eval, call)?, None, of, count)
}

/// The aggregate of each group over these rows (all if None), where `of` holds the group of each of them.
pub(crate) fn over_rows(
    call: &AggCall,
    arguments: &Arguments,
    rows: Option<&[IdxSize]>,
    of: &[IdxSize],
    count: usize,
) -> Outcome<Series> {
    let row_at = |place: usize| rows.map_or(place as IdxSize, |rows| rows[place]);
    let mut picked: Option<Vec<IdxSize>> = rows.map(<[_]>::to_vec);
    let mut groups = Cow::Borrowed(of);
    if let Some(mask) = &arguments.mask {
        let mask = mask.rechunk();
        let places: Vec<usize> =
            (0..of.len()).filter(|place| mask.get(row_at(*place) as usize) == Some(true)).collect();
        picked = Some(places.iter().map(|place| row_at(*place)).collect());
        groups = places.iter().map(|place| of[*place]).collect::<Vec<_>>().into();
    }
    let mut values = gather(&arguments.values, picked.as_deref())?;
    if let Some(order) = &arguments.order {
        let order = order.iter().map(|key| key.gathered(picked.as_deref())).collect::<Outcome<Vec<_>>>()?;
        let order = sorted(&order, groups.len())?;
        values = gather(&values, Some(&order))?;
        groups = order.iter().map(|place| groups[*place as usize]).collect::<Vec<_>>().into();
    }
    if call.distinct && !values.is_empty() {
        let firsts = first_of_equal(&values, &groups)?;
        values = gather(&values, Some(&firsts))?;
        groups = firsts.iter().map(|row| groups[*row as usize]).collect::<Vec<_>>().into();
    }
    let result = compute(call, &values, &GroupedRows { of: &groups, count, running: false })?;
    typed(result, call, count)
}

/// For each of these rows the aggregate over the rows of its group up to itself; None if that cannot be had in one pass.
pub(crate) fn running(
    call: &AggCall,
    arguments: &Arguments,
    rows: &[IdxSize],
    of: &[IdxSize],
    count: usize,
) -> Outcome<Option<Series>> {
    let in_one_pass = match kernel_of(call)?.running {
        Running::No => false,
        Running::EveryRow => arguments.mask.is_none(),
        Running::WithoutNull => true,
    };
    if !in_one_pass || call.distinct || arguments.order.is_some() {
        return Ok(None);
    }
    let mut values = gather(&arguments.values, Some(rows))?;
    if let Some(mask) = &arguments.mask {
        // Rows that do not count become NULL, which all of these leave out.
        let mask = gather(&[mask.clone().into_series()], Some(rows))?.remove(0);
        let mask: BooleanChunked = bools(&mask)?.iter().map(|bit| bit.filter(|bit| *bit)).collect();
        values = match values.pop() {
            None => vec![mask.into_series()],
            Some(value) => {
                let none = Series::full_null(value.name().clone(), value.len(), value.dtype());
                vec![value.zip_with_same_type(&certain(&mask), &none).map_err(internal)?]
            }
        };
    }
    let result = compute(call, &values, &GroupedRows { of, count, running: true })?;
    typed(result, call, rows.len()).map(Some)
}

/// The result of the call's type, where nothing but NULL came in.
pub(super) fn typed(result: Series, call: &AggCall, results: usize) -> Outcome<Series> {
    let wanted = types::to_polars(call.data_type);
    if result.dtype() == &Physical::Null && wanted != Physical::Null {
        return Ok(Series::full_null("".into(), results, &wanted));
    }
    Ok(result)
}

pub(super) fn gather(values: &[Series], rows: Option<&[IdxSize]>) -> Outcome<Vec<Series>> {
    match rows {
        None => Ok(values.to_vec()),
        Some(rows) => values.iter().map(|series| series.rechunk().take_slice(rows).map_err(internal)).collect(),
    }
}

/// Of rows with equal group and values, the first.
fn first_of_equal(values: &[Series], groups: &[IdxSize]) -> Outcome<Vec<IdxSize>> {
    use polars::prelude::NamedFrom;
    let mut keys = vec![Series::new("".into(), groups.to_vec())];
    keys.extend_from_slice(values);
    Ok(Groups::of(&keys, groups.len())?.first)
}

/// The result of the kernel over these rows.
pub(super) fn compute(call: &AggCall, values: &[Series], rows: &GroupedRows<'_>) -> Outcome<Series> {
    (kernel_of(call)?.compute)(&KernelInput { call, values, rows })
}
