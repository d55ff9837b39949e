//! `*`, and what is left out, replaced and renamed of it.

use sqlparser::ast::{
    ExcludeSelectItem, Ident, ObjectName, ObjectNamePart, RenameSelectItem, Spanned, WildcardAdditionalOptions,
};
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;
use crate::table::Expr;

use super::binder::Binder;
use super::column_scope::{ScopeColumn, matching, quoted};
use super::env::Env;
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
        let mut chosen: Vec<&ScopeColumn> = match table {
            None => scope.columns.iter().filter(|column| !column.merged_away).collect(),
            Some(table) => matching(&scope.columns, table, |column| column.table.as_deref()),
        };
        if chosen.is_empty() {
            let message = match table {
                Some(table) => format!("there is no table `{}` here", table.value),
                None => "there is no table for `*`".to_owned(),
            };
            return Err(self.text.wrong(span, message, ""));
        }
        for name in excluded(options) {
            self.exclude(&mut chosen, name)?;
        }
        self.refuse_doubles(&chosen, span)?;
        let mut columns: Vec<(String, Expr)> =
            chosen.into_iter().map(|column| (column.name.clone(), column.expr.clone())).collect();
        for item in options.opt_replace.iter().flat_map(|replace| &replace.items) {
            let at = self.place_in(&columns, &item.column_name)?;
            columns[at].1 = self.value(&item.expr, env)?;
        }
        let places = all(renamed(options).iter().map(|item| Ok((self.place_in(&columns, &item.ident)?, &item.alias))))?;
        for (at, alias) in places {
            columns[at].0.clone_from(&alias.value);
        }
        Ok(columns)
    }

    fn exclude(&self, chosen: &mut Vec<&ScopeColumn>, name: &ObjectName) -> Bound<()> {
        let (table, ident) = match name.0.as_slice() {
            [ObjectNamePart::Identifier(ident)] => (None, ident),
            [ObjectNamePart::Identifier(table), ObjectNamePart::Identifier(ident)] => (Some(table), ident),
            _ => return Err(self.text.wrong(name.span(), "`exclude` takes names of columns", "")),
        };
        let of_table: Vec<&ScopeColumn> = match table {
            None => chosen.clone(),
            Some(table) => matching(chosen.iter().copied(), table, |column| column.table.as_deref()),
        };
        let found = matching(of_table.iter().copied(), ident, |column| Some(column.name.as_str()));
        if found.is_empty() {
            let known = of_table.iter().map(|column| column.name.as_str());
            return Err(vec![self.no_column(ident).suggest(&ident.value, known)]);
        }
        chosen.retain(|column| !found.iter().any(|found| std::ptr::eq(*found, *column)));
        Ok(())
    }

    fn place_in(&self, columns: &[(String, Expr)], ident: &Ident) -> Bound<usize> {
        let found = matching(columns, ident, |(name, _)| Some(name.as_str()));
        let at = found.first().and_then(|found| columns.iter().position(|column| std::ptr::eq(column, *found)));
        let known = columns.iter().map(|(name, _)| name.as_str());
        at.ok_or_else(|| vec![self.no_column(ident).suggest(&ident.value, known)])
    }

    fn no_column(&self, ident: &Ident) -> Diagnostic {
        Diagnostic::error(format!("`*` has no column `{}`", ident.value))
            .at(self.text.place(ident.span), "unknown column")
    }

    fn refuse_doubles(&self, chosen: &[&ScopeColumn], span: Span) -> Bound<()> {
        let twice = |column: &&ScopeColumn| chosen.iter().filter(|other| other.name == column.name).count() > 1;
        let doubles: Vec<&ScopeColumn> = chosen.iter().copied().filter(twice).collect();
        let Some(double) = doubles.first() else { return Ok(()) };
        let tables: Vec<String> = doubles
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
