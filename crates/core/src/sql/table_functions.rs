//! Functions that give rows: `from generate_series(1, 10) as n`, `select generate_series(1, 10)`.

use sqlparser::ast::{
    Expr as Ast, Function as AstCall, FunctionArg, FunctionArgExpr, ObjectName, ObjectNamePart, Spanned, TableAlias,
};
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;
use crate::table::{ArithOp, DataType, Expr, Rel, SeriesStep, Value};

use super::binder::Binder;
use super::column_scope::ColumnScope;
use super::env::{Allowed, Env, SELECT_LIST, passing_name, series_name};
use super::functions::{array_length, element, elsewhere, plain_args};
use super::grouping::project;
use super::interval_length::{Length, length_of};
use super::operators::comparable;
use super::text::{Bound, all};
use super::type_names::named;
use super::types::coerce;

/// What a series counts.
#[derive(Clone, PartialEq)]
pub(super) struct Series {
    /// The first value.
    pub start: Expr,
    /// What no value goes beyond.
    pub stop: Expr,
    /// From one value to the next.
    pub step: SeriesStep,
}

impl Series {
    /// Each row once for every value.
    pub(super) fn of_each_row(self, input: Rel, column: &str) -> Rel {
        let Self { start, stop, step } = self;
        Rel::Series { input: Box::new(input), column: column.to_owned(), start, stop, step }
    }

    /// The expressions over the row.
    pub(super) fn exprs_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let step = match &mut self.step {
            SeriesStep::Number(step) => Some(step),
            SeriesStep::Interval { .. } => None,
        };
        [&mut self.start, &mut self.stop].into_iter().chain(step)
    }
}

impl Binder<'_> {
    /// `generate_series(…)` in a select list: each row once for every value.
    pub(super) fn series_call(&self, call: &AstCall, span: Span, env: &mut Env<'_>) -> Bound<Expr> {
        if env.allowed != Allowed::Windows || env.clause != SELECT_LIST || env.within.is_some() {
            let message = format!("`generate_series` cannot stand in {}", env.clause);
            return Err(vec![
                Diagnostic::error(message)
                    .at(self.text.place(span), "it gives rows")
                    .help("join its rows: `from t, generate_series(1, 3) as n`"),
            ]);
        }
        let args = plain_args(self, "generate_series", call)?;
        env.allowed = Allowed::Aggregates;
        let series = self.series(&args, span, env);
        env.allowed = Allowed::Windows;
        let series = series?;
        let value = Expr::column(series_name(), series.start.data_type);
        if env.series.as_ref().is_some_and(|known| *known != series) {
            let instead = "join the rows of each: `from t, generate_series(1, 3) as n`";
            return Err(self.text.unsupported(span, "a second series in one select list", instead));
        }
        env.series = Some(series);
        Ok(value)
    }

    /// The rows of a function with their name.
    pub(super) fn table_function(
        &self,
        name: &ObjectName,
        args: &[FunctionArg],
        alias: Option<&TableAlias>,
    ) -> Bound<(String, Span, Rel)> {
        let written = name.to_string().to_lowercase();
        let of_list = match written.as_str() {
            "generate_series" => None,
            "json_array_elements" => Some(false),
            "json_array_elements_text" => Some(true),
            _ => {
                let unknown = Diagnostic::error(format!("there is no function `{name}` that gives rows"));
                let help = "there is `generate_series(first, last [, step])`, and `json_array_elements(json)` and \
                            `json_array_elements_text(json)` of a list";
                return Err(vec![
                    unknown.at(self.text.place(name.span()), "").help(elsewhere(&written).unwrap_or(help)),
                ]);
            }
        };
        let span = name.0.first().map_or(Span::empty(), |part| match part {
            ObjectNamePart::Identifier(ident) => ident.span,
            ObjectNamePart::Function(_) => Span::empty(),
        });
        let args = all(args.iter().map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
            other => Err(self.text.wrong(span, format!("`{written}` does not take `{other}`"), "")),
        }))?;
        let table = alias.map_or_else(|| written.clone(), |alias| alias.name.value.clone());
        let scope = ColumnScope::default();
        let mut env = Env::new(&scope, "`generate_series`", Allowed::Scalars);
        let (rel, value) = match of_list {
            None => {
                let series = self.series(&args, span, &mut env)?;
                let value = Expr::column(&table, series.start.data_type);
                let input = self.attached(Rel::Unit, std::mem::take(&mut env.early), span)?;
                (series.of_each_row(input, &table), (table.clone(), value))
            }
            Some(is_text) => {
                let (series, json) = self.elements(&args, &written, span, &mut env)?;
                let input = self.attached(Rel::Unit, std::mem::take(&mut env.early), span)?;
                let place = passing_name("place");
                let value = element(is_text, json, Expr::column(&place, DataType::Int));
                (series.of_each_row(input, &place), ("value".to_owned(), value))
            }
        };
        let rel = project(rel, vec![value]);
        match alias {
            Some(alias) => Ok((table, alias.name.span, self.renamed(rel, alias)?)),
            None => Ok((table, span, rel)),
        }
    }

    /// The places of a JSON list, and the list.
    fn elements(&self, args: &[&Ast], name: &str, span: Span, env: &mut Env<'_>) -> Bound<(Series, Expr)> {
        let [json] = args else {
            return Err(self.text.wrong(span, format!("`{name}` takes a JSON list"), ""));
        };
        let json = self.expect(json, env, &format!("`{name}`"), &[DataType::String])?;
        let one = Expr::literal(Value::Int(1));
        let stop = self.arith(ArithOp::Sub, array_length(json.clone()), one.clone(), DataType::Int);
        Ok((Series { start: Expr::literal(Value::Int(0)), stop, step: SeriesStep::Number(one) }, json))
    }

    /// The series of these arguments.
    fn series(&self, args: &[&Ast], span: Span, env: &mut Env<'_>) -> Bound<Series> {
        let (first, last, step) = match *args {
            [first, last] => (first, last, None),
            [first, last, step] => (first, last, Some(step)),
            _ => return Err(self.text.wrong(span, "`generate_series` takes a first and a last value, and a step", "")),
        };
        let (start, stop) = comparable(self, first, last, env)?;
        let (start, stop, step) = match start.data_type {
            DataType::Int => {
                let step = match step {
                    Some(step) => self.expect(step, env, "the step of ints", &[DataType::Int])?,
                    None => Expr::literal(Value::Int(1)),
                };
                if step == Expr::literal(Value::Int(0)) {
                    return Err(self.text.wrong(span, "the step of a series cannot be 0", ""));
                }
                (start, stop, SeriesStep::Number(step))
            }
            DataType::Date | DataType::Datetime => self.by_interval(start, stop, step, span, env)?,
            other => {
                return Err(vec![
                    Diagnostic::error("`generate_series` counts ints, dates or datetimes")
                        .at(self.text.place(first.span()), named(other))
                        .help("count ints, and calculate from them"),
                ]);
            }
        };
        Ok(Series { start, stop, step })
    }

    fn by_interval(
        &self,
        start: Expr,
        stop: Expr,
        step: Option<&Ast>,
        span: Span,
        env: &mut Env<'_>,
    ) -> Bound<(Expr, Expr, SeriesStep)> {
        let Some(Ast::Interval(written)) = step else {
            return Err(vec![
                Diagnostic::error("a series of dates needs an interval as its step")
                    .at(self.text.place(step.map_or(span, Spanned::span)), "")
                    .help("write `generate_series(first, last, interval '1 day')`"),
            ]);
        };
        let Length { months, days, micros } = length_of(self, written, env)?;
        let parts = [months, days, micros];
        if parts.iter().all(|part| *part == 0)
            || (parts.iter().any(|part| *part < 0) && parts.iter().any(|part| *part > 0))
        {
            return Err(self.text.wrong(written.value.span(), "the step of a series goes one way, and is not 0", ""));
        }
        // A day with hours added to it is a moment.
        let data_type = if micros == 0 { start.data_type } else { DataType::Datetime };
        Ok((coerce(start, data_type), coerce(stop, data_type), SeriesStep::Interval { months, days, micros }))
    }
}
