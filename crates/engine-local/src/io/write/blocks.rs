//! A table cut into blocks, and their columns ready to be written.

use polars::prelude::{DataFrame, Series};

use super::cells::Cells;
use super::write_error::WriteError;
use crate::store::output_table::OutputTable;

/// The blocks of a table, each column in one piece, which makes reading a value by its row a plain look-up.
pub(super) fn blocks(table: &OutputTable) -> impl Iterator<Item = Result<DataFrame, WriteError>> {
    table.blocks().map(|block| {
        let mut block = block.map_err(WriteError::Engine)?;
        block.rechunk_mut();
        Ok(block)
    })
}

/// The columns of a table, ready to be read value by value.
pub(super) fn columns(frame: &DataFrame) -> Result<Vec<(&str, Cells<'_>)>, String> {
    frame
        .columns()
        .iter()
        .map(|column| {
            let series = column.as_materialized_series();
            Ok((column.name().as_str(), Cells::of(series).ok_or_else(|| unfit(series))?))
        })
        .collect()
}

pub(super) fn unfit(series: &Series) -> String {
    format!("column `{}` is of type {}, which files cannot hold", series.name(), series.dtype())
}
