//! The scheduler in the foreground.

use rustix::process::Signal;

use super::{count, signal, start, story, telling, telling_text, told, until};
use crate::project::Project;

#[test]
fn each_fire_runs_once_until_it_is_told_to_end() {
    let project = telling("{every: 1s}");
    let scheduler = start(&project);
    until("three fires run", || told(&project).len() >= 3);
    signal(&scheduler, Signal::TERM);
    let outcome = project.wait(scheduler).exits(0);
    let mut fires = told(&project);
    let number = fires.len();
    fires.sort();
    fires.dedup();
    assert_eq!(fires.len(), number, "a fire ran twice");
    assert!(project.read("told.txt").lines().all(|line| line.ends_with(" schedule")));
    assert_eq!(
        count(&project, "SELECT count(*) FROM runs WHERE trigger = 'schedule' AND status = 'success'"),
        number as i64
    );
    assert_eq!(count(&project, "SELECT count(*) FROM fires WHERE status = 'done' AND run IS NOT NULL"), number as i64);
    let told = story(&outcome.stderr);
    assert!(told.starts_with("schedule clock: every 1s; next in [time]\nschedule clock: [fire] starts\n"), "{told}");
    assert!(told.contains("schedule clock: [fire] done\n") && told.contains("schedule ends"), "{told}");
}

/// A run that lasts until a file is there, and says that it has begun and that it has ended.
const LASTING: &str =
    "echo ${{ run.logical_time }} >> told.txt; until [ -e go ]; do sleep 0.05; done; echo end >> told.txt";

fn lasting(overlap: &str) -> Project {
    Project::new().file("pipeline.yaml", telling_text(&format!("{{every: 1s, overlap: {overlap}}}"), LASTING))
}

#[test]
fn told_to_end_it_waits_for_its_run() {
    let project = lasting("skip");
    let scheduler = start(&project);
    until("a run goes on and a fire is skipped", || {
        project.has("told.txt") && count(&project, "SELECT count(*) FROM fires WHERE status = 'skipped'") > 0
    });
    signal(&scheduler, Signal::TERM);
    let project = project.file("go", "");
    let outcome = project.wait(scheduler).exits(0);
    assert_eq!(project.read("told.txt").matches("end").count(), 1);
    assert_eq!(count(&project, "SELECT count(*) FROM runs WHERE status = 'success'"), 1);
    let told = story(&outcome.stderr);
    assert!(told.contains("[fire] skipped: the run of "), "{told}");
    assert!(
        told.contains("schedule ends when the run of clock for [fire] has ended; once more cancels what runs"),
        "{told}"
    );
}

#[test]
fn told_twice_it_cancels_its_run() {
    let project = lasting("skip");
    let scheduler = start(&project);
    until("a run goes on", || project.has("told.txt"));
    signal(&scheduler, Signal::TERM);
    signal(&scheduler, Signal::INT);
    let outcome = project.wait(scheduler).exits(130);
    assert!(!project.read("told.txt").contains("end"), "{}", outcome.stderr);
    assert_eq!(count(&project, "SELECT count(*) FROM runs WHERE status = 'cancelled'"), 1);
    assert_eq!(count(&project, "SELECT count(*) FROM fires WHERE status = 'due'"), 0);
}

#[test]
fn a_later_fire_cancels_the_run_if_it_is_to() {
    let project = lasting("cancel");
    let scheduler = start(&project);
    until("two runs have begun", || told(&project).len() >= 2);
    signal(&scheduler, Signal::TERM);
    let outcome = project.wait(scheduler).exits(0);
    assert!(count(&project, "SELECT count(*) FROM runs WHERE status = 'cancelled'") >= 2, "{}", outcome.stderr);
    assert!(!project.read("told.txt").contains("end"));
    assert!(story(&outcome.stderr).contains("schedule clock: cancels the run for [fire]"), "{}", outcome.stderr);
}

#[test]
fn an_edited_file_counts_at_once_and_one_with_mistakes_does_not() {
    let text = |every: &str, word: &str| {
        telling_text(&format!("{{every: {every}}}"), &format!("echo ${{{{ run.logical_time }}}} {word} >> told.txt"))
    };
    let project = Project::new().file("pipeline.yaml", text("7d", "first"));
    let scheduler = start(&project);
    until("it serves", || {
        project.has(".tidemill/state.db")
            && count(&project, "SELECT count(*) FROM sqlite_master WHERE name = 'schedules'") == 1
            && count(&project, "SELECT count(*) FROM schedules") == 1
    });
    let project = project.file("pipeline.yaml", text("1s", "second"));
    until("the new interval is in force", || !told(&project).is_empty());
    // The last good one goes on, also in what its runs do.
    let project = project.file("pipeline.yaml", text("1s", "third").replace("type: command", "type: comand"));
    let before = told(&project).len();
    until("further fires run", || told(&project).len() >= before + 2);
    let project = project.file("pipeline.yaml", text("1s", "fourth"));
    until("the repaired file is in force", || project.read("told.txt").contains("fourth"));
    signal(&scheduler, Signal::TERM);
    let outcome = project.wait(scheduler).exits(0);
    let words = project.read("told.txt");
    assert!(words.contains("second") && !words.contains("third") && !words.contains("first"), "{words}");
    let told = story(&outcome.stderr);
    assert!(
        outcome.stderr.contains("unknown task type `comand`") || outcome.stderr.contains("comand"),
        "{}",
        outcome.stderr
    );
    assert!(told.contains("warning clock: the edited file has mistakes; what it was before stays in force"), "{told}");
    assert!(told.contains("schedule the edited file is in force; clock: every 1s; next in [time]"), "{told}");
    assert_eq!(
        count(&project, "SELECT count(*) FROM fires WHERE reason LIKE 'missed%'"),
        0,
        "the new calendar began with the edit"
    );
}

#[test]
fn a_folder_is_served_by_one_process() {
    let task = |name: &str| format!("tasks:\n  tell: {{type: command, run: \"echo x >> {name}.txt\"}}\n");
    let pipeline = |name: &str| format!("version: 1\nname: {name}\nschedule: {{every: 1s}}\n{}", task(name));
    let project = Project::new()
        .file("flows/one.yaml", pipeline("one"))
        .file("flows/two.yaml", pipeline("two"))
        .file("flows/by_hand.yaml", format!("version: 1\nname: by_hand\n{}", task("by_hand")))
        .file("flows/broken.yaml", "version: 1\nschedule: {every: 1s}\n");
    let mut command = project.command(["-f", "flows", "schedule"]);
    let scheduler = command.stderr(std::process::Stdio::piped()).spawn().expect("the binary starts");
    until("both have run", || project.has("flows/one.txt") && project.has("flows/two.txt"));
    let project = project.file("flows/three.yaml", pipeline("three"));
    until("the new one has run", || project.has("flows/three.txt"));
    signal(&scheduler, Signal::TERM);
    let outcome = project.wait(scheduler).exits(0);
    assert!(!project.has("flows/by_hand.txt"));
    assert!(outcome.stderr.contains("the pipeline has no `tasks`"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("broken.yaml is not served"), "{}", outcome.stderr);
    let same = project.file("flows/two.yaml", pipeline("one"));
    let outcome = same.run(["-f", "flows/one.yaml", "-f", "flows/two.yaml", "schedule"]).exits(2);
    assert!(outcome.stderr.contains("are both named `one`"), "{}", outcome.stderr);
}

#[test]
fn nothing_runs_while_it_is_paused() {
    let project = telling("{every: 1s}");
    assert!(project.run(["resume"]).exits(0).stderr.contains("clock is not paused"));
    insta::assert_snapshot!(project.run(["pause"]).exits(0).stderr, @r"ok clock is paused: its fires are skipped until `tidemill resume`");
    let scheduler = start(&project);
    until("fires are skipped", || {
        count(&project, "SELECT count(*) FROM fires WHERE reason = 'the schedule was paused'") >= 2
    });
    assert!(!project.has("told.txt"));
    let status = super::timeless(&project.run(["status"]).exits(0).stdout);
    insta::assert_snapshot!(status, @r"
    clock
      running  no
      last     it has not run yet
      fire     [fire] skipped: the schedule was paused
      schedule every 1s
      next     none: paused since [fire]; `tidemill resume`
    ");
    let resumed = super::timeless(&project.run(["resume"]).exits(0).stderr);
    insta::assert_snapshot!(resumed, @r"ok clock goes on: every 1s; next in [time]");
    until("a fire runs", || !told(&project).is_empty());
    signal(&scheduler, Signal::TERM);
    project.wait(scheduler).exits(0);
}

/// Two pipelines in folders of their own, of which the first one's state breaks while they are served.
#[test]
fn what_breaks_of_one_pipeline_leaves_the_other_its_schedule() {
    let text = |name: &str| {
        let run = format!("echo {name} >> told.txt");
        telling_text("{every: 1s}", &run).replace("name: clock", &format!("name: {name}"))
    };
    let project = Project::new().file("a/pipeline.yaml", text("first")).file("b/pipeline.yaml", text("second"));
    let mut command = project.command(["schedule", "-f", "a/pipeline.yaml", "-f", "b/pipeline.yaml"]);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let scheduler = command.spawn().expect("the binary starts");
    until("both run", || project.has("a/told.txt") && project.has("b/told.txt"));
    let state = project.root().join("a/.tidemill");
    std::fs::rename(&state, project.root().join("a/gone")).expect("it is there");
    std::fs::write(&state, "no folder").expect("the place is free");
    let before = project.read("b/told.txt").lines().count();
    until("the other goes on", || project.read("b/told.txt").lines().count() > before + 2);
    signal(&scheduler, Signal::TERM);
    let outcome = project.wait(scheduler).exits(0);
    let told = "warning first: its schedule waits and tries again every 60 s; others go on";
    assert_eq!(outcome.stderr.matches(told).count(), 1, "{}", outcome.stderr);
}

/// What a pipeline file holds that is too deep for any stack is a mistake of that file.
#[test]
fn a_file_that_is_too_deep_leaves_the_others_their_schedule() {
    let deep =
        format!("{}description: {}x{}\n", telling_text("{every: 1s}", "true"), "[".repeat(90_000), "]".repeat(90_000));
    let sql = format!(
        "{}  t: {{type: load, path: t.csv}}\n  q: {{type: normalize, from: t, derive: {{x: \"a{}\"}}}}\n",
        telling_text("{every: 1s}", "true").replace("clock", "likes"),
        " like 'x'".repeat(90_000)
    );
    let project = telling("{every: 1s}").file("deep.yaml", deep).file("likes.yaml", sql).file("t.csv", "a\nx\n");
    let mut command = project.command(["schedule", "-f", "."]);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let scheduler = command.spawn().expect("the binary starts");
    until("two fires run", || told(&project).len() >= 2);
    signal(&scheduler, Signal::TERM);
    let outcome = project.wait(scheduler).exits(0);
    assert!(outcome.stderr.contains("deep.yaml is not served"), "{}", outcome.stderr);
}
