//! Relations and expressions as text, for people and for tests.

use std::fmt;

use super::{
    AggCall, AsofStep, Expr, ExprKind, FrameBound, JoinStep, Rel, SampleSize, SeriesStep, SetOpKind, SortKey, Value,
    WindowCall, WindowFrame, WindowFunc,
};

/// One line a step, the last step first, what a step works on indented below it.
impl fmt::Display for Rel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        lines_of(self, 0, &mut lines);
        f.write_str(&shown(&lines.join("\n")))
    }
}

/// Without the sign by which the binder tells names of its own from those of columns.
fn shown(text: &str) -> String {
    text.replace('\u{1}', "")
}

fn lines_of(rel: &Rel, depth: usize, lines: &mut Vec<String>) {
    lines.push(format!("{}{}", "  ".repeat(depth), step(rel)));
    rel.inputs().into_iter().for_each(|input| lines_of(input, depth + 1, lines));
}

/// The step alone, on one line.
fn step(rel: &Rel) -> String {
    match rel {
        Rel::Input { task, .. } => format!("table {task}"),
        Rel::Scan(scan) => format!("scan {}", list(scan.schema.names(), ", ")),
        Rel::Unit => "one row".to_owned(),
        Rel::Working { name, .. } => format!("rows before of {name}"),
        Rel::Recursive { name, all, .. } => format!("recursive{} {name}", if *all { " all" } else { "" }),
        Rel::Expand { columns, .. } => {
            let each = |(name, values): &(String, Vec<Expr>)| format!("{name} = {}", list(values, " | "));
            format!("expand {}", list(columns.iter().map(each), ", "))
        }
        Rel::Series { column, start, stop, step, .. } => {
            let step = match step {
                SeriesStep::Number(step) => step.to_string(),
                SeriesStep::Interval { months, days, micros } => format!("{months} months {days} days {micros} µs"),
            };
            format!("series {column} = {start} to {stop} by {step}")
        }
        Rel::Sample { size: SampleSize::Rows(rows), seed, .. } => format!("sample {rows} rows (seed {seed})"),
        Rel::Sample { size: SampleSize::Fraction(share), seed, .. } => format!("sample {share} (seed {seed})"),
        Rel::Project { columns, .. } => format!("project {}", list(columns.iter().map(named), ", ")),
        Rel::Filter { predicate, account: Some(account), .. } => format!("filter [{account}] {predicate}"),
        Rel::Filter { predicate, .. } => format!("filter {predicate}"),
        Rel::Convert { columns, .. } => {
            format!("convert {}", list(columns.iter().map(|c| format!("{} to {}", c.column, c.data_type)), ", "))
        }
        Rel::Fill { columns, .. } => format!("fill {}", list(columns.iter().map(|(name, _)| name), ", ")),
        Rel::Reject { rules, .. } => {
            format!("reject {}", list(rules.iter().map(|rule| format!("{} ({})", rule.predicate, rule.reason)), ", "))
        }
        Rel::Distinct { on: None, .. } => "distinct".to_owned(),
        Rel::Distinct { on: Some(on), .. } => format!("distinct on {}", on.join(", ")),
        Rel::Listed(step) => {
            format!("{} of {}", step.value, list(step.list.iter().map(|(name, _)| name), ", "))
        }
        Rel::Join(step) => join(step),
        Rel::Asof(step) => step.to_string(),
        Rel::Aggregate { keys, metrics, .. } => {
            let metrics = list(metrics.iter().map(|(name, call)| format!("{name} = {call}")), ", ");
            match keys.as_slice() {
                [] => format!("aggregate {metrics}"),
                keys => format!("aggregate by {}: {metrics}", list(keys.iter().map(named), ", "))
                    .trim_end_matches(": ")
                    .to_owned(),
            }
        }
        Rel::Window { columns, .. } => {
            format!("window {}", list(columns.iter().map(|(name, call)| format!("{name} = {call}")), ", "))
        }
        Rel::Sort { by, .. } => format!("sort {}", list(by, ", ")),
        Rel::Limit { offset: 0, count: Some(count), .. } => format!("limit {count}"),
        Rel::Limit { offset, count: Some(count), .. } => format!("limit {count} offset {offset}"),
        Rel::Limit { offset, count: None, .. } => format!("offset {offset}"),
        Rel::SetOp { kind, all, .. } => {
            let name = match kind {
                SetOpKind::Union => "union",
                SetOpKind::Intersect => "intersect",
                SetOpKind::Except => "except",
            };
            if *all { format!("{name} all") } else { name.to_owned() }
        }
    }
}

fn join(step: &JoinStep) -> String {
    let mut text = format!("{:?} join", step.kind).to_lowercase();
    if !step.on.is_empty() {
        text += &format!(" on {}", list(step.on.iter().map(|(left, right)| format!("{left} = {right}")), " and "));
    }
    if let Some(condition) = &step.condition {
        text += &format!(" if {condition}");
    }
    text
}

/// As SQL has it.
impl fmt::Display for AsofStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.on.iter().map(|(left, right)| format!("{left} = {right}"));
        let (left, right) = &self.nearest;
        let all: Vec<String> = keys.chain([format!("{left} {} {right}", self.op.sign())]).collect();
        write!(f, "asof {}join on {}", if self.keeps_left { "left " } else { "" }, all.join(" and "))
    }
}

/// `name`, or `name = value`.
fn named((name, expr): &(String, Expr)) -> String {
    match &expr.kind {
        ExprKind::Column(column) if column == name => name.clone(),
        _ => format!("{name} = {expr}"),
    }
}

fn list<T: fmt::Display>(items: impl IntoIterator<Item = T>, between: &str) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(between)
}

/// As SQL has it; casts, which may not stand in the SQL, as `x::type`.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Column(name) => write!(f, "{}", shown(name)),
            ExprKind::Literal(value) => constant(f, value),
            ExprKind::Cast(operand) => write!(f, "{}::{}", Operand(operand), self.data_type),
            ExprKind::Negate(operand) => write!(f, "-{}", Operand(operand)),
            ExprKind::Not(operand) => write!(f, "not {}", Operand(operand)),
            ExprKind::Arith(op, a, b) => write!(f, "{} {} {}", Operand(a), op.sign(), Operand(b)),
            ExprKind::Compare(op, a, b) => write!(f, "{} {} {}", Operand(a), op.sign(), Operand(b)),
            ExprKind::And(a, b) => write!(f, "{} and {}", Operand(a), Operand(b)),
            ExprKind::Or(a, b) => write!(f, "{} or {}", Operand(a), Operand(b)),
            ExprKind::IsNull { operand, negated } => write!(f, "{} is {}null", Operand(operand), not(*negated)),
            ExprKind::InList { operand, list: items, negated } => {
                write!(f, "{} {}in ({})", Operand(operand), not(*negated), list(items, ", "))
            }
            ExprKind::Like { operand, pattern, ignore_case, negated, .. } => {
                let i = if *ignore_case { "i" } else { "" };
                write!(f, "{} {}{i}like '{pattern}'", Operand(operand), not(*negated))
            }
            ExprKind::Case { branches, otherwise } => {
                write!(f, "case")?;
                branches.iter().try_for_each(|(when, then)| write!(f, " when {when} then {then}"))?;
                otherwise.iter().try_for_each(|otherwise| write!(f, " else {otherwise}"))?;
                write!(f, " end")
            }
            ExprKind::Call(function, args) => write!(f, "{function}({})", list(args, ", ")),
        }
    }
}

fn not(negated: bool) -> &'static str {
    if negated { "not " } else { "" }
}

/// An operand, in parentheses if it has operands itself.
struct Operand<'a>(&'a Expr);

impl fmt::Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            ExprKind::Column(_) | ExprKind::Literal(_) | ExprKind::Call(..) | ExprKind::Cast(_) => {
                write!(f, "{}", self.0)
            }
            _ => write!(f, "({})", self.0),
        }
    }
}

fn constant(f: &mut fmt::Formatter<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::Null => write!(f, "null"),
        Value::String(text) => write!(f, "'{text}'"),
        Value::Date(_) => write!(f, "date '{value}'"),
        Value::Datetime(_) => write!(f, "timestamp '{value}'"),
        Value::Time(_) => write!(f, "time '{value}'"),
        Value::Float(float) => write!(f, "{float:?}"),
        Value::Decimal { .. } => write!(f, "{value}d"),
        _ => write!(f, "{value}"),
    }
}

/// As SQL has it.
impl fmt::Display for AggCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let distinct = if self.distinct { "distinct " } else { "" };
        let args = if self.args.is_empty() { "*".to_owned() } else { list(&self.args, ", ") };
        write!(f, "{}({distinct}{args}", self.func.name)?;
        if let Some((_, parameter)) = &self.func.parameter {
            write!(f, ", ")?;
            constant(f, parameter)?;
        }
        if !self.order_by.is_empty() {
            write!(f, " order by {}", list(&self.order_by, ", "))?;
        }
        write!(f, ")")?;
        self.filter.iter().try_for_each(|filter| write!(f, " filter (where {filter})"))
    }
}

/// As SQL has it, the frame in words.
impl fmt::Display for WindowCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.func {
            WindowFunc::Call { name, args, ignore_nulls } => {
                write!(f, "{name}({}){}", list(args, ", "), if *ignore_nulls { " ignore nulls" } else { "" })?;
            }
            WindowFunc::Agg(call) => write!(f, "{call}")?,
        }
        let mut parts = Vec::new();
        if !self.partition_by.is_empty() {
            parts.push(format!("partition by {}", list(&self.partition_by, ", ")));
        }
        if !self.order_by.is_empty() {
            parts.push(format!("order by {}", list(&self.order_by, ", ")));
        }
        parts.push(self.frame.to_string());
        write!(f, " over ({})", parts.join(" "))
    }
}

/// In words.
impl fmt::Display for WindowFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use FrameBound::{Groups, Range, Rows, Unbounded};
        let bound = |bound: &FrameBound| match bound {
            Unbounded => "end".to_owned(),
            Rows(count) | Groups(count) => format!("{count:+}"),
            Range { edge, .. } => edge.to_string(),
        };
        let from = match &self.start {
            Unbounded => String::new(),
            start @ Rows(_) => format!("rows {} ", bound(start)),
            start @ Groups(_) => format!("groups {} ", bound(start)),
            start @ Range { .. } => format!("from {} ", bound(start)),
        };
        match &self.end {
            Unbounded if from.is_empty() => f.write_str("all"),
            Rows(0) if from.is_empty() => f.write_str("to row"),
            Groups(0) if !from.starts_with("groups") => write!(f, "{from}to peers"),
            Groups(count) if !from.starts_with("groups") => write!(f, "{from}to groups {count:+}"),
            end => write!(f, "{from}to {}", bound(end)),
        }
    }
}

/// As SQL has it.
impl fmt::Display for SortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.expr)?;
        if self.descending {
            write!(f, " desc")?;
        }
        if self.nulls_first { write!(f, " nulls first") } else { Ok(()) }
    }
}
