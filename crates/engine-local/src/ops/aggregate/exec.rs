//! One row for each group.

use std::collections::BTreeSet;

use polars::prelude::{Column, DataFrame, IdxSize, Series};
use tidemill_core::table::{AggCall, Expr, Rel};

use super::compute::over_groups;
use crate::arrays::types;
use crate::error::{Outcome, internal, within};
use crate::expr::{Eval, columns_of};
use crate::keys::groups::Groups;
use crate::keys::zero::unsigned_zeros;
use crate::ops::context::JobContext;
use crate::ops::operator::{Operator, only_input};
use crate::ops::required_columns::RequiredColumns;
use crate::ops::sort::{SortColumn, sorted};
use crate::runtime::parallel;

/// One row for each group, in the order of the keys; without keys one row.
pub(crate) struct AggregateExec<'a> {
    pub input: &'a Rel,
    pub keys: &'a [(String, Expr)],
    pub metrics: &'a [(String, AggCall)],
}

impl Operator for AggregateExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        vec![(self.input, Some(columns_read(self.keys, self.metrics)))]
    }

    fn execute(&self, inputs: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        let frame = only_input(inputs);
        let rows = frame.height();
        let eval = Eval::new(&frame, &context.notes);
        let key_values = self.keys.iter().map(|(_, expr)| eval.column(expr).map(unsigned_zeros));
        let key_values: Vec<Series> = key_values.collect::<Outcome<_>>()?;
        let mut groups = Groups::of(&key_values, rows)?;
        let mut result: Vec<Column> = vec![];
        let mut count = groups.len();
        if self.keys.is_empty() {
            count = 1;
        } else {
            let firsts: Vec<Series> = key_values
                .iter()
                .map(|values| values.take_slice(&groups.first).map_err(internal))
                .collect::<Outcome<_>>()?;
            let order = sorted(&firsts.iter().cloned().map(SortColumn::ascending).collect::<Vec<_>>(), count)?;
            let mut place = vec![0 as IdxSize; count];
            order.iter().enumerate().for_each(|(to, from)| place[*from as usize] = to as IdxSize);
            groups.of_row.iter_mut().for_each(|group| *group = place[*group as usize]);
            for ((name, _), first) in self.keys.iter().zip(&firsts) {
                let values = first.take_slice(&order).map_err(internal)?;
                result.push(types::expand(name, values, count));
            }
        }
        context.uncancelled()?;
        result.extend(parallel::map(self.metrics, rows, |(name, call)| {
            over_groups(&eval, call, &groups.of_row, count)
                .map(|values| types::expand(name, values, count))
                .map_err(|error| within(&format!("column {name}"), error))
        })?);
        DataFrame::new(count, result).map_err(internal)
    }
}

/// The columns that the keys and metrics read.
pub(crate) fn columns_read(keys: &[(String, Expr)], metrics: &[(String, AggCall)]) -> BTreeSet<String> {
    let calls = metrics.iter().flat_map(|(_, call)| call.exprs());
    columns_of(keys.iter().map(|(_, key)| key).chain(calls))
}
