//! The commit, and finding out whether it went through when its answer is lost.

use std::time::Duration;

use tidemill_core::connection::{ConnectionError, ConnectionErrorKind};
use tokio_postgres::{Client, Error};

use super::error::{error, lost, of_statement};
use super::ledger::Ledger;
use super::link::Link;
use super::session::{Purpose, Session};

/// How often the server is asked, with pauses that double from the first one on: half a minute in all.
const TRIES: u32 = 8;
/// The first pause.
const PAUSE: Duration = Duration::from_millis(125);
/// How long the lost transaction is waited for.
const PATIENCE: &str = "set local lock_timeout = '15s'";

/// The process of the server that serves a session.
pub(super) struct Backend {
    process: i32,
    /// Since when it runs: the number alone may be another one's later.
    since: String,
}

impl Backend {
    /// That of this session.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn of(client: &Client) -> Result<Self, Error> {
        let sql = "select pg_backend_pid(), coalesce((select backend_start::text from pg_catalog.pg_stat_activity \
                   where pid = pg_backend_pid()), '')";
        let row = client.query_one(sql, &[]).await?;
        Ok(Self { process: row.try_get(0)?, since: row.try_get(1)? })
    }

    /// Ends it, should it still wait for a client that is gone.
    async fn end(&self, client: &Client) -> Result<(), Error> {
        let sql = "select pg_terminate_backend(pid) from pg_catalog.pg_stat_activity where pid = $1 and backend_start::text = $2";
        client.query(sql, &[&self.process, &self.since]).await.map(drop)
    }
}

/// Commits.
///
/// # Errors
/// If the server refuses, or it is found out that nothing was committed; `Uncertain` if it cannot be found out.
pub(super) async fn commit(
    link: &Link,
    session: Session,
    backend: &Backend,
    ledger: &Ledger<'_>,
    written_at: &str,
) -> Result<(), ConnectionError> {
    let Err(fault) = session.client.batch_execute("commit").await else { return Ok(()) };
    // Where the server says no it has not; where it is going down it may have.
    let is_going_down =
        |code: &tokio_postgres::error::SqlState| code.code().starts_with("57") || code.code().starts_with("08");
    if fault.code().is_some_and(|code| !is_going_down(code)) {
        return Err(of_statement(link.name(), &fault, None));
    }
    drop(session);
    let mut pause = PAUSE;
    for _ in 0..TRIES {
        match went_through(link, backend, ledger, written_at).await {
            Ok(true) => return Ok(()),
            Ok(false) => {
                let lost = lost(link.name());
                return Err(error(
                    link.name(),
                    lost.kind,
                    format!("{} before it had committed; nothing was written", lost.message),
                ));
            }
            Err(_) => tokio::time::sleep(pause).await,
        }
        pause *= 2;
    }
    let message = "was lost when it was to commit, and cannot be asked since whether it did";
    Err(error(link.name(), ConnectionErrorKind::Uncertain, message)
        .help("when the server is there again, run it again: the ledger tells whether the rows are there"))
}

/// Asks the ledger, once the lost transaction has ended.
async fn went_through(
    link: &Link,
    backend: &Backend,
    ledger: &Ledger<'_>,
    written_at: &str,
) -> Result<bool, ConnectionError> {
    let session = Session::connect(&link.settings, Purpose::Write).await?;
    let client = &session.client;
    let asked = async {
        backend.end(client).await?;
        // The lock is free when that transaction has ended, one way or the other.
        client.batch_execute(&format!("begin; {PATIENCE}; {}", ledger.lock())).await?;
        let line = ledger.find(client).await?;
        client.batch_execute("rollback").await?;
        Ok::<_, Error>(line.is_some_and(|line| line.written_at == written_at))
    };
    asked.await.map_err(|fault| of_statement(link.name(), &fault, None))
}
