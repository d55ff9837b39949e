//! Calls of window functions.

use sqlparser::ast::{
    Function as AstCall, WindowFrame as AstFrame, WindowFrameBound as Bounds, WindowFrameUnits as Units, WindowSpec,
    WindowType,
};
use sqlparser::tokenizer::Span;

use crate::diagnostic::{Diagnostic, nearest};
use crate::table::{DataType, Expr, WindowCall, WindowFrame, WindowFunc};

use super::binder::Binder;
use super::env::{Allowed, Env};
use super::functions::{Call, FunctionDefinition, FunctionKind, Meaning, checked_arity, plain_args};
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
        Some(WindowType::WindowSpec(spec)) => spec.clone(),
        Some(WindowType::NamedWindow(name)) => binder.named_window(name)?,
        None => return Err(binder.text.wrong(span, format!("`{name}` needs `over (…)`"), "")),
    };
    let spec = match &spec.window_name {
        Some(base) => {
            let base = binder.named_window(base)?;
            if !spec.partition_by.is_empty() || base.window_frame.is_some() {
                return Err(binder.text.unsupported(span, "a window made of another in this way", "write it out"));
            }
            let order_by = if spec.order_by.is_empty() { base.order_by } else { spec.order_by };
            WindowSpec { partition_by: base.partition_by, order_by, window_name: None, window_frame: spec.window_frame }
        }
        None => spec,
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
    let frame = frame(binder, spec.window_frame.as_ref(), !spec.order_by.is_empty(), span);
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
    let Some(definition) = functions::find(name).filter(|definition| definition.is_windowed()) else {
        return Err(not_windowed(binder, name, span));
    };
    let func = match &definition.meaning {
        Meaning::Window(func) => func,
        Meaning::Aggregate(aggregate) => {
            let written = aggregates::Written { definition, aggregate, name, span, call };
            let call = aggregates::bind(binder, &written, env)?;
            if call.distinct {
                return Err(binder.text.unsupported(span, "`distinct` in a window function", ""));
            }
            let data_type = call.data_type;
            return Ok((WindowFunc::Agg(call), data_type));
        }
        _ => return Err(not_windowed(binder, name, span)),
    };
    if call.filter.is_some() || call.null_treatment.is_some() {
        return Err(binder.text.unsupported(span, &format!("`filter` or a treatment of nulls for `{name}`"), ""));
    }
    let args = plain_args(binder, name, call)?;
    checked_arity(binder, definition, name, span, args.len())?;
    let args = Call { binder, definition, name, span, args: &args }.arguments(env, "the value and its default")?;
    let data_type = definition.returns.of(&args);
    Ok((func(args), data_type))
}

fn not_windowed(binder: &Binder<'_>, name: &str, span: Span) -> Vec<Diagnostic> {
    let of_kind = |kind| move |function: &&FunctionDefinition| function.is_windowed() && function.kind() == kind;
    let named = |kind| functions::all().filter(of_kind(kind)).map(|function| function.name).collect::<Vec<_>>();
    let (windows, aggregates) = (named(FunctionKind::Window), named(FunctionKind::Aggregate));
    let diagnostic = Diagnostic::error(format!("`{name}` is not a window function"))
        .at(binder.text.place(span), "")
        .help(format!("over windows there are `{}` and `{}`", windows.join("`, `"), aggregates.join("`, `")));
    vec![match nearest(name, windows.into_iter().chain(aggregates)) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    }]
}

fn frame(binder: &Binder<'_>, frame: Option<&AstFrame>, ordered: bool, span: Span) -> Bound<WindowFrame> {
    let Some(frame) = frame else {
        return Ok(if ordered { WindowFrame::RunningPeers } else { WindowFrame::Partition });
    };
    let rows = frame.units == Units::Rows;
    let count = |bound: &sqlparser::ast::Expr| -> Option<u32> { bound.to_string().parse().ok() };
    let end = frame.end_bound.as_ref().unwrap_or(&Bounds::CurrentRow);
    let found = match (&frame.start_bound, end) {
        _ if frame.units == Units::Groups => None,
        (Bounds::Preceding(None), Bounds::Following(None)) => Some(WindowFrame::Partition),
        (Bounds::Preceding(None), Bounds::CurrentRow) if rows => Some(WindowFrame::RunningRows),
        (Bounds::Preceding(None), Bounds::CurrentRow) => {
            Some(if ordered { WindowFrame::RunningPeers } else { WindowFrame::Partition })
        }
        (start, end) if rows => {
            let preceding = match start {
                Bounds::CurrentRow => Some(0),
                Bounds::Preceding(Some(n)) => count(n),
                _ => None,
            };
            let following = match end {
                Bounds::CurrentRow => Some(0),
                Bounds::Following(Some(n)) => count(n),
                _ => None,
            };
            preceding.zip(following).map(|(preceding, following)| WindowFrame::Sliding { preceding, following })
        }
        _ => None,
    };
    found.ok_or_else(|| {
        binder.text.unsupported(
            span,
            "this frame",
            "there are `rows between N preceding and M following`, `rows` or `range between unbounded preceding and \
             current row`, and the whole partition",
        )
    })
}
