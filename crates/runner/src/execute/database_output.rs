//! Tables of databases that a task's table is written to.

use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind, Database, DatabaseWrite, LedgerLine, WriteEnd};
use tidemill_core::format::quantity;
use tidemill_core::ids::{Digest, TaskIx};
use tidemill_core::table::{DatabaseOptions, Sink, TableRef};
use tidemill_core::task::{LogLevel, TaskFailure, TaskResult};

use super::TaskExecutor;
use super::attempt::stopped;

impl TaskExecutor {
    /// Writes the task's table, whose content has that digest, into the tables of databases that it names. `may_commit` is asked before each commit; once it said
    /// yes, what follows counts.
    pub(super) fn write_to_databases(
        &self,
        ix: TaskIx,
        result: &mut TaskResult,
        content: Option<Digest>,
        may_commit: &(dyn Fn() -> bool + Sync),
        cancelled: &CancelToken,
    ) -> Result<(), TaskFailure> {
        let task = self.plan.task(ix);
        let Some(table) = result.table.as_ref().and_then(|report| report.table.clone()) else { return Ok(()) };
        let line = self.ledger_line(ix, content);
        for sink in &task.sinks {
            let Some(options) = &sink.options.database else { continue };
            let database = self.plan.storages.database(&sink.path);
            let database =
                database.ok_or_else(|| TaskFailure::new(format!("`{}` is no table of a database", sink.path)))?;
            let end = self.write_table(&table, &*database, options, &line, may_commit, cancelled).map_err(|error| {
                if error.kind == ConnectionErrorKind::Cancelled { stopped() } else { TaskFailure::from(error) }
            })?;
            let told = sentence(sink, options, &end);
            self.context.logs.write(&task.name, LogLevel::Info, &told);
            if let WriteEnd::AlreadyThere { .. } = end {
                result.note = Some(told);
            }
            result.outputs.push(sink.path.clone());
        }
        Ok(())
    }

    fn write_table(
        &self,
        table: &TableRef,
        database: &dyn Database,
        options: &DatabaseOptions,
        ledger: &LedgerLine,
        may_commit: &(dyn Fn() -> bool + Sync),
        cancelled: &CancelToken,
    ) -> Result<WriteEnd, ConnectionError> {
        let rows = self.context.engine.batches(table, None, None);
        let rows = rows.map_err(|error| ConnectionError::of_rows(&options.table, &error))?;
        let write = DatabaseWrite {
            table: &database.table_name(&options.table),
            mode: &options.mode,
            create: options.create,
            columns: &table.schema,
            rows,
            ledger,
            may_commit,
        };
        database.write(write, cancelled)
    }

    /// What the ledger is to say. Each fire of a schedule writes by itself; by hand, equal rows are written once. Of a task that may
    /// find other rows each time, such as a load of a database, the fingerprint does not tell which they were.
    fn ledger_line(&self, ix: TaskIx, content: Option<Digest>) -> LedgerLine {
        let context = &self.context;
        let fingerprint = self.results.of(ix).fingerprint.as_ref().map(|fingerprint| fingerprint.digest().to_string());
        let by_hand = context.run.trigger == "manual";
        let content = content.filter(|_| by_hand && self.plan.task(ix).io.volatile.is_some());
        let fingerprint = match content {
            Some(content) => {
                fingerprint.map(|fingerprint| Digest::of(format!("{fingerprint} {content}").as_bytes()).to_string())
            }
            None => fingerprint,
        };
        LedgerLine {
            pipeline: context.cache.pipeline.clone(),
            task: self.plan.task(ix).name.to_string(),
            // A handler has no fingerprint, and writes once for each run.
            fingerprint: fingerprint.unwrap_or_else(|| context.run.id.clone()),
            logical_time: if by_hand { String::new() } else { context.run.logical_time.clone() },
        }
    }
}

fn sentence(sink: &Sink, options: &DatabaseOptions, end: &WriteEnd) -> String {
    use tidemill_core::connection::WriteMode::{Append, Replace, Upsert};

    match end {
        WriteEnd::AlreadyThere { rows, written_at } => {
            format!("{} are in {} already, since {written_at}", quantity(*rows, "row"), sink.path)
        }
        WriteEnd::Written { rows } => {
            let how = match options.mode {
                Replace => "in place of those before",
                Append => "added",
                Upsert { .. } => "added or changed",
            };
            format!("{}: {} {how}", sink.path, quantity(*rows, "row"))
        }
    }
}
