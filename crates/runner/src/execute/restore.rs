//! Publishing the files of an earlier result again.

use jiff::Timestamp;
use tidemill_core::attempt::{NEVER_CANCELLED, Staging};
use tidemill_core::fingerprint::{Reason, digest_of_file};
use tidemill_core::ids::TaskIx;
use tidemill_core::private;
use tidemill_core::table::Location;
use tidemill_core::task::TaskFailure;
use tidemill_state::{Edited, LastGood, Output};

use super::TaskExecutor;
use super::attempt::misplaced;
use crate::outgoing::place_of;

impl TaskExecutor {
    /// Publishes the files of an earlier result again; what was edited by hand is saved first.
    /// Sentences about what was saved.
    pub(super) fn restore(&self, ix: TaskIx, last: &LastGood, reasons: &[Reason]) -> Result<Vec<String>, TaskFailure> {
        let mut told = Vec::new();
        let wrong = |what: String| TaskFailure::new(what);
        let cache = &self.context.cache;
        for output in last.outputs().map_err(|error| wrong(error.to_string()))? {
            let location = Location::new(output.path.as_str());
            let storage = self.plan.storages.of(&location).map_err(|error| wrong(error.to_string()))?;
            let is = storage.content(&cache.project, &location, &cache.files);
            let is = is.map_err(|error| wrong(error.to_string()))?;
            if is == Some(output.object.digest) {
                continue;
            }
            let is_edited = reasons.iter().any(|reason| *reason == Reason::OutputEdited(output.path.clone()));
            if let (Some(digest), true) = (is, is_edited) {
                let edited = storage.local_path(&cache.project, &location).map_err(|error| wrong(error.to_string()))?;
                told.push(self.save_edited(&edited, &output.path, digest)?);
            }
            let path = place_of(&cache.project, &location);
            self.places.check(&path).map_err(|error| misplaced(&error))?;
            if output.rewritten {
                self.rewrite(ix, last, &output)?;
            } else {
                cache.store.publish(&output.object.digest, &path).map_err(|error| wrong(error.to_string()))?;
            }
            self.send(&location)?;
        }
        Ok(told)
    }

    /// Writes a file again from the task's table. It must come out as it was, or the task has to run.
    fn rewrite(&self, ix: TaskIx, last: &LastGood, output: &Output) -> Result<(), TaskFailure> {
        let lost = || TaskFailure::new(format!("`{}` cannot be written again from its table", output.path));
        let wrong = |what: String| TaskFailure::new(what);
        let context = &self.context;
        let sink = self.plan.task(ix).sinks.iter().find(|sink| sink.path.as_str() == output.path).ok_or_else(lost)?;
        let table = last.table.as_ref().ok_or_else(lost)?;
        let opened = self.stored_tables().open(&table.object.digest);
        let table = opened.map_err(|error| wrong(error.to_string()))?.ok_or_else(lost)?;
        let staging = Staging::new();
        let staged = staging.stage(&place_of(&context.cache.project, &sink.path));
        let written = context.engine.write(&table, sink, &Location::new(staged.to_string_lossy()))?;
        let digest = match written.digest {
            Some(digest) => digest,
            None => digest_of_file(&staged, &NEVER_CANCELLED).map_err(|error| wrong(error.to_string()))?.0,
        };
        if digest != output.object.digest {
            return Err(lost());
        }
        staging.publish(&self.places).map(drop).map_err(|error| wrong(error.to_string()))
    }

    fn save_edited(
        &self,
        path: &std::path::Path,
        output: &str,
        digest: tidemill_core::ids::Digest,
    ) -> Result<String, TaskFailure> {
        let run = &self.context.id;
        let saved = format!("{}/edited/{run}/{}", tidemill_state::FOLDER, output.replace("://", "/"));
        let target = self.context.cache.project.join(&saved);
        let copied = target.parent().map_or(Ok(()), private::folder).and_then(|()| std::fs::copy(path, &target));
        copied.map_err(|error| TaskFailure::new(format!("cannot save the edited {output} to {saved}: {error}")))?;
        let edited =
            Edited { path: output.to_owned(), saved: saved.clone(), digest, run: run.clone(), at: Timestamp::now() };
        self.state().record_edited(&edited).map_err(|error| TaskFailure::new(error.to_string()))?;
        Ok(format!("{output} had been edited by hand; that file is kept as {saved}"))
    }
}
