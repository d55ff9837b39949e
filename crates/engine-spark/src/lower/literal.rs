//! Types and constants in Spark SQL.

use tidemill_core::table::{DataType, Expr, ExprKind, Value};

/// Spark's type for the values of a type. A time is its text, `HH:MM:SS.ffffff`: Spark's own type is switched off unless somebody
/// turns it on, and texts of one length sort as times do.
pub(crate) fn spark_type(data_type: DataType) -> String {
    match data_type {
        // A column of nothing but NULL has some type, and bool is the smallest.
        DataType::Bool | DataType::Null => "boolean".to_owned(),
        DataType::Int => "bigint".to_owned(),
        DataType::Float => "double".to_owned(),
        DataType::Decimal { precision, scale } => format!("decimal({precision},{scale})"),
        DataType::String | DataType::Time => "string".to_owned(),
        DataType::Date => "date".to_owned(),
        DataType::Datetime => "timestamp_ntz".to_owned(),
    }
}

/// A text as a constant. `$` is written by its number, so that nothing takes it for a variable.
pub(crate) fn quoted(text: &str) -> String {
    let mut sql = String::with_capacity(text.len() + 2);
    sql.push('\'');
    for c in text.chars() {
        match c {
            '\\' => sql.push_str("\\\\"),
            '\'' => sql.push_str("\\'"),
            '$' => sql.push_str("\\u0024"),
            c => sql.push(c),
        }
    }
    sql.push('\'');
    sql
}

/// A value as a constant of that type.
pub(crate) fn literal(value: &Value, data_type: DataType) -> String {
    match value {
        Value::Null => null(data_type),
        Value::Bool(value) => value.to_string(),
        // Its digits alone are too large for an int with a sign before it.
        Value::Int(i64::MIN) => "(-9223372036854775807L - 1L)".to_owned(),
        Value::Int(value) => format!("{value}L"),
        Value::Float(value) if value.is_nan() => "double('NaN')".to_owned(),
        Value::Float(value) if value.is_infinite() => {
            format!("double('{}Infinity')", if *value < 0.0 { "-" } else { "" })
        }
        Value::Float(value) => format!("{value:e}D"),
        Value::Decimal { .. } => format!("cast('{value}' as {})", spark_type(data_type)),
        Value::String(value) => quoted(value),
        Value::Date(_) => format!("date'{value}'"),
        Value::Datetime(micros) => format!("cast(timestamp_micros({micros}L) as timestamp_ntz)"),
        Value::Time(micros) => format!("'{}'", time_text(*micros)),
    }
}

/// The constant that an expression is, if it is one.
pub(crate) fn constant(expr: &Expr) -> Option<&Value> {
    match &expr.kind {
        ExprKind::Literal(value) => Some(value),
        _ => None,
    }
}

/// NULL of a type.
pub(crate) fn null(data_type: DataType) -> String {
    format!("cast(null as {})", spark_type(data_type))
}

/// The text that a time is on Spark.
fn time_text(micros: i64) -> String {
    let seconds = micros / 1_000_000;
    format!("{:02}:{:02}:{:02}.{:06}", seconds / 3600, seconds / 60 % 60, seconds % 60, micros % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_written_so_that_spark_reads_the_same_value() {
        let of = |value: Value| literal(&value, value.data_type());
        assert_eq!(of(Value::Int(i64::MIN)), "(-9223372036854775807L - 1L)");
        assert_eq!(of(Value::Float(1e300)), "1e300D");
        assert_eq!(of(Value::Float(-0.0)), "-0e0D");
        assert_eq!(of(Value::String(r"it's a \ for ${x}".into())), r"'it\'s a \\ for \u0024{x}'");
        assert_eq!(of(Value::Decimal { unscaled: -150, scale: 2 }), "cast('-1.50' as decimal(3,2))");
        assert_eq!(of(Value::Time(3_723_000_004)), "'01:02:03.000004'");
        assert_eq!(literal(&Value::Null, DataType::Date), "cast(null as date)");
    }
}
