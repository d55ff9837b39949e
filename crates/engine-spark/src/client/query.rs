//! Plans of the protocol: a query in SQL, and the writing of one.

use crate::proto::spark::connect as pb;

fn relation(sql: &str) -> pb::Relation {
    let sql = pb::Sql { query: sql.to_owned(), ..Default::default() };
    pb::Relation { common: None, rel_type: Some(pb::relation::RelType::Sql(sql)) }
}

/// A query's rows.
pub(super) fn query(sql: &str) -> pb::Plan {
    pb::Plan { op_type: Some(pb::plan::OpType::Root(relation(sql))) }
}

/// A query's rows as Parquet in a folder that must not exist.
pub(super) fn write(sql: &str, folder: &str, options: Vec<(String, String)>) -> pb::Plan {
    use pb::write_operation::{SaveMode, SaveType};
    let write = pb::WriteOperation {
        input: Some(relation(sql)),
        source: Some("parquet".to_owned()),
        save_type: Some(SaveType::Path(folder.to_owned())),
        mode: SaveMode::ErrorIfExists as i32,
        options: options.into_iter().collect(),
        ..Default::default()
    };
    let command = pb::Command { command_type: Some(pb::command::CommandType::WriteOperation(write)) };
    pb::Plan { op_type: Some(pb::plan::OpType::Command(command)) }
}
