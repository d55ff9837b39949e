//! What is said when a mail does not go out, and whether it is tried again.

use std::io::Write as _;
use std::net::TcpListener;

use tidemill_mail_server::{Encryption, Server, Settings, Trouble};

use super::{IN_URL, PASSWORD, Post, USER, letter, settings};
use crate::project::Project;

/// Fast, so that a test need not wait.
const THRICE: &str = "{max: 2, delay: 10ms}";

/// The error of a run that fails, and how many sessions there were.
fn error(post: &Post) -> String {
    let outcome = post.run(["run"]).exits(1);
    let from = outcome.stderr.find("error task").expect("an error");
    let text = outcome.stderr[from..].split("  log:").next().unwrap_or_default().trim_end();
    format!("{text}\n  → {} sessions, ledger {:?}\n", post.server.sessions(), post.ledger())
}

#[test]
fn each_step_that_fails_is_named_with_what_the_server_said() {
    let of =
        |settings: Settings, troubles: &[Trouble]| error(&Post::new(letter(THRICE), settings).in_trouble(troubles));
    let usual = || settings(Encryption::StartTls);
    let refused = Settings { refused: vec!["ada@example.com".into()], ..usual() };
    let told = [
        ("busy", of(usual(), &[Trouble::Busy; 3])),
        ("no STARTTLS", {
            let mut post = Post::new(letter(THRICE), settings(Encryption::None));
            post.url = post.url.replace("?tls=none", "");
            error(&post)
        }),
        ("unknown authority", {
            let mut post = Post::new(letter(THRICE), usual());
            post.url = post.server.url(USER, IN_URL);
            error(&post)
        }),
        ("unknown authority, TLS", {
            let mut post = Post::new(letter(THRICE), settings(Encryption::Tls));
            post.url = post.server.url(USER, IN_URL);
            error(&post)
        }),
        ("TLS where there is none", {
            let mut post = Post::new(letter(THRICE), settings(Encryption::None));
            post.url = post.url.replace("smtp:", "smtps:").replace("?tls=none", "");
            error(&post)
        }),
        ("no such file", {
            let mut post = Post::new(letter(THRICE), usual());
            post.url = format!("{}?ca=none.pem", post.server.url(USER, IN_URL));
            error(&post)
        }),
        ("login", of(Settings { login: Some((USER.into(), "another".into())), ..usual() }, &[])),
        ("no login", of(Settings { login: None, ..usual() }, &[])),
        ("sender", of(usual(), &[Trouble::RefuseSender])),
        ("recipient", of(refused, &[])),
        ("greylisted", of(usual(), &[Trouble::Greylist; 3])),
        ("gone before the message", of(usual(), &[Trouble::DropBeforeData; 3])),
        ("message, for now", of(usual(), &[Trouble::Later; 3])),
        ("message", of(usual(), &[Trouble::Refuse])),
        ("no answer", of(usual(), &[Trouble::DropAfterData])),
    ];
    let told: String = told.iter().map(|(what, error)| format!("── {what}\n{error}")).collect();
    insta::assert_snapshot!(told);
}

#[test]
fn nobody_there_is_told_and_tried_again() {
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let mut post = Post::new(letter(THRICE), settings(Encryption::StartTls));
    post.url = format!("smtp://{USER}:{IN_URL}@{closed}");
    let told = post.run(["run", "-v"]).exits(1).stderr.replace(&closed.to_string(), "[nobody]");
    let line = "error task letter (email): cannot reach the mail server [nobody]: Connection refused";
    assert!(told.contains(line) && told.contains("are the host and the port right?"), "{told}");
    assert_eq!(post.project.log("letter").matches("attempt 3 starts").count(), 1);
}

#[test]
fn what_can_get_better_is_tried_again_until_it_does() {
    for trouble in [Trouble::Busy, Trouble::Greylist, Trouble::DropBeforeData, Trouble::Later] {
        let post = Post::new(letter(THRICE), settings(Encryption::StartTls)).in_trouble(&[trouble, trouble]);
        post.run(["run"]).exits(0);
        assert_eq!(post.server.sessions(), 3, "{trouble:?}");
        assert_eq!(post.taken().iter().filter(|taken| **taken).count(), 1, "{trouble:?}");
        assert_eq!(post.ledger(), ["letter sent"]);
    }
}

/// A server that says this to whoever comes, as often as they listen.
fn saying(what: &'static [u8], times: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("smtp://{}", listener.local_addr().expect("it is bound"));
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            // Clients hang up when they have heard enough.
            let _ = (0..times).try_for_each(|_| client.write_all(what));
        }
    });
    url
}

#[test]
fn an_answer_without_end_is_cut_short() {
    for (what, told) in [
        (&[b'x'; 4096][..], "a line of its answer has more than 2000 bytes"),
        (&b"220-welcome\r\n"[..], "its answer has more than 100 lines"),
        (&b"SSH-2.0-\x1b[2Jserver\r\n"[..], "it does not speak SMTP: SSH-2.0- [2Jserver"),
    ] {
        let mut post = Post::new(letter("0"), settings(Encryption::None));
        post.url = saying(what, usize::MAX);
        let error = error(&post);
        assert!(error.contains(&format!(": {told}\n")) && error.contains("cannot reach the mail server"), "{error}");
    }
}

#[test]
fn a_timeout_holds_while_a_mail_is_under_way() {
    let text = letter("0").read("pipeline.yaml").replace("retries: 0", "timeout: 2s");
    let post =
        Post::new(letter("0").file("pipeline.yaml", text), settings(Encryption::Tls)).in_trouble(&[Trouble::Hold]);
    let error = error(&post);
    let told = "it is not known whether the mail was sent: the mail server [server] had all of it and did not answer: no answer in";
    assert!(error.contains(told) && error.contains(r#"ledger ["letter unknown"]"#), "{error}");
}

/// Too much for the buffers of a connection: then the client sees that the server has not got it.
#[test]
fn a_server_that_is_gone_in_the_middle_has_certainly_not_taken_it() {
    let text =
        letter(THRICE).read("pipeline.yaml").replace("body: See above.", "body: See below.\n    attach: large.bin");
    let noise: Vec<u8> = (0..24_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let project = letter(THRICE).file("pipeline.yaml", text).file("large.bin", noise);
    let post = Post::new(project, settings(Encryption::StartTls)).in_trouble(&[Trouble::DropDuringData]);
    post.run(["run"]).exits(0);
    assert_eq!((post.server.sessions(), post.taken()), (2, vec![true]));
    assert_eq!(post.ledger(), ["letter sent"]);
}

/// One that is refused spoils the whole: nobody gets the mail.
#[test]
fn of_several_recipients_all_get_it_or_none() {
    let text = letter(THRICE).read("pipeline.yaml");
    let text =
        text.replace("ada@example.com", "[ada@example.com, nobody@example.com, zoe@example.com, gone@example.com]");
    let project = letter(THRICE).file("pipeline.yaml", text);
    let refused = vec!["nobody@example.com".to_owned(), "gone@example.com".to_owned()];
    let post = Post::new(project, Settings { refused, ..settings(Encryption::Tls) });
    insta::assert_snapshot!(error(&post), @r"
    error task letter (email): the mail server [server] refuses 2 recipients: nobody@example.com: 550 5.1.1 nobody is called nobody@example.com here; gone@example.com: 550 5.1.1 nobody is called gone@example.com here
      help: nobody has got the mail; it goes to all recipients or to none
      → 1 sessions, ledger []
    ");
    assert!(post.server.mails().is_empty());
}

/// The task's own refusal repeats the password, as some servers do.
#[test]
fn the_password_is_nowhere() {
    let post = Post::new(letter("0"), settings(Encryption::StartTls)).in_trouble(&[Trouble::Refuse]);
    let story = post.run(["run", "--json", "-v"]).exits(1);
    assert!(story.stderr.contains("and *** is a bad password"), "{}", story.stderr);
    assert!(story.stdout.contains("bad password"));
    post.run(["show", "--json"]).exits(0);
    post.run(["show"]).exits(0);
    post.run(["logs", "letter"]).exits(0);
    let forms = [PASSWORD, IN_URL, "V2Fzc2VyL2ZhbGwgNw"];
    let files = post.project.files("logs").into_iter().chain(post.project.files(".tidemill"));
    for (name, bytes) in files {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!forms.iter().any(|form| text.contains(form)), "the password is in {name}");
    }
}

#[test]
fn a_url_that_is_none_is_told_without_it() {
    let project = letter("0");
    let server = Server::start(Settings::default()).expect("a server");
    let ran =
        project.command(["run"]).env("SMTP_URL", "smtp://me:hunter2/x@mail.example.com").output().expect("it runs");
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(
        told.contains("`smtp` is no mail server's URL: it names no host") || told.contains("in the password"),
        "{told}"
    );
    assert!(!told.contains("hunter2"), "{told}");
    assert_eq!(server.sessions(), 0);
}

#[test]
fn a_password_in_the_file_is_a_warning() {
    let project = Project::new().pipeline(
        "
        version: 1
        name: open
        tasks:
          letter: {type: email, to: a@example.com, subject: x, body: x, smtp: 'smtps://me:hunter2@mail.example.com'}
        ",
    );
    insta::assert_snapshot!(project.run(["check"]).exits(0).stderr, @r"
    warning: pipeline.yaml:4:71: a password stands here, and whoever reads the file can use it
     |
     = help: declare `secrets: [SMTP_URL]`, set SMTP_URL in the environment or in the file that `dotenv` names, and write `${{ secrets.SMTP_URL }}`
    ok open: 1 task, no mistakes
    ");
}
