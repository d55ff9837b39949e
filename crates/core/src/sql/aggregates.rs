//! Calls of aggregates.

use sqlparser::ast::{
    DuplicateTreatment, Expr as Ast, Function as AstCall, FunctionArg, FunctionArgExpr, FunctionArguments,
};
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;
use crate::table::{AggCall, Expr};

use super::binder::Binder;
use super::env::{Allowed, Env};
use super::functions::{Aggregate, Call, Distinct, FunctionDefinition, checked_arity, plain_args};
use super::text::{Bound, both};

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
    if !call.within_group.is_empty() || call.null_treatment.is_some() {
        return Err(binder.text.unsupported(span, "`within group` and the treatment of nulls", ""));
    }
    let filter = call.filter.as_deref().map(|filter| binder.condition(filter, env)).transpose();
    let is_distinct = is_distinct(call);
    if aggregate.counts_rows && is_of_rows(call) {
        if is_distinct {
            return Err(binder.text.unsupported(span, &format!("`{name}(distinct *)`"), "name a column"));
        }
        let (mut args, data_type) = (Vec::new(), definition.returns.of(&[]));
        return Ok(AggCall { func: (aggregate.func)(&mut args), args, distinct: false, filter: filter?, data_type });
    }
    let args = plain_args(binder, name, call)?;
    if aggregate.counts_rows {
        refuse_columns(binder, name, span, &args)?;
    }
    checked_arity(binder, definition, name, span, args.len())?;
    let plain = Call { binder, definition, name, span, args: &args };
    let (filter, mut args) = both(filter, plain.arguments(env, &format!("the arguments of `{name}`")))?;
    if is_distinct && aggregate.distinct == Distinct::Refused {
        return Err(binder.text.unsupported(span, &format!("`{name}(distinct …)`"), ""));
    }
    let data_type = definition.returns.of(&args);
    let func = (aggregate.func)(&mut args);
    Ok(AggCall { func, args, distinct: is_distinct && aggregate.distinct == Distinct::Once, filter, data_type })
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

/// Refuses to count no column, or several.
fn refuse_columns(binder: &Binder<'_>, name: &str, span: Span, args: &[&Ast]) -> Bound<()> {
    match args.len() {
        0 => Err(binder.text.wrong(span, format!("`{name}` counts values or rows"), format!("write `{name}(*)`"))),
        1 => Ok(()),
        _ => {
            let instead = "join the columns into one text with `||`, or count in a subquery with `distinct`";
            Err(binder.text.unsupported(span, &format!("`{name}` of several columns"), instead))
        }
    }
}
