//! The mail that says what has failed.

use mail_parser::MessageParser;
use tidemill_mail_server::Encryption;

use super::{Post, settings};
use crate::project::Project;

const ALERT: &str = "\
${{ run.failed | length }} failed in ${{ run.id }} of ${{ run.date }} (${{ run.status }}).
{% for task in run.failed %}
== ${{ task.task }} (${{ task.type }}): ${{ task.error }}
{% for line in task.tail %}   | ${{ line }}
{% endfor %}   log: ${{ task.log }}
   again: ${{ task.rerun }}
{% endfor %}
go on: ${{ run.retry }}
";

fn failing() -> Project {
    Project::new().file("alert.txt", ALERT).pipeline(
        "
        version: 1
        name: night
        secrets: [SMTP_URL]
        params: {day: Monday}
        tasks:
          numbers: {type: command, run: 'for n in $(seq 30); do echo line $n; done; echo it broke >&2; [ -e fixed ]'}
          fine: {type: command, run: 'true'}
        on_failure:
          alert:
            type: email
            to: ops@example.com
            subject: ${{ run.failed[0].task }} failed
            template: alert.txt
            smtp: ${{ secrets.SMTP_URL }}
        ",
    )
}

#[test]
fn it_names_the_task_its_last_lines_and_the_command_that_runs_it_again() {
    let post = Post::new(failing(), settings(Encryption::StartTls));
    post.run(["run", "-p", "day=Tuesday night"]).exits(1);
    let mail = post.mail();
    let message = MessageParser::default().parse(&mail.bytes).expect("a mail");
    assert_eq!(message.subject(), Some("numbers failed"));
    let text = message.body_text(0).expect("a text").replace("\r\n", "\n");
    let command = |head: &str| -> Vec<String> {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(head)).unwrap_or_else(|| panic!("{text}"));
        vec!["-c".to_owned(), line.trim().replacen("tidemill", env!("CARGO_BIN_EXE_tidemill"), 1)]
    };
    // What the mail says to type works from anywhere.
    for head in ["again:", "go on:"] {
        let mut shell = std::process::Command::new("sh");
        let ran = shell.args(command(head)).current_dir("/").output().expect("a shell");
        let told = String::from_utf8_lossy(&ran.stderr);
        assert!(told.contains("error task numbers (command)"), "{head} {told}");
    }
    let run = text.split(" of ").next().and_then(|head| head.rsplit(' ').next()).expect("the run's id").to_owned();
    let folder = post.project.root();
    let folder = folder.canonicalize().expect("it is there").display().to_string();
    let plain = text
        .replace(&run, "[run]")
        .replace(&folder, "[folder]")
        .replace(&post.project.root().display().to_string(), "[folder]");
    let plain = regex::Regex::new(r"\d{4}-\d{2}-\d{2}(T[\d:.]+Z)?")
        .expect("well-formed")
        .replace_all(&plain, "[when]")
        .into_owned();
    insta::assert_snapshot!(plain);
}

#[test]
fn it_goes_to_the_outbox_where_no_server_is_named() {
    let project = failing();
    project.run(["run"]).exits(1);
    let outbox = project.files("outputs/outbox");
    assert_eq!(outbox.len(), 1);
    project.run(["run"]).exits(1);
    assert_eq!(project.files("outputs/outbox").len(), 2, "once for each run");
}

#[test]
fn a_name_that_a_run_does_not_have_is_found_by_check() {
    let project = failing().file("alert.txt", "${{ run.faild }}");
    let outcome = project.run(["check"]).exits(2);
    assert!(outcome.stderr.contains("`failed`"), "{}", outcome.stderr);
}
