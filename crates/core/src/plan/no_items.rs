//! What is left of a `foreach` without items.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::spec::OutputOfItems;
use crate::storage::resolve;
use crate::table::{Expr, JobOptions, Location, Rel, Schema, TableJob, Value};
use crate::task::{CheckContext, EdgeKind, Io, RunContext, Task, TaskFailure, TaskResult};

/// Does nothing; its table has the columns that an instance's would have, as far as they do not depend on the item, and no rows.
pub(super) struct NoItems {
    /// An instance whose item has no value; None if the task needs one.
    instance: Option<Arc<dyn Task>>,
    /// The folders that instances would fill.
    folders: Vec<Location>,
}

impl NoItems {
    pub fn of(instance: Option<Arc<dyn Task>>, outputs: &[OutputOfItems]) -> Self {
        Self { instance, folders: outputs.iter().map(|output| output.folder.clone()).collect() }
    }

    /// Makes the folders, so that who reads one finds it, with nothing new in it.
    fn make_folders(&self, cx: &RunContext<'_>) -> Result<(), TaskFailure> {
        for folder in self.folders.iter().filter(|folder| folder.scheme().is_none()) {
            let path = resolve(cx.project, folder);
            let wrong = |reason: &dyn std::fmt::Display| TaskFailure::new(format!("cannot make {}: {reason}", folder));
            cx.places.check(&path.join("_")).map_err(|error| wrong(&error))?;
            std::fs::create_dir_all(&path).map_err(|error| wrong(&error))?;
        }
        Ok(())
    }

    fn columns(&self, cx: &CheckContext<'_>) -> Option<Schema> {
        // What is wrong for want of an item is no mistake.
        self.instance.as_ref()?.check(cx).ok()?
    }
}

impl Task for NoItems {
    fn io(&self) -> Io {
        let Some(io) = self.instance.as_ref().map(|instance| instance.io()).filter(|io| io.table) else {
            return Io::default();
        };
        let reads = io.reads.into_iter().filter(|edge| edge.what == EdgeKind::Table).collect();
        Io { reads, table: true, ..Io::default() }
    }

    fn parameters(&self) -> serde_json::Value {
        let instance = self.instance.as_ref().map(|instance| instance.parameters());
        let mut parameters = instance.unwrap_or_else(|| serde_json::json!({}));
        if let Some(map) = parameters.as_object_mut() {
            map.insert("foreach".to_owned(), serde_json::json!([]));
        }
        parameters
    }

    fn describe(&self) -> String {
        "nothing: its `foreach` has no items".to_owned()
    }

    fn check(&self, cx: &CheckContext<'_>) -> Result<Option<Schema>, Vec<Diagnostic>> {
        Ok(self.columns(cx))
    }

    fn run(&self, cx: &RunContext<'_>) -> Result<TaskResult, TaskFailure> {
        self.make_folders(cx)?;
        let note = Some("its `foreach` has no items".to_owned());
        let Some(schema) = self.columns(&cx.check(&cx.columns())) else {
            return Ok(TaskResult { note, ..TaskResult::default() });
        };
        let options = JobOptions { inputs: &[], origin: &|_| None, cancelled: cx.cancelled };
        let report = cx.engine.run(&TableJob { rel: no_rows(&schema), checks: Vec::new() }, &options)?;
        Ok(TaskResult { table: Some(report), note, ..TaskResult::default() })
    }
}

/// A table of these columns without rows.
fn no_rows(schema: &Schema) -> Rel {
    let value = |field: &crate::table::Field| (field.name.clone(), Expr::literal(Value::Null).cast(field.data_type));
    let columns = schema.fields().iter().map(value).collect();
    Rel::Filter {
        input: Box::new(Rel::Project { input: Box::new(Rel::Unit), columns }),
        predicate: Expr::literal(Value::Bool(false)),
        account: None,
    }
}
