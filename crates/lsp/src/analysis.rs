//! What a check of a whole pipeline found, and who checks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tidemill_core::diagnostic::{Diagnostic, FileId, Severity, SourceMap};
use tidemill_core::ids::TaskIx;
use tidemill_core::plan::{Plan, PlannedTask, TaskSchemas, resolve};
use tidemill_core::spec::{Node, Spec, tree};
use tidemill_core::table::{Location, Schema};
use tidemill_core::task::{FileRole, TaskTypes};

/// Texts that an editor has not saved, by the absolute paths of their files.
pub type Unsaved = Arc<BTreeMap<PathBuf, String>>;

/// Checks pipelines as the command line does.
pub trait Checker: Send + Sync {
    /// Checks a pipeline, with these texts instead of the files.
    ///
    /// # Errors
    /// In words, if it cannot be checked at all.
    fn check(&self, pipeline: &Path, unsaved: &Unsaved) -> Result<Analysis, String>;

    /// What the last run made of a task, in a few words: `1,204 rows in the run of 2024-11-20 19:45`.
    fn last_result(&self, analysis: &Analysis, task: TaskIx) -> Option<String>;
}

/// A pipeline as a check found it.
pub struct Analysis {
    /// The task types that it may use.
    pub types: Arc<TaskTypes>,
    /// Its texts.
    pub sources: Arc<SourceMap>,
    /// All that is wrong, in the order of `tidemill check`.
    pub diagnostics: Vec<Diagnostic>,
    /// The pipeline; with mistakes, what could be made of it.
    pub spec: Option<Arc<Spec>>,
    /// Its graph, as long as it has one.
    pub plan: Option<Plan>,
    /// The columns of every task of the graph.
    pub columns: TaskSchemas,
}

impl Analysis {
    /// Where the text of that file comes from; SQL files and templates are named from the project's folder.
    pub fn path(&self, file: FileId) -> Option<PathBuf> {
        let name = Path::new(&self.sources.get(file)?.name);
        Some(self.spec.as_ref().map_or_else(|| name.to_owned(), |spec| spec.project.join(name)))
    }

    /// The text of that path, if it belongs to the pipeline.
    pub fn file(&self, path: &Path) -> Option<FileId> {
        self.sources.files().map(|(id, _)| id).find(|id| self.path(*id).is_some_and(|known| known == path))
    }

    /// The paths of all of its texts.
    pub fn paths(&self) -> impl Iterator<Item = PathBuf> {
        self.sources.files().filter_map(|(id, _)| self.path(id))
    }

    /// The tree of one of its YAML files.
    pub fn tree(&self, file: FileId) -> Option<Node> {
        let is_yaml =
            self.spec.as_ref().is_none_or(|spec| spec.files.iter().any(|path| self.path(file).as_ref() == Some(path)));
        is_yaml.then(|| tree(file, &self.sources.get(file)?.text)).flatten()
    }

    /// The task of that id; of a `foreach`, the first instance.
    pub fn task(&self, id: &str) -> Option<(TaskIx, &PlannedTask)> {
        let plan = self.plan.as_ref()?;
        let ix = plan.named(id).into_iter().next()?;
        Some((ix, plan.task(ix)))
    }

    /// The task that has that text as its SQL file or template.
    pub fn owner(&self, path: &Path) -> Option<(TaskIx, &PlannedTask)> {
        let plan = self.plan.as_ref()?;
        let is_text = |role: FileRole| matches!(role, FileRole::Sql | FileRole::Template);
        let is_path = |location: &Location| resolve(&plan.spec.project, location) == path;
        let has = |task: &PlannedTask| task.io.files.iter().any(|file| is_text(file.role) && is_path(&file.path.value));
        let at = plan.tasks.iter().position(has)?;
        let ix = plan.named(plan.tasks[at].name.as_str()).into_iter().next()?;
        Some((ix, &plan.tasks[at]))
    }

    /// The columns of a task's table.
    pub fn schema(&self, task: TaskIx) -> Option<&Schema> {
        self.columns.get(task.index())?.as_ref()
    }

    /// The tables that a task reads, under the names that the file has for them, with their columns.
    pub fn tables_read<'a>(&'a self, task: &'a PlannedTask) -> Vec<(&'a str, TaskIx, &'a Schema)> {
        let read = task.tables_read().into_iter();
        read.filter_map(|(name, tasks)| tasks.first().and_then(|ix| Some((name, *ix, self.schema(*ix)?)))).collect()
    }

    /// The errors.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|found| found.severity == Severity::Error)
    }
}
