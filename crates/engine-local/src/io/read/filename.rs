//! The column that says which file each row comes from: `options: {filename: file}`.

use polars::prelude::{NamedFrom, Series};
use tidemill_core::table::{DataType, EngineError, Scan, Schema};

use super::source_file::SourceFile;
use super::source_rows::SourceRows;
use crate::arrays::select::pick;
use crate::error::internal;
use crate::io::formats::FormatCodec;

/// The scan of the columns that stand in the files themselves.
pub(super) fn own_columns(scan: &Scan) -> Scan {
    let fields = scan.schema.fields().iter().filter(|field| Some(&field.name) != scan.options.filename.as_ref());
    Scan { schema: fields.map(|field| (field.name.clone(), field.data_type)).collect(), ..scan.clone() }
}

/// The columns with that of the file.
pub(super) fn with_file(mut schema: Schema, files: &[SourceFile], scan: &Scan) -> Result<Schema, EngineError> {
    let Some(name) = &scan.options.filename else { return Ok(schema) };
    match files.first().filter(|_| schema.contains(name)) {
        Some(file) => Err(file.error_with_help(
            None,
            format!("has a column `{name}` already"),
            "call that of the file otherwise, as `options: {filename: source_file}`",
        )),
        None => {
            schema.set(name, DataType::String);
            Ok(schema)
        }
    }
}

/// The rows of each file, beside them its name.
pub(super) fn read(codec: &dyn FormatCodec, files: &[SourceFile], scan: &Scan) -> Result<SourceRows, EngineError> {
    let Some(name) = scan.options.filename.as_ref().filter(|name| scan.schema.contains(name)) else {
        return codec.read(files, scan);
    };
    let own = own_columns(scan);
    let mut all = SourceRows::default();
    for file in files {
        let SourceRows { frames, warnings } = codec.read(std::slice::from_ref(file), &own)?;
        for mut frame in frames {
            let shown = Series::new(name.as_str().into(), [file.shown.as_str()]).new_from_index(0, frame.height());
            frame.with_column(shown.into()).map_err(internal)?;
            all.frames.push(pick(&frame, scan.schema.names())?);
        }
        all.warnings.extend(warnings);
    }
    Ok(all)
}
