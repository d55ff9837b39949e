//! Writing rows: in one transaction, with a line of the ledger, so that they are there once or not at all.

use adbc_core::Connection;
use adbc_core::error::Status;
use arrow_schema::Schema as ArrowSchema;
use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::{
    ConnectionError, ConnectionErrorKind as Kind, DatabaseWrite, TargetTable, WriteEnd, WriteMode,
};
use tidemill_core::diagnostic::nearest;

use super::fit::misfit;
use super::ingest::{Into, ingest};
use super::ledger::Ledger;
use super::session::{Link, Session};
use super::{create, encode, error, objects, read};

/// The table in which the rows of an upsert wait; only its connection sees it.
const WAITING: &str = "tidemill_waiting_rows";

/// Writes rows.
///
/// # Errors
/// As the trait says.
pub(super) fn write(
    session: &Session,
    mut write: DatabaseWrite<'_>,
    cancelled: &CancelToken,
) -> Result<WriteEnd, ConnectionError> {
    let ledger = Ledger::of(session, write.table, write.ledger);
    let target = prepare(session, &write, &ledger)?;
    let Some(mut link) = session.transaction()? else {
        let message = "has a driver without transactions, so rows could be there twice or by half";
        return Err(ConnectionError::new(Kind::Config, &session.settings.name, message)
            .help("write a file, and have the database load that"));
    };
    let end = Writer { session, link: &mut link, ledger: &ledger, cancelled }.write(&mut write, &target);
    if end.is_err() {
        // Where that fails too, the transaction ends with its connection.
        let _ = link.connection.rollback();
    }
    end
}

/// Makes what is not there yet; the columns of the target come back.
fn prepare(session: &Session, write: &DatabaseWrite<'_>, ledger: &Ledger<'_>) -> Result<ArrowSchema, ConnectionError> {
    let mut link = session.connect()?;
    let connection = &mut link.connection;
    let mut target = objects::target(session, connection, write.table)?;
    if target.is_none() {
        if !write.create {
            let message = format!("has no table {}", write.table);
            return Err(ConnectionError::new(Kind::Missing, &session.settings.name, message)
                .help("make it, or have it made: `create: true`"));
        }
        if let Some(schema) = &write.table.schema {
            // The default schemas are there, and not everybody may make others: what is wrong shows with the table.
            let _ = session.execute(
                connection,
                format!("create schema if not exists {}", schema_name(session, schema)),
                Vec::new(),
            );
        }
        ledger.ensure(connection)?;
        ledger.forget(connection)?;
        session.execute(connection, create::statement(&session.settings, write), Vec::new())?;
        target = objects::target(session, connection, write.table)?;
    }
    if let Some(target) = &target {
        check(session, write, target)?;
    }
    ledger.ensure(connection)?;
    if session.settings.is_for("sqlite") {
        // Its types are those of the values.
        return Ok(ArrowSchema::empty());
    }
    Ok(objects::schema(session, connection, write.table)?.unwrap_or_else(ArrowSchema::empty))
}

fn schema_name(session: &Session, schema: &str) -> String {
    schema.split('.').map(|part| session.settings.quoted(part)).collect::<Vec<_>>().join(".")
}

/// That the target takes the columns.
fn check(session: &Session, write: &DatabaseWrite<'_>, target: &TargetTable) -> Result<(), ConnectionError> {
    let wrong = |kind, message: String| ConnectionError::new(kind, &session.settings.name, message);
    let table = write.table;
    for field in write.columns.fields() {
        let name = &field.name;
        let Some(column) = target.columns.iter().find(|column| column.name == *name) else {
            let error = wrong(Kind::Missing, format!("has no column `{name}` in {table}"));
            return Err(match nearest(name, target.columns.iter().map(|column| column.name.as_str())) {
                Some(near) => error.help(format!("did you mean `{near}`?")),
                None => error.help("add it to the table, or leave it out of the rows"),
            });
        };
        if let Some(why) = misfit(field.data_type, column) {
            return Err(wrong(Kind::Value, format!("cannot take column `{name}` into {table}: {why}")));
        }
    }
    Ok(())
}

struct Writer<'a> {
    session: &'a Session,
    link: &'a mut Link,
    ledger: &'a Ledger<'a>,
    cancelled: &'a CancelToken,
}

impl Writer<'_> {
    fn write(&mut self, write: &mut DatabaseWrite<'_>, target: &ArrowSchema) -> Result<WriteEnd, ConnectionError> {
        let known = self.ledger.find(&mut self.link.connection)?;
        let is_known = known.is_some();
        if let (WriteMode::Append, Some(entry)) = (write.mode, known) {
            return Ok(WriteEnd::AlreadyThere { rows: entry.rows, written_at: entry.written_at });
        }
        let rows = self.bring(write, target)?;
        let written_at = jiff::Timestamp::now().to_string();
        self.ledger.note(&mut self.link.connection, rows, &written_at, is_known)?;
        if self.cancelled.is_cancelled() || !(write.may_commit)() {
            return Err(error::cancelled(&self.session.settings));
        }
        self.commit(&written_at).map(|()| WriteEnd::Written { rows })
    }

    /// Brings the rows into the target, within the transaction.
    fn bring(&mut self, write: &mut DatabaseWrite<'_>, target: &ArrowSchema) -> Result<u64, ConnectionError> {
        let types = |name: &str| target.field_with_name(name).ok().map(|field| field.data_type().clone());
        let schema = encode::schema(write.columns, types);
        let table = write.table;
        let connection = &mut self.link.connection;
        match write.mode {
            WriteMode::Append => {}
            WriteMode::Replace => {
                let delete = format!("delete from {}", self.session.settings.quoted_table(table));
                self.session.execute(connection, delete, Vec::new())?;
            }
            WriteMode::Upsert { key } => {
                let rows = ingest(self.session, connection, &Into::Waiting(WAITING), &schema, write, self.cancelled)?;
                return self.merge(write, key).map(|()| rows);
            }
        }
        ingest(self.session, connection, &Into::Target(table), &schema, write, self.cancelled)
    }

    /// Changes the rows of the target whose keys have come, and adds the others.
    fn merge(&mut self, write: &DatabaseWrite<'_>, key: &[String]) -> Result<(), ConnectionError> {
        let settings = &self.session.settings;
        let (target, waiting) = (settings.quoted_table(write.table), settings.quoted(WAITING));
        self.unique(&waiting, key, "of the rows")?;
        self.unique(&target, key, "of the table")?;
        let same = key.iter().map(|name| format!("{target}.{0} = {waiting}.{0}", settings.quoted(name)));
        let same = same.collect::<Vec<_>>().join(" and ");
        let others = write.columns.names().filter(|name| !key.iter().any(|key| key == name));
        let set: Vec<String> = others.map(|name| format!("{0} = {waiting}.{0}", settings.quoted(name))).collect();
        let connection = &mut self.link.connection;
        if !set.is_empty() {
            let update = format!("update {target} set {} from {waiting} where {same}", set.join(", "));
            self.session.execute(connection, update, Vec::new())?;
        }
        let names = settings.quoted_all(write.columns.names());
        let insert = format!(
            "insert into {target} ({names}) select {names} from {waiting} where not exists (select 1 from {target} where {same})"
        );
        self.session.execute(connection, insert, Vec::new())?;
        self.session.execute(connection, format!("drop table {waiting}"), Vec::new())
    }

    /// That a key is there once, and whole.
    fn unique(&mut self, table: &str, key: &[String], whose: &str) -> Result<(), ConnectionError> {
        let settings = &self.session.settings;
        let names = settings.quoted_all(key.iter().map(String::as_str));
        let sql = format!("select {names} from {table} group by {names} having count(*) > 1 limit 1");
        let query = super::query::Query { sql, parameters: Vec::new() };
        let found = read::few(self.session, &mut self.link.connection, &query, self.cancelled)?;
        match found.first() {
            None => Ok(()),
            Some(row) => {
                let message = format!("has the key {} of {} {whose} more than once", row.join(", "), key.join(", "));
                Err(ConnectionError::new(Kind::Value, &settings.name, message))
            }
        }
    }

    /// Commits. If the connection is lost at that, the ledger says whether it went through.
    fn commit(&mut self, written_at: &str) -> Result<(), ConnectionError> {
        let Err(fault) = self.link.connection.commit() else { return Ok(()) };
        let told = self.session.fault(&fault);
        if !matches!(fault.status, Status::IO | Status::Timeout | Status::Unknown) {
            return Err(told);
        }
        let asked = self.session.connect().and_then(|mut link| self.ledger.find(&mut link.connection));
        match asked {
            Ok(Some(entry)) if entry.written_at == written_at => Ok(()),
            _ => {
                let message = "was lost at the commit, and does not say since whether it went through";
                Err(ConnectionError::new(Kind::Uncertain, &self.session.settings.name, message)
                    .help("look in its table tidemill_ledger; a run after that finds out by itself"))
            }
        }
    }
}
