//! `doctor`: what it looks at, what it says, and that it touches nothing.

use regex::Regex;
use rusqlite::Connection;
use tidemill_mail_server::{Encryption, Server, Settings};

use crate::project::{Outcome, Project};

fn shop() -> Project {
    Project::new().file("orders.csv", "id\n1\n").file("letter.txt", "Hi").pipeline(
        "
        version: 1
        name: shop
        secrets: [SMTP_URL, TOKEN]
        schedule: {cron: '45 19 * * *', timezone: Europe/Paris}
        tasks:
          orders: {type: load, path: orders.csv}
          letter: {type: email, to: a@example.com, subject: x, template: letter.txt, smtp: '${{ secrets.SMTP_URL }}'}
        on_failure:
          alert: {type: email, to: a@example.com, subject: x, body: y, smtp: '${{ secrets.SMTP_URL }}'}
        ",
    )
}

/// Runs it with a mail server; what differs from machine to machine is taken out.
fn doctor(project: &Project, url: &str, code: i32) -> String {
    let mut command = project.command(["doctor"]);
    let child = command.env("SMTP_URL", url).env("TOKEN", "t0ken-value").stdout(std::process::Stdio::piped()).spawn();
    let outcome: Outcome = project.wait(child.expect("the binary starts")).exits(code);
    let filters = [
        (r"tidemill \d+\.\d+\.\d+\S*", "tidemill [version]"),
        (r"\d+\.\d GB", "[room]"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d CES?T", "[now]"),
        (r"sqlite   \d+\.\d+\.\d+", "sqlite   [version]"),
        (r"127\.0\.0\.1:\d+", "[server]"),
        (r"pid \d+", "pid [n]"),
        (r"since \d[^U]* UTC", "since [instant]"),
        (r"ended \d+ s", "ended [n] s"),
    ];
    filters.iter().fold(outcome.stdout, |text, (pattern, plain)| {
        Regex::new(pattern).expect("well-formed").replace_all(&text, *plain).into_owned()
    })
}

#[test]
fn where_all_is_well_every_line_says_so_and_nothing_is_sent() {
    let project = shop();
    let settings = Settings {
        encryption: Encryption::StartTls,
        login: Some(("me".into(), "hunter2".into())),
        ..Settings::default()
    };
    let server = Server::start(settings).expect("a server");
    let url = server.url_trusting("me", "hunter2", &project.root().join("ca.pem")).expect("a file");
    let before = project.files("");
    insta::assert_snapshot!(doctor(&project, &url, 0), @r"
    shop in [folder]/project, tidemill [version]

      ok    file     pipeline.yaml: 2 tasks, no mistakes
      ok    sources  2 files can be read
      ok    secrets  all 2 are set
      ok    mail     [server] takes the login of me, over TLS (tasks letter, alert)
      ok    folder   [folder]/project can be written
      ok    disk     [room] are free
      ok    state    nothing has run here yet
      ok    lock     free: no run is going on
      ok    clock    [now] (Europe/Paris)
      ok    sqlite   [version]

    ok runs have what they need
    ");
    assert_eq!(project.files(""), before, "nothing on the disk has changed");
    assert_eq!(server.sessions(), 1, "one server is tried once");
    let said: Vec<String> =
        server.commands().into_iter().map(|line| line.split(' ').next().unwrap_or("").to_owned()).collect();
    assert_eq!(said, ["EHLO", "STARTTLS", "EHLO", "AUTH", "QUIT"]);
}

#[test]
fn whatever_is_wrong_is_told_with_what_to_do() {
    let project = shop();
    project.run(["run", "orders"]).exits(0);
    let state = Connection::open(project.root().join(".tidemill/state.db")).expect("a state");
    state
        .execute_batch(
            "INSERT INTO effects VALUES ('shop', 'letter', 'hand x', zeroblob(32), 'unknown', NULL, '20241120-194500-0000', 0);
             UPDATE runs SET ended = ended + 7200000000;",
        )
        .expect("well-formed");
    drop(state);
    let lock = std::fs::File::open(project.root().join(".tidemill/shop.run.lock")).expect("a lock file");
    lock.lock().expect("nobody holds it");
    std::fs::remove_file(project.root().join("letter.txt")).expect("it was there");
    let server = Server::start(Settings { login: Some(("me".into(), "another".into())), ..Settings::default() });
    let url = server.expect("a server").url("me", "hunter2");
    let told = doctor(&project, &url, 1);
    assert!(!told.contains("hunter2"), "{told}");
    insta::assert_snapshot!(told, @r"
    shop in [folder]/project, tidemill [version]

      bad   file     pipeline.yaml: 1 mistake, first: template `letter.txt` does not exist
                     help: `tidemill check` shows them with their places
      bad   sources  cannot be read: letter.txt (letter): No such file or directory (os error 2)
                     help: put them there, or change the paths in the file
      ok    secrets  all 2 are set
      bad   mail     the mail server [server] refuses the login of me: 535 5.7.8 me may not enter with *** (tasks letter, alert)
                     help: are the user and the password in the URL right? some providers want a password made for programs
      ok    folder   [folder]/project can be written
      ok    disk     [room] are free
      ok    state    sound, schema 6, 1 run
      bad   ledger   letter: it is not known whether this was sent in run [run]
                     help: look whether it has arrived; `tidemill retry --effects` sends it again, with `--arrived TASK` it counts as sent
      note  lock     `shop` is being run by another process: `tidemill run orders`, pid [n], run [run], since [instant]
                     help: a further run waits for it
      bad   clock    [now] (Europe/Paris); but run [run] ended [n] s later than that
                     help: set the clock; let the system keep it by NTP
      ok    sqlite   [version]

    bad 5 things keep runs from what they need, 1 note
    ");
    let lines = project.run(["doctor", "--json"]).exits(1).stdout;
    let of = |check: &str| {
        let line = lines.lines().find(|line| line.contains(&format!(r#""check":"{check}""#))).unwrap_or_default();
        line.contains(r#""status":"bad""#)
    };
    assert!(of("file") && of("ledger") && of("clock") && !of("sqlite"), "{lines}");
}

#[test]
fn a_state_that_cannot_be_used_is_told() {
    let project = shop();
    project.run(["run", "orders"]).exits(0);
    let mut bytes = project.bytes(".tidemill/state.db");
    bytes[100..4000].fill(7);
    let project = project.file(".tidemill/state.db", bytes);
    let told = doctor(&project, "", 1);
    assert!(
        told.contains("bad   state    it is damaged:") && told.contains("move the folder .tidemill away"),
        "{told}"
    );

    let state = Connection::open_in_memory().expect("a database");
    let path = project.root().join(".tidemill/state.db");
    std::fs::remove_file(&path).expect("it was there");
    state
        .execute_batch("PRAGMA application_id = 0x54444d4c; PRAGMA user_version = 99; CREATE TABLE t (x)")
        .expect("SQL");
    state.execute("VACUUM INTO ?", [path.display().to_string()]).expect("a file");
    let told = doctor(&project, "", 1);
    assert!(told.contains("use the Tidemill that wrote it, or a newer one"), "{told}");
}

#[test]
fn without_a_pipeline_it_says_so() {
    let project = Project::new();
    let outcome = project.run(["doctor"]);
    let text = format!("{}{}", outcome.stdout, outcome.stderr);
    outcome.exits(1);
    assert!(text.contains("pipeline.yaml"), "{text}");
}
