//! One snapshot for all reading of a run: a connection that stays open exports it.

use std::sync::Arc;

use tidemill_core::connection::{ConnectionError, ConnectionErrorKind};
use tokio_postgres::{Client, Error};

use super::error::error;
use super::session::{Purpose, Session};
use super::settings::Settings;
use crate::written;

/// How a transaction that reads begins: it sees one state of the rows from its first query on.
pub(super) const BEGIN: &str = "begin isolation level repeatable read read only";

/// The snapshot that reading shares, if it is to share one.
#[derive(Default)]
pub(super) struct Snapshot {
    /// How many have begun it and not ended it.
    holders: usize,
    /// The connection that exports it, from the first reading on, and its name.
    exported: Option<(Session, String)>,
    /// What had been written when it began.
    moment: u64,
}

impl Snapshot {
    /// One more wants it.
    pub fn begin(&mut self) {
        if self.holders == 0 {
            self.moment = written::moment();
        }
        self.holders += 1;
    }

    /// One less wants it; whether nobody does any more.
    pub fn end(&mut self) -> bool {
        self.holders = self.holders.saturating_sub(1);
        if self.holders == 0 {
            self.exported = None;
        }
        self.holders == 0
    }

    /// The statements with which a reading begins. What the run itself has written since is seen as it is.
    ///
    /// # Errors
    /// If the snapshot cannot be had, or its connection was lost.
    pub async fn beginning(&mut self, settings: &Arc<Settings>, sql: &str) -> Result<String, ConnectionError> {
        let is_newer = || written::is_newer(&settings.server(), sql, self.moment);
        if self.holders == 0 || !settings.snapshot || is_newer() {
            return Ok(BEGIN.to_owned());
        }
        let name = &settings.name;
        let (session, snapshot) = match self.exported.take() {
            Some(exported) => exported,
            None => {
                let session = Session::connect(settings, Purpose::Read).await?;
                session.promptly(BEGIN).await?;
                let snapshot = session.answer(export(&session.client)).await?;
                (session, snapshot)
            }
        };
        let is_lost = session.client.is_closed();
        let (_, snapshot) = self.exported.insert((session, snapshot));
        if is_lost {
            let message = "was lost where it held the snapshot that all reading of this run shares";
            return Err(error(name, ConnectionErrorKind::Unreachable, message)
                .help("run it again; `snapshot: none` lets each reading see its own state of the rows"));
        }
        Ok(joining(snapshot))
    }
}

/// How a transaction begins that sees what a snapshot shows.
pub(super) fn joining(snapshot: &str) -> String {
    format!("{BEGIN}; set transaction snapshot '{snapshot}'")
}

/// The name of the snapshot of a transaction that reads, for others to join it as long as that one lasts.
///
/// # Errors
/// If the server refuses.
pub(super) async fn export(client: &Client) -> Result<String, Error> {
    client.query_one("select pg_export_snapshot()", &[]).await?.try_get(0)
}
