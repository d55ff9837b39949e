//! Which tables a query reads.

use std::ops::{ControlFlow, Range};

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart, Query, Spanned, TableFactor, Visit, Visitor};

use crate::diagnostic::{Diagnostic, SourceMap};
use crate::spec::SqlText;

use super::text::Text;

/// The tables that a query reads, each once, in the order of the text, with the place of its first mention in it (bytes of
/// `sql.text`). Names that `with` gives are left out; unquoted names are lower case, as task ids are.
///
/// # Errors
/// Text that is not a single query.
pub fn query_tables(sql: &SqlText, sources: &SourceMap) -> Result<Vec<(String, Range<usize>)>, Vec<Diagnostic>> {
    let text = Text::new(sql, sources);
    text.with_stack(|| {
        let query = text.query()?;
        let mut names = Names { text, open: Vec::new(), function: None, found: Vec::new() };
        let _: ControlFlow<()> = query.visit(&mut names);
        Ok(names.found)
    })
}

/// A table's name: an unquoted one is in lower case.
pub(super) fn table_name(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

/// A query being visited.
struct Open {
    /// The names its `with` gives, each with the address of its query.
    given: Vec<(String, *const Query)>,
    /// How many of them can be named so far.
    visible: usize,
}

struct Names<'a> {
    text: Text<'a>,
    open: Vec<Open>,
    /// The name of the last function that gives rows.
    function: Option<*const ObjectName>,
    found: Vec<(String, Range<usize>)>,
}

impl Visitor for Names<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let tables = query.with.iter().flat_map(|with| &with.cte_tables);
        let given: Vec<(String, *const Query)> =
            tables.map(|cte| (table_name(&cte.alias.name), std::ptr::from_ref::<Query>(&cte.query))).collect();
        // A recursive query sees itself.
        let visible = if query.with.as_ref().is_some_and(|with| with.recursive) { given.len() } else { 0 };
        self.open.push(Open { given, visible });
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.open.pop();
        if let Some(outer) = self.open.last_mut()
            && let Some(at) = outer.given.iter().position(|(_, given)| std::ptr::eq(*given, query))
        {
            outer.visible = outer.visible.max(at + 1);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: Some(_), .. } = factor {
            self.function = Some(name);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        let is_function = self.function.is_some_and(|function| std::ptr::eq(function, relation));
        let [ObjectNamePart::Identifier(ident)] = relation.0.as_slice() else { return ControlFlow::Continue(()) };
        if is_function {
            return ControlFlow::Continue(());
        }
        let name = table_name(ident);
        let given = self.open.iter().any(|open| open.given[..open.visible].iter().any(|(given, _)| *given == name));
        if !given && !self.found.iter().any(|(found, _)| *found == name) {
            self.found.push((name, self.text.bytes(relation.span())));
        }
        ControlFlow::Continue(())
    }
}
