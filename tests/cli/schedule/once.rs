//! `schedule --once`: the fires that are due, then it exits. And the rules of catching up through it.

use super::{count, hourly, seen_hours_ago, state, story, telling, telling_text, told};
use crate::project::Project;

#[test]
fn what_was_missed_is_made_up_for_by_the_rule() {
    for (catchup, runs) in [("none", 0), ("latest", 1), ("all", 5)] {
        let project = telling(&format!("{{cron: {}, catchup: {catchup}}}", hourly()));
        seen_hours_ago(&project, 5);
        let outcome = project.run(["schedule", "--once"]).exits(0);
        assert_eq!(told(&project).len(), runs, "{catchup}: {}", outcome.stderr);
        assert_eq!(count(&project, "SELECT count(*) FROM fires"), 5, "each fire is written down");
        let skipped = "SELECT count(*) FROM fires WHERE status = 'skipped' AND reason LIKE 'missed, and%'";
        assert_eq!(count(&project, skipped), 5 - runs as i64);
        project.run(["schedule", "--once"]).exits(0);
        assert_eq!(told(&project).len(), runs, "nothing is made up for twice");
    }
}

#[test]
fn what_is_too_old_is_not_made_up_for() {
    let project = telling(&format!("{{cron: {}, catchup: all, max_catchup: 2h}}", hourly()));
    seen_hours_ago(&project, 5);
    let outcome = project.run(["schedule", "--once"]).exits(0);
    assert_eq!(told(&project).len(), 2, "{}", outcome.stderr);
    let reason = "SELECT count(*) FROM fires WHERE reason = 'missed, and older than `max_catchup: 2h`'";
    assert_eq!(count(&project, reason), 3);
}

#[test]
fn a_run_that_fails_is_told_and_the_exit_code_is_1() {
    let project = Project::new().file("pipeline.yaml", telling_text(&hourly(), "echo x >> told.txt; test -e good"));
    let project = project.file("good", "");
    seen_hours_ago(&project, 2);
    std::fs::remove_file(project.root().join("good")).expect("it is there");
    let outcome = project.run(["schedule", "--once"]).exits(1);
    insta::assert_snapshot!(story(&outcome.stderr), @r"
    schedule clock: every hour at minute [m]; next in [time]
    schedule clock: [fire] skipped: missed, and `catchup: latest` makes up for a later one
    schedule clock: [fire] was missed and starts now
    warning clock: [fire] failed; `tidemill show` tells more
    ");
    assert_eq!(count(&project, "SELECT count(*) FROM fires WHERE status = 'done'"), 1);
}

#[test]
fn a_fire_that_was_recorded_and_not_started_is_reported_and_not_run() {
    let project = telling(&hourly());
    seen_hours_ago(&project, 1);
    // As a scheduler leaves it that dies between writing the fire down and starting its run.
    let next = project.run(["schedule", "next", "-n", "1"]).exits(0).stdout;
    let next: jiff::Timestamp = next.split(' ').next().and_then(|fire| fire.parse().ok()).expect("it tells an instant");
    let fire = next.as_microsecond() - 3_600_000_000;
    let insert = "INSERT INTO fires (pipeline, instant, status, at, pid, boot, pid_started) VALUES ('clock', ?, 'due', ?, 1, 'other', 1)";
    state(&project).execute(insert, [fire, fire]).expect("a state");
    let outcome = project.run(["schedule", "--once"]).exits(0);
    assert_eq!(told(&project).len(), 0, "{}", outcome.stderr);
    assert!(story(&outcome.stderr).contains("recorded, not started: the scheduler ended before its run began"));
    let status = project.run(["status"]).exits(0).stdout;
    assert!(status.contains("recorded, not started; `tidemill backfill --from "), "{status}");
    let fire = jiff::Timestamp::from_microsecond(fire).expect("in range").to_string();
    project.run(["backfill", "--from", &fire, "--to", &fire]).exits(0);
    assert_eq!(told(&project).len(), 1);
    let status = project.run(["status"]).exits(0).stdout;
    assert!(!status.contains("; `tidemill backfill"), "{status}");
}
