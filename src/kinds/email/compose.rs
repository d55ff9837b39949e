//! A message from its parts.

use std::time::SystemTime;

use base64::Engine as _;
use lettre::Message;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Body, Mailbox, MultiPart, SinglePart};
use regex::Regex;
use tidemill_core::kind::TaskFailure;

/// What a message is made of.
pub struct Parts {
    /// Who gets it.
    pub to: Vec<String>,
    /// Who gets a copy.
    pub cc: Vec<String>,
    /// Who gets a copy unseen.
    pub bcc: Vec<String>,
    /// From whom.
    pub sender: Option<String>,
    /// The subject; line breaks in it become blanks.
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
    let mut builder = Message::builder().message_id(None);
    if let Ok(instant) = parts.date.parse::<jiff::Timestamp>() {
        builder = builder.date(SystemTime::from(instant));
    }
    let sender = parts.sender.as_deref().unwrap_or("Tidemill <tidemill@localhost>");
    builder = builder.from(mailbox(sender)?);
    for address in &parts.to {
        builder = builder.to(mailbox(address)?);
    }
    for address in &parts.cc {
        builder = builder.cc(mailbox(address)?);
    }
    for address in &parts.bcc {
        builder = builder.bcc(mailbox(address)?);
    }
    // A line break in a subject would begin another header.
    builder = builder.subject(parts.subject.split_whitespace().collect::<Vec<_>>().join(" "));
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
        content.singlepart(Attachment::new(name.clone()).body(Body::new(bytes.clone()), content_type(name)))
    });
    message(builder.multipart(content))
}

fn message(built: Result<Message, lettre::error::Error>) -> Result<Message, TaskFailure> {
    built.map_err(|error| TaskFailure::new(format!("the mail cannot be built: {error}")))
}

fn mailbox(address: &str) -> Result<Mailbox, TaskFailure> {
    address.parse().map_err(|error| TaskFailure {
        message: format!("`{address}` is no address: {error}"),
        permanent: true,
        ..TaskFailure::default()
    })
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

    #[test]
    fn a_subject_cannot_begin_a_header() {
        let parts = Parts {
            to: vec!["a@example.com".into()],
            cc: Vec::new(),
            bcc: Vec::new(),
            sender: None,
            subject: "Hello\r\nBcc: evil@example.com".into(),
            body: Some("x".into()),
            html: None,
            attachments: Vec::new(),
            date: "2024-11-20T19:45:00Z".into(),
        };
        let text = String::from_utf8(compose(&parts).expect("well-formed").formatted()).expect("ASCII");
        assert!(text.contains("Subject: Hello Bcc: evil@example.com\r\n"), "{text}");
        assert!(!text.contains("\r\nBcc:"), "{text}");
    }
}
