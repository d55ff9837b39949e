//! Functions that give rows: `from generate_series(1, 10) as n`.

use sqlparser::ast::{Expr as Ast, FunctionArg, FunctionArgExpr, ObjectName, ObjectNamePart, Spanned, TableAlias};
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;
use crate::table::{DataType, Expr, Rel, SeriesStep, Value};

use super::binder::Binder;
use super::column_scope::ColumnScope;
use super::env::{Allowed, Env};
use super::interval_length::{Length, length_of};
use super::operators::comparable;
use super::text::{Bound, all};
use super::type_names::named;
use super::types::coerce;

impl Binder<'_> {
    /// The rows of a function with their name.
    pub(super) fn table_function(
        &self,
        name: &ObjectName,
        args: &[FunctionArg],
        alias: Option<&TableAlias>,
    ) -> Bound<(String, Span, Rel)> {
        let written = name.to_string().to_lowercase();
        if written != "generate_series" {
            return Err(vec![
                Diagnostic::error(format!("there is no function `{name}` that gives rows"))
                    .at(self.text.place(name.span()), "")
                    .help("there is `generate_series(first, last [, step])`"),
            ]);
        }
        let span = name.0.first().map_or(Span::empty(), |part| match part {
            ObjectNamePart::Identifier(ident) => ident.span,
            ObjectNamePart::Function(_) => Span::empty(),
        });
        let args = all(args.iter().map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
            other => Err(self.text.wrong(span, format!("`generate_series` does not take `{other}`"), "")),
        }))?;
        let table = alias.map_or(written, |alias| alias.name.value.clone());
        let rel = self.series(&args, &table, span)?;
        match alias {
            Some(alias) => Ok((table, alias.name.span, self.renamed(rel, alias)?)),
            None => Ok((table, span, rel)),
        }
    }

    fn series(&self, args: &[&Ast], column: &str, span: Span) -> Bound<Rel> {
        let (first, last, step) = match *args {
            [first, last] => (first, last, None),
            [first, last, step] => (first, last, Some(step)),
            _ => return Err(self.text.wrong(span, "`generate_series` takes a first and a last value, and a step", "")),
        };
        let scope = ColumnScope::default();
        let mut env = Env::new(&scope, "`generate_series`", Allowed::Scalars);
        let (start, stop) = comparable(self, first, last, &mut env)?;
        let (start, stop, step) = match start.data_type {
            DataType::Int => {
                let step = match step {
                    Some(step) => self.expect(step, &mut env, "the step of ints", &[DataType::Int])?,
                    None => Expr::literal(Value::Int(1)),
                };
                if step == Expr::literal(Value::Int(0)) {
                    return Err(self.text.wrong(span, "the step of a series cannot be 0", ""));
                }
                (start, stop, SeriesStep::Number(step))
            }
            DataType::Date | DataType::Datetime => self.by_interval(start, stop, step, span, &mut env)?,
            other => {
                return Err(vec![
                    Diagnostic::error("`generate_series` counts ints, dates or datetimes")
                        .at(self.text.place(first.span()), named(other))
                        .help("count ints, and calculate from them"),
                ]);
            }
        };
        if !env.early.is_empty() {
            return Err(self.text.unsupported(span, "a subquery in `generate_series`", "use `with`, and `lateral`"));
        }
        Ok(Rel::Series { input: Box::new(Rel::Unit), column: column.to_owned(), start, stop, step })
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
