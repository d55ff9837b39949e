//! Tables that are published below the warehouse: the cluster writes them there, under the names that their columns have.

use std::io;

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::table::{DataType, EngineError, Location, Schema};

use crate::client::Session;
use crate::failure::engine_error;
use crate::lower::named;
use crate::table::SparkTable;
use crate::uuid::uuid;
use crate::warehouse::{Warehouse, is_whole, uri};

/// Whether the cluster can write columns of these types into files; a time of day and nothing but NULL it cannot.
pub(crate) fn can_be_written(schema: &Schema) -> bool {
    schema.fields().iter().all(|field| !matches!(field.data_type, DataType::Time | DataType::Null))
}

/// Writes a table into a folder that is known by the table's digest, and at `staged` the text by which it is published. An equal
/// table that is there already is not written again.
pub(crate) fn write(
    table: &SparkTable,
    session: &Session,
    warehouse: &Warehouse,
    tag: &str,
    staged: &Location,
) -> Result<(), EngineError> {
    let unwritable = |error: io::Error| EngineError::Internal(format!("the warehouse cannot be written: {error}"));
    let digest = table.manifest.digest().map_err(|error| EngineError::Internal(error.to_string()))?;
    let (id, outputs) = (digest.to_string(), warehouse.outputs());
    let text = match outputs.output(&id) {
        Some(_) => outputs.text(&id),
        None => {
            let rows = table.stored().lowered(table.manifest.facts.columns.clone());
            let fields = rows.schema.fields().iter().enumerate();
            let columns: Vec<String> = fields.map(|(i, field)| format!("c{i} as {}", named(&field.name))).collect();
            let sql = format!("select {} from {} t order by {}", columns.join(", "), rows.nested(), rows.order_by());
            let folder = warehouse.attempt(&format!("published-{}", uuid()));
            let written = session.write(&sql, &uri(&folder), Vec::new(), tag, &NEVER_CANCELLED);
            written.map_err(|error| engine_error(&error))?;
            if !is_whole(&folder) {
                return Err(unwritable(io::Error::other(format!("there is no _SUCCESS in {}", folder.display()))));
            }
            outputs.settle(&folder, &id)
        }
    };
    text.and_then(|text| std::fs::write(staged.as_str(), text)).map_err(unwritable)
}
