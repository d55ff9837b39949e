//! Any other database, through an ADBC driver: a shared library that the user installs.

mod column_type;
mod convert;
mod create;
mod decode;
mod encode;
mod error;
mod fit;
mod ingest;
mod ledger;
mod library;
mod objects;
mod query;
mod read;
mod session;
mod settings;
mod snapshot;
mod sqlite;
mod write;

use std::sync::Arc;

use adbc_core::options::ObjectDepth;
use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::{
    ConnectionConfig, ConnectionError, ConnectionErrorKind as Kind, Database, DatabaseColumns, DatabaseRows,
    DatabaseSource, DatabaseTable, DatabaseWrite, TargetColumn, TargetTable, WriteEnd,
};
use tidemill_core::diagnostic::nearest;
use tidemill_core::spec::SqlText;
use tidemill_core::table::{DataType, Schema};

use crate::database_storage::{DatabaseUrls, of_connection};
use crate::driver::Driver;

use self::query::Query;
use self::session::{Session, Shared};
use self::settings::Settings;
use self::snapshot::Snapshots;

/// Databases with a driver as a kind of connection: no URL means one.
pub(crate) static DRIVER: Driver = Driver {
    schemes: &[],
    options: &["schema", "snapshot"],
    open: |config, _| of_connection(config, open),
    of_urls: |_| Arc::new(DatabaseUrls::new(&[], open)),
};

/// The database of a connection; it is opened at first need.
///
/// # Errors
/// If a key has a value that means nothing.
fn open(config: ConnectionConfig) -> Result<Arc<dyn Database>, ConnectionError> {
    let session = Arc::new(Session { settings: Settings::of(&config)? });
    Ok(Arc::new(Adbc { session, snapshots: Snapshots::default() }))
}

/// A database behind a driver.
struct Adbc {
    session: Shared,
    snapshots: Snapshots,
}

impl Adbc {
    /// Whether all reads of a run go through one transaction. A file of SQLite that is read cannot be written meanwhile.
    fn has_snapshot(&self) -> bool {
        self.session.settings.snapshot && !self.session.settings.is_for("sqlite")
    }

    /// An error about a table that is not there, with the name that was probably meant.
    fn with_nearest(&self, source: DatabaseSource<'_>, error: ConnectionError) -> ConnectionError {
        let (Kind::Missing, DatabaseSource::Table(written)) = (error.kind, source) else { return error };
        let wanted = self.table_name(written);
        let Ok(link) = self.session.connect() else { return error };
        let listed = objects::all(&link.connection, None, ObjectDepth::Tables).unwrap_or_default();
        match nearest(&wanted.name, listed.iter().map(|listed| listed.table.name.as_str())) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        }
    }
}

impl Database for Adbc {
    fn identity(&self) -> String {
        self.session.settings.identity()
    }

    fn table_name(&self, table: &str) -> DatabaseTable {
        self.session.settings.table(table)
    }

    fn describe(
        &self,
        source: DatabaseSource<'_>,
        cancelled: &CancelToken,
    ) -> Result<DatabaseColumns, ConnectionError> {
        let query = Query::of(&self.session.settings, source, None)?;
        let mut link = self.session.connect()?;
        let columns = read::columns(&self.session, &mut link.connection, &query, cancelled);
        columns.map_err(|error| self.with_nearest(source, error))
    }

    fn read(
        &self,
        source: DatabaseSource<'_>,
        schema: &Schema,
        cancelled: &CancelToken,
    ) -> Result<DatabaseRows, ConnectionError> {
        let query = Query::of(&self.session.settings, source, Some(schema))?;
        let lent = self.snapshots.lend(&self.session)?;
        Ok(Box::new(read::rows(&self.session, lent, &query, schema, cancelled)?))
    }

    fn version(&self, query: &SqlText, cancelled: &CancelToken) -> Result<String, ConnectionError> {
        let query = Query::bound(&self.session.settings, query)?;
        let mut link = self.session.connect()?;
        let rows = read::few(&self.session, &mut link.connection, &query, cancelled)?;
        Ok(rows.into_iter().map(|row| row.join("\t")).collect::<Vec<_>>().join("\n"))
    }

    fn begin_snapshot(&self) {
        if self.has_snapshot() {
            self.snapshots.begin();
        }
    }

    fn end_snapshot(&self) {
        if self.has_snapshot() {
            self.snapshots.end();
        }
    }

    fn target(&self, table: &DatabaseTable, _cancelled: &CancelToken) -> Result<Option<TargetTable>, ConnectionError> {
        let link = self.session.connect()?;
        objects::target(&self.session, &link.connection, table)
    }

    fn misfit(&self, from: DataType, into: &TargetColumn) -> Option<String> {
        fit::misfit(from, into)
    }

    fn write(&self, write: DatabaseWrite<'_>, cancelled: &CancelToken) -> Result<WriteEnd, ConnectionError> {
        write::write(&self.session, write, cancelled)
    }

    fn probe(&self) -> Result<String, ConnectionError> {
        let link = self.session.connect()?;
        objects::sentence(&link.connection).map_err(|error| self.session.fault(&error))
    }

    fn tables(&self) -> Result<Vec<TargetTable>, ConnectionError> {
        let link = self.session.connect()?;
        let listed = objects::all(&link.connection, None, ObjectDepth::Tables);
        let listed = listed.map_err(|error| self.session.fault(&error))?;
        let target =
            |listed: objects::Listed| objects::target(&self.session, &link.connection, &listed.table).transpose();
        listed.into_iter().filter_map(target).collect()
    }
}
