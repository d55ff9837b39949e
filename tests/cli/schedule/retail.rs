//! The smart-retail pipeline on the real clock: its cron set a minute ahead, its mail sent to a server with TLS and login.

use mail_parser::{MessageParser, MimeHeaders};
use rustix::process::Signal;
use tidemill_mail_server::{Encryption, Server, Settings};

use super::{count, signal, start, until};
use crate::project::Project;

/// Waits for up to two minutes, so only on demand: `TIDEMILL_REAL_CLOCK=1 cargo test --test cli real_clock -- --nocapture`.
#[test]
fn the_retail_pipeline_runs_on_the_real_clock() {
    if std::env::var_os("TIDEMILL_REAL_CLOCK").is_none() {
        return;
    }
    let login = Some(("reports".to_owned(), "evening tide".to_owned()));
    let settings = Settings { encryption: Encryption::StartTls, login, ..Settings::default() };
    let server = Server::start(settings).expect("a server");
    let project = Project::new().copy(&["pipeline.yaml", "tasks", "data"]);
    let url = server.url_trusting("reports", "evening%20tide", &project.root().join("ca.pem")).expect("a file");
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(63);
    let cron = soon.to_zoned(jiff::tz::TimeZone::UTC).strftime("%M %H * * *").to_string();
    let text = project.read("pipeline.yaml").replace("45 19 * * *", &cron);
    assert!(text.contains(&cron), "the pipeline has a schedule");
    let project = project.file("pipeline.yaml", text).file(".env", format!("SMTP_URL='{url}'\n"));
    println!("runs at {cron}");
    let scheduler = start(&project);
    let began = std::time::Instant::now();
    let is_done = || {
        project.has(".tidemill/state.db")
            && count(&project, "SELECT count(*) FROM sqlite_master WHERE name = 'fires'") == 1
            && count(&project, "SELECT count(*) FROM fires WHERE status = 'done'") == 1
    };
    while !is_done() && began.elapsed().as_secs() < 300 {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    signal(&scheduler, Signal::TERM);
    let outcome = project.wait(scheduler).exits(0);
    println!("{}", outcome.stderr);
    until("the fire is done", is_done);
    assert_eq!(count(&project, "SELECT count(*) FROM runs WHERE trigger = 'schedule' AND status = 'success'"), 1);
    assert!(!project.has("outputs/outbox"), "the mail was sent, not put aside");
    let mails = server.mails();
    assert_eq!(mails.iter().map(|mail| mail.accepted).collect::<Vec<_>>(), [true], "one mail");
    let mail = MessageParser::default().parse(&mails[0].bytes).expect("a message");
    assert_eq!(mail.subject(), Some(&*format!("Smart retail, {}", soon.strftime("%Y-%m-%d"))));
    let pictures = mail.attachments().filter(|part| part.attachment_name().is_some_and(|name| name.ends_with(".png")));
    println!("the server got: {} with {} pictures", mail.subject().unwrap_or_default(), pictures.count());
    assert!(mail.body_html(0).is_some_and(|html| html.contains("cid:")), "the figures are in the text");
    assert!(project.has("outputs/report/summary.html"));
}
