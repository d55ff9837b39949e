//! Columns under construction.

use polars::prelude::{
    BooleanChunkedBuilder, ChunkedBuilder, Column, DataFrame, Float64Type, Int32Type, Int64Type, Int128Type,
    IntoColumn, PrimitiveChunkedBuilder, StringChunkedBuilder, TimeUnit,
};
use tidemill_core::table::{DataType, EngineError, Field, Schema};

use super::text;
use crate::arrays::types::NANOS;
use crate::error::internal;
use crate::values::iso;

/// A value does not fit the type of its column.
#[derive(Debug)]
pub(super) struct Misfit;

/// A column that grows value by value and takes only what fits its type.
pub(super) struct Builder {
    name: String,
    data_type: DataType,
    values: Values,
}

enum Values {
    Bool(BooleanChunkedBuilder),
    Int(PrimitiveChunkedBuilder<Int64Type>),
    Float(PrimitiveChunkedBuilder<Float64Type>),
    Decimal(PrimitiveChunkedBuilder<Int128Type>, u8, u8),
    String(StringChunkedBuilder),
    Date(PrimitiveChunkedBuilder<Int32Type>),
    Datetime(PrimitiveChunkedBuilder<Int64Type>),
    Time(PrimitiveChunkedBuilder<Int64Type>),
    Null(usize),
}

impl Builder {
    /// An empty column with room for so many values.
    pub fn new(field: &Field, capacity: usize) -> Self {
        let name = || field.name.as_str().into();
        let values = match field.data_type {
            DataType::Bool => Values::Bool(BooleanChunkedBuilder::new(name(), capacity)),
            DataType::Int => Values::Int(PrimitiveChunkedBuilder::new(name(), capacity)),
            DataType::Float => Values::Float(PrimitiveChunkedBuilder::new(name(), capacity)),
            DataType::Decimal { precision, scale } => {
                Values::Decimal(PrimitiveChunkedBuilder::new(name(), capacity), precision, scale)
            }
            DataType::String => Values::String(StringChunkedBuilder::new(name(), capacity)),
            DataType::Date => Values::Date(PrimitiveChunkedBuilder::new(name(), capacity)),
            DataType::Datetime => Values::Datetime(PrimitiveChunkedBuilder::new(name(), capacity)),
            DataType::Time => Values::Time(PrimitiveChunkedBuilder::new(name(), capacity)),
            DataType::Null => Values::Null(0),
        };
        Self { name: field.name.clone(), data_type: field.data_type, values }
    }

    /// The columns of a schema, each with room for so many values.
    pub fn all(schema: &Schema, capacity: usize) -> Vec<Self> {
        schema.fields().iter().map(|field| Self::new(field, capacity)).collect()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type.
    pub fn data_type(&self) -> DataType {
        self.data_type
    }

    /// Adds NULL.
    pub fn null(&mut self) {
        match &mut self.values {
            Values::Bool(values) => values.append_null(),
            Values::Int(values) | Values::Datetime(values) | Values::Time(values) => values.append_null(),
            Values::Float(values) => values.append_null(),
            Values::Decimal(values, ..) => values.append_null(),
            Values::String(values) => values.append_null(),
            Values::Date(values) => values.append_null(),
            Values::Null(rows) => *rows += 1,
        }
    }

    /// Adds what a text without a type of its own stands for, as in CSV: what has no letter is NULL unless it is a text.
    pub fn text(&mut self, value: &str) -> Result<(), Misfit> {
        if !matches!(self.values, Values::String(_)) && text::plain(value).is_empty() {
            self.null();
            return Ok(());
        }
        match &mut self.values {
            Values::Bool(values) => values.append_value(text::bool(value).ok_or(Misfit)?),
            Values::Int(values) => values.append_value(text::int(value).ok_or(Misfit)?),
            Values::Float(values) => values.append_value(text::float(value).ok_or(Misfit)?),
            Values::Decimal(values, precision, scale) => {
                values.append_value(text::decimal(value, *precision, *scale).ok_or(Misfit)?);
            }
            Values::String(values) => values.append_value(value),
            Values::Date(values) => values.append_value(iso::date(text::plain(value)).ok_or(Misfit)?),
            Values::Datetime(values) => values.append_value(iso::datetime(text::plain(value)).ok_or(Misfit)?),
            Values::Time(values) => {
                values.append_value(iso::time(text::plain(value)).ok_or(Misfit)? * NANOS);
            }
            Values::Null(_) => return Err(Misfit),
        }
        Ok(())
    }

    /// Adds a value that its source marks as text: it fits text, and what has no other way to be written there.
    pub fn string(&mut self, value: &str) -> Result<(), Misfit> {
        match self.data_type {
            DataType::Bool | DataType::Int | DataType::Float => Err(Misfit),
            _ => self.text(value),
        }
    }

    /// Adds a whole number.
    pub fn int(&mut self, value: i64) -> Result<(), Misfit> {
        match &mut self.values {
            Values::Int(values) => values.append_value(value),
            Values::Float(values) if value.unsigned_abs() <= 1 << 53 => values.append_value(value as f64),
            Values::Bool(values) if matches!(value, 0 | 1) => values.append_value(value == 1),
            Values::String(_) | Values::Decimal(..) => return self.text(&value.to_string()),
            _ => return Err(Misfit),
        }
        Ok(())
    }

    /// Adds a floating-point number; as text it is the shortest that reads back the same.
    pub fn float(&mut self, value: f64) -> Result<(), Misfit> {
        match &mut self.values {
            Values::Float(values) => values.append_value(value),
            Values::Int(values) if value.fract() == 0.0 && value.abs() <= (1_i64 << 53) as f64 => {
                values.append_value(value as i64);
            }
            Values::String(_) | Values::Decimal(..) => return self.text(&value.to_string()),
            _ => return Err(Misfit),
        }
        Ok(())
    }

    /// Adds true or false.
    pub fn bool(&mut self, value: bool) -> Result<(), Misfit> {
        match &mut self.values {
            Values::Bool(values) => values.append_value(value),
            Values::String(values) => values.append_value(if value { "true" } else { "false" }),
            _ => return Err(Misfit),
        }
        Ok(())
    }

    fn finish(self) -> Column {
        match self.values {
            Values::Bool(values) => values.finish().into_column(),
            Values::Int(values) => values.finish().into_column(),
            Values::Float(values) => values.finish().into_column(),
            // `text::decimal` has seen to the precision of every value.
            Values::Decimal(values, precision, scale) => {
                let values = values.finish();
                values.into_decimal_unchecked(usize::from(precision), usize::from(scale)).into_column()
            }
            Values::String(values) => values.finish().into_column(),
            Values::Date(values) => values.finish().into_date().into_column(),
            Values::Datetime(values) => values.finish().into_datetime(TimeUnit::Microseconds, None).into_column(),
            Values::Time(values) => values.finish().into_time().into_column(),
            Values::Null(rows) => Column::full_null(self.name.as_str().into(), rows, &polars::prelude::DataType::Null),
        }
    }
}

/// The table of the columns, which all have `rows` values.
pub(super) fn frame(columns: Vec<Builder>, rows: usize) -> Result<DataFrame, EngineError> {
    let columns = columns.into_iter().map(Builder::finish).collect();
    DataFrame::new(rows, columns).map_err(internal)
}
