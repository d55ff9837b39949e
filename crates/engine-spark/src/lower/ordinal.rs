//! Relations in SQL with what orders their rows.

use tidemill_core::table::Schema;

/// The direction of a hidden column of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// The order of a stored table: the number of the file, then the row in it.
pub(crate) const STORED_ORDINAL: &str =
    "(cast(substring(_metadata.file_name, 6, 5) as bigint) * 1099511627776 + _metadata.row_index)";

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

    /// The rows in their order, without what is hidden.
    pub fn ordered(&self) -> String {
        let columns = self.columns().join(", ");
        format!("select {columns} from {} t order by {}", self.nested(), self.order_by())
    }
}
