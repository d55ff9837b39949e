//! Comparisons with NULL, which are true of no row: no mistake, and hardly ever meant.

use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr as Ast, Value, ValueWithSpan, Visit, visit_expressions};
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;

use super::operators::comparison;
use super::text::Text;

/// A warning for each of them, in the order of the text.
pub(super) fn null_comparisons(text: Text<'_>, ast: &impl Visit) -> Vec<Diagnostic> {
    let mut found: Vec<(Span, &str, &str)> = Vec::new();
    // Nothing breaks the walk off.
    let _ = visit_expressions(ast, |expr| {
        look(expr, &mut found);
        ControlFlow::<()>::Continue(())
    });
    found.sort_by_key(|(span, ..)| (span.start.line, span.start.column));
    found.dedup();
    let warning = |(span, message, help): (Span, &str, &str)| {
        Diagnostic::warning(message).at(text.place(span), "NULL equals nothing, not even NULL").help(help)
    };
    found.into_iter().map(warning).collect()
}

fn look(expr: &Ast, found: &mut Vec<(Span, &'static str, &'static str)>) {
    match expr {
        // Who compares NULL with NULL shows what comes of it.
        Ast::BinaryOp { left, op, right } if comparison(op).is_some() => match (null(left), null(right)) {
            (None, Some(span)) | (Some(span), None) => found.push(match op {
                BinaryOperator::NotEq => (span, "`<> null` is true of no row", "write `x is not null`"),
                BinaryOperator::Eq => (span, "`= null` is true of no row", "write `x is null`"),
                _ => (span, "a comparison with NULL is true of no row", "write `x is null`, or `x is not null`"),
            }),
            _ => {}
        },
        Ast::InList { list, negated, .. } => {
            if let Some(span) = list.iter().find_map(null) {
                found.push(match negated {
                    true => (
                        span,
                        "`not in` is true of no row if its list holds NULL",
                        "take NULL out of the list, and write `… and x is not null` behind it",
                    ),
                    false => (span, "`in` does not find NULL", "write `x in (…) or x is null`"),
                });
            }
        }
        Ast::Case { operand: Some(_), conditions, .. } => {
            let spans = conditions.iter().filter_map(|branch| null(&branch.condition));
            found.extend(
                spans.map(|span| (span, "`when null` applies to no row", "write `case when x is null then …`")),
            );
        }
        _ => {}
    }
}

/// Where the constant NULL stands, if it is that.
fn null(ast: &Ast) -> Option<Span> {
    match ast {
        Ast::Nested(inner) => null(inner),
        Ast::Value(ValueWithSpan { value: Value::Null, span }) => Some(*span),
        _ => None,
    }
}
