//! What is known of a text beside its columns.

use std::cell::RefCell;
use std::rc::Rc;

use sqlparser::ast::{Ident, NamedWindowDefinition, NamedWindowExpr, OrderByExpr, OrderBySort, Spanned, WindowSpec};

use crate::diagnostic::Diagnostic;
use crate::table::{Rel, Schema, SortKey};

use super::env::Env;
use super::text::{Bound, Text};

/// The tables a query may read, by name.
pub(super) type Tables<'a> = &'a dyn Fn(&str) -> Option<Schema>;

/// Binds the expressions and queries of one text.
#[derive(Clone)]
pub(super) struct Binder<'a> {
    /// The text.
    pub text: Text<'a>,
    /// The tables there are.
    pub tables: Tables<'a>,
    /// The names that `with` gave, the innermost last.
    pub ctes: Vec<(String, Rc<Rel>)>,
    /// The names that `window` gave.
    pub windows: Vec<NamedWindowDefinition>,
    /// What is no mistake and yet worth knowing; one list for all parts of a text.
    pub warnings: Rc<RefCell<Vec<Diagnostic>>>,
}

/// For texts that are no query.
pub(super) const NO_TABLES: Tables<'static> = &|_| None;

impl<'a> Binder<'a> {
    pub(super) fn new(text: Text<'a>, tables: Tables<'a>) -> Self {
        Self { text, tables, ctes: Vec::new(), windows: Vec::new(), warnings: Rc::default() }
    }

    /// What `window name as (…)` says.
    pub(super) fn named_window(&self, name: &Ident) -> Bound<WindowSpec> {
        let found = self.windows.iter().find(|window| window.0.value.eq_ignore_ascii_case(&name.value));
        match found {
            Some(NamedWindowDefinition(_, NamedWindowExpr::WindowSpec(spec))) if spec.window_name.is_none() => {
                Ok(spec.clone())
            }
            Some(_) => Err(self.text.unsupported(name.span, "a named window made of another", "write it out")),
            None => Err(vec![
                Diagnostic::error(format!("there is no window `{}`", name.value))
                    .at(self.text.place(name.span), "unknown window")
                    .suggest(&name.value, self.windows.iter().map(|window| window.0.value.as_str())),
            ]),
        }
    }

    /// One key of an `order by`.
    pub(super) fn sort_key(&self, key: &OrderByExpr, env: &mut Env<'_>) -> Bound<SortKey> {
        let (descending, nulls_first) = self.direction(key)?;
        Ok(SortKey { expr: self.value(&key.expr, env)?, descending, nulls_first })
    }

    /// Whether a key goes from the largest down, and whether NULLs come first.
    pub(super) fn direction(&self, key: &OrderByExpr) -> Bound<(bool, bool)> {
        if key.with_fill.is_some() || matches!(key.options.sort, Some(OrderBySort::Using(_))) {
            return Err(self.text.unsupported(key.expr.span(), "`using` or `with fill` in `order by`", ""));
        }
        let descending = matches!(key.options.sort, Some(OrderBySort::Desc));
        Ok((descending, key.options.nulls_first == Some(true)))
    }
}
