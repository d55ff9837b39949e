//! `tidemill lsp`: the language server, for editors.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use jiff::tz::TimeZone;
use tidemill_core::format::thousands;
use tidemill_core::ids::TaskIx;
use tidemill_lsp::{Analysis, CachedSamples, Checker, Samples, Unsaved};
use tidemill_runner::cache_index::CacheIndex;
use tidemill_runner::project::{Opened, Wanted, zone_of};

use super::CliCommand;
use crate::engine::engine_for;
use crate::failure::Failure;
use crate::global::Global;

/// Serve an editor over stdin and stdout, by the Language Server Protocol; the editor starts it
#[derive(Parser, Debug)]
#[command(name = "lsp")]
pub struct LspArgs {}

impl CliCommand for LspArgs {
    /// Answers until the editor goes.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let checker = CommandLineChecker { global: global.clone(), samples: Samples::default() };
        tidemill_lsp::serve(Arc::new(checker), env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .map(|()| ExitCode::SUCCESS)
            .map_err(|error| Failure::broken(error.to_string()))
    }
}

/// Checks as `tidemill check` does.
struct CommandLineChecker {
    global: Global,
    samples: Samples,
}

impl Checker for CommandLineChecker {
    fn check(&self, pipeline: &Path, unsaved: &Unsaved) -> Result<Analysis, String> {
        let global = Global { files: vec![pipeline.to_owned()], directory: None, ..self.global.clone() };
        let wanted = Wanted { texts: unsaved.clone(), ..Wanted::default() };
        let mut opened = global.open(&wanted).map_err(|failure| failure.to_string())?;
        let project = opened.spec.as_ref().map(|spec| spec.project.clone()).unwrap_or_default();
        let engine = CachedSamples { engine: engine_for(&opened), project, samples: self.samples.clone() };
        let columns = opened.check_columns(&engine).unwrap_or_default();
        if !opened.diagnostics.has_lasting_errors() {
            let found = super::test::mistakes(&global, &wanted, &opened);
            opened.diagnostics.extend(
                found
                    .map_err(|failure| failure.to_string())
                    .unwrap_or_else(|failure| vec![tidemill_core::diagnostic::Diagnostic::error(failure)]),
            );
        }
        let Opened { types, sources, diagnostics, spec, plan, .. } = opened;
        let diagnostics = diagnostics.into_sorted(&sources);
        Ok(Analysis { types, sources, diagnostics, spec, plan, columns })
    }

    fn last_result(&self, analysis: &Analysis, task: TaskIx) -> Option<String> {
        let spec = analysis.spec.as_ref()?;
        let (cache, _) = CacheIndex::look(&spec.project, &spec.name.value).ok()?;
        let last = cache.last.get(&analysis.plan.as_ref()?.task(task).name)?;
        let when = last.made.to_zoned(zone_of(spec).unwrap_or(TimeZone::UTC)).strftime("%Y-%m-%d %H:%M");
        Some(match &last.table {
            Some(table) => format!("{} rows, made {when}", thousands(table.rows)),
            None => format!("made {when}"),
        })
    }
}
