//! The process of the server that serves a session.

use tokio_postgres::{Client, Error, SimpleQueryMessage};

use crate::liveness::Seen;

/// The statement by which a session finds out who serves it.
pub(super) const WHO: &str = "select pg_backend_pid(), coalesce((select backend_start::text \
                              from pg_catalog.pg_stat_activity where pid = pg_backend_pid()), '')";

/// Holds for the process alone: its number may be another one's later.
const IS_IT: &str = "from pg_catalog.pg_stat_activity where pid = $1 and coalesce(backend_start::text, '') = $2";

/// A process of the server.
#[derive(Debug, Default)]
pub(super) struct Backend {
    process: i32,
    /// Since when it runs.
    since: String,
}

impl Backend {
    /// What [`WHO`] was answered at the end of other statements.
    pub fn of(answers: &[SimpleQueryMessage]) -> Self {
        let row = answers.iter().rev().find_map(|answer| match answer {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let text = |at| row.and_then(|row| row.get(at)).unwrap_or_default();
        Self { process: text(0).parse().unwrap_or_default(), since: text(1).to_owned() }
    }

    /// What it does now, as another session sees it.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn seen(&self, client: &Client) -> Result<Seen, Error> {
        let sql = format!("select coalesce(wait_event = 'ClientRead', false) {IS_IT}");
        let row = client.query_opt(&sql, &[&self.process, &self.since]).await?;
        Ok(match row.map(|row| row.try_get(0)).transpose()? {
            None => Seen::Gone,
            Some(true) => Seen::Waiting,
            Some(false) => Seen::Working,
        })
    }

    /// Ends it, should it still wait for a client that is gone.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn end(&self, client: &Client) -> Result<(), Error> {
        client
            .query(&format!("select pg_terminate_backend(pid) {IS_IT}"), &[&self.process, &self.since])
            .await
            .map(drop)
    }
}
