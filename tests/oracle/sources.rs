//! `load`: random files.

use std::fmt::Write;

use serde_json::json;
use tidemill_core::table::{DataType, Value};

use super::cells::{self, NAMES, TYPES};
use super::{KnownColumn, Reading, World, map};

/// A column of a file.
struct Column {
    name: String,
    /// What the texts mean.
    data_type: DataType,
    /// How values are written: the texts of dates and amounts that `normalize` is to read; none for plain values.
    style: Option<Style>,
    /// Whether the contract names the column.
    declared: bool,
}

#[derive(Clone, Copy)]
enum Style {
    /// `$1,234.50`, `€ 1`.
    Money,
    /// `31/12/2024`.
    Day,
    /// ` 12 `.
    Int,
}

impl World {
    /// A file with random columns and rows, and the task that reads it.
    pub(super) fn load(&mut self) {
        let names = self.choices.some(&NAMES[..6]);
        let mut columns: Vec<Column> = names.into_iter().map(|name| self.column(name)).collect();
        let count = match self.choices.below(16) {
            0 => 0,
            1..=10 => self.choices.below(6) + 1,
            _ => self.choices.below(20) + 1,
        };
        let mut values: Vec<Vec<Value>> = Vec::new();
        let mut texts: Vec<Vec<Option<String>>> = Vec::new();
        for _ in 0..count {
            let row: Vec<(Value, Option<String>)> = columns.iter().map(|column| self.written(column)).collect();
            let (row, shown) = row.into_iter().unzip();
            values.push(row);
            texts.push(shown);
        }
        let format = self.choices.one(&["csv", "ndjson", "json", "sqlite"]);
        // JSON without rows has no columns, and a contract wants them.
        let format = if count == 0 && format.contains("json") { "csv" } else { format };
        for (at, column) in columns.iter_mut().enumerate() {
            // Without a contract the values say what a column is, if there are some and they are plain.
            let tells = values.iter().any(|row| match &row[at] {
                Value::String(text) => !["", "007", "12", "true"].contains(&text.as_str()),
                Value::Null => false,
                _ => true,
            });
            let plain = matches!(column.data_type, DataType::Int | DataType::Float | DataType::Bool | DataType::String);
            let lossless = format != "sqlite" || column.data_type != DataType::Bool;
            column.declared |= !(tells && plain && lossless && column.style.is_none());
        }
        self.publish(format, &columns, &values, &texts);
    }

    fn column(&mut self, name: &str) -> Column {
        let data_type = self.choices.one(&TYPES);
        let style = match data_type {
            DataType::Decimal { scale: 2, .. } => Some(Style::Money),
            DataType::Date => Some(Style::Day),
            DataType::Int => Some(Style::Int),
            _ => None,
        };
        let style = style.filter(|_| self.choices.once_in(3));
        Column { name: name.to_owned(), data_type, style, declared: !self.choices.once_in(3) }
    }

    /// A value and how it stands in the file: none for NULL. What does not mean a value is NULL with a text.
    fn written(&mut self, column: &Column) -> (Value, Option<String>) {
        let value = cells::cell(&mut self.choices, column.data_type);
        let Some(style) = column.style else {
            let text = (value != Value::Null).then(|| plain(&value));
            return (value, text);
        };
        if self.choices.once_in(7) {
            return (Value::Null, Some(cells::rubbish(&mut self.choices)));
        }
        let text = match (&value, style) {
            (Value::Null, _) => None,
            (Value::Decimal { unscaled, .. }, Style::Money) => {
                let plain = plain(&value);
                Some(match self.choices.below(4) {
                    0 => format!("${plain}"),
                    1 if unscaled.abs() > 100_000 => grouped(&plain),
                    2 => format!(" {plain} "),
                    _ => plain,
                })
            }
            (Value::Date(_), Style::Day) => {
                let iso = value.to_string();
                let parts: Vec<&str> = iso.split('-').collect();
                Some(format!("{}/{}/{}", parts[2], parts[1], parts[0]))
            }
            _ => Some(format!(" {}", plain(&value))),
        };
        (value, text)
    }

    fn publish(&mut self, format: &str, columns: &[Column], values: &[Vec<Value>], texts: &[Vec<Option<String>>]) {
        let id = self.id();
        let path = format!("{id}.{}", if format == "sqlite" { "db" } else { format });
        let content = match format {
            "csv" => csv(columns, texts),
            "sqlite" => sqlite(columns, values, texts),
            _ => json_lines(format == "json", columns, values, texts),
        };
        self.case.files.push((path.clone(), content));
        let declared = columns.iter().filter(|column| column.declared).map(|column| {
            let shown = if column.style.is_some() { DataType::String } else { column.data_type };
            (column.name.clone(), json!(shown.to_string()))
        });
        let mut keys = vec![("type", json!("load")), ("path", json!(path)), ("columns", map(declared))];
        if format == "sqlite" {
            keys.push(("table", json!("t")));
        }
        let contract = columns.iter().any(|column| column.declared);
        keys.retain(|(key, _)| *key != "columns" || contract);
        self.task(&id, &keys);
        self.note(id, columns, values, texts);
    }

    /// The shadow of the file: its columns, then what styled texts mean.
    fn note(&mut self, id: String, columns: &[Column], values: &[Vec<Value>], texts: &[Vec<Option<String>>]) {
        let mut width = columns.len();
        let known: Vec<KnownColumn> = columns
            .iter()
            .map(|column| {
                let reading = column.style.map(|style| {
                    width += 2;
                    Reading {
                        rule: rule(style, column.data_type),
                        data_type: column.data_type,
                        bound: cells::bound(column.data_type),
                        value: width - 2,
                        valid: width - 1,
                    }
                });
                let data_type = if reading.is_some() { DataType::String } else { column.data_type };
                KnownColumn {
                    name: column.name.clone(),
                    data_type,
                    bound: cells::bound(data_type),
                    exact: true,
                    reading,
                }
            })
            .collect();
        let rows: Vec<Vec<Value>> = values
            .iter()
            .zip(texts)
            .map(|(row, shown)| {
                let styled = || columns.iter().enumerate().filter(|(_, column)| column.style.is_some());
                let mut cells = row.clone();
                for (at, _) in styled() {
                    cells[at] = shown[at].clone().map_or(Value::Null, Value::String);
                    cells.push(row[at].clone());
                    cells.push(Value::Bool(row[at] != Value::Null || shown[at].is_none()));
                }
                cells
            })
            .collect();
        let step = self.shadow.insert(width, &rows);
        self.succeeds(id, step, known, Vec::new());
    }
}

/// How `normalize` reads a styled column.
fn rule(style: Style, data_type: DataType) -> serde_json::Value {
    match style {
        Style::Money => json!("money"),
        Style::Day => json!({"type": "date", "format": "%d/%m/%Y"}),
        Style::Int => json!({"type": data_type.to_string(), "trim": true}),
    }
}

/// A value without ornament; floats with a point, so that they are floats.
fn plain(value: &Value) -> String {
    match value {
        Value::Float(value) => format!("{value:?}"),
        other => other.to_string(),
    }
}

/// With commas between thousands.
fn grouped(plain: &str) -> String {
    let (whole, fraction) = plain.split_once('.').expect("a decimal");
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}.{fraction}")
}

fn csv(columns: &[Column], texts: &[Vec<Option<String>>]) -> Vec<u8> {
    let field = |text: &Option<String>| match text {
        None => String::new(),
        Some(text) if text.is_empty() || text.contains([',', '"', '\n', '\r']) => {
            format!("\"{}\"", text.replace('"', "\"\""))
        }
        Some(text) => text.clone(),
    };
    let mut file = columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>().join(",") + "\n";
    for row in texts {
        file += &row.iter().map(field).collect::<Vec<_>>().join(",");
        file.push('\n');
    }
    file.into_bytes()
}

/// JSON has numbers and bools of its own; everything else is text.
fn json_lines(list: bool, columns: &[Column], values: &[Vec<Value>], texts: &[Vec<Option<String>>]) -> Vec<u8> {
    let mut lines = Vec::new();
    for (row, shown) in values.iter().zip(texts) {
        let mut line = String::from("{");
        for (at, column) in columns.iter().enumerate() {
            let cell = match (&shown[at], &row[at]) {
                (None, _) => "null".to_owned(),
                (Some(text), Value::Int(_) | Value::Float(_) | Value::Bool(_)) if column.style.is_none() => {
                    text.clone()
                }
                (Some(text), _) => json!(text).to_string(),
            };
            let comma = if at == 0 { "" } else { ", " };
            write!(line, "{comma}{}: {cell}", json!(column.name)).expect("a string takes everything");
        }
        lines.push(line + "}");
    }
    let text = if list { format!("[{}]\n", lines.join(",\n")) } else { lines.join("\n") + "\n" };
    text.into_bytes()
}

fn sqlite(columns: &[Column], values: &[Vec<Value>], texts: &[Vec<Option<String>>]) -> Vec<u8> {
    let connection = rusqlite::Connection::open_in_memory().expect("a database in memory");
    let names: Vec<String> = columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    connection.execute(&format!("create table t ({})", names.join(", ")), []).expect("a table");
    let marks = vec!["?"; columns.len()].join(", ");
    for (row, shown) in values.iter().zip(texts) {
        let cells = row.iter().zip(shown).zip(columns).map(|((value, text), column)| match (value, text) {
            (_, None) => rusqlite::types::Value::Null,
            (Value::Int(value), _) if column.style.is_none() => (*value).into(),
            (Value::Float(value), _) if column.style.is_none() => (*value).into(),
            (Value::Bool(value), _) if column.style.is_none() => i64::from(*value).into(),
            (_, Some(text)) => text.clone().into(),
        });
        let insertion = format!("insert into t values ({marks})");
        connection.execute(&insertion, rusqlite::params_from_iter(cells)).expect("a row");
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("t.db");
    connection.execute("vacuum into ?1", [file.to_str().expect("a plain path")]).expect("a copy");
    std::fs::read(file).expect("the copy")
}
