//! How each type of PostgreSQL is read.

use tidemill_core::table::DataType;
use tokio_postgres::types::{Kind, Type};

use super::sql::identifier;

/// How values of a column come over the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    /// One byte.
    Bool,
    /// Two bytes.
    Int2,
    /// Four bytes.
    Int4,
    /// Eight bytes.
    Int8,
    /// Four bytes without a sign.
    Oid,
    /// IEEE 754, four bytes.
    Float4,
    /// IEEE 754, eight bytes.
    Float8,
    /// Groups of digits.
    Numeric,
    /// UTF-8.
    Text,
    /// Days since 2000-01-01.
    Date,
    /// Microseconds since 2000-01-01 00:00.
    Timestamp,
    /// Microseconds since midnight.
    Time,
}

/// How a column is read if nothing else is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ColumnType {
    /// As what it is read; None if tables cannot hold it.
    pub data_type: Option<DataType>,
    /// Whether only the values say the type.
    pub guessed: bool,
    /// How the values come, once [`Self::cast`] is done.
    pub wire: Wire,
    /// What the server makes of it before.
    pub cast: Cast,
}

/// What the server makes of a value before it sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cast {
    /// Nothing.
    None,
    /// The text of it.
    Text,
    /// The JSON of it, as text.
    Json,
    /// The beginning of that day.
    Timestamp,
}

impl Cast {
    /// That of a column's name or any other expression.
    pub fn of(self, expression: &str) -> String {
        match self {
            Self::None => expression.to_owned(),
            Self::Text => format!("{expression}::text"),
            Self::Json => format!("to_json({expression})::text"),
            Self::Timestamp => format!("{expression}::timestamp"),
        }
    }
}

/// The type that is taken for a `numeric` without precision as long as its values are not known.
pub(super) const GUESSED_DECIMAL: DataType = DataType::Decimal { precision: 38, scale: 10 };

impl ColumnType {
    /// Of a type and its modifier.
    pub fn of(of: &Type, modifier: i32) -> Self {
        let is = |data_type, wire| Self { data_type: Some(data_type), guessed: false, wire, cast: Cast::None };
        let text = |cast| Self { cast, ..is(DataType::String, Wire::Text) };
        match *of {
            Type::BOOL => is(DataType::Bool, Wire::Bool),
            Type::INT2 => is(DataType::Int, Wire::Int2),
            Type::INT4 => is(DataType::Int, Wire::Int4),
            Type::INT8 => is(DataType::Int, Wire::Int8),
            Type::OID => is(DataType::Int, Wire::Oid),
            Type::FLOAT4 => is(DataType::Float, Wire::Float4),
            Type::FLOAT8 => is(DataType::Float, Wire::Float8),
            Type::NUMERIC => Self::numeric(modifier),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON => text(Cast::None),
            Type::DATE => is(DataType::Date, Wire::Date),
            Type::TIMESTAMP | Type::TIMESTAMPTZ => is(DataType::Datetime, Wire::Timestamp),
            Type::TIME => is(DataType::Time, Wire::Time),
            Type::BYTEA => Self { data_type: None, ..text(Cast::Text) },
            _ => match of.kind() {
                Kind::Domain(base) => Self::of(base, modifier),
                Kind::Enum(_) => text(Cast::None),
                // Vectors of the catalogue look like arrays, but are written as numbers with blanks between.
                Kind::Array(_) if *of != Type::INT2_VECTOR && *of != Type::OID_VECTOR => text(Cast::Json),
                _ => text(Cast::Text),
            },
        }
    }

    /// The modifier holds precision and scale, or is -1 if there is none.
    fn numeric(modifier: i32) -> Self {
        let is = |data_type, guessed| Self { data_type, guessed, wire: Wire::Numeric, cast: Cast::None };
        let Some(packed) = modifier.checked_sub(4).filter(|packed| *packed >= 0) else {
            return is(Some(GUESSED_DECIMAL), true);
        };
        let precision = (packed >> 16) & 0xFFFF;
        // Eleven bits with a sign: there are negative scales, which leave zeros before the point.
        let scale = ((packed & 0x7FF) ^ 0x400) - 0x400;
        let precision = if scale < 0 { precision - scale } else { precision.max(scale) };
        let held = u8::try_from(precision).ok().filter(|precision| (1..=38).contains(precision));
        is(held.map(|precision| DataType::Decimal { precision, scale: scale.max(0) as u8 }), false)
    }

    /// The same column read as another type that holds every value of it; None if there is no such way.
    pub fn read_as(&self, wanted: DataType) -> Option<Self> {
        let own = self.data_type?;
        let this = |cast, wire| Some(Self { data_type: Some(wanted), guessed: false, wire, cast });
        match (own, wanted) {
            (own, wanted) if own == wanted => this(self.cast, self.wire),
            (DataType::Decimal { .. }, DataType::Decimal { .. } | DataType::Int)
            | (DataType::Int, DataType::Decimal { .. } | DataType::Float) => this(self.cast, self.wire),
            (DataType::Date, DataType::Datetime) => this(Cast::Timestamp, Wire::Timestamp),
            (_, DataType::String) => this(Cast::Text, Wire::Text),
            // That it holds nothing but NULL shows in the values.
            (_, DataType::Null) => this(self.cast, self.wire),
            _ => None,
        }
    }

    /// What to write in a query in place of a column that tables cannot hold.
    pub fn help(of: &Type, name: &str) -> String {
        let column = identifier(name);
        match *of {
            Type::NUMERIC => {
                format!("select it with at most 38 digits, `{column}::numeric(38, 10)`, or as text, `{column}::text`")
            }
            _ => format!("select it as text: `encode({column}, 'base64')`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modifier_of_a_numeric_says_its_digits() {
        let of = |precision: i32, scale: i32| ColumnType::numeric(((precision << 16) | (scale & 0x7FF)) + 4);
        let decimal = |precision, scale| Some(DataType::Decimal { precision, scale });
        assert_eq!(of(18, 2).data_type, decimal(18, 2));
        assert_eq!(of(2, -3).data_type, decimal(5, 0));
        assert_eq!(of(3, 5).data_type, decimal(5, 5));
        assert_eq!(of(38, 0).data_type, decimal(38, 0));
        assert_eq!(of(39, 2).data_type, None);
        assert_eq!(of(1000, 1000).data_type, None);
        assert!(ColumnType::numeric(-1).guessed);
    }
}
