//! Texts become values (normalize's `columns`).

use std::borrow::Cow;
use std::collections::HashMap;

use polars::prelude::{BooleanChunked, DataFrame, Float64Chunked, IdxSize, Int32Chunked, Int64Chunked, Int128Chunked};
use polars::prelude::{IntoSeries, Series, StringChunked};
use tidemill_core::table::{Conversion, DataType, EngineError, OnInvalid, Rel, TextCase, Value};

use crate::arrays::select::filter;
use crate::arrays::types::{NANOS, column, datetimes, decimals, expand, from_polars, quoted, times};
use crate::error::{Outcome, internal, unsupported};
use crate::exec::parallel;
use crate::exec::run::{ROW, Runner};
use crate::expr::money::Money;
use crate::expr::parse;
use crate::expr::{cast, fits, texts, title_case};
use crate::ops::reject::source_rows;

/// What one column became.
struct Converted {
    series: Series,
    /// The rows whose value does not fit, ascending.
    invalid: Vec<IdxSize>,
    /// The values as texts, for messages.
    texts: StringChunked,
    /// The currencies seen.
    money: Money,
}

impl Converted {
    /// Adds what the next rows became; `before` is how many rows there are.
    fn append(&mut self, next: Self, before: usize) -> Outcome<()> {
        self.series.append_owned(next.series).map_err(internal)?;
        self.texts.append_owned(next.texts).map_err(internal)?;
        self.invalid.extend(next.invalid.iter().map(|row| row + before as IdxSize));
        self.money.add(&next.money);
        Ok(())
    }
}

/// Rows that are converted together; few in unit tests, so that small tables have several such parts.
const ROWS: usize = if cfg!(test) { 3 } else { 1 << 16 };

/// The frame, which holds the rows of `input`, with the columns converted.
pub(crate) fn convert(
    runner: &mut Runner<'_>,
    input: &Rel,
    frame: DataFrame,
    columns: &[Conversion],
    on_invalid: OnInvalid,
) -> Outcome<DataFrame> {
    let mut result = frame.clone();
    // For each row the first conversion that it fails.
    let mut failed: Vec<Option<(usize, String)>> = vec![];
    let rows = frame.height();
    let slices: Vec<(&Conversion, usize)> =
        columns.iter().flat_map(|column| (0..rows.max(1)).step_by(ROWS).map(move |start| (column, start))).collect();
    let all = parallel::map(&slices, rows, |(conversion, start)| {
        runner.uncancelled()?;
        convert_rows(&column(&frame, &conversion.column)?.slice(*start as i64, ROWS), conversion, *start)
    })?;
    let mut all = all.into_iter().zip(&slices);
    for (number, conversion) in columns.iter().enumerate() {
        let (mut converted, _) = all.next().ok_or_else(|| unsupported("a column was not converted"))?;
        for (next, (_, start)) in all.by_ref().take(rows.max(1).div_ceil(ROWS) - 1) {
            converted.append(next, *start)?;
        }
        converted.series = converted.series.rechunk();
        runner.warnings.extend(converted.money.warning(&conversion.column));
        if !converted.invalid.is_empty() {
            match on_invalid {
                OnInvalid::Fail => return Err(failure(runner, input, &frame, conversion, &converted)?),
                OnInvalid::Null => runner.warnings.push(nulled(conversion, converted.invalid.len())),
                OnInvalid::Reject => {
                    failed.resize(frame.height(), None);
                    for row in &converted.invalid {
                        let text = converted.texts.get(*row as usize).unwrap_or_default();
                        failed[*row as usize].get_or_insert_with(|| (number, quoted(text)));
                    }
                }
            }
        }
        result.with_column(expand(&conversion.column, converted.series, frame.height())).map_err(internal)?;
    }
    if failed.is_empty() {
        return Ok(result);
    }
    let rows = source_rows(&frame)?;
    let rejects = runner.rejects.as_mut().ok_or_else(|| unsupported("the job does not collect rejects"))?;
    for (row, failed) in rows.iter().zip(&failed) {
        if let Some((number, text)) = failed {
            let conversion = &columns[*number];
            let (name, noun) = (&conversion.column, noun(conversion));
            let group = format!("{name} is not {noun}");
            rejects.add(*row, format!("{name}: {text} is not {noun}{}", formats(conversion)), &group);
        }
    }
    filter(&result, &failed.iter().map(|failed| Some(failed.is_none())).collect())
}

/// What the value should have been: `a date`.
fn noun(conversion: &Conversion) -> String {
    match conversion.data_type {
        _ if conversion.money => "an amount of money".to_owned(),
        DataType::Int => "an int".to_owned(),
        DataType::String => "a text".to_owned(),
        other => format!("a {other}"),
    }
}

/// The formats tried, in brackets, if any were given.
fn formats(conversion: &Conversion) -> String {
    if conversion.formats.is_empty() { String::new() } else { format!(" ({})", conversion.formats.join(" or ")) }
}

fn failure(
    runner: &Runner<'_>,
    input: &Rel,
    frame: &DataFrame,
    conversion: &Conversion,
    converted: &Converted,
) -> Outcome<EngineError> {
    let first = converted.invalid[0];
    let row = match frame.column(ROW) {
        Ok(rows) => rows.idx().map_err(internal)?.get(first as usize).unwrap_or(first),
        Err(_) => first,
    };
    let place = runner.place(input, u64::from(row)).unwrap_or_else(|| format!("row {}", u64::from(row) + 1));
    let more = match converted.invalid.len() - 1 {
        0 => String::new(),
        1 => "; 1 more value does not fit".to_owned(),
        more => format!("; {more} more values do not fit"),
    };
    let text = quoted(converted.texts.get(first as usize).unwrap_or_default());
    let (name, noun) = (&conversion.column, noun(conversion));
    Ok(EngineError::Value {
        message: format!("{place}, column {name}: {text} is not {noun}{}{more}", formats(conversion)),
        help: Some("correct the source, or say `on_invalid: reject` or `on_invalid: \"null\"`".to_owned()),
    })
}

fn nulled(conversion: &Conversion, count: usize) -> String {
    let (name, noun) = (&conversion.column, noun(conversion));
    match count {
        1 => format!("1 value of {name} was not {noun} and became NULL"),
        count => format!("{count} values of {name} were not {noun} and became NULL"),
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

/// What becomes of some rows of a column, which begin at `start`.
fn convert_rows(series: &Series, conversion: &Conversion, start: usize) -> Outcome<Converted> {
    let place = |row: usize| (start + row) as u64 + 1;
    let no_steps =
        conversion.strip.is_none() && !conversion.trim && conversion.case.is_none() && conversion.map.is_empty();
    let from = from_polars(series.dtype())?;
    let keeps_meaning = from == DataType::Null
        || (no_steps && from == conversion.data_type)
        || (from.is_temporal() && from == conversion.data_type)
        || (no_steps && from == DataType::Date && conversion.data_type == DataType::Datetime);
    if keeps_meaning {
        let series = cast(series, conversion.data_type, &place)?;
        return Ok(Converted { series, invalid: vec![], texts: StringChunked::default(), money: Money::default() });
    }
    let texts = texts(&cast(series, DataType::String, &place)?)?;
    let prepared = Preparation::of(conversion);
    let formats = conversion.formats.as_slice();
    let mut invalid = vec![];
    let mut money = Money::default();
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
            parsed::<_, Int32Chunked>(&texts, &prepared, &mut invalid, read).into_date().into_series()
        }
        DataType::Datetime => {
            let read = |text: &str, mapped| parse::datetime(text, if mapped { &[] } else { formats });
            datetimes(parsed(&texts, &prepared, &mut invalid, read))
        }
        DataType::Time => {
            let read =
                |text: &str, mapped| parse::time(text, if mapped { &[] } else { formats }).map(|micros| micros * NANOS);
            times(parsed(&texts, &prepared, &mut invalid, read))
        }
        DataType::Null => return Err(unsupported("no column is declared as null")),
    };
    Ok(Converted { series, invalid, texts, money })
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
