//! A message from its parts.

use std::time::SystemTime;

use base64::Engine as _;
use lettre::Message;
use lettre::message::header::{ContentDisposition, ContentId, ContentTransferEncoding, ContentType};
use lettre::message::{Attachment, Body, Mailbox, MultiPart, SinglePart};
use regex::Regex;
use tidemill_core::task::TaskFailure;

/// Bytes of a word in a header. A line of 998 bytes has to hold it, and what stands before it.
const LONGEST_WORD: usize = 800;

/// What a message is made of.
pub struct MailParts {
    /// Who gets it.
    pub to: Vec<Mailbox>,
    /// Who gets a copy.
    pub cc: Vec<Mailbox>,
    /// Who gets a copy unseen: the message does not tell.
    pub bcc: Vec<Mailbox>,
    /// From whom.
    pub sender: Mailbox,
    /// What tells the message from all others.
    pub id: String,
    /// The subject; line breaks and other control characters in it become blanks.
    pub subject: String,
    /// The text.
    pub body: Option<String>,
    /// The HTML.
    pub html: Option<String>,
    /// Names and contents of files.
    pub attachments: Vec<(String, Vec<u8>)>,
    /// When, RFC 3339.
    pub date: String,
}

/// Builds the message: text and HTML as alternatives, the HTML's pictures beside them, the files behind. A file that the HTML
/// shows is there once.
pub fn compose(parts: &MailParts) -> Result<Message, TaskFailure> {
    let domain = parts.sender.email.domain();
    let mut builder = Message::builder().message_id(Some(format!("<{}@{domain}>", parts.id)));
    if let Ok(instant) = parts.date.parse::<jiff::Timestamp>() {
        builder = builder.date(SystemTime::from(instant));
    }
    let named = |mailbox: &Mailbox| Mailbox::new(mailbox.name.as_deref().map(one_line), mailbox.email.clone());
    builder = builder.from(named(&parts.sender));
    builder = parts.to.iter().fold(builder, |builder, mailbox| builder.to(named(mailbox)));
    builder = parts.cc.iter().fold(builder, |builder, mailbox| builder.cc(named(mailbox)));
    builder = parts.bcc.iter().fold(builder, |builder, mailbox| builder.bcc(named(mailbox)));
    builder = builder.subject(one_line(&parts.subject));
    let text = parts.body.clone().unwrap_or_else(|| match parts.html {
        Some(_) => "This message is written in HTML; a mail program that shows it will.\n".to_owned(),
        None => String::new(),
    });
    let text = SinglePart::plain(text_body(&text));
    let mut attachments: Vec<&(String, Vec<u8>)> = parts.attachments.iter().collect();
    let content = match &parts.html {
        None if parts.attachments.is_empty() => return message(builder.singlepart(text)),
        None => MultiPart::mixed().singlepart(text),
        Some(html) => {
            let (html, pictures) = pictures_out(html, &format!("{}@{domain}", parts.id))?;
            let alternative = MultiPart::alternative().singlepart(text).singlepart(SinglePart::html(text_body(&html)));
            // Not within the alternative, where those who choose the text would not find what is attached.
            let related = MultiPart::related().multipart(alternative);
            let related = pictures.into_iter().fold(related, |related, picture| {
                let of_it = attachments.iter().position(|(_, bytes)| *bytes == picture.bytes);
                let name = of_it.map(|place| attachments.remove(place).0.as_str());
                related.singlepart(picture.part(name))
            });
            MultiPart::mixed().multipart(related)
        }
    };
    let content = attachments.into_iter().fold(content, |content, (name, bytes)| {
        let kind = content_type(name, bytes);
        content.singlepart(Attachment::new(one_line(name)).body(base64_body(bytes.clone()), kind))
    });
    message(builder.multipart(content))
}

fn message(built: Result<Message, lettre::error::Error>) -> Result<Message, TaskFailure> {
    built.map_err(|error| TaskFailure::new(format!("the mail cannot be built: {error}")))
}

/// A text as a body: its lines end in CR LF, whatever ended them before. It stays readable where it may: control characters,
/// which 7bit would carry as they are, make it base64.
fn text_body(text: &str) -> Body {
    let text = text.replace("\r\n", "\n").replace(['\r', '\n'], "\r\n");
    let is_plain = text.split("\r\n").all(|line| !line.chars().any(|c| c.is_ascii_control() && c != '\t'));
    if is_plain { Body::new(text) } else { base64_body(text.into_bytes()) }
}

/// A file as a body. Whatever its bytes are, they arrive as they are: in any other encoding its line ends are those of the mail.
fn base64_body(bytes: Vec<u8>) -> Body {
    // There is nothing that base64 could not carry; the fallback chooses by what the bytes are.
    Body::new_with_encoding(bytes, ContentTransferEncoding::Base64).unwrap_or_else(Body::new)
}

/// A header's text: a line break in it would begin another header, and a word that fills a line cannot be folded.
fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut line = String::new();
    for word in plain.split_whitespace() {
        // What is not ASCII is encoded in words of their own, which are short.
        let piece = if word.is_ascii() { LONGEST_WORD } else { word.len() };
        for part in word.as_bytes().chunks(piece) {
            line += if line.is_empty() { "" } else { " " };
            line += &String::from_utf8_lossy(part);
        }
    }
    line
}

/// A picture of the HTML.
struct Picture {
    id: String,
    kind: ContentType,
    bytes: Vec<u8>,
}

impl Picture {
    /// The part that is it. Of a name, it is an attachment too: within `multipart/related` that hides it from nobody (RFC
    /// 2387, 4), and programs list it among the files.
    fn part(self, name: Option<&str>) -> SinglePart {
        let disposition =
            name.map_or_else(ContentDisposition::inline, |name| ContentDisposition::attachment(&one_line(name)));
        SinglePart::builder()
            .header(ContentId::from(format!("<{}>", self.id)))
            .header(disposition)
            .header(self.kind)
            .body(base64_body(self.bytes))
    }
}

/// Turns `data:` pictures into references to parts: mail programs do not show them inline. A picture that is shown twice is
/// one part. Their ids are a number, a point and what tells the message from all others.
fn pictures_out(html: &str, unique: &str) -> Result<(String, Vec<Picture>), TaskFailure> {
    let pattern = Regex::new(r#"(src\s*=\s*["'])data:(image/[a-z+.-]+);base64,([A-Za-z0-9+/=\s]+)(["'])"#)
        .map_err(|error| TaskFailure::new(error.to_string()))?;
    let mut pictures: Vec<Picture> = Vec::new();
    let text = pattern.replace_all(html, |found: &regex::Captures<'_>| {
        let bare: String = found[3].split_whitespace().collect();
        let decoded = base64::engine::general_purpose::STANDARD.decode(bare);
        let (Ok(bytes), Ok(kind)) = (decoded, ContentType::parse(&found[2])) else { return found[0].to_owned() };
        let known = pictures.iter().position(|picture| picture.bytes == bytes);
        let place = known.unwrap_or_else(|| {
            pictures.push(Picture { id: format!("{}.{unique}", pictures.len() + 1), kind, bytes });
            pictures.len() - 1
        });
        format!("{}cid:{}{}", &found[1], pictures[place].id, &found[4])
    });
    Ok((text.into_owned(), pictures))
}

/// By the ending of the file's name. A text is said to be UTF-8 only where it is.
fn content_type(name: &str, bytes: &[u8]) -> ContentType {
    let kind = match name.rsplit('.').next().map(str::to_ascii_lowercase).as_deref() {
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("pdf") => "application/pdf",
        Some("csv") => "text/csv",
        Some("txt" | "md" | "log") => "text/plain",
        Some("html" | "htm") => "text/html",
        Some("json") => "application/json",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Some("zip") => "application/zip",
        _ => "application/octet-stream",
    };
    let is_utf8_text = kind.starts_with("text/") && std::str::from_utf8(bytes).is_ok();
    let kind = if is_utf8_text { format!("{kind}; charset=utf-8") } else { kind.to_owned() };
    // All of the above are well-formed; the fallback is a constant.
    ContentType::parse(&kind).unwrap_or(ContentType::TEXT_PLAIN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pictures_become_parts() {
        let html = r#"<img src="data:image/png;base64,iVBO"> <img src='data:image/png;base64,AAAA'> <img src="data:image/png;base64,iVBO">"#;
        let (text, pictures) = pictures_out(html, "x@y").expect("the pattern is right");
        assert_eq!(text, r#"<img src="cid:1.x@y"> <img src='cid:2.x@y'> <img src="cid:1.x@y">"#);
        assert_eq!(pictures.len(), 2);
        assert_eq!(pictures[1].bytes, [0, 0, 0]);
    }

    #[test]
    fn a_file_that_the_html_shows_is_there_once() {
        let attachments = ["shown.png", "copy.png"].map(|name| (name.to_owned(), vec![0, 0, 0])).to_vec();
        let text = written(&MailParts {
            html: Some("<img src='data:image/png;base64,AAAA'><img src='data:image/png;base64,AAAB'>".into()),
            attachments: [attachments, vec![("other.csv".into(), b"1".to_vec())]].concat(),
            ..parts()
        });
        let outline: Vec<&str> = text
            .lines()
            .filter(|line| {
                line.starts_with("Content-D") || line.starts_with("Content-ID") || line.contains("multipart")
            })
            .map(|line| line.split("; boundary").next().unwrap_or_default())
            .collect();
        insta::assert_snapshot!(outline.join("\n"), @r#"
        Content-Type: multipart/mixed;
        Content-Type: multipart/related;
        Content-Type: multipart/alternative;
        Content-ID: <1.1234@example.org>
        Content-Disposition: attachment; filename="shown.png"
        Content-ID: <2.1234@example.org>
        Content-Disposition: inline
        Content-Disposition: attachment; filename="copy.png"
        Content-Disposition: attachment; filename="other.csv"
        "#);
    }

    fn parts() -> MailParts {
        let mailbox = |text: &str| text.parse::<Mailbox>().expect("well-formed");
        MailParts {
            to: vec![mailbox("Zoë <zoe@example.com>")],
            cc: Vec::new(),
            bcc: vec![mailbox("hidden@example.com")],
            sender: mailbox("reports@example.org"),
            id: "1234".into(),
            subject: "Hello".into(),
            body: Some("x".into()),
            html: None,
            attachments: Vec::new(),
            date: "2024-11-20T19:45:00Z".into(),
        }
    }

    fn written(parts: &MailParts) -> String {
        String::from_utf8(compose(parts).expect("well-formed").formatted()).expect("ASCII")
    }

    #[test]
    fn nothing_can_begin_a_header() {
        let evil = "x\r\nBcc: evil@example.com\u{2028}\u{85}\0\u{b}y";
        let text = written(&MailParts {
            subject: evil.into(),
            attachments: vec![(format!("{evil}.csv"), b"1".to_vec())],
            ..parts()
        });
        assert!(text.contains("Subject: x Bcc: evil@example.com y\r\n"), "{text}");
        let headers = text.lines().filter(|line| line.to_ascii_lowercase().starts_with("bcc"));
        assert_eq!(headers.count(), 0, "{text}");
    }

    /// RFC 5321 and 5322: lines end in CR LF and nothing else does, none is longer than 998 bytes, no byte is beyond ASCII.
    fn assert_legal(message: &[u8]) {
        let text = std::str::from_utf8(message).expect("ASCII");
        assert!(text.is_ascii());
        for line in text.split("\r\n") {
            assert!(line.len() <= 998 && !line.contains(['\r', '\n', '\0']), "{line:?}");
        }
    }

    /// Letters of all kinds, among them what ends lines, headers and messages.
    fn any_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("\n".to_owned()),
            Just("\r".to_owned()),
            Just("\r\n.\r\n".to_owned()),
            Just("\0".to_owned()),
            Just("\n.\n".to_owned()),
            Just("x".repeat(2000)),
            Just("ä".repeat(700)),
            "\\PC{0,40}",
            "[ -~]{0,90}",
        ];
        proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn whatever_it_holds_is_legal_and_arrives(
            subject in any_text(), body in any_text(), html in proptest::option::of(any_text()), name in any_text(),
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300), text in any_text(),
        ) {
            let to = Mailbox::new(Some(name.clone()), parts().sender.email);
            let files = vec![(format!("{name}.csv"), bytes), (name, text.into_bytes())];
            let sent = MailParts { to: vec![to], subject, body: Some(body), html, attachments: files, ..parts() };
            let written = compose(&sent).expect("well-formed").formatted();
            assert_legal(&written);
            let message = mail_parser::MessageParser::default().parse(&written).expect("a mail");
            let arrived: Vec<Vec<u8>> = message.attachments().map(|part| {
                let raw = &written[part.raw_body_offset() as usize..part.raw_end_offset() as usize];
                let bare: Vec<u8> = raw.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
                base64::engine::general_purpose::STANDARD.decode(bare).expect("base64")
            }).collect();
            let files: Vec<&Vec<u8>> = sent.attachments.iter().map(|(_, bytes)| bytes).collect();
            prop_assert_eq!(arrived.iter().collect::<Vec<_>>(), files);
            let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n").trim_end().to_owned();
            let body = message.body_text(0).expect("a text");
            prop_assert_eq!(lines(&body), lines(sent.body.as_deref().unwrap_or_default()));
        }
    }

    #[test]
    fn a_text_that_is_not_utf8_is_not_said_to_be() {
        let kind = |bytes: &[u8]| format!("{:?}", content_type("a.csv", bytes));
        assert!(kind("grün".as_bytes()).contains("utf-8"));
        assert!(!kind(b"gr\xfcn").contains("utf-8"));
    }

    #[test]
    fn those_who_get_it_unseen_are_in_the_envelope_alone() {
        let message = compose(&parts()).expect("well-formed");
        let to: Vec<String> = message.envelope().to().iter().map(ToString::to_string).collect();
        assert_eq!(to, ["zoe@example.com", "hidden@example.com"]);
        assert!(!written(&parts()).contains("hidden"));
        assert!(written(&parts()).contains("Message-ID: <1234@example.org>\r\n"));
    }
}
