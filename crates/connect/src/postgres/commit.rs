//! The commit, and finding out whether it went through when its answer is lost.

use std::time::Duration;

use tidemill_core::connection::{ConnectionError, ConnectionErrorKind};
use tokio_postgres::Error;

use super::backend::Backend;
use super::error::{error, lost, of_statement};
use super::ledger::Ledger;
use super::link::Link;
use super::session::{Purpose, Session};

/// How often the server is asked, with pauses that double from the first one on: half a minute in all.
const TRIES: u32 = 8;
/// The first pause.
const PAUSE: Duration = Duration::from_millis(125);
/// How long one asking may take.
const ASKING: Duration = Duration::from_secs(60);
/// How long the lost transaction is waited for.
const PATIENCE: &str = "set local lock_timeout = '15s'";

/// Commits.
///
/// # Errors
/// If the server refuses, or it is found out that nothing was committed; `Uncertain` if it cannot be found out.
pub(super) async fn commit(
    link: &Link,
    session: Session,
    ledger: &Ledger<'_>,
    written_at: &str,
) -> Result<(), ConnectionError> {
    // Where the server says no it has not; where it is going down it may have.
    let is_going_down =
        |code: &tokio_postgres::error::SqlState| code.code().starts_with("57") || code.code().starts_with("08");
    match session.answered(session.client.batch_execute("commit")).await {
        Some(Ok(())) => return Ok(()),
        Some(Err(fault)) if fault.code().is_some_and(|code| !is_going_down(code)) => {
            return Err(of_statement(link.name(), &fault, None));
        }
        Some(Err(_)) | None => {}
    }
    let backend = session.close();
    let mut pause = PAUSE;
    for _ in 0..TRIES {
        let asking = went_through(link, &backend, ledger, written_at);
        match tokio::time::timeout(ASKING, asking).await.unwrap_or_else(|_| Err(lost(link.name()))) {
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
