//! The types of columns that are written, and which values fit them.

use tidemill_core::connection::TargetColumn;
use tidemill_core::table::DataType;

/// A type of the server, as far as writing tells it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TargetType {
    /// `boolean`.
    Bool,
    /// `smallint`.
    Int2,
    /// `integer`.
    Int4,
    /// `bigint`.
    Int8,
    /// `real`.
    Float4,
    /// `double precision`.
    Float8,
    /// `numeric`, and the digits behind the point that it has.
    Numeric {
        /// None if there may be any number of them.
        scale: Option<i16>,
    },
    /// `text`, `character varying`, `character`, `name`.
    Text,
    /// `date`.
    Date,
    /// `time`, and the digits behind the second that it keeps.
    Time(u8),
    /// `timestamp` with or without a zone, and the digits behind the second that it keeps.
    Timestamp(u8),
    /// An array or `bytea`, which no text of ours is written into.
    Closed,
    /// Any other type: the server reads it from text.
    Other,
}

impl TargetType {
    /// By what the server calls it.
    pub fn of(name: &str) -> Self {
        let (base, modifiers) = match (name.find('('), name.find(')')) {
            (Some(open), Some(close)) if open < close => {
                (format!("{}{}", &name[..open], &name[close + 1..]), &name[open + 1..close])
            }
            _ => (name.to_owned(), ""),
        };
        let digits = modifiers.parse().unwrap_or(6);
        match base.as_str() {
            "boolean" => Self::Bool,
            "smallint" => Self::Int2,
            "integer" => Self::Int4,
            "bigint" => Self::Int8,
            "real" => Self::Float4,
            "double precision" => Self::Float8,
            "numeric" => {
                Self::Numeric { scale: modifiers.split_once(',').and_then(|(_, scale)| scale.trim().parse().ok()) }
            }
            "text" | "character varying" | "character" | "name" => Self::Text,
            "date" => Self::Date,
            "time without time zone" => Self::Time(digits),
            "timestamp without time zone" | "timestamp with time zone" => Self::Timestamp(digits),
            "bytea" => Self::Closed,
            array if array.ends_with("[]") => Self::Closed,
            _ => Self::Other,
        }
    }

    /// Whether values of that type are sent in the binary form of this one.
    pub fn is_binary(self) -> bool {
        !matches!(self, Self::Closed | Self::Other)
    }

    /// Whether values of that type can be written at all; some of them may still not fit.
    fn takes(self, from: DataType) -> bool {
        match (from, self) {
            (DataType::Null, _)
            | (DataType::Bool, Self::Bool)
            | (DataType::Int, Self::Int2 | Self::Int4 | Self::Int8 | Self::Float8 | Self::Numeric { .. })
            | (DataType::Float, Self::Float4 | Self::Float8)
            | (DataType::String, Self::Text | Self::Other)
            | (DataType::Date, Self::Date | Self::Timestamp(_))
            | (DataType::Datetime, Self::Timestamp(_))
            | (DataType::Time, Self::Time(_)) => true,
            (DataType::Decimal { scale, .. }, Self::Numeric { scale: held }) => {
                held.is_none_or(|held| i16::from(scale) <= held)
            }
            (DataType::Decimal { scale: 0, .. }, Self::Int2 | Self::Int4 | Self::Int8) => true,
            _ => false,
        }
    }
}

/// Why a column of that type cannot be written into that one, if it cannot.
pub(super) fn misfit(from: DataType, into: &TargetColumn) -> Option<String> {
    let TargetColumn { name, database_type, generated, .. } = into;
    if *generated {
        return Some(format!("`{name}` is computed by the database: leave it out"));
    }
    let target = TargetType::of(database_type);
    if target.takes(from) {
        return None;
    }
    Some(match (from, target) {
        (DataType::Decimal { .. }, TargetType::Numeric { .. }) => {
            format!("{from} has more digits behind the point than {database_type} of `{name}` keeps: round it before")
        }
        (_, TargetType::Closed) => format!("nothing is written into {database_type} of `{name}`"),
        _ => format!("{from} does not go into {database_type} of `{name}`: convert it before"),
    })
}

/// The type of a column that is made for values of that type.
pub(super) fn made_for(data_type: DataType) -> String {
    match data_type {
        DataType::Bool => "boolean".to_owned(),
        DataType::Int => "bigint".to_owned(),
        DataType::Float => "double precision".to_owned(),
        DataType::Decimal { precision, scale } => format!("numeric({precision},{scale})"),
        DataType::String | DataType::Null => "text".to_owned(),
        DataType::Date => "date".to_owned(),
        DataType::Datetime => "timestamp".to_owned(),
        DataType::Time => "time".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(database_type: &str, generated: bool) -> TargetColumn {
        let (name, database_type) = ("c".to_owned(), database_type.to_owned());
        TargetColumn { name, database_type, data_type: None, nullable: true, has_default: true, generated }
    }

    #[test]
    fn names_of_types_are_understood() {
        for (name, expected) in [
            ("numeric(10,2)", TargetType::Numeric { scale: Some(2) }),
            ("numeric(2,-3)", TargetType::Numeric { scale: Some(-3) }),
            ("numeric", TargetType::Numeric { scale: None }),
            ("character varying(20)", TargetType::Text),
            ("timestamp(3) with time zone", TargetType::Timestamp(3)),
            ("timestamp without time zone", TargetType::Timestamp(6)),
            ("time(0) without time zone", TargetType::Time(0)),
            ("integer[]", TargetType::Closed),
            ("mart.mood", TargetType::Other),
        ] {
            assert_eq!(TargetType::of(name), expected, "{name}");
        }
    }

    #[test]
    fn what_does_not_fit_says_why() {
        let decimal = DataType::Decimal { precision: 18, scale: 4 };
        assert_eq!(misfit(decimal, &column("numeric", false)), None);
        assert_eq!(misfit(DataType::String, &column("uuid", false)), None);
        assert!(misfit(decimal, &column("numeric(10,2)", false)).is_some_and(|why| why.contains("round it")));
        assert!(misfit(DataType::String, &column("integer", false)).is_some_and(|why| why.contains("convert it")));
        assert!(misfit(DataType::Int, &column("bigint", true)).is_some_and(|why| why.contains("computed")));
        for made in [DataType::Bool, DataType::Int, DataType::Float, decimal, DataType::String, DataType::Date] {
            assert_eq!(misfit(made, &column(&made_for(made), false)), None, "{made}");
        }
    }
}
