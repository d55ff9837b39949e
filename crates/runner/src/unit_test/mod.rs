//! Tests of a pipeline: some tables are given, what lies between them and what is expected is computed, and nothing else happens.
//!
//! Jobs go straight to the engine. There is no run: no state, no lock, no cache, no output, no mail, no command.

mod compute;
mod difference;
mod expected;
mod given;
mod inferred;
mod scope;
mod value;

use std::time::{Duration, Instant};

use serde::Serialize;
use tidemill_core::diagnostic::{Diagnostic, SourceMap, failure_of};
use tidemill_core::plan::{Plan, TaskSchemas};
use tidemill_core::spec::{Spec, TestSpec};
use tidemill_core::table::{Formats, TableEngine};
use tidemill_core::task::TaskFailure;

pub use difference::{Difference, DifferentRow, DiffersAs, Subject, TableDifference};
use scope::TestScope;

/// A pipeline, planned and checked, that tests look at.
pub struct TestedPipeline<'a> {
    /// The pipeline.
    pub spec: &'a Spec,
    /// Its graph.
    pub plan: &'a Plan,
    /// The columns of its tables as `check` finds them.
    pub columns: &'a TaskSchemas,
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// The formats of files.
    pub formats: &'a Formats,
    /// Computes tables.
    pub engine: &'a dyn TableEngine,
}

/// How a test ended.
#[derive(Clone, Debug, Serialize)]
pub struct TestOutcome {
    /// Its name.
    pub name: String,
    /// The file that has it, as the user knows it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What came of it.
    #[serde(flatten)]
    pub result: TestResult,
    /// How long it took.
    #[serde(skip)]
    pub duration: Duration,
}

/// What came of a test.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum TestResult {
    /// Everything is as expected.
    Passed,
    /// Something is not.
    Failed {
        /// What.
        differences: Vec<Difference>,
    },
    /// It could not be found out.
    Error {
        /// Why.
        message: String,
        /// What to do.
        help: Vec<String>,
    },
}

impl TestedPipeline<'_> {
    /// What is wrong with a test before any of its tasks is computed.
    pub fn check(&self, test: &TestSpec) -> Vec<Diagnostic> {
        let scope = match TestScope::of(self, test) {
            Ok(scope) => scope,
            Err(mistakes) => return mistakes,
        };
        let mut mistakes = given::check(self, &scope);
        mistakes.extend(expected::check(self, &scope));
        mistakes
    }

    /// Does a test.
    pub fn run(&self, test: &TestSpec) -> TestOutcome {
        let begun = Instant::now();
        let result = self
            .result(test)
            .unwrap_or_else(|failure| TestResult::Error { message: failure.message, help: failure.help });
        let place = self.sources.line_column(test.name.span);
        TestOutcome {
            name: test.name.value.clone(),
            file: self.sources.get(test.name.span.file).map(|file| file.name.clone()).unwrap_or_default(),
            line: place.map_or(1, |(line, _)| line),
            result,
            duration: begun.elapsed(),
        }
    }

    fn result(&self, test: &TestSpec) -> Result<TestResult, TaskFailure> {
        let failed = |mistakes: Vec<Diagnostic>| failure_of(&mistakes, self.sources);
        let scope = TestScope::of(self, test).map_err(failed)?;
        let computed = compute::compute(self, &scope)?;
        let mut differences = Vec::new();
        for (tasks, expectation) in &scope.expected {
            differences.extend(expected::compare(self, &computed, tasks, expectation)?);
        }
        Ok(if differences.is_empty() { TestResult::Passed } else { TestResult::Failed { differences } })
    }
}
