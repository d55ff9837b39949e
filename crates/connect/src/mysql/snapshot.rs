//! One moment that all reads of a run see.
//!
//! A snapshot of MySQL belongs to the transaction of one connection, so the reads go through that one, one after another.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind as Kind};
use tokio::sync::{Mutex as TurnMutex, OwnedMutexGuard};

use super::session::Server;
use crate::written;

/// The snapshot of a server, while somebody holds one.
pub(super) struct Snapshots {
    held: Mutex<Option<Held>>,
}

struct Held {
    /// By how many.
    holders: usize,
    /// What had been written when it began.
    moment: u64,
    connection: Arc<TurnMutex<Transaction>>,
}

/// The connection of a snapshot.
pub(super) enum Transaction {
    /// Nothing has been read yet.
    NotBegun,
    /// It is there, and this is its connection.
    Open(Conn),
    /// Somebody reads through it; if he does not bring it back, it is lost.
    Lost,
}

/// A connection to read through.
pub(super) enum Lent {
    /// Of nobody else.
    Own(Conn),
    /// That of the snapshot, to be given back.
    Shared(Conn, OwnedMutexGuard<Transaction>),
}

impl Snapshots {
    /// None is held.
    pub fn new() -> Self {
        Self { held: Mutex::new(None) }
    }

    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more holds it.
    pub fn begin(&self) {
        let mut held = self.held();
        match &mut *held {
            Some(held) => held.holders += 1,
            None => {
                *held = Some(Held {
                    holders: 1,
                    moment: written::moment(),
                    connection: Arc::new(TurnMutex::new(Transaction::NotBegun)),
                })
            }
        }
    }

    /// One less holds it; the last one ends it. Its connection closes as soon as nobody reads through it any more.
    pub fn end(&self) {
        let mut held = self.held();
        if let Some(some) = &mut *held {
            some.holders -= 1;
            if some.holders == 0 {
                *held = None;
            }
        }
    }

    /// The connection of the snapshot, if a statement is to be read through it.
    fn shared(&self, server: &Server, sql: &str) -> Option<Arc<TurnMutex<Transaction>>> {
        let held = self.held();
        let held = held.as_ref().filter(|held| !written::is_newer(&server.settings.place, sql, held.moment))?;
        Some(Arc::clone(&held.connection))
    }

    /// A connection to read through: that of the snapshot, in its turn, or one of its own. What the run itself has written since is
    /// seen as it is.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses, or the snapshot's connection was lost.
    pub async fn lend(&self, server: &Server, sql: &str) -> Result<Lent, ConnectionError> {
        let Some(connection) = self.shared(server, sql) else {
            return Ok(Lent::Own(server.session().await?));
        };
        let mut turn = connection.lock_owned().await;
        let conn = match std::mem::replace(&mut *turn, Transaction::Lost) {
            Transaction::Open(conn) => conn,
            Transaction::NotBegun => match begun(server).await {
                Ok(conn) => conn,
                Err(error) => {
                    *turn = Transaction::NotBegun;
                    return Err(error);
                }
            },
            Transaction::Lost => return Err(lost(server)),
        };
        Ok(Lent::Shared(conn, turn))
    }
}

async fn begun(server: &Server) -> Result<Conn, ConnectionError> {
    let mut conn = server.session().await?;
    let id = conn.id();
    server.answer(id, conn.query_drop("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")).await?;
    server.answer(id, conn.query_drop("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")).await?;
    Ok(conn)
}

fn lost(server: &Server) -> ConnectionError {
    let message = "was lost in the middle of a run, and with it the moment that all its loads see";
    ConnectionError::new(Kind::Unreachable, &server.settings.name, message)
        .help("run again; `snapshot: none` lets each load see its own moment")
}

impl Lent {
    /// The connection.
    pub fn conn(&mut self) -> &mut Conn {
        match self {
            Self::Own(conn) | Self::Shared(conn, _) => conn,
        }
    }

    /// Whether nothing is under way on it. An order to end a query may come late, and would end the next one.
    pub async fn settle(&mut self, server: &Server, was_stopped: bool) -> bool {
        let conn = self.conn();
        if was_stopped {
            server.prompt(conn.query_drop("DO 0")).await;
        }
        !conn.is_disconnected() && server.prompt(conn.query_drop("DO 0")).await
    }

    /// Gives it back, for who reads next.
    pub fn give_back(self, server: &Server) {
        match self {
            Self::Own(conn) => server.give_back(conn),
            Self::Shared(conn, mut turn) => *turn = Transaction::Open(conn),
        }
    }
}
