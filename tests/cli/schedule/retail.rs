//! The smart-retail pipeline on the real clock: its cron set a minute ahead.

use rustix::process::Signal;

use super::{count, signal, start, until};
use crate::project::Project;

/// Waits for up to two minutes, so only on demand: `TIDEMILL_REAL_CLOCK=1 cargo test --test cli real_clock -- --nocapture`.
#[test]
fn the_retail_pipeline_runs_on_the_real_clock() {
    if std::env::var_os("TIDEMILL_REAL_CLOCK").is_none() {
        return;
    }
    let project = Project::new().copy(&["pipeline.yaml", "tasks", "data"]);
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(63);
    let cron = soon.to_zoned(jiff::tz::TimeZone::UTC).strftime("%M %H * * *").to_string();
    let text = project.read("pipeline.yaml").replace("45 19 * * *", &cron);
    assert!(text.contains(&cron), "the pipeline has a schedule");
    let project = project.file("pipeline.yaml", text);
    println!("runs at {cron}");
    let scheduler = start(&project);
    let began = std::time::Instant::now();
    let is_done = || {
        project.has(".tidemill/state.db")
            && count(&project, "SELECT count(*) FROM sqlite_master WHERE name = 'fires'") == 1
            && count(&project, "SELECT count(*) FROM fires WHERE status = 'done'") == 1
    };
    while !is_done() && began.elapsed().as_secs() < 300 {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    signal(&scheduler, Signal::TERM);
    let outcome = project.wait(scheduler).exits(0);
    println!("{}", outcome.stderr);
    until("the fire is done", is_done);
    assert_eq!(count(&project, "SELECT count(*) FROM runs WHERE trigger = 'schedule' AND status = 'success'"), 1);
    assert_eq!(project.files("outputs/outbox").len(), 1, "one mail");
    assert!(project.has("outputs/report/summary.html"));
}
