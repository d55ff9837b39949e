//! NULLs replaced.

use tidemill_core::table::{AggCall, AggFunc, DataType, Expr, Fill, Rel};

use super::decimal::{decimal, digits};
use super::expression::Scope;
use super::literal::{literal, spark_type};
use super::ordinal::Lowered;
use super::relation::Lowerer;
use super::{Lowering, cast};

impl Lowerer<'_> {
    /// Constants stand in the list; means and medians are the one row of a group of all rows, beside each row.
    pub(super) fn fill(&self, rel: &Rel, columns: &[(String, Fill)]) -> Lowering<Lowered> {
        let input = self.rel(rel)?;
        let scope = Scope::of(&input.schema, "t.");
        let mut list: Vec<String> = input.columns();
        let mut metrics = Vec::new();
        for (name, how) in columns {
            let (column, data_type) = (scope.column(name)?, input.schema.get(name).unwrap_or(DataType::Null));
            // In a column of nothing but NULL there is no mean.
            if data_type == DataType::Null {
                continue;
            }
            let filling = match how {
                Fill::Zero => cast("0L", DataType::Int, data_type)?,
                Fill::Value(value) => {
                    format!("cast({} as {})", literal(value, value.data_type()), spark_type(data_type))
                }
                Fill::Mean | Fill::Median => {
                    let place = metrics.len();
                    metrics.push((name.clone(), of_all(name, data_type, how)));
                    format!("cast(f.c{place} as {})", spark_type(data_type))
                }
            };
            let place = input.schema.names().position(|known| known == name).unwrap_or_default();
            list[place] = format!("coalesce({column}, {filling}) as c{place}");
        }
        let beside = if metrics.is_empty() {
            String::new()
        } else {
            let schema = metrics.iter().map(|(name, call)| (name.as_str(), call.data_type)).collect();
            format!(" cross join {} f", self.aggregate(rel, &[], &metrics, schema)?.nested())
        };
        let qualified = |(i, column): (usize, &String)| match *column == format!("c{i}") {
            true => format!("t.c{i}"),
            false => column.clone(),
        };
        let mut list: Vec<String> = list.iter().enumerate().map(qualified).collect();
        list.extend(input.ordinals().iter().map(|ordinal| format!("t.{ordinal}")));
        Ok(Lowered { sql: format!("select {} from {} t{beside}", list.join(", "), input.nested()), ..input })
    }
}

/// The mean or median of a column; of ints and decimals exact, rounded half-even.
fn of_all(name: &str, data_type: DataType, how: &Fill) -> AggCall {
    let function = AggFunc::new(if *how == Fill::Mean { "avg" } else { "median" });
    let (precision, scale) = digits(data_type);
    let to = if data_type == DataType::Float { DataType::Float } else { decimal(precision, scale) };
    AggCall::of(function, Expr::column(name, data_type), to)
}
