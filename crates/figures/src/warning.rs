//! What may mislead in a chart.

/// Something in a chart that may mislead.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// Several rows of one key, and of one group, became one mark, by adding up.
    Added(Repeats),
    /// Several rows have one key, where a line wants a value a key: they are dots instead.
    Unjoined(Repeats),
    /// There are more groups than colours that can be told apart.
    Grey {
        /// All of them.
        groups: usize,
        /// Those without a colour of their own.
        grey: usize,
        /// Whether these are added up.
        added: bool,
    },
    /// Rows whose key is missing, or cannot be drawn: they are left out.
    WithoutKey {
        /// How many.
        rows: usize,
    },
    /// Rows whose value is missing, or cannot be drawn: they are left out.
    WithoutValue {
        /// The place of the series among those of the left axis, then of the right one.
        series: usize,
        /// How many.
        rows: usize,
    },
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
