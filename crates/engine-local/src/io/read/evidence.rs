//! What has been seen in a column, and the type that follows from it.

use std::ops::{BitOr, BitOrAssign};

use indexmap::IndexMap;
use tidemill_core::table::{DataType, Schema};

/// The kinds of values seen in a column, as a set. The union of two columns' evidence is the evidence of both together, so
/// parts of a file can be looked at in any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Evidence(u16);

impl Evidence {
    /// Nothing, or only NULL.
    pub const NONE: Self = Self(0);
    pub const BOOL: Self = Self(1);
    pub const INT: Self = Self(2);
    /// An int that a float cannot hold exactly.
    pub const BIG_INT: Self = Self(2 | 4);
    pub const FLOAT: Self = Self(8);
    pub const TEXT: Self = Self(16);
    pub const DATE: Self = Self(32);
    pub const DATETIME: Self = Self(64);
    pub const TIME: Self = Self(128);
    /// A text without a letter, such as `""`: of a column of numbers it is NULL, of one of texts a text.
    pub const BLANK: Self = Self(256);
    /// An int with a plus sign. Beside numbers without one it is a number, among its like a text: so are phone numbers.
    pub const PLUS_INT: Self = Self(512);
    /// The same of a float.
    pub const PLUS_FLOAT: Self = Self(1024);

    /// What is written for a float that is no number, or infinite.
    pub const NOT_FINITE: Self = Self(2048);

    /// The evidence that an int gives.
    pub fn of_int(value: i64) -> Self {
        if value.unsigned_abs() <= 1 << 53 { Self::INT } else { Self::BIG_INT }
    }

    /// The same, where bools are how ints were judged at first: beside a number they are ints.
    pub fn without_bool_beside_numbers(self) -> Self {
        let number = self.0 & (Self::INT.0 | Self::FLOAT.0) != 0;
        if number && self.has(Self::BOOL) { Self(self.0 & !Self::BOOL.0 | Self::INT.0) } else { self }
    }

    fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The one type that holds all that was seen without loss: kinds that do not mix are text, and so is a mix of floats
    /// and ints beyond 2^53. A column without values has no type: a file says nothing about it.
    pub fn data_type(self) -> DataType {
        if self == Self::NONE {
            return DataType::Null;
        }
        if self == Self::BLANK {
            return DataType::String;
        }
        self.with_plus_signs().known_type()
    }

    /// The same, where numbers with a plus sign are what stands beside them.
    fn with_plus_signs(self) -> Self {
        let beside = if self.has(Self::INT) || self.has(Self::FLOAT) {
            (Self::INT, Self::FLOAT)
        } else {
            (Self::TEXT, Self::TEXT)
        };
        let mut all = Self(self.0 & !(Self::PLUS_INT.0 | Self::PLUS_FLOAT.0 | Self::BLANK.0));
        if self.has(Self::PLUS_INT) {
            all |= beside.0;
        }
        if self.has(Self::PLUS_FLOAT) {
            all |= beside.1;
        }
        if self.has(Self::NOT_FINITE) {
            all = Self(all.0 & !Self::NOT_FINITE.0 | Self::FLOAT.0);
        }
        all
    }

    fn known_type(self) -> DataType {
        let number = self.has(Self::INT) || self.has(Self::FLOAT);
        let day = self.has(Self::DATE) || self.has(Self::DATETIME);
        let kinds = [number, day, self.has(Self::BOOL), self.has(Self::TIME), self.has(Self::TEXT)];
        let lossy = self.has(Self::BIG_INT) && self.has(Self::FLOAT);
        if kinds.into_iter().filter(|kind| *kind).count() != 1 || lossy {
            return DataType::String;
        }
        match self {
            _ if self.has(Self::FLOAT) => DataType::Float,
            _ if self.has(Self::INT) => DataType::Int,
            _ if self.has(Self::BOOL) => DataType::Bool,
            _ if self.has(Self::DATETIME) => DataType::Datetime,
            _ if self.has(Self::DATE) => DataType::Date,
            _ if self.has(Self::TIME) => DataType::Time,
            _ => DataType::String,
        }
    }
}

impl BitOr for Evidence {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Evidence {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// Evidence by column, in the order in which columns appeared.
pub(super) type Tally = IndexMap<String, Evidence>;

/// Adds what another part of the source has shown.
pub(super) fn merge(tally: &mut Tally, other: Tally) {
    for (name, evidence) in other {
        *tally.entry(name).or_default() |= evidence;
    }
}

/// The schema that follows.
pub(super) fn schema(tally: Tally) -> Schema {
    tally.into_iter().map(|(name, evidence)| (name, evidence.data_type())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_that_do_not_mix_are_text() {
        assert_eq!((Evidence::INT | Evidence::FLOAT).data_type(), DataType::Float);
        assert_eq!((Evidence::BIG_INT | Evidence::FLOAT).data_type(), DataType::String);
        assert_eq!((Evidence::BIG_INT | Evidence::INT).data_type(), DataType::Int);
        assert_eq!((Evidence::INT | Evidence::BOOL).data_type(), DataType::String);
        assert_eq!((Evidence::DATE | Evidence::DATETIME).data_type(), DataType::Datetime);
        assert_eq!((Evidence::DATE | Evidence::INT).data_type(), DataType::String);
        assert_eq!(Evidence::NONE.data_type(), DataType::Null);
    }

    #[test]
    fn blanks_are_texts_only_among_texts() {
        assert_eq!(Evidence::BLANK.data_type(), DataType::String);
        assert_eq!((Evidence::BLANK | Evidence::INT).data_type(), DataType::Int);
        assert_eq!((Evidence::BLANK | Evidence::BOOL).data_type(), DataType::Bool);
        assert_eq!((Evidence::BLANK | Evidence::TEXT).data_type(), DataType::String);
    }

    #[test]
    fn a_plus_sign_belongs_to_numbers_only_beside_others() {
        assert_eq!(Evidence::PLUS_INT.data_type(), DataType::String);
        assert_eq!((Evidence::PLUS_INT | Evidence::INT).data_type(), DataType::Int);
        assert_eq!((Evidence::PLUS_FLOAT | Evidence::INT).data_type(), DataType::Float);
        assert_eq!((Evidence::PLUS_INT | Evidence::TEXT).data_type(), DataType::String);
        assert_eq!((Evidence::PLUS_INT | Evidence::BLANK).data_type(), DataType::String);
    }

    #[test]
    fn what_is_not_finite_is_a_float_unless_texts_stand_beside_it() {
        assert_eq!(Evidence::NOT_FINITE.data_type(), DataType::Float);
        assert_eq!((Evidence::NOT_FINITE | Evidence::INT | Evidence::BLANK).data_type(), DataType::Float);
        assert_eq!((Evidence::NOT_FINITE | Evidence::TEXT).data_type(), DataType::String);
        assert_eq!((Evidence::NOT_FINITE | Evidence::DATE).data_type(), DataType::String);
    }

    #[test]
    fn an_int_beyond_2_to_the_53_is_big() {
        assert_eq!(Evidence::of_int(1 << 53), Evidence::INT);
        assert_eq!(Evidence::of_int(-(1 << 53) - 1), Evidence::BIG_INT);
        assert_eq!(Evidence::of_int(i64::MIN), Evidence::BIG_INT);
    }
}
