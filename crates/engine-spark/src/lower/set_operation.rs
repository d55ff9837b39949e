//! `union`, `intersect`, `except`.

use tidemill_core::table::{Rel, Schema, SetOpKind};

use super::Lowering;
use super::literal::spark_type;
use super::ordinal::{Lowered, Ordinal};
use super::relation::{Lowerer, first_of_equal};

impl Lowerer<'_> {
    pub(super) fn set_operation(
        &self,
        kind: SetOpKind,
        all: bool,
        left: &Rel,
        right: &Rel,
        schema: Schema,
    ) -> Lowering<Lowered> {
        let (left, right) = (self.rel(left)?, self.rel(right)?);
        Ok(match kind {
            SetOpKind::Union if all => union(&left, &right, schema),
            SetOpKind::Union => {
                let both = union(&left, &right, schema);
                let keys = both.columns();
                first_of_equal(&both, &keys)
            }
            SetOpKind::Intersect => filtered("left semi", all, &left, &right, schema),
            SetOpKind::Except => filtered("left anti", all, &left, &right, schema),
        })
    }
}

/// The columns of a side in the types of the result.
fn typed(schema: &Schema) -> Vec<String> {
    let column = |(i, field): (usize, &tidemill_core::table::Field)| {
        format!("cast(c{i} as {}) as c{i}", spark_type(field.data_type))
    };
    schema.fields().iter().enumerate().map(column).collect()
}

/// First all of the one, then all of the other.
fn union(left: &Lowered, right: &Lowered, schema: Schema) -> Lowered {
    let (mut ours, mut theirs) = (typed(&schema), typed(&schema));
    ours.push("0 as o0".to_owned());
    theirs.push("1 as o0".to_owned());
    let mut order = vec![Ordinal::ASCENDING];
    for (i, ordinal) in left.order.iter().enumerate() {
        ours.push(format!("o{i} as o{}", order.len()));
        theirs.push(format!("null as o{}", order.len()));
        order.push(*ordinal);
    }
    for (i, ordinal) in right.order.iter().enumerate() {
        ours.push(format!("null as o{}", order.len()));
        theirs.push(format!("o{i} as o{}", order.len()));
        order.push(*ordinal);
    }
    let (ours, theirs) = (ours.join(", "), theirs.join(", "));
    let sql = format!("select {ours} from {} t union all select {theirs} from {} t", left.nested(), right.nested());
    Lowered { sql, schema, order }
}

/// The rows of the left side that are, or are not, on the right side; with `all`, as often as there are more of them.
fn filtered(join: &str, all: bool, left: &Lowered, right: &Lowered, schema: Schema) -> Lowered {
    let equal = (0..schema.len()).map(|i| format!("l.c{i} <=> r.c{i}")).collect::<Vec<_>>().join(" and ");
    let keys = left.columns().join(", ");
    let numbered = |side: &Lowered| {
        let (order, ordinals) = (side.order_by(), side.ordinals().join(", "));
        let columns = typed(&schema).join(", ");
        format!(
            "(select *, row_number() over (partition by {keys} order by {order}) n from (select {columns}, {ordinals} from {} t) t)",
            side.nested()
        )
    };
    let (on, only) = if all { (format!("{equal} and l.n = r.n"), "") } else { (equal, " where l.n = 1") };
    let shown: Vec<String> =
        left.columns().into_iter().chain(left.ordinals()).map(|name| format!("l.{name}")).collect();
    let sql = format!(
        "select {} from {} l {join} join {} r on {on}{only}",
        shown.join(", "),
        numbered(left),
        numbered(right)
    );
    Lowered { sql, schema, order: left.order.clone() }
}
