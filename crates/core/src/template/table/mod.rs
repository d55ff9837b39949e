//! The filter `table`: a list of rows as a table in Markdown, or in HTML where the template is HTML.

mod color;
mod column;
mod html;
mod markdown;
mod spark;

use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{AutoEscape, Error, ErrorKind, State};

pub(super) use self::color::{color_mistake, condition_mistake};
use self::column::Column;
pub(super) use self::column::{COLUMN_KEYS, column_mistake};
use super::number::Exact;
use super::rows::Row;

/// A table whose cells are texts.
struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    /// The row below all others, if a column has a total.
    totals: Option<Vec<Cell>>,
}

/// A cell: its text, and how it is coloured.
struct Cell {
    text: String,
    style: Option<String>,
}

/// `rows | table` or `rows | table(["country", "total"])`: the columns in that order, else as the rows have them. A map from
/// columns says more of each: `{"total": {"heading": "Revenue", "format": "$,.2f", "total": "sum"}}`. Columns of numbers are
/// aligned to the right. NULL is what `null` says.
pub(super) fn table(
    state: &State<'_, '_>,
    rows: &Value,
    columns: Option<Value>,
    keys: &Kwargs,
    null: &str,
) -> Result<Value, Error> {
    let null = keys.get::<Option<String>>("null")?.unwrap_or_else(|| null.to_owned());
    let label = keys.get::<Option<String>>("total")?.unwrap_or_else(|| "Total".to_owned());
    let columns = match columns {
        Some(columns) => Some(columns),
        None => keys.get::<Option<Value>>("columns")?,
    };
    keys.assert_all_used()?;
    let rows: Vec<Value> = rows.try_iter()?.collect();
    let columns = match (columns, rows.first()) {
        (Some(columns), _) => Column::read(&columns)?,
        (None, Some(first)) if first.kind() == ValueKind::Map => Column::read(&first.try_iter()?.collect())?,
        (None, Some(_)) => return Err(wrong("`table` wants a list of rows")),
        (None, None) => return Ok(Value::from("")),
    };
    let values: Vec<Vec<Value>> =
        columns.iter().map(|column| values_of(&rows, &column.name)).collect::<Result<_, _>>()?;
    let is_html = matches!(state.auto_escape(), AutoEscape::Html);
    let table = Table::of(columns, &values, &null, &label)?;
    if is_html { Ok(Value::from_safe_string(html::write(&table))) } else { markdown::write(&table).map(Value::from) }
}

/// The filter `sparkline`: a list of numbers, or a text of them, as a line of small bars.
pub(super) fn sparkline(value: &Value) -> Result<Option<String>, Error> {
    if value.is_none() { Ok(None) } else { spark::line(value).map(Some) }
}

/// What a column holds in all rows; decimals with all digits of their scale.
fn values_of(rows: &[Value], column: &str) -> Result<Vec<Value>, Error> {
    let of = |row: &Value| {
        if let Some(exact) = row.downcast_object_ref::<Row>().and_then(|row| row.exact(column)) {
            return Ok(exact);
        }
        let value = row.get_item(&Value::from(column))?;
        if value.is_undefined() { Err(wrong(format!("there is no column `{column}`"))) } else { Ok(value) }
    };
    rows.iter().map(of).collect()
}

impl Table {
    /// Of the values of each column.
    fn of(mut columns: Vec<Column>, values: &[Vec<Value>], null: &str, label: &str) -> Result<Self, Error> {
        let height = values.first().map_or(0, Vec::len);
        let mut rows: Vec<Vec<Cell>> = (0..height).map(|_| Vec::with_capacity(columns.len())).collect();
        for (column, values) in columns.iter_mut().zip(values) {
            column.fit(values);
            for (row, value) in rows.iter_mut().zip(values) {
                row.push(column.cell(value, null)?);
            }
        }
        let totals =
            columns.iter().zip(values).map(|(column, values)| column.total(values)).collect::<Result<Vec<_>, _>>()?;
        let totals =
            if totals.iter().all(Option::is_none) { None } else { Some(total_row(&columns, totals, null, label)?) };
        Ok(Self { columns, rows, totals })
    }
}

/// The totals; the first column without one says what the row is.
fn total_row(columns: &[Column], totals: Vec<Option<Value>>, null: &str, label: &str) -> Result<Vec<Cell>, Error> {
    let mut label = Some(label);
    let cell = |(column, total): (&Column, Option<Value>)| match total {
        Some(total) => column.cell(&total, null).map(|cell| Cell { style: None, ..cell }),
        None => Ok(Cell { text: label.take().unwrap_or_default().to_owned(), style: None }),
    };
    columns.iter().zip(totals).map(cell).collect()
}

/// Whether all values are numbers, NULLs aside.
fn is_numeric(values: &[Value]) -> bool {
    let known = || values.iter().filter(|value| !value.is_none());
    known().next().is_some() && known().all(|value| Exact::of(value).is_ok())
}

fn wrong(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}
