//! What expressions hold, as far as it is known: rows of a table, or one of them.

use std::rc::Rc;

use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr};
use minijinja::value::Value;

use super::Walk;

/// What an expression holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Nothing that is known.
    Unknown,
    /// The tables by their names.
    Inputs,
    /// Rows of these columns.
    Rows(Rc<Vec<String>>),
    /// A row of these columns.
    Row(Rc<Vec<String>>),
}

/// Filters that leave rows what they are.
const KEEPS_ROWS: [&str; 8] = ["list", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "unique"];

/// Filters whose first argument, or `attribute`, names a column.
const TAKES_ATTRIBUTE: [&str; 9] =
    ["groupby", "map", "max", "min", "rejectattr", "selectattr", "sort", "sum", "unique"];

/// Those of which the first argument without a name does so too.
const ATTRIBUTE_FIRST: [&str; 3] = ["groupby", "rejectattr", "selectattr"];

impl Shape {
    /// One of its rows.
    pub fn row(&self) -> Shape {
        match self {
            Shape::Rows(columns) => Shape::Row(Rc::clone(columns)),
            _ => Shape::Unknown,
        }
    }

    /// The columns of its rows.
    pub fn columns(&self) -> Option<Rc<Vec<String>>> {
        match self {
            Shape::Rows(columns) | Shape::Row(columns) => Some(Rc::clone(columns)),
            _ => None,
        }
    }
}

impl<'t> Walk<'t> {
    /// What an expression holds; its mistakes are told.
    pub(super) fn shape(&mut self, expression: &Expr<'t>) -> Shape {
        match expression {
            Expr::Var(name) => self.named(name.id),
            Expr::Const(_) => Shape::Unknown,
            Expr::GetAttr(get) => {
                let base = self.shape(&get.expr);
                self.part(&base, get.name, expression, true)
            }
            Expr::GetItem(get) => {
                let base = self.shape(&get.expr);
                match &get.subscript_expr {
                    Expr::Const(key) if key.value.as_str().is_some() => {
                        self.part(&base, key.value.as_str().unwrap_or_default(), &get.subscript_expr, true)
                    }
                    other => {
                        self.shape(other);
                        base.row()
                    }
                }
            }
            Expr::Slice(slice) => {
                [&slice.start, &slice.stop, &slice.step].into_iter().flatten().for_each(|part| drop(self.shape(part)));
                self.shape(&slice.expr)
            }
            Expr::Filter(filter) => {
                let base = match &filter.expr {
                    // What it stands for may be missing.
                    Some(inner) if ["default", "d"].contains(&filter.name) => self.lenient(inner),
                    Some(inner) => self.shape(inner),
                    None => Shape::Unknown,
                };
                self.arguments(&filter.args);
                self.filter_arguments(&base, filter);
                if TAKES_ATTRIBUTE.contains(&filter.name) {
                    self.attribute(&base, &filter.args, ATTRIBUTE_FIRST.contains(&filter.name));
                }
                match filter.name {
                    "first" | "last" => base.row(),
                    name if KEEPS_ROWS.contains(&name) => base,
                    _ => Shape::Unknown,
                }
            }
            Expr::Test(test) => {
                match test.name {
                    "defined" | "undefined" => drop(self.lenient(&test.expr)),
                    _ => drop(self.shape(&test.expr)),
                }
                self.arguments(&test.args);
                Shape::Unknown
            }
            Expr::IfExpr(either) => {
                let is_dead = self.condition(&either.test_expr);
                self.branch(is_dead, |walk| drop(walk.shape(&either.true_expr)));
                either.false_expr.iter().for_each(|other| drop(self.shape(other)));
                Shape::Unknown
            }
            Expr::Call(call) => {
                // A method is no column.
                match &call.expr {
                    Expr::GetAttr(method) => drop(self.shape(&method.expr)),
                    Expr::Var(_) => {}
                    other => drop(self.shape(other)),
                }
                self.arguments(&call.args);
                Shape::Unknown
            }
            Expr::UnaryOp(operation) => self.nothing_of([&operation.expr]),
            Expr::BinOp(operation) => {
                if matches!(operation.op, BinOpKind::In) {
                    self.asks_for(&operation.left);
                }
                self.nothing_of([&operation.left, &operation.right])
            }
            Expr::Compare(compare) => {
                if compare.ops.iter().any(|one| matches!(one.op, CompareOpKind::In | CompareOpKind::NotIn)) {
                    self.asks_for(&compare.expr);
                }
                self.nothing_of(std::iter::once(&compare.expr).chain(compare.ops.iter().map(|one| &one.expr)))
            }
            Expr::List(list) => self.nothing_of(&list.items),
            Expr::Tuple(tuple) => self.nothing_of(&tuple.items),
            Expr::Map(map) => self.nothing_of(map.keys.iter().chain(&map.values)),
        }
    }

    /// Looks at the parts of what holds nothing that is known.
    fn nothing_of<'e>(&mut self, parts: impl IntoIterator<Item = &'e Expr<'t>>) -> Shape
    where
        't: 'e,
    {
        parts.into_iter().for_each(|part| drop(self.shape(part)));
        Shape::Unknown
    }

    pub(super) fn arguments(&mut self, arguments: &[CallArg<'t>]) {
        for argument in arguments {
            match argument {
                CallArg::Pos(value) | CallArg::Kwarg(_, value) => drop(self.shape(value)),
                CallArg::PosSplat(value) | CallArg::KwargSplat(value) => drop(self.shape(value)),
            }
        }
    }

    fn named(&self, name: &str) -> Shape {
        match self.scopes.iter().rev().find_map(|scope| scope.get(name)) {
            Some(shape) => shape.clone(),
            None if name == "inputs" => Shape::Inputs,
            None => Shape::Unknown,
        }
    }

    /// A part of something by its name, which is told if there is none.
    fn part(&mut self, base: &Shape, name: &str, at: &Expr<'t>, is_told: bool) -> Shape {
        match base {
            Shape::Inputs => (self.tables)(name).map_or(Shape::Unknown, |columns| Shape::Rows(Rc::new(columns))),
            Shape::Row(columns) if !columns.iter().any(|column| column == name) => {
                if is_told {
                    let place = self.place_of(name, at);
                    self.tell_column(place, name, columns);
                } else {
                    self.asked_for.insert(name.to_owned());
                    self.is_guarded = true;
                }
                Shape::Unknown
            }
            _ => Shape::Unknown,
        }
    }

    /// What an expression holds that may be a column which there is not.
    fn lenient(&mut self, expression: &Expr<'t>) -> Shape {
        let (inner, name) = match expression {
            Expr::GetAttr(get) => (&get.expr, Some(get.name)),
            Expr::GetItem(get) => match &get.subscript_expr {
                Expr::Const(key) => (&get.expr, key.value.as_str()),
                _ => return self.shape(expression),
            },
            _ => return self.shape(expression),
        };
        let Some(name) = name else { return self.shape(expression) };
        let base = self.shape(inner);
        self.part(&base, name, expression, false)
    }

    /// Notes the name of `'name' in row`.
    fn asks_for(&mut self, name: &Expr<'t>) {
        if let Expr::Const(name) = name {
            self.asked_for.extend(name.value.as_str().map(str::to_owned));
        }
    }

    /// The column that a filter is told by `attribute`, or by its first argument.
    fn attribute(&mut self, base: &Shape, arguments: &[CallArg<'t>], is_first: bool) {
        let Shape::Rows(columns) = base else { return };
        let named = |argument: &&CallArg<'t>| matches!(argument, CallArg::Kwarg("attribute", _));
        let first = || arguments.first().filter(|argument| is_first && matches!(argument, CallArg::Pos(_)));
        let Some(CallArg::Kwarg(_, value) | CallArg::Pos(value)) = arguments.iter().find(named).or_else(first) else {
            return;
        };
        let is_optional = arguments.iter().any(|argument| match argument {
            CallArg::Kwarg("default", _) => true,
            CallArg::Pos(Expr::Const(test)) => matches!(test.value.as_str(), Some("defined" | "undefined")),
            _ => false,
        });
        let text = super::literal(value);
        let whole = text.as_ref().and_then(Value::as_str).unwrap_or_default();
        if is_optional || columns.iter().any(|column| column == whole) {
            return;
        }
        // Several, and parts of values, are written with commas and points.
        let names = text.as_ref().and_then(Value::as_str).unwrap_or_default().split(',');
        let names = names.map(|path| path.trim().split('.').next().unwrap_or_default());
        for name in names.filter(|name| !name.is_empty()) {
            if !columns.iter().any(|column| column == name) {
                let place = self.place(value);
                self.tell_column(place, name, columns);
            }
        }
    }

    pub(super) fn tell_column(&mut self, place: std::ops::Range<usize>, name: &str, columns: &[String]) {
        self.tell_unknown(place, format!("there is no column `{name}`"), name, columns);
    }
}
