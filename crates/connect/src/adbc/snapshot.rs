//! One moment that all reads of a run see: they go through the transaction of one connection, one after another.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use adbc_driver_manager::ManagedConnection;
use tidemill_core::connection::ConnectionError;
use tokio::sync::{Mutex as TurnMutex, OwnedMutexGuard};

use super::session::{Link, Session};

/// The snapshot of a database, while somebody holds one.
#[derive(Default)]
pub(super) struct Snapshots {
    held: Mutex<Option<Held>>,
}

struct Held {
    /// By how many.
    holders: usize,
    link: Arc<TurnMutex<Option<Link>>>,
}

/// A connection to read through.
pub(super) enum Lent {
    /// Of nobody else.
    Own(Link),
    /// That of the snapshot, in its turn.
    Shared { connection: ManagedConnection, _turn: OwnedMutexGuard<Option<Link>> },
}

impl Snapshots {
    fn held(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more holds it.
    pub fn begin(&self) {
        let mut held = self.held();
        match &mut *held {
            Some(held) => held.holders += 1,
            None => *held = Some(Held { holders: 1, link: Arc::default() }),
        }
    }

    /// One less holds it; the last one ends it.
    pub fn end(&self) {
        let mut held = self.held();
        if let Some(some) = &mut *held {
            some.holders = some.holders.saturating_sub(1);
            if some.holders == 0 {
                *held = None;
            }
        }
    }

    /// A connection to read through: that of the snapshot, in its turn, or one of its own.
    ///
    /// # Errors
    /// If the database cannot be reached or refuses.
    pub fn lend(&self, session: &Session) -> Result<Lent, ConnectionError> {
        let Some(link) = self.held().as_ref().map(|held| Arc::clone(&held.link)) else {
            return session.connect().map(Lent::Own);
        };
        let mut turn = link.blocking_lock_owned();
        if let Some(link) = &*turn {
            let connection = link.connection.clone();
            return Ok(Lent::Shared { connection, _turn: turn });
        }
        match begun(session)? {
            Some(link) => {
                let connection = link.connection.clone();
                *turn = Some(link);
                Ok(Lent::Shared { connection, _turn: turn })
            }
            None => session.connect().map(Lent::Own),
        }
    }
}

/// A connection whose reads see one moment; None if the driver has no transactions.
fn begun(session: &Session) -> Result<Option<Link>, ConnectionError> {
    let Some(mut link) = session.transaction()? else { return Ok(None) };
    if session.settings.is_for("postgres") {
        session.execute(&mut link.connection, "set transaction isolation level repeatable read", Vec::new())?;
    }
    Ok(Some(link))
}

impl Lent {
    /// The connection.
    pub fn connection(&mut self) -> &mut ManagedConnection {
        match self {
            Self::Own(link) => &mut link.connection,
            Self::Shared { connection, .. } => connection,
        }
    }
}
