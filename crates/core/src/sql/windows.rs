//! Calls of window functions.

use sqlparser::ast::{
    Function as AstCall, FunctionArgumentClause, FunctionArguments, NullTreatment, WindowSpec, WindowType,
};
use sqlparser::tokenizer::Span;

use crate::diagnostic::{Diagnostic, nearest_within};
use crate::table::{DataType, Expr, WindowCall, WindowFunc};

use super::binder::Binder;
use super::env::{Allowed, Env};
use super::frames::frame;
use super::functions::{Call, FunctionKind, Meaning, checked_arity, elsewhere, positional_args};
use super::text::{Bound, all, both};
use super::{aggregates, functions};

/// `f(…) over (…)`, registered in `env`.
pub(super) fn call(binder: &Binder<'_>, name: &str, span: Span, call: &AstCall, env: &mut Env<'_>) -> Bound<Expr> {
    if env.allowed != Allowed::Windows {
        let help = "compute it in a subquery or `with`, and use its column outside";
        return Err(vec![
            Diagnostic::error(format!("a window function cannot stand in {}", env.clause))
                .at(binder.text.place(span), "not allowed here")
                .help(help),
        ]);
    }
    if let Some(outer) = &env.within {
        return Err(binder.text.wrong(span, format!("a window function cannot stand inside `{outer}`"), ""));
    }
    let spec = match call.over.as_ref() {
        Some(WindowType::WindowSpec(spec)) => binder.window(spec)?,
        Some(WindowType::NamedWindow(name)) => binder.named_window(name)?,
        None => return Err(binder.text.wrong(span, format!("`{name}` needs `over (…)`"), "")),
    };
    let allowed = std::mem::replace(&mut env.allowed, Allowed::Aggregates);
    let bound = bind(binder, name, span, call, &spec, env);
    env.allowed = allowed;
    Ok(env.window(bound?))
}

fn bind(
    binder: &Binder<'_>,
    name: &str,
    span: Span,
    call: &AstCall,
    spec: &WindowSpec,
    env: &mut Env<'_>,
) -> Bound<WindowCall> {
    let partition_by = all(spec.partition_by.iter().map(|expr| binder.value(expr, env)));
    let order_by = all(spec.order_by.iter().map(|key| binder.sort_key(key, env)));
    let frame = frame(binder, spec.window_frame.as_ref(), &spec.order_by, span, env);
    let func = function(binder, name, span, call, env);
    let ((partition_by, order_by), (frame, (func, data_type))) = both(both(partition_by, order_by), both(frame, func))?;
    Ok(WindowCall { func, partition_by, order_by, frame, data_type })
}

fn function(
    binder: &Binder<'_>,
    name: &str,
    span: Span,
    call: &AstCall,
    env: &mut Env<'_>,
) -> Bound<(WindowFunc, DataType)> {
    let Some(definition) = functions::find(name) else { return Err(not_windowed(binder, name, span)) };
    let takes_nulls = match &definition.meaning {
        Meaning::Window { ignores_nulls } => *ignores_nulls,
        Meaning::Aggregate(aggregate) => {
            let written = aggregates::Written { definition, aggregate, name, span, call };
            let call = aggregates::bind(binder, &written, env)?;
            let data_type = call.data_type;
            return Ok((WindowFunc::Agg(call), data_type));
        }
        _ => return Err(not_windowed(binder, name, span)),
    };
    if call.filter.is_some() {
        return Err(binder.text.wrong(span, format!("`filter` works on aggregates; `{name}` is none"), ""));
    }
    let nulls = null_treatment(binder, name, span, call)?;
    if nulls.is_some() && !takes_nulls {
        return Err(binder.text.wrong(
            span,
            format!("`{name}` looks at no values: NULL or not makes no difference"),
            "",
        ));
    }
    let args = positional_args(binder, name, call)?;
    checked_arity(binder, definition, name, span, args.len())?;
    let args = Call { binder, definition, name, span, args: &args }.arguments(env, "the value and its default")?;
    let data_type = definition.returns.of(&args);
    let ignore_nulls = nulls == Some(NullTreatment::IgnoreNulls);
    Ok((WindowFunc::Call { name: definition.name, args, ignore_nulls }, data_type))
}

/// `ignore nulls` or `respect nulls`, inside the parentheses or behind them.
fn null_treatment(binder: &Binder<'_>, name: &str, span: Span, call: &AstCall) -> Bound<Option<NullTreatment>> {
    let clauses = match &call.args {
        FunctionArguments::List(list) => list.clauses.as_slice(),
        _ => &[],
    };
    match (clauses, call.null_treatment) {
        ([], treatment) => Ok(treatment),
        ([FunctionArgumentClause::IgnoreOrRespectNulls(treatment)], None) => Ok(Some(*treatment)),
        _ => Err(binder.text.unsupported(span, &format!("a clause inside `{name}(…)`"), "")),
    }
}

fn not_windowed(binder: &Binder<'_>, name: &str, span: Span) -> Vec<Diagnostic> {
    let windowed = || functions::all().filter(|function| function.kind() != FunctionKind::Scalar);
    let windows = windowed().filter(|function| function.kind() == FunctionKind::Window).map(|function| function.name);
    let windows = windows.collect::<Vec<_>>().join("`, `");
    let diagnostic = Diagnostic::error(format!("`{name}` is not a window function"))
        .at(binder.text.place(span), "")
        .help(format!("over windows there are `{windows}` and all aggregates"));
    vec![match (elsewhere(name), nearest_within(|letters| letters / 4, name, windowed().map(|function| function.name)))
    {
        (Some(instead), _) => diagnostic.help(instead),
        (None, Some(near)) => diagnostic.help(format!("did you mean `{near}`?")),
        (None, None) => diagnostic,
    }]
}
