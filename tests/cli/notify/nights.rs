//! Nights that go wrong, and the one after.

use rustix::process::Signal;

use super::{LONG, Watch};
use crate::project::Project;
use crate::schedule::{signal, start, until};
use crate::webhooks;

const LOADS: &str = "  orders: {type: load, path: orders.csv, output: copy.csv}\n";

#[test]
fn a_source_that_is_missing_is_told_and_the_recovery_too() {
    let watch = Watch::over("", LOADS);
    watch.project.file_later("orders.csv", "id\n1\n");
    watch.begins_hours_ago(1);
    watch.project.gone("orders.csv");
    let outcome = watch.run(["schedule", "--once"]).exits(1);
    assert!(outcome.stderr.contains("notify boss is told (failed): sent to 1 recipient"), "{}", outcome.stderr);
    let (subject, text) = watch.mails().remove(0);
    assert_eq!(subject, "night failed: orders");
    insta::assert_snapshot!(text, @r#"
    The run for [when] failed in 1 task.

    orders: [folder]/pipeline.yaml:9:30: file `orders.csv` does not exist (task `orders` reads it)
      log: logs/[run]/orders.log

    pipeline: night
    for:      [when]
    run:      [run]
    at:       [when]

    To see more, and to go on:

      tidemill -C [folder] show [run]
      tidemill -C [folder] retry [run]
    "#);
    let calls = watch.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0]["event"].as_str(), calls[0]["pipeline"].as_str()), (Some("failed"), Some("night")));
    assert_eq!((calls[0]["tasks"][0]["task"].as_str(), calls[0]["failures"].as_i64()), (Some("orders"), Some(1)));

    watch.run(["schedule", "--once"]).exits(0);
    assert_eq!((watch.mails().len(), watch.calls().len()), (1, 0), "each is told once");

    watch.an_hour_passes();
    watch.project.file_later("orders.csv", "id\n1\n");
    watch.run(["schedule", "--once"]).exits(0);
    watch.run(["schedule", "--once"]).exits(0);
    let (subject, text) = watch.mails().remove(1);
    assert_eq!(subject, "night has recovered");
    assert!(text.starts_with("The run for [when] succeeded, after one that failed.\n"), "{text}");
    let calls = watch.calls();
    assert_eq!((calls.len(), calls[0]["event"].as_str()), (1, Some("recovered")));
    assert_eq!(watch.mails().len(), 2);

    watch.an_hour_passes();
    watch.run(["schedule", "--once"]).exits(0);
    assert_eq!((watch.mails().len(), watch.calls().len()), (2, 0), "a night like any other is not told");
}

#[test]
fn a_file_that_is_broken_is_told_to_the_channels_that_it_had() {
    let watch = Watch::over("", "  a: {type: command, run: 'true'}\n");
    watch.begins_hours_ago(0);
    let good = watch.project.read("pipeline.yaml");
    watch.project.file_later("pipeline.yaml", &good.replace("command", "comand"));
    watch.run(["schedule", "--once"]).exits(2);
    assert_eq!(watch.mails().len(), 0, "no fire has come yet");
    watch.an_hour_passes();
    for _ in 0..2 {
        watch.run(["schedule", "--once"]).exits(2);
    }
    let mails = watch.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].0, "night failed");
    insta::assert_snapshot!(mails[0].1, @r#"
    The file has mistakes, and nothing runs on schedule until they are mended.

    error: unknown task type `comand`
     --> [folder]/pipeline.yaml:9:13
      |
    9 |   a: {type: comand, run: 'true'}
      |             ^^^^^^
      |
      = help: did you mean `command`?

    1 error

    pipeline: night
    for:      [when]
    at:       [when]

    To see more, and to go on:

      tidemill -C [folder] check
    "#);
    let calls = watch.calls();
    assert_eq!((calls.len(), calls[0]["event"].as_str()), (1, Some("failed")));
    watch.project.file_later("pipeline.yaml", &good);
    watch.run(["schedule", "--once"]).exits(0);
    assert_eq!(watch.subjects(), ["night failed", "night has recovered"]);
    assert_eq!(watch.calls().len(), 1);
}

#[test]
fn an_edit_that_breaks_the_file_of_a_scheduler_that_runs_is_told_once() {
    let watch = Watch::over("", "  a: {type: command, run: 'echo x >> told.txt'}\n");
    let text = watch.project.read("pipeline.yaml").replace(&crate::schedule::hourly(), "'@daily'");
    let text = text.replace("cron: '@daily'", "every: 1s").replace("smtp: '${{ secrets.SMTP_URL }}'", "outbox: box");
    watch.project.file_later("pipeline.yaml", &text);
    let child = start(&watch.project);
    let fires = || if watch.project.has("told.txt") { watch.project.read("told.txt").lines().count() } else { 0 };
    until("a run", || fires() > 0);
    watch.project.file_later("pipeline.yaml", &text.replace("command", "comand"));
    until("somebody is told", || !watch.project.files("box").is_empty());
    let before = fires();
    until("runs go on", || fires() > before + 2);
    signal(&child, Signal::TERM);
    let outcome = watch.project.wait(child);
    assert_eq!(watch.project.files("box").len(), 1, "{}", outcome.stderr);
    let calls = watch.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0]["summary"], "The file has mistakes; what it was before stays in force");
}

#[test]
fn a_run_that_goes_on_is_late() {
    // The fire was half an hour ago.
    let late = (jiff::Timestamp::now() - jiff::SignedDuration::from_mins(10)).to_zoned(jiff::tz::TimeZone::UTC);
    let schedule = format!(", late: '{}'", late.strftime("%H:%M"));
    let watch = Watch::over(&schedule, "  a: {type: command, run: 'until [ -e go ]; do sleep 0.05; done'}\n");
    watch.begins_hours_ago(1);
    let child = watch.command(["schedule", "--once"]).spawn().expect("the binary starts");
    assert!(watch.mail.wait_for(1, LONG), "the mail comes while the run goes on");
    let call = watch.hook.heard.recv_timeout(LONG).expect("a call");
    assert!(call.body.contains("\"event\":\"late\""), "{}", call.body);
    watch.project.file_later("go", "");
    watch.project.wait(child).exits(0);
    let mails = watch.mails();
    assert_eq!((mails.len(), watch.calls().len()), (1, 0));
    assert_eq!(mails[0].0, "night is late");
    assert!(mails[0].1.starts_with("The run for [when] has not ended by [time].\n"), "{}", mails[0].1);
}

#[test]
fn a_fire_that_waits_for_another_run_is_late_while_it_waits() {
    let hook = webhooks::server(&["200 OK"; 99]);
    let project = Project::new().pipeline(&format!(
        "
        version: 1
        name: night
        schedule: {{every: 1s, overlap: queue, late: 1s}}
        notify: {{pager: {{webhook: {}/hook, on: late}}}}
        tasks:
          a: {{type: command, run: 'until [ -e go ]; do sleep 0.05; done'}}
        ",
        hook.url
    ));
    let child = start(&project);
    let waits = |call: &webhooks::Heard| call.body.contains("it has not begun: it waits for another run to end");
    let is_told = std::iter::from_fn(|| hook.heard.recv_timeout(LONG).ok()).any(|call| waits(&call));
    project.file_later("go", "");
    for _ in 0..2 {
        signal(&child, Signal::INT);
    }
    let outcome = project.wait(child);
    assert!(is_told, "{}", outcome.stderr);
}

#[test]
fn failures_in_succession_are_counted() {
    let task = "n=$(cat n 2>/dev/null || echo 0); echo $((n+1)) > n; [ $n -ge 2 ]";
    let watch = Watch::over(", catchup: all", &format!("  a: {{type: command, run: '{task}'}}\n"));
    watch.begins_hours_ago(3);
    watch.run(["schedule", "--once"]).exits(1);
    let mut told = watch.calls();
    told.sort_by_key(|call| call["fire"].to_string());
    let told: Vec<String> = told.iter().map(|call| format!("{} {}", call["event"], call["failures"])).collect();
    assert_eq!(told, ["\"failed\" 1", "\"failed\" 2", "\"recovered\" 2"]);
}

#[test]
fn a_run_with_warnings_is_told_to_whoever_wants_to_hear_of_it() {
    let tasks = "  a: {type: load, path: a.csv, output: b.csv, checks: [{not_null: [id], severity: warn}]}\n";
    let watch = Watch::over("", tasks);
    watch.project.file_later("a.csv", "id,x\n,1\n2,2\n");
    let text = watch.project.read("pipeline.yaml").replace("/hook}", "/hook, on: warned}");
    watch.project.file_later("pipeline.yaml", &text);
    watch.begins_hours_ago(1);
    watch.run(["schedule", "--once"]).exits(0);
    assert_eq!(watch.mails().len(), 0);
    let calls = watch.calls();
    assert_eq!((calls.len(), calls[0]["event"].as_str()), (1, Some("warned")));
    assert!(calls[0]["details"][0].as_str().is_some_and(|line| line.starts_with("a: check ")), "{}", calls[0]);
}
