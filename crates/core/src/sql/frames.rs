//! The frames of windows: `rows`, `range` and `groups` between two bounds.

use sqlparser::ast::{
    BinaryOperator, Expr as Ast, OrderByExpr, Spanned, UnaryOperator, Value as AstValue, WindowFrame as AstFrame,
    WindowFrameBound as Written, WindowFrameUnits as Units,
};
use sqlparser::tokenizer::Span;

use crate::table::{FrameBound, SortKey, WindowFrame};

use super::binder::Binder;
use super::env::Env;
use super::text::{Bound, both};

/// What the bounds of a frame refer to.
struct Framing<'b> {
    binder: &'b Binder<'b>,
    units: Units,
    order_by: &'b [OrderByExpr],
    /// The call's place.
    span: Span,
}

/// The frame of a window with that order.
pub(super) fn frame(
    binder: &Binder<'_>,
    frame: Option<&AstFrame>,
    order_by: &[OrderByExpr],
    span: Span,
    env: &mut Env<'_>,
) -> Bound<WindowFrame> {
    let Some(frame) = frame else {
        return Ok(if order_by.is_empty() { WindowFrame::PARTITION } else { WindowFrame::RUNNING_PEERS });
    };
    let framing = Framing { binder, units: frame.units, order_by, span };
    let end = frame.end_bound.as_ref().unwrap_or(&Written::CurrentRow);
    if frame.units == Units::Groups && order_by.is_empty() {
        return Err(binder.text.wrong(span, "a frame of `groups` needs `order by`: it counts groups of peers", ""));
    }
    if position(&frame.start_bound) > position(end) || is_end(&frame.start_bound) || is_start(end) {
        let message = format!("this frame ends before it begins: between {} and {end}", frame.start_bound);
        return Err(binder.text.wrong(span, message.to_lowercase(), ""));
    }
    let (start, end) = both(framing.bound(&frame.start_bound, env), framing.bound(end, env))?;
    // Without an order all rows are peers, so that these are the whole partition.
    if order_by.is_empty() && matches!((&start, &end), (_, FrameBound::Groups(0))) {
        return Ok(WindowFrame::PARTITION);
    }
    Ok(WindowFrame { start, end })
}

/// In which order bounds come, whatever their numbers.
fn position(bound: &Written) -> u8 {
    match bound {
        Written::Preceding(None) => 0,
        Written::Preceding(Some(_)) => 1,
        Written::CurrentRow => 2,
        Written::Following(Some(_)) => 3,
        Written::Following(None) => 4,
    }
}

fn is_start(bound: &Written) -> bool {
    matches!(bound, Written::Preceding(None))
}

fn is_end(bound: &Written) -> bool {
    matches!(bound, Written::Following(None))
}

impl Framing<'_> {
    fn bound(&self, bound: &Written, env: &mut Env<'_>) -> Bound<FrameBound> {
        let (offset, following) = match bound {
            Written::Preceding(None) | Written::Following(None) => return Ok(FrameBound::Unbounded),
            Written::CurrentRow if self.units == Units::Rows => return Ok(FrameBound::Rows(0)),
            Written::CurrentRow => return Ok(FrameBound::Groups(0)),
            Written::Preceding(Some(offset)) => (&**offset, false),
            Written::Following(Some(offset)) => (&**offset, true),
        };
        if is_negative(offset) {
            let message = "how far a frame reaches is not negative: `preceding` and `following` say the direction";
            return Err(self.binder.text.wrong(offset.span(), message, ""));
        }
        let count = || {
            let count: i64 = offset.to_string().parse().map_err(|_| {
                let message = "how many rows or groups a frame reaches is a constant whole number";
                self.binder.text.wrong(offset.span(), message, "")
            })?;
            Ok(if following { count } else { -count })
        };
        match self.units {
            Units::Rows => count().map(FrameBound::Rows),
            Units::Groups => count().map(FrameBound::Groups),
            Units::Range => self.range(offset, following, env),
        }
    }

    /// The edge is the key with the offset added or taken away: types and errors are those of that expression.
    fn range(&self, offset: &Ast, following: bool, env: &mut Env<'_>) -> Bound<FrameBound> {
        let binder = self.binder;
        let [key] = self.order_by else {
            let message = "a frame of `range` with a distance needs `order by` one key";
            return Err(binder.text.wrong(self.span, message, "what is the distance of?"));
        };
        let (descending, nulls_first) = binder.direction(&key.options, key.expr.span())?;
        let op = if following == descending { BinaryOperator::Minus } else { BinaryOperator::Plus };
        let edge = Ast::BinaryOp { left: Box::new(key.expr.clone()), op, right: Box::new(offset.clone()) };
        let bound = both(binder.value(&key.expr, env), binder.value(&edge, env))?;
        let pair = vec![(bound.0, &key.expr), (bound.1, offset)];
        let mut unified = binder.unify(pair, "the key and what the frame reaches")?.into_iter();
        let (Some(expr), Some(edge)) = (unified.next(), unified.next()) else {
            return Err(binder.text.wrong(self.span, "this frame has no key", ""));
        };
        Ok(FrameBound::Range { key: SortKey { expr, descending, nulls_first }, edge })
    }
}

/// Whether a constant says less than nothing.
fn is_negative(offset: &Ast) -> bool {
    match offset {
        Ast::UnaryOp { op: UnaryOperator::Minus, .. } => true,
        Ast::Interval(interval) => is_negative(&interval.value),
        Ast::Value(value) => {
            matches!(&value.value, AstValue::SingleQuotedString(text) if text.trim_start().starts_with('-'))
        }
        _ => false,
    }
}
