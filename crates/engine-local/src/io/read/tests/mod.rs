//! Hostile and ordinary files, written here and read back.

mod csv;
mod files;
mod fuzz;
mod json;
mod parquet;
mod parquet_view;
mod sqlite;
mod workbook;

use std::fs;
use std::path::Path;

use polars::prelude::DataFrame;
use tempfile::TempDir;
use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::storage::StorageRegistry;
use tidemill_core::table::{EngineError, Location, Scan, ScanOptions, Schema};

use super::columns_of;
use super::source_file::SourceFile;
use crate::io::formats::FormatCodecs;
use crate::store::stored_table::TableView;

fn files(project: &Path, scan: &Scan) -> Result<Vec<SourceFile>, EngineError> {
    SourceFile::all_of(&StorageRegistry::default(), project, scan, false, &NEVER_CANCELLED)
}

fn infer(project: &Path, scan: &Scan, head: Option<usize>) -> Result<Schema, EngineError> {
    super::infer(FormatCodecs::all().get(scan.format)?, &files(project, scan)?, scan, head)
}

fn infer_and_read(project: &Path, scan: &Scan) -> Result<(Schema, Option<DataFrame>), EngineError> {
    super::infer_and_read(FormatCodecs::all().get(scan.format)?, &files(project, scan)?, scan)
}

/// The rows of a source; where its table can stay in its files, it has the same.
fn read(project: &Path, scan: &Scan) -> Result<DataFrame, EngineError> {
    let (codecs, files) = (FormatCodecs::all(), files(project, scan)?);
    let codec = codecs.get(scan.format)?;
    let rows = super::read(codec, &files, scan);
    let view = match (codec.view(&files, scan), &rows) {
        (Ok(view), _) => view,
        (Err(error), Err(other)) => {
            assert_eq!(error.to_string(), other.to_string());
            None
        }
        (Err(error), Ok(_)) => panic!("the view alone fails: {error}"),
    };
    match (view, rows) {
        (None, rows) => rows.map(|(rows, _)| rows),
        (Some((TableView(view), told)), rows) => {
            let whole = view.whole(None);
            let (rows, also_told) = match rows {
                Ok(rows) => rows,
                Err(error) => {
                    assert!(whole.is_err(), "the view does not see: {error}");
                    return Err(error);
                }
            };
            assert!(whole?.equals_missing(&rows), "the rows of the view");
            assert_eq!(told, also_told);
            Ok(rows)
        }
    }
}

/// A folder with files, and a scan of them.
struct Source {
    folder: TempDir,
    scan: Scan,
}

impl Source {
    fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), content).unwrap();
        let scan = Scan {
            files: vec![Location::new(name)],
            format: FormatCodecs::all().formats().of_path(name).unwrap().format(),
            table: None,
            query: None,
            sheet: None,
            is_selection: false,
            options: ScanOptions::default(),
            schema: Schema::new(),
        };
        Self { folder, scan }
    }

    fn file(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.path().join(name), content).unwrap();
        self.scan.files.push(Location::new(name));
        self
    }

    fn options(mut self, set: impl FnOnce(&mut ScanOptions)) -> Self {
        set(&mut self.scan.options);
        self
    }

    fn scan(mut self, set: impl FnOnce(&mut Scan)) -> Self {
        set(&mut self.scan);
        self
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn infer(&self, head: Option<usize>) -> Result<Schema, EngineError> {
        infer(self.path(), &self.scan, head)
    }

    /// Names and types as one text.
    fn types(&self, head: Option<usize>) -> String {
        let schema = self.infer(head).unwrap();
        schema
            .fields()
            .iter()
            .map(|field| format!("{}: {}", field.name, field.data_type))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// Types and values as one text: a line for the types, one for each row, with NULL as `·` and texts in quotes.
    fn table(&mut self) -> String {
        let kept = match infer_and_read(self.path(), &self.scan) {
            Ok((schema, kept)) => {
                self.scan.schema = schema;
                kept
            }
            Err(error) => return explained(&error),
        };
        if let Some(kept) = kept.and_then(|kept| columns_of(&kept, &self.scan.schema)) {
            assert!(kept.equals_missing(&read(self.path(), &self.scan).unwrap()), "what was read with the columns");
        }
        self.rows()
    }

    /// The same for the schema that is set.
    fn rows(&self) -> String {
        match read(self.path(), &self.scan) {
            Ok(frame) => {
                let head: Vec<String> =
                    frame.columns().iter().map(|column| format!("{}: {}", column.name(), column.dtype())).collect();
                let mut text = head.join(", ");
                for row in 0..frame.height() {
                    let values = frame.columns().iter().map(|column| match column.get(row).unwrap() {
                        polars::prelude::AnyValue::Null => "·".to_owned(),
                        value => value.to_string(),
                    });
                    text += "\n";
                    text += &values.collect::<Vec<_>>().join(" | ");
                }
                text
            }
            Err(error) => explained(&error),
        }
    }

    fn places(&self, rows: &[u64]) -> Vec<(String, u64)> {
        let files = files(self.path(), &self.scan).unwrap();
        super::places(FormatCodecs::all().get(self.scan.format).unwrap(), &files, &self.scan, rows).unwrap()
    }

    /// What is said when its columns are looked for.
    fn error(&self) -> String {
        explained(&self.infer(None).unwrap_err())
    }
}

fn explained(error: &EngineError) -> String {
    match error {
        EngineError::Source { help: Some(help), .. } => format!("{error}\nhelp: {help}"),
        _ => error.to_string(),
    }
}
