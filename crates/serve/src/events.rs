//! A run as server-sent events: each task when it has ended, which run, and the run's end; or a log as it is written.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt as _};
use serde_json::{Value, json};
use tidemill_state::{Run, RunStatus, WholeRun, run_json};

use crate::app::App;
use crate::logs;
use crate::project::Served;
use crate::reply::{Problem, Watched};

/// How often the state is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// What somebody is told: a name, and a value.
type News = Vec<(&'static str, Value)>;

/// One who watches a run.
struct Watcher {
    app: Arc<App>,
    watched: Watched,
    /// The tasks whose end was told, and those that were told to run.
    told: HashSet<String>,
    running: Vec<String>,
    is_first: bool,
    has_ended: bool,
}

/// The events of a run until it has ended.
pub fn answer(app: Arc<App>, watched: Watched) -> Response {
    Sse::new(events(app, watched)).keep_alive(KeepAlive::default()).into_response()
}

fn events(app: Arc<App>, watched: Watched) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    let (told, running) = (HashSet::new(), Vec::new());
    let watcher = Watcher { app, watched, told, running, is_first: true, has_ended: false };
    let news = stream::unfold(watcher, async |mut watcher| {
        if watcher.has_ended {
            return None;
        }
        if !std::mem::take(&mut watcher.is_first) {
            tokio::time::sleep(LOOK).await;
        }
        let looked = tokio::task::spawn_blocking(move || {
            let news = watcher.look();
            (news, watcher)
        });
        let (news, mut watcher) = looked.await.ok()?;
        // Who was watching asks again if the state could not be read.
        let news = news.unwrap_or_else(|_| {
            watcher.has_ended = true;
            Vec::new()
        });
        let masker = watcher.app.masker();
        let event = move |(kind, value): (&'static str, Value)| {
            Ok(Event::default().event(kind).data(masker.text(&value.to_string())))
        };
        Some((stream::iter(news.into_iter().map(event).collect::<Vec<_>>()), watcher))
    });
    news.flatten()
}

impl Watcher {
    /// What has happened since the last look.
    fn look(&mut self) -> Result<News, Problem> {
        let app = self.app.clone();
        let served = app.project(&self.watched.project)?;
        let (state, run) = served.run(&*app.program, self.watched.run.as_str())?;
        // Read before the tasks and the log: what a run that has ended has left is all there.
        let status = run.status();
        if self.watched.log.is_some() {
            return Ok(self.look_at_log(served, &run));
        }
        let ended = state.tasks_of(&run.id)?;
        let mut news = Vec::new();
        if ended.len() > self.told.len() {
            let whole = WholeRun::read(&state, run.clone())?;
            let new = whole.tasks.iter().filter(|task| self.told.insert(task.task.to_string()));
            news.extend(new.map(|task| ("task", whole.task_json(task))));
        }
        if status != RunStatus::Running {
            self.has_ended = true;
            news.push(("end", run_json(&run)));
            return Ok(news);
        }
        let running: Vec<String> = logs::running(served, &run.id, &ended).into_iter().map(|task| task.name).collect();
        if running != self.running {
            news.push(("running", json!(running)));
            self.running = running;
        }
        Ok(news)
    }

    /// The lines that a log has gained.
    fn look_at_log(&mut self, served: &Served, run: &Run) -> News {
        let mut news = Vec::new();
        if let Some((name, place)) = &mut self.watched.log
            && let Some((text, end)) = logs::added(served, &run.id, name, *place)
            && end > *place
        {
            *place = end;
            news.push(("log", Value::from(text)));
        } else if run.status() != RunStatus::Running {
            self.has_ended = true;
            news.push(("end", run_json(run)));
        }
        news
    }
}
