//! `*`, and what is left out, replaced and renamed of it.

use std::collections::HashMap;

use sqlparser::ast::{
    ExcludeSelectItem, Ident, ObjectName, ObjectNamePart, RenameSelectItem, Spanned, WildcardAdditionalOptions,
};
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;
use crate::table::Expr;

use super::binder::Binder;
use super::column_scope::{ColumnScope, ScopeColumn, quoted};
use super::env::Env;
use super::named_list::NamedList;
use super::text::{Bound, all};

impl Binder<'_> {
    /// The columns that a `*` stands for, of one table or of all, in order, with their values.
    pub(super) fn star(
        &self,
        table: Option<&Ident>,
        options: &WildcardAdditionalOptions,
        env: &mut Env<'_>,
    ) -> Bound<Vec<(String, Expr)>> {
        let span = options.wildcard_token.0.span;
        if options.opt_ilike.is_some() || options.opt_except.is_some() || options.opt_alias.is_some() {
            return Err(self.text.unsupported(
                span,
                "this form of `*`",
                "there are `* exclude`, `* replace` and `* rename`",
            ));
        }
        let scope = env.scope;
        let tables = table.map(|table| scope.tables(table));
        let is_chosen = |column: &ScopeColumn| match &tables {
            None => !column.merged_away,
            Some(tables) => column.is_of(tables),
        };
        let mut chosen: Vec<bool> = scope.columns.iter().map(is_chosen).collect();
        if !chosen.contains(&true) {
            let message = match table {
                Some(table) => format!("there is no table `{}` here", table.value),
                None => "there is no table for `*`".to_owned(),
            };
            return Err(self.text.wrong(span, message, ""));
        }
        for name in excluded(options) {
            self.exclude(scope, &mut chosen, name)?;
        }
        let chosen: Vec<&ScopeColumn> =
            scope.columns.iter().zip(chosen).filter_map(|(column, is_chosen)| is_chosen.then_some(column)).collect();
        self.refuse_doubles(&chosen, span)?;
        let mut columns: NamedList<(String, Expr)> =
            chosen.into_iter().map(|column| (column.name.clone(), column.expr.clone())).collect();
        for item in options.opt_replace.iter().flat_map(|replace| &replace.items) {
            let at = self.place_in(&columns, &item.column_name)?;
            columns.things_mut()[at].1 = self.value(&item.expr, env)?;
        }
        let places = all(renamed(options).iter().map(|item| Ok((self.place_in(&columns, &item.ident)?, &item.alias))))?;
        let mut columns: Vec<(String, Expr)> = columns.into_iter().collect();
        for (at, alias) in places {
            columns[at].0.clone_from(&alias.value);
        }
        Ok(columns)
    }

    fn exclude(&self, scope: &ColumnScope, chosen: &mut [bool], name: &ObjectName) -> Bound<()> {
        let (table, ident) = match name.0.as_slice() {
            [ObjectNamePart::Identifier(ident)] => (None, ident),
            [ObjectNamePart::Identifier(table), ObjectNamePart::Identifier(ident)] => (Some(table), ident),
            _ => return Err(self.text.wrong(name.span(), "`exclude` takes names of columns", "")),
        };
        let tables = table.map(|table| scope.tables(table));
        let counts =
            |at: usize, column: &ScopeColumn| chosen[at] && tables.as_ref().is_none_or(|tables| column.is_of(tables));
        let found = scope.columns.find(ident, counts);
        if found.is_empty() {
            let known = scope.columns.iter().enumerate().filter(|(at, column)| counts(*at, column));
            let known = known.map(|(_, column)| column.name.as_str());
            return Err(vec![self.no_column(ident).suggest(&ident.value, known)]);
        }
        found.into_iter().for_each(|at| chosen[at] = false);
        Ok(())
    }

    fn place_in(&self, columns: &NamedList<(String, Expr)>, ident: &Ident) -> Bound<usize> {
        let known = columns.iter().map(|(name, _)| name.as_str());
        columns
            .find(ident, |_, _| true)
            .first()
            .copied()
            .ok_or_else(|| vec![self.no_column(ident).suggest(&ident.value, known)])
    }

    fn no_column(&self, ident: &Ident) -> Diagnostic {
        Diagnostic::error(format!("`*` has no column `{}`", ident.value))
            .at(self.text.place(ident.span), "unknown column")
    }

    fn refuse_doubles(&self, chosen: &[&ScopeColumn], span: Span) -> Bound<()> {
        let mut times: HashMap<&str, usize> = HashMap::new();
        chosen.iter().for_each(|column| *times.entry(&column.name).or_default() += 1);
        let Some(double) = chosen.iter().find(|column| times[column.name.as_str()] > 1) else { return Ok(()) };
        let tables: Vec<String> = chosen
            .iter()
            .filter(|column| column.name == double.name)
            .filter_map(|column| column.table.as_deref().map(|table| format!("`{}`", quoted(table))))
            .collect();
        Err(vec![
            Diagnostic::error(format!("`*` has two columns `{}`", double.name))
                .at(self.text.place(span), format!("it is in {}", tables.join(" and ")))
                .help("name the columns, with `as` for those of one name, or join with `using (…)`"),
        ])
    }
}

fn excluded(options: &WildcardAdditionalOptions) -> &[ObjectName] {
    match &options.opt_exclude {
        None => &[],
        Some(ExcludeSelectItem::Single(name)) => std::slice::from_ref(name),
        Some(ExcludeSelectItem::Multiple(names)) => names,
    }
}

fn renamed(options: &WildcardAdditionalOptions) -> &[sqlparser::ast::IdentWithAlias] {
    match &options.opt_rename {
        None => &[],
        Some(RenameSelectItem::Single(item)) => std::slice::from_ref(item),
        Some(RenameSelectItem::Multiple(items)) => items,
    }
}
