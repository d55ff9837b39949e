//! `email`: a message to people, by SMTP or into a folder.

mod address;
mod compose;
mod connection;
mod deliver;
mod outbox;
mod refusal;
mod smtp;
mod smtp_server;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use lettre::message::Mailbox;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_core::diagnostic::{Diagnostic, SourceMap, failure_of};
use tidemill_core::ids::TaskName;
use tidemill_core::regular_file::{self, MOST_PART, read_text};
use tidemill_core::spec::{At, OneOrMany, OrderedMap, Scope, Template, open_password};
use tidemill_core::storage::resolve;
use tidemill_core::table::{Location, Schema};
use tidemill_core::task::{
    CheckContext, Descriptor, Edge, EdgeKind, FileInput, FileRole, Io, LogLevel, MakesTable, Probe, ProbeContext,
    RunContext, Task, TaskFailure, TaskResult, TaskSource,
};

use super::parameters::Parameters;
use super::texts::{
    RenderFormat, check_file, check_text, input_edges, names_in_file, pictures_in_file, render_file, render_text,
    render_texts, runtime_names_outside,
};
use crate::webhook::Hooks;
pub(crate) use compose::MailParts;
pub(crate) use deliver::{MailPlace, deliver, people, sender_of, try_server};
use smtp_server::SmtpServer;
use tidemill_secrets::masked;

/// Where mails go that are not sent.
pub(crate) const OUTBOX: &str = "outputs/outbox";

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
    /// What its templates show by name.
    pictures: Vec<FileInput>,
}

impl Parameters for Email {
    const DESCRIPTOR: Descriptor = Descriptor {
        name: "email",
        version: 1,
        summary: "Sends a mail by SMTP, or puts it into the outbox as a file that mail programs open.",
        colour: "#b23b32",
        table: MakesTable::Never,
        effect: true,
        ..Descriptor::TABLE
    };

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
            let found = address::mailboxes(&address.text);
            let wrong = found.map_or_else(Some, |found| found.is_empty().then(|| "there is none".to_owned()));
            if let Some(error) = wrong {
                mistakes.push(
                    Diagnostic::error(format!("`{}` is no address", address.text))
                        .at(address.span, error)
                        .help("write `name@example.com` or `A Name <name@example.com>`"),
                );
            }
        }
        if mistakes.is_empty() {
            let templates = self.template.iter().chain(&self.html_template);
            let pictures = templates.flat_map(|path| pictures_in_file(source, path)).collect();
            Ok(Arc::new(EmailTask { keys: self, scope: source.scope().clone(), pictures }))
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
            templates.map(|path| FileInput::new(path.clone(), FileRole::Template)).collect();
        files.extend(self.pictures.iter().cloned());
        files.extend(
            keys.attach
                .iter()
                .filter(|at| !is_task(&at.value))
                .map(|at| FileInput::new(at.clone().map(Location::new), FileRole::Input)),
        );
        let outbox = keys.outbox.clone().unwrap_or_else(|| At::new(Location::new(OUTBOX), keys.subject.span));
        let folders = vec![outbox];
        Io { reads, files, folders, facts: true, ..Io::default() }
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
            .chain(files.flat_map(|path| names_in_file(project, sources, &path.value)))
            .collect()
    }

    fn describe(&self) -> String {
        let to: Vec<&str> = self.keys.to.iter().map(|address| address.text.as_str()).collect();
        format!("mail to {}", to.join(", "))
    }

    fn check(&self, cx: &CheckContext<'_>) -> Result<Option<Schema>, Vec<Diagnostic>> {
        let keys = &self.keys;
        let files = keys.template.iter().chain(&keys.html_template);
        let texts = keys.addresses().chain([&keys.subject]).chain(&keys.body).chain(&keys.smtp);
        let mut mistakes: Vec<Diagnostic> =
            files.flat_map(|path| check_file(cx, path, &self.scope, &keys.inputs)).collect();
        mistakes.extend(texts.flat_map(|text| check_text(cx, text, &self.scope, &keys.inputs)));
        if mistakes.is_empty() { Ok(None) } else { Err(mistakes) }
    }

    fn probe(&self, cx: &ProbeContext<'_>) -> Option<Probe> {
        let outbox = self.keys.outbox.as_ref().map_or(OUTBOX, |at| at.value.as_str()).to_owned();
        let into_outbox = move |why: &str| {
            let told = format!("{why}: mail is put into {outbox}/");
            Some(Probe { key: told.clone(), attempt: Box::new(move || Ok(told.clone())) })
        };
        let Some(smtp) = &self.keys.smtp else { return into_outbox("no server is named") };
        if let Some(name) = unset_secret(smtp, cx.sources, cx.secrets) {
            return into_outbox(&format!("{name} is not set"));
        }
        let url = smtp.render(&self.scope, &runtime_names_outside(cx), cx.sources);
        let url = match url.map_err(|mistakes| failure_of(&mistakes, cx.sources)) {
            Ok(url) if url.trim().is_empty() => return into_outbox("no server is named"),
            Ok(url) => url,
            Err(failure) => {
                return Some(Probe { key: failure.message.clone(), attempt: Box::new(move || Err(failure.clone())) });
            }
        };
        let (project, key) = (cx.project.to_owned(), url.clone());
        let attempt = move || try_server(&url, &project);
        Some(Probe { key, attempt: Box::new(attempt) })
    }

    fn warnings(&self, cx: &CheckContext<'_>) -> Vec<Diagnostic> {
        let smtp = self.keys.smtp.iter().filter(|smtp| !smtp.text.contains("${{"));
        let has_password =
            |smtp: &&Template| SmtpServer::parse(&smtp.text, cx.project).is_ok_and(|server| server.login.is_some());
        smtp.filter(has_password).map(|smtp| open_password(cx.sources, smtp, "SMTP_URL")).collect()
    }

    fn run(&self, cx: &RunContext<'_>) -> Result<TaskResult, TaskFailure> {
        let text = |template: &Template| render_text(cx, &self.scope, template, &self.keys.inputs);
        let file = |path: &At<Location>, form: RenderFormat<'_>| {
            render_file(cx, &self.scope, &path.value, &self.keys.inputs, form)
        };
        let body = match (&self.keys.body, &self.keys.template) {
            (Some(body), _) => Some(masked(text(body)?)),
            (None, Some(path)) => Some(file(path, RenderFormat::Text)?),
            (None, None) => None,
        };
        let html = match (&self.keys.html_template, &self.keys.html) {
            (Some(path), _) => Some(file(path, RenderFormat::Html)?),
            (None, Some(task)) => Some(self.report_of(cx, task)?),
            (None, None) => None,
        };
        let parts = MailParts {
            to: self.people(cx, &self.keys.to)?,
            cc: self.people(cx, &self.keys.cc)?,
            bcc: self.people(cx, &self.keys.bcc)?,
            sender: self.sender(cx)?,
            id: cx.effect.to_owned(),
            subject: masked(text(&self.keys.subject)?),
            body,
            html,
            attachments: self.attachments(cx)?,
            date: cx.run.started.clone(),
        };
        let smtp = match &self.keys.smtp {
            Some(template) if unset_secret(template, cx.sources, cx.secrets).is_none() => {
                Some(text(template)?).filter(|url| !url.trim().is_empty())
            }
            _ => None,
        };
        let place = MailPlace {
            smtp: smtp.as_deref(),
            outbox: self.keys.outbox.as_ref().map_or_else(|| Location::new(OUTBOX), |at| at.value.clone()),
            file: &format!("{}-{}", cx.run.id, cx.task),
            project: cx.project,
            places: cx.places,
        };
        let hooks = Hooks { deadline: cx.deadline, begin: cx.begin_effect, log: cx.log };
        let note = deliver(&parts, &place, &hooks)?;
        (cx.log)(LogLevel::Info, &note);
        Ok(TaskResult { note: Some(note), ..TaskResult::default() })
    }
}

fn permanent(message: String) -> TaskFailure {
    TaskFailure { message, permanent: true, ..TaskFailure::default() }
}

fn files_of(task: &At<String>, role: &str) -> Edge {
    Edge { task: task.clone(), role: role.to_owned(), what: EdgeKind::Files }
}

/// `smtp` alone may name a secret that is not set: then the mail goes to the outbox.
fn unset_secret(template: &Template, sources: &SourceMap, secrets: &BTreeMap<String, String>) -> Option<String> {
    template.uses(sources).into_iter().find_map(|used| match &used.parts[..] {
        [root, name, ..] if root == "secrets" && !secrets.contains_key(name) => Some(name.clone()),
        _ => None,
    })
}

impl EmailTask {
    /// The mailboxes of some addresses. One whole `${{ }}` may be a list of them.
    fn people(&self, cx: &RunContext<'_>, addresses: &OneOrMany<Template>) -> Result<Vec<Mailbox>, TaskFailure> {
        let mut texts = Vec::new();
        for template in addresses.iter() {
            texts.extend(render_texts(cx, &self.scope, template, &self.keys.inputs)?);
        }
        people(&texts)
    }

    fn sender(&self, cx: &RunContext<'_>) -> Result<Mailbox, TaskFailure> {
        let text = self.keys.sender.as_ref();
        let text = text.map(|template| render_text(cx, &self.scope, template, &self.keys.inputs)).transpose()?;
        sender_of(text.as_deref())
    }

    /// The HTML that a report task has published.
    fn report_of(&self, cx: &RunContext<'_>, task: &At<String>) -> Result<String, TaskFailure> {
        let outputs = cx.upstream.get(&task.value).map(|facts| facts.report.outputs.as_slice()).unwrap_or_default();
        let html = outputs.iter().find(|path| path.as_str().ends_with(".html") || path.as_str().ends_with(".htm"));
        let path = html.ok_or_else(|| {
            TaskFailure::new(format!("task `{}` publishes no HTML that the mail could carry", task.value))
        })?;
        read_text(&resolve(cx.project, path)).map_err(|error| TaskFailure::new(format!("cannot read {path}: {error}")))
    }

    fn attachments(&self, cx: &RunContext<'_>) -> Result<Vec<(String, Vec<u8>)>, TaskFailure> {
        let mut paths: Vec<String> = Vec::new();
        for at in self.keys.attach.iter() {
            match cx.upstream.get(&at.value).filter(|_| is_task(&at.value)) {
                Some(facts) => paths.extend(facts.report.outputs.iter().map(ToString::to_string)),
                None if is_task(&at.value) => {
                    let prefix = format!("{}@", at.value);
                    let instances = cx.upstream.iter().filter(|(name, _)| name.starts_with(&prefix));
                    paths.extend(instances.flat_map(|(_, facts)| facts.report.outputs.iter().map(ToString::to_string)));
                }
                None => paths.push(at.value.clone()),
            }
        }
        paths
            .into_iter()
            .map(|path| {
                let file = resolve(cx.project, &Location::new(path.as_str()));
                let bytes = regular_file::read(&file, MOST_PART)
                    .map_err(|error| TaskFailure::new(format!("cannot attach {path}: {error}")))?;
                let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or(path);
                Ok((name, bytes))
            })
            .collect()
    }
}
