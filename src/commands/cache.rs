//! `tidemill cache`: what is kept of results, and taking it away.

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::{Parser, Subcommand};
use serde_json::json;
use tidemill_core::cache::{CacheError, ContentStore, Stats};
use tidemill_core::format::{quantity, thousands};
use tidemill_core::ids::{Digest, TaskName};
use tidemill_core::spec::{ByteSize, Spec};
use tidemill_state::{FOLDER, Holder, LastGood, Lock, LockError, State, StateError};

use super::CliCommand;
use super::pipeline_history::{PipelineHistory, put};
use crate::failure::Failure;
use crate::global::Global;
use crate::terminal::{Paint, Stream};
use crate::text_table::TextTable;
use tidemill_runner::retention::{Keep, Swept, sweep};

/// `stats` names so many tasks.
const LARGEST: usize = 10;

/// What is kept of results, and taking it away
#[derive(Parser, Debug)]
#[command(name = "cache")]
pub struct CacheArgs {
    #[command(subcommand)]
    command: CacheCommand,
}

#[derive(Subcommand, Debug)]
enum CacheCommand {
    /// How much there is, and which tasks need most of it
    Stats {
        /// As an object
        #[arg(long)]
        json: bool,
    },
    /// Forget old runs and remove what nothing needs any more; without flags, as `retention` in the file says
    Gc {
        /// Keep so many runs
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        keep_runs: Option<u32>,
        /// Keep at most so much, such as `10GB`; what was used longest ago goes first
        #[arg(long, value_name = "SIZE", value_parser = ByteSize::parse)]
        max_size: Option<ByteSize>,
        /// As an object
        #[arg(long)]
        json: bool,
    },
    /// Read everything and remove what is damaged; exit code 1 if something was
    Verify,
    /// Remove everything: every task runs again
    Clear,
}

impl CliCommand for CacheArgs {
    /// Does what `cache` is asked.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let history = PipelineHistory::open(global)?;
        let store = ContentStore::new(history.spec.project.join(FOLDER).join("cache"));
        match self.command {
            CacheCommand::Stats { json } => {
                let paint = Paint(global.color.wanted(Stream::Stdout));
                stats(&history, &store, json, paint)
            }
            CacheCommand::Gc { keep_runs, max_size, json } => {
                let retention = history.spec.retention;
                let runs = keep_runs.or(retention.runs);
                let keep = Keep { runs, max_size: max_size.map(|size| size.0).or(retention.max_size) };
                gc(history, &store, keep, json)
            }
            CacheCommand::Verify => verify(&history, &store),
            CacheCommand::Clear => {
                if history.state.is_none() {
                    return put(&format!("removed {}\n", amount(&Stats::default())));
                }
                let _lock = lock(&history.spec, "tidemill cache clear")?;
                let removed = store.clear().map_err(cache_failure)?;
                put(&format!("removed {}\n", amount(&removed)))
            }
        }
    }
}

fn stats(history: &PipelineHistory, store: &ContentStore, json: bool, paint: Paint) -> Result<ExitCode, Failure> {
    let all = store.stats().map_err(cache_failure)?;
    let temporary = store.temporary().map_err(cache_failure)?;
    let results = match &history.state {
        Some(state) => state.last_results(history.pipeline())?,
        None => HashMap::new(),
    };
    let sizes = sizes(&results)?;
    let current: u64 = sizes.iter().map(|(_, bytes)| bytes).sum();
    if json {
        let tasks: serde_json::Map<_, _> = sizes.iter().map(|(task, bytes)| (task.to_string(), json!(bytes))).collect();
        let all = json!({"objects": all.objects, "bytes": all.bytes, "temporary": temporary, "tasks": tasks});
        return put(&format!("{all}\n"));
    }
    let mut text = format!("{} in {FOLDER}/cache\n", amount(&all));
    if temporary > 0 {
        let bytes = bytes_text(temporary);
        text +=
            &format!("{bytes} half written by runs that go on or have died; `tidemill cache gc` removes the latter\n");
    }
    if !sizes.is_empty() {
        let mut table = TextTable::new().name("task").number("latest result");
        for (task, bytes) in sizes.iter().take(LARGEST) {
            table.row([task.to_string(), bytes_text(*bytes)]);
        }
        text += &format!("the latest results of {} tasks: {}\n\n", sizes.len(), bytes_text(current));
        text += &table.write(Stream::Stdout.width(), 2, paint);
        if sizes.len() > LARGEST {
            let rest: u64 = sizes.iter().skip(LARGEST).map(|(_, bytes)| bytes).sum();
            text += &format!("  and {} more with {}\n", sizes.len() - LARGEST, bytes_text(rest));
        }
    }
    put(&text)
}

/// The bytes that each task's latest result takes, the largest first. What two tasks share counts for both.
fn sizes(results: &HashMap<TaskName, LastGood>) -> Result<Vec<(TaskName, u64)>, StateError> {
    let mut sizes = Vec::new();
    for (task, result) in results {
        let table = result.table.as_ref().filter(|table| table.stored).map_or(0, |table| table.object.size);
        let outputs = result.outputs()?;
        let outputs: u64 = outputs.iter().filter(|output| !output.rewritten).map(|output| output.object.size).sum();
        if table + outputs > 0 {
            sizes.push((task.clone(), table + outputs));
        }
    }
    sizes.sort_by(|(a, a_bytes), (b, b_bytes)| b_bytes.cmp(a_bytes).then_with(|| a.cmp(b)));
    Ok(sizes)
}

fn gc(history: PipelineHistory, store: &ContentStore, keep: Keep, json: bool) -> Result<ExitCode, Failure> {
    let swept = if history.state.is_none() {
        Swept { runs: 0, objects: Default::default() }
    } else {
        // A pipeline with mistakes may hide tasks whose results must stay.
        let _lock = lock(&history.spec, "tidemill cache gc")?;
        let engine = crate::engine::engine_for(&history.opened);
        let spec = history.opened.into_project()?.spec;
        let mut state = State::open(&spec.project)?;
        sweep(&spec, &mut state, store, &*engine, keep, SystemTime::now())
            .map_err(|error| Failure::broken(error.to_string()))?
    };
    if json {
        return put(&format!("{}\n", json!({"runs": swept.runs, "objects": swept.objects})));
    }
    put(&gc_text(&swept))
}

fn gc_text(swept: &Swept) -> String {
    let runs = match swept.runs {
        0 => String::new(),
        1 => "forgot 1 run\n".to_owned(),
        runs => format!("forgot {} runs\n", thousands(runs as u64)),
    };
    format!("{runs}removed {}, kept {}\n", amount(&swept.objects.removed), amount(&swept.objects.kept))
}

fn verify(history: &PipelineHistory, store: &ContentStore) -> Result<ExitCode, Failure> {
    let before = store.stats().map_err(cache_failure)?;
    let damaged = store.verify().map_err(cache_failure)?;
    if damaged.is_empty() {
        return put(&format!("{}: all sound\n", amount(&before)));
    }
    let users = users(history, &damaged)?;
    let mut text = format!("removed {} damaged of {}\n", thousands(damaged.len() as u64), amount(&before));
    for digest in &damaged {
        let users = users.get(digest).map_or_else(|| "no present task".to_owned(), |tasks| tasks.join(", "));
        text += &format!("  {}  of {users}\n", digest.short());
    }
    put(&text)?;
    eprintln!("`tidemill run` makes again what is needed");
    Err(Failure::Task)
}

/// The tasks whose latest results need these objects.
fn users(history: &PipelineHistory, objects: &[Digest]) -> Result<HashMap<Digest, Vec<String>>, Failure> {
    let mut users: HashMap<Digest, Vec<String>> = HashMap::new();
    let Some(state) = &history.state else { return Ok(users) };
    let results = state.last_results(history.pipeline())?;
    for (task, result) in &results {
        let outputs = result.outputs()?;
        let needed = result.table.iter().map(|table| table.object.digest);
        for digest in needed.chain(outputs.iter().map(|output| output.object.digest)) {
            if objects.contains(&digest) {
                users.entry(digest).or_default().push(task.to_string());
            }
        }
    }
    users.values_mut().for_each(|tasks| tasks.sort());
    Ok(users)
}

/// Holds the pipeline as a run would, so that none begins meanwhile.
pub(super) fn lock(spec: &Spec, command: &str) -> Result<Lock, Failure> {
    Lock::try_acquire(&spec.project, &spec.name.value, &Holder::current(command)).map_err(|error| match error {
        LockError::Held(held) => Failure::Held { message: held.to_string() },
        LockError::Io { .. } => Failure::broken(error.to_string()),
    })
}

/// `12 objects, 3.4 MB`.
fn amount(stats: &Stats) -> String {
    format!("{}, {}", quantity(stats.objects, "object"), bytes_text(stats.bytes))
}

/// `512 B`, `3.4 MB`: in powers of 1,000, as `--max-size` reads them.
pub fn bytes_text(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if size < 999.95 || unit == "B" && bytes < 1000 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{size:.1} {unit}") };
        }
        size /= 1000.0;
    }
    format!("{size:.1} TB")
}

fn cache_failure(error: CacheError) -> Failure {
    Failure::broken(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::history_fixture;
    use super::*;

    #[test]
    fn bytes_have_a_unit_that_people_grasp() {
        let texts = [0, 999, 1000, 999_949, 999_950, 3_400_000, 5_000_000_000, 7_000_000_000_000].map(bytes_text);
        assert_eq!(texts, ["0 B", "999 B", "1.0 kB", "999.9 kB", "1.0 MB", "3.4 MB", "5.0 GB", "7.0 TB"]);
    }

    #[test]
    fn a_result_is_as_large_as_its_table_and_its_files() -> Result<(), Box<dyn std::error::Error>> {
        let fixture = history_fixture::write()?;
        let sizes = sizes(&fixture.state.last_results("retail")?)?;
        assert_eq!(sizes[0], (TaskName::new("campaign_sales"), 8));
        assert_eq!(sizes.len(), 3);
        Ok(())
    }
}
