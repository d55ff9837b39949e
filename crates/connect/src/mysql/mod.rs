//! MySQL and MariaDB.

mod calendar;
mod columns;
mod create;
mod decode;
mod error;
mod fit;
mod insert;
mod ledger;
mod query;
mod read;
mod session;
mod settings;
mod snapshot;
mod tables;
mod write;

use std::sync::Arc;

use mysql_async::prelude::Queryable;
use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::{
    ConnectionConfig, ConnectionError, ConnectionErrorKind, Database, DatabaseColumns, DatabaseRows, DatabaseSource,
    DatabaseTable, DatabaseWrite, TargetColumn, TargetTable, WriteEnd,
};
use tidemill_core::diagnostic::nearest;
use tidemill_core::spec::SqlText;
use tidemill_core::table::{DataType, Schema};

use crate::database_storage::{DatabaseUrls, of_connection};
use crate::driver::Driver;
use crate::runtime;

use self::query::Query;
use self::session::Server;
use self::settings::Settings;
use self::snapshot::Snapshots;

const SCHEMES: &[&str] = &["mysql", "mariadb"];

/// MySQL and MariaDB as a kind of connection.
pub(crate) const DRIVER: Driver = Driver {
    schemes: SCHEMES,
    options: &["schema", "snapshot"],
    open: |config, _| of_connection(config, open),
    of_urls: |_| Arc::new(DatabaseUrls::new(SCHEMES, open)),
};

/// The database of a connection; it connects at first need.
///
/// # Errors
/// If the URL or a key has a value that means nothing.
fn open(config: ConnectionConfig) -> Result<Arc<dyn Database>, ConnectionError> {
    let settings = Settings::of(&config, |name| std::env::var(name).ok())?;
    Ok(Arc::new(MySql { server: Arc::new(Server::new(settings)), snapshots: Arc::new(Snapshots::new()) }))
}

/// A MySQL or MariaDB server.
struct MySql {
    server: Arc<Server>,
    snapshots: Arc<Snapshots>,
}

impl Database for MySql {
    fn identity(&self) -> String {
        self.server.settings.identity()
    }

    fn table_name(&self, table: &str) -> DatabaseTable {
        self.server.settings.table(table)
    }

    fn describe(
        &self,
        source: DatabaseSource<'_>,
        cancelled: &CancelToken,
    ) -> Result<DatabaseColumns, ConnectionError> {
        let query = Query::of(&self.server.settings, source, None)?;
        let described = self.server.run(cancelled, async |conn| {
            let statement = conn.prep(query.sql).await.map_err(|error| self.server.fault(&error))?;
            let columns = columns::of_result(&self.server.settings.name, &statement.columns());
            conn.close(statement).await.map_err(|error| self.server.fault(&error))?;
            columns
        });
        runtime::block_on(described).map_err(|error| self.with_nearest(source, error))
    }

    fn read(
        &self,
        source: DatabaseSource<'_>,
        schema: &Schema,
        cancelled: &CancelToken,
    ) -> Result<DatabaseRows, ConnectionError> {
        let query = Query::of(&self.server.settings, source, Some(schema))?;
        read::rows(&self.server, &self.snapshots, query, schema, cancelled)
    }

    fn version(&self, query: &SqlText, cancelled: &CancelToken) -> Result<String, ConnectionError> {
        let query = Query::bound(&self.server.settings, query)?;
        let asked = self.server.run(cancelled, async |conn| {
            let rows: Result<Vec<mysql_async::Row>, _> = conn.exec(query.sql, query.parameters).await;
            rows.map_err(|error| self.server.fault(&error))
        });
        let row =
            |row: mysql_async::Row| row.unwrap().iter().map(|value| value.as_sql(false)).collect::<Vec<_>>().join("\t");
        Ok(runtime::block_on(asked)?.into_iter().map(row).collect::<Vec<_>>().join("\n"))
    }

    fn begin_snapshot(&self) {
        if self.server.settings.snapshot {
            self.snapshots.begin();
        }
    }

    fn end_snapshot(&self) {
        if self.server.settings.snapshot {
            self.snapshots.end();
        }
    }

    fn target(&self, table: &DatabaseTable, cancelled: &CancelToken) -> Result<Option<TargetTable>, ConnectionError> {
        let schema = self.schema(table.schema.as_deref())?;
        runtime::block_on(self.server.run(cancelled, async |conn| {
            let found = tables::tables(conn, &schema, Some(&table.name)).await;
            found.map(|mut found| found.pop()).map_err(|error| self.server.fault(&error))
        }))
    }

    fn misfit(&self, from: DataType, into: &TargetColumn) -> Option<String> {
        fit::misfit(from, into)
    }

    fn write(&self, write: DatabaseWrite<'_>, cancelled: &CancelToken) -> Result<WriteEnd, ConnectionError> {
        write::write(&self.server, write, cancelled)
    }

    fn probe(&self) -> Result<String, ConnectionError> {
        runtime::block_on(self.server.run(&CancelToken::new(), async |conn| {
            let asked: Result<Option<(String, String)>, _> = conn.query_first("select version(), current_user()").await;
            let (version, user) = asked.map_err(|error| self.server.fault(&error))?.unwrap_or_default();
            let cipher: Result<Option<(String, String)>, _> =
                conn.query_first("show session status like 'Ssl_cipher'").await;
            let (_, cipher) = cipher.map_err(|error| self.server.fault(&error))?.unwrap_or_default();
            Ok(sentence(&version, &user, !cipher.is_empty()))
        }))
    }

    fn tables(&self) -> Result<Vec<TargetTable>, ConnectionError> {
        let schema = self.schema(None)?;
        runtime::block_on(self.server.run(&CancelToken::new(), async |conn| {
            let all = tables::tables(conn, &schema, None).await;
            all.map_err(|error| self.server.fault(&error))
        }))
    }
}

impl MySql {
    /// An error about a table that is not there, with the name that was probably meant.
    fn with_nearest(&self, source: DatabaseSource<'_>, error: ConnectionError) -> ConnectionError {
        let (ConnectionErrorKind::Missing, DatabaseSource::Table(written)) = (error.kind, source) else { return error };
        let wanted = self.table_name(written);
        let names = runtime::block_on(self.server.run(&CancelToken::new(), async |conn| {
            let schema = wanted.schema.clone().unwrap_or_default();
            tables::names(conn, &schema).await.map_err(|error| self.server.fault(&error))
        }));
        match names.as_deref().map(|names| nearest(&wanted.name, names.iter().map(String::as_str))) {
            Ok(Some(near)) => error.help(format!("did you mean `{near}`?")),
            // Who may not ask gets the error as it is.
            _ => error,
        }
    }

    /// That database, or the default one.
    fn schema(&self, named: Option<&str>) -> Result<String, ConnectionError> {
        let settings = &self.server.settings;
        named.map(ToOwned::to_owned).or_else(|| settings.database.clone()).ok_or_else(|| {
            ConnectionError::new(ConnectionErrorKind::Config, &settings.name, "has no default database")
                .help("write it behind the host: mysql://host/database, or as `schema`")
        })
    }
}

/// Who answered: `MariaDB 10.11.19, as reader, over TLS`.
fn sentence(version: &str, user: &str, over_tls: bool) -> String {
    let number = version.split('-').next().unwrap_or(version);
    let kind = if version.contains("MariaDB") { "MariaDB" } else { "MySQL" };
    let user = user.split('@').next().unwrap_or(user);
    format!("{kind} {number}, as {user}, {}", if over_tls { "over TLS" } else { "without TLS" })
}
