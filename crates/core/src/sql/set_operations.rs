//! `values`, and sides of set operations whose columns are matched by name.

use std::collections::{HashMap, HashSet};

use sqlparser::ast::{SetExpr, Spanned, Values};

use crate::table::{Expr, Field, Rel, Value};

use super::binder::Binder;
use super::column_scope::ColumnScope;
use super::env::{Allowed, Env};
use super::grouping::project;
use super::text::{Bound, all};

impl Binder<'_> {
    /// `values (1, 'a'), (2, 'b')`: rows as they are written, of columns `column1`, `column2`, …
    pub(super) fn values(&self, values: &Values) -> Bound<Rel> {
        let rows: Vec<&[sqlparser::ast::Expr]> = values.rows.iter().map(|row| row.content.as_slice()).collect();
        let width = rows.first().map_or(0, |row| row.len());
        if let Some(other) = rows.iter().find(|row| row.len() != width) {
            let span = other.first().map_or(sqlparser::tokenizer::Span::empty(), Spanned::span);
            let message = format!("a row of `values` has {} columns, and the first one {width}", other.len());
            return Err(self.text.wrong(span, message, ""));
        }
        let scope = ColumnScope::default();
        let mut env = Env::new(&scope, "`values`", Allowed::Scalars);
        let mut column = |at: usize| {
            let bound = all(rows.iter().map(|row| Ok((self.expr(&row[at], &mut env)?, &row[at]))))?;
            let unified = self.unify(bound, &format!("the values of column {}", at + 1))?;
            Ok((format!("column{}", at + 1), unified))
        };
        let columns = all((0..width).map(&mut column))?;
        if !env.early.is_empty() {
            let span = SetExpr::Values(values.clone()).span();
            return Err(self.text.unsupported(span, "a subquery in `values`", "write `select … union all select …`"));
        }
        Ok(Rel::Expand { input: Box::new(Rel::Unit), columns })
    }
}

/// Both sides with the columns of either, those of the left first; NULL where a side has none of that name.
pub(super) fn by_name(a: Rel, b: Rel) -> (Rel, Rel) {
    let (left, right) = (a.schema(), b.schema());
    let of_left: HashSet<String> = left.names().map(str::to_lowercase).collect();
    let only_right = right.names().filter(|name| !of_left.contains(&name.to_lowercase()));
    let names: Vec<String> = left.names().chain(only_right).map(String::from).collect();
    let with_all = |rel: Rel| {
        let schema = rel.schema();
        let mut own: HashMap<String, &Field> = HashMap::new();
        for field in schema.fields() {
            own.entry(field.name.to_lowercase()).or_insert(field);
        }
        let column = |name: &String| {
            let value = own.get(&name.to_lowercase()).map(|field| Expr::column(&field.name, field.data_type));
            (name.clone(), value.unwrap_or_else(|| Expr::literal(Value::Null)))
        };
        let columns = names.iter().map(column).collect();
        project(rel, columns)
    };
    (with_all(a), with_all(b))
}
