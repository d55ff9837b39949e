//! Runs for times of the past: `run --at`, `backfill`.

use super::{count, telling, told};

#[test]
fn a_run_for_a_day_has_the_time_of_its_fire() {
    let project = telling("{cron: '45 19 * * *', timezone: Europe/Paris}");
    project.run(["run", "--at", "2024-11-20"]).exits(0);
    project.run(["run", "--at", "2024-07-01T12:00"]).exits(0);
    insta::assert_snapshot!(project.read("told.txt"), @r"
    2024-11-20T19:45:00+01:00 2024-11-20 manual
    2024-07-01T12:00:00+02:00 2024-07-01 manual
    ");
    let outcome = project.run(["run", "--at", "a while ago"]).exits(2);
    assert!(outcome.stderr.contains("write it as `2024-11-20`"), "{}", outcome.stderr);
}

#[test]
fn fires_of_the_past_run_in_order_and_only_those_that_are_missing() {
    let project = telling("{cron: '30 2 * * *', timezone: Europe/Paris}");
    project.run(["run", "--at", "2024-03-31"]).exits(0);
    let backfill = ["backfill", "--from", "2024-03-30", "--to", "2024-04-02", "--missing-only"];
    let outcome = project.run(backfill).exits(0);
    let announced: Vec<&str> = outcome.stderr.lines().filter(|line| line.starts_with("backfill")).collect();
    insta::assert_snapshot!(announced.join("\n"), @r"
    backfill 1 of 3: 2024-03-30 02:30:00 CET
    backfill 2 of 3: 2024-04-01 02:30:00 CEST
    backfill 3 of 3: 2024-04-02 02:30:00 CEST
    ");
    insta::assert_snapshot!(project.read("told.txt"), @r"
    2024-03-31T03:00:00+02:00 2024-03-31 manual
    2024-03-30T02:30:00+01:00 2024-03-30 backfill
    2024-04-01T02:30:00+02:00 2024-04-01 backfill
    2024-04-02T02:30:00+02:00 2024-04-02 backfill
    ");
    let outcome = project.run(backfill).exits(0);
    assert_eq!(outcome.stderr, "ok no such fire is left to run\n");
    project.run(["backfill", "--from", "2024-03-30", "--to", "2024-03-30"]).exits(0);
    assert_eq!(told(&project).len(), 5);
    assert_eq!(count(&project, "SELECT count(*) FROM runs WHERE trigger = 'backfill'"), 4);
    project.run(["backfill", "--from", "2024-03-30", "--to", "2024-03-30", "--dry-run"]).exits(0);
    assert_eq!(told(&project).len(), 5);
}

#[test]
fn a_run_that_fails_ends_the_backfill_unless_it_is_to_go_on() {
    let text =
        super::telling_text("'0 5 * * *'", "echo ${{ run.date }} >> told.txt; test ${{ run.date }} != 2024-01-02");
    let project = crate::project::Project::new().file("pipeline.yaml", text);
    let outcome = project.run(["backfill", "--from", "2024-01-01", "--to", "2024-01-03"]).exits(1);
    assert!(outcome.stderr.contains("failed; 1 fires were not run"), "{}", outcome.stderr);
    assert_eq!(told(&project), ["2024-01-01", "2024-01-02"]);
    project.run(["backfill", "--from", "2024-01-01", "--to", "2024-01-03", "--keep-going", "--missing-only"]).exits(1);
    assert_eq!(told(&project), ["2024-01-01", "2024-01-02", "2024-01-02", "2024-01-03"]);
}
