//! Tables of the warehouse brought to this machine.

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::table::{
    DataType, EngineError, Expr, Field, FileFormat, JobOptions, Location, Rel, Scan, ScanOptions, Schema, SortKey,
    TableEngine, TableJob, TableRef, Value,
};

use crate::lower::Ordinal;
use crate::manifest::Facts;
use crate::warehouse::TableFiles;

/// A table of the warehouse, as the local engine holds it.
///
/// # Errors
/// If it cannot be read, or has more bytes than `limit`.
pub(crate) fn download(
    local: &dyn TableEngine,
    rows: &TableFiles,
    facts: &Facts,
    limit: u64,
) -> Result<TableRef, EngineError> {
    let lost = |error: std::io::Error| EngineError::Internal(format!("the warehouse cannot be read: {error}"));
    let found = rows.files().map_err(lost)?;
    let bytes: u64 = found.iter().map(|(_, bytes)| bytes).sum();
    if bytes > limit {
        return Err(EngineError::Value {
            message: format!("a table of {bytes} bytes would come from the warehouse, `download_limit` is {limit}"),
            help: Some("aggregate it first, or raise `engine.download_limit`".to_owned()),
        });
    }
    let files = found.iter().map(|(path, _)| Location::new(path.display().to_string())).collect();
    let rel = match rows {
        TableFiles::Written(_) | TableFiles::Sorted(_) => written(local, files, facts)?,
        TableFiles::Source(_) => Rel::Scan(parquet(files, facts.columns.clone())),
    };
    let options = JobOptions { inputs: &[], origin: &|_| None, cancelled: &NEVER_CANCELLED };
    let report = local.run(&TableJob { rel, checks: Vec::new() }, &options)?;
    report.table.ok_or_else(|| EngineError::Internal("the local engine gave no table".to_owned()))
}

/// The rows of files that the cluster has written, put in order.
fn written(local: &dyn TableEngine, files: Vec<Location>, facts: &Facts) -> Result<Rel, EngineError> {
    let mut stored: Schema = match files.first() {
        Some(first) => local.sample(&parquet(vec![first.clone()], Schema::new()), &NEVER_CANCELLED)?,
        None => Schema::new(),
    };
    let columns = facts.columns.fields().iter().enumerate();
    let ordinals = (0..facts.order.len()).filter_map(|i| {
        let name = format!("o{i}");
        stored.get(&name).map(|data_type| Expr::column(name, data_type))
    });
    let key = |(expr, ordinal): (Expr, &Ordinal)| SortKey {
        expr,
        descending: ordinal.descending,
        nulls_first: ordinal.nulls_first,
    };
    let by: Vec<SortKey> = ordinals.zip(&facts.order).map(key).collect();
    if stored.is_empty() {
        stored = columns.clone().map(|(i, field)| (format!("c{i}"), stored_type(field.data_type))).collect();
    }
    let column = |(i, field): (usize, &Field)| {
        let column = match field.data_type {
            DataType::Null => Expr::literal(Value::Null),
            data_type => Expr::column(format!("c{i}"), stored_type(data_type)).cast(data_type),
        };
        (field.name.clone(), column)
    };
    let columns = columns.map(column).collect();
    let scan = Box::new(Rel::Scan(parquet(files, stored)));
    let input = if by.is_empty() { scan } else { Box::new(Rel::Sort { input: scan, by }) };
    Ok(Rel::Project { input, columns })
}

/// Files of Parquet as the local engine reads them.
fn parquet(files: Vec<Location>, schema: Schema) -> Scan {
    Scan {
        files,
        format: FileFormat("parquet"),
        table: None,
        query: None,
        sheet: None,
        options: ScanOptions::default(),
        is_selection: false,
        schema,
    }
}

/// The type in which the warehouse has the values of a type, as the local engine reads it.
fn stored_type(data_type: DataType) -> DataType {
    match data_type {
        DataType::Time => DataType::String,
        DataType::Null => DataType::Bool,
        other => other,
    }
}
