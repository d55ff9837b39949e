//! Files of Parquet that are read where they are.

use tidemill_core::table::Schema;

use super::literal::{quoted, spark_type};
use super::ordinal::{Lowered, Ordinal};

/// Files that the cluster reads, in the order of their rows.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Their absolute paths, of characters that mean nothing in patterns and in URLs.
    pub files: Vec<String>,
}

impl Source {
    /// The files as a table of a `from`.
    pub fn table(&self) -> String {
        // The scheme stands before the braces: a URL cannot begin with one.
        let paths = match self.files.as_slice() {
            [one] => one.trim_start_matches('/').to_owned(),
            several => {
                let paths: Vec<&str> = several.iter().map(|file| file.trim_start_matches('/')).collect();
                format!("{{{}}}", paths.join(","))
            }
        };
        format!("parquet.`file:///{paths}`")
    }

    /// Columns of the files, ordered by the number of the file, then the row in it.
    pub(super) fn lowered(&self, schema: Schema) -> Lowered {
        let column = |(i, field): (usize, &tidemill_core::table::Field)| {
            format!("cast(`{}` as {}) as c{i}, ", field.name.replace('`', "``"), spark_type(field.data_type))
        };
        let columns: String = schema.fields().iter().enumerate().map(column).collect();
        let table = self.table();
        let sql = if self.files.len() == 1 {
            format!("select {columns}_metadata.row_index as o0 from {table}")
        } else {
            let files: Vec<String> =
                self.files.iter().enumerate().map(|(i, file)| format!("({}, {i}L)", quoted(file))).collect();
            // A file that is none of these would otherwise lose its rows without a word.
            let number = "coalesce(f.n, cast(raise_error('the source has another file meanwhile: ' || s.p) as bigint))";
            let all: String = (0..schema.len()).map(|i| format!("c{i}, ")).collect();
            let path = "regexp_replace(_metadata.file_path, '^file:/*', '/')";
            format!(
                "select /*+ broadcast(f) */ {all}{number} * 1099511627776 + s.i as o0 from (select {columns}{path} as p, _metadata.row_index as i from {table}) s left join (values {}) f(p, n) on s.p = f.p",
                files.join(", ")
            )
        };
        Lowered { sql, schema, order: vec![Ordinal::ASCENDING] }
    }
}
