//! The connections to one database, and the readings on them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tidemill_core::connection::{ConnectionError, ConnectionErrorKind};
use tidemill_core::diagnostic::nearest;

use super::error::of_statement;
use super::session::{Purpose, Session, Stop, or_stopped};
use super::settings::Settings;
use super::snapshot::{BEGIN, Snapshot};

/// Connections that are kept for the next reading: connecting with TLS and a password takes longer than most queries.
const KEPT: usize = 4;

/// A database, its settings and connections.
pub(super) struct Link {
    /// How it is reached.
    pub settings: Settings,
    idle: Mutex<Vec<Session>>,
    snapshot: tokio::sync::Mutex<Snapshot>,
}

impl Link {
    /// To that database; nothing connects.
    pub fn new(settings: Settings) -> Self {
        Self { settings, idle: Mutex::default(), snapshot: tokio::sync::Mutex::default() }
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
        let idle = self.idle().pop().filter(|session| !session.client.is_closed());
        if let Some(session) = idle
            && session.client.batch_execute(&beginning).await.is_ok()
        {
            return Ok(session);
        }
        let session = Session::connect(&self.settings, Purpose::Read).await?;
        let begun = session.client.batch_execute(&beginning).await;
        begun.map_err(|fault| of_statement(self.name(), &fault, None))?;
        Ok(session)
    }

    /// Ends the transaction, and keeps the session for the next one.
    pub async fn end(&self, session: Session) {
        if session.client.batch_execute("commit").await.is_ok() {
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
        match session.until_stopped(self.name(), stop, work(&session)).await {
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
        let Ok(answers) = session.client.simple_query(&sql).await else { return fault };
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
