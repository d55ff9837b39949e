//! A run as server-sent events: each task when it has ended, which run, and the run's end.

use std::convert::Infallible;
use std::sync::Arc;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::sync::watch::Receiver;

use crate::app::App;
use crate::log_events::{self, Reading};
use crate::look::watch;
use crate::reply::Watched;
use crate::watched::News;

/// One who watches a run.
struct Watcher {
    news: Receiver<News>,
    /// So many tasks were told.
    tasks: usize,
    running: Option<Arc<str>>,
    has_ended: bool,
}

/// The events of a run, or of a log of it, until the run has ended.
pub fn answer(app: &Arc<App>, watched: Watched) -> Response {
    let Watched { project, run, log } = watched;
    if let Some((log, place)) = log {
        return log_events::answer(Reading { app: app.clone(), project, run, log, place });
    }
    let watcher = Watcher { news: watch(app, project, run), tasks: 0, running: None, has_ended: false };
    Sse::new(events(watcher)).keep_alive(KeepAlive::default()).into_response()
}

fn events(watcher: Watcher) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    let news = stream::unfold(watcher, async |mut watcher| {
        while !watcher.has_ended {
            let events = watcher.next();
            if !events.is_empty() {
                return Some((stream::iter(events.into_iter().map(Ok)), watcher));
            }
            // Nobody looks any more: who was watching asks again.
            watcher.news.changed().await.ok()?;
        }
        None
    });
    news.flatten()
}

impl Watcher {
    /// What was not told yet.
    fn next(&mut self) -> Vec<Event> {
        let news = self.news.borrow_and_update();
        let event = |kind: &str, text: &str| Event::default().event(kind).data(text);
        let mut events: Vec<Event> = news.tasks[self.tasks..].iter().map(|task| event("task", task)).collect();
        self.tasks = news.tasks.len();
        if news.end.is_none() && news.running != self.running {
            self.running = news.running.clone();
            events.extend(news.running.iter().map(|running| event("running", running)));
        }
        self.has_ended = news.end.is_some();
        events.extend(news.end.iter().map(|end| event("end", end)));
        events
    }
}
