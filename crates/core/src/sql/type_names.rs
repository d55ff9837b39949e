//! The names that types have in `cast` and in messages.

use sqlparser::ast::{DataType as Ast, ExactNumberInfo, ObjectNamePart, TimezoneInfo};
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;
use crate::table::DataType;

use super::text::{Bound, Text};
use super::types::MAX_PRECISION;

const NAMES: [&str; 10] =
    ["int", "float", "bool", "string", "date", "datetime", "timestamp", "time", "money", "decimal(18,2)"];

/// The type of that name.
pub(super) fn data_type(text: Text<'_>, ast: &Ast, span: Span) -> Bound<DataType> {
    Ok(match ast {
        Ast::Int(None) | Ast::Integer(None) | Ast::BigInt(None) | Ast::Int8(None) | Ast::Int64 => DataType::Int,
        Ast::SmallInt(None) | Ast::Int4(None) | Ast::Int2(None) => DataType::Int,
        Ast::Float(ExactNumberInfo::None) | Ast::Double(ExactNumberInfo::None) | Ast::DoublePrecision => {
            DataType::Float
        }
        Ast::Real | Ast::Float8 | Ast::Float64 => DataType::Float,
        Ast::Bool | Ast::Boolean => DataType::Bool,
        Ast::Text | Ast::String(None) | Ast::Varchar(None) | Ast::CharacterVarying(None) => DataType::String,
        Ast::Date => DataType::Date,
        Ast::Datetime(None) | Ast::TimestampNtz(None) => DataType::Datetime,
        Ast::Timestamp(None, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => DataType::Datetime,
        Ast::Time(None, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => DataType::Time,
        Ast::Decimal(digits) | Ast::Numeric(digits) | Ast::Dec(digits) => decimal(text, *digits, span)?,
        Ast::Custom(name, modifiers) if modifiers.is_empty() => match name.0.as_slice() {
            [ObjectNamePart::Identifier(name)] if name.value.eq_ignore_ascii_case("money") => DataType::MONEY,
            _ => return Err(unknown(text, ast, span)),
        },
        Ast::Varchar(Some(_)) | Ast::CharacterVarying(Some(_)) | Ast::Char(_) | Ast::Character(_) => {
            return Err(text.unsupported(
                span,
                &format!("the type `{ast}`"),
                "cast to `string`, and cut with `substr`",
            ));
        }
        Ast::Timestamp(..) | Ast::Time(..) => {
            let help = "datetimes have no time zone and microseconds: cast to `timestamp` or `time`";
            return Err(text.unsupported(span, &format!("the type `{ast}`"), help));
        }
        _ => return Err(unknown(text, ast, span)),
    })
}

fn unknown(text: Text<'_>, ast: &Ast, span: Span) -> Vec<Diagnostic> {
    let name = ast.to_string();
    vec![
        Diagnostic::error(format!("there is no type `{name}`"))
            .at(text.place(span), "converted to an unknown type")
            .suggest(&name, NAMES),
    ]
}

fn decimal(text: Text<'_>, digits: ExactNumberInfo, span: Span) -> Bound<DataType> {
    let (precision, scale) = match digits {
        ExactNumberInfo::None => {
            return Err(text.wrong(span, "a decimal needs its digits", "write `decimal(18,2)`"));
        }
        ExactNumberInfo::Precision(precision) => (precision, 0),
        ExactNumberInfo::PrecisionAndScale(precision, scale) => (precision, scale),
    };
    match (u8::try_from(precision), u8::try_from(scale)) {
        (Ok(precision @ 1..=MAX_PRECISION), Ok(scale)) if scale <= precision => {
            Ok(DataType::Decimal { precision, scale })
        }
        _ => Err(text.wrong(
            span,
            format!("there is no `decimal({precision},{scale})`"),
            format!("a decimal has 1 to {MAX_PRECISION} digits, of which at most all stand behind the point"),
        )),
    }
}

/// A type with its article, for messages.
pub(super) fn named(data_type: DataType) -> String {
    match data_type {
        DataType::Int => "an int".to_owned(),
        DataType::Null => "NULL".to_owned(),
        other => format!("a {other}"),
    }
}

/// A kind of type with its article, for messages.
pub(super) fn kind_name(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Bool => "a bool",
        DataType::Int => "an int",
        DataType::Float => "a float",
        DataType::Decimal { .. } => "a decimal",
        DataType::String => "a string",
        DataType::Date => "a date",
        DataType::Datetime => "a datetime",
        DataType::Time => "a time",
        DataType::Null => "NULL",
    }
}
