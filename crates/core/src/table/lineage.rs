//! Where a column of a job comes from: a walk back over its steps.

use std::collections::HashSet;

use super::{
    AggCall, AsofStep, Conversion, Expr, ExprKind, Fill, JoinKind, JoinStep, OnInvalid, Rel, SampleSize, SetOpKind,
    SortKey, WindowCall, WindowFunc,
};

/// Something that a job reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The task whose table it is; None for the job's own source.
    pub task: Option<String>,
    /// The column; None for the rows as such, which `count(*)` counts.
    pub column: Option<String>,
}

/// The way of one column through a job, back from the result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// What its values are made of.
    pub from: Vec<Origin>,
    /// What is done with them, the last step first: `sum(total_amount)`. Passing on and renaming say nothing.
    pub made: Vec<String>,
    /// What else decides: which rows there are, and which of several values is taken.
    pub decided_by: Vec<IndirectLineage>,
}

/// A step that decides by columns whose values do not enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndirectLineage {
    /// The step: `where in_campaign`, `left join on date = date`.
    pub what: String,
    /// What it looks at.
    pub from: Vec<Origin>,
}

impl Rel {
    /// The way of the column of that name; None if there is no such column.
    pub fn way_of(&self, column: &str) -> Option<Way> {
        self.schema().contains(column).then(|| {
            let mut walk = Walk { way: Way::default(), seen: HashSet::new(), decides: true };
            walk.column(self, column);
            walk.way
        })
    }

    /// The way of the rows as such.
    pub fn way_of_rows(&self) -> Way {
        let mut walk = Walk { way: Way::default(), seen: HashSet::new(), decides: true };
        walk.rows(self);
        walk.way
    }
}

/// A walk. Where two ways meet the rest is walked once, so that a query that names a table often is not walked for every
/// combination.
struct Walk<'r> {
    way: Way,
    seen: HashSet<(*const Rel, Option<&'r str>)>,
    /// Whether decisions are noted, or only what values are made of.
    decides: bool,
}

impl<'r> Walk<'r> {
    fn column(&mut self, rel: &'r Rel, column: &'r str) {
        if !self.seen.insert((rel, Some(column))) {
            return;
        }
        match rel {
            Rel::Input { task, .. } => self.reach(Some(task), Some(column)),
            Rel::Scan(_) => self.reach(None, Some(column)),
            // The rows before are those that the step began with, and those it made of them.
            Rel::Unit | Rel::Working { .. } => {}
            Rel::Expand { input, columns } => match columns.iter().find(|(name, _)| name == column) {
                Some((_, values)) => values.iter().for_each(|value| self.value(input, value)),
                None => self.column(input, column),
            },
            Rel::Series { input, column: name, start, stop, .. } if name == column => {
                self.made(format!("a series from {start} to {stop}"));
                self.operands(input, start);
                self.operands(input, stop);
            }
            Rel::Series { input, .. } => self.column(input, column),
            Rel::Recursive { start, step, .. } => self.column_of_set_op(start, step, SetOpKind::Union, column),
            Rel::Project { input, columns } => {
                if let Some((_, expr)) = columns.iter().find(|(name, _)| name == column) {
                    self.value(input, expr);
                }
            }
            Rel::Convert { input, columns, on_invalid } => {
                if let Some(conversion) = columns.iter().find(|conversion| conversion.column == column) {
                    self.made(told(conversion));
                }
                if *on_invalid == OnInvalid::Reject {
                    let names = columns.iter().map(|conversion| conversion.column.as_str());
                    self.decision(input, "rows with an invalid value rejected".to_owned(), names);
                }
                self.column(input, column);
            }
            Rel::Fill { input, columns } => {
                if let Some((_, fill)) = columns.iter().find(|(name, _)| name == column) {
                    self.made(match fill {
                        Fill::Mean => "NULL becomes the mean".to_owned(),
                        Fill::Median => "NULL becomes the median".to_owned(),
                        Fill::Zero => "NULL becomes 0".to_owned(),
                        Fill::Value(value) => format!("NULL becomes {}", Expr::literal(value.clone())),
                    });
                }
                self.column(input, column);
            }
            Rel::Join(step) => {
                self.join(step);
                let side = if step.left.schema().contains(column) { &step.left } else { &step.right };
                self.column(side, column);
            }
            Rel::Asof(step) => {
                self.asof(step);
                let side = if step.left.schema().contains(column) { &step.left } else { &step.right };
                self.column(side, column);
            }
            Rel::Aggregate { input, keys, metrics } => {
                self.grouping(input, keys);
                if let Some((_, key)) = keys.iter().find(|(name, _)| name == column) {
                    self.value(input, key);
                } else if let Some((_, call)) = metrics.iter().find(|(name, _)| name == column) {
                    self.made(call.to_string());
                    self.call(input, call);
                }
            }
            Rel::Window { input, columns } => match columns.iter().find(|(name, _)| name == column) {
                Some((_, call)) => self.window(input, call),
                None => self.column(input, column),
            },
            Rel::Listed(step) => self.column(&step.input, column),
            Rel::SetOp { left, right, kind, .. } => self.column_of_set_op(left, right, *kind, column),
            Rel::Filter { input, .. }
            | Rel::Reject { input, .. }
            | Rel::Distinct { input, .. }
            | Rel::Sort { input, .. }
            | Rel::Sample { input, .. }
            | Rel::Limit { input, .. } => {
                self.row_step(rel);
                self.column(input, column);
            }
        }
    }

    /// A column that a window function makes.
    fn window(&mut self, input: &'r Rel, call: &'r WindowCall) {
        self.made(call.to_string());
        let keys: Vec<&Expr> = call.partition_by.iter().chain(call.order_by.iter().map(|key| &key.expr)).collect();
        if !keys.is_empty() {
            self.decision(input, format!("rows of a window by {}", list(&keys)), names_in(keys));
        }
        match &call.func {
            WindowFunc::Call { args, .. } if names_in(args).is_empty() => self.rows(input),
            WindowFunc::Call { args, .. } => args.iter().for_each(|argument| self.operands(input, argument)),
            WindowFunc::Agg(call) => self.call(input, call),
        }
    }

    /// A column of both sides: the right side's columns are the left side's by their places.
    fn column_of_set_op(&mut self, left: &'r Rel, right: &'r Rel, kind: SetOpKind, column: &'r str) {
        let (left_schema, right_schema) = (left.schema(), right.schema());
        let place = left_schema.names().position(|name| name == column);
        let beside = place.and_then(|at| column_at(right, right_schema.fields().get(at)?.name.as_str()));
        match (kind, beside) {
            (SetOpKind::Union, Some(beside)) => {
                self.column(left, column);
                self.column(right, beside);
            }
            (_, beside) => {
                self.set_op(kind, right, beside);
                self.column(left, column);
            }
        }
    }

    /// The rows as such.
    fn rows(&mut self, rel: &'r Rel) {
        if !self.seen.insert((rel, None)) {
            return;
        }
        match rel {
            Rel::Input { task, .. } => self.reach(Some(task), None),
            Rel::Scan(_) => self.reach(None, None),
            Rel::Join(step) => {
                self.join(step);
                self.rows(&step.left);
                if !matches!(step.kind, JoinKind::Semi | JoinKind::Anti) {
                    self.rows(&step.right);
                }
            }
            Rel::Asof(step) => {
                self.asof(step);
                self.rows(&step.left);
            }
            Rel::Aggregate { input, keys, .. } => {
                self.grouping(input, keys);
                self.rows(input);
            }
            Rel::SetOp { left, right, kind: SetOpKind::Union, .. } => {
                self.rows(left);
                self.rows(right);
            }
            Rel::SetOp { left, right, kind, .. } => {
                self.set_op(*kind, right, None);
                self.rows(left);
            }
            other => {
                self.row_step(other);
                other.inputs().into_iter().for_each(|input| self.rows(input));
            }
        }
    }

    /// What a step that keeps columns as they are does with rows.
    fn row_step(&mut self, rel: &'r Rel) {
        match rel {
            Rel::Filter { input, predicate, account } => {
                let step = account.as_deref().unwrap_or("where");
                self.decision(input, format!("{step} {predicate}"), names_in([predicate]));
            }
            Rel::Reject { input, rules } => {
                for rule in rules {
                    self.decision(input, format!("rejected where {}", rule.predicate), names_in([&rule.predicate]));
                }
            }
            Rel::Distinct { input, on } => {
                let names: Vec<&str> = on.iter().flatten().map(String::as_str).collect();
                let what = if names.is_empty() { String::new() } else { format!(" by {}", names.join(", ")) };
                self.decision(input, format!("the first of equal rows{what}"), names);
            }
            Rel::Sample { input, size, .. } => {
                let what = match size {
                    SampleSize::Rows(rows) => format!("{rows} rows by chance"),
                    SampleSize::Fraction(fraction) => format!("a share of {fraction} by chance"),
                };
                self.decision(input, what, []);
            }
            // An order alone changes no value; with a limit it says which rows stay.
            Rel::Limit { input, count, .. } => {
                let (sorted, by) = order_of(input);
                let first = count.map_or_else(|| "not the first rows".to_owned(), |count| format!("the first {count}"));
                let order = if by.is_empty() {
                    String::new()
                } else {
                    format!(" by {}", by.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
                };
                self.decision(sorted, format!("{first}{order}"), names_in(by.iter().map(|key| &key.expr)));
            }
            _ => {}
        }
    }

    fn join(&mut self, step: &'r JoinStep) {
        let kind = format!("{:?}", step.kind).to_lowercase();
        let mut what = format!("{kind} join");
        let mut from = Vec::new();
        let conditions = step.on.iter().map(|(left, right)| equality(left, right));
        let conditions: Vec<String> = conditions.chain(step.condition.iter().map(ToString::to_string)).collect();
        if !conditions.is_empty() {
            what += &format!(" on {}", conditions.join(" and "));
        }
        for (left, right) in &step.on {
            from.extend(self.origins(&step.left, names_in([left])));
            from.extend(self.origins(&step.right, names_in([right])));
        }
        for name in step.condition.iter().flat_map(|condition| names_in([condition])) {
            let side = if step.left.schema().contains(name) { &step.left } else { &step.right };
            from.extend(self.origins(side, [name]));
        }
        self.note(what, from);
    }

    fn asof(&mut self, step: &'r AsofStep) {
        let mut from = Vec::new();
        for (left, right) in step.on.iter().chain([&step.nearest]) {
            from.extend(self.origins(&step.left, names_in([left])));
            from.extend(self.origins(&step.right, names_in([right])));
        }
        self.note(step.to_string(), from);
    }

    fn grouping(&mut self, input: &'r Rel, keys: &'r [(String, Expr)]) {
        if !keys.is_empty() {
            let names: Vec<&Expr> = keys.iter().map(|(_, key)| key).collect();
            self.decision(input, format!("group by {}", list(&names)), names_in(names));
        }
    }

    fn set_op(&mut self, kind: SetOpKind, right: &'r Rel, beside: Option<&'r str>) {
        let what = match kind {
            SetOpKind::Union => "union",
            SetOpKind::Intersect => "rows that are in both (intersect)",
            SetOpKind::Except => "rows that are in no other (except)",
        };
        self.decision(right, what.to_owned(), beside);
    }

    /// A value that is computed from the columns of `input`.
    fn value(&mut self, input: &'r Rel, expr: &'r Expr) {
        if !matches!(expr.kind, ExprKind::Column(_)) {
            self.made(expr.to_string());
        }
        self.operands(input, expr);
    }

    /// What enters a value; the conditions of a `case` only choose.
    fn operands(&mut self, input: &'r Rel, expr: &'r Expr) {
        match &expr.kind {
            ExprKind::Column(name) => self.column(input, name),
            ExprKind::Case { branches, otherwise } => {
                for (condition, value) in branches {
                    self.decision(input, format!("case when {condition}"), names_in([condition]));
                    self.operands(input, value);
                }
                otherwise.iter().for_each(|value| self.operands(input, value));
            }
            _ => expr.operands().into_iter().for_each(|operand| self.operands(input, operand)),
        }
    }

    fn call(&mut self, input: &'r Rel, call: &'r AggCall) {
        call.args.iter().for_each(|argument| self.operands(input, argument));
        if call.args.is_empty() {
            self.rows(input);
        }
        if let Some(filter) = &call.filter {
            self.decision(input, format!("only where {filter}"), names_in([filter]));
        }
        if !call.order_by.is_empty() {
            let keys: Vec<&Expr> = call.order_by.iter().map(|key| &key.expr).collect();
            self.decision(input, format!("taken in the order of {}", list(&keys)), names_in(keys));
        }
    }

    fn decision(&mut self, input: &'r Rel, what: String, names: impl IntoIterator<Item = &'r str>) {
        let from = self.origins(input, names);
        self.note(what, from);
    }

    fn note(&mut self, what: String, mut from: Vec<Origin>) {
        let mut seen = HashSet::new();
        from.retain(|origin| seen.insert(origin.clone()));
        let indirect = IndirectLineage { what, from };
        if self.decides && !self.way.decided_by.contains(&indirect) {
            self.way.decided_by.push(indirect);
        }
    }

    fn made(&mut self, what: String) {
        if self.decides && self.way.made.last() != Some(&what) {
            self.way.made.push(what);
        }
    }

    fn reach(&mut self, task: Option<&str>, column: Option<&str>) {
        let origin = Origin { task: task.map(str::to_owned), column: column.map(str::to_owned) };
        if !self.way.from.contains(&origin) {
            self.way.from.push(origin);
        }
    }

    /// What columns of a relation are made of, whatever decides about them.
    fn origins(&self, rel: &'r Rel, names: impl IntoIterator<Item = &'r str>) -> Vec<Origin> {
        if !self.decides {
            return Vec::new();
        }
        let mut walk = Walk { way: Way::default(), seen: HashSet::new(), decides: false };
        names.into_iter().for_each(|name| walk.column(rel, name));
        walk.way.from
    }
}

fn names_in<'e>(expressions: impl IntoIterator<Item = &'e Expr>) -> Vec<&'e str> {
    fn gather<'e>(expr: &'e Expr, names: &mut Vec<&'e str>) {
        if let ExprKind::Column(name) = &expr.kind {
            names.push(name);
        }
        expr.operands().into_iter().for_each(|operand| gather(operand, names));
    }
    let mut names = Vec::new();
    expressions.into_iter().for_each(|expr| gather(expr, &mut names));
    names
}

/// What a conversion makes of a column.
fn told(conversion: &Conversion) -> String {
    let of_type = if conversion.money { "money".to_owned() } else { conversion.data_type.to_string() };
    let format = conversion.formats.first().map(|format| format!(" ({format})")).unwrap_or_default();
    format!("to {of_type}{format}")
}

/// The name of a relation's column, borrowed from the relation itself.
fn column_at<'r>(rel: &'r Rel, name: &str) -> Option<&'r str> {
    fn among<'r>(mut columns: impl Iterator<Item = &'r String>, name: &str) -> Option<&'r str> {
        columns.find(|own| *own == name).map(String::as_str)
    }
    match rel {
        Rel::Input { schema, .. } => among(schema.fields().iter().map(|field| &field.name), name),
        Rel::Scan(scan) => among(scan.schema.fields().iter().map(|field| &field.name), name),
        Rel::Unit => None,
        Rel::Working { schema, .. } => among(schema.fields().iter().map(|field| &field.name), name),
        Rel::Recursive { start, .. } => column_at(start, name),
        Rel::Expand { input, columns } => {
            among(columns.iter().map(|(name, _)| name), name).or_else(|| column_at(input, name))
        }
        Rel::Series { input, column, .. } => among(std::iter::once(column), name).or_else(|| column_at(input, name)),
        Rel::Project { columns, .. } => among(columns.iter().map(|(name, _)| name), name),
        Rel::Aggregate { keys, metrics, .. } => {
            among(keys.iter().map(|(name, _)| name).chain(metrics.iter().map(|(name, _)| name)), name)
        }
        Rel::Window { input, columns } => {
            among(columns.iter().map(|(name, _)| name), name).or_else(|| column_at(input, name))
        }
        Rel::Listed(step) => column_at(&step.input, name),
        Rel::Join(step) => column_at(&step.left, name).or_else(|| column_at(&step.right, name)),
        Rel::Asof(step) => column_at(&step.left, name).or_else(|| column_at(&step.right, name)),
        Rel::Filter { input, .. }
        | Rel::Convert { input, .. }
        | Rel::Fill { input, .. }
        | Rel::Reject { input, .. }
        | Rel::Distinct { input, .. }
        | Rel::Sort { input, .. }
        | Rel::Sample { input, .. }
        | Rel::Limit { input, .. } => column_at(input, name),
        Rel::SetOp { left, .. } => column_at(left, name),
    }
}

/// `left = right`; of a key that has one name on both sides, which is told apart by `_right` within the step, the name alone.
fn equality(left: &Expr, right: &Expr) -> String {
    let (left, right) = (left.to_string(), right.to_string());
    if right.strip_suffix("_right") == Some(left.as_str()) { left } else { format!("{left} = {right}") }
}

/// What sorts the rows of a relation that a limit takes its first of, and by what.
fn order_of(rel: &Rel) -> (&Rel, &[SortKey]) {
    match rel {
        Rel::Sort { input, by } => (input, by),
        Rel::Project { input, .. } => order_of(input),
        other => (other, &[]),
    }
}

fn list(expressions: &[&Expr]) -> String {
    expressions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
