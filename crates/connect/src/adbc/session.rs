//! The database behind a driver, and connections to it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use adbc_core::options::{OptionConnection, OptionDatabase, OptionStatement, OptionValue};
use adbc_core::{CancelHandle, Connection, Database, Driver, Optionable, Statement};
use adbc_driver_manager::{ManagedConnection, ManagedDatabase, ManagedStatement};
use tidemill_core::attempt::{CancelCallback, CancelToken};
use tidemill_core::connection::ConnectionError;

use super::query::Query;
use super::settings::Settings;
use super::{encode, error, library};

/// Rows of a batch, where a driver lets that be chosen.
const ROWS: i64 = 65_536;

type Key = (String, Vec<(String, String)>);

/// All that are open: a database in a file must not be opened twice by one process, nor stay open when nobody needs it.
static OPENED: LazyLock<Mutex<HashMap<Key, Weak<ManagedDatabase>>>> = LazyLock::new(Mutex::default);

/// Keeps a database open. The last one closes it under the lock, so that nobody opens it again at the same time.
struct Hold(Option<Arc<ManagedDatabase>>);

impl Drop for Hold {
    fn drop(&mut self) {
        let _alone = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.take();
    }
}

/// A connection. Statements on it and their results must go before it does.
pub(super) struct Link {
    /// The connection.
    pub connection: ManagedConnection,
    _database: Hold,
}

/// A database, opened at first need.
pub(super) struct Session {
    /// How it is reached.
    pub settings: Settings,
}

impl Session {
    /// An error of the driver, as one of this connection.
    pub fn fault(&self, error: &adbc_core::error::Error) -> ConnectionError {
        error::of(&self.settings, error)
    }

    /// A new connection.
    ///
    /// # Errors
    /// If there is no such driver, or the database cannot be reached or refuses.
    pub fn connect(&self) -> Result<Link, ConnectionError> {
        let database = self.database()?;
        let held = Hold(Some(Arc::clone(&database)));
        let connection = database.new_connection().map_err(|error| error::of_opening(&self.settings, &error));
        // What is held closes the database, not this.
        drop(database);
        Ok(Link { connection: connection?, _database: held })
    }

    fn database(&self) -> Result<Arc<ManagedDatabase>, ConnectionError> {
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (self.settings.driver.clone(), self.settings.options.clone());
        if let Some(database) = opened.get(&key).and_then(Weak::upgrade) {
            return Ok(database);
        }
        let mut driver = library::load(&self.settings)?;
        let options = self
            .settings
            .options
            .iter()
            .map(|(name, value)| (OptionDatabase::from(name.as_str()), OptionValue::String(value.clone())));
        let database = driver.new_database_with_opts(options);
        let database = Arc::new(database.map_err(|error| error::of_opening(&self.settings, &error))?);
        opened.insert(key, Arc::downgrade(&database));
        Ok(database)
    }

    /// A new connection on which a transaction has begun; None if the driver has none.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub fn transaction(&self) -> Result<Option<Link>, ConnectionError> {
        let mut link = self.connect()?;
        let begun = link.connection.set_option(OptionConnection::AutoCommit, OptionValue::String("false".to_owned()));
        Ok(begun.is_ok().then_some(link))
    }

    /// A statement on a connection, with its parameters.
    ///
    /// # Errors
    /// If the driver takes no such parameters.
    pub fn statement(
        &self,
        connection: &mut ManagedConnection,
        query: &Query,
    ) -> Result<ManagedStatement, ConnectionError> {
        let mut statement = connection.new_statement().map_err(|error| self.fault(&error))?;
        if self.settings.is_for("sqlite") {
            // It tells types from the first batch; one that does not know this keeps its own measure.
            let rows = OptionStatement::Other("adbc.sqlite.query.batch_rows".to_owned());
            let _ = statement.set_option(rows, OptionValue::Int(ROWS));
        }
        statement.set_sql_query(&query.sql).map_err(|error| self.fault(&error))?;
        if !query.parameters.is_empty() {
            let bound = encode::parameters(&query.parameters);
            let bound = bound.map_err(|error| self.fault(&error.into()))?;
            statement.prepare().and_then(|()| statement.bind(bound)).map_err(|error| self.fault(&error))?;
        }
        Ok(statement)
    }

    /// Has a statement executed whose rows nobody wants.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn execute(
        &self,
        connection: &mut ManagedConnection,
        sql: impl Into<String>,
        parameters: Vec<tidemill_core::table::Value>,
    ) -> Result<(), ConnectionError> {
        let mut statement = self.statement(connection, &Query { sql: sql.into(), parameters })?;
        statement.execute_update().map(drop).map_err(|error| self.fault(&error))
    }
}

/// How long apart a driver is told to stop, until it has: told before a statement began, it would not know of it.
const TELLING: Duration = Duration::from_millis(50);

/// Has a statement cancelled with the work, as long as this is there.
pub(super) struct Stopper {
    _callback: CancelCallback,
    is_done: Arc<AtomicBool>,
}

impl Stopper {
    /// That of a statement.
    pub fn of(statement: &ManagedStatement, cancelled: &CancelToken) -> Self {
        let is_done = Arc::new(AtomicBool::new(false));
        let handle: Box<dyn CancelHandle> = statement.get_cancel_handle();
        let has_ended = Arc::clone(&is_done);
        let tell = move || {
            // A driver that cannot be told works to its end; what it says then is not waited for.
            while !has_ended.load(Ordering::Acquire) && handle.try_cancel().is_ok() {
                thread::sleep(TELLING);
            }
        };
        Self { _callback: cancelled.on_cancel(move || drop(thread::spawn(tell))), is_done }
    }
}

impl Drop for Stopper {
    fn drop(&mut self) {
        self.is_done.store(true, Ordering::Release);
    }
}

/// A session that several read through.
pub(super) type Shared = Arc<Session>;
