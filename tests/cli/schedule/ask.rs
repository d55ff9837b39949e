//! What it will do: `check`, `schedule next`, `schedule simulate`.

use super::telling;
use crate::project::Project;

#[test]
fn the_coming_fires_are_told_in_the_pipelines_zone() {
    let project = telling("{cron: '30 2 * * *', timezone: Europe/Paris}");
    let outcome = project.run(["schedule", "next", "-n", "3", "--from", "2024-03-30"]).exits(0);
    insta::assert_snapshot!(outcome.stdout, @r"
    2024-03-30T02:30:00+01:00  Sat
    2024-03-31T03:00:00+02:00  Sun  * clocks go forward 1h, to 03:00; its time does not exist: runs at the end of the gap
    2024-04-01T02:30:00+02:00  Mon
    ");
    let project = telling("{cron: '30 1 * * *', timezone: America/New_York, jitter: 10m}");
    let outcome = project.run(["schedule", "next", "-n", "2", "--from", "2024-11-03T00:00"]).exits(0);
    insta::assert_snapshot!(outcome.stdout, @r"
    2024-11-03T01:30:00-04:00  Sun  starts up to 10m later  * clocks go back 1h, to 01:00; its time comes twice: this is the first
    2024-11-04T01:30:00-05:00  Mon  starts up to 10m later
    ");
    let project = telling("{cron: '45 19 * * *', timezone: Pacific/Apia}");
    let outcome = project.run(["schedule", "next", "-n", "3", "--from", "2011-12-29"]).exits(0);
    insta::assert_snapshot!(outcome.stdout, @r"
    2011-12-29T19:45:00-10:00  Thu
    2011-12-31T00:00:00+14:00  Sat  * clocks go forward 24h, to 00:00; its time does not exist: runs at the end of the gap
    2011-12-31T19:45:00+14:00  Sat  * clocks go forward 24h, to 00:00
    ");
}

#[test]
fn a_downtime_is_simulated_with_its_nights_marked() {
    let project = telling("{cron: '30 2 * * *', timezone: Europe/Paris, catchup: latest, max_catchup: 48h}");
    let outcome = project.run([
        "schedule",
        "simulate",
        "--from",
        "2024-03-28",
        "--to",
        "2024-04-04",
        "--down",
        "2024-03-31T02:00..2024-04-02T12:00",
    ]);
    insta::assert_snapshot!(outcome.exits(0).stdout, @r"
    2024-03-28T02:30:00+01:00  Thu  runs
    2024-03-29T02:30:00+01:00  Fri  runs
    2024-03-30T02:30:00+01:00  Sat  runs
    2024-03-31T03:00:00+02:00  Sun  skipped: missed, and older than `max_catchup: 48h`  * clocks go forward 1h, to 03:00; its time does not exist: runs at the end of the gap
    2024-04-01T02:30:00+02:00  Mon  skipped: missed, and `catchup: latest` makes up for a later one
    2024-04-02T02:30:00+02:00  Tue  caught up at 2024-04-02T12:00:00+02:00
    2024-04-03T02:30:00+02:00  Wed  runs
    2024-04-04T02:30:00+02:00  Thu  runs
    8 fires: 5 run, 1 caught up, 2 skipped
    ");
}

#[test]
fn runs_that_take_long_meet_each_other() {
    let simulate = |overlap: &str| {
        let project = telling(&format!("{{cron: '0 8-11 * * *', overlap: {overlap}, catchup: all}}"));
        let times = [
            "--from",
            "2024-11-20",
            "--to",
            "2024-11-20",
            "--takes",
            "90m",
            "--down",
            "2024-11-20T06:00..2024-11-20T09:30",
        ];
        let [a, b, c, d, e, f, g, h] = times;
        project.run(["schedule", "simulate", a, b, c, d, e, f, g, h]).exits(0).stdout
    };
    insta::assert_snapshot!(simulate("skip"), @r"
    2024-11-20T08:00:00+00:00  Wed  caught up at 2024-11-20T09:30:00+00:00
    2024-11-20T09:00:00+00:00  Wed  caught up at 2024-11-20T11:00:00+00:00
    2024-11-20T10:00:00+00:00  Wed  skipped: the run of [instant] was still going on
    2024-11-20T11:00:00+00:00  Wed  skipped: the run of [instant] was still going on
    4 fires: 0 run, 2 caught up, 2 skipped
    ");
    insta::assert_snapshot!(simulate("queue"), @r"
    2024-11-20T08:00:00+00:00  Wed  caught up at 2024-11-20T09:30:00+00:00
    2024-11-20T09:00:00+00:00  Wed  caught up at 2024-11-20T11:00:00+00:00
    2024-11-20T10:00:00+00:00  Wed  waits, runs at 2024-11-20T12:30:00+00:00
    2024-11-20T11:00:00+00:00  Wed  waits, runs at 2024-11-20T14:00:00+00:00
    4 fires: 2 run, 2 caught up, 0 skipped
    ");
    insta::assert_snapshot!(simulate("cancel"), @r"
    2024-11-20T08:00:00+00:00  Wed  runs at 2024-11-20T09:30:00+00:00, cancelled by the next
    2024-11-20T09:00:00+00:00  Wed  skipped: the fire of [instant] came before its run could start
    2024-11-20T10:00:00+00:00  Wed  runs, cancelled by the next
    2024-11-20T11:00:00+00:00  Wed  runs
    4 fires: 3 run, 0 caught up, 1 skipped
    ");
}

#[test]
fn check_says_the_schedule_in_words() {
    let project = telling("{cron: '45 19 * * *', timezone: GMT}");
    let outcome = project.run(["check"]).exits(0);
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    assert!(lines[1].starts_with("   every day at 19:45 GMT; next in "), "{}", outcome.stderr);
    assert_eq!(lines[2].matches(" 19:45 GMT").count(), 3, "{}", outcome.stderr);
}

#[test]
fn what_cannot_be_answered_says_why() {
    let project = Project::new().file("a.csv", "id\n1\n").pipeline(
        "
        version: 1
        tasks:
          a: {type: load, path: a.csv}
        ",
    );
    insta::assert_snapshot!(project.run(["schedule"]).exits(2).stderr, @r#"
    error: [folder]/project/pipeline.yaml has no `schedule`
      help: write when it is to run, such as `schedule: "45 19 * * *"`
    "#);
    insta::assert_snapshot!(project.run(["schedule", "next"]).exits(2).stderr, @r#"
    error: `pipeline` has no `schedule`
      help: write when it is to run, such as `schedule: "45 19 * * *"`
    "#);
    let project = telling("{every: 15m}");
    insta::assert_snapshot!(project.run(["schedule", "next", "--from", "soon"]).exits(2).stderr, @r"
    error: invalid value 'soon' for '--from <T>': not a time: write it as `2024-11-20`, `2024-11-20T19:45` or `[instant]`

    For more information, try '--help'.
    ");
    let simulate = ["schedule", "simulate", "--from", "2024-01-01", "--to", "2024-01-02", "--down", "a day"];
    insta::assert_snapshot!(project.run(simulate).exits(2).stderr, @r"
    error: `a day` is no downtime
      help: write it as `2024-03-30T22:00..2024-03-31T09:00`
    ");
    insta::assert_snapshot!(project.run(["-f", "a.yaml", "-f", "b.yaml", "run"]).exits(2).stderr, @r"
    error: `-f` is given several times
      help: only `tidemill schedule` serves several files
    ");
}

#[test]
fn a_profile_has_its_own_schedule() {
    let text = super::telling_text("'45 19 * * *'", "true") + "profiles: {prod: {schedule: '0 5 * * *'}}\n";
    let project = Project::new().file("pipeline.yaml", text);
    let next = ["--profile", "prod", "schedule", "next", "-n", "1", "--from", "2024-11-20"];
    assert_eq!(project.run(next).exits(0).stdout, "2024-11-20T05:00:00+00:00  Wed\n");
}
