//! NULLs replaced.

use polars::prelude::{DataFrame, DataType as Physical, NamedFrom, Series};
use tidemill_core::table::{DataType, Fill, Rel, Value};

use super::context::JobContext;
use super::operator::{Operator, only_input};
use super::required_columns::{RequiredColumns, with};
use crate::arrays::typed::{digits, floats};
use crate::arrays::types;
use crate::error::{Outcome, internal, unsupported, value, within};
use crate::expr::{cast, constant};
use crate::ops::aggregate::{middle, strictly_by_float};
use crate::values::decimal::div_half_even;

/// Puts values into the place of NULLs.
pub(crate) struct FillExec<'a> {
    pub input: &'a Rel,
    pub columns: &'a [(String, Fill)],
    pub required: RequiredColumns,
}

impl Operator for FillExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        vec![(self.input, with(self.required.clone(), self.columns.iter().map(|(name, _)| name.clone()).collect()))]
    }

    fn execute(&self, inputs: Vec<DataFrame>, _: &mut JobContext<'_>) -> Outcome<DataFrame> {
        fill(only_input(inputs), self.columns)
    }
}

/// The frame with the NULLs of these columns filled.
pub(crate) fn fill(frame: DataFrame, columns: &[(String, Fill)]) -> Outcome<DataFrame> {
    let mut frame = frame;
    for (name, how) in columns {
        let series = types::column(&frame, name)?;
        if series.null_count() == 0 || series.dtype() == &Physical::Null {
            continue;
        }
        let data_type = types::from_polars(series.dtype())?;
        let filling = filling(series, data_type, how).map_err(|error| within(&format!("column {name}"), error))?;
        put(&mut frame, name, &filling)?;
    }
    Ok(frame)
}

/// Puts that one value into the place of every NULL of the column.
pub(crate) fn put(frame: &mut DataFrame, name: &str, filling: &Series) -> Outcome<()> {
    let series = types::column(frame, name)?;
    if series.null_count() == 0 || series.dtype() == &Physical::Null {
        return Ok(());
    }
    let wide = filling.new_from_index(0, series.len());
    let filled = series.zip_with_same_type(&series.is_not_null(), &wide).map_err(internal)?;
    frame.with_column(filled.with_name(name.into()).into()).map_err(internal)?;
    Ok(())
}

/// One row: what NULL becomes; NULL itself for the mean of nothing.
fn filling(series: &Series, data_type: DataType, how: &Fill) -> Outcome<Series> {
    match how {
        Fill::Mean => mean(series, data_type),
        Fill::Median => median(series, data_type),
        Fill::Zero => {
            let zero = constant(&Value::Int(0), DataType::Int)?;
            cast(&zero, data_type, &|_| 1).map_err(|_| unsupported(format!("{data_type} has no zero")))
        }
        Fill::Value(value_of_all) => {
            let filling = constant(value_of_all, value_of_all.data_type())?;
            cast(&filling, data_type, &|_| 1)
                .map_err(|_| value(format!("the value to fill in does not fit {data_type}")))
        }
    }
}

fn exact(digits: Option<i128>, data_type: DataType) -> Outcome<Series> {
    let value = match (digits, data_type) {
        (None, _) => Value::Null,
        // A mean or median lies between values that fit.
        (Some(digits), DataType::Int) => Value::Int(digits as i64),
        (Some(unscaled), DataType::Decimal { scale, .. }) => Value::Decimal { unscaled, scale },
        (Some(_), other) => return Err(unsupported(format!("{other} has no mean"))),
    };
    constant(&value, data_type)
}

fn mean(series: &Series, data_type: DataType) -> Outcome<Series> {
    let mut mean = RunningMean::default();
    mean.add(series)?;
    mean.filling(data_type)
}

/// The mean of a column whose rows come batch by batch, in their order.
#[derive(Default)]
pub(crate) struct RunningMean {
    float: f64,
    exact: i128,
    count: i128,
}

impl RunningMean {
    /// Takes the next rows.
    pub fn add(&mut self, series: &Series) -> Outcome<()> {
        if series.dtype() == &Physical::Float64 {
            for value in floats(series)?.iter().flatten() {
                self.float += value;
                self.count += 1;
            }
            return Ok(());
        }
        for value in digits(series)?.0.iter().flatten() {
            self.exact = self.exact.checked_add(value).ok_or_else(value_overflow)?;
            self.count += 1;
        }
        Ok(())
    }

    /// One row: the mean in the column's type, NULL of no values.
    pub fn filling(&self, data_type: DataType) -> Outcome<Series> {
        if data_type == DataType::Float {
            return Ok(Series::new("".into(), [(self.count > 0).then(|| self.float / self.count as f64)]));
        }
        exact(if self.count == 0 { None } else { div_half_even(self.exact, self.count) }, data_type)
    }
}

fn value_overflow() -> tidemill_core::table::EngineError {
    value("the sum of the values, taken for their mean, overflows")
}

/// One row: the median in the column's type, NULL of no values.
pub(crate) fn median(series: &Series, data_type: DataType) -> Outcome<Series> {
    if data_type == DataType::Float {
        let mut values: Vec<f64> = floats(series)?.iter().flatten().collect();
        let middle = middle(&mut values, strictly_by_float).map(|(low, high)| low / 2.0 + high / 2.0);
        return Ok(Series::new("".into(), [middle]));
    }
    let mut values: Vec<i128> = digits(series)?.0.iter().flatten().collect();
    let middle = middle(&mut values, Ord::cmp);
    exact(middle.and_then(|(low, high)| div_half_even(low.checked_add(high)?, 2)), data_type)
}
