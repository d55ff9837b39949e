//! Task types and the list of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, SourceMap};
use schemars::Schema;
use serde_json::Value;

use crate::spec::{CheckKeys, Scope, Spec, TaskSpec};
use crate::storage::StorageRegistry;
use crate::table::{FormatName, Formats};

use super::{CheckType, CheckTypes, Descriptor, Task};

/// A task type: reads the parameters of a task into something that can be checked and run.
pub trait TaskType: Send + Sync {
    /// What is known of it beside the keys of its tasks.
    fn descriptor(&self) -> &'static Descriptor;

    /// The JSON Schema of its own keys (the common ones are added by the caller).
    fn schema(&self) -> Schema;

    /// Reads a task. Its keys have been validated against [`TaskType::schema`]; what is left to find is what a schema cannot
    /// say.
    ///
    /// # Errors
    /// All mistakes found in the parameters.
    fn build(&self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>>;

    /// Puts back in a project's folder what tasks of this type had moved away when their run died; called by the next run once
    /// it holds the project. Says which files are back.
    ///
    /// # Errors
    /// If a file cannot be put back; it stays where it was moved to.
    fn recover(&self, _project: &Path) -> std::io::Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }
}

/// The task types that a program knows.
#[derive(Clone, Default)]
pub struct TaskTypes {
    list: Vec<Arc<dyn TaskType>>,
    checks: CheckTypes,
    formats: Formats,
    storages: Arc<StorageRegistry>,
}

impl TaskTypes {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more, listed for people behind those before.
    #[must_use]
    pub fn with(mut self, task_type: impl TaskType + 'static) -> Self {
        self.list.push(Arc::new(task_type));
        self
    }

    /// With one more check, listed for people behind those before.
    #[must_use]
    pub fn with_check(mut self, check: impl CheckType + 'static) -> Self {
        self.checks.push(check);
        self
    }

    /// With the formats of the files that tasks of these types read and write.
    #[must_use]
    pub fn with_formats(self, formats: Formats) -> Self {
        Self { formats, ..self }
    }

    /// The formats of files.
    pub fn formats(&self) -> &Formats {
        &self.formats
    }

    /// With the storages that files of tasks of these types may lie in.
    #[must_use]
    pub fn with_storages(self, storages: StorageRegistry) -> Self {
        Self { storages: Arc::new(storages), ..self }
    }

    /// Where files of tasks may lie.
    pub fn storages(&self) -> &Arc<StorageRegistry> {
        &self.storages
    }

    /// The checks that a task's table may have.
    pub fn checks(&self) -> &CheckTypes {
        &self.checks
    }

    /// The JSON Schema of a type's own keys.
    pub(crate) fn schema_of(&self, task_type: &dyn TaskType) -> Value {
        self.filled(task_type.schema())
    }

    /// The JSON Schema of keys, with the formats and checks there are where it speaks of them.
    pub(crate) fn filled(&self, schema: Schema) -> Value {
        let mut schema = schema.to_value();
        if let Some(Value::Object(definitions)) = schema.get_mut("$defs") {
            if let Some(formats) = definitions.get_mut(FormatName::DEFINITION) {
                *formats = self.formats.schema().to_value();
            }
            if definitions.contains_key(CheckKeys::DEFINITION) {
                self.checks.define(definitions);
            }
        }
        schema
    }

    /// The type of that name.
    pub fn get(&self, name: &str) -> Option<&dyn TaskType> {
        self.iter().find(|known| known.descriptor().name == name)
    }

    /// All types, in the order in which they are listed for people.
    pub fn iter(&self) -> impl Iterator<Item = &dyn TaskType> {
        self.list.iter().map(|known| &**known)
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.iter().map(|known| known.descriptor().name)
    }
}

/// What a type reads a task from.
pub struct TaskSource<'a> {
    /// The task as the file has it.
    pub spec: &'a TaskSpec,
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// The project's folder: where relative paths start.
    pub project: &'a Path,
    /// The pipeline that it is part of.
    pub pipeline: &'a Spec,
    /// The types that its tasks may have.
    pub types: &'a TaskTypes,
}

impl TaskSource<'_> {
    /// The names that `${{ }}` may use.
    pub fn scope(&self) -> &Scope {
        &self.spec.scope
    }
}
