//! `from`: tables, aliases and how they are joined.

use sqlparser::ast::{Ident, Join, JoinConstraint, JoinOperator, ObjectNamePart, Spanned, TableFactor, TableWithJoins};
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;
use crate::table::{CmpOp, DataType, Expr, ExprKind, Function, JoinKind, Rel, Schema};

use super::binder::Binder;
use super::column_scope::{ColumnScope, Found, ScopeColumn, matching, quoted};
use super::env::{Allowed, Env};
use super::grouping::{fresh, project};
use super::joins::Tree;
use super::table_names::table_name;
use super::text::{Bound, MAX_TABLES, all, both};
use super::types::{coerce, common};
use super::walk::{compare, conjuncts};

/// What a query reads, before it is put together.
pub(super) struct From {
    /// How the tables are joined.
    pub tree: Tree,
    /// Their columns.
    pub scope: ColumnScope,
}

/// A table of a `from`.
struct Leaf {
    alias: String,
    rel: Rel,
}

impl Binder<'_> {
    /// All of `from`; without one, a row without columns.
    pub(super) fn from(&self, items: &[TableWithJoins]) -> Bound<From> {
        let mut leaves = Vec::new();
        let mut errors = Vec::new();
        for item in items {
            for factor in std::iter::once(&item.relation).chain(item.joins.iter().map(|join| &join.relation)) {
                if let Err(more) = self.leaves(factor, &mut leaves) {
                    errors.extend(more);
                }
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut leaves = internal_names(leaves).into_iter();
        let mut whole: Option<From> = None;
        for item in items {
            let next = self.item(item, &mut leaves)?;
            whole = Some(match whole {
                None => next,
                Some(before) => From {
                    tree: Tree::inner(before.tree, next.tree, Vec::new()),
                    scope: beside(before.scope, next.scope),
                },
            });
        }
        Ok(whole.unwrap_or_else(|| From { tree: Tree::Leaf(Box::new(Rel::Unit)), scope: ColumnScope::default() }))
    }

    /// The tables of a factor, in the order of the text.
    fn leaves(&self, factor: &TableFactor, leaves: &mut Vec<Leaf>) -> Bound<()> {
        let (name, span, rel) = match factor {
            TableFactor::Table { name, alias, args, with_hints, version, partitions, json_path, sample, .. } => {
                let [ObjectNamePart::Identifier(ident)] = name.0.as_slice() else {
                    let instead = "a table is a task: write its id alone";
                    return Err(self.text.unsupported(name.span(), &format!("the table name `{name}`"), instead));
                };
                let plain = args.is_none() && with_hints.is_empty() && version.is_none() && partitions.is_empty();
                if !plain || json_path.is_some() || sample.is_some() {
                    return Err(self.text.unsupported(name.span(), "this form of table", ""));
                }
                let mut rel = self.table(ident)?;
                if let Some(alias) = alias {
                    rel = self.renamed(rel, alias)?;
                }
                let ident = alias.as_ref().map_or(ident, |alias| &alias.name);
                (ident.value.clone(), ident.span, rel)
            }
            TableFactor::Derived { lateral: false, subquery, alias, sample: None } => {
                let rel = self.query(subquery)?;
                match alias {
                    Some(alias) => (alias.name.value.clone(), alias.name.span, self.renamed(rel, alias)?),
                    // A name that no text can hold, for columns are found without it.
                    None => (String::new(), Span::empty(), rel),
                }
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                self.leaves(&table_with_joins.relation, leaves)?;
                return table_with_joins.joins.iter().try_for_each(|join| self.leaves(&join.relation, leaves));
            }
            other => {
                let instead = "a table is a task, a name given by `with`, or a query in parentheses";
                return Err(self.text.unsupported(other.span(), "this form of table", instead));
            }
        };
        if !name.is_empty() && leaves.iter().any(|leaf| leaf.alias == name) {
            return Err(vec![
                Diagnostic::error(format!("there are two tables `{name}` in this `from`"))
                    .at(self.text.place(span), "the second")
                    .help(format!("give it an alias: `… as {}2`", name.chars().next().unwrap_or('t'))),
            ]);
        }
        if leaves.len() >= MAX_TABLES {
            return Err(self.text.wrong(
                span,
                format!("this `from` has more than {MAX_TABLES} tables"),
                "one too many",
            ));
        }
        leaves.push(Leaf { alias: name, rel });
        Ok(())
    }

    fn table(&self, ident: &Ident) -> Bound<Rel> {
        let name = table_name(ident);
        if let Some((_, rel)) = self.ctes.iter().rev().find(|(given, _)| *given == name) {
            return self.copy_of_steps(rel, ident.span);
        }
        match (self.tables)(&name) {
            Some(schema) => Ok(Rel::Input { task: name, schema }),
            None => Err(vec![
                Diagnostic::error(format!("there is no table `{}`", ident.value))
                    .at(self.text.place(ident.span), "unknown table")
                    .suggest(&name, self.ctes.iter().map(|(name, _)| name.as_str())),
            ]),
        }
    }

    fn item(&self, item: &TableWithJoins, leaves: &mut dyn Iterator<Item = From>) -> Bound<From> {
        let mut whole = self.factor(&item.relation, leaves)?;
        for join in &item.joins {
            let right = self.factor(&join.relation, leaves)?;
            whole = self.join(whole, right, join)?;
        }
        Ok(whole)
    }

    fn factor(&self, factor: &TableFactor, leaves: &mut dyn Iterator<Item = From>) -> Bound<From> {
        match factor {
            TableFactor::NestedJoin { table_with_joins, .. } => self.item(table_with_joins, leaves),
            other => leaves.next().ok_or_else(|| self.text.unsupported(other.span(), "this form of table", "")),
        }
    }

    fn join(&self, left: From, right: From, join: &Join) -> Bound<From> {
        use JoinOperator as Op;
        let span = join.relation.span();
        let (kind, constraint) = match &join.join_operator {
            Op::Join(constraint) | Op::Inner(constraint) => (JoinKind::Inner, constraint),
            Op::Left(constraint) | Op::LeftOuter(constraint) => (JoinKind::Left, constraint),
            Op::Right(constraint) | Op::RightOuter(constraint) => (JoinKind::Right, constraint),
            Op::FullOuter(constraint) => (JoinKind::Full, constraint),
            Op::CrossJoin(constraint @ JoinConstraint::None) => (JoinKind::Cross, constraint),
            Op::Semi(_) | Op::LeftSemi(_) | Op::RightSemi(_) => {
                return Err(self.text.unsupported(span, "`semi join`", "use `where exists (select 1 from … where …)`"));
            }
            Op::Anti(_) | Op::LeftAnti(_) | Op::RightAnti(_) => {
                let instead = "use `where not exists (select 1 from … where …)`";
                return Err(self.text.unsupported(span, "`anti join`", instead));
            }
            _ => {
                let instead = "there are `join`, `left join`, `right join`, `full join` and `cross join`";
                return Err(self.text.unsupported(span, "this kind of join", instead));
            }
        };
        let (on, scope) = match constraint {
            JoinConstraint::On(condition) => {
                let scope = beside(left.scope, right.scope);
                let mut env = Env::new(&scope, "`on`", Allowed::Scalars);
                let condition = self.condition(condition, &mut env)?;
                if !env.early.is_empty() {
                    return Err(self.text.unsupported(span, "a subquery in `on`", "use it in `where`"));
                }
                let mut parts = Vec::new();
                conjuncts(condition, &mut parts);
                (parts, scope)
            }
            JoinConstraint::Using(names) => self.using(kind, left.scope, right.scope, names)?,
            JoinConstraint::Natural => {
                return Err(self.text.unsupported(span, "`natural join`", "name the columns: `using (…)`"));
            }
            JoinConstraint::None if kind == JoinKind::Cross => (Vec::new(), beside(left.scope, right.scope)),
            JoinConstraint::None => {
                return Err(vec![
                    Diagnostic::error("this join has no condition")
                        .at(self.text.place(span), "joined on what?")
                        .help("write `on a.x = b.x` or `using (x)`, or `cross join` for every row with every row"),
                ]);
            }
        };
        let tree = match kind {
            JoinKind::Inner | JoinKind::Cross => Tree::inner(left.tree, right.tree, on),
            kind => Tree::Outer { kind, left: Box::new(left.tree), right: Box::new(right.tree), on },
        };
        Ok(From { tree, scope })
    }

    /// `using (a, b)`: equal columns of both sides, which appear once, at the start.
    fn using(
        &self,
        kind: JoinKind,
        mut left: ColumnScope,
        mut right: ColumnScope,
        names: &[sqlparser::ast::ObjectName],
    ) -> Bound<(Vec<Expr>, ColumnScope)> {
        let mut on = Vec::new();
        let mut merged = Vec::new();
        for name in names {
            let [ObjectNamePart::Identifier(ident)] = name.0.as_slice() else {
                return Err(self.text.wrong(name.span(), "`using` takes names of columns", ""));
            };
            let side = |scope: &ColumnScope| match scope.find(self.text, None, ident)? {
                Found::Column(expr) => Ok(expr),
                Found::Missing(diagnostic) => Err(vec![diagnostic.help("`using` needs the column on both sides")]),
            };
            let (a, b) = both(side(&left), side(&right))?;
            let Some(data_type) = common(&a, &b) else {
                return Err(self.text.wrong(
                    ident.span,
                    format!("`{}` is {} on the left and {} on the right", ident.value, a.data_type, b.data_type),
                    "",
                ));
            };
            let (a_key, b_key) = (coerce(a.clone(), data_type), coerce(b.clone(), data_type));
            on.push(compare(CmpOp::Eq, a_key.clone(), b_key.clone()));
            let value = match kind {
                JoinKind::Right => b.clone(),
                JoinKind::Full => Expr { kind: ExprKind::Call(Function::COALESCE, vec![a_key, b_key]), data_type },
                _ => a.clone(),
            };
            let shown = matching(&left.columns, ident, |column| (!column.merged_away).then_some(column.name.as_str()));
            let shown = shown.first().map_or_else(|| ident.value.clone(), |column| column.name.clone());
            merged.push(ScopeColumn { table: None, name: shown, expr: value, merged_away: false });
            for scope in [&mut left, &mut right] {
                let hits = |column: &ScopeColumn| !column.merged_away && (column.expr == a || column.expr == b);
                scope.columns.iter_mut().filter(|column| hits(column)).for_each(|column| column.merged_away = true);
            }
        }
        merged.extend(left.columns);
        merged.extend(right.columns);
        Ok((on, ColumnScope { columns: merged }))
    }
}

fn beside(mut left: ColumnScope, right: ColumnScope) -> ColumnScope {
    left.columns.extend(right.columns);
    left
}

/// Columns whose names several tables have get `table.column`, so that all can stand side by side.
fn internal_names(leaves: Vec<Leaf>) -> Vec<From> {
    let schemas: Vec<Schema> = leaves.iter().map(|leaf| leaf.rel.schema()).collect();
    let mut taken: Vec<String> = Vec::new();
    for schema in &schemas {
        taken.extend(schema.names().map(String::from));
    }
    let shared: Vec<String> =
        taken.iter().filter(|name| taken.iter().filter(|other| other == name).count() > 1).cloned().collect();
    let build = |(leaf, schema): (Leaf, &Schema)| {
        let mut columns: Vec<(String, Expr)> = Vec::new();
        let mut scope = ColumnScope::default();
        for field in schema.fields() {
            let internal = if shared.contains(&field.name) {
                let wanted = format!("{}.{}", if leaf.alias.is_empty() { "query" } else { &leaf.alias }, field.name);
                fresh(&wanted, |name| taken.contains(name))
            } else {
                field.name.clone()
            };
            taken.push(internal.clone());
            columns.push((internal.clone(), Expr::column(&field.name, field.data_type)));
            scope.columns.push(ScopeColumn {
                table: (!leaf.alias.is_empty()).then(|| leaf.alias.clone()),
                name: field.name.clone(),
                expr: Expr::column(internal, field.data_type),
                merged_away: false,
            });
        }
        From { tree: Tree::Leaf(Box::new(project(leaf.rel, columns))), scope }
    };
    leaves.into_iter().zip(&schemas).map(build).collect()
}

/// All names that a `*` stands for, in order, with their values; of one table, or of all.
pub(super) fn star(
    binder: &Binder<'_>,
    scope: &ColumnScope,
    table: Option<&Ident>,
    span: Span,
) -> Bound<Vec<(String, Expr)>> {
    let chosen: Vec<&ScopeColumn> = match table {
        None => scope.columns.iter().filter(|column| !column.merged_away).collect(),
        Some(table) => matching(&scope.columns, table, |column| column.table.as_deref()),
    };
    if chosen.is_empty() {
        let message = match table {
            Some(table) => format!("there is no table `{}` here", table.value),
            None => "there is no table for `*`".to_owned(),
        };
        return Err(binder.text.wrong(span, message, ""));
    }
    let twice = |column: &&ScopeColumn| chosen.iter().filter(|other| other.name == column.name).count() > 1;
    let doubles: Vec<&ScopeColumn> = chosen.iter().copied().filter(twice).collect();
    if let Some(double) = doubles.first() {
        let tables: Vec<String> = doubles
            .iter()
            .filter(|column| column.name == double.name)
            .filter_map(|column| column.table.as_deref().map(|table| format!("`{}`", quoted(table))))
            .collect();
        return Err(vec![
            Diagnostic::error(format!("`*` has two columns `{}`", double.name))
                .at(binder.text.place(span), format!("it is in {}", tables.join(" and ")))
                .help("name the columns, with `as` for those of one name, or join with `using (…)`"),
        ]);
    }
    all(chosen.into_iter().map(|column| Ok((column.name.clone(), column.expr.clone()))))
}

/// Whether it is the constant `true`.
pub(super) fn is_true(expr: &Expr) -> bool {
    expr.data_type == DataType::Bool && expr.kind == ExprKind::Literal(crate::table::Value::Bool(true))
}
