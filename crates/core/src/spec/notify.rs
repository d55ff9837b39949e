//! `notify`: who is told of what becomes of scheduled runs.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, SourceMap};
use crate::notify::{ChannelConfig, ChannelTarget};
use crate::table::Location;

use super::{At, Key, Node, OneOrMany, OrderedMap, RuntimeNames, Scope, Template, open_password, read};

/// What a channel is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NotifyEvent {
    /// A run has failed, died, or never began.
    Failed,
    /// A run has succeeded, the first one after one that failed.
    Recovered,
    /// The run of a fire has not ended by the time that `late` names.
    Late,
    /// A run has succeeded and has warnings.
    Warned,
}

impl NotifyEvent {
    /// What a channel is told of if it does not say.
    const DEFAULT: [Self; 3] = [Self::Failed, Self::Recovered, Self::Late];

    /// As the file has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Recovered => "recovered",
            Self::Late => "late",
            Self::Warned => "warned",
        }
    }
}

/// A channel: one of `slack`, `teams`, `email`, `webhook`, and what belongs to it.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelKeys {
    /// The URL of an incoming webhook of Slack.
    slack: Option<Template>,
    /// The URL of a workflow of Microsoft Teams that posts what it receives.
    teams: Option<Template>,
    /// Who gets a mail.
    #[serde(default)]
    email: OneOrMany<Template>,
    /// A URL that gets the notice as JSON.
    webhook: Option<Template>,
    /// On what it is told: `failed`, `recovered`, `late`, `warned`; default the first three.
    #[serde(default)]
    on: OneOrMany<At<NotifyEvent>>,
    /// Of a mail: who gets a copy.
    #[serde(default)]
    cc: OneOrMany<Template>,
    /// Of a mail: from whom; default `Tidemill <tidemill@localhost>`.
    sender: Option<Template>,
    /// Of a mail: the server, such as `smtps://user:password@mail.example.com`; without, it goes to the outbox.
    smtp: Option<Template>,
    /// Of a mail: the folder for mails that are not sent; default `outputs/outbox`.
    outbox: Option<At<Location>>,
    /// Of a webhook: headers, beside `content-type`.
    #[serde(default)]
    headers: OrderedMap<Template>,
}

/// A channel as the file has it. Its texts may name secrets, which are known only when it is used.
#[derive(Clone, Debug)]
pub struct ChannelSpec {
    /// Its name, and where it stands.
    pub name: At<String>,
    /// What it is told of.
    pub on: Vec<NotifyEvent>,
    kind: ChannelKind,
}

#[derive(Clone, Debug)]
enum ChannelKind {
    Slack(Template),
    Teams(Template),
    Webhook(Template, Vec<(String, Template)>),
    Email(EmailTexts),
}

#[derive(Clone, Debug)]
struct EmailTexts {
    to: Vec<Template>,
    cc: Vec<Template>,
    sender: Option<Template>,
    smtp: Option<Template>,
    outbox: Option<Location>,
}

impl ChannelSpec {
    /// The channels of a file, those of its profile instead of those of the same name.
    pub(crate) fn all(
        entries: &[(Key, Node)],
        scope: &Scope,
        sources: &SourceMap,
        found: &mut Vec<Diagnostic>,
    ) -> IndexMap<String, Self> {
        let mut all = IndexMap::new();
        for (key, node) in entries {
            match read::<ChannelKeys>(node, scope, sources) {
                Ok(keys) => all.extend(Self::of(key, node, keys, found).map(|channel| (key.name.clone(), channel))),
                Err(errors) => found.extend(errors),
            }
        }
        all
    }

    fn of(key: &Key, node: &Node, keys: ChannelKeys, found: &mut Vec<Diagnostic>) -> Option<Self> {
        let mut kinds: Vec<(&str, ChannelKind)> = Vec::new();
        kinds.extend(keys.slack.map(|url| ("slack", ChannelKind::Slack(url))));
        kinds.extend(keys.teams.map(|url| ("teams", ChannelKind::Teams(url))));
        let headers = keys.headers.iter().map(|(name, text)| (name.value.clone(), text.clone())).collect();
        kinds.extend(keys.webhook.map(|url| ("webhook", ChannelKind::Webhook(url, headers))));
        if !keys.email.is_empty() {
            let outbox = keys.outbox.map(|at| at.value);
            let texts = EmailTexts { to: keys.email.0, cc: keys.cc.0, sender: keys.sender, smtp: keys.smtp, outbox };
            kinds.push(("email", ChannelKind::Email(texts)));
        }
        let help = "a channel has one of `slack`, `teams`, `email`, `webhook`";
        let name = &key.name;
        let (first, kind) = match kinds.len() {
            0 => {
                found.push(Diagnostic::error(format!("channel `{name}` leads nowhere")).at(key.span, "").help(help));
                return None;
            }
            1 => kinds.remove(0),
            _ => {
                let both = format!("channel `{name}` has both `{}` and `{}`", kinds[0].0, kinds[1].0);
                found.push(Diagnostic::error(both).at(key.span, "").help(help));
                return None;
            }
        };
        for (foreign, of) in
            [("cc", "email"), ("sender", "email"), ("smtp", "email"), ("outbox", "email"), ("headers", "webhook")]
        {
            if let Some((key, _)) = node.get(foreign).filter(|_| of != first) {
                let message = format!("`{foreign}` belongs to `{of}`, and this channel has `{first}`");
                found.push(Diagnostic::error(message).at(key.span, ""));
            }
        }
        let on = match keys.on.is_empty() {
            true => NotifyEvent::DEFAULT.to_vec(),
            false => keys.on.iter().map(|event| event.value).collect(),
        };
        Some(Self { name: At::new(name.clone(), key.span), on, kind })
    }

    /// Its kind, as the key in the file.
    pub fn kind_name(&self) -> &'static str {
        match &self.kind {
            ChannelKind::Slack(_) => "slack",
            ChannelKind::Teams(_) => "teams",
            ChannelKind::Webhook(..) => "webhook",
            ChannelKind::Email(_) => "email",
        }
    }

    fn texts(&self) -> Vec<&Template> {
        match &self.kind {
            ChannelKind::Slack(url) | ChannelKind::Teams(url) => vec![url],
            ChannelKind::Webhook(url, headers) => {
                [url].into_iter().chain(headers.iter().map(|(_, text)| text)).collect()
            }
            ChannelKind::Email(texts) => {
                texts.to.iter().chain(&texts.cc).chain(&texts.sender).chain(&texts.smtp).collect()
            }
        }
    }

    /// What is wrong with its texts before any secret is known, and what is secret in them.
    pub(crate) fn check(&self, scope: &Scope, known: &RuntimeNames<'_>, sources: &SourceMap) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> =
            self.texts().into_iter().flat_map(|text| text.check(scope, known, sources)).collect();
        let is_open = |text: &&Template| !text.text.contains("${{");
        if let ChannelKind::Slack(url) | ChannelKind::Teams(url) | ChannelKind::Webhook(url, _) = &self.kind {
            let is_url = ["https://", "http://"].iter().any(|scheme| url.text.starts_with(scheme));
            if !is_url && !url.text.trim_start().starts_with("${{") {
                let message = format!("`{}` is no URL of a webhook", url.text);
                let help = "begin it with `https://` or `http://`";
                found.push(Diagnostic::error(message).at(url.span, "a notice is sent here").help(help));
            }
        }
        // Whoever knows such a URL can write into the chat.
        let is_chat = |url: &Template| url.text.starts_with("https://");
        let secret = match &self.kind {
            ChannelKind::Slack(url) => Some((url, "SLACK_URL")).filter(|(url, _)| is_chat(url)),
            ChannelKind::Teams(url) => Some((url, "TEAMS_URL")).filter(|(url, _)| is_chat(url)),
            ChannelKind::Email(EmailTexts { smtp: Some(smtp), .. }) if smtp.text.contains('@') => {
                Some((smtp, "SMTP_URL"))
            }
            _ => None,
        };
        found.extend(secret.filter(|(text, _)| is_open(text)).map(|(text, name)| open_password(sources, text, name)));
        found
    }

    /// The channel with the values of the secrets. A mail server whose secret is not set is none: then mail goes to the outbox.
    ///
    /// # Errors
    /// If another secret that it names is not set, or another `${{ }}` has no value.
    pub fn config(
        &self,
        scope: &Scope,
        secrets: &BTreeMap<String, String>,
        sources: &SourceMap,
    ) -> Result<ChannelConfig, Vec<Diagnostic>> {
        let runtime: Map<String, Value> =
            [("secrets".to_owned(), serde_json::to_value(secrets).unwrap_or_default())].into_iter().collect();
        let render = |text: &Template| match unset(text, secrets, sources) {
            Some(name) => Err(vec![
                Diagnostic::error(format!("channel `{}` needs the secret {name}, which is not set", self.name.value))
                    .at(text.span, "")
                    .help(format!("set {name} in the environment, or in the file that `dotenv` names")),
            ]),
            None => text.render(scope, &runtime, sources),
        };
        let target = match &self.kind {
            ChannelKind::Slack(url) => ChannelTarget::Slack(render(url)?),
            ChannelKind::Teams(url) => ChannelTarget::Teams(render(url)?),
            ChannelKind::Webhook(url, headers) => {
                let headers = headers.iter().map(|(name, text)| Ok((name.clone(), render(text)?)));
                ChannelTarget::Webhook { url: render(url)?, headers: headers.collect::<Result<_, Vec<Diagnostic>>>()? }
            }
            ChannelKind::Email(texts) => {
                let smtp = texts.smtp.as_ref().filter(|smtp| unset(smtp, secrets, sources).is_none());
                let smtp = smtp.map(render).transpose()?.filter(|url| !url.trim().is_empty());
                ChannelTarget::Email {
                    to: texts.to.iter().map(render).collect::<Result<_, _>>()?,
                    cc: texts.cc.iter().map(render).collect::<Result<_, _>>()?,
                    sender: texts.sender.as_ref().map(render).transpose()?,
                    smtp,
                    outbox: texts.outbox.clone(),
                }
            }
        };
        Ok(ChannelConfig { name: self.name.value.clone(), target })
    }
}

/// A secret that a text names and that is not set.
fn unset(text: &Template, secrets: &BTreeMap<String, String>, sources: &SourceMap) -> Option<String> {
    text.uses(sources).into_iter().find_map(|used| match &used.parts[..] {
        [root, name, ..] if root == "secrets" && !secrets.contains_key(name) => Some(name.clone()),
        _ => None,
    })
}
