//! Calls of aggregates.

use sqlparser::ast::{
    DuplicateTreatment, Expr as Ast, Function as AstCall, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, OrderByExpr, Spanned,
};
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;
use crate::table::{AggCall, AggFunc, Expr, ExprKind, SortKey};

use super::binder::Binder;
use super::env::{Allowed, Env};
use super::functions::{Aggregate, Call, Distinct, FunctionDefinition, Takes, checked_arity, positional_args};
use super::text::{Bound, all, both};

/// A call of an aggregate as it is written.
pub(super) struct Written<'c> {
    /// The function.
    pub definition: &'static FunctionDefinition,
    /// What it does.
    pub aggregate: &'static Aggregate,
    /// The name as it is written, in lower case.
    pub name: &'c str,
    /// Where the name stands.
    pub span: Span,
    /// The whole call.
    pub call: &'c AstCall,
}

/// An aggregate's call, registered in `env`.
pub(super) fn call(binder: &Binder<'_>, written: &Written<'_>, env: &mut Env<'_>) -> Bound<Expr> {
    let Written { name, span, .. } = *written;
    if env.allowed == Allowed::Scalars {
        return Err(vec![
            Diagnostic::error(format!("`{name}` is an aggregate, and {} works row by row", env.clause))
                .at(binder.text.place(span), "not allowed here")
                .help("aggregates stand in `metrics`, `having`, or a query's select list"),
        ]);
    }
    if let Some(outer) = &env.within {
        return Err(vec![
            Diagnostic::error(format!("`{name}` cannot stand inside `{outer}`"))
                .at(binder.text.place(span), "an aggregate within an aggregate")
                .help("aggregate in two steps: a subquery, or a task before this one"),
        ]);
    }
    env.within = Some(name.to_owned());
    let bound = bind(binder, written, env);
    env.within = None;
    Ok(env.aggregate(bound?))
}

/// An aggregate's call.
pub(super) fn bind(binder: &Binder<'_>, written: &Written<'_>, env: &mut Env<'_>) -> Bound<AggCall> {
    let Written { definition, aggregate, name, span, call } = *written;
    if call.null_treatment.is_some() {
        let instead = "most aggregates leave NULL out, and `any_value` is the first value that is not NULL";
        return Err(binder.text.unsupported(span, &format!("a treatment of nulls for `{name}`"), instead));
    }
    let filter = call.filter.as_deref().map(|filter| binder.condition(filter, env)).transpose();
    let is_distinct = is_distinct(call);
    let mut func = AggFunc::new(aggregate.engine.unwrap_or(definition.name));
    if aggregate.counts_rows && is_of_rows(call) {
        if is_distinct {
            return Err(binder.text.unsupported(span, &format!("`{name}(distinct *)`"), "name a column"));
        }
        return Ok(AggCall { filter: filter?, ..AggCall::new(func, vec![], definition.returns.of(&[])) });
    }
    let mut args = positional_args(binder, name, call)?;
    let within = written.within_group(binder)?;
    args.splice(0..0, within.map(|key| &key.expr));
    if aggregate.counts_rows {
        refuse_columns(binder, name, span, &args, is_distinct)?;
    }
    checked_arity(binder, definition, name, span, args.len()).map_err(|errors| written.with_form(errors))?;
    if is_distinct && aggregate.distinct == Distinct::Refused {
        return Err(binder.text.unsupported(span, &format!("`{name}(distinct …)`"), ""));
    }
    let order_by = all(written.order_clause(binder)?.iter().map(|key| binder.sort_key(key, env)));
    let plain = Call { binder, definition, name, span, args: &args };
    let (mut args, (filter, mut order_by)) =
        both(plain.arguments(env, &format!("the arguments of `{name}`")), both(filter, order_by))?;
    if within.is_some() || aggregate.takes == Takes::Sorted {
        let (descending, nulls_first) =
            within.map(|key| binder.direction(&key.options, key.expr.span())).transpose()?.unwrap_or_default();
        order_by = args.iter().take(1).map(|arg| SortKey { expr: arg.clone(), descending, nulls_first }).collect();
    }
    let data_type = definition.returns.of(&args);
    func.parameter = parameter(definition, &mut args);
    let distinct = match aggregate.distinct {
        Distinct::Once => is_distinct,
        Distinct::Always => true,
        Distinct::Same | Distinct::Refused => false,
    };
    Ok(AggCall { func, args, distinct, filter, order_by, data_type })
}

impl<'c> Written<'c> {
    /// The key of `within group (order by …)`.
    fn within_group(&self, binder: &Binder<'_>) -> Bound<Option<&'c OrderByExpr>> {
        let name = self.name;
        match (self.call.within_group.as_slice(), self.aggregate.takes) {
            ([], _) => Ok(None),
            ([key], Takes::WithinGroup | Takes::Sorted) => Ok(Some(key)),
            (_, Takes::WithinGroup | Takes::Sorted) => {
                Err(binder.text.wrong(self.span, format!("`{name}` takes one key within its group"), ""))
            }
            (_, Takes::Rows) => {
                let instead = format!("write the order behind the arguments: `{name}(… order by …)`");
                Err(binder.text.unsupported(self.span, &format!("`within group` for `{name}`"), &instead))
            }
        }
    }

    /// Errors with the form that was meant, if `within group` may be missing.
    fn with_form(&self, errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let form = self.definition.forms.first().filter(|_| self.aggregate.takes != Takes::Rows);
        let help = |error: Diagnostic| match form {
            Some(form) => error.help(format!("write `{form}`")),
            None => error,
        };
        errors.into_iter().map(help).collect()
    }

    /// What stands behind `order by` inside the parentheses.
    fn order_clause(&self, binder: &Binder<'_>) -> Bound<&'c [OrderByExpr]> {
        let FunctionArguments::List(list) = &self.call.args else { return Ok(&[]) };
        let name = self.name;
        match list.clauses.as_slice() {
            [] => Ok(&[]),
            [FunctionArgumentClause::OrderBy(_)] if self.aggregate.takes == Takes::Sorted => {
                let instead = format!("it sorts its rows itself: `{name}(x, 0.5)`");
                Err(binder.text.unsupported(self.span, &format!("`order by` inside `{name}(…)`"), &instead))
            }
            [FunctionArgumentClause::OrderBy(keys)] => Ok(keys),
            _ => {
                let instead = "there are `distinct`, `order by` and, behind it, `filter (where …)`";
                Err(binder.text.unsupported(self.span, &format!("a clause inside `{name}(…)`"), instead))
            }
        }
    }
}

/// Takes the constant out of the arguments that the aggregate is told beside them.
fn parameter(
    definition: &'static FunctionDefinition,
    args: &mut Vec<Expr>,
) -> Option<(&'static str, crate::table::Value)> {
    let at = definition.parameters.iter().take(args.len()).position(|parameter| parameter.is_constant())?;
    match args.remove(at).kind {
        ExprKind::Literal(value) => Some((definition.parameters[at].name, value)),
        _ => None,
    }
}

fn is_distinct(call: &AstCall) -> bool {
    let FunctionArguments::List(list) = &call.args else { return false };
    matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct))
}

/// Whether it is `f(*)`.
fn is_of_rows(call: &AstCall) -> bool {
    let FunctionArguments::List(list) = &call.args else { return false };
    matches!(list.args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)])
}

/// Refuses to count no column, or several of which equal ones do not count once.
fn refuse_columns(binder: &Binder<'_>, name: &str, span: Span, args: &[&Ast], is_distinct: bool) -> Bound<()> {
    match args.len() {
        0 => Err(binder.text.wrong(span, format!("`{name}` counts values or rows"), format!("write `{name}(*)`"))),
        1 => Ok(()),
        _ if is_distinct => Ok(()),
        _ => {
            let instead = format!("write `{name}(distinct …)`, or `{name}(*) filter (where … is not null)`");
            Err(binder.text.unsupported(span, &format!("`{name}` of several columns"), &instead))
        }
    }
}
