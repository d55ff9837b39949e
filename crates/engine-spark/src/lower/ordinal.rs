//! Relations in SQL with what orders their rows.

use serde::{Deserialize, Serialize};
use tidemill_core::table::Schema;

/// The direction of a hidden column of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ordinal {
    /// Largest first.
    pub descending: bool,
    /// NULLs first; else last.
    pub nulls_first: bool,
}

impl Ordinal {
    /// Ascending, NULLs last.
    pub const ASCENDING: Self = Self { descending: false, nulls_first: false };

    /// As `order by` has it.
    pub fn direction(self) -> String {
        let direction = if self.descending { "desc" } else { "asc" };
        format!("{direction} nulls {}", if self.nulls_first { "first" } else { "last" })
    }
}

/// A relation in SQL.
#[derive(Clone, Debug)]
pub(crate) struct Lowered {
    /// A `select` of `c0, c1, …` and `o0, o1, …`.
    pub sql: String,
    /// The columns.
    pub schema: Schema,
    /// The directions of the ordinals.
    pub order: Vec<Ordinal>,
}

/// `o0 asc nulls last, …`.
pub(crate) fn order_by(order: &[Ordinal]) -> String {
    let keys = order.iter().enumerate().map(|(i, ordinal)| format!("o{i} {}", ordinal.direction()));
    keys.collect::<Vec<_>>().join(", ")
}

impl Lowered {
    /// `c0`, `c1`, ….
    pub fn columns(&self) -> Vec<String> {
        (0..self.schema.len()).map(|i| format!("c{i}")).collect()
    }

    /// `o0`, `o1`, ….
    pub fn ordinals(&self) -> Vec<String> {
        (0..self.order.len()).map(|i| format!("o{i}")).collect()
    }

    /// All of them, as a list of a `select`.
    pub fn all(&self) -> String {
        [self.columns(), self.ordinals()].concat().join(", ")
    }

    /// The same as a table of a `from`.
    pub fn nested(&self) -> String {
        format!("({})", self.sql)
    }

    /// What sorts its rows.
    pub fn order_by(&self) -> String {
        order_by(&self.order)
    }

    /// The ordinals as one value, of which the least is that of the first row; None where one is descending, or has NULLs first.
    pub fn place(&self, of: &str) -> Option<String> {
        if let [Ordinal::ASCENDING] = *self.order {
            return Some(format!("{of}o0"));
        }
        // In a struct NULLs are the least.
        let part = |i| format!("'n{i}', {of}o{i} is null, 'o{i}', {of}o{i}");
        let is_ascending = self.order.iter().all(|ordinal| *ordinal == Ordinal::ASCENDING);
        is_ascending
            .then(|| format!("named_struct({})", (0..self.order.len()).map(part).collect::<Vec<_>>().join(", ")))
    }

    /// The rows as they are kept: in any order, with what orders them.
    pub fn stored(&self) -> String {
        format!("select {} from {} t", self.all(), self.nested())
    }

    /// The rows in their order, without what is hidden.
    pub fn ordered(&self) -> String {
        let columns = self.columns().join(", ");
        format!("select {columns} from {} t order by {}", self.nested(), self.order_by())
    }
}
