//! How a column of a table is shown.

use std::cmp::Ordering;

use minijinja::Error;
use minijinja::value::{Value, ValueKind};

use super::color::Color;
use super::{Cell, is_numeric, spark, wrong};
use crate::format::{NumberFormat, ValueFormat};
use crate::template::filters;
use crate::template::number::Exact;

/// The keys of a column.
pub(crate) const COLUMN_KEYS: [&str; 6] = ["heading", "format", "align", "total", "color", "sparkline"];

/// A column: what it is called, and how its values are shown.
pub(super) struct Column {
    pub name: String,
    pub heading: String,
    /// None until [`Column::fit`] has seen the values, unless the template says it.
    pub align: Option<Align>,
    pub color: Option<Color>,
    format: Option<ValueFormat>,
    total: Option<Total>,
    sparkline: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Center,
    Right,
}

#[derive(Clone, Copy)]
enum Total {
    Sum,
    Min,
    Max,
}

impl Column {
    /// Those of a list of names, or of a map from names to headings or to what else there is to say of them.
    pub fn read(columns: &Value) -> Result<Vec<Self>, Error> {
        let is_map = columns.kind() == ValueKind::Map;
        let read = |name: Value| {
            let named = Self::named(name.to_string());
            if is_map { named.with(&columns.get_item(&name)?) } else { Ok(named) }
        };
        columns.try_iter()?.map(read).collect()
    }

    fn named(name: String) -> Self {
        let heading = name.clone();
        Self { name, heading, align: None, color: None, format: None, total: None, sparkline: false }
    }

    /// With a heading, or with each key of a map.
    fn with(mut self, said: &Value) -> Result<Self, Error> {
        if let Some(heading) = said.as_str() {
            self.heading = heading.to_owned();
            return Ok(self);
        }
        let name = self.name.clone();
        if said.kind() != ValueKind::Map {
            return Err(wrong(format!("column `{name}` takes a heading, or a map of {}", COLUMN_KEYS.join(", "))));
        }
        for key in said.try_iter()? {
            self.set(&key.to_string(), &said.get_item(&key)?)?;
        }
        Ok(self)
    }

    fn set(&mut self, key: &str, value: &Value) -> Result<(), Error> {
        match key {
            "heading" => self.heading = value.to_string(),
            "format" => self.format = Some(ValueFormat::parse_with_zone(&value.to_string()).map_err(wrong)?),
            "align" => self.align = Some(align(value)?),
            "total" => self.total = Some(total(value)?),
            "color" => self.color = Some(Color::read(value)?),
            "sparkline" => self.sparkline = value.is_true(),
            _ => {
                let (name, keys) = (&self.name, COLUMN_KEYS.join(", "));
                return Err(wrong(format!("column `{name}` takes no `{key}`: there is {keys}")));
            }
        }
        Ok(())
    }

    /// Whether its values are lists of numbers, shown as bars.
    pub fn is_sparkline(&self) -> bool {
        self.sparkline
    }

    /// Looks at all values: numbers are aligned to the right, and colours go from the least to the largest.
    pub fn fit(&mut self, values: &[Value]) {
        let right = !self.sparkline && is_numeric(values);
        self.align = self.align.or(right.then_some(Align::Right));
        if let Some(color) = &mut self.color {
            color.fit(values);
        }
    }

    /// A value as it is shown.
    pub fn cell(&self, value: &Value, null: &str) -> Result<Cell, Error> {
        if value.is_none() {
            return Ok(Cell { text: null.to_owned(), style: None });
        }
        let in_column = |error: Error| {
            let detail = error.detail().unwrap_or_default();
            wrong(format!("column `{}`: {detail}", self.name))
        };
        let text = match &self.format {
            _ if self.sparkline => spark::line(value).map_err(in_column)?,
            Some(ValueFormat::Number(format)) => number(format, Exact::of(value).map_err(in_column)?),
            Some(ValueFormat::Date(format)) => {
                filters::date(value, Some(format.as_str())).map_err(in_column)?.unwrap_or_default()
            }
            None => value.to_string(),
        };
        Ok(Cell { text, style: self.color.as_ref().and_then(|color| color.style(value)) })
    }

    /// What stands below the values, if the column has a total; NULL if all of them are.
    pub fn total(&self, values: &[Value]) -> Result<Option<Value>, Error> {
        let Some(total) = self.total else { return Ok(None) };
        let mut known = values.iter().filter(|value| !value.is_none()).map(Exact::of);
        let Some(first) = known.next().transpose()? else { return Ok(Some(Value::from(()))) };
        let folded = known.try_fold(first, |so_far, next| {
            let next = next?;
            match (total, next.compare(so_far)) {
                (Total::Sum, _) => so_far.plus(next).ok_or_else(|| wrong("the sum has more digits than can be held")),
                (Total::Min, Ordering::Less) | (Total::Max, Ordering::Greater) => Ok(next),
                _ => Ok(so_far),
            }
        });
        Ok(Some(Value::from(folded?.plain())))
    }
}

/// A number by a format: rounded as SQL does, where the format says to how many digits.
fn number(format: &NumberFormat, exact: Exact) -> String {
    let rounding = format.rounding().and_then(|(digits, percent)| Some((u8::try_from(digits).ok()?, percent)));
    match rounding {
        Some((digits, true)) => format.format_rounded(&exact.hundredfold().rounded(digits).plain()),
        Some((digits, false)) => format.format_rounded(&exact.rounded(digits).plain()),
        None => format.format(exact.float()),
    }
}

/// What is wrong with what a key of a column is told.
pub(crate) fn column_mistake(key: &str, value: &Value) -> Option<String> {
    let set = Column::named(String::new()).set(key, value);
    set.err().map(|error| error.detail().unwrap_or_default().to_owned())
}

fn align(value: &Value) -> Result<Align, Error> {
    match value.as_str() {
        Some("left") => Ok(Align::Left),
        Some("center") => Ok(Align::Center),
        Some("right") => Ok(Align::Right),
        _ => Err(wrong(format!("`{value}` is no alignment: there is left, center and right"))),
    }
}

fn total(value: &Value) -> Result<Total, Error> {
    match value.as_str() {
        Some("sum") => Ok(Total::Sum),
        Some("min") => Ok(Total::Min),
        Some("max") => Ok(Total::Max),
        _ => Err(wrong(format!("`{value}` is no total: there is sum, min and max"))),
    }
}
