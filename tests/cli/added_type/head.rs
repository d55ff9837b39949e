//! `head`: the first rows of a table.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::spec::At;
use tidemill_core::table::Rel;
use tidemill_core::task::{CheckContext, Descriptor, Io, Task, TaskSource};
use tidemill_tasks::{Parameters, TableLogic, reads, table_task, upstream};

/// Takes the first rows of a table.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The task whose table it is.
    from: At<String>,
    /// How many rows.
    rows: u64,
}

impl Parameters for Head {
    const DESCRIPTOR: Descriptor = Descriptor {
        name: "head",
        version: 1,
        summary: "Takes the first rows of a table.",
        colour: "#123456",
        ..Descriptor::TABLE
    };

    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        table_task(self, source)
    }
}

impl TableLogic for Head {
    fn io(&self) -> Io {
        Io { reads: vec![reads(&self.from, "from")], ..Io::default() }
    }

    fn describe(&self) -> String {
        format!("first {} rows of {}", self.rows, self.from.value)
    }

    fn compile(&self, cx: &CheckContext<'_>) -> Result<Rel, Vec<Diagnostic>> {
        let schema = upstream(cx, &self.from.value)?.clone();
        let input = Box::new(Rel::Input { task: self.from.value.clone(), schema });
        Ok(Rel::Limit { input, offset: 0, count: Some(self.rows) })
    }
}
