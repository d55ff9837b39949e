//! What may mislead in a chart.

/// Something in a chart that may mislead.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// Several rows have one key, where a line wants a value a key: they are dots instead.
    Unjoined(Repeats),
    /// There are more groups than colours that can be told apart.
    Grey {
        /// All of them.
        groups: usize,
        /// Those without a colour of their own.
        grey: usize,
        /// Whether these became one.
        pooled: bool,
    },
    /// Rows whose key is missing, or infinite: they are left out.
    WithoutKey {
        /// How many.
        rows: usize,
    },
    /// Keys so large that they cannot be computed with: they are left out.
    KeysTooLarge {
        /// How many.
        values: usize,
    },
    /// Rows whose value is missing, or infinite: they are left out.
    WithoutValue {
        /// The place of the series among those of the left axis, then of the right one.
        series: usize,
        /// How many.
        rows: usize,
    },
    /// Numbers so large that they cannot be computed with: they are left out.
    TooLarge {
        /// The place of the series among those of the left axis, then of the right one.
        series: usize,
        /// How many.
        values: usize,
    },
    /// Values at or below zero, which have no place on a logarithmic axis: they are left out.
    NotPositive {
        /// How many.
        values: usize,
    },
    /// Values below zero, which are no share of anything: they are left out.
    NegativeShares {
        /// How many.
        values: usize,
    },
    /// A line or band to compare with, or an end of an axis, that is nowhere on its axis.
    Unplaced {
        /// Where it should be.
        position: String,
    },
    /// More facets than can be compared: charts are left out.
    Facets {
        /// How many.
        left_out: usize,
    },
    /// Values that are all equal: their density is no curve, and nothing is drawn.
    WithoutSpread,
    /// Areas that should be stacked, with values below zero: they lie over each other.
    Overlaid,
}

/// Rows that share their key, and their group.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeats {
    /// How many rows.
    pub rows: usize,
    /// How many keys, within their groups.
    pub keys: usize,
    /// The first of these keys, as text.
    pub example: String,
}
