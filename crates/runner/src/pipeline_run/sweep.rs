//! What a run that died has left half written.

use std::path::PathBuf;

use tidemill_core::attempt::is_staged_name;
use tidemill_core::cache::is_temporary_name;
use tidemill_core::plan::resolve;

use super::Runner;

impl Runner<'_> {
    /// Removes what a run that died has left half written, under temporary names, where outputs go.
    pub(super) fn sweep(&self) {
        let spec = &self.project.spec;
        let plans = std::iter::once(&self.project.plan).chain(self.project.handlers.iter().map(|(_, plan)| plan));
        let mut folders: Vec<PathBuf> = Vec::new();
        for task in plans.flat_map(|plan| &plan.tasks) {
            let outputs = task.outputs.iter().map(|output| resolve(&spec.project, &output.path.value));
            folders.extend(outputs.filter_map(|path| Some(path.parent()?.to_owned())));
            folders.extend(task.io.folders.iter().map(|folder| resolve(&spec.project, &folder.value)));
        }
        folders.sort();
        folders.dedup();
        let scratch = spec.project.join(tidemill_state::FOLDER).join("scratch");
        if let Err(error) = std::fs::remove_dir_all(&scratch)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            self.reporter.warning(&format!("cannot remove {}: {error}", scratch.display()));
        }
        for folder in folders {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let name = entry.file_name();
                // Outputs are staged by attempts, and copied from the cache.
                if (is_staged_name(&name) || is_temporary_name(&name))
                    && let Err(error) = std::fs::remove_file(entry.path())
                {
                    self.reporter.warning(&format!("cannot remove {}: {error}", entry.path().display()));
                }
            }
        }
    }
}
