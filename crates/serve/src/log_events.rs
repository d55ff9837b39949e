//! A log as server-sent events: lines as they are written, and the run's end.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt as _};
use tidemill_core::ids::RunId;
use tidemill_state::{RunStatus, run_json};

use crate::app::App;
use crate::logs;
use crate::reply::Problem;

/// How often the log is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// A log that somebody reads as it is written.
pub struct Reading {
    /// The process.
    pub app: Arc<App>,
    /// The project's name in addresses.
    pub project: String,
    /// The run.
    pub run: RunId,
    /// The log's name.
    pub log: String,
    /// So many bytes of it are known.
    pub place: u64,
}

/// How a reading stands.
#[derive(PartialEq)]
enum Next {
    TaskFilter,
    Wait,
    End,
}

/// The events of a log until the run has ended.
pub fn answer(reading: Reading) -> Response {
    Sse::new(events(reading)).keep_alive(KeepAlive::default()).into_response()
}

fn events(reading: Reading) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    let news = stream::unfold((reading, Next::TaskFilter), async |(mut reading, next)| {
        match next {
            Next::End => return None,
            Next::Wait => tokio::time::sleep(LOOK).await,
            Next::TaskFilter => {}
        }
        let looked = tokio::task::spawn_blocking(move || (reading.look(), reading));
        let (news, reading) = looked.await.ok()?;
        // Who was reading asks again if the state could not be read.
        let (event, next) = news.unwrap_or((None, Next::End));
        Some((stream::iter(event.map(Ok)), (reading, next)))
    });
    news.flatten()
}

impl Reading {
    /// The lines that the log has gained, or the end of the run.
    fn look(&mut self) -> Result<(Option<Event>, Next), Problem> {
        let served = self.app.project(&self.project)?;
        // Read before the log: what a run that has ended has left is all there.
        let (_, run) = served.run(&*self.app.program, self.run.as_str())?;
        let event = |kind: &str, value: serde_json::Value| {
            Some(Event::default().event(kind).data(self.app.masker().text(&value.to_string())))
        };
        match logs::added(served, &run.id, &self.log, self.place) {
            Some((text, end)) if end > self.place => {
                self.place = end;
                Ok((event("log", text.into()), Next::Wait))
            }
            _ if run.status() != RunStatus::Running => Ok((event("end", run_json(&run)), Next::End)),
            _ => Ok((None, Next::Wait)),
        }
    }
}
