//! Queries: `with`, set operations, `order by`, `limit`.

use std::rc::Rc;

use sqlparser::ast::{
    Expr as Ast, LimitClause, OrderBy, OrderByExpr, OrderByKind, OrderByOptions, Query, Select, SetExpr, SetOperator,
    SetQuantifier, Spanned, TableAlias, With,
};

use crate::diagnostic::{Diagnostic, SourceMap};
use crate::spec::SqlText;
use crate::table::{ArithOp, CmpOp, DataType, Expr, ExprKind, Rel, Schema, SetOpKind, SortKey, Value};

use super::binder::{Binder, Cte, Tables};
use super::column_scope::ColumnScope;
use super::env::{Allowed, Env, passing_name};
use super::grouping::project;
use super::joins::filter;
use super::literal;
use super::null_comparisons::null_comparisons;
use super::select::Opened;
use super::set_operations::by_name;
use super::subquery::SubqueryJoin;
use super::table_names::table_name;
use super::text::{Bound, Text, all, both};
use super::type_names::named;
use super::types::{coerce, common_type};
use super::unnest::{next, numbered, passed};
use super::walk::{boolean, coalesce, compare, is_null};

/// Binds a query over the tables that `tables` knows. The columns of the result have unique names.
///
/// # Errors
/// Everything that is wrong with the text, each at its place: grammar, unknown tables, columns and functions, types that do
/// not fit, and whatever Tidemill SQL does not support.
pub fn bind_query(
    sql: &SqlText,
    tables: &dyn Fn(&str) -> Option<Schema>,
    sources: &SourceMap,
) -> Result<Rel, Vec<Diagnostic>> {
    let text = Text::new(sql, sources);
    let tables: Tables<'_> = tables;
    text.with_stack(|| Binder::new(text, tables).query(&text.query()?))
}

/// What is no mistake in a query and yet worth knowing; nothing of a query that has mistakes.
pub fn query_warnings(sql: &SqlText, tables: &dyn Fn(&str) -> Option<Schema>, sources: &SourceMap) -> Vec<Diagnostic> {
    let text = Text::new(sql, sources);
    let tables: Tables<'_> = tables;
    let found = text.with_stack(|| {
        let binder = Binder::new(text, tables);
        let query = text.query()?;
        binder.query(&query)?;
        let mut warnings = binder.warnings.take();
        warnings.extend(null_comparisons(text, &query));
        Ok(warnings)
    });
    found.unwrap_or_default()
}

/// What an `order by` says.
pub(super) enum OrderKeys<'q> {
    /// These keys.
    Written(&'q [OrderByExpr]),
    /// All columns of the result, in this way.
    All(OrderByOptions),
}

impl Binder<'_> {
    /// A whole query, which sees nothing of the one around it.
    pub(super) fn query(&self, query: &Query) -> Bound<Rel> {
        self.refuse_clauses(query)?;
        let binder = self.with_tables(query.with.as_ref())?;
        let order = query.order_by.as_ref();
        let rel = match query.body.as_ref() {
            SetExpr::Select(select) => binder.select(select, order)?,
            body => {
                let rel = binder.body(body)?;
                binder.sorted(rel, order)?
            }
        };
        binder.limited(rel, query)
    }

    /// The rest of a query whose `from` and `where` are bound.
    pub(super) fn finish_query(&self, query: &Query, select: &Select, opened: Opened) -> Bound<Rel> {
        self.refuse_clauses(query)?;
        let rel = self.finish(select, query.order_by.as_ref(), opened)?;
        self.limited(rel, query)
    }

    /// The binder with the names that `with` gives.
    pub(super) fn with_tables(&self, with: Option<&With>) -> Bound<Self> {
        let mut binder = self.clone();
        let Some(with) = with else { return Ok(binder) };
        let mut names: Vec<String> = Vec::new();
        for cte in &with.cte_tables {
            let name = table_name(&cte.alias.name);
            if names.contains(&name) {
                let message = format!("`with` gives the name `{name}` twice");
                return Err(self.text.wrong(cte.alias.name.span, message, "the second"));
            }
            let rel = match with.recursive {
                true => binder.recursive(&name, cte)?,
                false => self.renamed(binder.query(&cte.query)?, &cte.alias)?,
            };
            names.push(name.clone());
            binder.ctes.push(Cte { name, rel: Rc::new(rel), depth: self.depth() });
        }
        Ok(binder)
    }

    /// `alias (a, b, c)` gives the columns other names.
    pub(super) fn renamed(&self, rel: Rel, alias: &TableAlias) -> Bound<Rel> {
        if alias.columns.is_empty() {
            return Ok(rel);
        }
        let schema = rel.schema();
        if alias.columns.len() != schema.len() {
            return Err(self.text.wrong(
                alias.name.span,
                format!("`{}` names {} columns, but there are {}", alias.name.value, alias.columns.len(), schema.len()),
                "",
            ));
        }
        let columns = alias.columns.iter().zip(schema.fields());
        let columns: Vec<_> =
            columns.map(|(to, field)| (to.name.value.clone(), Expr::column(&field.name, field.data_type))).collect();
        if let Some((name, _)) = columns
            .iter()
            .enumerate()
            .find_map(|(at, (name, _))| columns[..at].iter().any(|(other, _)| other == name).then_some((name, at)))
        {
            let message = format!("`{}` has two columns `{name}`", alias.name.value);
            return Err(self.text.wrong(alias.name.span, message, ""));
        }
        Ok(project(rel, columns))
    }

    fn refuse_clauses(&self, query: &Query) -> Bound<()> {
        let refuse = |what: &str, instead: &str| Err(self.text.unsupported(query.span(), what, instead));
        if query.fetch.as_ref().is_some_and(|fetch| fetch.with_ties || fetch.percent) {
            return refuse(
                "`fetch first` with ties or of a share",
                "here it is `qualify rank() over (order by …) <= 5`",
            );
        }
        if !query.locks.is_empty() || query.for_clause.is_some() {
            return refuse("`for`", "a query changes nothing, so it needs no locks");
        }
        if query.settings.is_some() || query.format_clause.is_some() || !query.pipe_operators.is_empty() {
            return refuse("a clause behind this query", "");
        }
        Ok(())
    }

    pub(super) fn body(&self, body: &SetExpr) -> Bound<Rel> {
        match body {
            SetExpr::Select(select) => self.select(select, None),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let kind = match op {
                    SetOperator::Union => SetOpKind::Union,
                    SetOperator::Intersect => SetOpKind::Intersect,
                    SetOperator::Except | SetOperator::Minus => SetOpKind::Except,
                };
                use SetQuantifier::{All, AllByName, ByName, DistinctByName};
                let all = matches!(set_quantifier, All | AllByName);
                let (mut a, mut b) = both(self.body(left), self.body(right))?;
                if matches!(set_quantifier, ByName | AllByName | DistinctByName) {
                    (a, b) = by_name(a, b);
                }
                let (a, b) = self.same_types(a, b, left, right)?;
                Ok(Rel::SetOp { kind, all, left: Box::new(a), right: Box::new(b) })
            }
            SetExpr::Values(values) => self.values(values),
            other => Err(self.text.unsupported(other.span(), "this form of query", "write `select … from …`")),
        }
    }

    /// Both sides of a set operation with the same types.
    pub(super) fn same_types(&self, a: Rel, b: Rel, left: &SetExpr, right: &SetExpr) -> Bound<(Rel, Rel)> {
        let (x, y) = (a.schema(), b.schema());
        let columns = |n: usize| if n == 1 { "1 column".to_owned() } else { format!("{n} columns") };
        if x.len() != y.len() {
            return Err(vec![
                Diagnostic::error("the two sides have different numbers of columns")
                    .at(self.text.place(right.span()), columns(y.len()))
                    .at(self.text.place(left.span()), columns(x.len())),
            ]);
        }
        let types = all(x.fields().iter().zip(y.fields()).map(|(p, q)| {
            common_type(p.data_type, q.data_type).ok_or_else(|| {
                vec![
                    Diagnostic::error(format!(
                        "column `{}` is {} on one side and {} on the other",
                        p.name,
                        named(p.data_type),
                        named(q.data_type)
                    ))
                    .at(self.text.place(right.span()), format!("`{}` is {}", q.name, named(q.data_type)))
                    .help(format!("convert one: `cast(… as {})`", p.data_type)),
                ]
            })
        }))?;
        Ok((retyped(a, &types), retyped(b, &types)))
    }

    /// Sorted by columns of the result.
    fn sorted(&self, rel: Rel, order: Option<&OrderBy>) -> Bound<Rel> {
        let Some(order) = order else { return Ok(rel) };
        let keys = match self.order_keys(order)? {
            OrderKeys::Written(keys) => keys,
            OrderKeys::All(options) => {
                let (descending, nulls_first) = self.direction(&options, order.span())?;
                let key = |(_, expr)| SortKey { expr, descending, nulls_first };
                let by = passed(&rel).into_iter().map(key).collect();
                return Ok(Rel::Sort { input: Box::new(rel), by });
            }
        };
        let schema = rel.schema();
        let scope = ColumnScope::of_schema(None, &schema);
        let mut env = Env::new(&scope, "`order by` of a set operation", Allowed::Scalars);
        let by = all(keys.iter().map(|key| match self.position(&key.expr, schema.len())? {
            Some(at) => {
                let (descending, nulls_first) = self.direction(&key.options, key.expr.span())?;
                let field = &schema.fields()[at];
                Ok(SortKey { expr: Expr::column(&field.name, field.data_type), descending, nulls_first })
            }
            None => self.sort_key(key, &mut env),
        }))?;
        if !env.early.is_empty() {
            return Err(self.text.unsupported(keys[0].expr.span(), "a subquery in this `order by`", ""));
        }
        Ok(Rel::Sort { input: Box::new(rel), by })
    }

    /// What an `order by` says.
    pub(super) fn order_keys<'q>(&self, order: &'q OrderBy) -> Bound<OrderKeys<'q>> {
        if order.interpolate.is_some() {
            return Err(self.text.unsupported(order.span(), "`interpolate`", ""));
        }
        Ok(match &order.kind {
            OrderByKind::Expressions(keys) => OrderKeys::Written(keys),
            OrderByKind::All(options) => OrderKeys::All(options.clone()),
        })
    }

    /// The column that a whole number in `order by` or `group by` stands for, from 0.
    pub(super) fn position(&self, ast: &Ast, columns: usize) -> Bound<Option<usize>> {
        let Ast::Value(value) = ast else { return Ok(None) };
        let bound = literal::literal(self.text, value)?;
        match literal::as_int(&bound) {
            Some(number) => match usize::try_from(number).ok().filter(|number| (1..=columns).contains(number)) {
                Some(number) => Ok(Some(number - 1)),
                None => {
                    let message = format!("there is no column number {number}; there are {columns}");
                    Err(self.text.wrong(ast.span(), message, ""))
                }
            },
            None => Err(self.text.wrong(ast.span(), "a constant orders or groups nothing", "name a column")),
        }
    }

    fn limited(&self, rel: Rel, query: &Query) -> Bound<Rel> {
        let one = Ast::value(sqlparser::ast::Value::Number("1".to_owned(), false));
        // `fetch first 5 rows only`.
        let first = query.fetch.as_ref().map(|fetch| fetch.quantity.as_ref().unwrap_or(&one));
        let (limit, offset) = match &query.limit_clause {
            None if first.is_none() => return Ok(rel),
            None => (first, None),
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => {
                (first.or(limit.as_ref()), offset.as_ref().map(|offset| &offset.value))
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => (Some(limit), Some(offset)),
            Some(LimitClause::LimitOffset { limit_by, .. }) => {
                let span = limit_by.first().map_or(sqlparser::tokenizer::Span::empty(), Spanned::span);
                return Err(self.text.unsupported(span, "`limit … by`", "use `row_number() over (…)`"));
            }
        };
        let scope = ColumnScope::default();
        let mut env = Env::new(&scope, "`limit`", Allowed::Scalars);
        let mut bound = |ast: Option<&Ast>, what: &str| ast.map(|ast| self.row_count(ast, what, &mut env)).transpose();
        let (count, offset) = both(bound(limit, "limit"), bound(offset, "offset"))?;
        let constant = |bound: &Option<RowCount>| match bound {
            None => Some(None),
            Some(RowCount::Constant(count)) => Some(*count),
            Some(RowCount::Computed(_)) => None,
        };
        match (constant(&count), constant(&offset)) {
            (Some(None), Some(None | Some(0))) => Ok(rel),
            (Some(count), Some(offset)) => Ok(Rel::Limit { input: Box::new(rel), offset: offset.unwrap_or(0), count }),
            _ => {
                let span = limit.map_or_else(sqlparser::tokenizer::Span::empty, Spanned::span);
                self.limited_by_values(rel, (count, offset), std::mem::take(&mut env.early), span)
            }
        }
    }

    /// Some rows from the start, their number a value that is computed.
    fn limited_by_values(
        &self,
        rel: Rel,
        (count, offset): (Option<RowCount>, Option<RowCount>),
        subqueries: Vec<SubqueryJoin>,
        span: sqlparser::tokenizer::Span,
    ) -> Bound<Rel> {
        let columns = passed(&rel);
        let name = passing_name(&format!("place{}", next(&self.numbers)));
        let place = Expr::column(&name, DataType::Int);
        let zero = Expr::literal(Value::Int(0));
        let offset = offset.map_or(zero.clone(), |offset| coalesce(offset.value(), zero));
        let mut kept = vec![compare(CmpOp::Gt, place.clone(), offset.clone())];
        if let Some(count) = count.map(RowCount::value) {
            let behind = self.arith(ArithOp::Sub, place, offset, DataType::Int);
            let is_within = compare(CmpOp::Le, behind, count.clone());
            kept.push(boolean(ExprKind::Or(Box::new(is_null(count, false)), Box::new(is_within))));
        }
        let rel = self.attached(numbered(rel, &name), subqueries, span)?;
        Ok(project(filter(rel, kept), columns))
    }

    /// A number of rows; NULL means all to `limit`.
    fn row_count(&self, ast: &Ast, what: &str, env: &mut Env<'_>) -> Bound<RowCount> {
        let bound = self.value(ast, env)?;
        match (bound.data_type, literal::as_int(&bound).map(u64::try_from)) {
            (DataType::Null, _) => Ok(RowCount::Constant(None)),
            (_, Some(Ok(count))) => Ok(RowCount::Constant(Some(count))),
            (DataType::Int, None) => Ok(RowCount::Computed(bound)),
            _ => Err(self.text.wrong(ast.span(), format!("`{what}` takes a whole number of rows"), "")),
        }
    }
}

/// A number of rows.
enum RowCount {
    /// Known; none for NULL.
    Constant(Option<u64>),
    /// Known once it is computed.
    Computed(Expr),
}

impl RowCount {
    fn value(self) -> Expr {
        match self {
            Self::Constant(count) => {
                let count = count.map(|count| Value::Int(i64::try_from(count).unwrap_or(i64::MAX)));
                coerce(Expr::literal(count.unwrap_or(Value::Null)), DataType::Int)
            }
            Self::Computed(value) => value,
        }
    }
}

/// The columns as these types.
fn retyped(rel: Rel, types: &[DataType]) -> Rel {
    let schema = rel.schema();
    let columns = schema
        .fields()
        .iter()
        .zip(types)
        .map(|(field, to)| (field.name.clone(), Expr::column(&field.name, field.data_type).cast(*to)))
        .collect();
    project(rel, columns)
}
