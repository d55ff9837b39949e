//! What arrives.

use mail_parser::{Message, MessageParser, MimeHeaders};
use tidemill_mail_server::{Encryption, Mechanism, Server, Settings};

use super::{IN_URL, PASSWORD, Post, USER, letter, settings};
use crate::project::Project;

fn parsed(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).expect("a mail")
}

#[test]
fn by_each_encryption_and_each_login_it_arrives_once() {
    for encryption in [Encryption::None, Encryption::StartTls, Encryption::Tls] {
        for mechanism in [Mechanism::Plain, Mechanism::Login] {
            let post = Post::new(letter("0"), Settings { mechanism, ..settings(encryption) });
            let outcome = post.run(["run"]).exits(0);
            assert!(outcome.stderr.contains("letter  sent to 1 recipient"), "{}", outcome.stderr);
            let mail = post.mail();
            assert_eq!(mail.encrypted, encryption != Encryption::None);
            assert_eq!(mail.user.as_deref(), Some(USER), "{encryption:?} {mechanism:?}");
            assert_eq!((mail.from.as_str(), mail.to.join(" ")), ("reports@example.com", "ada@example.com".to_owned()));
            let message = parsed(&mail.bytes);
            assert_eq!(message.subject(), Some("The word is one"));
            assert_eq!(message.body_text(0).as_deref().map(str::trim_end), Some("See above."));
            assert_eq!(post.ledger(), ["letter sent"]);
            post.run(["run"]).exits(0);
            assert_eq!(post.server.mails().len(), 1);
        }
    }
}

#[test]
fn without_a_login_none_is_asked_for() {
    let post = Post::new(letter("0"), Settings::default());
    let mut command = post.project.command(["run"]);
    let url = post.server.url("", "").replace("?tls=none", "");
    assert!(command.env("SMTP_URL", url).output().expect("it runs").status.success());
    assert_eq!(post.mail().user, None);
}

/// Everything that a mail can have.
fn full() -> Project {
    Project::new()
        .file("orders.csv", "country,amount\nFR,1.50\nDE,2.50\n")
        .file("notes/Prüfung ✓.txt", "grün\n")
        .file("page.html", "<h1>Numbers</h1>${{ inputs.o | table }}<img src=\"${{ tasks.fig.output | image }}\">")
        .file("long.txt", ".dot\n..two dots\nFrom here\n".repeat(3))
        .pipeline(
            "
            version: 1
            name: full
            secrets: [SMTP_URL]
            params: {readers: [Zoë Ångström <zoe@example.com>, '\"Lovelace, Ada\" <ada@bücher.example>']}
            tasks:
              orders: {type: load, path: orders.csv}
              fig: {type: chart, from: orders, kind: bar, x: country, y: amount, output: out/fig.png}
              page: {type: report, template: page.html, inputs: {o: orders}, depends_on: [fig], output: out/page.html}
              letter:
                type: email
                to: ${{ params.readers }}
                cc: one@example.com, two@example.com
                bcc: [hidden@example.com, zoe@example.com]
                sender: Größte Übersicht <reports@example.com>
                subject: Umsatz für ${{ run.date }} — 数字
                template: long.txt
                html: page
                attach: [fig, orders.csv, notes/Prüfung ✓.txt]
                smtp: ${{ secrets.SMTP_URL }}
            ",
        )
}

#[test]
fn all_parts_are_there_and_people_beyond_ascii_too() {
    let post = Post::new(full(), settings(Encryption::Tls));
    post.run(["run"]).exits(0);
    let mail = post.mail();
    assert!(mail.bytes.is_ascii(), "any server can carry it");
    let to =
        ["zoe@example.com", "ada@xn--bcher-kva.example", "one@example.com", "two@example.com", "hidden@example.com"];
    assert_eq!(mail.to, to, "each is named to the server once");
    let text = String::from_utf8_lossy(&mail.bytes);
    assert!(!text.contains("hidden"), "nobody reads of those who get it unseen");
    let message = parsed(&mail.bytes);
    assert!(
        message.subject().is_some_and(|subject| subject.starts_with("Umsatz für 2") && subject.ends_with(" — 数字"))
    );
    let names = |address: Option<&mail_parser::Address<'_>>| -> Vec<String> {
        address.iter().flat_map(|address| address.iter()).filter_map(|one| one.name().map(str::to_owned)).collect()
    };
    assert_eq!(names(message.to()), ["Zoë Ångström", "Lovelace, Ada"]);
    assert_eq!(names(message.from()), ["Größte Übersicht"]);
    assert_eq!(message.cc().map(|cc| cc.iter().count()), Some(2));
    let lines: Vec<String> = message.body_text(0).expect("a text").lines().map(str::to_owned).collect();
    assert_eq!(lines, [".dot", "..two dots", "From here"].repeat(3), "a dot ends nothing and is not lost");
    let html = message.body_html(0).expect("HTML");
    let id = html.split("cid:").nth(1).and_then(|rest| rest.split('"').next()).expect("an inline figure");
    let figure = message.parts.iter().find(|part| part.content_id() == Some(id)).expect("its part");
    assert!(figure.contents().starts_with(b"\x89PNG"));
    let attached: Vec<(&str, &[u8])> =
        message.attachments().filter_map(|part| Some((part.attachment_name()?, part.contents()))).collect();
    let of = |name: &str| attached.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{attached:?}")).1;
    assert_eq!(of("orders.csv"), post.project.bytes("orders.csv"));
    assert_eq!(of("fig.png"), post.project.bytes("out/fig.png"));
    assert_eq!(of("Prüfung ✓.txt"), "grün\n".as_bytes());
    assert!(message.message_id().is_some_and(|id| id.ends_with("@example.com")));
    assert!(message.date().is_some());
}

#[test]
fn no_text_becomes_a_header_or_a_command() {
    let evil = "x\r\nBcc: evil@example.com\r\n\r\nRCPT TO:<evil@example.com>\r\n.\r\nQUIT";
    let post = Post::simple();
    post.run(["run", "-p", &format!("word={evil}")]).exits(0);
    let mail = post.mail();
    assert_eq!(mail.to, ["ada@example.com"]);
    let message = parsed(&mail.bytes);
    assert_eq!(message.bcc().map(|bcc| bcc.iter().count()), None);
    let subject = "The word is x Bcc: evil@example.com RCPT TO:<evil@example.com> . QUIT";
    assert_eq!(message.subject(), Some(subject));
    assert_eq!(message.body_text(0).as_deref().map(str::trim_end), Some("See above."));
}

#[test]
fn an_address_from_params_or_data_is_one_address() {
    let project = Project::new().file("people.csv", "mail\n\"a@example.com\nBcc: evil@example.com\"\n").pipeline(
        "
        version: 1
        name: letters
        params: {to: ada@example.com}
        tasks:
          people: {type: load, path: people.csv}
          first: {type: email, to: '${{ params.to }}', subject: Hi, body: x}
          second: {type: email, to: '${{ inputs.p[0].mail }}', subject: Hi, body: x, inputs: {p: people}}
        ",
    );
    let to = "to=ada@example.com\r\nBcc: evil@example.com";
    let outcome = project.run(["run", "--keep-going", "-p", to]).exits(1);
    let errors: Vec<&str> = outcome.stderr.lines().filter(|line| line.starts_with("error")).collect();
    insta::assert_snapshot!(errors.join("\n"), @r#"
    error task first (email): "ada@example.com\r\nBcc: evil@example.com" is no address: there is a line break or another control character in it
    error task second (email): "a@example.com\nBcc: evil@example.com" is no address: there is a line break or another control character in it
    "#);
    assert!(!project.has("outputs/outbox"));
    let outcome = project.run(["run", "first", "-p", "to="]).exits(1);
    assert!(outcome.stderr.contains("the mail has no recipient"), "{}", outcome.stderr);
}

#[test]
fn an_address_beyond_ascii_needs_a_server_that_knows_such() {
    let mut project = Project::new();
    for international in [false, true] {
        project = letter("3")
            .file("pipeline.yaml", letter("3").read("pipeline.yaml").replace("ada@example.com", "jörg@example.com"));
        let post = Post::new(project, Settings { international, ..settings(Encryption::Tls) });
        let outcome = post.run(["run"]).exits(i32::from(!international));
        let told = "takes no address beyond ASCII such as jörg@example.com";
        assert_eq!(outcome.stderr.contains(told), !international, "{}", outcome.stderr);
        assert_eq!((post.server.mails().len(), post.server.sessions()), (usize::from(international), 1));
        project = Project::new();
    }
    drop(project);
}

#[test]
fn the_url_may_name_the_certificates_from_the_projects_folder() {
    let server = Server::start(settings(Encryption::Tls)).expect("a server");
    let project = letter("0").folder("keys");
    server.write_authority(&project.root().join("keys/ca.pem")).expect("a file");
    let url = format!("{}?ca=keys/ca.pem", server.url(USER, IN_URL));
    let ran = project.command(["run"]).env("SMTP_URL", url).output().expect("it runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(server.mails().len(), 1);
    assert!(!String::from_utf8_lossy(&ran.stderr).contains(PASSWORD));
}
