//! Rows as the server sends them, in COPY's binary form, as columns.

use tidemill_core::connection::{ConnectionError, ConnectionErrorKind};
use tidemill_core::table::{DataType, PlainColumn, PlainData, PlainTable};

use super::column_type::Wire;
use super::error::error;
use super::numeric::Numeric;
use super::sql::identifier;

/// What COPY's binary form begins with; flags and the length of an extension, both 0, follow.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// All that stands before the first row.
const HEADER: usize = 19;
/// Days from 1970-01-01 to 2000-01-01.
const DAYS: i32 = 10_957;
/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;
/// The days from the year -9999 to the year 9999, which is what has a date here, since 1970-01-01.
const FIRST_DAY: i32 = -4_371_587;
/// The last of them.
const LAST_DAY: i32 = 2_932_896;

/// A column that is read.
#[derive(Clone, Debug)]
pub(super) struct ReadColumn {
    /// Its name.
    pub name: String,
    /// The type that it gets.
    pub data_type: DataType,
    /// How its values come.
    pub wire: Wire,
}

/// Turns rows into batches.
pub(super) struct Decoder {
    connection: String,
    columns: Vec<ReadColumn>,
    /// Which of the columns say which row it is.
    key: Vec<usize>,
    /// Rows so far.
    rows: u64,
}

impl Decoder {
    /// Of these columns; those of `key`, by their places, name a row in messages.
    pub fn new(connection: &str, columns: Vec<ReadColumn>, key: Vec<usize>) -> Self {
        Self { connection: connection.to_owned(), columns, key, rows: 0 }
    }

    /// The rows of a chunk, which holds whole rows.
    ///
    /// # Errors
    /// If a value cannot be held as it is, or the chunk is damaged.
    pub fn decode(&mut self, chunk: &[u8], rows: usize) -> Result<PlainTable, ConnectionError> {
        let mut rest = chunk;
        let mut data: Vec<PlainData> = self.columns.iter().map(|column| empty(column.data_type, rows)).collect();
        let mut taken = 0;
        if rest.starts_with(SIGNATURE) {
            rest = rest.get(HEADER..).ok_or_else(|| self.damaged())?;
        }
        while !rest.is_empty() {
            let row = rest;
            let count = take::<2>(&mut rest).map(i16::from_be_bytes).ok_or_else(|| self.damaged())?;
            // Behind the last row stands -1.
            if count == -1 {
                break;
            }
            if usize::try_from(count) != Ok(self.columns.len()) {
                return Err(self.damaged());
            }
            for (at, data) in data.iter_mut().enumerate() {
                let field = field(&mut rest).ok_or_else(|| self.damaged())?;
                let column = &self.columns[at];
                push(data, column, field).map_err(|why| self.unheld(column, row, taken, &why))?;
            }
            taken += 1;
        }
        self.rows += taken;
        let named = self.columns.iter().zip(data);
        let columns = named.map(|(column, data)| PlainColumn { name: column.name.clone(), data }).collect();
        Ok(PlainTable { columns, rows: taken as usize })
    }

    fn damaged(&self) -> ConnectionError {
        error(&self.connection, ConnectionErrorKind::Unreachable, "sends rows that are cut off or damaged")
    }

    fn unheld(&self, column: &ReadColumn, row: &[u8], taken: u64, why: &Unheld) -> ConnectionError {
        let which = self.which(row).unwrap_or_else(|| format!("row {}", self.rows + taken + 1));
        let message =
            format!("holds {} in column `{}` of {which}, {}", why.value, column.name, why.reason(column.data_type));
        error(&self.connection, ConnectionErrorKind::Value, message).help(why.help(column))
    }

    /// The row's key: `the row with "id" = 17`.
    fn which(&self, row: &[u8]) -> Option<String> {
        let mut rest = row.get(2..)?;
        let fields: Vec<_> = self.columns.iter().map_while(|_| field(&mut rest)).collect();
        let parts = self.key.iter().map(|at| {
            let column = &self.columns[*at];
            let mut data = empty(column.data_type, 1);
            push(&mut data, column, *fields.get(*at)?).ok()?;
            Some(format!("{} = {}", identifier(&column.name), data.value(0)))
        });
        let parts = parts.collect::<Option<Vec<_>>>().filter(|parts| !parts.is_empty())?;
        Some(format!("the row with {}", parts.join(", ")))
    }
}

/// A value that cannot be held.
struct Unheld {
    value: String,
}

impl Unheld {
    fn is_endless(&self) -> bool {
        matches!(self.value.as_str(), "infinity" | "-infinity" | "NaN" | "Infinity" | "-Infinity")
    }

    fn reason(&self, data_type: DataType) -> String {
        format!("which {data_type} cannot hold")
    }

    fn help(&self, column: &ReadColumn) -> String {
        let name = identifier(&column.name);
        if self.is_endless() {
            return format!("select `nullif({name}, '{}')`, or leave such rows out", self.value);
        }
        format!("select it as text, `{name}::text`, correct it there, or leave such rows out")
    }
}

fn empty(data_type: DataType, rows: usize) -> PlainData {
    match data_type {
        DataType::Bool => PlainData::Bool(Vec::with_capacity(rows)),
        DataType::Int => PlainData::Int(Vec::with_capacity(rows)),
        DataType::Float => PlainData::Float(Vec::with_capacity(rows)),
        DataType::Decimal { precision, scale } => {
            PlainData::Decimal { unscaled: Vec::with_capacity(rows), precision, scale }
        }
        DataType::String => PlainData::String(Vec::with_capacity(rows)),
        DataType::Date => PlainData::Date(Vec::with_capacity(rows)),
        DataType::Datetime => PlainData::Datetime(Vec::with_capacity(rows)),
        DataType::Time => PlainData::Time(Vec::with_capacity(rows)),
        DataType::Null => PlainData::Null(0),
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, others) = rest.split_first_chunk::<N>()?;
    *rest = others;
    Some(*first)
}

/// The next field of a row; None within for NULL.
fn field<'a>(rest: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let length = i32::from_be_bytes(take::<4>(rest)?);
    let Ok(length) = usize::try_from(length) else { return Some(None) };
    let (field, others) = rest.split_at_checked(length)?;
    *rest = others;
    Some(Some(field))
}

fn push(data: &mut PlainData, column: &ReadColumn, field: Option<&[u8]>) -> Result<(), Unheld> {
    let wire = column.wire;
    let of = |field: Option<&[u8]>| field.map(|field| number(wire, field)).transpose();
    match data {
        PlainData::Bool(values) => values.push(field.map(|field| field == [1])),
        PlainData::Int(values) => values.push(match (wire, field) {
            (Wire::Numeric, Some(field)) => Some(
                decimal(field, 38, 0)
                    .and_then(|value| i64::try_from(value).map_err(|_| Unheld { value: value.to_string() }))?,
            ),
            (_, field) => of(field)?,
        }),
        PlainData::Float(values) => values.push(field.map(|field| float(wire, field)).transpose()?),
        PlainData::Decimal { unscaled, precision, scale } => unscaled.push(match (wire, field) {
            (Wire::Numeric, Some(field)) => Some(decimal(field, *precision, *scale)?),
            (_, field) => of(field)?.map(|value| scaled(value, *precision, *scale)).transpose()?,
        }),
        PlainData::String(values) => values.push(field.map(text).transpose()?),
        PlainData::Date(values) => values.push(field.map(date).transpose()?),
        PlainData::Datetime(values) => values.push(field.map(timestamp).transpose()?),
        PlainData::Time(values) => values.push(field.map(time).transpose()?),
        PlainData::Null(rows) => match field {
            None => *rows += 1,
            Some(_) => return Err(Unheld { value: "a value".to_owned() }),
        },
    }
    Ok(())
}

/// Bytes that are not as long as their type demands.
fn wrong_length<T>(bytes: &[u8]) -> Result<T, Unheld> {
    Err(Unheld { value: format!("{} bytes", bytes.len()) })
}

fn number(wire: Wire, bytes: &[u8]) -> Result<i64, Unheld> {
    Ok(match (wire, bytes) {
        (Wire::Int2, &[a, b]) => i64::from(i16::from_be_bytes([a, b])),
        (Wire::Int4, &[a, b, c, d]) => i64::from(i32::from_be_bytes([a, b, c, d])),
        (Wire::Oid, &[a, b, c, d]) => i64::from(u32::from_be_bytes([a, b, c, d])),
        (_, bytes) => match bytes.try_into() {
            Ok(bytes) => i64::from_be_bytes(bytes),
            Err(_) => return wrong_length(bytes),
        },
    })
}

fn float(wire: Wire, bytes: &[u8]) -> Result<f64, Unheld> {
    match (wire, bytes) {
        (Wire::Float4, &[a, b, c, d]) => Ok(f64::from(f32::from_be_bytes([a, b, c, d]))),
        (Wire::Float8, bytes) => match bytes.try_into() {
            Ok(bytes) => Ok(f64::from_be_bytes(bytes)),
            Err(_) => wrong_length(bytes),
        },
        (wire, bytes) => {
            let whole = number(wire, bytes)?;
            // Beyond 2^53 not every whole number is a float.
            let float = whole as f64;
            if float as i128 == i128::from(whole) { Ok(float) } else { Err(Unheld { value: whole.to_string() }) }
        }
    }
}

fn decimal(bytes: &[u8], precision: u8, scale: u8) -> Result<i128, Unheld> {
    let Some(number) = Numeric::of(bytes) else { return wrong_length(bytes) };
    number.unscaled(precision, scale).ok_or_else(|| Unheld { value: number.text() })
}

fn scaled(whole: i64, precision: u8, scale: u8) -> Result<i128, Unheld> {
    let unscaled = 10_i128.checked_pow(u32::from(scale)).and_then(|factor| i128::from(whole).checked_mul(factor));
    let most = 10_u128.pow(u32::from(precision.min(38)));
    unscaled.filter(|value| value.unsigned_abs() < most).ok_or_else(|| Unheld { value: whole.to_string() })
}

fn text(bytes: &[u8]) -> Result<String, Unheld> {
    let text = std::str::from_utf8(bytes).map_err(|_| Unheld { value: "bytes that are not UTF-8".to_owned() })?;
    Ok(text.to_owned())
}

fn date(bytes: &[u8]) -> Result<i32, Unheld> {
    let Ok(bytes) = bytes.try_into() else { return wrong_length(bytes) };
    let unheld = |value: &str| Unheld { value: value.to_owned() };
    match i32::from_be_bytes(bytes) {
        i32::MAX => Err(unheld("infinity")),
        i32::MIN => Err(unheld("-infinity")),
        days => {
            let day = days.checked_add(DAYS).filter(|day| (FIRST_DAY..=LAST_DAY).contains(day));
            day.ok_or_else(|| unheld("a day beyond the years -9999 to 9999"))
        }
    }
}

fn timestamp(bytes: &[u8]) -> Result<i64, Unheld> {
    let Ok(bytes) = bytes.try_into() else { return wrong_length(bytes) };
    let unheld = |value: &str| Unheld { value: value.to_owned() };
    match i64::from_be_bytes(bytes) {
        i64::MAX => Err(unheld("infinity")),
        i64::MIN => Err(unheld("-infinity")),
        micros => {
            let micros = micros.checked_add(i64::from(DAYS) * DAY);
            let held = |micros: &i64| (i64::from(FIRST_DAY)..=i64::from(LAST_DAY)).contains(&micros.div_euclid(DAY));
            micros.filter(held).ok_or_else(|| unheld("a time beyond the years -9999 to 9999"))
        }
    }
}

fn time(bytes: &[u8]) -> Result<i64, Unheld> {
    let Ok(bytes) = bytes.try_into() else { return wrong_length(bytes) };
    match i64::from_be_bytes(bytes) {
        DAY => Err(Unheld { value: "24:00:00".to_owned() }),
        micros => Ok(micros),
    }
}

#[cfg(test)]
mod tests {
    use tidemill_core::table::Value;

    use super::*;

    #[test]
    fn the_bounds_of_dates_are_those_of_the_calendar() {
        assert_eq!(Value::Date(FIRST_DAY).to_string(), "-009999-01-01");
        assert_eq!(Value::Date(LAST_DAY).to_string(), "9999-12-31");
    }

    #[test]
    fn a_chunk_that_is_cut_anywhere_is_refused_or_ends_a_row() {
        let column = ReadColumn { name: "n".to_owned(), data_type: DataType::Int, wire: Wire::Int4 };
        let mut chunk = [SIGNATURE, &[0; 8]].concat();
        for _ in 0..2 {
            chunk.extend([0, 1, 0, 0, 0, 4, 0, 0, 0, 7]);
        }
        for end in 0..=chunk.len() {
            let decoded = Decoder::new("db", vec![column.clone()], Vec::new()).decode(&chunk[..end], 2);
            let whole = end == 0 || end >= HEADER && (end - HEADER).is_multiple_of(10);
            assert_eq!(decoded.is_ok(), whole, "{end} of {}", chunk.len());
        }
    }
}
