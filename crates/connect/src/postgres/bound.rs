//! Queries with their holes as parameters: their values travel apart from the text.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind};
use tidemill_core::spec::{SqlHole, SqlText};
use tidemill_core::table::Value;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};

use super::error::error;

/// A query as the server takes it.
pub(super) struct Bound {
    /// The text, with `$1`, `$2` … in it.
    pub sql: String,
    /// What these stand for.
    pub parameters: Vec<Parameter>,
}

/// A value that is sent beside a query: as text, which the server reads as the type that it expects there.
#[derive(Debug)]
pub(super) enum Parameter {
    /// One value.
    One(Value),
    /// An array of values.
    Array(Vec<Value>),
}

impl Bound {
    /// Of a query as the file has it.
    ///
    /// # Errors
    /// If a list behind `in` is empty: SQL has no way to write that.
    pub fn of(connection: &str, query: &SqlText) -> Result<Self, ConnectionError> {
        let mut parameters = Vec::new();
        let mut empty = false;
        let sql = query.filled(|before, hole| {
            let mut next = |parameter| {
                parameters.push(parameter);
                format!("${}", parameters.len())
            };
            match hole {
                SqlHole::One(value) => next(Parameter::One(value.clone())),
                SqlHole::Now { logical_time } => next(Parameter::One(Value::String(logical_time.clone()))),
                SqlHole::Many(values) => match ListPlace::behind(before) {
                    ListPlace::Array => next(Parameter::Array(values.clone())),
                    place => {
                        empty |= values.is_empty();
                        let places = values.iter().map(|value| next(Parameter::One(value.clone())));
                        let list = places.collect::<Vec<_>>().join(", ");
                        if place == ListPlace::Elements { list } else { format!("({list})") }
                    }
                },
            }
        });
        if empty {
            let message = "is to be asked for what is in a list that is empty";
            return Err(error(connection, ConnectionErrorKind::Query, message)
                .help("write `= any(${{ … }})` instead of `in ${{ … }}`: an empty list then holds for no row"));
        }
        Ok(Self {
            sql: sql.trim_end_matches(|letter: char| letter == ';' || letter.is_whitespace()).to_owned(),
            parameters,
        })
    }
}

/// Where a list stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ListPlace {
    /// Behind `in`.
    In,
    /// Within the parentheses of `in (…)` or `array[…]`.
    Elements,
    /// Where an array belongs: `any(…)`, `unnest(…)`.
    Array,
}

impl ListPlace {
    fn behind(before: &str) -> Self {
        let ends_in_word = |text: &str, word: &str| {
            let text = text.trim_end();
            let start = text.len().checked_sub(word.len()).filter(|at| text.is_char_boundary(*at));
            start.is_some_and(|at| {
                let is_apart = !text[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
                is_apart && text[at..].eq_ignore_ascii_case(word)
            })
        };
        let before = before.trim_end();
        match before.strip_suffix(['(', '[']) {
            Some(_) if before.ends_with('[') => Self::Elements,
            Some(function) if ends_in_word(function, "in") => Self::Elements,
            Some(_) => Self::Array,
            None if ends_in_word(before, "in") => Self::In,
            None => Self::Array,
        }
    }
}

impl ToSql for Parameter {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let text = match self {
            Self::One(Value::Null) => return Ok(IsNull::Yes),
            Self::One(value) => value.to_string(),
            Self::Array(values) => array(values),
        };
        out.put_slice(text.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// An array as the server reads it: each element in quotes.
fn array(values: &[Value]) -> String {
    let element = |value: &Value| match value {
        Value::Null => "NULL".to_owned(),
        value => format!("\"{}\"", value.to_string().replace('\\', "\\\\").replace('"', "\\\"")),
    };
    format!("{{{}}}", values.iter().map(element).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, holes: Vec<SqlHole>) -> Result<Bound, ConnectionError> {
        Bound::of("db", &SqlText { raw: text.to_owned(), text: text.to_owned(), holes, ..SqlText::default() })
    }

    #[test]
    fn a_list_stands_as_the_place_demands() {
        let list = || SqlHole::Many(vec![Value::Int(1), Value::Int(2)]);
        for (text, bound, parameters) in [
            ("a in $1 ;", "a in ($1, $2)", 2),
            ("a not IN ( $1 )", "a not IN ( $1, $2 )", 2),
            ("a = any($1)", "a = any($1)", 1),
            ("array[$1]", "array[$1, $2]", 2),
            ("from unnest ($1::int[])", "from unnest ($1::int[])", 1),
        ] {
            let of = of(text, vec![list()]).expect("a list that is not empty");
            assert_eq!((of.sql.as_str(), of.parameters.len()), (bound, parameters), "{text}");
        }
        let both =
            of("a = $1 and b in $2 and c > $3", vec![SqlHole::One(Value::Null), list(), SqlHole::One(Value::Int(3))]);
        assert_eq!(both.expect("good").sql, "a = $1 and b in ($2, $3) and c > $4");
    }

    #[test]
    fn an_empty_list_is_refused_where_it_cannot_be_written() {
        assert!(of("a in $1", vec![SqlHole::Many(Vec::new())]).is_err());
        assert!(of("a = any($1)", vec![SqlHole::Many(Vec::new())]).is_ok());
    }

    #[test]
    fn elements_of_an_array_are_quoted() {
        let values = [Value::String("a\"b\\".to_owned()), Value::Null, Value::Int(3)];
        assert_eq!(array(&values), r#"{"a\"b\\",NULL,"3"}"#);
    }
}
