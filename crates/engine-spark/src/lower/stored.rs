//! Tables as the cluster reads them.

use tidemill_core::table::{DataType, Field, Schema};

use super::cast::padded_time;
use super::ordinal::{Lowered, Ordinal};
use super::source::Source;

/// The place of a row: the number in its file's name, then the row in the file.
const SORTED_ORDINAL: &str =
    "(cast(substring(_metadata.file_name, 6, 5) as bigint) * 1099511627776 + _metadata.row_index)";

/// A table of another task.
#[derive(Clone, Debug)]
pub(crate) enum Stored {
    /// Files that the cluster has written, with the ordinals of each row.
    Written {
        /// The folder, as Spark sees it.
        folder: String,
        /// The directions of the ordinals.
        order: Vec<Ordinal>,
    },
    /// One file that this machine has written, in the order of its rows.
    Staged {
        /// The folder, as Spark sees it.
        folder: String,
    },
    /// Files that the cluster has written, sorted as a whole: by their numbers, then the rows in them.
    Sorted {
        /// The folder, as Spark sees it.
        folder: String,
    },
    /// Files that are read where they are.
    Files(Source),
}

impl Stored {
    /// Its rows.
    pub fn lowered(&self, schema: Schema) -> Lowered {
        match self {
            Self::Written { folder, order } => {
                let mut read = Lowered { sql: String::new(), schema, order: order.clone() };
                read.sql = format!("select {} from parquet.`{folder}`", read.all());
                read
            }
            Self::Staged { folder } => {
                // Times have the text there that casts give.
                let column = |(i, field): (usize, &Field)| match field.data_type {
                    DataType::Time => format!("{} as c{i}, ", padded_time(&format!("c{i}"))),
                    _ => format!("c{i}, "),
                };
                let columns: String = schema.fields().iter().enumerate().map(column).collect();
                let sql = format!("select {columns}_metadata.row_index as o0 from parquet.`{folder}`");
                Lowered { sql, schema, order: vec![Ordinal::ASCENDING] }
            }
            Self::Sorted { folder } => {
                let columns: String = (0..schema.len()).map(|i| format!("c{i}, ")).collect();
                let sql = format!("select {columns}{SORTED_ORDINAL} as o0 from parquet.`{folder}`");
                Lowered { sql, schema, order: vec![Ordinal::ASCENDING] }
            }
            Self::Files(source) => source.lowered(schema),
        }
    }
}
