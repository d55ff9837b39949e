//! What is known, allowed and gathered while the expressions of one place are bound.

use indexmap::IndexMap;
use sqlparser::ast::Expr as Ast;
use sqlparser::tokenizer::Span;

use crate::table::registry::Registry;
use crate::table::{AggCall, DataType, Expr, WindowCall};

use super::column_scope::{ColumnScope, ScopeColumn};
use super::named_list::NamedList;
use super::subquery::SubqueryJoin;
use super::table_functions::Series;
use super::walk::any_column;

/// Begins names of values that exist only while binding. No column read from a file begins so.
const MARK: char = '\u{1}';

/// The name of the clause where series can be counted.
pub(super) const SELECT_LIST: &str = "this select list";

/// What an expression may hold beside scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    /// Nothing.
    Scalars,
    /// Aggregates.
    Aggregates,
    /// Aggregates and window functions.
    Windows,
}

/// The surroundings of expressions of one place.
pub(super) struct Env<'e> {
    /// The columns.
    pub scope: &'e ColumnScope,
    /// Further names, looked at when there is no such column.
    pub aliases: NamedList<(String, Expr)>,
    /// Names that are known only once this place has been computed, and what to write where one is meant.
    pub later: Vec<(String, String)>,
    /// Whether further names come before columns, outside aggregates.
    pub aliases_first: bool,
    /// What may be used.
    pub allowed: Allowed,
    /// The place's name in messages, such as `where`.
    pub clause: &'static str,
    /// How many expressions enclose the one being bound.
    pub depth: usize,
    /// The enclosing call that takes plain rows only, such as `sum`.
    pub within: Option<String>,
    /// Aggregates met so far; expressions hold [`Env::aggregate`] names for them.
    pub aggregates: Registry<AggCall>,
    /// The arguments of each `grouping(…)` met so far, and where it stands.
    pub groupings: Vec<(Vec<Expr>, Span)>,
    /// Window functions met so far.
    pub windows: Registry<WindowCall>,
    /// Joins that subqueries need before rows are grouped.
    pub early: Vec<SubqueryJoin>,
    /// Joins that subqueries need after rows are grouped.
    pub late: Vec<SubqueryJoin>,
    /// Subqueries that stand in group keys, as they are written, and their values.
    pub of_keys: Vec<(String, Expr)>,
    /// The series that the select list counts.
    pub series: Option<Series>,
    /// How many subqueries there were.
    pub subqueries: usize,
    /// Where each column was named first.
    pub seen: IndexMap<String, Span>,
}

impl<'e> Env<'e> {
    pub(super) fn new(scope: &'e ColumnScope, clause: &'static str, allowed: Allowed) -> Self {
        Self {
            scope,
            aliases: NamedList::default(),
            later: Vec::new(),
            aliases_first: false,
            allowed,
            clause,
            depth: 0,
            within: None,
            aggregates: Registry::default(),
            groupings: Vec::new(),
            windows: Registry::default(),
            early: Vec::new(),
            late: Vec::new(),
            of_keys: Vec::new(),
            series: None,
            subqueries: 0,
            seen: IndexMap::new(),
        }
    }

    /// Registers an aggregate, equal ones once.
    pub(super) fn aggregate(&mut self, call: AggCall) -> Expr {
        let data_type = call.data_type;
        Expr::column(aggregate_name(self.aggregates.register(call)), data_type)
    }

    /// Registers a `grouping(…)`.
    pub(super) fn grouping(&mut self, args: Vec<Expr>, span: Span) -> Expr {
        self.groupings.push((args, span));
        Expr::column(grouping_name(self.groupings.len() - 1), DataType::Int)
    }

    /// The value of a subquery that stands in a group key too.
    pub(super) fn of_key(&self, ast: &Ast) -> Option<Expr> {
        if self.of_keys.is_empty() {
            return None;
        }
        let written = ast.to_string();
        self.of_keys.iter().find(|(known, _)| *known == written).map(|(_, value)| value.clone())
    }

    /// Registers a window function, equal ones once.
    pub(super) fn window(&mut self, call: WindowCall) -> Expr {
        let data_type = call.data_type;
        Expr::column(window_name(self.windows.register(call)), data_type)
    }

    /// Registers what a subquery needs.
    pub(super) fn subquery(&mut self, join: SubqueryJoin) {
        if self.allowed == Allowed::Scalars || self.within.is_some() {
            self.early.push(join);
        } else {
            self.late.push(join);
        }
    }

    /// A prefix for the columns of a subquery, other than any before.
    pub(super) fn subquery_name(&mut self) -> String {
        loop {
            self.subqueries += 1;
            let name = format!("subquery{}", self.subqueries);
            let taken = |column: &ScopeColumn| any_column(&column.expr, &|used| used.starts_with(&name));
            if !self.scope.columns.iter().any(taken) {
                return name;
            }
        }
    }
}

/// A name that no text can hold.
pub(super) fn passing_name(name: &str) -> String {
    format!("{MARK}{name}")
}

/// The passing name of an aggregate.
pub(super) fn aggregate_name(at: usize) -> String {
    format!("{MARK}agg{at}")
}

/// Which aggregate has that passing name.
pub(super) fn aggregate_at(name: &str) -> Option<usize> {
    numbered(name, "agg")
}

fn numbered(name: &str, kind: &str) -> Option<usize> {
    name.strip_prefix(MARK)?.strip_prefix(kind)?.parse().ok()
}

/// The passing name of a `grouping(…)`.
pub(super) fn grouping_name(at: usize) -> String {
    format!("{MARK}grouping{at}")
}

/// Which `grouping(…)` has that passing name.
pub(super) fn grouping_at(name: &str) -> Option<usize> {
    numbered(name, "grouping")
}

/// The passing name of a window function.
pub(super) fn window_name(at: usize) -> String {
    format!("{MARK}win{at}")
}

/// Which window function has that passing name.
pub(super) fn window_at(name: &str) -> Option<usize> {
    numbered(name, "win")
}

/// The passing name of the series that a select list counts.
pub(super) fn series_name() -> String {
    passing_name("series")
}

/// The passing name of a column of the enclosing query.
pub(super) fn outer_name(column: &str) -> String {
    format!("{MARK}outer.{column}")
}

/// The column of the enclosing query that a passing name stands for.
pub(super) fn outer_column(name: &str) -> Option<&str> {
    name.strip_prefix(MARK)?.strip_prefix("outer.")
}

/// Whether a name exists only while binding.
pub(super) fn is_passing(name: &str) -> bool {
    name.starts_with(MARK)
}

/// Whether it is the passing name of what is known only once rows are grouped.
pub(super) fn is_of_groups(name: &str) -> bool {
    is_passing(name) && outer_column(name).is_none()
}

/// Whether it is the passing name of a window function.
pub(super) fn is_window(name: &str) -> bool {
    name.strip_prefix(MARK).is_some_and(|rest| rest.starts_with("win"))
}
