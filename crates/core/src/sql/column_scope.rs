//! The columns that an expression may name.

use sqlparser::ast::Ident;

use crate::diagnostic::{Diagnostic, nearest};
use crate::table::{Expr, Schema};

use super::foreign_words::instead_of_name;
use super::named_list::{Named, NamedList};
use super::text::{Bound, Text};

/// A column that can be named.
#[derive(Clone, Debug)]
pub(super) struct ScopeColumn {
    /// The table it is qualified by, if there is one.
    pub table: Option<String>,
    /// The name.
    pub name: String,
    /// Its value.
    pub expr: Expr,
    /// A key of `using`: named with its table only, left out by `*`.
    pub merged_away: bool,
}

impl Named for ScopeColumn {
    fn name(&self) -> &str {
        &self.name
    }

    fn table(&self) -> Option<&str> {
        self.table.as_deref()
    }
}

impl ScopeColumn {
    /// Whether it is qualified by one of these tables.
    pub(super) fn is_of(&self, tables: &[&str]) -> bool {
        self.table.as_deref().is_some_and(|own| tables.contains(&own))
    }
}

/// All columns that can be named, in the order of `*`.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnScope {
    pub columns: NamedList<ScopeColumn>,
}

/// What a name came to.
pub(super) enum Found {
    /// One column.
    Column(Expr),
    /// None; the diagnostic says so.
    Missing(Diagnostic),
}

impl ColumnScope {
    /// The columns of a schema under their own names.
    pub(super) fn of_schema(table: Option<&str>, schema: &Schema) -> Self {
        let columns = schema
            .fields()
            .iter()
            .map(|field| ScopeColumn {
                table: table.map(String::from),
                name: field.name.clone(),
                expr: Expr::column(&field.name, field.data_type),
                merged_away: false,
            })
            .collect();
        Self { columns }
    }

    /// Looks `[table.]name` up; a name that fits several columns is an error.
    pub(super) fn find(&self, text: Text<'_>, table: Option<&Ident>, name: &Ident) -> Bound<Found> {
        let of_table = table.map(|table| self.tables(table));
        if let (Some(table), Some([])) = (table, of_table.as_deref()) {
            return Ok(Found::Missing(self.unknown_table(text, table)));
        }
        let counts = |column: &ScopeColumn| match &of_table {
            None => !column.merged_away,
            Some(tables) => column.is_of(tables),
        };
        let found = self.columns.find(name, |_, column| counts(column));
        match found.as_slice() {
            [at] => Ok(Found::Column(self.columns[*at].expr.clone())),
            [] => {
                let candidates: Vec<&ScopeColumn> = self.columns.iter().filter(|column| counts(column)).collect();
                Ok(Found::Missing(unknown_column(text, table, name, &candidates)))
            }
            several => {
                let names: Vec<String> = several
                    .iter()
                    .map(|at| &self.columns[*at])
                    .map(|column| match &column.table {
                        Some(table) => format!("`{}.{}`", quoted(table), quoted(&column.name)),
                        None => format!("`\"{}\"`", column.name),
                    })
                    .collect();
                Err(vec![
                    Diagnostic::error(format!("column `{}` is ambiguous", name.value))
                        .at(text.place(name.span), format!("fits {}", names.join(" and ")))
                        .help(format!("write one of {}", names.join(", "))),
                ])
            }
        }
    }

    /// The names of tables here that are meant by a name.
    pub(super) fn tables(&self, table: &Ident) -> Vec<&str> {
        matching(&self.columns.tables(), table, |name| Some(name)).into_iter().copied().collect()
    }

    fn unknown_table(&self, text: Text<'_>, table: &Ident) -> Diagnostic {
        let mut tables: Vec<&str> = self.columns.iter().filter_map(|column| column.table.as_deref()).collect();
        tables.dedup();
        let diagnostic = Diagnostic::error(format!("there is no table `{}` here", table.value))
            .at(text.place(table.span), "unknown table");
        if tables.is_empty() {
            return diagnostic.help("columns have no table here; write the name alone");
        }
        diagnostic.suggest(&table.value, tables)
    }
}

/// The things whose name is that: exactly, else without regard to case if it is not quoted.
pub(super) fn matching<'c, T>(
    things: impl IntoIterator<Item = &'c T> + Clone,
    ident: &Ident,
    name_of: impl Fn(&'c T) -> Option<&'c str>,
) -> Vec<&'c T> {
    let exact: Vec<&T> =
        things.clone().into_iter().filter(|thing| name_of(thing) == Some(ident.value.as_str())).collect();
    if !exact.is_empty() || ident.quote_style.is_some() {
        return exact;
    }
    let lower = ident.value.to_lowercase();
    things.into_iter().filter(|thing| name_of(thing).is_some_and(|name| name.to_lowercase() == lower)).collect()
}

/// A name as SQL needs it: in double quotes unless it is a plain word.
pub(super) fn quoted(name: &str) -> String {
    let plain = name.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

fn unknown_column(text: Text<'_>, table: Option<&Ident>, name: &Ident, candidates: &[&ScopeColumn]) -> Diagnostic {
    let full = table.map_or_else(|| name.value.clone(), |table| format!("{}.{}", table.value, name.value));
    let diagnostic =
        Diagnostic::error(format!("there is no column `{full}`")).at(text.place(name.span), "unknown column");
    let names: Vec<&str> = candidates.iter().map(|column| column.name.as_str()).collect();
    if let Some(cut) = names.iter().find(|known| is_cut_name(text, name, known)) {
        return diagnostic.help(format!("to name the column `{cut}`, put it in double quotes: \"{cut}\""));
    }
    if let Some(instead) = instead_of_name(&name.value.to_lowercase()) {
        return diagnostic.help(instead);
    }
    if name.quote_style == Some('"') && nearest(&name.value, names.iter().copied()).is_none() {
        return diagnostic
            .help("double quotes name a column; a text stands in single quotes")
            .suggest(&name.value, names);
    }
    diagnostic.suggest(&name.value, names)
}

/// Whether `known`, a name that needs quotes, stands unquoted in the text around `name`.
fn is_cut_name(text: Text<'_>, name: &Ident, known: &str) -> bool {
    if name.quote_style.is_some() || quoted(known) == known {
        return false;
    }
    let (whole, at) = (text.sql().text.to_lowercase(), text.bytes(name.span));
    let known = known.to_lowercase();
    whole.match_indices(&known).any(|(start, _)| start <= at.start && at.end <= start + known.len())
}
