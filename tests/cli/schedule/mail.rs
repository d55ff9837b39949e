//! Mails of scheduled runs: once for each fire, even if they are equal, and never twice.

use super::{hourly, seen_hours_ago};
use crate::project::Project;

fn mailing() -> Project {
    Project::new().file("a.csv", "id\n1\n").pipeline(&format!(
        "
        version: 1
        name: clock
        schedule: {{cron: {}, catchup: all}}
        tasks:
          a: {{type: load, path: a.csv}}
          mail: {{type: email, to: ann@example.org, sender: bob@example.org, subject: The same, body: Every time., inputs: {{rows: a}}}}
        ",
        hourly()
    ))
}

fn sent(project: &Project) -> usize {
    project.files("outputs/outbox").len()
}

#[test]
fn each_fire_sends_once_even_if_nothing_has_changed() {
    let project = mailing();
    seen_hours_ago(&project, 3);
    let before = sent(&project);
    project.run(["schedule", "--once"]).exits(0);
    assert_eq!(sent(&project), before + 3);
    project.run(["run"]).exits(0);
    project.run(["run", "--force"]).exits(0);
    project.run(["retry"]).exits(0);
    project.run(["rerun", "mail"]).exits(0);
    assert_eq!(sent(&project), before + 3, "by hand, the same content is not sent again");
}

#[test]
fn a_fire_that_runs_again_sends_nothing_again() {
    let project = mailing();
    let backfill = ["backfill", "--from", "2024-11-20T10:00", "--to", "2024-11-20T11:59"];
    project.run(backfill).exits(0);
    assert_eq!(sent(&project), 2);
    project.run(backfill).exits(0);
    assert_eq!(sent(&project), 2);
}
