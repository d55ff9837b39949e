//! `tidemill test`: the tests of the pipeline. No run takes place.

mod junit;
mod story;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use tidemill_core::diagnostic::{Diagnostic, nearest};
use tidemill_core::plan::TaskSchemas;
use tidemill_core::spec::TestSpec;
use tidemill_core::table::TableEngine;
use tidemill_runner::project::{Opened, Wanted};
use tidemill_runner::trigger::{PointInTime, RunTrigger};
use tidemill_runner::unit_test::{TestOutcome, TestResult, TestedPipeline};

use super::CliCommand;
use super::params::ParamArgs;
use super::pipeline_history::json_lines;
use crate::engine::local_engine;
use crate::failure::Failure;
use crate::global::Global;
use crate::terminal::{Paint, Stream, put};

/// Run the pipeline's tests: given rows, expected rows, nothing written or sent
#[derive(Parser, Debug)]
#[command(name = "test")]
pub struct TestArgs {
    /// Only the tests of these names, or whose names contain them
    names: Vec<String>,
    /// An object a line
    #[arg(long)]
    json: bool,
    /// Write the results to this file, as JUnit's XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    params: ParamArgs,
}

impl CliCommand for TestArgs {
    /// Runs the tests and says how each ended.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let begun = Instant::now();
        let wanted = self.params.wanted()?;
        let opened = global.open(&wanted)?;
        let Some(spec) = opened.spec.clone() else { return Err(opened.mistakes()) };
        let tests = chosen(&spec.tests, &self.names)?;
        let mut settings = Settings { global, wanted, opened: vec![] };
        let mut outcomes = Vec::with_capacity(tests.len());
        for test in tests {
            outcomes.push(settings.run(test)?);
        }
        if let Some(file) = &self.junit {
            let failed = |error: std::io::Error| Failure::broken(format!("cannot write {}: {error}", file.display()));
            std::fs::write(file, junit::document(&spec.name.value, &outcomes)).map_err(failed)?;
        }
        let paint = Paint(global.color.wanted(Stream::Stdout));
        match self.json {
            true => put(&json_lines(outcomes.iter().map(story::object).collect::<Vec<_>>()))?,
            false => put(&story::told(&outcomes, Stream::Stdout.width(), paint))?,
        };
        eprintln!("{}", story::sentence(&outcomes, begun.elapsed(), Paint(global.color.wanted(Stream::Stderr))));
        let all_passed = outcomes.iter().all(|outcome| matches!(outcome.result, TestResult::Passed));
        Ok(if all_passed { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

/// The tests of these names, all without any.
fn chosen<'a>(tests: &'a [TestSpec], names: &[String]) -> Result<Vec<&'a TestSpec>, Failure> {
    if tests.is_empty() {
        let none = Failure::wrong("the pipeline has no tests");
        return Err(none.help("write them below `tests`: `given` rows, `expect` rows"));
    }
    let mut found = vec![false; tests.len()];
    for name in names {
        let exact = tests.iter().position(|test| test.name.value == *name);
        let part = |test: &TestSpec| test.name.value.to_lowercase().contains(&name.to_lowercase());
        let hits: Vec<usize> =
            exact.map_or_else(|| (0..tests.len()).filter(|at| part(&tests[*at])).collect(), |at| vec![at]);
        if hits.is_empty() {
            let failure = Failure::wrong(format!("there is no test `{name}`"));
            return Err(match nearest(name, tests.iter().map(|test| test.name.value.as_str())) {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure.help("`tidemill test --json` names them all"),
            });
        }
        hits.into_iter().for_each(|at| found[at] = true);
    }
    Ok(tests.iter().zip(found).filter(|(_, found)| names.is_empty() || *found).map(|(test, _)| test).collect())
}

/// The pipeline with the parameters and the time of tests: read once for all that have the same.
struct Settings<'a> {
    global: &'a Global,
    wanted: Wanted,
    opened: Vec<Setting>,
}

/// The pipeline with some parameters at some time.
struct Setting {
    params: Vec<(String, String)>,
    at: Option<String>,
    opened: Opened,
    columns: TaskSchemas,
    engine: std::sync::Arc<dyn TableEngine>,
}

impl Settings<'_> {
    fn run(&mut self, test: &TestSpec) -> Result<TestOutcome, Failure> {
        let setting = self.setting(test)?;
        let Some(tested) = setting.tested() else { return Err(setting.opened.mistakes()) };
        // The test as it is with these parameters: its values may name them.
        let own = tested.spec.tests.iter().find(|own| own.name.value == test.name.value).unwrap_or(test);
        Ok(tested.run(own))
    }

    fn setting(&mut self, test: &TestSpec) -> Result<&Setting, Failure> {
        let params: Vec<(String, String)> =
            test.params.iter().map(|(name, value)| (name.value.clone(), value.clone())).collect();
        let at = test.at.as_ref().map(|at| at.value.clone());
        let known = self.opened.iter().position(|known| known.params == params && known.at == at);
        let place = match known {
            Some(place) => place,
            None => {
                self.opened.push(open(self.global, &self.wanted, test, params, at)?);
                self.opened.len() - 1
            }
        };
        Ok(&self.opened[place])
    }
}

fn open(
    global: &Global,
    wanted: &Wanted,
    test: &TestSpec,
    params: Vec<(String, String)>,
    at: Option<String>,
) -> Result<Setting, Failure> {
    let mut wanted = wanted.clone();
    wanted.params.extend(params.iter().cloned());
    if let Some(at) = &at {
        let time = PointInTime::parse(at).map_err(|error| wrong_time(global, &wanted, test, error))?;
        wanted.trigger = RunTrigger::At(time);
    }
    let mut opened = global.open(&wanted)?;
    let engine = local_engine(&opened);
    let columns = opened.check_columns(&*engine);
    // Sources that are not there are no matter where tables are given instead.
    match columns {
        Some(columns) if !opened.diagnostics.has_lasting_errors() => {
            Ok(Setting { params, at, opened, columns, engine })
        }
        _ => {
            opened.diagnostics.keep_lasting();
            Err(opened.mistakes())
        }
    }
}

/// That the time of a test is none.
fn wrong_time(global: &Global, wanted: &Wanted, test: &TestSpec, error: String) -> Failure {
    let place = test.at.as_ref().map_or(test.name.span, |at| at.span);
    global.open(wanted).map_or_else(
        |failure| failure,
        |mut opened| {
            opened.diagnostics.push(Diagnostic::error(error).at(place, ""));
            opened.mistakes()
        },
    )
}

impl Setting {
    fn tested(&self) -> Option<TestedPipeline<'_>> {
        Some(TestedPipeline {
            spec: self.opened.spec.as_deref()?,
            plan: self.opened.plan.as_ref()?,
            columns: &self.columns,
            sources: &self.opened.sources,
            formats: self.opened.types.formats(),
            engine: &*self.engine,
        })
    }
}

/// What is wrong with the tests of a pipeline, each with its own parameters and time.
pub fn mistakes(global: &Global, wanted: &Wanted, opened: &Opened) -> Result<Vec<Diagnostic>, Failure> {
    let Some(spec) = opened.spec.clone() else { return Ok(Vec::new()) };
    let mut settings = Settings { global, wanted: wanted.clone(), opened: vec![] };
    let mut found = Vec::new();
    for test in &spec.tests {
        let setting = settings.setting(test)?;
        if let Some(tested) = setting.tested() {
            found.extend(tested.check(test));
        }
    }
    Ok(found)
}

/// A time as people read it.
fn shown(duration: Duration) -> String {
    match duration.as_millis() {
        0..1000 => format!("{} ms", duration.as_millis()),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}
