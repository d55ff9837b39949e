//! Some rows of a column converted.

use std::borrow::Cow;
use std::collections::HashMap;

use polars::prelude::{
    BooleanChunked, Float64Chunked, IdxSize, Int32Chunked, Int64Chunked, Int128Chunked, IntoSeries, Series,
    StringChunked,
};
use tidemill_core::table::{Conversion, DataType, TextCase, Value};

use super::ambiguous::Ambiguous;
use crate::arrays::typed::texts;
use crate::arrays::types::{NANOS, datetimes, decimals, from_polars, times};
use crate::error::{Outcome, internal, unsupported};
use crate::expr::cast;
use crate::values::decimal::fits;
use crate::values::money::Money;
use crate::values::parse;
use crate::values::title_case::title_case;

/// What one column became.
pub(super) struct Converted {
    pub series: Series,
    /// The rows whose value does not fit, ascending.
    pub invalid: Vec<IdxSize>,
    /// The values as texts, for messages.
    pub texts: StringChunked,
    /// The currencies seen.
    pub money: Money,
    /// Values that several formats fit.
    pub ambiguous: Ambiguous,
}

impl Converted {
    /// Adds what the next rows became; `before` is how many rows there are.
    pub fn append(&mut self, next: Self, before: usize) -> Outcome<()> {
        self.series.append_owned(next.series).map_err(internal)?;
        self.texts.append_owned(next.texts).map_err(internal)?;
        self.invalid.extend(next.invalid.iter().map(|row| row + before as IdxSize));
        self.money.add(&next.money);
        self.ambiguous.add(next.ambiguous);
        Ok(())
    }
}

/// What a step makes of a value before it is parsed.
enum Prepared<'a> {
    Null,
    Text(Cow<'a, str>),
    /// A value of `map`: no longer in the file's format.
    Mapped(&'a str),
}

struct Preparation<'c> {
    conversion: &'c Conversion,
    map: HashMap<&'c str, Option<String>>,
}

impl<'c> Preparation<'c> {
    fn of(conversion: &'c Conversion) -> Self {
        let text = |value: &Value| if *value == Value::Null { None } else { Some(value.to_string()) };
        // The first of equal texts counts.
        let map = conversion.map.iter().rev().map(|(from, to)| (from.as_str(), text(to))).collect();
        Self { conversion, map }
    }

    /// strip → trim → case → map.
    fn apply<'a>(&'a self, text: &'a str) -> Prepared<'a> {
        let mut text = Cow::Borrowed(text);
        if let Some(strip) = &self.conversion.strip
            && text.contains(|char| strip.contains(char))
        {
            text = text.chars().filter(|char| !strip.contains(*char)).collect::<String>().into();
        }
        if self.conversion.trim {
            text = match text {
                Cow::Borrowed(text) => text.trim().into(),
                Cow::Owned(text) => text.trim().to_owned().into(),
            };
            if text.is_empty() {
                return Prepared::Null;
            }
        }
        text = match self.conversion.case {
            None => text,
            Some(TextCase::Lower) => text.to_lowercase().into(),
            Some(TextCase::Upper) => text.to_uppercase().into(),
            Some(TextCase::Title) => title_case(&text).into(),
        };
        match self.map.get(&*text) {
            Some(None) => Prepared::Null,
            Some(Some(mapped)) => Prepared::Mapped(mapped),
            None => Prepared::Text(text),
        }
    }
}

/// Whether values of that type can be taken as they are, without being written as texts and read again.
fn keeps_meaning(from: DataType, conversion: &Conversion) -> bool {
    let Conversion { strip, trim, case, map, data_type, .. } = conversion;
    let no_steps = strip.is_none() && !trim && case.is_none() && map.is_empty();
    let is_wider = from == DataType::Date && *data_type == DataType::Datetime;
    from == DataType::Null || (from == *data_type && (no_steps || from.is_temporal())) || (no_steps && is_wider)
}

/// What becomes of some rows of a column, which begin at `start`.
pub(super) fn convert_rows(series: &Series, conversion: &Conversion, start: usize) -> Outcome<Converted> {
    let place = |row: usize| (start + row) as u64 + 1;
    if keeps_meaning(from_polars(series.dtype())?, conversion) {
        let series = cast(series, conversion.data_type, &place)?;
        let (money, ambiguous) = (Money::default(), Ambiguous::default());
        return Ok(Converted { series, invalid: vec![], texts: StringChunked::default(), money, ambiguous });
    }
    let texts = texts(&cast(series, DataType::String, &place)?)?;
    let prepared = Preparation::of(conversion);
    let formats = conversion.formats.as_slice();
    let mut invalid = vec![];
    let mut money = Money::default();
    let mut ambiguous = Ambiguous::default();
    let series = match conversion.data_type {
        DataType::String => {
            let values: StringChunked = texts
                .iter()
                .map(|text| match prepared.apply(text?) {
                    Prepared::Null => None,
                    Prepared::Text(text) => Some(text.into_owned()),
                    Prepared::Mapped(text) => Some(text.to_owned()),
                })
                .collect();
            values.into_series()
        }
        DataType::Int => {
            parsed::<_, Int64Chunked>(&texts, &prepared, &mut invalid, |text, _| parse::int(text)).into_series()
        }
        DataType::Float => {
            parsed::<_, Float64Chunked>(&texts, &prepared, &mut invalid, |text, _| parse::float(text)).into_series()
        }
        DataType::Bool => {
            parsed::<_, BooleanChunked>(&texts, &prepared, &mut invalid, |text, _| parse::bool(text)).into_series()
        }
        DataType::Decimal { precision, scale } => {
            let read = |text: &str, mapped: bool| {
                let digits = if conversion.money && !mapped {
                    money.parse(text, scale)
                } else {
                    parse::decimal_exact(text, scale)
                };
                digits.filter(|digits| fits(*digits, precision))
            };
            decimals(parsed::<_, Int128Chunked>(&texts, &prepared, &mut invalid, read), precision, scale)
        }
        DataType::Date => {
            let read = remembering(|text: &str, mapped| parse::date(text, if mapped { &[] } else { formats }));
            let read = ambiguous.noting(Value::Date, read);
            parsed::<_, Int32Chunked>(&texts, &prepared, &mut invalid, read).into_date().into_series()
        }
        DataType::Datetime => {
            let read = |text: &str, mapped| parse::datetime(text, if mapped { &[] } else { formats });
            datetimes(parsed(&texts, &prepared, &mut invalid, ambiguous.noting(Value::Datetime, read)))
        }
        DataType::Time => {
            let read = |text: &str, mapped| parse::time(text, if mapped { &[] } else { formats });
            let mut read = ambiguous.noting(Value::Time, read);
            let nanos = |text: &str, mapped| read(text, mapped).map(|micros| micros * NANOS);
            times(parsed(&texts, &prepared, &mut invalid, nanos))
        }
        DataType::Null => return Err(unsupported("no column is declared as null")),
    };
    Ok(Converted { series, invalid, texts, money, ambiguous })
}

/// Parses what is not NULL, without white space at its ends; notes the rows that do not fit.
fn parsed<T, C: FromIterator<Option<T>>>(
    texts: &StringChunked,
    prepared: &Preparation<'_>,
    invalid: &mut Vec<IdxSize>,
    mut read: impl FnMut(&str, bool) -> Option<T>,
) -> C {
    texts
        .iter()
        .enumerate()
        .map(|(row, text)| {
            let value = match prepared.apply(text?) {
                Prepared::Null => return None,
                Prepared::Text(text) => read(text.trim(), false),
                Prepared::Mapped(text) => read(text.trim(), true),
            };
            if value.is_none() {
                invalid.push(row as IdxSize);
            }
            value
        })
        .collect()
}

/// Keeps what texts meant: a column of dates has few different ones, and formats are slow to read by.
fn remembering<T: Copy>(read: impl Fn(&str, bool) -> Option<T>) -> impl FnMut(&str, bool) -> Option<T> {
    const MOST: usize = 1 << 16;
    let mut known: HashMap<String, Option<T>> = HashMap::new();
    move |text, mapped| {
        if mapped {
            return read(text, mapped);
        }
        if let Some(value) = known.get(text) {
            return *value;
        }
        let value = read(text, mapped);
        if known.len() < MOST {
            known.insert(text.to_owned(), value);
        }
        value
    }
}
