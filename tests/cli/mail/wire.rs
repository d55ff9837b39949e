//! What goes over the wire: legal whatever the bytes are, and the same bytes when it arrives. The server is strict.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_parser::{MessageParser, MimeHeaders};
use tidemill_mail_server::Encryption;

use super::{Post, settings};
use crate::project::Project;

/// Files that are hard to carry as they are.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("note.csv", b"note\nfine\n.\nMAIL FROM:<x@evil.example>\n..\n".to_vec()),
        ("windows.csv", b"a,b\r\n1,2\r\n".to_vec()),
        ("mixed.txt", b"one\rtwo\nthree\r\n\n\r.\r\n".to_vec()),
        ("empty.csv", Vec::new()),
        ("dot.txt", b".".to_vec()),
        ("no end.md", b"From here\n.".to_vec()),
        ("nul.txt", b"a\0b\n".to_vec()),
        ("long.csv", "x,".repeat(4000).into_bytes()),
        ("latin1.csv", b"gr\xfcn\n".to_vec()),
        ("bom.csv", "\u{feff}größe\n".into()),
        ("all.bin", (0..=255).chain([10, b'.', 10]).collect()),
        ("Prüfung \"✓\" 'a;b'.csv", b"1\n".to_vec()),
        ("日本語の長い名前日本語の長い名前日本語の長い名前日本語の長い名前.csv", b"2\n".to_vec()),
        ("a%20b'c~(d).txt", b"3\n".to_vec()),
        ("x\r\nBcc: evil@example.com\r\n.txt", b"4\n".to_vec()),
    ]
}

fn project(attach: &str) -> Project {
    Project::new().pipeline(&format!(
        "
        version: 1
        name: wire
        secrets: [SMTP_URL]
        tasks:
          letter:
            type: email
            to: ada@example.com
            sender: Reports <reports@example.com>
            subject: All of it
            template: text.txt
            html_template: page.html
            attach: {attach}
            smtp: ${{{{ secrets.SMTP_URL }}}}
        "
    ))
}

/// The texts of the mail, hard to carry too.
const TEXTS: [&str; 7] = [
    ".",
    "one\n.\nRCPT TO:<evil@example.com>\n",
    "old\rends\r.\r",
    "nul \0 and bell \u{7} and escape \u{1b}[2J\n.\n",
    "From here\n  trailing \t \n..\n",
    "größe ✓ 数字\n.\n",
    "",
];

fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim_end_matches('\n').to_owned()
}

/// Lines end in CR LF alone, none is too long, no byte is beyond ASCII.
fn assert_legal(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).expect("ASCII");
    assert!(text.is_ascii());
    for line in text.split("\r\n") {
        assert!(line.len() <= 998 && !line.contains(['\r', '\n', '\0']), "{line:?}");
    }
}

#[test]
fn every_attachment_arrives_byte_for_byte() {
    let names: Vec<String> = files().iter().map(|(name, _)| serde_json::to_string(name).expect("a text")).collect();
    let project =
        project(&format!("[{}]", names.join(", "))).file("text.txt", "See below.").file("page.html", "<p>Below");
    let project = files().into_iter().fold(project, |project, (name, bytes)| project.file(name, bytes));
    let post = Post::new(project, settings(Encryption::StartTls));
    post.run(["run"]).exits(0);
    let mail = post.mail();
    assert_legal(&mail.bytes);
    assert_eq!(mail.to, ["ada@example.com"]);
    let message = MessageParser::default().parse(&mail.bytes).expect("a mail");
    assert!(message.bcc().is_none());
    let arrived: Vec<(String, Vec<u8>)> = message
        .attachments()
        .map(|part| {
            let raw = &mail.bytes[part.raw_body_offset() as usize..part.raw_end_offset() as usize];
            let bare: Vec<u8> = raw.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            let name = part.attachment_name().expect("a name").to_owned();
            (name, STANDARD.decode(bare).expect("base64"))
        })
        .collect();
    let sent: Vec<(String, Vec<u8>)> = files()
        .into_iter()
        .map(|(name, bytes)| (name.split_whitespace().collect::<Vec<_>>().join(" "), bytes))
        .collect();
    assert_eq!(arrived, sent);
}

#[test]
fn every_text_arrives_line_for_line() {
    for text in TEXTS {
        let long = format!("{}\n{text}", "word ".repeat(1000));
        for text in [text, &long] {
            let project = project("[]").file("text.txt", text).file("page.html", format!("<pre>{text}</pre>"));
            let post = Post::new(project, settings(Encryption::Tls));
            post.run(["run"]).exits(0);
            let mail = post.mail();
            assert_legal(&mail.bytes);
            let message = MessageParser::default().parse(&mail.bytes).expect("a mail");
            assert_eq!(lines(&message.body_text(0).expect("a text")), lines(text), "{text:?}");
            assert_eq!(lines(&message.body_html(0).expect("HTML")), lines(&format!("<pre>{text}</pre>")), "{text:?}");
        }
    }
}

#[test]
fn a_file_in_the_outbox_is_as_legal() {
    let project = project("[note.csv, latin1.csv]").file("text.txt", TEXTS[3]).file("page.html", TEXTS[2]);
    let project = files().into_iter().take(9).fold(project, |project, (name, bytes)| project.file(name, bytes));
    project.run(["run"]).exits(0);
    let outbox = project.files("outputs/outbox");
    let (_, bytes) = outbox.first_key_value().expect("one mail");
    assert_legal(bytes);
    let message = MessageParser::default().parse(bytes).expect("a mail");
    assert_eq!(message.attachment_count(), 2);
    assert_eq!(message.attachments().next().map(|part| part.contents().to_vec()), Some(project.bytes("note.csv")));
}

/// On a terminal too, where the lines of tasks go away.
#[test]
fn the_file_is_named_at_the_end_of_the_run() {
    let project = project("[]").file("text.txt", "x").file("page.html", "x");
    let story = project.run(["run"]).exits(0).stderr;
    let end = story.split("Results\n").nth(1).unwrap_or_else(|| panic!("{story}"));
    let path = end.lines().next().and_then(|line| line.strip_prefix("  letter: mail for 1 recipient in "));
    let path = path.unwrap_or_else(|| panic!("{story}"));
    assert!(path.starts_with("outputs/outbox/") && path.ends_with("-letter.eml"), "{path}");
}
