//! `load`: a table from files or a database.

use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind};
use tidemill_core::diagnostic::{Diagnostic, Severity, Span};
use tidemill_core::plan::MOST_TIME;
use tidemill_core::spec::{At, CLUSTER, OneOrMany, OrderedMap, SqlText, Template, open_password};
use tidemill_core::storage::{LocationMatch, StorageRegistry, no_warehouse};
use tidemill_core::table::{
    DeclaredType, EngineError, FormatDescriptor, FormatName, Formats, JobOptions, Location, Rel, Scan, ScanPart,
    Schema, TableJob,
};
use tidemill_core::task::{CheckContext, Descriptor, FileInput, FileRole, Io, Promised, Task, TaskSource, Volatile};

use super::contract::{Contract, promised};
use super::load_options::LoadOptions;
use super::parameters::Parameters;
use super::table_task::{TableLogic, table_task, unknown_column};

/// Reads a table from files (CSV, JSON, NDJSON, Parquet, SQLite or XLSX), or from a database.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// A file, or a pattern for several such as `data/2024-*.csv`, taken in the order of their names; a URL of a database, an
    /// object store or the web; `warehouse:…` below the warehouse of `engine`. With `connection`: below the URL of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<At<Location>>,
    /// One of `connections`: then `table` or `query` of a database, or `path` below the URL of a store; `spark`: then `table` of the
    /// catalog of the cluster that `engine` names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connection: Option<At<String>>,
    /// The format, if the path's ending does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    format: Option<At<FormatName>>,
    /// SQLite and databases: the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    table: Option<At<String>>,
    /// SQLite and databases: a query instead of a table, in their own SQL; a `${{ }}` in it is a bound parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    query: Option<SqlText>,
    /// Databases: a cheap query; as long as its result is what it was, nothing is read. Without it all is read in every run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<SqlText>,
    /// XLSX: the sheet; default the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sheet: Option<At<String>>,
    /// A contract: these columns must be there and have these types.
    #[serde(default, skip_serializing_if = "OrderedMap::is_empty", serialize_with = "OrderedMap::unordered")]
    columns: OrderedMap<At<DeclaredType>>,
    /// With a contract: a column that is not in it is an error.
    #[serde(default)]
    strict: bool,
    /// The columns that are taken, in this order; default all. No others are read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    select: OneOrMany<At<String>>,
    /// How the file is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    options: Option<LoadOptions>,
}

impl Parameters for Load {
    const DESCRIPTOR: Descriptor = Descriptor {
        name: "load",
        version: 4,
        summary: "Reads a table from files (CSV, JSON, NDJSON, Parquet, SQLite or XLSX), or from a database.",
        colour: "#2f6fb5",
        ..Descriptor::TABLE
    };

    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        let formats = source.types.formats();
        let path = self.location(source)?;
        let is_database = source.types.storages().database(&path.value).is_some();
        let format = if is_database { &DATABASE } else { self.file_format(&path, formats, source.types.storages())? };
        let mistakes = self.mistakes(&path, format, formats, source);
        if mistakes.is_empty() {
            let table = self.table(&path, format, source);
            table_task(
                LoadTask { keys: self, path, format, table, found: Mutex::default(), unseen: Mutex::default() },
                source,
            )
        } else {
            Err(mistakes)
        }
    }
}

impl Load {
    /// What is read: `shop://orders` of the connection `shop`.
    fn location(&self, source: &TaskSource<'_>) -> Result<At<Location>, Vec<Diagnostic>> {
        let Some(connection) = &self.connection else {
            if let Some(path) = self.path.as_ref().filter(|path| path.value.has_password()) {
                return Err(vec![password_in_path(path, source)]);
            }
            if let Some(path) = &self.path
                && let Some(below) = path.value.below_warehouse()
            {
                let (engine, scope) = (&source.pipeline.engine, &source.pipeline.scope);
                let found = engine.in_warehouse(below, scope, source.sources);
                return found.map(|found| At::new(found, path.span)).ok_or_else(|| vec![no_warehouse(path)]);
            }
            return self.path.clone().ok_or_else(|| {
                let mistake = Diagnostic::error(format!("task `{}` does not say what to read", source.spec.id.value));
                vec![
                    mistake.at(source.spec.id.span, "").help("add `path:`, or `connection:` with `table:` or `query:`"),
                ]
            });
        };
        match source.pipeline.connections.get(&connection.value) {
            Some(known) => {
                if let Some(file) = known.file(&source.pipeline.scope, source.sources) {
                    return Ok(At::new(file, connection.span));
                }
            }
            None if source.pipeline.is_cluster(&connection.value) => {}
            None => return Err(vec![unknown_connection(connection, source)]),
        }
        let (below, span) = match (&self.path, &self.table, &self.query) {
            (Some(path), ..) => (path.value.as_str().trim_start_matches('/'), path.span),
            (_, Some(table), _) => (table.value.as_str(), table.span),
            (_, _, Some(query)) => ("(query)", query.span),
            _ => ("", connection.span),
        };
        Ok(At::new(Location::new(format!("{}://{below}", connection.value)), span))
    }

    fn file_format(
        &self,
        path: &At<Location>,
        formats: &Formats,
        storages: &StorageRegistry,
    ) -> Result<&'static FormatDescriptor, Vec<Diagnostic>> {
        let found = match &self.format {
            Some(name) => formats.named(name.value.as_str()),
            // A connection that is a file is one of SQLite, whatever its ending.
            None if self.connection.is_some() && path.value.scheme().is_none() => {
                formats.iter().find(|known| known.has_wal)
            }
            None => formats.of_path(path.value.as_str()),
        };
        found.ok_or_else(|| {
            let no_format = || {
                Diagnostic::error(format!("the ending of `{}` does not say its format", path.value))
                    .at(path.span, "a table is read here")
                    .help(format!("add `format:` {}", formats.names()))
            };
            let unsupported = storages.unsupported(path);
            if unsupported.is_empty() { vec![no_format()] } else { unsupported }
        })
    }

    /// The keys given that may have no meaning for a format, and where they stand.
    fn given(&self) -> impl Iterator<Item = (&'static str, Span)> {
        let keys = [
            ("table", self.table.as_ref().map(|at| at.span)),
            ("query", self.query.as_ref().map(|sql| sql.span)),
            ("version", self.version.as_ref().map(|sql| sql.span)),
            ("sheet", self.sheet.as_ref().map(|at| at.span)),
        ];
        let keys = keys.into_iter().filter_map(|(key, span)| Some((key, span?)));
        keys.chain(self.options.iter().flat_map(LoadOptions::given))
    }

    /// The table that is read: the one that is named, or that of a path below a connection's name: `orders` of `shop://orders`.
    fn table(&self, path: &At<Location>, format: &FormatDescriptor, source: &TaskSource<'_>) -> Option<String> {
        if let Some(table) = &self.table {
            return Some(table.value.clone());
        }
        let (connection, table) = path.value.as_str().split_once("://")?;
        let is_table = format.name == DATABASE.name && self.query.is_none() && !table.is_empty();
        let is_known = source.pipeline.connections.contains_key(connection) || source.pipeline.is_cluster(connection);
        (is_table && is_known).then(|| table.to_owned())
    }

    /// Keys that do not go together.
    fn mistakes(
        &self,
        path: &At<Location>,
        format: &FormatDescriptor,
        formats: &Formats,
        source: &TaskSource<'_>,
    ) -> Vec<Diagnostic> {
        let mut mistakes = Vec::new();
        for (key, span) in self.given().filter(|(key, _)| !format.takes(key)) {
            let known = formats.iter().chain([&DATABASE]).filter(|known| known.takes(key));
            let names: Vec<&str> = known.map(|known| known.name).collect();
            mistakes.push(
                Diagnostic::error(format!("`{key}` has no meaning for {}", format.name))
                    .at(span, format!("only for {}", names.join(" and "))),
            );
        }
        mistakes.extend(self.options.iter().flat_map(LoadOptions::mistakes));
        if let Some(database) = format.database {
            match (&self.table, &self.query) {
                (Some(table), Some(query)) => mistakes.push(
                    Diagnostic::error("`table` and `query` exclude each other")
                        .at(query.span, "a query")
                        .at(table.span, "and a table"),
                ),
                (None, None) if self.table(path, format, source).is_none() => mistakes.push(
                    Diagnostic::error(format!("task `{}` does not say what to read", source.spec.id.value))
                        .at(path.span, format!("{database} holds several tables"))
                        .help("add `table:` or `query:`"),
                ),
                _ => {}
            }
        }
        if self.strict && self.columns.is_empty() {
            mistakes.push(
                Diagnostic::error("`strict` needs a contract")
                    .at(source.spec.id.span, "here")
                    .help("list the columns under `columns:`"),
            );
        }
        mistakes
    }
}

/// A load whose format is known.
struct LoadTask {
    keys: Load,
    /// What is read.
    path: At<Location>,
    format: &'static FormatDescriptor,
    /// The table of a database that is read.
    table: Option<String>,
    /// The columns last found: what is to be said of how they are read is said once they are known to be right.
    found: Mutex<Option<Schema>>,
    /// Why the contract was believed.
    unseen: Mutex<Option<String>>,
}

impl Serialize for LoadTask {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.keys.serialize(serializer)
    }
}

impl LoadTask {
    /// The files that there are now, in the order of their names.
    fn files(&self, cx: &CheckContext<'_>) -> Vec<Location> {
        let path = &self.path.value;
        let found = match cx.storages.of(path).and_then(|storage| storage.find(cx.project, path)) {
            Ok(LocationMatch::One | LocationMatch::Nothing) => return vec![path.clone()],
            Ok(LocationMatch::Matches(found)) => found,
            // What is wrong with the pattern has been reported with the paths; a link that has lost its file since fails to be
            // read.
            Err(_) => Vec::new(),
        };
        let files = found.into_iter().filter(|entry| !entry.is_folder);
        let mut files: Vec<Location> = files.map(|entry| entry.location).collect();
        files.sort();
        files
    }

    /// Whether what is not there is a table that another task of the pipeline writes.
    fn is_made_in_the_run(&self, error: &ConnectionError, cx: &CheckContext<'_>) -> bool {
        !cx.whole_sources && error.kind == ConnectionErrorKind::Missing && (cx.published)(&self.path.value)
    }

    /// Whether a contract stands for a cluster that is not there before the run: it may be started for that.
    fn may_be_believed(&self, error: &ConnectionError, cx: &CheckContext<'_>) -> bool {
        let is_cluster = self.path.value.scheme() == Some(CLUSTER);
        is_cluster && error.is_transient() && !cx.whole_sources && !self.keys.columns.is_empty()
    }

    /// The columns that are taken.
    fn selected(&self, schema: &Schema) -> Result<Schema, Vec<Diagnostic>> {
        if self.keys.select.is_empty() {
            return Ok(schema.clone());
        }
        let mut mistakes = Vec::new();
        let mut selected = Schema::new();
        for name in self.keys.select.iter() {
            match schema.get(&name.value) {
                Some(data_type) => selected.set(&name.value, data_type),
                None => mistakes.push(unknown_column(name, schema)),
            }
        }
        if mistakes.is_empty() { Ok(selected) } else { Err(mistakes) }
    }

    /// The scan of a source of which only the contract is known; columns that this does not name are not known either.
    fn selected_of(&self, scan: Scan) -> Result<Rel, Vec<Diagnostic>> {
        let schema = self.selected(&scan.schema).map_err(|_| Vec::new())?;
        Ok(Rel::Scan(Scan { schema, ..scan }))
    }

    fn scan(&self, cx: &CheckContext<'_>) -> Scan {
        Scan {
            files: self.files(cx),
            format: self.format.format(),
            table: self.table.clone(),
            query: self.keys.query.clone(),
            is_selection: !self.keys.select.is_empty(),
            sheet: self.keys.sheet.as_ref().map(|at| at.value.clone()),
            options: self.keys.options.as_ref().map(LoadOptions::scanned).unwrap_or_default(),
            schema: Schema::new(),
        }
    }
}

fn unknown_connection(connection: &At<String>, source: &TaskSource<'_>) -> Diagnostic {
    let unknown = Diagnostic::error(format!("unknown connection `{}`", connection.value)).at(connection.span, "");
    let known = &source.pipeline.connections;
    if connection.value == CLUSTER {
        let help = "`spark` is the catalog of the cluster, if `engine` has a `url`, as `engine: {type: local, url: sc://localhost:15002}`";
        return unknown.help(help);
    }
    match known.is_empty() {
        true => unknown.help("the pipeline has no `connections`"),
        false => unknown.suggest(&connection.value, known.keys().map(String::as_str)),
    }
}

/// That a path is a URL with a password in clear. The line is not shown.
fn password_in_path(path: &At<Location>, source: &TaskSource<'_>) -> Diagnostic {
    let text = Template { text: String::new(), span: path.span };
    let told = open_password(source.sources, &text, "SOURCE_URL");
    Diagnostic { severity: Severity::Error, ..told }
        .help("a URL with a password belongs under `connections`; `connection:` takes its name")
}

/// What a load of a database takes.
static DATABASE: FormatDescriptor = FormatDescriptor {
    name: "database",
    summary: "A table or query of a database.",
    options: &["table", "query", "version"],
    database: Some("a database"),
    ..FormatDescriptor::TABLE
};

impl TableLogic for LoadTask {
    fn io(&self) -> Io {
        let role = if self.format.has_wal { FileRole::Sqlite } else { FileRole::Source };
        let is_unversioned = self.format.name == DATABASE.name && self.keys.version.is_none();
        Io {
            volatile: is_unversioned.then_some(Volatile::Unversioned),
            files: vec![FileInput { path: self.path.clone(), role, version: self.keys.version.clone() }],
            ..Io::default()
        }
    }

    fn describe(&self) -> String {
        if let Some(connection) = &self.keys.connection {
            return match (&self.keys.path, &self.keys.table, &self.keys.query) {
                (Some(path), ..) => format!("{}: {}", connection.value, path.value),
                (_, Some(table), _) => format!("{}: {}", connection.value, table.value),
                _ => format!("{} (query)", connection.value),
            };
        }
        match (&self.keys.table, &self.keys.query) {
            (Some(table), _) => format!("{} ({})", self.path.value, table.value),
            (_, Some(_)) => format!("{} (query)", self.path.value),
            _ => self.path.value.to_string(),
        }
    }

    fn contract(&self) -> Promised {
        promised(&self.keys.columns, self.keys.strict)
    }

    fn source(&self, cx: &CheckContext<'_>) -> Option<Scan> {
        Some(self.scan(cx))
    }

    fn compile(&self, cx: &CheckContext<'_>) -> Result<Rel, Vec<Diagnostic>> {
        let contract = Contract { path: &self.path, columns: &self.keys.columns, strict: self.keys.strict };
        let scan = Scan { schema: contract.promised(), ..self.scan(cx) };
        let exists = |file: &Location| cx.storages.of(file).is_ok_and(|storage| storage.exists(cx.project, file));
        let is_there = !scan.files.is_empty() && scan.files.iter().all(exists);
        if !is_there {
            if self.keys.columns.is_empty() || scan.files.is_empty() {
                // A missing file has been reported with the paths; one that another task publishes is not there yet.
                return Err(Vec::new());
            }
            return self.selected_of(scan);
        }
        let found = match cx.whole_sources || (cx.all_keys && self.format.rows_name_columns) {
            true => cx.engine.infer(&scan, cx.cancelled),
            false => cx.engine.sample(&scan, cx.cancelled),
        };
        let found = match found {
            // What it holds is seen in the run; until then the contract is believed.
            Err(EngineError::Cancelled) if !cx.whole_sources && !self.keys.columns.is_empty() => {
                return self.selected_of(scan);
            }
            Err(EngineError::Cancelled) if !cx.whole_sources => return Err(vec![self.unanswered()]),
            Err(EngineError::Connection(error)) if self.may_be_believed(&error, cx) => {
                *self.unseen.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
                return self.selected_of(scan);
            }
            // A table that another task makes may not be there yet.
            Err(EngineError::Connection(error)) if self.is_made_in_the_run(&error, cx) => {
                return match self.keys.columns.is_empty() {
                    true => Err(Vec::new()),
                    false => self.selected_of(scan),
                };
            }
            found => found.map_err(|error| vec![self.unreadable(&error)])?,
        };
        let schema = self.selected(&contract.hold(&found, &|schema| read_as(cx, &scan, schema))?)?;
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(schema.clone());
        Ok(Rel::Scan(Scan { schema, ..scan }))
    }

    fn warnings(&self, cx: &CheckContext<'_>) -> Vec<Diagnostic> {
        if cx.cancelled.is_cancelled() && !self.keys.columns.is_empty() {
            return vec![self.believed()];
        }
        if let Some(why) = self.unseen.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let message = format!("{why}: whether its contract holds is seen only in the run");
            return vec![Diagnostic::warning(message).at(self.path.span, "read here")];
        }
        let Some(schema) = self.found.lock().unwrap_or_else(PoisonError::into_inner).take() else { return Vec::new() };
        let remarks = cx.engine.remarks(&Scan { schema, ..self.scan(cx) }).unwrap_or_default();
        remarks.into_iter().map(|remark| Diagnostic::warning(remark).at(self.path.span, "read here")).collect()
    }

    fn has_open_columns(&self) -> bool {
        self.format.rows_name_columns
    }
}

/// What is wrong with reading a source as these columns, if that is found in time.
fn read_as(cx: &CheckContext<'_>, scan: &Scan, schema: Schema) -> Option<EngineError> {
    if scan.format == DATABASE.format() {
        // Its types are those that it says, and no row is read for them.
        return Some(EngineError::Internal("the database says so".to_owned()));
    }
    let job = TableJob { rel: Rel::Scan(Scan { schema, ..scan.clone() }), checks: Vec::new() };
    let read = cx.engine.run(&job, &JobOptions { inputs: &[], origin: &|_| None, cancelled: cx.cancelled });
    read.err().filter(|error| !matches!(error, EngineError::Cancelled))
}

impl LoadTask {
    /// That the first rows did not come in time, before anything runs; and where that is read.
    fn silence(&self) -> (String, Span) {
        let (what, span) = match (&self.keys.table, &self.keys.query) {
            (Some(table), _) => (format!("`{}` of ", table.value), table.span),
            (_, Some(query)) => ("the query of ".to_owned(), query.span),
            _ => (String::new(), self.path.span),
        };
        (format!("{what}`{}` gave no first rows within {} s", self.path.value, MOST_TIME.as_secs()), span)
    }

    fn believed(&self) -> Diagnostic {
        let (message, span) = self.silence();
        let message = format!("{message}: whether its contract holds is seen only in the run");
        Diagnostic::warning(message).at(span, "read here")
    }

    fn unanswered(&self) -> Diagnostic {
        let (message, span) = self.silence();
        Diagnostic::error(format!("{message}, so its columns are not known"))
            .at(span, "read here")
            .help("declare its columns, as `columns: {id: int, name: string}`: then they are known without reading it")
            .help("if it never ends, correct the view; in a run `timeout` ends it")
    }

    fn unreadable(&self, error: &EngineError) -> Diagnostic {
        if let EngineError::Connection(error) = error {
            let query = self.keys.query.as_ref().filter(|_| error.kind == ConnectionErrorKind::Query);
            let mistake =
                Diagnostic::error(error.to_string()).at(query.map_or(self.path.span, |query| query.span), "read here");
            let mistake = if error.is_transient() { mistake.passing() } else { mistake };
            return error.help.iter().fold(mistake, |mistake, help| mistake.help(help.clone()));
        }
        let part = match error {
            EngineError::Source { part, .. } => *part,
            _ => None,
        };
        let key = match part {
            Some(ScanPart::Table) => self.keys.table.as_ref().map(|table| table.span),
            Some(ScanPart::Query) => self.keys.query.as_ref().map(|query| query.span),
            None => None,
        };
        let span = key.unwrap_or(self.path.span);
        let diagnostic = Diagnostic::error(error.to_string()).at(span, "read here");
        match error {
            EngineError::Source { help: Some(help), .. } | EngineError::Memory { help, .. } => {
                diagnostic.help(help.clone())
            }
            _ => diagnostic,
        }
    }
}
