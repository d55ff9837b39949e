//! A file format is one file and one line: this is the file, and the line is in `codecs`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tidemill_core::attempt::CancelToken;
use tidemill_core::diagnostic::Diagnostics;
use tidemill_core::plan::{self, CheckOptions};
use tidemill_core::spec::{self, LoadOptions};
use tidemill_core::table::{
    EngineError, FileFormat, FormatDescriptor, JobOptions, Location, Scan, ScanOptions, Schema, Sink, SinkOptions,
    TableEngine, Written,
};
use tidemill_engine_local::{FormatCodec, FormatCodecs, LocalEngine, OutputTable, SourceFile, SourceRows, WriteError};
use tidemill_runner::project::run_by_hand;

/// CSV with bars instead of commas.
struct Bars(FormatCodecs);

impl Bars {
    fn csv(&self) -> Result<&dyn FormatCodec, EngineError> {
        self.0.get(FileFormat("csv"))
    }
}

fn with_bars(scan: &Scan) -> Scan {
    Scan { options: ScanOptions { delimiter: Some('|'), ..scan.options.clone() }, ..scan.clone() }
}

impl FormatCodec for Bars {
    fn descriptor(&self) -> &'static FormatDescriptor {
        &FormatDescriptor {
            name: "bars",
            summary: "Values between bars.",
            endings: &["psv"],
            options: &["encoding"],
            rows_are_lines: true,
            ..FormatDescriptor::TABLE
        }
    }

    fn infer(&self, files: &[SourceFile], scan: &Scan, head: Option<usize>) -> Result<Schema, EngineError> {
        self.csv()?.infer(files, &with_bars(scan), head)
    }

    fn read(&self, files: &[SourceFile], scan: &Scan) -> Result<SourceRows, EngineError> {
        self.csv()?.read(files, &with_bars(scan))
    }

    fn places(&self, files: &[SourceFile], scan: &Scan, rows: &[u64]) -> Result<Vec<(String, u64)>, EngineError> {
        self.csv()?.places(files, &with_bars(scan), rows)
    }

    fn write(&self, table: &OutputTable, sink: &Sink, path: &Path) -> Result<Written, WriteError> {
        let options = SinkOptions { delimiter: Some('|'), ..sink.options.clone() };
        self.csv()?.write(table, &Sink { options, ..sink.clone() }, path)
    }
}

fn codecs() -> FormatCodecs {
    FormatCodecs::all().with(Bars(FormatCodecs::all()))
}

/// Runs the task `a` of the pipeline and writes its output; what is wrong with the pipeline, or what was written.
fn run(folder: &Path, pipeline: &str) -> Result<String, Box<dyn std::error::Error>> {
    let types = tidemill_tasks::all().with_formats(codecs().formats());
    std::fs::write(folder.join("pipeline.yaml"), pipeline)?;
    let options = LoadOptions {
        folder: folder.to_path_buf(),
        file: folder.join("pipeline.yaml"),
        profile: None,
        engine: None,
        params: Vec::new(),
        params_file: None,
        environment: BTreeMap::new(),
        run: run_by_hand(jiff::Timestamp::UNIX_EPOCH, &jiff::tz::TimeZone::UTC),
        texts: std::sync::Arc::default(),
    };
    let loaded = spec::load(&options, &types);
    let mut mistakes: Diagnostics = loaded.diagnostics;
    let plan = loaded
        .spec
        .map(Arc::new)
        .and_then(|spec| plan::build(&spec, &spec.tasks, &loaded.sources, &types, &mut mistakes));
    let Some(plan) = plan.filter(|_| !mistakes.has_errors()) else {
        let told = mistakes.into_sorted(&loaded.sources).into_iter().map(|mistake| {
            let labels = mistake.labels.iter().map(|label| label.text.as_str());
            [mistake.message.as_str()]
                .into_iter()
                .chain(labels)
                .chain(mistake.help.iter().map(String::as_str))
                .collect::<Vec<_>>()
                .join(": ")
        });
        return Ok(told.collect::<Vec<_>>().join("\n"));
    };
    let engine = LocalEngine::with_formats(folder, codecs(), Arc::default());
    let check = CheckOptions { engine: &engine, sources: &loaded.sources, outer: &BTreeMap::new(), offline: None };
    let columns = plan::check_columns(&plan, &check, &mut mistakes);
    let a = plan.find("a").ok_or("there is a task `a`")?;
    let job = plan::jobs(&plan, &[a].into_iter().collect(), &columns, &check).remove(&a).ok_or("it is a table task")?;
    let report =
        engine.run(&job, &JobOptions { inputs: &[], origin: &|_| None, cancelled: &CancelToken::default() })?;
    let table = report.table.ok_or("it makes a table")?;
    engine.write(&table, &plan.task(a).sinks[0], &Location::new("staged"))?;
    Ok(std::fs::read_to_string(folder.join("staged"))?)
}

#[test]
fn a_new_format_is_read_written_and_named_in_messages_and_the_schema() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("a.psv"), "n|t\n1|x,y\n2|z\n")?;
    std::fs::write(folder.path().join("a.dat"), "n|t\n3|q\n")?;
    let run = |keys: &str| run(folder.path(), &format!("version: 1\ntasks:\n  a: {{type: load, {keys}}}\n"));
    assert_eq!(run("path: a.psv, output: out/b.psv")?, "n|t\n1|x,y\n2|z\n");
    assert_eq!(run("path: a.psv, output: out/b.csv")?, "n,t\n1,\"x,y\"\n2,z\n");
    assert_eq!(run("path: a.dat, format: bars, output: out/b.csv")?, "n,t\n3,q\n");
    assert_eq!(
        run("path: a.psv, output: out/b.dat")?,
        "`out/b.dat` has no ending that says its format: a table is written here: \
         end it with .csv, .json, .ndjson, .parquet, .xlsx, .psv or .sqlite"
    );
    assert_eq!(run("path: a.psv, options: {delimiter: ';'}")?, "`delimiter` has no meaning for bars: only for csv");
    let types = tidemill_tasks::all().with_formats(codecs().formats());
    assert!(spec::json_schema(&types).to_string().contains(r#""const":"bars","description":"Values between bars.""#));
    Ok(())
}
