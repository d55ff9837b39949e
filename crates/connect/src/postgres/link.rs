//! The connections to one database, and the readings on them.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::join_all;
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind};
use tidemill_core::diagnostic::nearest;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::of_statement;
use super::session::{Purpose, Session, Stop, or_stopped};
use super::settings::Settings;
use super::snapshot::{self, BEGIN, Snapshot};

/// Connections that are kept for the next reading: connecting with TLS and a password takes longer than most queries.
const KEPT: usize = 4;

/// Sessions that read one table at most.
const READERS: usize = 4;

/// A database, its settings and connections.
pub(super) struct Link {
    /// How it is reached.
    pub settings: Arc<Settings>,
    /// What all readings together may have beside one session each: no more than this machine can follow.
    more: Arc<Semaphore>,
    idle: Mutex<Vec<Session>>,
    snapshot: tokio::sync::Mutex<Snapshot>,
}

impl Link {
    /// To that database; nothing connects.
    pub fn new(settings: Settings) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let more = Arc::new(Semaphore::new(processors.min(READERS) - 1));
        Self { settings: Arc::new(settings), more, idle: Mutex::default(), snapshot: tokio::sync::Mutex::default() }
    }

    /// The connection's name.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// All reading from now on shares a snapshot. To be called from outside of the runtime.
    pub fn begin_snapshot(&self) {
        self.snapshot.blocking_lock().begin();
    }

    /// Ends that; with the last holder the connections end too.
    pub fn end_snapshot(&self) {
        if self.snapshot.blocking_lock().end() {
            self.idle().clear();
        }
    }

    /// A session in a transaction that reads what a statement names.
    ///
    /// # Errors
    /// If the server cannot be reached or refuses.
    pub async fn begin(&self, sql: &str) -> Result<Session, ConnectionError> {
        let beginning = self.snapshot.lock().await.beginning(&self.settings, sql).await?;
        self.begun(&beginning).await
    }

    /// A session in which these statements are done.
    async fn begun(&self, beginning: &str) -> Result<Session, ConnectionError> {
        let idle = self.idle().pop().filter(|session| !session.client.is_closed());
        if let Some(session) = idle
            && session.promptly(beginning).await.is_ok()
        {
            return Ok(session);
        }
        let session = Session::connect(&self.settings, Purpose::Read).await?;
        session.promptly(beginning).await?;
        Ok(session)
    }

    /// The right to read with more sessions than one, so many at most.
    pub fn more_readers(&self, wanted: usize) -> Vec<OwnedSemaphorePermit> {
        (0..wanted).map_while(|_| Arc::clone(&self.more).try_acquire_owned().ok()).collect()
    }

    /// So many more sessions, which see what one sees, once a statement is done there. There may be fewer.
    ///
    /// # Errors
    /// If the server refuses to say what that one sees.
    pub async fn beside(&self, one: &Session, first: &str, count: usize) -> Result<Vec<Session>, ConnectionError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let snapshot = snapshot::export(&one.client).await.map_err(|fault| of_statement(self.name(), &fault, None))?;
        let beginning = format!("{}; {first}", snapshot::joining(&snapshot));
        // Where the server has no more sessions to give, those that there are read all of it.
        Ok(join_all((0..count).map(|_| self.begun(&beginning))).await.into_iter().flatten().collect())
    }

    /// Ends the transaction, and keeps the session for the next one.
    pub async fn end(&self, session: Session) {
        if session.promptly("commit").await.is_ok() {
            let mut idle = self.idle();
            if idle.len() < KEPT {
                idle.push(session);
            }
        }
    }

    /// Does something that reads what a statement names, in a transaction of its own.
    ///
    /// # Errors
    /// If the server cannot be reached, those of the work, or that it was cancelled.
    pub async fn reading<T>(
        &self,
        sql: &str,
        stop: &Stop,
        work: impl AsyncFnOnce(&Session) -> Result<T, ConnectionError>,
    ) -> Result<T, ConnectionError> {
        let session = or_stopped(self.name(), stop, self.begin(sql)).await?;
        match session.until_stopped(stop, work(&session)).await {
            Ok(done) => {
                self.end(session).await;
                Ok(done)
            }
            Err(fault) => Err(Self::with_nearest(&session, fault).await),
        }
    }

    /// The error, with the name of the table that was most likely meant by one that is not there.
    pub async fn with_nearest(session: &Session, fault: ConnectionError) -> ConnectionError {
        let missing = fault.message.split_once("relation \"").and_then(|(_, rest)| rest.split_once('"'));
        let Some((missing, _)) = missing.filter(|_| fault.kind == ConnectionErrorKind::Missing) else { return fault };
        let named = match missing.split_once('.') {
            Some((schema, _)) => format!("n.nspname = {}", super::sql::literal(schema)),
            None => "n.nspname = any(current_schemas(false))".to_owned(),
        };
        let sql = format!(
            "rollback; {BEGIN}; select c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
             where c.relkind in ('r', 'v', 'm', 'f', 'p') and {named} order by 1 limit 10000"
        );
        let Some(Ok(answers)) = session.answered(session.client.simple_query(&sql)).await else { return fault };
        let names: Vec<&str> = answers
            .iter()
            .filter_map(|answer| match answer {
                tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
                _ => None,
            })
            .collect();
        let name = missing.rsplit('.').next().unwrap_or(missing);
        match nearest(name, names.iter().copied()) {
            Some(meant) => fault.help(format!("do you mean `{meant}`?")),
            None if names.is_empty() => fault.help("there is no table there that this user may know of"),
            None => fault.help(format!("there are {}", names[..names.len().min(8)].join(", "))),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
