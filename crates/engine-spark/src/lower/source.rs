//! Files of Parquet that are read where they are.

use tidemill_core::table::Schema;

use super::literal::{quoted, spark_type};
use super::ordinal::{Lowered, Ordinal};

/// Files whose numbers are told by cases; those of more are looked up, which hides from Spark how large the table is.
const MOST_CASES: usize = 32;

/// The URLs by which Spark names a file; which one, depends on its version.
fn spellings(file: &str) -> [String; 2] {
    [format!("file://{file}"), format!("file:{file}")]
}

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

    /// A query of how many rows they have, which the files' ends say.
    pub fn count(&self) -> String {
        format!("select count(*) from {}", self.table())
    }

    /// Columns of the files, ordered by the number of the file, then the row in it.
    pub(super) fn lowered(&self, schema: Schema) -> Lowered {
        let column = |(i, field): (usize, &tidemill_core::table::Field)| {
            format!("cast(`{}` as {}) as c{i}, ", field.name.replace('`', "``"), spark_type(field.data_type))
        };
        let columns: String = schema.fields().iter().enumerate().map(column).collect();
        let table = self.table();
        let rows = format!("select {columns}_metadata.file_path as p, _metadata.row_index as i from {table}");
        let place = |number: &str| format!("{number} * 1099511627776 + i as o0");
        // A file that is none of these would otherwise lose its rows without a word.
        let unknown = "cast(raise_error('the source has another file meanwhile: ' || p) as bigint)";
        let all: String = (0..schema.len()).map(|i| format!("c{i}, ")).collect();
        let numbered =
            self.files.iter().enumerate().flat_map(|(i, file)| spellings(file).map(|path| (quoted(&path), i)));
        let sql = if self.files.len() == 1 {
            format!("select {columns}_metadata.row_index as o0 from {table}")
        } else if self.files.len() <= MOST_CASES {
            let cases: String = numbered.map(|(path, i)| format!(" when {path} then {i}L")).collect();
            format!("select {all}{} from ({rows}) s", place(&format!("case p{cases} else {unknown} end")))
        } else {
            let values: Vec<String> = numbered.map(|(path, i)| format!("({path}, {i}L)")).collect();
            let place = place(&format!("coalesce(f.n, {unknown})"));
            let values = values.join(", ");
            format!(
                "select /*+ broadcast(f) */ {all}{place} from ({rows}) s left join (values {values}) f(q, n) on p = q"
            )
        };
        Lowered { sql, schema, order: vec![Ordinal::ASCENDING] }
    }
}
