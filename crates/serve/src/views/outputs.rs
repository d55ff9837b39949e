//! What the tasks have published, and the mails that wait in their outboxes.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tidemill_core::printable::printable;

use crate::app::App;
use crate::mail::Mail;
use crate::project::ServedProject;
use crate::reply::Problem;
use crate::{delimited, files};

/// So many mails of an outbox are shown, the latest.
const MAILS: usize = 50;
/// So much of a text is shown.
const MOST_TEXT: u64 = 256 << 10;
/// So many rows of a file are shown.
const ROWS: usize = 200;
/// The headers that people look at.
const HEADERS: [&str; 6] = ["From", "To", "Cc", "Subject", "Date", "Reply-To"];

/// A file that may be shown.
pub struct ViewableFile {
    /// Its path, as the pipeline has it.
    pub path: String,
    /// The task that made it.
    pub task: String,
}

impl ViewableFile {
    /// Where it really is; None if it is gone or not in the project.
    pub fn find(&self, served: &ServedProject) -> Option<PathBuf> {
        files::within(served.folder(), &self.path)
    }
}

/// All files that may be shown, by task.
///
/// # Errors
/// If the state cannot be read.
pub fn shown(app: &App, served: &ServedProject) -> Result<Vec<ViewableFile>, Problem> {
    let pipeline = served.load(&*app.program);
    let Some(state) = served.state()? else { return Ok(Vec::new()) };
    let published = state.published(&pipeline.name)?;
    let mut all: Vec<ViewableFile> =
        published.into_iter().map(|file| ViewableFile { path: file.path, task: file.task.to_string() }).collect();
    all.sort_by(|a, b| (&a.task, &a.path).cmp(&(&b.task, &b.path)));
    all.extend(mails(app, served));
    Ok(all)
}

/// The mails in the outboxes of the pipeline's tasks: files that are named after a run and the task.
fn mails(app: &App, served: &ServedProject) -> Vec<ViewableFile> {
    let Ok((project, _)) = served.project(&*app.program) else { return Vec::new() };
    let mut found = Vec::new();
    for task in project.plan.tasks.iter().filter(|task| task.has_effect()) {
        for folder in &task.io.folders {
            let folder = folder.value.as_str().trim_end_matches('/');
            let Ok(entries) = std::fs::read_dir(served.folder().join(folder)) else { continue };
            let end = format!("-{}.eml", task.name);
            let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
            let mut names: Vec<String> = names.filter(|name| name.ends_with(&end)).collect();
            names.sort_unstable_by(|a, b| b.cmp(a));
            let mail = |name: String| ViewableFile { path: format!("{folder}/{name}"), task: task.name.to_string() };
            found.extend(names.into_iter().take(MAILS).map(mail));
        }
    }
    found
}

/// The file of that path, if it may be shown.
///
/// # Errors
/// If there is none, or it lies outside of the project.
pub fn find(app: &App, served: &ServedProject, path: &str) -> Result<(ViewableFile, PathBuf), Problem> {
    let none = || Problem::missing("there is no such output");
    let shown = shown(app, served)?.into_iter().find(|file| file.path == path).ok_or_else(none)?;
    let found = shown.find(served).ok_or_else(none)?;
    Ok((shown, found))
}

/// The files of a project that can be shown, by task.
///
/// # Errors
/// If the state cannot be read.
pub fn outputs(app: &App, served: &ServedProject) -> Result<Value, Problem> {
    let line = |file: &ViewableFile| {
        let found = file.find(served).and_then(|path| path.metadata().ok());
        json!({
            "path": file.path,
            "task": file.task,
            "kind": files::kind(&file.path),
            "bytes": found.as_ref().map(std::fs::Metadata::len),
        })
    };
    Ok(shown(app, served)?.iter().map(line).collect())
}

/// One of them, as far as a page shows it.
///
/// # Errors
/// If there is none of that path.
pub fn output(app: &App, served: &ServedProject, path: &str) -> Result<Value, Problem> {
    let (file, found) = find(app, served, path)?;
    let unreadable = |error: std::io::Error| Problem::broken(format!("cannot read the output: {error}"));
    let kind = files::kind(path);
    let length = found.metadata().map_err(unreadable)?.len();
    let mut view = json!({"path": path, "task": file.task, "kind": kind, "bytes": length});
    match kind {
        "mail" => view["mail"] = mail(&Mail::read(&std::fs::read(&found).map_err(unreadable)?)),
        "table" => view["table"] = delimited::head(&found, delimiter(&found), ROWS).unwrap_or_default(),
        "text" => {
            let mut bytes = Vec::new();
            std::fs::File::open(&found)
                .and_then(|file| file.take(MOST_TEXT).read_to_end(&mut bytes))
                .map_err(unreadable)?;
            view["text"] = printable(&String::from_utf8_lossy(&bytes)).into();
            view["is_cut"] = (length > MOST_TEXT).into();
        }
        _ => {}
    }
    Ok(view)
}

fn delimiter(path: &Path) -> u8 {
    if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("tsv")) { b'\t' } else { b',' }
}

fn mail(mail: &Mail) -> Value {
    let headers: Vec<(&str, &str)> = HEADERS.iter().filter_map(|name| Some((*name, mail.header(name)?))).collect();
    let attachments = mail.parts.iter().enumerate().filter(|(_, part)| part.is_attached);
    let attachments = attachments.map(|(at, part)| json!({"part": at, "name": part.name, "bytes": part.bytes.len()}));
    json!({
        "headers": headers, "text": mail.text, "has_html": mail.html.is_some(),
        "attachments": attachments.collect::<Vec<_>>(),
    })
}
