//! How projects stand, in the text format of Prometheus.

use std::fmt::Write as _;

use tidemill_state::{RunStatus, run_time};

use crate::asked::Asked;
use crate::reply::{Problem, Reply};

/// Answers `/metrics`.
///
/// # Errors
/// If a state cannot be read.
pub fn metrics(asked: &Asked) -> Result<Reply, Problem> {
    let mut up = String::new();
    let mut running = String::new();
    let mut success = String::new();
    let mut seconds = String::new();
    let mut ended = String::new();
    for served in &asked.app.projects {
        let pipeline = served.load(&*asked.app.program);
        let labels = format!("{{pipeline=\"{}\"}}", label(&pipeline.name));
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(up, "tidemill_pipeline_valid{labels} {}", u8::from(pipeline.project.is_ok()));
        let Some(state) = served.state()? else { continue };
        let runs = state.history(&pipeline.name, 10)?;
        let is_running = |run: &&tidemill_state::Run| run.status() == RunStatus::Running;
        let _ = writeln!(running, "tidemill_runs_running{labels} {}", runs.iter().filter(is_running).count());
        let Some(last) = runs.iter().find(|run| !is_running(run)) else { continue };
        let _ =
            writeln!(success, "tidemill_last_run_success{labels} {}", u8::from(last.status() == RunStatus::Success));
        if let (Some(end), Some(time)) = (last.ended, run_time(last, jiff::Timestamp::now())) {
            let _ = writeln!(seconds, "tidemill_last_run_duration_seconds{labels} {}", time.as_secs_f64());
            let _ = writeln!(ended, "tidemill_last_run_end_timestamp_seconds{labels} {}", end.as_second());
        }
    }
    let parts = [
        ("tidemill_pipeline_valid", "Whether the pipeline file has no mistakes.", up),
        ("tidemill_runs_running", "Runs that go on.", running),
        ("tidemill_last_run_success", "Whether the last run that has ended went well.", success),
        ("tidemill_last_run_duration_seconds", "How long it took.", seconds),
        ("tidemill_last_run_end_timestamp_seconds", "When it ended.", ended),
    ];
    let text = parts
        .iter()
        .map(|(name, help, values)| format!("# HELP {name} {help}\n# TYPE {name} gauge\n{values}"))
        .collect();
    Ok(Reply::Text { content_type: "text/plain; version=0.0.4; charset=utf-8", text, download: None })
}

/// The value of a label, as the format wants it.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
