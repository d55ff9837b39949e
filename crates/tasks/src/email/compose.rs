//! A message from its parts.

use std::time::SystemTime;

use base64::Engine as _;
use lettre::Message;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Body, Mailbox, MultiPart, SinglePart};
use regex::Regex;
use tidemill_core::task::TaskFailure;

/// What a message is made of.
pub struct Parts {
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

/// Builds the message: text and HTML as alternatives, the HTML's pictures as parts of their own, the files behind.
pub fn compose(parts: &Parts) -> Result<Message, TaskFailure> {
    let domain = parts.sender.email.domain();
    let mut builder = Message::builder().message_id(Some(format!("<{}@{domain}>", parts.id)));
    if let Ok(instant) = parts.date.parse::<jiff::Timestamp>() {
        builder = builder.date(SystemTime::from(instant));
    }
    builder = builder.from(parts.sender.clone());
    builder = parts.to.iter().fold(builder, |builder, mailbox| builder.to(mailbox.clone()));
    builder = parts.cc.iter().fold(builder, |builder, mailbox| builder.cc(mailbox.clone()));
    builder = parts.bcc.iter().fold(builder, |builder, mailbox| builder.bcc(mailbox.clone()));
    builder = builder.subject(one_line(&parts.subject));
    let text = parts.body.clone().unwrap_or_else(|| match parts.html {
        Some(_) => "This message is written in HTML; a mail program that shows it will.\n".to_owned(),
        None => String::new(),
    });
    let text = SinglePart::plain(text);
    let content = match &parts.html {
        None if parts.attachments.is_empty() => return message(builder.singlepart(text)),
        None => MultiPart::mixed().singlepart(text),
        Some(html) => {
            let (html, pictures) = pictures_out(html)?;
            let mut related = MultiPart::related().singlepart(SinglePart::html(html));
            for picture in pictures {
                let part = Attachment::new_inline(picture.id).body(Body::new(picture.bytes), picture.kind);
                related = related.singlepart(part);
            }
            let alternative = MultiPart::alternative().singlepart(text).multipart(related);
            MultiPart::mixed().multipart(alternative)
        }
    };
    let content = parts.attachments.iter().fold(content, |content, (name, bytes)| {
        content.singlepart(Attachment::new(one_line(name)).body(Body::new(bytes.clone()), content_type(name)))
    });
    message(builder.multipart(content))
}

fn message(built: Result<Message, lettre::error::Error>) -> Result<Message, TaskFailure> {
    built.map_err(|error| TaskFailure::new(format!("the mail cannot be built: {error}")))
}

/// A line break in a header would begin another one.
fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A picture of the HTML.
struct Picture {
    id: String,
    kind: ContentType,
    bytes: Vec<u8>,
}

/// Turns `data:` pictures into references to parts: mail programs do not show them inline.
fn pictures_out(html: &str) -> Result<(String, Vec<Picture>), TaskFailure> {
    let pattern = Regex::new(r#"(src\s*=\s*["'])data:(image/[a-z+.-]+);base64,([A-Za-z0-9+/=\s]+)(["'])"#)
        .map_err(|error| TaskFailure::new(error.to_string()))?;
    let mut pictures: Vec<Picture> = Vec::new();
    let text = pattern.replace_all(html, |found: &regex::Captures<'_>| {
        let bare: String = found[3].split_whitespace().collect();
        let decoded = base64::engine::general_purpose::STANDARD.decode(bare);
        let (Ok(bytes), Ok(kind)) = (decoded, ContentType::parse(&found[2])) else { return found[0].to_owned() };
        let id = format!("figure-{}", pictures.len() + 1);
        let reference = format!("{}cid:{id}{}", &found[1], &found[4]);
        pictures.push(Picture { id, kind, bytes });
        reference
    });
    Ok((text.into_owned(), pictures))
}

fn content_type(name: &str) -> ContentType {
    let kind = match name.rsplit('.').next().map(str::to_ascii_lowercase).as_deref() {
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("pdf") => "application/pdf",
        Some("csv") => "text/csv; charset=utf-8",
        Some("txt" | "md" | "log") => "text/plain; charset=utf-8",
        Some("html" | "htm") => "text/html; charset=utf-8",
        Some("json") => "application/json",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Some("zip") => "application/zip",
        _ => "application/octet-stream",
    };
    // All of the above are well-formed; the fallback is a constant.
    ContentType::parse(kind).unwrap_or(ContentType::TEXT_PLAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_become_parts() {
        let html = r#"<p><img src="data:image/png;base64,iVBO" alt="x"> <img src='data:image/png;base64,AAAA'>"#;
        let (text, pictures) = pictures_out(html).expect("the pattern is right");
        assert_eq!(text, r#"<p><img src="cid:figure-1" alt="x"> <img src='cid:figure-2'>"#);
        assert_eq!(pictures.len(), 2);
        assert_eq!(pictures[1].bytes, [0, 0, 0]);
    }

    fn parts() -> Parts {
        let mailbox = |text: &str| text.parse::<Mailbox>().expect("well-formed");
        Parts {
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

    fn written(parts: &Parts) -> String {
        String::from_utf8(compose(parts).expect("well-formed").formatted()).expect("ASCII")
    }

    #[test]
    fn nothing_can_begin_a_header() {
        let evil = "x\r\nBcc: evil@example.com\u{2028}\u{85}\0\u{b}y";
        let text = written(&Parts {
            subject: evil.into(),
            attachments: vec![(format!("{evil}.csv"), b"1".to_vec())],
            ..parts()
        });
        assert!(text.contains("Subject: x Bcc: evil@example.com y\r\n"), "{text}");
        let headers = text.lines().filter(|line| line.to_ascii_lowercase().starts_with("bcc"));
        assert_eq!(headers.count(), 0, "{text}");
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
