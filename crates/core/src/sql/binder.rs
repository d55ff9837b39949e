//! What is known of a text beside its columns.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use sqlparser::ast::{
    Ident, NamedWindowDefinition, NamedWindowExpr, OrderByExpr, OrderByOptions, OrderBySort, Spanned, WindowSpec,
};
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;
use crate::table::{Expr, Rel, Schema, SortKey};

use super::column_scope::ColumnScope;
use super::env::Env;
use super::text::{Bound, Text};
use super::unnest::Numbers;

/// The tables a query may read, by name.
pub(super) type Tables<'a> = &'a dyn Fn(&str) -> Option<Schema>;

/// Binds the expressions and queries of one text.
#[derive(Clone)]
pub(super) struct Binder<'a> {
    /// The text.
    pub text: Text<'a>,
    /// The tables there are; None for an expression that sees rows of one table alone, and has no place for a query.
    pub tables: Option<Tables<'a>>,
    /// The names that `with` gave, the innermost last.
    pub ctes: Vec<Cte>,
    /// The query around this one.
    pub outer: Option<Rc<OuterQuery>>,
    /// For names that no other part of the text has; one for all parts.
    pub numbers: Rc<Numbers>,
    /// The names that `window` gave.
    pub windows: Vec<NamedWindowDefinition>,
    /// How much of it is copies of what stands in the text once; one count for all parts of a text.
    copied: Rc<Cell<usize>>,
    /// What is no mistake and yet worth knowing; one list for all parts of a text.
    pub warnings: Rc<RefCell<Vec<Diagnostic>>>,
}

/// Steps and operators that may be copies of what stands in the text once. Copies of copies double with each level.
const MOST_COPIED: usize = 100_000;

/// A query around another.
pub(super) struct OuterQuery {
    /// Its columns.
    pub scope: ColumnScope,
    /// The one around it.
    pub outer: Option<Rc<OuterQuery>>,
}

/// A table that `with` gives.
#[derive(Clone)]
pub(super) struct Cte {
    /// Its name.
    pub name: String,
    /// What it is.
    pub rel: Rc<Rel>,
    /// Within how many queries the `with` stands.
    pub depth: usize,
}

impl<'a> Binder<'a> {
    /// For a query over these tables.
    pub(super) fn new(text: Text<'a>, tables: Tables<'a>) -> Self {
        Self { tables: Some(tables), ..Self::of_rows(text) }
    }

    /// For an expression that sees rows of one table.
    pub(super) fn of_rows(text: Text<'a>) -> Self {
        Self {
            text,
            tables: None,
            ctes: Vec::new(),
            outer: None,
            numbers: Rc::default(),
            windows: Vec::new(),
            copied: Rc::default(),
            warnings: Rc::default(),
        }
    }

    /// The same for a query within one of these columns.
    pub(super) fn within(&self, scope: &ColumnScope) -> Self {
        let outer = OuterQuery { scope: scope.clone(), outer: self.outer.clone() };
        Self { outer: Some(Rc::new(outer)), ..self.clone() }
    }

    /// Within how many queries this one stands.
    pub(super) fn depth(&self) -> usize {
        std::iter::successors(self.outer.as_deref(), |outer| outer.outer.as_deref()).count()
    }

    /// A copy of a table's steps, for another place that reads it.
    pub(super) fn copy_of_steps(&self, rel: &Rel, place: Span) -> Bound<Rel> {
        self.count_copies(steps(rel), place).map(|()| rel.clone())
    }

    /// A copy of an expression, for another place that needs its value.
    pub(super) fn copy_of(&self, expr: &Expr, place: Span) -> Bound<Expr> {
        self.count_copies(operators(expr), place).map(|()| expr.clone())
    }

    /// Counts what became of steps that depend on others: the rows around them are copied for each.
    pub(super) fn count_attached(&self, rel: &Rel, place: Span) -> Bound<()> {
        self.count_copies(steps(rel), place)
    }

    fn count_copies(&self, more: usize, place: Span) -> Bound<()> {
        self.copied.set(self.copied.get().saturating_add(more));
        if self.copied.get() <= MOST_COPIED {
            return Ok(());
        }
        let message = format!("written out, this SQL has more than {MOST_COPIED} steps: each use of a part repeats it");
        Err(vec![
            Diagnostic::error(message)
                .at(self.text.place(place), "one use too many")
                .help("make a task of what is used several times: it is computed once"),
        ])
    }

    /// What `window name as (…)` says.
    pub(super) fn named_window(&self, name: &Ident) -> Bound<WindowSpec> {
        self.window_among(name, &self.windows)
    }

    /// A window with what it takes from one that has a name.
    pub(super) fn window(&self, spec: &WindowSpec) -> Bound<WindowSpec> {
        self.window_upon(spec, &self.windows)
    }

    /// A named window may be made of those before it.
    fn window_among(&self, name: &Ident, known: &[NamedWindowDefinition]) -> Bound<WindowSpec> {
        let Some(at) = known.iter().position(|window| window.0.value.eq_ignore_ascii_case(&name.value)) else {
            return Err(vec![
                Diagnostic::error(format!("there is no window `{}`", name.value))
                    .at(self.text.place(name.span), "unknown window")
                    .suggest(&name.value, known.iter().map(|window| window.0.value.as_str())),
            ]);
        };
        match &known[at].1 {
            NamedWindowExpr::WindowSpec(spec) => self.window_upon(spec, &known[..at]),
            NamedWindowExpr::NamedWindow(other) => self.window_among(other, &known[..at]),
        }
    }

    /// What it does not say is said by the window that it names: as in PostgreSQL it adds an order or a frame of its own.
    fn window_upon(&self, spec: &WindowSpec, known: &[NamedWindowDefinition]) -> Bound<WindowSpec> {
        let Some(name) = &spec.window_name else { return Ok(spec.clone()) };
        let base = self.window_among(name, known)?;
        let refused = |what: &str| Err(self.text.wrong(name.span, format!("`{}` {what}", name.value), "write it out"));
        if !spec.partition_by.is_empty() {
            return refused("has its partitions already");
        }
        if base.window_frame.is_some() {
            return refused("has a frame: another window cannot be made of it");
        }
        if !base.order_by.is_empty() && !spec.order_by.is_empty() {
            return refused("has an order already");
        }
        let order_by = if spec.order_by.is_empty() { base.order_by } else { spec.order_by.clone() };
        let window_frame = spec.window_frame.clone();
        Ok(WindowSpec { partition_by: base.partition_by, order_by, window_name: None, window_frame })
    }

    /// One key of an `order by`.
    pub(super) fn sort_key(&self, key: &OrderByExpr, env: &mut Env<'_>) -> Bound<SortKey> {
        if key.with_fill.is_some() {
            return Err(self.text.unsupported(key.expr.span(), "`with fill` in `order by`", ""));
        }
        let (descending, nulls_first) = self.direction(&key.options, key.expr.span())?;
        Ok(SortKey { expr: self.value(&key.expr, env)?, descending, nulls_first })
    }

    /// Whether a key goes from the largest down, and whether NULLs come first.
    pub(super) fn direction(&self, options: &OrderByOptions, span: Span) -> Bound<(bool, bool)> {
        if matches!(options.sort, Some(OrderBySort::Using(_))) {
            return Err(self.text.unsupported(span, "`using` in `order by`", ""));
        }
        let descending = matches!(options.sort, Some(OrderBySort::Desc));
        Ok((descending, options.nulls_first == Some(true)))
    }
}

/// How many steps make a table.
fn steps(rel: &Rel) -> usize {
    1 + rel.inputs().into_iter().map(steps).sum::<usize>()
}

/// How many operators, columns and constants an expression has.
fn operators(expr: &Expr) -> usize {
    1 + expr.operands().into_iter().map(operators).sum::<usize>()
}
