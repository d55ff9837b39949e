//! Whom to tell, and what brings it there.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::attempt::OutputPlaces;
use crate::table::Location;
use crate::task::TaskFailure;

use super::Notice;

/// A channel with the values of the secrets: not to be shown.
#[derive(Clone, PartialEq)]
pub struct ChannelConfig {
    /// Its name in the file.
    pub name: String,
    /// Where it leads.
    pub target: ChannelTarget,
}

/// Where a channel leads.
#[derive(Clone, PartialEq)]
pub enum ChannelTarget {
    /// The URL of an incoming webhook of Slack.
    Slack(String),
    /// The URL of a workflow of Microsoft Teams.
    Teams(String),
    /// A URL that gets the notice as JSON.
    Webhook {
        /// Where to.
        url: String,
        /// Headers beside `content-type`.
        headers: Vec<(String, String)>,
    },
    /// People who get a mail.
    Email {
        /// Who gets it: addresses.
        to: Vec<String>,
        /// Who gets a copy: addresses.
        cc: Vec<String>,
        /// From whom; None for the usual sender.
        sender: Option<String>,
        /// The server's URL; None: it goes to the outbox.
        smtp: Option<String>,
        /// The folder for mails that are not sent; None for the usual one.
        outbox: Option<Location>,
    },
}

/// What a sender knows of one delivery.
pub struct Delivery<'a> {
    /// The project's folder.
    pub project: &'a Path,
    /// Where it may write what is not sent.
    pub places: &'a Arc<OutputPlaces>,
    /// What tells this message from all others.
    pub id: &'a str,
    /// When it is to be given up.
    pub deadline: Option<Instant>,
    /// To be called once, right before the step that cannot be taken back; where it fails, the step must not follow.
    pub begin: &'a dyn Fn() -> Result<(), TaskFailure>,
}

/// Brings notices to channels.
pub trait NoticeSender: Send + Sync {
    /// Sends it once; what came of it, in a few words.
    ///
    /// # Errors
    /// Why it was not sent; uncertain where it may have been.
    fn send(&self, channel: &ChannelConfig, notice: &Notice, delivery: &Delivery<'_>) -> Result<String, TaskFailure>;

    /// Tries it as far as that goes without sending anything; what was found, None if nothing can be tried.
    ///
    /// # Errors
    /// Why nothing could be sent.
    fn probe(&self, channel: &ChannelConfig, project: &Path) -> Result<Option<String>, TaskFailure>;
}
