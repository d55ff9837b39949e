//! The catalog as a database that is read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::{
    ConnectionError, ConnectionErrorKind, Database, DatabaseColumns, DatabaseRows, DatabaseSource, DatabaseTable,
    DatabaseWrite, LeftOutColumn, TargetColumn, TargetTable, WriteEnd,
};
use tidemill_core::spec::{CLUSTER, ClusterConfig, SqlHole, SqlText};
use tidemill_core::table::{DataType, EngineError, Field, Schema, Value};

use super::quoted_table;
use super::rows::StatementRows;
use super::table_name::parts;
use crate::address::Address;
use crate::client::Session;
use crate::cluster;
use crate::failure::connection_error;
use crate::lower::{Source, literal, named};
use crate::uuid::uuid;

/// What the cluster knows these statements by.
const TAG: &str = "tidemill-catalog";

/// How long a cluster that could not be reached is not asked for columns again.
const JUST_NOW: Duration = Duration::from_secs(10);

/// The tables of a cluster's catalog. Nothing connects before one is asked for.
pub struct CatalogDatabase {
    config: ClusterConfig,
    session: Mutex<Option<Arc<Session>>>,
    /// When it could not be reached, and what was said.
    lost: Mutex<Option<(Instant, ConnectionError)>>,
}

impl CatalogDatabase {
    /// Those of that cluster.
    pub fn new(config: ClusterConfig) -> Self {
        Self { config, session: Mutex::default(), lost: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, Option<Arc<Session>>> {
        // What is in it is replaced as a whole, so a thread that died has left nothing half done.
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session, made when it is first needed.
    fn session(&self) -> Result<Arc<Session>, ConnectionError> {
        let mut known = self.held();
        if let Some(session) = &*known {
            return Ok(Arc::clone(session));
        }
        let open = || {
            let session = cluster::connect(&self.config, uuid())?;
            cluster::must_be_known(&session)?;
            cluster::set(&session, &self.config)?;
            Ok(Arc::new(session))
        };
        let session = open().map_err(unusable).inspect_err(|error| {
            if error.is_transient() {
                *self.lost.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), error.clone()));
            }
        })?;
        *known = Some(Arc::clone(&session));
        Ok(session)
    }

    /// Does something with the session. One that the server has lost is forgotten, so that the next try has a new one.
    fn with_session<T>(
        &self,
        ask: impl FnOnce(&Arc<Session>) -> Result<T, crate::client::SparkError>,
    ) -> Result<T, ConnectionError> {
        let session = self.session()?;
        ask(&session).map_err(|error| {
            if error.is_lost {
                *self.held() = None;
            }
            connection_error(&error)
        })
    }

    /// What was said when the cluster could not be reached just now: a pipeline of many tables asks for each of them.
    fn lost_just_now(&self) -> Option<ConnectionError> {
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        lost.as_ref().filter(|(at, _)| at.elapsed() < JUST_NOW).map(|(_, error)| error.clone())
    }

    fn release(&self) {
        if let Some(session) = self.held().take() {
            // If the server does not hear it, it ends the session by itself.
            let _ = session.release();
        }
    }

    /// The columns of a table, with what Spark calls those that tables cannot hold.
    fn columns(&self, table: &str) -> Result<DatabaseColumns, ConnectionError> {
        let found = self.with_session(|session| session.columns(&format!("select * from {}", quoted_table(table))))?;
        let mut columns = DatabaseColumns::default();
        for column in found {
            match column.data_type {
                Some(data_type) => columns.schema.set(&column.name, data_type),
                None => {
                    let help = format!("make a view that has it as text: `cast({} as string)`", named(&column.name));
                    let data_type = column.spark_type.to_owned();
                    columns.left_out.push(LeftOutColumn { name: column.name, data_type, help });
                }
            }
        }
        Ok(columns)
    }
}

impl Drop for CatalogDatabase {
    fn drop(&mut self) {
        self.release();
    }
}

impl Database for CatalogDatabase {
    fn identity(&self) -> String {
        Address::of(&self.config).map(|address| format!("sc://{}", address.authority)).unwrap_or_default()
    }

    fn table_name(&self, table: &str) -> DatabaseTable {
        let mut parts = parts(table);
        let name = parts.pop().unwrap_or_default();
        DatabaseTable { schema: (!parts.is_empty()).then(|| parts.join(".")), name }
    }

    fn describe(
        &self,
        source: DatabaseSource<'_>,
        _cancelled: &CancelToken,
    ) -> Result<DatabaseColumns, ConnectionError> {
        match self.lost_just_now() {
            Some(error) => Err(error),
            None => self.columns(table_of(source)?),
        }
    }

    fn infer(&self, source: DatabaseSource<'_>, _cancelled: &CancelToken) -> Result<DatabaseColumns, ConnectionError> {
        self.columns(table_of(source)?)
    }

    fn read(
        &self,
        source: DatabaseSource<'_>,
        schema: &Schema,
        cancelled: &CancelToken,
    ) -> Result<DatabaseRows, ConnectionError> {
        let table = table_of(source)?;
        let found = self.columns(table)?.schema;
        for field in schema.fields() {
            must_be_read(table, field, found.get(&field.name))?;
        }
        let sql = Source::Table(quoted_table(table)).lowered(schema.clone()).ordered();
        Ok(Box::new(StatementRows::begin(self.session()?, sql, TAG, schema.clone(), cancelled.clone())))
    }

    fn version(&self, query: &SqlText, cancelled: &CancelToken) -> Result<String, ConnectionError> {
        let query = query.filled(|before, hole| match hole {
            SqlHole::One(value) => constant(value),
            SqlHole::Now { logical_time } => constant(&Value::String(logical_time.clone())),
            SqlHole::Many(values) => {
                let list = values.iter().map(constant).collect::<Vec<_>>().join(", ");
                if before.trim_end().ends_with('(') { list } else { format!("({list})") }
            }
        });
        // As part of another query it can be nothing but a query.
        let sql = format!("select to_json(struct(*), map('ignoreNullFields', 'false')) from (\n{query}\n) t");
        let rows = self.with_session(|session| session.rows(&sql, TAG, cancelled))?;
        Ok((0..rows.len()).filter_map(|row| rows.text(row, 0)).collect::<Vec<_>>().join("\n"))
    }

    fn end_snapshot(&self) {
        self.release();
    }

    fn target(&self, table: &DatabaseTable, _cancelled: &CancelToken) -> Result<Option<TargetTable>, ConnectionError> {
        Err(only_read(table))
    }

    fn misfit(&self, _from: DataType, _into: &TargetColumn) -> Option<String> {
        Some("tables of the catalog are only read".to_owned())
    }

    fn write(&self, write: DatabaseWrite<'_>, _cancelled: &CancelToken) -> Result<WriteEnd, ConnectionError> {
        Err(only_read(write.table))
    }

    fn probe(&self) -> Result<String, ConnectionError> {
        Ok(format!("Spark {}", self.with_session(|session| session.version())?))
    }

    fn tables(&self) -> Result<Vec<TargetTable>, ConnectionError> {
        let message = "is a catalog, of which no pipeline can be begun: name its tables in loads";
        Err(ConnectionError::new(ConnectionErrorKind::Config, CLUSTER, message))
    }
}

/// Whether a column found as one type may be read as another, which holds every value of it.
pub(crate) fn is_read_as(found: DataType, wanted: DataType) -> bool {
    match (found, wanted) {
        (DataType::Decimal { precision, scale }, DataType::Decimal { precision: wanted, scale: wanted_scale }) => {
            wanted_scale >= scale && wanted - wanted_scale >= precision.saturating_sub(scale)
        }
        (DataType::Int, DataType::Decimal { .. } | DataType::Float) | (DataType::Date, DataType::Datetime) => true,
        (found, wanted) => found == wanted,
    }
}

/// Fails if a column is not there, or is none of the type that is wanted.
fn must_be_read(table: &str, field: &Field, found: Option<DataType>) -> Result<(), ConnectionError> {
    let missing = |message: String| Err(ConnectionError::new(ConnectionErrorKind::Missing, CLUSTER, message));
    let Field { name, data_type } = field;
    match found {
        Some(found) if is_read_as(found, *data_type) => Ok(()),
        Some(found) => missing(format!("has a column `{name}` in table {table}, which cannot be read as {data_type}"))
            .map_err(|error: ConnectionError| {
                error.help(format!("it is read as {found}: declare that, or convert it in a `normalize` task"))
            }),
        None => missing(format!("has no column `{name}` in table {table}")),
    }
}

fn table_of<'a>(source: DatabaseSource<'a>) -> Result<&'a str, ConnectionError> {
    match source {
        DatabaseSource::Table(table) => Ok(table),
        DatabaseSource::Query(_) => {
            let message = "takes no `query`: name a `table`, and compute with it in a `sql` task";
            Err(ConnectionError::new(ConnectionErrorKind::Query, CLUSTER, message))
        }
    }
}

fn constant(value: &Value) -> String {
    literal(value, value.data_type())
}

/// That nothing is written into the catalog.
fn only_read(table: &DatabaseTable) -> ConnectionError {
    let message = format!("takes no table `{table}`: its catalog is only read");
    ConnectionError::new(ConnectionErrorKind::Config, CLUSTER, message)
        .help("write to a path: `output: warehouse:name` for all who see the warehouse")
}

/// Why there is no session, as an error of the connection.
fn unusable(error: EngineError) -> ConnectionError {
    match error {
        EngineError::Connection(error) => error,
        other => ConnectionError::new(ConnectionErrorKind::Config, CLUSTER, format!("cannot be used: {other}")),
    }
}
