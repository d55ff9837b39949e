//! Columns as rows for the server, in COPY's binary form, or as text where the server is to read a type by itself.

use bytes::BufMut;
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind};
use tidemill_core::table::{PlainData, PlainTable, Value};

use super::error::error;
use super::numeric;
use super::target_type::TargetType;

/// What COPY's binary form begins with.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// Bytes that are sent at once, or a row more.
const BYTES: usize = 1 << 20;
/// Days from 1970-01-01 to 2000-01-01.
const DAYS: i32 = 10_957;
/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Turns batches into what COPY takes.
pub(super) struct Encoder {
    connection: String,
    columns: Vec<(String, TargetType)>,
    is_binary: bool,
    /// Rows so far.
    rows: u64,
}

impl Encoder {
    /// For these columns of the target.
    pub fn new(connection: &str, columns: Vec<(String, TargetType)>) -> Self {
        let is_binary = columns.iter().all(|(_, of)| of.is_binary());
        Self { connection: connection.to_owned(), columns, is_binary, rows: 0 }
    }

    /// The format that COPY is told.
    pub fn format(&self) -> &'static str {
        if self.is_binary { "binary" } else { "text" }
    }

    /// What stands before the first row.
    pub fn header(&self) -> &'static [u8] {
        if self.is_binary { HEADER } else { &[] }
    }

    /// What stands behind the last row.
    pub fn trailer(&self) -> &'static [u8] {
        if self.is_binary { &[0xff, 0xff] } else { &[] }
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The rows from that one on, as many as are sent at once; the first that is left comes back beside them.
    ///
    /// # Errors
    /// If a value does not fit its column, or a column is not there.
    pub fn encode(&mut self, table: &PlainTable, from: usize) -> Result<(Vec<u8>, usize), ConnectionError> {
        let columns = self.columns.iter().map(|(name, _)| table.column(name).map(|column| &column.data));
        let Some(columns) = columns.collect::<Option<Vec<_>>>() else {
            return Err(error(&self.connection, ConnectionErrorKind::Missing, "was to take rows that lack a column"));
        };
        let mut out = Vec::with_capacity(BYTES + BYTES / 8);
        let mut row = from;
        while row < table.rows && out.len() < BYTES {
            let put = if self.is_binary {
                self.put_row(&columns, row, &mut out)
            } else {
                self.put_line(&columns, row, &mut out)
            };
            put.map_err(|(at, why)| self.unfit(at, columns[at], row, &why))?;
            self.rows += 1;
            row += 1;
        }
        Ok((out, row))
    }

    fn put_row(&self, columns: &[&PlainData], row: usize, out: &mut Vec<u8>) -> Result<(), (usize, String)> {
        out.put_i16(columns.len() as i16);
        for (at, (data, (_, target))) in columns.iter().zip(&self.columns).enumerate() {
            put_field(data, row, *target, out).map_err(|why| (at, why))?;
        }
        Ok(())
    }

    fn put_line(&self, columns: &[&PlainData], row: usize, out: &mut Vec<u8>) -> Result<(), (usize, String)> {
        for (at, (data, (_, target))) in columns.iter().zip(&self.columns).enumerate() {
            if at > 0 {
                out.push(b'\t');
            }
            let value = data.value(row);
            if value == Value::Null {
                out.extend_from_slice(b"\\N");
                continue;
            }
            // The binary form of a value says whether it fits.
            if target.is_binary() {
                put_field(data, row, *target, &mut Vec::new()).map_err(|why| (at, why))?;
            }
            for byte in value.to_string().bytes() {
                match byte {
                    b'\\' => out.extend_from_slice(b"\\\\"),
                    b'\n' => out.extend_from_slice(b"\\n"),
                    b'\r' => out.extend_from_slice(b"\\r"),
                    b'\t' => out.extend_from_slice(b"\\t"),
                    byte => out.push(byte),
                }
            }
        }
        out.push(b'\n');
        Ok(())
    }

    fn unfit(&self, at: usize, data: &PlainData, row: usize, why: &str) -> ConnectionError {
        let (name, value, number) = (&self.columns[at].0, data.value(row), self.rows + 1);
        error(
            &self.connection,
            ConnectionErrorKind::Value,
            format!("cannot take {value} of row {number} in column `{name}`: {why}"),
        )
        .help("give the column of the target a wider type, or convert the value before")
    }
}

/// A field with its length before it.
fn put_field(data: &PlainData, row: usize, target: TargetType, out: &mut Vec<u8>) -> Result<(), String> {
    match data {
        PlainData::Bool(values) => put(values[row], 1, out, |value, out| out.put_u8(u8::from(value))),
        PlainData::Int(values) => return put_whole(values[row].map(i128::from), target, out),
        PlainData::Decimal { unscaled, scale, .. } => return put_decimal(unscaled[row], *scale, target, out),
        PlainData::Float(values) => return put_float(values[row], target, out),
        PlainData::String(values) => match &values[row] {
            Some(text) => put_text(text, out)?,
            None => out.put_i32(-1),
        },
        PlainData::Date(values) => match target {
            TargetType::Timestamp(_) => {
                put(values[row], 8, out, |days, out| out.put_i64((i64::from(days) - i64::from(DAYS)) * DAY));
            }
            _ => put(values[row], 4, out, |days, out| out.put_i32(days.wrapping_sub(DAYS))),
        },
        PlainData::Datetime(values) | PlainData::Time(values) => {
            let (digits, start) = match target {
                TargetType::Timestamp(digits) => (digits, i64::from(DAYS) * DAY),
                TargetType::Time(digits) => (digits, 0),
                _ => (6, 0),
            };
            let kept = 10_i64.pow(6 - u32::from(digits.min(6)));
            if values[row].is_some_and(|micros| micros % kept != 0) {
                return Err(format!("it keeps {digits} digits behind the second"));
            }
            put(values[row], 8, out, |micros, out| out.put_i64(micros.wrapping_sub(start)));
        }
        PlainData::Null(_) => out.put_i32(-1),
    }
    Ok(())
}

fn put<T>(value: Option<T>, length: i32, out: &mut Vec<u8>, put: impl FnOnce(T, &mut Vec<u8>)) {
    match value {
        Some(value) => {
            out.put_i32(length);
            put(value, out);
        }
        None => out.put_i32(-1),
    }
}

fn put_text(text: &str, out: &mut Vec<u8>) -> Result<(), String> {
    if text.contains('\0') {
        return Err("PostgreSQL's texts hold no NUL".to_owned());
    }
    out.put_i32(i32::try_from(text.len()).map_err(|_| "it is longer than a gigabyte")?);
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

fn put_whole(value: Option<i128>, target: TargetType, out: &mut Vec<u8>) -> Result<(), String> {
    let Some(value) = value else {
        out.put_i32(-1);
        return Ok(());
    };
    let beyond = |_| "it is beyond the bounds of the type".to_owned();
    match target {
        TargetType::Int2 => put(Some(i16::try_from(value).map_err(beyond)?), 2, out, |value, out| out.put_i16(value)),
        TargetType::Int4 => put(Some(i32::try_from(value).map_err(beyond)?), 4, out, |value, out| out.put_i32(value)),
        TargetType::Numeric { .. } => return put_decimal(Some(value), 0, target, out),
        TargetType::Float8 => {
            let float = value as f64;
            if float as i128 != value {
                return Err("the type would round it".to_owned());
            }
            put(Some(float), 8, out, |value, out| out.put_f64(value));
        }
        _ => put(Some(i64::try_from(value).map_err(beyond)?), 8, out, |value, out| out.put_i64(value)),
    }
    Ok(())
}

fn put_decimal(value: Option<i128>, scale: u8, target: TargetType, out: &mut Vec<u8>) -> Result<(), String> {
    match (value, target) {
        (Some(value), TargetType::Numeric { scale: held }) => {
            let lost = held.map_or(0, |held| i16::from(scale) - held).clamp(0, 38);
            if value % 10_i128.pow(lost.unsigned_abs().into()) != 0 {
                return Err("the type would round it".to_owned());
            }
            numeric::put(value, scale, out);
            Ok(())
        }
        (value, target) => put_whole(value, target, out),
    }
}

fn put_float(value: Option<f64>, target: TargetType, out: &mut Vec<u8>) -> Result<(), String> {
    match (value, target) {
        (Some(value), TargetType::Float4) => {
            let narrow = value as f32;
            if f64::from(narrow) != value && !value.is_nan() {
                return Err("the type would round it".to_owned());
            }
            put(Some(narrow), 4, out, |value, out| out.put_f32(value));
        }
        (value, _) => put(value, 8, out, |value, out| out.put_f64(value)),
    }
    Ok(())
}
