//! `workbook`: several tables and figures in one file.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::format::{DateFormat, NumberFormat, ValueFormat, check_spreadsheet_code};
use tidemill_core::regular_file::{self, MOST_PART};
use tidemill_core::spec::{At, OneOrMany, OrderedMap};
use tidemill_core::storage::resolve;
use tidemill_core::table::{self, DataType, Location, Schema, SheetColumn, SheetImage};
use tidemill_core::task::{
    CheckContext, Descriptor, Edge, EdgeKind, Io, MakesTable, OutputFile, RunContext, Task, TaskFailure, TaskResult,
    TaskSource,
};

use super::parameters::Parameters;
use super::picture::named;
use super::table_task::{reads, unknown_column, upstream};

/// Letters of a sheet's name.
const MOST_NAME: usize = 31;
/// Letters of a column's width.
const MOST_LETTERS: f64 = 255.0;

/// Writes several tables and figures to one Excel workbook.
#[derive(Deserialize, Serialize, JsonSchema, Clone)]
#[serde(deny_unknown_fields)]
pub struct Workbook {
    /// The sheets, in order: the names on their tabs, and the task whose table is on each, or more.
    sheets: OrderedMap<At<SheetKey>>,
    /// Where the workbook goes: an .xlsx file.
    output: At<Location>,
    /// An apostrophe before a text that a spreadsheet would run as a formula; default true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    escape_formulas: Option<bool>,
}

/// What is on a sheet, as it is written: the table of a task, or more.
#[derive(Serialize, Clone)]
#[serde(untagged)]
enum SheetKey {
    Task(String),
    Map(SheetMap),
}

/// A table with what belongs to it, or figures alone.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Default)]
#[serde(deny_unknown_fields)]
struct SheetMap {
    /// The task whose table is on it.
    #[serde(default)]
    from: Option<At<String>>,
    /// The columns that are shown, in this order; default all.
    #[serde(default)]
    select: OneOrMany<At<String>>,
    /// How columns are shown.
    #[serde(default, serialize_with = "OrderedMap::unordered")]
    columns: OrderedMap<ColumnKeys>,
    /// Tasks whose pictures stand beside the table: .png or .jpg.
    #[serde(default)]
    figures: OneOrMany<At<String>>,
}

/// How a column is shown.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Default)]
#[schemars(rename = "SheetColumn")]
#[serde(deny_unknown_fields)]
struct ColumnKeys {
    /// What stands above it; default its name.
    #[serde(default)]
    heading: Option<String>,
    /// Its width in letters; default that of its longest value.
    #[serde(default)]
    width: Option<At<f64>>,
    /// How its values are written: as in charts and tables, `$,.2f`, `.1%`, of dates `%d %b %Y`; or Excel's own code, such as `#,##0.00` or `dd.mm.yyyy`; default by its type.
    #[serde(default)]
    format: Option<At<String>>,
}

impl<'de> Deserialize<'de> for SheetKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SheetVisitor;

        impl<'de> Visitor<'de> for SheetVisitor {
            type Value = SheetKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a task, or a map with `from` or `figures`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<SheetKey, E> {
                Ok(SheetKey::Task(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SheetKey, A::Error> {
                SheetMap::deserialize(de::value::MapAccessDeserializer::new(map)).map(SheetKey::Map)
            }
        }

        deserializer.deserialize_any(SheetVisitor)
    }
}

impl JsonSchema for SheetKey {
    fn schema_name() -> Cow<'static, str> {
        "WorkbookSheet".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        let long = generator.subschema_for::<SheetMap>();
        json_schema!({"anyOf": [{"type": "string", "x-expected": "a task"}, long]})
    }
}

/// The task: its sheets with their names.
struct WorkbookTask {
    sheets: Vec<(String, SheetMap)>,
    output: At<Location>,
    escape_formulas: bool,
    parameters: serde_json::Value,
}

impl Parameters for Workbook {
    const DESCRIPTOR: Descriptor = Descriptor {
        name: "workbook",
        version: 2,
        summary: "Writes several tables and figures to one Excel workbook.",
        colour: "#1d7044",
        table: MakesTable::Never,
        ..Descriptor::TABLE
    };

    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        let mut mistakes = Vec::new();
        if !self.output.value.as_str().to_ascii_lowercase().ends_with(".xlsx") {
            mistakes.push(
                Diagnostic::error(format!("`{}` is no workbook's name", self.output.value))
                    .at(self.output.span, "a workbook is written here")
                    .help("end it with .xlsx"),
            );
        }
        if self.sheets.is_empty() {
            mistakes.push(
                Diagnostic::error("a workbook needs a sheet")
                    .at(source.spec.id.span, "this one has none")
                    .help("write `sheets: {Name: task}`"),
            );
        }
        let parameters = serde_json::to_value(&self).unwrap_or_default();
        let mut sheets: Vec<(String, SheetMap)> = Vec::new();
        for (name, key) in self.sheets.entries {
            let sheet = match key.value {
                SheetKey::Task(task) => SheetMap { from: Some(At::new(task, key.span)), ..SheetMap::default() },
                SheetKey::Map(sheet) => sheet,
            };
            mistakes.extend(name_mistake(&name, &sheets));
            mistakes.extend(sheet.mistakes(&name));
            sheets.push((name.value, sheet));
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let escape_formulas = self.escape_formulas.unwrap_or(true);
        Ok(Arc::new(WorkbookTask { sheets, output: self.output, escape_formulas, parameters }))
    }
}

/// What Excel has against the name of a sheet.
fn name_mistake(name: &At<String>, before: &[(String, SheetMap)]) -> Option<Diagnostic> {
    let wrong = |what: &str, help: &str| {
        Some(Diagnostic::error(format!("`{}` is no sheet's name", name.value)).at(name.span, what).help(help))
    };
    if name.value.is_empty() || name.value.chars().count() > MOST_NAME {
        return wrong("it has no letters, or more than 31", "Excel's sheets have names of 1 to 31 letters");
    }
    let edge = |letter: char| letter == '\'';
    if name.value.contains(['[', ']', ':', '*', '?', '/', '\\'])
        || name.value.starts_with(edge)
        || name.value.ends_with(edge)
    {
        return wrong("not with these signs", "it has none of [ ] : * ? / \\, and no ' at its ends");
    }
    let lower = name.value.to_lowercase();
    let is_taken = before.iter().any(|(other, _)| other.to_lowercase() == lower);
    if is_taken {
        wrong("a sheet before it has it", "names that differ only in capital letters are one to Excel")
    } else {
        None
    }
}

impl SheetMap {
    /// What is wrong in it, whatever the columns of its table are.
    fn mistakes(&self, name: &At<String>) -> Vec<Diagnostic> {
        let mut mistakes = Vec::new();
        if self.from.is_none() && self.figures.is_empty() {
            mistakes.push(
                Diagnostic::error(format!("sheet `{}` is empty", name.value))
                    .at(name.span, "nothing is on it")
                    .help("give it `from`, a task with a table, or `figures`"),
            );
        }
        for (_, column) in &self.columns {
            if let Some(width) = column.width.as_ref().filter(|at| !(at.value > 0.0 && at.value <= MOST_LETTERS)) {
                mistakes.push(Diagnostic::error("a column is up to 255 letters wide").at(width.span, "not this"));
            }
        }
        mistakes
    }

    /// The columns that its table does not have, and formats that its columns cannot have.
    fn wrong_columns(&self, schema: &Schema) -> Vec<Diagnostic> {
        let named = self.select.iter().chain(self.columns.iter().map(|(name, _)| name));
        let unknown = named.filter(|name| schema.get(&name.value).is_none()).map(|name| unknown_column(name, schema));
        let formats = self.columns.iter().filter_map(|(name, keys)| {
            let format = keys.format.as_ref()?;
            let data_type = schema.get(&name.value).unwrap_or(DataType::Null);
            let why = code_for(&format.value, data_type).err()?;
            Some(
                Diagnostic::error(format!("`{}` is no format of `{}`", format.value, name.value))
                    .at(format.span, why)
                    .help("write one of numbers, `$,.2f` or `.1%`, or of dates, `%d %b %Y`; or Excel's own code, `#,##0.00` or `dd.mm.yyyy`"),
            )
        });
        unknown.chain(formats).collect()
    }

    /// The columns as they are shown.
    fn shown(&self, schema: &Schema) -> Vec<SheetColumn> {
        let names: Vec<&str> = match self.select.is_empty() {
            true => schema.names().collect(),
            false => self.select.iter().map(|at| at.value.as_str()).collect(),
        };
        let column = |name: &str| {
            let keys = self.columns.get(name).cloned().unwrap_or_default();
            SheetColumn {
                name: name.to_owned(),
                heading: keys.heading.unwrap_or_else(|| name.to_owned()),
                width: keys.width.map(|at| at.value),
                format: keys.format.and_then(|at| {
                    // What is no format of this column, `check` has told.
                    code_for(&at.value, schema.get(name).unwrap_or(DataType::Null)).ok()
                }),
            }
        };
        names.into_iter().map(column).collect()
    }
}

/// The code by which Excel writes values of a type in a format, which may be its own code already.
fn code_for(text: &str, data_type: DataType) -> Result<String, String> {
    let are_dates = matches!(data_type, DataType::Date | DataType::Datetime | DataType::Time);
    if ValueFormat::is_of_dates(text) {
        let format = DateFormat::parse(text)?;
        return match are_dates || matches!(data_type, DataType::String | DataType::Null) {
            true => format.in_spreadsheet(),
            false => Err(format!("it is of dates, and the column is {data_type}")),
        };
    }
    match NumberFormat::parse(text) {
        // Of a date, `d` is its day.
        Ok(_) if are_dates && check_spreadsheet_code(text).is_err() => {
            Err(format!("it is of numbers, and the column is {data_type}"))
        }
        Ok(format) if !are_dates => Ok(format.in_spreadsheet(match data_type {
            DataType::Int => Some(0),
            DataType::Decimal { scale, .. } => Some(usize::from(scale)),
            _ => None,
        })),
        _ => check_spreadsheet_code(text).map(|()| text.to_owned()),
    }
}

impl Task for WorkbookTask {
    fn io(&self) -> Io {
        let mut edges = Vec::new();
        for (name, sheet) in &self.sheets {
            edges.extend(sheet.from.iter().map(|task| reads(task, name)));
            let files = |task: &At<String>| Edge { task: task.clone(), role: name.clone(), what: EdgeKind::Files };
            edges.extend(sheet.figures.iter().map(files));
        }
        let outputs = vec![OutputFile { path: self.output.clone(), role: "workbook".into() }];
        Io { reads: edges, outputs, facts: true, ..Io::default() }
    }

    fn parameters(&self) -> serde_json::Value {
        self.parameters.clone()
    }

    fn describe(&self) -> String {
        let names: Vec<&str> = self.sheets.iter().map(|(name, _)| name.as_str()).collect();
        format!("{} → {}", names.join(", "), self.output.value)
    }

    fn check(&self, cx: &CheckContext<'_>) -> Result<Option<Schema>, Vec<Diagnostic>> {
        let mut mistakes = Vec::new();
        for (_, sheet) in &self.sheets {
            match &sheet.from {
                Some(task) => mistakes.extend(sheet.wrong_columns(upstream(cx, &task.value)?)),
                None => mistakes.extend(sheet.wrong_columns(&Schema::new())),
            }
        }
        if mistakes.is_empty() { Ok(None) } else { Err(mistakes) }
    }

    fn run(&self, cx: &RunContext<'_>) -> Result<TaskResult, TaskFailure> {
        let sheets = self.sheets.iter().map(|(name, keys)| sheet(cx, name, keys)).collect::<Result<Vec<_>, _>>()?;
        let count = sheets.len();
        let workbook =
            table::WorkbookJob { path: self.output.value.clone(), sheets, escape_formulas: self.escape_formulas };
        let staged = (cx.stage)(&self.output.value);
        cx.engine.write_workbook(&workbook, &Location::new(staged.to_string_lossy()))?;
        Ok(TaskResult {
            outputs: vec![self.output.value.clone()],
            note: Some(format!("{count} sheet{}", if count == 1 { "" } else { "s" })),
            ..TaskResult::default()
        })
    }
}

/// A sheet with its table and pictures.
fn sheet<'a>(cx: &RunContext<'a>, name: &str, keys: &SheetMap) -> Result<table::Sheet<'a>, TaskFailure> {
    let table = match &keys.from {
        Some(task) => {
            let found = cx.tables.iter().find(|(known, _)| *known == task.value);
            let missing = || TaskFailure::new(format!("the table of `{}` is not there", task.value));
            Some(&found.ok_or_else(missing)?.1)
        }
        None => None,
    };
    let columns = table.map(|table| keys.shown(&table.schema)).unwrap_or_default();
    let mut pictures = Vec::new();
    for task in keys.figures.iter() {
        pictures.extend(pictures_of(cx, &task.value)?);
    }
    Ok(table::Sheet { name: name.to_owned(), table, columns, pictures })
}

/// The pictures that a task, or each instance of it, has published.
fn pictures_of(cx: &RunContext<'_>, task: &str) -> Result<Vec<SheetImage>, TaskFailure> {
    let instances = format!("{task}@");
    let is_meant = |name: &str| name == task || name.starts_with(&instances);
    let published = cx.upstream.iter().filter(|(name, _)| is_meant(name)).flat_map(|(_, facts)| &facts.report.outputs);
    let is_picture = |path: &&Location| {
        let lower = path.as_str().to_ascii_lowercase();
        [".png", ".jpg", ".jpeg", ".gif"].iter().any(|ending| lower.ends_with(ending))
    };
    let picture = |path: &Location| {
        let bytes = regular_file::read(&resolve(cx.project, path), MOST_PART)
            .map_err(|error| TaskFailure::new(format!("cannot read the picture {path}: {error}")))?;
        Ok(SheetImage { bytes, alt: named(path.as_str()) })
    };
    let pictures = published.filter(is_picture).map(picture).collect::<Result<Vec<_>, TaskFailure>>()?;
    if pictures.is_empty() {
        return Err(TaskFailure {
            message: format!("task `{task}` publishes no picture that a sheet can hold"),
            help: vec!["a sheet holds png, jpg and gif: end the chart's `output` with .png".to_owned()],
            permanent: true,
            ..TaskFailure::default()
        });
    }
    Ok(pictures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_translated_by_the_type_of_their_column() {
        let code = |text: &str, data_type| code_for(text, data_type);
        for (text, data_type, expected) in [
            ("$,.2f", DataType::MONEY, "$#,##0.00"),
            (",", DataType::Int, "#,##0"),
            (",", DataType::MONEY, "#,##0.00"),
            ("d", DataType::Float, "0"),
            ("d", DataType::Date, "d"),
            ("%b %Y", DataType::Date, "mmm yyyy"),
            ("%H:%M", DataType::Time, "hh:mm"),
            ("#,##0.00", DataType::Int, "#,##0.00"),
            ("dd.mm.yyyy", DataType::Date, "dd.mm.yyyy"),
            ("0.0%", DataType::Float, "0.0%"),
            ("0 \"pieces\"", DataType::Int, "0 \"pieces\""),
            ("@", DataType::String, "@"),
        ] {
            assert_eq!(code(text, data_type).as_deref(), Ok(expected), "{text}");
        }
        for (text, data_type, told) in [
            ("%b %Y", DataType::Int, "it is of dates, and the column is int"),
            ("$,.2f", DataType::Date, "it is of numbers, and the column is date"),
            ("nice", DataType::Int, "`n` means nothing there"),
            ("%V", DataType::Date, "have no `%V`"),
        ] {
            assert!(code(text, data_type).is_err_and(|why| why.contains(told)), "{text}: {:?}", code(text, data_type));
        }
    }
}
