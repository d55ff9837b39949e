//! A message on its way: to a server, or into a folder.

use std::time::Duration;

use lettre::{Message, SmtpTransport, Transport};
use tidemill_core::kind::{RunCx, TaskFailure};
use tidemill_core::plan::resolve;
use tidemill_core::table::Location;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends the message by the server of that URL.
pub fn send(message: &Message, url: &str) -> Result<(), TaskFailure> {
    let builder = SmtpTransport::from_url(url).map_err(|error| TaskFailure {
        message: format!("`smtp` is no mail server's URL: {error}"),
        help: vec!["write `smtps://user:password@host` or `smtp://user:password@host:587?tls=required`".to_owned()],
        permanent: true,
        ..TaskFailure::default()
    })?;
    let transport = builder.timeout(Some(PATIENCE)).build();
    transport.send(message).map(|_| ()).map_err(|error| TaskFailure {
        message: format!("the mail could not be sent: {}", whole(&error)),
        permanent: error.is_permanent(),
        ..TaskFailure::default()
    })
}

/// The error with all that caused it.
fn whole(error: &lettre::transport::smtp::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let more = cause.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = cause.source();
    }
    text
}

/// Writes the message as a file that mail programs open; its path.
pub fn put_into_outbox(cx: &RunCx<'_>, message: &Message, outbox: &Location) -> Result<String, TaskFailure> {
    let folder = outbox.as_str().trim_end_matches('/');
    let path = Location::new(format!("{folder}/{}-{}.eml", cx.run.id, cx.task));
    let wrong = |error: std::io::Error| TaskFailure::new(format!("cannot write {path}: {error}"));
    let file = resolve(cx.project, &path);
    let parent = file.parent().unwrap_or(cx.project);
    std::fs::create_dir_all(parent).map_err(wrong)?;
    let mut staged = tempfile::Builder::new().prefix(".tidemill-").tempfile_in(parent).map_err(wrong)?;
    std::io::Write::write_all(&mut staged, &message.formatted()).map_err(wrong)?;
    staged.as_file().sync_all().map_err(wrong)?;
    (cx.begin_effect)()?;
    staged.persist(&file).map_err(|error| wrong(error.error))?;
    Ok(path.to_string())
}
