//! What a query in SQLite's own SQL selects, as far as its text says so.

use std::collections::BTreeMap;

use sqlparser::ast::{Expr, SelectItem, SetExpr, Statement, TableFactor};
use sqlparser::dialect::SQLiteDialect;
use sqlparser::parser::Parser;

/// For each column of a query's result what it selects there: `orders.total`, or an expression as it is written. None if the
/// text is no plain `select` that can be read without knowing the tables; a `*` is left out.
pub fn selected_columns(query: &str) -> Option<BTreeMap<String, String>> {
    let statements = Parser::parse_sql(&SQLiteDialect {}, query).ok()?;
    let [Statement::Query(query)] = statements.as_slice() else { return None };
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    // A name without a table is of the one that there is; a name given by `with` is of no file.
    let table = match select.from.as_slice() {
        [only] if only.joins.is_empty() && query.with.is_none() => match &only.relation {
            TableFactor::Table { name, .. } => Some(name.to_string()),
            _ => None,
        },
        _ => None,
    };
    let written = |expr: &Expr| match (expr, &table) {
        (Expr::Identifier(name), Some(table)) => format!("{table}.{}", name.value),
        (Expr::CompoundIdentifier(parts), Some(table)) if parts.len() == 2 => format!("{table}.{}", parts[1].value),
        (other, _) => other.to_string(),
    };
    let columns = select.projection.iter().filter_map(|item| match item {
        SelectItem::ExprWithAlias { expr, alias } => Some((alias.value.clone(), written(expr))),
        SelectItem::UnnamedExpr(expr @ Expr::Identifier(name)) => Some((name.value.clone(), written(expr))),
        SelectItem::UnnamedExpr(expr @ Expr::CompoundIdentifier(parts)) => {
            Some((parts.last()?.value.clone(), written(expr)))
        }
        _ => None,
    });
    Some(columns.collect())
}

#[cfg(test)]
mod tests {
    use super::selected_columns;

    fn of(query: &str, column: &str) -> Option<String> {
        selected_columns(query)?.remove(column)
    }

    #[test]
    fn plain_names_get_their_table_and_expressions_stay() {
        let query = "select o.day, total as amount, round(total, ?1) as whole from orders o";
        assert_eq!(of(query, "day").as_deref(), Some("orders.day"));
        assert_eq!(of(query, "amount").as_deref(), Some("orders.total"));
        assert_eq!(of(query, "whole").as_deref(), Some("round(total, ?1)"));
        assert_eq!(of("select a.x from a join b on a.i = b.i", "x").as_deref(), Some("a.x"));
        assert_eq!(of("select * from orders", "day"), None);
        assert_eq!(of("pragma table_info('x')", "day"), None);
        assert_eq!(of("no sql", "day"), None);
    }
}
