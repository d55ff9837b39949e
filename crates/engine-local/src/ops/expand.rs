//! Each row several times, with columns that differ.

use polars::prelude::{Column, DataFrame, IdxSize, Series};
use tidemill_core::table::registry::Registry;
use tidemill_core::table::{Expr, ExprKind, Rel};

use super::context::JobContext;
use super::operator::{Operator, only_input};
use super::required_columns::{RequiredColumns, with};
use crate::arrays::select::{only, take};
use crate::arrays::types;
use crate::error::{Outcome, internal, value, within};
use crate::expr::{Eval, Notes, columns_of};

/// Gives each row several times in succession, with columns appended that differ from time to time.
pub(crate) struct ExpandExec<'a> {
    pub input: &'a Rel,
    pub columns: &'a [(String, Vec<Expr>)],
    pub required: RequiredColumns,
}

impl Operator for ExpandExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        vec![(self.input, with(self.required.clone(), columns_read(self.columns)))]
    }

    fn execute(&self, inputs: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        expand(only_input(inputs), self.columns, &self.required, &context.notes)
    }
}

/// The columns of the input that the new ones read.
pub(crate) fn columns_read(columns: &[(String, Vec<Expr>)]) -> std::collections::BTreeSet<String> {
    columns_of(columns.iter().flat_map(|(_, values)| values))
}

/// `required`: the columns that are needed of the result.
pub(crate) fn expand(
    frame: DataFrame,
    columns: &[(String, Vec<Expr>)],
    required: &RequiredColumns,
    notes: &Notes,
) -> Outcome<DataFrame> {
    let rows = frame.height();
    let times = columns.first().map_or(1, |(_, values)| values.len());
    let total = rows * times;
    if total >= IdxSize::MAX as usize {
        return Err(value("a step would have more than four billion rows"));
    }
    let eval = Eval::new(&frame, notes);
    // Where the values of a column stand one behind the other: those of the first time, of the second, and so on.
    let turns: Vec<IdxSize> = (0..total).map(|at| ((at % times) * rows + at / times) as IdxSize).collect();
    let mut appended: Vec<Column> = Vec::with_capacity(columns.len());
    for (name, values) in columns.iter().filter(|(name, _)| required.as_ref().is_none_or(|need| need.contains(name))) {
        let stacked = stacked(&eval, values).map_err(|error| within(&format!("column {name}"), error))?;
        appended.push(stacked.take_slice(&turns).map_err(internal)?.with_name(name.as_str().into()).into());
    }
    let sources: Vec<IdxSize> = (0..total).map(|at| (at / times) as IdxSize).collect();
    let mut all = take(&only(frame, required)?, &sources)?.into_columns();
    all.extend(appended);
    DataFrame::new(total, all).map_err(internal)
}

/// The values of all times, one behind the other; equal expressions are computed once.
fn stacked(eval: &Eval<'_>, values: &[Expr]) -> Outcome<Series> {
    let mut known: Registry<&Expr> = Registry::default();
    let mut computed: Vec<Series> = vec![];
    let mut whole: Option<Series> = None;
    for expr in values {
        let is_constant = matches!(expr.kind, ExprKind::Literal(_));
        let at = if is_constant { None } else { known.place(&expr) };
        let series = match at {
            Some(at) => computed[at].clone(),
            None => types::conform(eval.column(expr)?, expr.data_type)?,
        };
        if !is_constant && at.is_none() {
            known.register(expr);
            computed.push(series.clone());
        }
        match &mut whole {
            Some(whole) => {
                whole.append(&series).map_err(internal)?;
            }
            none => *none = Some(series),
        }
    }
    Ok(whole.unwrap_or_default().rechunk())
}
