//! `with recursive`.

use std::ops::ControlFlow;
use std::rc::Rc;

use sqlparser::ast::{Cte as AstCte, ObjectNamePart, SetExpr, SetOperator, SetQuantifier, Spanned, visit_relations};

use crate::diagnostic::Diagnostic;
use crate::table::Rel;

use super::binder::{Binder, Cte};
use super::table_names::table_name;
use super::text::Bound;
use super::type_names::named;
use super::unnest::{depends, next};

impl Binder<'_> {
    /// A table of `with recursive`: the rows of its first query, and those that its second makes of the rows before.
    pub(super) fn recursive(&self, name: &str, cte: &AstCte) -> Bound<Rel> {
        let query = &cte.query;
        if !names_itself(cte) {
            return self.renamed(self.query(query)?, &cte.alias);
        }
        let (left, all, right) = match query.body.as_ref() {
            SetExpr::SetOperation { left, op: SetOperator::Union, set_quantifier, right }
                if query.order_by.is_none() && query.limit_clause.is_none() =>
            {
                (left, *set_quantifier == SetQuantifier::All, right)
            }
            _ => {
                return Err(vec![
                    Diagnostic::error(format!("`{name}` names itself, but is no `union` of two queries"))
                        .at(self.text.place(cte.alias.name.span), "")
                        .help(format!(
                            "write `first rows union all select … from {name} where …`, without `order by` and `limit`"
                        )),
                ]);
            }
        };
        let binder = self.with_tables(query.with.as_ref())?;
        let start = self.renamed(binder.body(left)?, &cte.alias)?;
        let working = format!("{name} {}", next(&self.numbers));
        let mut within = binder;
        let rows = Rel::Working { name: working.clone(), schema: start.schema() };
        within.ctes.push(Cte { name: name.to_owned(), rel: Rc::new(rows), depth: self.depth() });
        let step = within.body(right)?;
        if depends(&start) || depends(&step) {
            let what = "a recursive query that names columns of the query around it";
            return Err(self.text.unsupported(query.span(), what, ""));
        }
        let (common, step) = self.same_types(start.clone(), step, left, right)?;
        let fields = (start.schema(), common.schema());
        let widened = fields.0.fields().iter().zip(fields.1.fields()).find(|(a, b)| a.data_type != b.data_type);
        if let Some((first, both)) = widened {
            let (a, b) = (named(first.data_type), named(both.data_type));
            return Err(vec![
                Diagnostic::error(format!("`{}` is {a} in the first query, and {b} with the second", first.name))
                    .at(self.text.place(left.span()), a)
                    .help(format!("convert it in the first: `cast(… as {})`", both.data_type)),
            ]);
        }
        Ok(Rel::Recursive { name: working, start: Box::new(start), step: Box::new(step), all })
    }
}

/// Whether the query of a `with` reads the table that it gives.
fn names_itself(cte: &AstCte) -> bool {
    let own = table_name(&cte.alias.name);
    let found = visit_relations(&cte.query, |relation| match relation.0.as_slice() {
        [ObjectNamePart::Identifier(ident)] if table_name(ident) == own => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}
