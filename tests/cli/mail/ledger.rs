//! At most once, whatever happens on the way.

use std::process::Stdio;

use rusqlite::Connection;
use tidemill_mail_server::{Encryption, Trouble};

use super::{LONG, Post, letter, settings};
use crate::project::Project;

/// However often and by whatever command, what was sent is not sent again but by `--resend`.
#[test]
fn what_was_sent_is_repeated_by_resend_alone() {
    let post = Post::simple();
    post.run(["run"]).exits(0);
    post.run(["run"]).exits(0);
    post.run(["run", "--force"]).exits(0);
    post.run(["run", "letter", "--force"]).exits(0);
    post.run(["rerun", "letter"]).exits(0);
    post.run(["rerun", "letter", "--upstream"]).exits(0);
    post.run(["retry"]).exits(0);
    post.run(["retry", "--effects"]).exits(0);
    assert_eq!(post.taken(), [true]);
    post.run(["run", "--resend"]).exits(0);
    assert_eq!(post.taken(), [true, true]);
    let ids: Vec<String> = post.server.mails().iter().map(|mail| id(&mail.bytes)).collect();
    assert_ne!(ids[0], ids[1], "a mail program must not take it for the same");
    assert_eq!(post.ledger(), ["letter sent"]);
}

#[test]
fn by_hand_it_goes_out_when_it_is_not_what_went_out_last() {
    let post = Post::simple();
    for (word, mails) in [("one", 1), ("one", 1), ("two", 2), ("one", 3), ("one", 3)] {
        post.run(["run", "-p", &format!("word={word}")]).exits(0);
        assert_eq!(post.server.mails().len(), mails, "{word}");
    }
}

/// A report that tells when it was made is another one each time it is made; its mail is not.
#[test]
fn force_and_rerun_do_not_repeat_a_mail_whose_report_tells_the_time() {
    let project = Project::new()
        .file("orders.csv", "id\n1\n")
        .file("page.html", "${{ inputs.o | length }} orders, made at ${{ run.started }} in run ${{ run.id }}")
        .pipeline(
            "
            version: 1
            name: timed
            secrets: [SMTP_URL]
            tasks:
              orders: {type: load, path: orders.csv}
              page: {type: report, template: page.html, inputs: {o: orders}, output: out/page.html}
              letter: {type: email, to: a@example.com, subject: x, html: page, smtp: '${{ secrets.SMTP_URL }}'}
            ",
        );
    let post = Post::new(project, settings(Encryption::StartTls));
    post.run(["run"]).exits(0);
    let first = post.project.read("out/page.html");
    post.run(["run", "--force"]).exits(0);
    assert_ne!(post.project.read("out/page.html"), first, "it was made again");
    post.run(["rerun", "page", "--downstream"]).exits(0);
    post.run(["rerun", "letter", "--upstream"]).exits(0);
    post.run(["run"]).exits(0);
    assert_eq!(post.taken(), [true]);
    let post = Post { project: post.project.file("orders.csv", "id\n1\n2\n"), ..post };
    post.run(["run", "--force"]).exits(0);
    assert_eq!(post.taken(), [true, true], "what has changed is told all the same");
}

/// Even if the history of tasks is lost, the ledger is not.
#[test]
fn the_ledger_alone_keeps_it_from_being_sent_twice() {
    let post = Post::simple();
    post.run(["run"]).exits(0);
    let state = Connection::open(post.project.root().join(".tidemill/state.db")).expect("a state");
    state.execute_batch("DELETE FROM task_results; DELETE FROM results;").expect("well-formed");
    let outcome = post.run(["run"]).exits(0);
    assert!(outcome.stderr.contains("letter  was sent in run [run]"), "{}", outcome.stderr);
    assert_eq!((post.server.sessions(), post.server.mails().len()), (1, 1));
}

fn id(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).into_owned();
    text.lines().find_map(|line| line.strip_prefix("Message-ID: ")).expect("an id").to_owned()
}

/// What the ledger says, and how often the server has the mail, after each way to fail; then what brings it to its end.
#[test]
fn where_the_connection_breaks_decides_what_is_known() {
    let before = [Trouble::Busy, Trouble::Greylist, Trouble::DropBeforeData, Trouble::Later, Trouble::Refuse];
    for trouble in before {
        let post = Post::simple().in_trouble(&[trouble]);
        post.run(["run"]).exits(1);
        assert!(post.ledger().iter().all(|line| line == "letter failed"), "{trouble:?}: {:?}", post.ledger());
        post.run(["retry", "--effects"]).exits(0);
        assert_eq!(post.server.sessions(), 1, "{trouble:?}: nothing is in doubt");
        post.run(["retry"]).exits(0);
        assert_eq!(post.taken().iter().filter(|taken| **taken).count(), 1, "{trouble:?}");
        assert_eq!(post.ledger(), ["letter sent"]);
    }
    let post = Post::simple().in_trouble(&[Trouble::DropAfterFinal]);
    post.run(["run"]).exits(0);
    post.run(["retry"]).exits(0);
    assert_eq!((post.taken(), post.ledger()), (vec![true], vec!["letter sent".to_owned()]));
}

/// Between the end of the content and the answer nobody knows: whoever asks is told, and only a choice sends it again.
fn in_doubt(post: &Post) {
    assert_eq!(post.ledger(), ["letter unknown"]);
    for arguments in [["run", "-v"], ["run", "--force"], ["retry", "-v"], ["rerun", "letter"]] {
        let outcome = post.run(arguments).exits(1);
        assert!(outcome.stderr.contains("it is not known whether this was sent in run [run]"), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("`tidemill retry --effects` sends it again"), "{}", outcome.stderr);
    }
    let status = post.run(["status"]).exits(0).stdout;
    assert!(status.contains("warning letter: it is not known whether this was sent in run [run]"), "{status}");
    let status = post.run(["status", "--json"]).exits(0).stdout;
    assert!(status.contains(r#""unknown":[{"task":"letter""#), "{status}");
    assert_eq!(post.server.mails().len(), 1);
}

#[test]
fn without_an_answer_it_is_unknown_and_sent_again_by_choice() {
    let post = Post::simple().in_trouble(&[Trouble::DropAfterData]);
    post.run(["run"]).exits(1);
    let told = post.run(["show"]).exits(0).stdout;
    assert!(told.contains("warning letter: it is not known whether this was sent in run [run]"), "{told}");
    in_doubt(&post);
    let outcome = post.run(["retry", "--effects"]).exits(0);
    insta::assert_snapshot!(outcome.stderr, @r"
    warning letter: it is not known whether this was sent in run [run]
      help: look whether it has arrived; `tidemill retry --effects` sends it again, with `--arrived TASK` it counts as sent

    done    letter  sent to 1 recipient  [time]
      task    rows in  rows out  rejected  time
      letter  [time]

    Results
      letter: sent to 1 recipient

    done in [time]: 1 ran
    ");
    assert_eq!((post.taken(), post.ledger()), (vec![false, true], vec!["letter sent".to_owned()]));
    let ids: Vec<String> = post.server.mails().iter().map(|mail| id(&mail.bytes)).collect();
    assert_eq!(ids[0], ids[1], "whoever got both sees one");
    let outcome = post.run(["retry", "--effects"]).exits(0);
    assert_eq!(outcome.stderr, "ok nothing is in doubt: of all that was sent it is known\n");
    post.run(["run"]).exits(0);
    assert_eq!(post.server.mails().len(), 2);
}

#[test]
fn what_has_arrived_after_all_counts_as_sent() {
    let post = Post::simple().in_trouble(&[Trouble::DropAfterData]);
    post.run(["run"]).exits(1);
    let outcome = post.run(["retry", "--effects", "--arrived", "lettre"]).exits(2);
    assert!(outcome.stderr.contains("nothing of `lettre` is in doubt"), "{}", outcome.stderr);
    let outcome = post.run(["retry", "--effects", "--arrived", "letter"]).exits(0);
    assert_eq!(outcome.stderr, "ok letter: counts as sent in run [run]\n");
    let outcome = post.run(["run"]).exits(0);
    assert!(outcome.stderr.contains("letter  was sent in run [run]"), "{}", outcome.stderr);
    assert_eq!((post.server.mails().len(), post.ledger()), (1, vec!["letter sent".to_owned()]));
}

#[test]
fn resend_and_something_newer_settle_it_too() {
    let post = Post::simple().in_trouble(&[Trouble::DropAfterData]);
    post.run(["run"]).exits(1);
    post.run(["run", "--resend"]).exits(0);
    assert_eq!((post.taken(), post.ledger()), (vec![false, true], vec!["letter sent".to_owned()]));

    let post = Post::simple().in_trouble(&[Trouble::DropAfterData]);
    post.run(["run"]).exits(1);
    post.run(["run", "-p", "word=two"]).exits(0);
    assert_eq!(post.ledger(), ["letter superseded", "letter sent"]);
    let status = post.run(["status"]).exits(0).stdout;
    assert!(!status.contains("not known"), "{status}");
}

/// The server holds its last answer back; the runner is killed meanwhile.
#[test]
fn a_runner_killed_before_the_answer_leaves_it_unknown() {
    let post = Post::simple().in_trouble(&[Trouble::Hold]);
    let mut command = post.command(["run"]);
    let mut runner = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
    assert!(post.server.wait_for(1, LONG), "the server gets the message");
    assert_eq!(post.ledger(), ["letter sending"]);
    runner.kill().expect("it runs");
    runner.wait().expect("it was started");
    let status = post.run(["status"]).exits(0).stdout;
    assert!(status.contains("warning letter: it is not known whether this was sent"), "before any run: {status}");
    let outcome = post.run(["run"]).exits(1);
    assert!(outcome.stderr.contains("it is not known whether this was sent"), "{}", outcome.stderr);
    in_doubt(&post);
    post.run(["retry", "--effects"]).exits(0);
    assert_eq!(post.ledger(), ["letter sent"]);
    assert_eq!(post.server.mails().len(), 2);
}

/// The same right after the death, before any other run has looked.
#[test]
fn what_a_killed_runner_left_can_be_sent_again_at_once() {
    let post = Post::simple().in_trouble(&[Trouble::Hold]);
    let mut command = post.command(["run", "-p", "word=two"]);
    let mut runner = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
    assert!(post.server.wait_for(1, LONG), "the server gets the message");
    runner.kill().expect("it runs");
    runner.wait().expect("it was started");
    post.run(["retry", "--effects"]).exits(0);
    let mails = post.server.mails();
    assert_eq!((mails.len(), id(&mails[0].bytes)), (2, id(&mails[1].bytes)));
    let again = String::from_utf8_lossy(&mails[1].bytes).into_owned();
    assert!(again.contains("Subject: The word is two\r\n"), "with the params of its run: {again}");
}

#[test]
fn a_mail_that_is_held_and_released_is_sent() {
    let post = Post::simple().in_trouble(&[Trouble::Hold]);
    let mut command = post.command(["run"]);
    let runner = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    assert!(post.server.wait_for(1, LONG), "the server gets the message");
    post.server.release();
    post.project.wait(runner).exits(0);
    assert_eq!((post.taken(), post.ledger()), (vec![true], vec!["letter sent".to_owned()]));
}

/// Makes the last run one of the schedule, as if the daemon had started it for that time.
fn as_scheduled(post: &Post, instant: &str) {
    let state = Connection::open(post.project.root().join(".tidemill/state.db")).expect("a state");
    let last = "UPDATE runs SET trigger = 'schedule', logical_time = ? WHERE started = (SELECT max(started) FROM runs)";
    assert_eq!(state.execute(last, [instant]).expect("well-formed"), 1);
}

#[test]
fn on_schedule_it_goes_out_once_for_each_time_even_if_nothing_has_changed() {
    let text = letter("0").read("pipeline.yaml").replace("The word", "${{ run.date }} the word");
    let post = Post::new(letter("0").file("pipeline.yaml", text), settings(Encryption::StartTls));
    for (mails, instant) in [(1, "2024-11-20T19:45:00+00:00"), (2, "2024-11-20T20:00:00+00:00")] {
        post.server.next(Trouble::Greylist);
        post.run(["run", "--resend"]).exits(1);
        as_scheduled(&post, instant);
        post.run(["retry"]).exits(0);
        assert_eq!(post.server.mails().len(), mails);
        post.run(["retry"]).exits(0);
        assert_eq!(post.server.mails().len(), mails, "once");
        let last = post.server.mails().pop().expect("a mail");
        assert!(String::from_utf8_lossy(&last.bytes).contains("Subject: 2024-11-20 the word"), "for that day");
    }
    assert_eq!(post.ledger().iter().filter(|line| *line == "letter sent").count(), 2);
}

#[test]
fn in_a_handler_it_goes_out_once_for_each_run() {
    let project = Project::new().pipeline(
        "
        version: 1
        name: handled
        secrets: [SMTP_URL]
        tasks:
          work: {type: command, run: 'true'}
        on_success:
          told: {type: email, to: a@example.com, subject: 'Done: ${{ tasks.work.status }}', body: '${{ run.id }}', smtp: '${{ secrets.SMTP_URL }}'}
        ",
    );
    let post = Post::new(project, settings(Encryption::StartTls));
    post.run(["run"]).exits(0);
    post.run(["run"]).exits(0);
    assert_eq!(post.taken(), [true, true]);

    // Of a handler too it may be unknown, and then it is sent again as that run's.
    post.server.next(Trouble::DropAfterData);
    let outcome = post.run(["run"]).exits(1);
    assert!(outcome.stderr.contains("it is not known whether the mail was sent"), "{}", outcome.stderr);
    let outcome = post.run(["retry", "--effects"]).exits(0);
    assert!(
        outcome.stderr.contains("warning told: it is not known whether this was sent in run [run], as its handler")
    );
    let mails = post.server.mails();
    assert_eq!(mails.len(), 4);
    let content = |at: usize| String::from_utf8_lossy(&mails[at].bytes).into_owned();
    assert_eq!(
        content(2).replace("\r\n", "\n").split("Date:").next(),
        content(3).replace("\r\n", "\n").split("Date:").next()
    );
    assert!(content(3).contains("Subject: Done: success"));
    let run = |text: String| text.lines().last().map(str::to_owned);
    assert_eq!(run(content(2)), run(content(3)), "it tells of the same run");
    assert_eq!(post.ledger(), ["told sent", "told sent", "told sent"]);
}

/// A webhook whose request was taken without an answer is in doubt as a mail is.
#[test]
fn a_webhook_without_an_answer_is_unknown_too() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("it listens"));
    let project = Project::new().pipeline(&format!(
        "
        version: 1
        name: hooked
        tasks:
          hook: {{type: webhook, url: '{url}', json: {{a: 1}}, retries: 3}}
        "
    ));
    let server = std::thread::spawn(move || {
        let mut requests = Vec::new();
        for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"] {
            let (mut client, _) = listener.accept().expect("a client");
            let mut piece = [0; 4096];
            let read = std::io::Read::read(&mut client, &mut piece).expect("a request");
            requests.push(String::from_utf8_lossy(&piece[..read]).into_owned());
            std::io::Write::write_all(&mut client, answer.as_bytes()).expect("it listens");
        }
        requests
    });
    let outcome = project.run(["run"]).exits(1);
    assert!(outcome.stderr.contains("it is not known whether 127.0.0.1 took the request"), "{}", outcome.stderr);
    let outcome = project.run(["run"]).exits(1);
    assert!(outcome.stderr.contains("it is not known whether this was sent in run [run]"), "{}", outcome.stderr);
    project.run(["retry", "--effects"]).exits(0);
    assert_eq!(server.join().expect("it ends").len(), 2);
}
