//! A message on its way: to the server that is named, or into the outbox.

use std::path::Path;
use std::sync::Arc;

use lettre::message::Mailbox;
use tidemill_core::attempt::OutputPlaces;
use tidemill_core::table::Location;
use tidemill_core::task::{LogLevel, TaskFailure};

use super::compose::{MailParts, compose};
use super::smtp::SmtpSession;
use super::smtp_server::SmtpServer;
use super::{address, outbox, permanent};
use crate::webhook::Hooks;

/// Where a message goes.
pub struct MailPlace<'a> {
    /// The server's URL; None: into the outbox.
    pub smtp: Option<&'a str>,
    /// The folder for mails that are not sent.
    pub outbox: Location,
    /// The name of the file there, without its ending.
    pub file: &'a str,
    /// The project's folder.
    pub project: &'a Path,
    /// Where files may lie.
    pub places: &'a Arc<OutputPlaces>,
}

/// Sends a message to all its recipients or to none; what came of it, in a few words.
///
/// # Errors
/// Why nobody got it; uncertain where somebody may have.
pub fn deliver(parts: &MailParts, place: &MailPlace<'_>, hooks: &Hooks<'_>) -> Result<String, TaskFailure> {
    let recipients = parts.to.len() + parts.cc.len() + parts.bcc.len();
    if recipients == 0 {
        return Err(permanent("the mail has no recipient: `to`, `cc` and `bcc` come to nothing".to_owned()));
    }
    let message = compose(parts)?;
    let who = format!("{recipients} recipient{}", if recipients == 1 { "" } else { "s" });
    let Some(url) = place.smtp else {
        return Ok(format!("mail for {who} in {}", outbox::put(place, &message, hooks.begin)?));
    };
    let server = SmtpServer::parse(url, place.project)?;
    let session = SmtpSession::open(&server, hooks.deadline)?;
    (hooks.log)(LogLevel::Info, &format!("connected to {}", server.place()));
    session.send(&message, hooks.begin)?;
    Ok(format!("sent to {who}"))
}

/// The mailboxes of some addresses.
///
/// # Errors
/// Which of them is none.
pub fn people(addresses: &[String]) -> Result<Vec<Mailbox>, TaskFailure> {
    let mut people = Vec::new();
    for text in addresses {
        let found = address::mailboxes(text);
        people.extend(found.map_err(|error| permanent(format!("{text:?} is no address: {error}")))?);
    }
    Ok(people)
}

/// The one mailbox of a sender; the usual one if none is named.
///
/// # Errors
/// If it is no address, or several.
pub fn sender_of(text: Option<&str>) -> Result<Mailbox, TaskFailure> {
    let text = text.unwrap_or("Tidemill <tidemill@localhost>");
    let mut found = people(&[text.to_owned()])?;
    match (found.pop(), found.is_empty()) {
        (Some(sender), true) => Ok(sender),
        _ => Err(permanent(format!("a mail has one sender, not {text:?}"))),
    }
}

/// Connects to a server and logs in, without sending anything; what was found.
///
/// # Errors
/// Which step failed, and what the server said.
pub fn try_server(url: &str, project: &Path) -> Result<String, TaskFailure> {
    let server = SmtpServer::parse(url, project)?;
    let session = SmtpSession::open(&server, None)?;
    let how = if session.is_encrypted() { "over TLS" } else { "unencrypted" };
    Ok(match &server.login {
        Some((user, _)) => format!("{} takes the login of {user}, {how}", server.place()),
        None => format!("{} answers, {how}, without a login", server.place()),
    })
}
