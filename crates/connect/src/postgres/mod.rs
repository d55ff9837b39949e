//! PostgreSQL.

mod backend;
mod bound;
mod catalog;
mod column_type;
mod commit;
mod decode;
mod encode;
mod error;
mod infer;
mod ledger;
mod link;
mod numeric;
mod parameters;
mod parts;
mod passfile;
mod prepare;
mod read;
mod reader;
mod session;
mod settings;
mod snapshot;
mod source;
mod sql;
mod target_type;
mod tls;
mod write;

use std::env;
use std::sync::Arc;

use tidemill_core::attempt::{CancelToken, NEVER_CANCELLED};
use tidemill_core::connection::{
    ConnectionConfig, ConnectionError, Database, DatabaseColumns, DatabaseRows, DatabaseSource, DatabaseTable,
    DatabaseWrite, TargetColumn, TargetTable, WriteEnd,
};
use tidemill_core::spec::SqlText;
use tidemill_core::table::{DataType, Schema};

use self::error::of_statement;
use self::link::Link;
use self::read::Rows;
use self::session::Stop;
use self::settings::Settings;
use self::source::Source;
use crate::database_storage::{DatabaseUrls, of_connection};
use crate::driver::Driver;
use crate::runtime::block_on;

const SCHEMES: &[&str] = &["postgres", "postgresql"];

/// Its line among the kinds of connections.
pub(crate) const DRIVER: Driver = Driver {
    schemes: SCHEMES,
    options: &["schema", "snapshot"],
    open: |config, _| of_connection(config, open),
    of_urls: |_| Arc::new(DatabaseUrls::new(SCHEMES, open)),
};

/// The database of a connection; nothing connects.
pub(crate) fn open(config: ConnectionConfig) -> Result<Arc<dyn Database>, ConnectionError> {
    let settings = Settings::of(&config, &|name| env::var(name).ok())?;
    Ok(Arc::new(Postgres { link: Arc::new(Link::new(settings)) }))
}

/// A database of a PostgreSQL server.
struct Postgres {
    link: Arc<Link>,
}

impl Postgres {
    fn settings(&self) -> &Settings {
        &self.link.settings
    }

    /// Has the server look at a source, and does something with what it says.
    fn with_source<T>(
        &self,
        source: DatabaseSource<'_>,
        cancelled: &CancelToken,
        work: impl AsyncFnOnce(&tokio_postgres::Client, Source) -> Result<T, ConnectionError>,
    ) -> Result<T, ConnectionError> {
        block_on(self.link.reading(source::text(source), &Stop::of(cancelled), async |session| {
            let Settings { name, schema, .. } = self.settings();
            let source = Source::prepare(&session.client, name, source, schema.as_deref()).await?;
            work(&session.client, source).await
        }))
    }

    /// Asks the catalogue.
    fn asking<T>(
        &self,
        cancelled: &CancelToken,
        work: impl AsyncFnOnce(&tokio_postgres::Client) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, ConnectionError> {
        block_on(self.link.reading("", &Stop::of(cancelled), async |session| {
            work(&session.client).await.map_err(|fault| of_statement(self.link.name(), &fault, None))
        }))
    }
}

impl Database for Postgres {
    fn identity(&self) -> String {
        let schema = self.settings().schema.as_ref().map(|schema| format!("/{schema}")).unwrap_or_default();
        format!("{}{schema}", self.settings().server())
    }

    fn table_name(&self, table: &str) -> DatabaseTable {
        sql::parse_table(table, self.settings().schema.as_deref())
    }

    fn describe(
        &self,
        source: DatabaseSource<'_>,
        cancelled: &CancelToken,
    ) -> Result<DatabaseColumns, ConnectionError> {
        self.with_source(source, cancelled, async |_, source| Ok(source.described()))
    }

    fn infer(&self, source: DatabaseSource<'_>, cancelled: &CancelToken) -> Result<DatabaseColumns, ConnectionError> {
        self.with_source(source, cancelled, async |client, source| {
            infer::infer(client, self.link.name(), &source).await
        })
    }

    fn read(
        &self,
        source: DatabaseSource<'_>,
        schema: &Schema,
        cancelled: &CancelToken,
    ) -> Result<DatabaseRows, ConnectionError> {
        let rows = block_on(Rows::begin(Arc::clone(&self.link), source, schema, cancelled))?;
        Ok(Box::new(rows))
    }

    fn version(&self, query: &SqlText, cancelled: &CancelToken) -> Result<String, ConnectionError> {
        self.with_source(DatabaseSource::Query(query), cancelled, async |client, source| {
            let sql = source.select("coalesce(json_agg(tidemill_query)::text, '[]')");
            let refused = |fault| of_statement(self.link.name(), &fault, None);
            let rows = client.query_raw(&sql, &source.parameters).await.map_err(refused)?;
            let rows: Vec<_> = futures_util::TryStreamExt::try_collect(rows).await.map_err(refused)?;
            rows[0].try_get(0).map_err(refused)
        })
    }

    fn begin_snapshot(&self) {
        self.link.begin_snapshot();
    }

    fn end_snapshot(&self) {
        self.link.end_snapshot();
    }

    fn target(&self, table: &DatabaseTable, cancelled: &CancelToken) -> Result<Option<TargetTable>, ConnectionError> {
        self.asking(cancelled, async |client| match catalog::find(client, table).await? {
            Some(oid) => Ok(catalog::describe(client, &[oid]).await?.pop()),
            None => Ok(None),
        })
    }

    fn misfit(&self, from: DataType, into: &TargetColumn) -> Option<String> {
        target_type::misfit(from, into)
    }

    fn write(&self, write: DatabaseWrite<'_>, cancelled: &CancelToken) -> Result<WriteEnd, ConnectionError> {
        write::write(&self.link, write, cancelled)
    }

    fn probe(&self) -> Result<String, ConnectionError> {
        self.asking(&NEVER_CANCELLED, async |client| {
            let sql = "select current_setting('server_version'), current_user::text, \
                       (select version from pg_catalog.pg_stat_ssl where pid = pg_backend_pid())";
            let row = client.query_one(sql, &[]).await?;
            let (version, user): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            let version = version.split(' ').next().unwrap_or_default();
            let tls: Option<String> = row.try_get(2)?;
            let tls =
                tls.map_or_else(|| "without TLS".to_owned(), |tls| format!("over {}", tls.replace("TLSv", "TLS ")));
            Ok(format!("PostgreSQL {version}, as {user}, {tls}"))
        })
    }

    fn tables(&self) -> Result<Vec<TargetTable>, ConnectionError> {
        self.asking(&NEVER_CANCELLED, async |client| {
            let oids = catalog::readable(client, self.settings().schema.as_deref()).await?;
            catalog::describe(client, &oids).await
        })
    }
}
