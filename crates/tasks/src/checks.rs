//! `checks`: what must hold of a task's table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::{Diagnostic, Span};
use tidemill_core::spec::{self, At, OneOrMany, OrderedMap, SqlText};
use tidemill_core::sql::bind_predicate;
use tidemill_core::table::{
    Check, CheckKind, CheckResult, CmpOp, DataType, Expr, ExprKind, Function, Schema, Severity, Value,
};
use tidemill_core::task::{CheckContext, Edge, TaskSource};

use super::fill::constant;
use super::table_task::{reads, unknown_column, upstream};

/// One entry of `checks:`. It holds one statement; `severity` and `name` may stand beside it.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CheckEntry {
    /// No NULL in these columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_null: Option<OneOrMany<At<String>>>,
    /// No two rows are equal in all of these columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unique: Option<OneOrMany<At<String>>>,
    /// For each column the only values there may be.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "OrderedMap::unordered_if_any")]
    accepted_values: Option<OrderedMap<Vec<At<serde_json::Value>>>>,
    /// For each column the smallest and largest value, both included.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "OrderedMap::unordered_if_any")]
    range: Option<OrderedMap<Range>>,
    /// For each column a regular expression that must be found in its text.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "OrderedMap::unordered_if_any")]
    matches: Option<OrderedMap<At<String>>>,
    /// How many rows there must be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    row_count: Option<RowCount>,
    /// For each column `task.column`, where every value must be found.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "OrderedMap::unordered_if_any")]
    relationship: Option<OrderedMap<At<String>>>,
    /// An expression that must be true of every row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expr: Option<SqlText>,
    /// `error` (default): the task fails before its table is read or published; `warn`: the run says so.
    #[serde(default)]
    severity: Severity,
    /// How messages call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// Bounds of values.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Range {
    /// The smallest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min: Option<At<serde_json::Value>>,
    /// The largest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<At<serde_json::Value>>,
}

/// Bounds of a number of rows.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RowCount {
    /// At least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min: Option<At<u64>>,
    /// At most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<At<u64>>,
}

/// The checks of one task.
pub struct TaskChecks {
    entries: Vec<(CheckEntry, Span)>,
}

impl TaskChecks {
    /// Reads them from the task's common keys.
    pub fn read(source: &TaskSource<'_>) -> Result<Self, Vec<Diagnostic>> {
        let mut entries = Vec::new();
        let mut mistakes = Vec::new();
        for node in &source.spec.common.checks {
            match spec::read::<CheckEntry>(node, source.scope(), source.sources) {
                Ok(entry) if entry.statements() == 1 => entries.push((entry, node.span)),
                Ok(_) => mistakes.push(
                    Diagnostic::error("a check holds one statement").at(node.span, "this has none, or several").help(
                        "one of not_null, unique, accepted_values, range, matches, row_count, relationship, expr; \
                             each further one gets a `-` of its own",
                    ),
                ),
                Err(more) => mistakes.extend(more),
            }
        }
        if mistakes.is_empty() { Ok(Self { entries }) } else { Err(mistakes) }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// In canonical form.
    pub fn parameters(&self) -> serde_json::Value {
        self.entries.iter().map(|(entry, _)| serde_json::to_value(entry).unwrap_or_default()).collect()
    }

    /// The tables that relationships look into.
    pub fn reads(&self) -> impl Iterator<Item = Edge> {
        let others = self.entries.iter().filter_map(|(entry, _)| entry.relationship.as_ref());
        others.flatten().filter_map(|(_, other)| {
            let (task, _) = other.value.rsplit_once('.')?;
            Some(reads(&At { value: task.to_owned(), span: other.span }, "relationship"))
        })
    }

    /// Compiles them against the table's columns.
    pub fn compile(&self, schema: &Schema, cx: &CheckContext<'_>) -> Result<Vec<Check>, Vec<Diagnostic>> {
        let mut compiler = Compiler { schema, cx, checks: Vec::new(), mistakes: Vec::new() };
        self.entries.iter().for_each(|(entry, _)| compiler.entry(entry));
        if compiler.mistakes.is_empty() { Ok(compiler.checks) } else { Err(compiler.mistakes) }
    }
}

impl CheckEntry {
    fn statements(&self) -> usize {
        [
            self.not_null.is_some(),
            self.unique.is_some(),
            self.accepted_values.is_some(),
            self.range.is_some(),
            self.matches.is_some(),
            self.row_count.is_some(),
            self.relationship.is_some(),
            self.expr.is_some(),
        ]
        .into_iter()
        .filter(|is_there| *is_there)
        .count()
    }
}

struct Compiler<'a, 'b> {
    schema: &'a Schema,
    cx: &'a CheckContext<'b>,
    checks: Vec<Check>,
    mistakes: Vec<Diagnostic>,
}

impl Compiler<'_, '_> {
    fn entry(&mut self, entry: &CheckEntry) {
        let named = |what: String| entry.name.clone().unwrap_or(what);
        let mut found: Vec<(String, CheckKind)> = Vec::new();
        for column in entry.not_null.iter().flat_map(|columns| columns.iter()) {
            if self.column(column).is_some() {
                found.push((named(format!("not_null: {}", column.value)), CheckKind::NotNull(column.value.clone())));
            }
        }
        if let Some(columns) = &entry.unique {
            let known = columns.iter().filter(|column| self.column(column).is_some()).count();
            if known == columns.len() {
                let names: Vec<String> = columns.iter().map(|column| column.value.clone()).collect();
                found.push((named(format!("unique: {}", names.join(", "))), CheckKind::Unique(names)));
            }
        }
        for (column, values) in entry.accepted_values.iter().flatten() {
            let what = format!("accepted_values: {}", column.value);
            found.extend(self.accepted(column, values).map(|predicate| (named(what), on_rows(column, predicate))));
        }
        for (column, range) in entry.range.iter().flatten() {
            self.in_order(range.min.as_ref(), range.max.as_ref(), is_more);
            for (op, bound) in [(CmpOp::Ge, &range.min), (CmpOp::Le, &range.max)] {
                let Some(bound) = bound else { continue };
                let sign = if op == CmpOp::Ge { ">=" } else { "<=" };
                let what = format!("range: {} {sign} {}", column.value, plain(&bound.value));
                found
                    .extend(self.bounded(column, op, bound).map(|predicate| (named(what), on_rows(column, predicate))));
            }
        }
        for (column, pattern) in entry.matches.iter().flatten() {
            let what = format!("matches: {} {}", column.value, pattern.value);
            found.extend(self.matching(column, pattern).map(|predicate| (named(what), on_rows(column, predicate))));
        }
        if let Some(rows) = &entry.row_count {
            self.in_order(rows.min.as_ref(), rows.max.as_ref(), |min, max| min > max);
            let bound = |bound: &Option<At<u64>>| bound.as_ref().map(|at| at.value);
            let kind = CheckKind::RowCount { min: bound(&rows.min), max: bound(&rows.max) };
            found.push((named("row_count".to_owned()), kind));
        }
        for (column, other) in entry.relationship.iter().flatten() {
            found.extend(
                self.relationship(column, other)
                    .map(|kind| (named(format!("relationship: {} in {}", column.value, other.value)), kind)),
            );
        }
        if let Some(text) = &entry.expr {
            match bind_predicate(text, self.schema, self.cx.sources) {
                Ok(predicate) => {
                    let columns = columns_of(&predicate);
                    found.push((
                        named(format!("expr: {}", text.raw.trim())),
                        CheckKind::RowsSatisfy { predicate, columns },
                    ));
                }
                Err(more) => self.mistakes.extend(more),
            }
        }
        let severity = entry.severity;
        self.checks.extend(found.into_iter().map(|(name, kind)| Check { name, severity, kind }));
    }

    /// Complains of bounds between which nothing lies.
    fn in_order<T>(&mut self, min: Option<&At<T>>, max: Option<&At<T>>, is_more: impl Fn(&T, &T) -> bool) {
        if let (Some(min), Some(max)) = (min, max)
            && is_more(&min.value, &max.value)
        {
            self.mistakes.push(
                Diagnostic::error("the smallest is more than the largest, so nothing can pass")
                    .at(min.span, "`min`")
                    .at(max.span, "`max`"),
            );
        }
    }

    fn column(&mut self, column: &At<String>) -> Option<DataType> {
        let data_type = self.schema.get(&column.value);
        if data_type.is_none() {
            self.mistakes.push(unknown_column(column, self.schema));
        }
        data_type
    }

    /// A value of the file as one of the column's type; where `finer` says so, as a float if the type is too coarse for it.
    fn constant(
        &mut self,
        value: &At<serde_json::Value>,
        column: &At<String>,
        data_type: DataType,
        finer: bool,
    ) -> Option<Value> {
        let fitting =
            constant(&value.value, data_type).or_else(|| value.value.as_f64().filter(|_| finer).map(Value::Float));
        if fitting.is_none() {
            self.mistakes.push(
                Diagnostic::error(format!("`{}` does not fit column `{}`", plain(&value.value), column.value))
                    .at(value.span, format!("the column is {data_type}")),
            );
        }
        fitting
    }

    fn accepted(&mut self, column: &At<String>, values: &[At<serde_json::Value>]) -> Option<Expr> {
        let data_type = self.column(column)?;
        let constants: Vec<Option<Value>> =
            values.iter().map(|value| self.constant(value, column, data_type, false)).collect();
        let list: Option<Vec<Expr>> =
            constants.into_iter().map(|value| Some(Expr::literal(value?).cast(data_type))).collect();
        let operand = Box::new(Expr::column(&column.value, data_type));
        Some(bool_expr(ExprKind::InList { operand, list: list?, negated: false }))
    }

    fn bounded(&mut self, column: &At<String>, op: CmpOp, bound: &At<serde_json::Value>) -> Option<Expr> {
        let data_type = self.column(column)?;
        // A bound may be finer than the column: 0.5 for an int, 10.005 for money.
        let bound = Expr::literal(self.constant(bound, column, data_type, data_type.is_numeric())?);
        let is_float = bound.data_type == DataType::Float || data_type == DataType::Float;
        let common = if is_float { DataType::Float } else { data_type };
        let value = Expr::column(&column.value, data_type).cast(common);
        Some(bool_expr(ExprKind::Compare(op, Box::new(value), Box::new(bound.cast(common)))))
    }

    fn matching(&mut self, column: &At<String>, pattern: &At<String>) -> Option<Expr> {
        let data_type = self.column(column)?;
        if let Err(error) = regex::Regex::new(&pattern.value) {
            let reason = error.to_string();
            let last = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            self.mistakes.push(
                Diagnostic::error("this is no regular expression")
                    .at(pattern.span, last)
                    .help("the syntax is that of Rust's regex crate: no look-around, no back references"),
            );
            return None;
        }
        let text = Expr::column(&column.value, data_type).cast(DataType::String);
        let pattern = Expr::literal(Value::String(pattern.value.clone()));
        Some(bool_expr(ExprKind::Call(Function::REGEXP_LIKE, vec![text, pattern])))
    }

    fn relationship(&mut self, column: &At<String>, other: &At<String>) -> Option<CheckKind> {
        self.column(column)?;
        let Some((task, there)) = other.value.rsplit_once('.') else {
            self.mistakes.push(
                Diagnostic::error(format!("`{}` does not name a column of a task", other.value))
                    .at(other.span, "expected `task.column`"),
            );
            return None;
        };
        let schema = upstream(self.cx, task).ok()?;
        if !schema.contains(there) {
            let at = At { value: there.to_owned(), span: other.span };
            self.mistakes.push(unknown_column(&at, schema));
            return None;
        }
        Some(CheckKind::Relationship { column: column.value.clone(), task: task.to_owned(), other: there.to_owned() })
    }
}

/// Whether one value of the file is more than another: numbers by size, also where they are written as texts; other texts
/// (dates) as they stand.
fn is_more(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    let number = |value: &serde_json::Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a > b,
        _ => matches!((a.as_str(), b.as_str()), (Some(a), Some(b)) if a > b),
    }
}

fn bool_expr(kind: ExprKind) -> Expr {
    Expr { kind, data_type: DataType::Bool }
}

fn on_rows(column: &At<String>, predicate: Expr) -> CheckKind {
    CheckKind::RowsSatisfy { predicate, columns: vec![column.value.clone()] }
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The columns that an expression reads, in the order in which they occur.
fn columns_of(expr: &Expr) -> Vec<String> {
    let mut columns = Vec::new();
    expr.for_each_column(&mut |name| {
        if !columns.iter().any(|known| known == name) {
            columns.push(name.to_owned());
        }
    });
    columns
}

/// A broken check as a sentence.
pub fn warning(check: &CheckResult) -> String {
    let rows = if check.bad_rows == 1 { "1 row does".to_owned() } else { format!("{} rows do", check.bad_rows) };
    match (&check.detail, check.samples.is_empty()) {
        (Some(detail), _) => format!("check `{}`: {detail}", check.name),
        (None, true) => format!("check `{}`: {rows} not pass", check.name),
        (None, false) => format!("check `{}`: {rows} not pass, such as {}", check.name, check.samples.join("; ")),
    }
}
