//! A call: which function it is, and what the function makes of it.

use sqlparser::ast::{
    Expr as Ast, Function as AstCall, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectNamePart, Spanned,
};
use sqlparser::tokenizer::Span;

use crate::diagnostic::{Diagnostic, nearest_within};
use crate::sql::binder::Binder;
use crate::sql::env::Env;
use crate::sql::text::{Bound, all};
use crate::sql::{aggregates, windows};
use crate::table::Expr;

use super::definition::{FunctionDefinition, Meaning};
use super::{elsewhere, find, names};

/// A call of a function, with as many arguments as it takes.
pub(in crate::sql) struct Call<'c> {
    /// What binds its arguments.
    pub binder: &'c Binder<'c>,
    /// The function.
    pub definition: &'static FunctionDefinition,
    /// The name as it is written, in lower case.
    pub name: &'c str,
    /// Where the name stands.
    pub span: Span,
    /// The arguments.
    pub args: &'c [&'c Ast],
}

/// A call: a scalar function, an aggregate or a window function.
pub(in crate::sql) fn call(binder: &Binder<'_>, call: &AstCall, env: &mut Env<'_>) -> Bound<Expr> {
    let [ObjectNamePart::Identifier(ident)] = call.name.0.as_slice() else {
        return Err(binder.text.unsupported(call.name.span(), &format!("the function `{}`", call.name), ""));
    };
    let name = ident.value.to_lowercase();
    if name == "grouping" && call.over.is_none() {
        return binder.grouping_call(call, ident.span, env);
    }
    if name == "generate_series" && call.over.is_none() {
        return binder.series_call(call, ident.span, env);
    }
    if call.over.is_some() {
        return windows::call(binder, &name, ident.span, call, env);
    }
    match find(&name).map(|definition| (definition, &definition.meaning)) {
        Some((definition, Meaning::Aggregate(aggregate))) => {
            let written = aggregates::Written { definition, aggregate, name: &name, span: ident.span, call };
            return aggregates::call(binder, &written, env);
        }
        Some((_, Meaning::Window { .. })) => {
            return Err(vec![
                Diagnostic::error(format!("`{name}` is a window function and needs `over (…)`"))
                    .at(binder.text.place(ident.span), "")
                    .help(format!("write `{name}() over (order by …)`")),
            ]);
        }
        None => return Err(unknown(binder, &name, ident.span)),
        Some(_) => {}
    }
    if !call.within_group.is_empty() || call.null_treatment.is_some() {
        return Err(binder.text.unsupported(ident.span, "`within group` and the treatment of nulls", ""));
    }
    if call.filter.is_some() {
        return Err(binder.text.wrong(ident.span, format!("`filter` works on aggregates; `{name}` is none"), ""));
    }
    let args = plain_args(binder, &name, call)?;
    scalar(binder, &name, ident.span, &args, env)
}

/// The arguments of a call that takes plain expressions and no clauses.
pub(in crate::sql) fn plain_args<'c>(binder: &Binder<'_>, name: &str, call: &'c AstCall) -> Bound<Vec<&'c Ast>> {
    match &call.args {
        FunctionArguments::List(list) if !list.clauses.is_empty() => {
            Err(binder.text.unsupported(call.name.span(), &format!("a clause inside `{name}(…)`"), ""))
        }
        _ => positional_args(binder, name, call),
    }
}

/// The arguments of a call that takes plain expressions, and beside them clauses of its own.
pub(in crate::sql) fn positional_args<'c>(binder: &Binder<'_>, name: &str, call: &'c AstCall) -> Bound<Vec<&'c Ast>> {
    let list = match &call.args {
        FunctionArguments::List(list) => list,
        FunctionArguments::None => return Ok(Vec::new()),
        FunctionArguments::Subquery(query) => {
            return Err(binder.text.unsupported(query.span(), "a subquery without parentheses of its own", ""));
        }
    };
    all(list.args.iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
        other => Err(binder.text.wrong(call.name.span(), format!("`{name}` does not take `{other}`"), "")),
    }))
}

/// A call of a scalar function of that name, in lower case.
pub(in crate::sql) fn scalar(
    binder: &Binder<'_>,
    name: &str,
    span: Span,
    args: &[&Ast],
    env: &mut Env<'_>,
) -> Bound<Expr> {
    let Some(definition) = find(name) else { return Err(unknown(binder, name, span)) };
    checked_arity(binder, definition, name, span, args.len())?;
    let call = Call { binder, definition, name, span, args };
    let common = format!("the arguments of `{name}`");
    match definition.meaning {
        Meaning::Engine => Ok(definition.engine_call(call.arguments(env, &common)?)),
        Meaning::Expression(expression) => Ok(expression(call.arguments(env, &common)?)),
        Meaning::Text(bind) => bind(&call, env),
        Meaning::Grammar | Meaning::Aggregate(_) | Meaning::Window { .. } => Err(unknown(binder, name, span)),
    }
}

fn unknown(binder: &Binder<'_>, name: &str, span: Span) -> Vec<Diagnostic> {
    let diagnostic =
        Diagnostic::error(format!("there is no function `{name}`")).at(binder.text.place(span), "unknown function");
    // Many short names are known, of which one is always near.
    vec![match (elsewhere(name), nearest_within(|letters| letters / 4, name, names())) {
        (Some(instead), _) => diagnostic.help(instead),
        (None, Some(near)) => diagnostic.help(format!("did you mean `{near}`?")),
        (None, None) => diagnostic.help("`tidemill functions` lists those that there are"),
    }]
}

/// Refuses a wrong number of arguments.
pub(in crate::sql) fn checked_arity(
    binder: &Binder<'_>,
    definition: &FunctionDefinition,
    name: &str,
    span: Span,
    given: usize,
) -> Bound<()> {
    let takes = definition.arity();
    if takes.contains(&given) {
        return Ok(());
    }
    let (least, most) = (*takes.start(), *takes.end());
    let count = match most {
        usize::MAX => format!("at least {least}"),
        most if most == least => least.to_string(),
        most => format!("{least} to {most}"),
    };
    let s = if count == "1" { "" } else { "s" };
    Err(binder.text.wrong(span, format!("`{name}` takes {count} argument{s}, not {given}"), ""))
}
