//! What checks are compiled with: the table's columns, and what has been found so far.

use std::cell::OnceCell;

use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::spec::At;
use tidemill_core::sql::RowColumns;
use tidemill_core::table::{CheckKind, DataType, Expr, ExprKind, Schema, Value};
use tidemill_core::task::CheckContext;

use crate::fill::constant;
use crate::table_task::unknown_column;

/// Compiles a check against a table's columns.
pub struct CheckCompiler<'a> {
    /// The table's columns.
    pub table: &'a Schema,
    /// What else is known while a task is checked.
    pub cx: &'a CheckContext<'a>,
    row_columns: OnceCell<RowColumns>,
    found: Vec<(String, CheckKind)>,
    mistakes: Vec<Diagnostic>,
}

impl<'a> CheckCompiler<'a> {
    pub(super) fn new(table: &'a Schema, cx: &'a CheckContext<'a>) -> Self {
        Self { table, cx, row_columns: OnceCell::new(), found: Vec::new(), mistakes: Vec::new() }
    }

    pub(super) fn finish(self) -> Result<Vec<(String, CheckKind)>, Vec<Diagnostic>> {
        if self.mistakes.is_empty() { Ok(self.found) } else { Err(self.mistakes) }
    }

    /// The table's columns, for expressions.
    pub fn row_columns(&self) -> &RowColumns {
        self.row_columns.get_or_init(|| RowColumns::of(self.table))
    }

    /// Something to be checked, and what messages call it where the check has no `name`.
    pub fn check(&mut self, name: String, kind: CheckKind) {
        self.found.push((name, kind));
    }

    /// That an expression over a column is true of every row.
    pub fn check_rows(&mut self, name: String, column: &At<String>, predicate: ExprKind) {
        let predicate = Expr { kind: predicate, data_type: DataType::Bool };
        self.check(name, CheckKind::RowsSatisfy { predicate, columns: vec![column.value.clone()] });
    }

    /// Something that is wrong with the check.
    pub fn mistake(&mut self, mistake: Diagnostic) {
        self.mistakes.push(mistake);
    }

    /// Several of them.
    pub fn mistakes(&mut self, mistakes: Vec<Diagnostic>) {
        self.mistakes.extend(mistakes);
    }

    /// The type of a column; if there is no such column, that is a mistake.
    pub fn column(&mut self, column: &At<String>) -> Option<DataType> {
        let data_type = self.table.get(&column.value);
        if data_type.is_none() {
            self.mistake(unknown_column(column, self.table));
        }
        data_type
    }

    /// A value of the file as one of the column's type; where `finer` says so, as a float if the type is too coarse for it. If
    /// it does not fit, that is a mistake.
    pub fn constant(
        &mut self,
        value: &At<serde_json::Value>,
        column: &At<String>,
        data_type: DataType,
        finer: bool,
    ) -> Option<Value> {
        let fitting =
            constant(&value.value, data_type).or_else(|| value.value.as_f64().filter(|_| finer).map(Value::Float));
        if fitting.is_none() {
            let message = format!("`{}` does not fit column `{}`", as_written(&value.value), column.value);
            self.mistake(Diagnostic::error(message).at(value.span, format!("the column is {data_type}")));
        }
        fitting
    }

    /// That something lies between two bounds.
    pub fn in_order<T>(&mut self, min: Option<&At<T>>, max: Option<&At<T>>, is_more: impl Fn(&T, &T) -> bool) {
        if let (Some(min), Some(max)) = (min, max)
            && is_more(&min.value, &max.value)
        {
            let nothing = Diagnostic::error("the smallest is more than the largest, so nothing can pass");
            self.mistake(nothing.at(min.span, "`min`").at(max.span, "`max`"));
        }
    }
}

/// A value as the file has it.
pub(super) fn as_written(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
