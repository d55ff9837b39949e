//! `tidemill diff --against`: what a change of the pipeline means, before it is merged.

mod change;
mod revision;
mod tell;
mod version;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use tidemill_core::plan::resolve;
use tidemill_runner::cache_index::CacheIndex;
use tidemill_runner::project::Wanted;

use self::change::{Before, compare_pipelines};
use self::version::{LastResults, Version, made_in};
use crate::commands::pipeline_history::{PipelineHistory, put};
use crate::failure::Failure;
use crate::global::Global;
use crate::terminal::{Paint, Stream};

/// How the change is told.
pub struct DiffOutput<'a> {
    /// As Markdown.
    pub markdown: bool,
    /// Into this folder, with the figures, instead of stdout.
    pub folder: Option<&'a Path>,
}

/// Tells what differs between the pipeline and what it was in a run or a revision.
pub fn tell(global: &Global, wanted: &Wanted, against: &str, form: &DiffOutput<'_>) -> Result<ExitCode, Failure> {
    let history = PipelineHistory::open(global)?;
    let after = Version::of(global, wanted)?;
    let is_run = history.state.is_some() && history.run(Some(against)).is_ok();
    let before = if is_run { of_run(&history, against)? } else { of_revision(global, wanted, against, &after)? };
    let change = compare_pipelines(&before, &after, &history)?;
    let name = history.pipeline();
    match form.folder {
        Some(folder) => {
            let store = super::super::stored_table::store_of(&history.spec.project);
            let page = tell::write(folder, name, &before.title, &change, &store)?;
            eprintln!("{}", page.display());
            Ok(ExitCode::SUCCESS)
        }
        None if form.markdown => put(&tell::markdown(name, &before.title, &change, &BTreeMap::new())),
        None => {
            let paint = Paint(global.color.wanted(Stream::Stdout));
            put(&tell::text(name, &before.title, &change, Stream::Stdout.width(), paint))
        }
    }
}

/// The pipeline as a run left it.
fn of_run(history: &PipelineHistory, id: &str) -> Result<Before, Failure> {
    let run = history.run(Some(id))?;
    let (results, fingerprints) = made_in(history, &run.id)?;
    let schema = |result: &tidemill_state::LastGood| result.table.as_ref().and_then(|table| table.schema().ok());
    let schemas = results.iter().filter_map(|(name, result)| Some((name.clone(), schema(result)?))).collect();
    Ok(Before { title: format!("the run {}", run.id), fingerprints, schemas, results, version: None })
}

/// The pipeline as a revision has it.
fn of_revision(global: &Global, wanted: &Wanted, revision: &str, after: &Version) -> Result<Before, Failure> {
    let project = after.plan().spec.project.canonicalize();
    let project = project.map_err(|error| Failure::broken(format!("the project's folder: {error}")))?;
    let outputs = after.plan().tasks.iter().flat_map(|task| &task.outputs);
    let published: Vec<_> = outputs.map(|output| resolve(&project, &output.path.value)).collect();
    let checkout = revision::check_out(global.file(), revision, &published)?;
    let there = Global { files: vec![checkout.pipeline.clone()], directory: None, ..global.clone() };
    let version = Version::of(&there, wanted).map_err(|failure| {
        let Failure::Mistakes { diagnostics, .. } = &failure else { return failure };
        let first = diagnostics.first().map(|first| format!(": {}", first.message)).unwrap_or_default();
        Failure::wrong(format!("the pipeline of `{revision}` has mistakes{first}"))
            .help("compare with a revision that `check` accepts")
    })?;
    let spec = &version.plan().spec;
    let (cache, _) = CacheIndex::look(&spec.project, &spec.name.value)?;
    let results: LastResults = version.results.clone();
    let (mut fingerprints, mut schemas) = (BTreeMap::new(), BTreeMap::new());
    for ix in &version.plan().order {
        let name = &version.plan().task(*ix).name;
        fingerprints.insert(name.clone(), version.fingerprint(&cache, *ix, &results)?);
        schemas.extend(version.schema(name).map(|schema| (name.clone(), schema.clone())));
    }
    let title =
        if revision == checkout.commit { revision.to_owned() } else { format!("{revision} ({})", checkout.commit) };
    Ok(Before { title, fingerprints, schemas, results, version: Some(version) })
}
