//! Files that a pipeline has made, and nothing else of the disk.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::asked::Asked;
use crate::mail::Mail;
use crate::reply::{Problem, Reply};
use crate::views;

/// The look of a text that has none of its own.
const LOOK: &str = "<!doctype html><meta charset=\"utf-8\"><style>body{font:15px/1.55 system-ui,sans-serif;max-width:860px;\
                    margin:24px auto;padding:0 20px;color:#1b232c;background:#fff}table{border-collapse:collapse}\
                    th,td{padding:5px 12px;border-bottom:1px solid #dde2e7;text-align:left}pre,code{font-family:monospace}\
                    img{max-width:100%}</style>";

/// A path below a folder as it really is; None if nothing is there, or if it leads out by `..` or a link.
pub fn within(folder: &Path, path: &str) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    let found = folder.join(path).canonicalize().ok()?;
    (found.starts_with(&folder) && found.is_file()).then_some(found)
}

/// Serves a file that the state says a task has published, or a mail of an outbox; with `html` as people look at it, with `part`
/// a part of a mail.
///
/// # Errors
/// If there is no such file, or it lies outside of the project.
pub fn published(asked: &Asked) -> Result<Reply, Problem> {
    let path = asked.part("path");
    let (_, found) = views::find_output(&asked.app, asked.project()?, path)?;
    let unreadable = |error: std::io::Error| Problem::broken(format!("cannot read the output: {error}"));
    let text = || std::fs::read(&found).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(unreadable);
    match (asked.query("html").is_some(), asked.query("part"), kind(path)) {
        (true, _, "markdown") => Ok(html(format!("{LOOK}{}", asked.app.program.markdown(&text()?)))),
        (true, _, "mail") => Ok(html(mail_html(&Mail::read(&std::fs::read(&found).map_err(unreadable)?)))),
        (_, Some(number), "mail") => mail_part(&std::fs::read(&found).map_err(unreadable)?, number),
        _ => {
            let file = File::open(&found).map_err(unreadable)?;
            let name = found.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            Ok(Reply::File {
                file,
                content_type: content_type(path),
                name,
                download: asked.query("download").is_some(),
            })
        }
    }
}

fn html(text: String) -> Reply {
    Reply::Made { bytes: text.into_bytes(), content_type: "text/html; charset=utf-8".to_owned(), download: None }
}

/// The HTML of a mail, else its text.
fn mail_html(mail: &Mail) -> String {
    mail.whole_html().unwrap_or_else(|| {
        let text = mail.text.as_deref().unwrap_or_default();
        format!("{LOOK}<pre>{}</pre>", text.replace('&', "&amp;").replace('<', "&lt;"))
    })
}

/// A part of a mail, to be kept.
fn mail_part(bytes: &[u8], number: &str) -> Result<Reply, Problem> {
    let mut mail = Mail::read(bytes);
    let at = number.parse::<usize>().ok().filter(|at| *at < mail.parts.len());
    let part = mail.parts.swap_remove(at.ok_or_else(|| Problem::missing("the mail has no such part"))?);
    Ok(Reply::Made { bytes: part.bytes, content_type: part.content_type, download: Some(part.name) })
}

fn ending(path: &str) -> String {
    Path::new(path).extension().map_or_else(String::new, |end| end.to_string_lossy().to_lowercase())
}

/// What a file is to look at: `picture`, `report`, `markdown`, `mail`, `table`, `text` or `data`.
pub fn kind(path: &str) -> &'static str {
    match ending(path).as_str() {
        "svg" | "png" | "jpg" | "jpeg" | "gif" | "webp" => "picture",
        "html" | "htm" => "report",
        "md" => "markdown",
        "eml" => "mail",
        "csv" | "tsv" => "table",
        "txt" | "json" | "jsonl" | "ndjson" | "log" => "text",
        _ => "data",
    }
}

fn content_type(path: &str) -> &'static str {
    match ending(path).as_str() {
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "html" | "htm" => "text/html; charset=utf-8",
        "json" => "application/json",
        "md" | "txt" | "csv" | "tsv" | "jsonl" | "ndjson" | "log" | "eml" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_folder_are_found() -> std::io::Result<()> {
        let outside = tempfile::tempdir()?;
        let folder = outside.path().join("project");
        std::fs::create_dir_all(folder.join("out"))?;
        std::fs::write(outside.path().join("secret"), "")?;
        std::fs::write(folder.join("out/a.svg"), "")?;
        std::os::unix::fs::symlink(outside.path().join("secret"), folder.join("out/link.svg"))?;
        std::os::unix::fs::symlink(outside.path(), folder.join("up"))?;
        assert!(within(&folder, "out/a.svg").is_some());
        assert!(within(&folder, "out/../out/a.svg").is_some());
        for path in ["../secret", "out/link.svg", "up/secret", "out", "", "/etc/passwd", "out/none.svg", "a\0b"] {
            assert_eq!(within(&folder, path), None, "{path}");
        }
        Ok(())
    }
}
