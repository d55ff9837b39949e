//! What the cluster reads by itself: files of Parquet, and tables of its catalog.

use tidemill_core::table::{DataType, Field, Schema};

use super::literal::{quoted, spark_type};
use super::ordinal::{Lowered, Ordinal};

/// Files whose numbers are told by cases; those of more are looked up, which hides from Spark how large the table is.
const MOST_CASES: usize = 32;

/// The URLs by which Spark names a file; which one, depends on its version.
fn spellings(file: &str) -> [String; 2] {
    [format!("file://{file}"), format!("file:{file}")]
}

/// Something that the cluster reads where it is.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// Files of Parquet in the order of their rows: their absolute paths, of characters that mean nothing in patterns and in URLs.
    Files(Vec<String>),
    /// A table of the catalog, as it stands in a statement.
    Table(String),
}

impl Source {
    /// It as a table of a `from`.
    pub fn table(&self) -> String {
        let files = match self {
            Self::Table(name) => return name.clone(),
            Self::Files(files) => files,
        };
        // The scheme stands before the braces: a URL cannot begin with one.
        let paths = match files.as_slice() {
            [one] => one.trim_start_matches('/').to_owned(),
            several => {
                let paths: Vec<&str> = several.iter().map(|file| file.trim_start_matches('/')).collect();
                format!("{{{}}}", paths.join(","))
            }
        };
        format!("parquet.`file:///{paths}`")
    }

    /// Its columns, with what orders the rows.
    pub fn lowered(&self, schema: Schema) -> Lowered {
        match self {
            Self::Files(files) => self.lowered_files(files, schema),
            Self::Table(_) => self.lowered_table(schema),
        }
    }

    /// `cast(`name` as …) as c0, …`.
    fn columns(schema: &Schema) -> Vec<String> {
        let column = |(i, field): (usize, &Field)| {
            format!("cast({} as {}) as c{i}", named(&field.name), spark_type(field.data_type))
        };
        schema.fields().iter().enumerate().map(column).collect()
    }

    /// Ordered by the number of the file, then the row in it.
    fn lowered_files(&self, files: &[String], schema: Schema) -> Lowered {
        let columns: String = Self::columns(&schema).into_iter().map(|column| column + ", ").collect();
        let table = self.table();
        let rows = format!("select {columns}_metadata.file_path as p, _metadata.row_index as i from {table}");
        let place = |number: &str| format!("{number} * 1099511627776 + i as o0");
        // A file that is none of these would otherwise lose its rows without a word.
        let unknown = "cast(raise_error('the source has another file meanwhile: ' || p) as bigint)";
        let all: String = (0..schema.len()).map(|i| format!("c{i}, ")).collect();
        let numbered = files.iter().enumerate().flat_map(|(i, file)| spellings(file).map(|path| (quoted(&path), i)));
        let sql = if files.len() == 1 {
            format!("select {columns}_metadata.row_index as o0 from {table}")
        } else if files.len() <= MOST_CASES {
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

    /// A table of a catalog has no order: that of its values is taken, column by column. Zeros of both signs are equal there, so their
    /// texts follow.
    fn lowered_table(&self, schema: Schema) -> Lowered {
        let all = (0..schema.len()).map(|i| format!("c{i}"));
        let is_float = |field: &Field| field.data_type == DataType::Float;
        let floats = schema.fields().iter().enumerate().filter(|(_, field)| is_float(field));
        let signs = floats.map(|(i, _)| format!("case when c{i} = 0D then cast(c{i} as string) end"));
        let keys: Vec<String> = all.clone().chain(signs).collect();
        let ordinals = keys.iter().enumerate().map(|(i, key)| format!("{key} as o{i}"));
        let list: Vec<String> = all.chain(ordinals).collect();
        let columns = Self::columns(&schema).join(", ");
        let sql = format!("select {} from (select {columns} from {}) s", list.join(", "), self.table());
        Lowered { sql, schema, order: vec![Ordinal::ASCENDING; keys.len()] }
    }
}

/// A name as it stands in a statement.
pub(crate) fn named(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
