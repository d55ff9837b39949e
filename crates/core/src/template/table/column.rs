//! How a column of a table is shown.

use std::cmp::Ordering;

use minijinja::Error;
use minijinja::value::{Value, ValueKind};

use super::color::Color;
use super::{Cell, is_numeric, spark, wrong};
use crate::format::NumberFormat;
use crate::template::filters;
use crate::template::number::Exact;

/// The keys of a column, as messages list them.
const KEYS: &str = "heading, format, align, total, color and sparkline";

/// A column: what it is called, and how its values are shown.
pub(super) struct Column {
    pub name: String,
    pub heading: String,
    /// None until [`Column::fit`] has seen the values, unless the template says it.
    pub align: Option<Align>,
    pub color: Option<Color>,
    format: Option<Format>,
    total: Option<Total>,
    sparkline: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Center,
    Right,
}

enum Format {
    Number(NumberFormat),
    /// Of strftime.
    Date(String),
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
            return Err(wrong(format!("column `{name}` takes a heading, or a map with {KEYS}")));
        }
        for key in said.try_iter()? {
            let value = said.get_item(&key)?;
            match key.as_str() {
                Some("heading") => self.heading = value.to_string(),
                Some("format") => self.format = Some(format(&value)?),
                Some("align") => self.align = Some(align(&value)?),
                Some("total") => self.total = Some(total(&value)?),
                Some("color") => self.color = Some(Color::read(&value)?),
                Some("sparkline") => self.sparkline = value.is_true(),
                _ => return Err(wrong(format!("column `{name}` has no `{key}`: there is {KEYS}"))),
            }
        }
        Ok(self)
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
            Some(Format::Number(format)) => number(format, Exact::of(value).map_err(in_column)?),
            Some(Format::Date(format)) => filters::date(value, Some(format)).map_err(in_column)?.unwrap_or_default(),
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

/// One of numbers, such as `$,.2f`, or one of strftime, such as `%d %b %Y`.
fn format(value: &Value) -> Result<Format, Error> {
    let text = value.to_string();
    match NumberFormat::parse(&text) {
        Ok(format) => Ok(Format::Number(format)),
        Err(_) if text.contains('%') => Ok(Format::Date(text)),
        Err(what) => Err(wrong(format!("{what}, or for dates `%d %b %Y`"))),
    }
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
