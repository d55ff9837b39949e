//! The output of a command that others read as a table.

use tidemill_core::diagnostic::{Diagnostic, failure_of};
use tidemill_core::spec::At;
use tidemill_core::table::{CheckResult, JobOptions, Location, Rel, Scan, ScanOptions, Schema, TableJob, TableReport};
use tidemill_core::task::{CheckContext, LogLevel, RunContext, TaskFailure};

use super::CommandTask;
use super::outputs::Outputs;
use crate::contract::Contract;

impl CommandTask {
    /// Its columns, as far as the contract says them.
    pub(super) fn check_table(&self, cx: &CheckContext<'_>) -> Result<Option<Schema>, Vec<Diagnostic>> {
        let Some((path, _)) = &self.table else { return Ok(None) };
        if self.keys.columns.is_empty() {
            return Ok(None);
        }
        let schema = self.contract(path).promised();
        self.checks.compile(&schema, cx)?;
        Ok(Some(schema))
    }

    fn contract<'a>(&'a self, path: &'a At<Location>) -> Contract<'a> {
        Contract { path, columns: &self.keys.columns, strict: false }
    }

    /// Reads the table that the command has written; with it come sentences for the user.
    pub(super) fn read_table(
        &self,
        cx: &RunContext<'_>,
        outputs: &Outputs<'_>,
    ) -> Result<(Option<TableReport>, Vec<String>), TaskFailure> {
        let Some(table) = &self.keys.table else { return Ok((None, Vec::new())) };
        let Some((declared, format)) = &self.table else { return Ok((None, Vec::new())) };
        let Some((staged, _)) = outputs.staged_of(&table.value) else { return Ok((None, Vec::new())) };
        let staged = staged.to_string_lossy().into_owned();
        // The staged name means nothing to anybody.
        let named = |mut failure: TaskFailure| {
            for text in std::iter::once(&mut failure.message).chain(&mut failure.help) {
                *text = text.replace(&staged, declared.value.as_str());
            }
            failure
        };
        let scan = Scan {
            files: vec![Location::new(staged.as_str())],
            format: format.format(),
            table: None,
            query: None,
            sheet: None,
            is_selection: false,
            options: ScanOptions::default(),
            schema: Schema::new(),
        };
        let found = cx.engine.infer(&scan, cx.cancelled).map_err(|error| named(error.into()))?;
        let mistakes = |mistakes: Vec<Diagnostic>| named(failure_of(&mistakes, cx.sources));
        let read_as = |schema: Schema| {
            let job = TableJob { rel: Rel::Scan(Scan { schema, ..scan.clone() }), checks: Vec::new() };
            let options = JobOptions { inputs: &[], origin: &|_| None, cancelled: cx.cancelled };
            cx.engine.run(&job, &options).err()
        };
        let schema = self.contract(declared).hold(&found, &read_as).map_err(mistakes)?;
        let checks = self.checks.compile(&schema, &cx.check(&cx.columns())).map_err(mistakes)?;
        let job = TableJob { rel: Rel::Scan(Scan { schema, ..scan }), checks };
        let options = JobOptions { inputs: cx.tables, origin: &|_| None, cancelled: cx.cancelled };
        let mut report = cx.engine.run(&job, &options).map_err(|error| named(error.into()))?;
        let account = &mut report.account;
        let names = account.rows_in.iter_mut().map(|rows| &mut rows.from).chain(&mut account.warnings);
        names.for_each(|text| *text = text.replace(&staged, declared.value.as_str()));
        let broken = account.checks.iter().filter(|check| check.bad_rows > 0);
        let warnings: Vec<String> = broken.map(CheckResult::warning).collect();
        account.warnings.iter().chain(&warnings).for_each(|warning| (cx.log)(LogLevel::Warn, warning));
        Ok((Some(report), warnings))
    }
}
