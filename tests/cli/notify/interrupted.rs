//! Processes that die and servers that are not there: nothing is told twice, and what is not known is said.

use rustix::process::Signal;

use super::Watch;
use crate::schedule::{signal, state, until};

#[test]
fn what_a_scheduler_that_was_killed_left_untold_the_next_one_tells_once() {
    let watch = Watch::over(
        "",
        "  a: {type: command, run: 'touch on; until [ -e go ]; do sleep 0.05; done; touch off; false'}\n",
    );
    watch.begins_hours_ago(1);
    let mut child = watch.command(["schedule", "--once"]).spawn().expect("the binary starts");
    until("the run goes on", || watch.project.has("on"));
    signal(&child, Signal::KILL);
    child.wait().expect("it was started");
    watch.project.file_later("go", "");
    let ended = "SELECT count(*) FROM fires WHERE status = 'done'";
    until("the run ends", || crate::schedule::count(&watch.project, ended) == 1);
    assert_eq!(watch.mails().len(), 0);
    for _ in 0..2 {
        watch.run(["schedule", "--once"]).exits(0);
    }
    assert_eq!((watch.subjects(), watch.calls().len()), (vec!["night failed: a".to_owned()], 1));
}

#[test]
fn what_may_have_been_told_is_not_told_again_unless_somebody_asks() {
    let watch = Watch::over("", "  a: {type: command, run: 'false'}\n");
    watch.begins_hours_ago(1);
    watch.run(["schedule", "--once"]).exits(1);
    // As a process leaves it that dies while it sends.
    let change = "UPDATE effects SET status = 'sending', at = at - 3600000000";
    state(&watch.project).execute_batch(change).expect("a state");
    watch.run(["schedule", "--once"]).exits(0);
    assert_eq!((watch.mails().len(), watch.calls().len()), (1, 1));
    let outcome = watch.run(["retry", "--effects"]).exits(0);
    assert!(outcome.stderr.contains("it is not known whether this was told: failed fire "), "{}", outcome.stderr);
    assert_eq!((watch.mails().len(), watch.calls().len()), (2, 1));
    watch.run(["retry", "--effects"]).exits(0);
    assert_eq!((watch.mails().len(), watch.calls().len()), (2, 0));
}

#[test]
fn a_channel_that_cannot_be_reached_fails_no_run_and_keeps_no_other_from_hearing() {
    let watch = Watch::over("", "  a: {type: command, run: '[ -e good ]'}\n");
    let text = watch.project.read("pipeline.yaml").replace(&watch.hook.url, "http://127.0.0.1:9");
    watch.project.file_later("pipeline.yaml", &text);
    watch.begins_hours_ago(1);
    let outcome = watch.run(["schedule", "--once"]).exits(1);
    assert!(
        outcome.stderr.contains("warning pager was not told (failed): cannot reach 127.0.0.1"),
        "{}",
        outcome.stderr
    );
    assert_eq!(watch.subjects(), ["night failed: a"]);
    let shown = watch.run(["notify"]).exits(0).stdout;
    assert!(shown.contains("  pager: failed fire ") && shown.contains(": not sent\n"), "{shown}");
}
