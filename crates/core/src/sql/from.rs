//! `from`: tables, aliases and how they are joined.

use std::collections::{HashMap, HashSet};

use sqlparser::ast::{Ident, Join, JoinConstraint, JoinOperator, ObjectNamePart, Spanned, TableFactor, TableWithJoins};
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;
use crate::table::registry::HashedPlaces;
use crate::table::{CmpOp, DataType, Expr, ExprKind, Field, Function, JoinKind, Rel, Schema};

use super::binder::Binder;
use super::column_scope::{ColumnScope, Found, ScopeColumn};
use super::env::{Allowed, Env, outer_name, passing_name};
use super::grouping::{fresh, project};
use super::joins::Tree;
use super::named_list::NamedList;
use super::table_names::table_name;
use super::text::{Bound, MAX_TABLES, both};
use super::types::{coerce, common};
use super::unnest::{deeper, depends_directly, with_outer};
use super::walk::{compare, conjuncts};

/// What a query reads, before it is put together.
pub(super) struct From {
    /// How the tables are joined.
    pub tree: Tree,
    /// Their columns.
    pub scope: ColumnScope,
}

/// A table of a `from`.
pub(super) struct Leaf {
    /// Its name; empty if it has none.
    pub alias: String,
    /// Its rows.
    pub rel: Rel,
    /// Whether it is a query within the tables before it.
    pub is_lateral: bool,
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
        if let TableFactor::NestedJoin { table_with_joins, alias: None } = factor {
            self.leaves(&table_with_joins.relation, leaves)?;
            return table_with_joins.joins.iter().try_for_each(|join| self.leaves(&join.relation, leaves));
        }
        let (alias, span, rel, is_lateral) = self.single(factor, leaves)?;
        if !alias.is_empty() && leaves.iter().any(|leaf| leaf.alias == alias) {
            return Err(vec![
                Diagnostic::error(format!("there are two tables `{alias}` in this `from`"))
                    .at(self.text.place(span), "the second")
                    .help(format!("give it an alias: `… as {}2`", alias.chars().next().unwrap_or('t'))),
            ]);
        }
        if leaves.len() >= MAX_TABLES {
            return Err(self.text.wrong(
                span,
                format!("this `from` has more than {MAX_TABLES} tables"),
                "one too many",
            ));
        }
        leaves.push(Leaf { alias, rel, is_lateral });
        Ok(())
    }

    /// One table: its name, where that stands, its rows, and whether these may depend on the tables before it.
    pub(super) fn single(&self, factor: &TableFactor, before: &[Leaf]) -> Bound<(String, Span, Rel, bool)> {
        match factor {
            TableFactor::Table { name, alias, args: Some(args), .. } if args.settings.is_none() => {
                let within = self.within(&beside_leaves(before));
                within.table_function(name, &args.args, alias.as_ref()).map(|(name, span, rel)| (name, span, rel, true))
            }
            TableFactor::Function { name, args, alias, with_ordinality: false, .. } => {
                let within = self.within(&beside_leaves(before));
                within.table_function(name, args, alias.as_ref()).map(|(name, span, rel)| (name, span, rel, true))
            }
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
                Ok((ident.value.clone(), ident.span, rel, false))
            }
            TableFactor::Derived { lateral, subquery, alias, sample: None } => {
                let rel = match lateral {
                    true => self.within(&beside_leaves(before)).query(subquery)?,
                    false => self.query(subquery)?,
                };
                match alias {
                    Some(alias) => Ok((alias.name.value.clone(), alias.name.span, self.renamed(rel, alias)?, *lateral)),
                    // A name that no text can hold, for columns are found without it.
                    None => Ok((String::new(), Span::empty(), rel, *lateral)),
                }
            }
            TableFactor::Pivot { .. } | TableFactor::Unpivot { .. } => {
                self.pivoted(factor).map(|(name, span, rel)| (name, span, rel, false))
            }
            other => {
                let instead = "a table is a task, a name given by `with`, or a query in parentheses";
                Err(self.text.unsupported(other.span(), "this form of table", instead))
            }
        }
    }

    pub(super) fn table(&self, ident: &Ident) -> Bound<Rel> {
        let name = table_name(ident);
        if let Some(cte) = self.ctes.iter().rev().find(|cte| cte.name == name) {
            let rel = self.copy_of_steps(&cte.rel, ident.span)?;
            let levels = self.depth() - cte.depth;
            return Ok(if levels == 0 { rel } else { deeper(rel, levels) });
        }
        match self.tables.and_then(|tables| tables(&name)) {
            Some(schema) => Ok(Rel::Input { task: name, schema }),
            None => Err(vec![
                Diagnostic::error(format!("there is no table `{}`", ident.value))
                    .at(self.text.place(ident.span), "unknown table")
                    .suggest(&name, self.ctes.iter().map(|cte| cte.name.as_str())),
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
            Op::AsOf { match_condition, constraint } => {
                return self.asof(left, right, (match_condition, constraint), span);
            }
            Op::CrossApply | Op::OuterApply => {
                let instead = "here it is `cross join lateral (…) as x`, or `left join lateral (…) as x on true`";
                return Err(self.text.unsupported(span, "`apply`", instead));
            }
            _ => {
                let instead = "there are `join`, `left join`, `right join`, `full join`, `cross join` and `asof join`";
                return Err(self.text.unsupported(span, "this kind of join", instead));
            }
        };
        let (on, scope) = match constraint {
            JoinConstraint::On(condition) => {
                let scope = beside(left.scope, right.scope);
                let mut env = Env::new(&scope, "`on`", Allowed::Scalars);
                let condition = self.condition(condition, &mut env)?;
                let mut parts = Vec::new();
                conjuncts(condition, &mut parts);
                let subqueries = std::mem::take(&mut env.early);
                if !subqueries.is_empty() {
                    let tree = self.joined_by_subqueries(kind, (left.tree, right.tree), parts, subqueries, span)?;
                    return Ok(From { tree, scope });
                }
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
        if matches!(right.tree, Tree::Lateral(_)) {
            self.sees_left(kind, &left.tree, &right.tree, span)?;
        }
        let tree = match kind {
            JoinKind::Inner | JoinKind::Cross => Tree::inner(left.tree, right.tree, on),
            kind => Tree::Outer { kind, left: Box::new(left.tree), right: Box::new(right.tree), on },
        };
        Ok(From { tree, scope })
    }

    /// Refuses a lateral query that needs what is not on its left.
    fn sees_left(&self, kind: JoinKind, left: &Tree, right: &Tree, span: Span) -> Bound<()> {
        let needs = right.needs();
        let is_inner = matches!(kind, JoinKind::Inner | JoinKind::Cross);
        if needs.is_empty() || is_inner || (kind == JoinKind::Left && needs.is_subset(&left.names())) {
            return Ok(());
        }
        Err(vec![
            Diagnostic::error("a lateral query can name the tables on the left of its join alone")
                .at(self.text.place(span), "")
                .help("use `join lateral (…) on true`, or `left join lateral (…) on true`"),
        ])
    }

    /// `using (a, b)`: equal columns of both sides, which appear once, at the start.
    pub(super) fn using(
        &self,
        kind: JoinKind,
        mut left: ColumnScope,
        mut right: ColumnScope,
        names: &[sqlparser::ast::ObjectName],
    ) -> Bound<(Vec<Expr>, ColumnScope)> {
        let mut on = Vec::new();
        let mut merged = NamedList::default();
        let values = [&left, &right].map(|scope| HashedPlaces::of(scope.columns.iter().map(|column| &column.expr)));
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
            let shown = left.columns.find(ident, |_, column| !column.merged_away);
            let shown = shown.first().map_or_else(|| ident.value.clone(), |at| left.columns[*at].name.clone());
            merged.push(ScopeColumn { table: None, name: shown, expr: value, merged_away: false });
            for (scope, values) in [&mut left, &mut right].into_iter().zip(&values) {
                let columns = scope.columns.things_mut();
                for at in values.candidates(&a).chain(values.candidates(&b)) {
                    columns[at].merged_away |= columns[at].expr == a || columns[at].expr == b;
                }
            }
        }
        merged.extend(left.columns);
        merged.extend(right.columns);
        Ok((on, ColumnScope { columns: merged }))
    }
}

pub(super) fn beside(mut left: ColumnScope, right: ColumnScope) -> ColumnScope {
    left.columns.extend(right.columns);
    left
}

/// Columns whose names several tables have get `table.column`, so that all can stand side by side.
///
/// What is lateral names the columns of those before it by their places; it gets their names here.
fn internal_names(leaves: Vec<Leaf>) -> Vec<From> {
    let schemas: Vec<Schema> = leaves.iter().map(|leaf| leaf.rel.schema()).collect();
    let mut taken: HashSet<String> = HashSet::new();
    let mut shared: HashSet<String> = HashSet::new();
    for name in schemas.iter().flat_map(Schema::names) {
        if !taken.insert(name.to_owned()) {
            shared.insert(name.to_owned());
        }
    }
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
            taken.insert(internal.clone());
            columns.push((internal.clone(), Expr::column(&field.name, field.data_type)));
            scope.columns.push(ScopeColumn {
                table: (!leaf.alias.is_empty()).then(|| leaf.alias.clone()),
                name: field.name.clone(),
                expr: Expr::column(internal, field.data_type),
                merged_away: false,
            });
        }
        let rel = project(leaf.rel, columns);
        let tree = if leaf.is_lateral { Tree::Lateral(Box::new(rel)) } else { Tree::Leaf(Box::new(rel)) };
        From { tree, scope }
    };
    let mut tables: Vec<From> = leaves.into_iter().zip(&schemas).map(build).collect();
    let mut named: HashMap<String, String> = HashMap::new();
    for (at, table) in tables.iter_mut().enumerate() {
        if let Tree::Lateral(rel) = &mut table.tree {
            let before = std::mem::replace(&mut **rel, Rel::Unit);
            **rel = with_outer(before, &mut |name, data_type| {
                Expr::column(outer_name(named.get(name).map_or(name, String::as_str)), data_type)
            });
            let needs_none = !depends_directly(rel);
            if needs_none {
                let alone = std::mem::replace(&mut **rel, Rel::Unit);
                let lowered = with_outer(alone, &mut |name, data_type| Expr::column(name, data_type));
                table.tree = Tree::Leaf(Box::new(lowered));
            }
        }
        for column in table.scope.columns.iter() {
            if let ExprKind::Column(internal) = &column.expr.kind {
                named.insert(column_of_leaf(at, &column.name), internal.clone());
            }
        }
    }
    tables
}

/// What a lateral query sees of the tables before it, whose columns have no names of their own yet.
fn beside_leaves(leaves: &[Leaf]) -> ColumnScope {
    let columns_of = |(at, leaf): (usize, &Leaf)| {
        let table = (!leaf.alias.is_empty()).then(|| leaf.alias.clone());
        let column = move |field: &Field| ScopeColumn {
            table: table.clone(),
            name: field.name.clone(),
            expr: Expr::column(column_of_leaf(at, &field.name), field.data_type),
            merged_away: false,
        };
        leaf.rel.schema().fields().iter().map(column).collect::<Vec<_>>()
    };
    ColumnScope { columns: leaves.iter().enumerate().flat_map(columns_of).collect() }
}

/// A column of a table by its place in `from`.
fn column_of_leaf(at: usize, column: &str) -> String {
    passing_name(&format!("table{at}.{column}"))
}

/// Whether it is the constant `true`.
pub(super) fn is_true(expr: &Expr) -> bool {
    expr.data_type == DataType::Bool && expr.kind == ExprKind::Literal(crate::table::Value::Bool(true))
}
