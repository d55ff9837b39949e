//! Joins.

use tidemill_core::table::{JoinKind, JoinStep, Schema};

use super::Lowering;
use super::expression::Scope;
use super::ordinal::{Lowered, Ordinal};
use super::relation::Lowerer;

impl Lowerer<'_> {
    /// The pairs in the order of the left side, for one left row in that of the right side.
    pub(super) fn join(&self, step: &JoinStep, schema: Schema) -> Lowering<Lowered> {
        let (left, mut right) = (self.rel(&step.left)?, self.rel(&step.right)?);
        // Of one pair at most there is nothing to order; but right rows without one come in their order.
        let is_ordered_by_left = matches!(step.kind, JoinKind::Inner | JoinKind::Left | JoinKind::Cross);
        if is_ordered_by_left && self.single.iter().any(|known| std::ptr::eq(*known, step)) {
            right.order.clear();
        }
        let on = condition(step, &left, &right)?;
        Ok(match step.kind {
            JoinKind::Semi => filtered("left semi", &left, &right, &on, schema),
            JoinKind::Anti => filtered("left anti", &left, &right, &on, schema),
            _ => paired(step.kind, &left, &right, &on, schema),
        })
    }
}

/// What must be true of a pair, over `l` and `r`.
pub(crate) fn condition(step: &JoinStep, left: &Lowered, right: &Lowered) -> Lowering<String> {
    let (ours, theirs) = (Scope::of(&left.schema, "l."), Scope::of(&right.schema, "r."));
    let mut all = Vec::new();
    for (a, b) in &step.on {
        all.push(format!("{} = {}", ours.expr(a)?, theirs.expr(b)?));
    }
    if let Some(condition) = &step.condition {
        all.push(ours.beside(theirs).expr(condition)?);
    }
    Ok(if all.is_empty() { "true".to_owned() } else { all.join(" and ") })
}

/// The left rows that have a pair, or have none.
fn filtered(kind: &str, left: &Lowered, right: &Lowered, on: &str, schema: Schema) -> Lowered {
    let all: Vec<String> = left.columns().into_iter().chain(left.ordinals()).map(|name| format!("l.{name}")).collect();
    let sql = format!("select {} from {} l {kind} join {} r on {on}", all.join(", "), left.nested(), right.nested());
    Lowered { sql, schema, order: left.order.clone() }
}

fn paired(kind: JoinKind, left: &Lowered, right: &Lowered, on: &str, schema: Schema) -> Lowered {
    let (word, keeps_right) = match kind {
        JoinKind::Left => ("left join", false),
        JoinKind::Right => ("right join", true),
        JoinKind::Full => ("full join", true),
        // A cross join may have a condition too: what stood behind it in `where`.
        _ => ("inner join", false),
    };
    let mut list: Vec<String> = left.columns().iter().map(|column| format!("l.{column}")).collect();
    list.extend((0..right.schema.len()).map(|i| format!("r.c{i} as c{}", left.schema.len() + i)));
    let mut order = Vec::new();
    // Right rows without a pair come last.
    if keeps_right {
        list.push("(l.here is null) as o0".to_owned());
        order.push(Ordinal::ASCENDING);
    }
    for (side, ordinals) in [("l", &left.order), ("r", &right.order)] {
        for (i, ordinal) in ordinals.iter().enumerate() {
            list.push(format!("{side}.o{i} as o{}", order.len()));
            order.push(*ordinal);
        }
    }
    let marked = format!("(select *, true as here from {} t)", left.nested());
    let sql = format!("select {} from {marked} l {word} {} r on {on}", list.join(", "), right.nested());
    Lowered { sql, schema, order }
}
