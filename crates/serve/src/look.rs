//! One thread looks at a run that is watched, however many watch it.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tidemill_core::ids::RunId;
use tidemill_state::{Process, RunStatus, WholeRun, run_json};
use tokio::sync::watch::{Receiver, channel};

use crate::app::App;
use crate::logs;
use crate::project::ServedProject;
use crate::reloading::Stamp;
use crate::reply::Problem;
use crate::watched::News;

/// How often a run is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// What happens in a run from now on, with what has happened. Nothing more comes when it has ended or cannot be read.
pub fn watch(app: &Arc<App>, project: String, run: RunId) -> Receiver<News> {
    let key = (project, run);
    let mut watched = app.watched.lock();
    if let Some(sender) = watched.get(&key) {
        return sender.subscribe();
    }
    let (sender, receiver) = channel(News::default());
    watched.insert(key.clone(), sender);
    drop(watched);
    let mut look = TaskFilter { app: app.clone(), key, read_at: None, place: 0, told: HashSet::new(), is_listed: true };
    std::thread::spawn(move || {
        while look.look().unwrap_or(false) && look.is_watched() {
            std::thread::sleep(LOOK);
        }
    });
    receiver
}

/// One that looks at a run.
struct TaskFilter {
    app: Arc<App>,
    key: (String, RunId),
    /// How its files were when they were read, and the process of the run.
    read_at: Option<(Vec<Stamp>, Process)>,
    /// To here the state was read.
    place: i64,
    /// The tasks whose end was told.
    told: HashSet<String>,
    /// The sender among the watched runs is its own.
    is_listed: bool,
}

impl Drop for TaskFilter {
    /// Dropping the sender tells that nothing more comes, also after a panic. Whoever comes from now on begins anew.
    fn drop(&mut self) {
        if self.is_listed {
            self.app.watched.lock().remove(&self.key);
        }
    }
}

impl TaskFilter {
    /// Whether anybody is left; asked and answered under the lock under which people come.
    fn is_watched(&mut self) -> bool {
        let mut watched = self.app.watched.lock();
        self.is_listed = watched.get(&self.key).is_some_and(|sender| sender.receiver_count() > 0);
        if !self.is_listed {
            watched.remove(&self.key);
        }
        self.is_listed
    }

    /// Tells what has happened since the last look; whether the run goes on.
    fn look(&mut self) -> Result<bool, Problem> {
        let app = self.app.clone();
        let served = app.project(&self.key.0)?;
        if self.read_at.as_ref().is_some_and(|(files, run)| files.iter().all(Stamp::holds) && run.is_alive()) {
            return Ok(true);
        }
        let stamps = files(served, &self.key.1).iter().map(|file| Stamp::of(file)).collect();
        let (state, run) = served.run(&*app.program, self.key.1.as_str())?;
        // Read before the tasks: those of a run that has ended are all there.
        let status = run.status();
        self.read_at = Some((stamps, run.start.process.clone()));
        let whole = WholeRun::read_after(&state, run, self.place)?;
        self.place = whole.place;
        let masker = app.masker();
        let text = |value: Value| -> Arc<str> { masker.text(&value.to_string()).into_owned().into() };
        let new: Vec<Arc<str>> = whole.tasks.iter().map(|task| text(whole.task_json(task))).collect();
        self.told.extend(whole.tasks.iter().map(|task| task.task.to_string()));
        let goes_on = status == RunStatus::Running;
        let names = || logs::running(served, &whole.run.id, &|task| self.told.contains(task));
        let running = goes_on.then(|| text(names().into_iter().map(|task| task.name).collect()));
        let end = (!goes_on).then(|| text(run_json(&whole.run)));
        if let Some(sender) = self.app.watched.lock().get(&self.key) {
            sender.send_if_modified(|news| {
                let is_new = !new.is_empty() || end.is_some() || running.is_some() && running != news.running;
                news.tasks.extend(new);
                news.running = running.or_else(|| news.running.take());
                news.end = end;
                is_new
            });
        }
        Ok(goes_on)
    }
}

/// The files that change when something happens in a run.
fn files(served: &ServedProject, run: &RunId) -> [PathBuf; 3] {
    let state = served.folder().join(tidemill_state::FOLDER);
    let log = served.folder().join(format!("logs/{run}/{}.log", logs::OF_THE_RUN));
    [state.join("state.db"), state.join("state.db-wal"), log]
}
