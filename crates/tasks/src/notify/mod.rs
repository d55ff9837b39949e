//! Notices on their way to a channel: as a mail, as what Slack or Teams show, or as JSON.

mod chat;
mod text;

use std::path::Path;

use tidemill_core::notify::{ChannelConfig, ChannelTarget, Delivery, Notice, NoticeSender};
use tidemill_core::table::Location;
use tidemill_core::task::{LogLevel, TaskFailure};
use ureq::http::{HeaderValue, Request};

use crate::email::{self, MailParts, MailPlace};
use crate::webhook::{self, Hooks};

/// Sends notices as the tasks `email` and `webhook` send theirs.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoticeChannels;

impl NoticeSender for NoticeChannels {
    fn send(&self, channel: &ChannelConfig, notice: &Notice, delivery: &Delivery<'_>) -> Result<String, TaskFailure> {
        match &channel.target {
            ChannelTarget::Slack(url) => post(url, &[], &chat::slack(notice), delivery),
            ChannelTarget::Teams(url) => post(url, &[], &chat::teams(notice), delivery),
            ChannelTarget::Webhook { url, headers } => {
                post(url, headers, &serde_json::to_value(notice).unwrap_or_default(), delivery)
            }
            ChannelTarget::Email { to, cc, sender, smtp, outbox } => {
                let parts = MailParts {
                    to: email::people(to)?,
                    cc: email::people(cc)?,
                    bcc: Vec::new(),
                    sender: email::sender_of(sender.as_deref())?,
                    id: delivery.id.to_owned(),
                    subject: text::subject(notice),
                    body: Some(text::plain(notice)),
                    html: Some(text::html(notice)),
                    attachments: Vec::new(),
                    date: notice.at.clone(),
                };
                let place = MailPlace {
                    smtp: smtp.as_deref(),
                    outbox: outbox.clone().unwrap_or_else(|| Location::new(email::OUTBOX)),
                    file: &format!("notice-{}-{}", channel.name, delivery.id),
                    project: delivery.project,
                    places: delivery.places,
                };
                let hooks = Hooks { deadline: delivery.deadline, begin: delivery.begin, log: &silent };
                email::deliver(&parts, &place, &hooks)
            }
        }
    }

    fn probe(&self, channel: &ChannelConfig, project: &Path) -> Result<Option<String>, TaskFailure> {
        match &channel.target {
            ChannelTarget::Email { to, cc, sender, smtp, outbox } => {
                email::people(to)?;
                email::people(cc)?;
                email::sender_of(sender.as_deref())?;
                match smtp {
                    Some(url) => email::try_server(url, project).map(Some),
                    None => {
                        let outbox = outbox.as_ref().map_or(email::OUTBOX, Location::as_str);
                        Ok(Some(format!("no server: mail is put into {outbox}/")))
                    }
                }
            }
            ChannelTarget::Slack(_) | ChannelTarget::Teams(_) | ChannelTarget::Webhook { .. } => Ok(None),
        }
    }
}

/// What came of a notice is told by whoever sends it.
fn silent(_: LogLevel, _: &str) {}

fn post(
    url: &str,
    headers: &[(String, String)],
    body: &serde_json::Value,
    delivery: &Delivery<'_>,
) -> Result<String, TaskFailure> {
    let mut request = Request::builder().method("POST").uri(url.trim());
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        request = request.header("content-type", "application/json");
    }
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).map_err(|_| webhook::header_of_lines(name));
        request = request.header(name.as_str(), value.map_err(|told| webhook::unsendable(&told))?);
    }
    let request = request.body(body.to_string().into_bytes()).map_err(|error| webhook::unsendable(&error))?;
    let hooks = Hooks { deadline: delivery.deadline, begin: delivery.begin, log: &silent };
    let answered = webhook::exchange(&hooks, request)?;
    Ok(answered.note.unwrap_or_default())
}
