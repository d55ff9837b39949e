//! `email`: a message to people, by SMTP or into a folder.

mod compose;
mod deliver;

use std::path::Path;
use std::sync::Arc;

use lettre::message::Mailbox;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::{Diagnostic, SourceMap};
use tidemill_core::ids::TaskName;
use tidemill_core::kind::{
    CheckCx, Edge, EdgeKind, FileInput, FileRole, Io, LogLevel, RunCx, Task, TaskFailure, TaskResult, TaskSource,
};
use tidemill_core::spec::{At, OneOrMany, OrderedMap, Scope, Template};
use tidemill_core::table::{Location, Schema};

use super::parameters::Parameters;
use super::texts::{check_file, check_text, input_edges, names_in_file, render_file, render_text};
use crate::secrets::masked;

/// Sends a mail, or puts it into the outbox.
#[derive(Deserialize, Serialize, JsonSchema, Clone)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// Who gets it.
    to: OneOrMany<Template>,
    /// Who gets a copy.
    #[serde(default)]
    cc: OneOrMany<Template>,
    /// Who gets a copy unseen.
    #[serde(default)]
    bcc: OneOrMany<Template>,
    /// From whom; default `Tidemill <tidemill@localhost>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sender: Option<Template>,
    /// The subject, one line.
    subject: Template,
    /// The text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Template>,
    /// A template's file for the text, instead of `body`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    template: Option<At<Location>>,
    /// A template's file for the HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    html_template: Option<At<Location>>,
    /// A report task whose HTML is the mail's, its figures becoming parts of the mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    html: Option<At<String>>,
    /// Names and the tasks whose tables enter the texts under them.
    #[serde(default, serialize_with = "OrderedMap::unordered")]
    inputs: OrderedMap<At<String>>,
    /// Files, or tasks whose files go with it.
    #[serde(default)]
    attach: OneOrMany<At<String>>,
    /// The server, such as `smtps://user:password@mail.example.com`; without, the mail goes to the outbox.
    #[serde(default, skip_serializing)]
    smtp: Option<Template>,
    /// The folder for mails that are not sent; default `outputs/outbox`.
    #[serde(default, skip_serializing)]
    outbox: Option<At<Location>>,
}

struct EmailTask {
    keys: Email,
    scope: Scope,
}

impl Parameters for Email {
    const NAME: &'static str = "email";
    const VERSION: u32 = 1;
    const SUMMARY: &'static str = "Sends a mail by SMTP, or puts it into the outbox as a file that mail programs open.";

    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        let mut mistakes = Vec::new();
        let mut both = |first: Option<tidemill_core::diagnostic::Span>, second: Option<_>, names: &str| {
            if let (Some(first), Some(second)) = (first, second) {
                mistakes.push(
                    Diagnostic::error(format!("{names} exclude each other"))
                        .at(second, "the second")
                        .at(first, "the first"),
                );
            }
        };
        let template = self.template.as_ref().map(|at| at.span);
        both(self.body.as_ref().map(|text| text.span), template, "`body` and `template`");
        let html = self.html.as_ref().map(|at| at.span);
        both(self.html_template.as_ref().map(|at| at.span), html, "`html_template` and `html`");
        if self.to.is_empty() && self.cc.is_empty() && self.bcc.is_empty() {
            mistakes
                .push(Diagnostic::error("a mail needs a recipient").at(source.spec.id.span, "nobody gets this one"));
        }
        for address in self.addresses().filter(|address| !address.text.contains("${{")) {
            if let Err(error) = address.text.parse::<Mailbox>() {
                mistakes.push(
                    Diagnostic::error(format!("`{}` is no address", address.text))
                        .at(address.span, error.to_string())
                        .help("write `name@example.com` or `A Name <name@example.com>`"),
                );
            }
        }
        if mistakes.is_empty() {
            Ok(Arc::new(EmailTask { keys: self, scope: source.scope().clone() }))
        } else {
            Err(mistakes)
        }
    }
}

impl Email {
    fn addresses(&self) -> impl Iterator<Item = &Template> {
        self.to.iter().chain(self.cc.iter()).chain(self.bcc.iter()).chain(&self.sender)
    }

    /// What is attached: a name that could be a task's id is one, all else is a path.
    fn attached_tasks(&self) -> impl Iterator<Item = &At<String>> {
        self.attach.iter().filter(|at| is_task(&at.value))
    }
}

fn is_task(text: &str) -> bool {
    TaskName::is_valid(text.split_once('@').map_or(text, |(base, _)| base))
}

impl Task for EmailTask {
    fn io(&self) -> Io {
        let keys = &self.keys;
        let mut reads = input_edges(&keys.inputs);
        reads.extend(keys.html.iter().map(|task| files_of(task, "html")));
        reads.extend(keys.attached_tasks().map(|task| files_of(task, "attach")));
        let templates = keys.template.iter().chain(&keys.html_template);
        let mut files: Vec<FileInput> =
            templates.map(|path| FileInput { path: path.clone(), role: FileRole::Template }).collect();
        files.extend(
            keys.attach
                .iter()
                .filter(|at| !is_task(&at.value))
                .map(|at| FileInput { path: at.clone().map(Location::new), role: FileRole::Input }),
        );
        Io { reads, files, effect: true, facts: true, ..Io::default() }
    }

    fn parameters(&self) -> serde_json::Value {
        serde_json::to_value(&self.keys).unwrap_or_default()
    }

    fn names(&self, project: &Path, sources: &SourceMap) -> Vec<Vec<String>> {
        let texts = self.keys.addresses().chain([&self.keys.subject]).chain(&self.keys.body);
        let files = self.keys.template.iter().chain(&self.keys.html_template);
        texts
            .flat_map(|text| text.uses(sources))
            .map(|used| used.parts)
            .chain(files.flat_map(|path| names_in_file(project, &path.value)))
            .collect()
    }

    fn describe(&self) -> String {
        let to: Vec<&str> = self.keys.to.iter().map(|address| address.text.as_str()).collect();
        format!("mail to {}", to.join(", "))
    }

    fn check(&self, cx: &CheckCx<'_>) -> Result<Option<Schema>, Vec<Diagnostic>> {
        let keys = &self.keys;
        let files = keys.template.iter().chain(&keys.html_template);
        let texts = keys.addresses().chain([&keys.subject]).chain(&keys.body).chain(&keys.smtp);
        let mut mistakes: Vec<Diagnostic> =
            files.flat_map(|path| check_file(cx, path, &self.scope, &keys.inputs)).collect();
        mistakes.extend(texts.flat_map(|text| check_text(cx, text, &self.scope, &keys.inputs)));
        if mistakes.is_empty() { Ok(None) } else { Err(mistakes) }
    }

    fn run(&self, cx: &RunCx<'_>) -> Result<TaskResult, TaskFailure> {
        let text = |template: &Template| render_text(cx, &self.scope, template, &self.keys.inputs);
        let file = |path: &At<Location>| render_file(cx, &self.scope, &path.value, &self.keys.inputs);
        let body = match (&self.keys.body, &self.keys.template) {
            (Some(body), _) => Some(masked(text(body)?)),
            (None, Some(path)) => Some(file(path)?),
            (None, None) => None,
        };
        let html = match (&self.keys.html_template, &self.keys.html) {
            (Some(path), _) => Some(file(path)?),
            (None, Some(task)) => Some(self.report_of(cx, task)?),
            (None, None) => None,
        };
        let parts = compose::Parts {
            to: self.keys.to.iter().map(text).collect::<Result<_, _>>()?,
            cc: self.keys.cc.iter().map(text).collect::<Result<_, _>>()?,
            bcc: self.keys.bcc.iter().map(text).collect::<Result<_, _>>()?,
            sender: self.keys.sender.as_ref().map(text).transpose()?,
            subject: masked(text(&self.keys.subject)?),
            body,
            html,
            attachments: self.attachments(cx)?,
            date: cx.run.started.clone(),
        };
        let message = compose::compose(&parts)?;
        let smtp = match &self.keys.smtp {
            Some(template) if !uses_unset_secret(template, cx) => {
                Some(text(template)?).filter(|url| !url.trim().is_empty())
            }
            _ => None,
        };
        let recipients = parts.to.len() + parts.cc.len() + parts.bcc.len();
        let who = format!("{recipients} recipient{}", if recipients == 1 { "" } else { "s" });
        let note = match smtp {
            Some(url) => {
                (cx.begin_effect)()?;
                deliver::send(&message, url.trim())?;
                format!("sent to {who}")
            }
            None => {
                let outbox =
                    self.keys.outbox.as_ref().map_or_else(|| Location::new("outputs/outbox"), |at| at.value.clone());
                let path = deliver::put_into_outbox(cx, &message, &outbox)?;
                format!("mail for {who} in {path}")
            }
        };
        (cx.log)(LogLevel::Info, &note);
        Ok(TaskResult { note: Some(note), ..TaskResult::default() })
    }
}

fn files_of(task: &At<String>, role: &str) -> Edge {
    Edge { task: task.clone(), role: role.to_owned(), what: EdgeKind::Files }
}

/// `smtp` alone may name a secret that is not set: then the mail goes to the outbox.
fn uses_unset_secret(template: &Template, cx: &RunCx<'_>) -> bool {
    let uses = template.uses(cx.sources);
    uses.iter()
        .any(|used| matches!(&used.parts[..], [root, name, ..] if root == "secrets" && !cx.secrets.contains_key(name)))
}

impl EmailTask {
    /// The HTML that a report task has published.
    fn report_of(&self, cx: &RunCx<'_>, task: &At<String>) -> Result<String, TaskFailure> {
        let outputs = cx.upstream.get(&task.value).map(|facts| facts.outputs.as_slice()).unwrap_or_default();
        let html = outputs.iter().find(|path| path.ends_with(".html") || path.ends_with(".htm"));
        let path = html.ok_or_else(|| {
            TaskFailure::new(format!("task `{}` publishes no HTML that the mail could carry", task.value))
        })?;
        std::fs::read_to_string(tidemill_core::plan::resolve(cx.project, &Location::new(path.as_str())))
            .map_err(|error| TaskFailure::new(format!("cannot read {path}: {error}")))
    }

    fn attachments(&self, cx: &RunCx<'_>) -> Result<Vec<(String, Vec<u8>)>, TaskFailure> {
        let mut paths: Vec<String> = Vec::new();
        for at in self.keys.attach.iter() {
            match cx.upstream.get(&at.value).filter(|_| is_task(&at.value)) {
                Some(facts) => paths.extend(facts.outputs.iter().cloned()),
                None if is_task(&at.value) => {
                    let prefix = format!("{}@", at.value);
                    let instances = cx.upstream.iter().filter(|(name, _)| name.starts_with(&prefix));
                    paths.extend(instances.flat_map(|(_, facts)| facts.outputs.iter().cloned()));
                }
                None => paths.push(at.value.clone()),
            }
        }
        paths
            .into_iter()
            .map(|path| {
                let file = tidemill_core::plan::resolve(cx.project, &Location::new(path.as_str()));
                let bytes =
                    std::fs::read(&file).map_err(|error| TaskFailure::new(format!("cannot attach {path}: {error}")))?;
                let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or(path);
                Ok((name, bytes))
            })
            .collect()
    }
}
