//! Telling people, by a process of its own: a mail server that is slow keeps no fire waiting.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::Sender;

use super::file_snapshot::kept_for_notices;
use super::{Event, Host};

/// The process that tells; what it is to tell is in the arguments.
fn process(host: &dyn Host, file: &Path, arguments: &[String], texts: Option<&PathBuf>) -> std::io::Result<Child> {
    let mut command = host.run_command(file)?;
    command.arg("notify").args(arguments);
    if let Some(texts) = texts {
        command.arg("--texts").arg(texts);
    }
    std::os::unix::process::CommandExt::process_group(command.stdin(Stdio::null()), 0).spawn()
}

/// Begins to tell; the channel hears when that is over. False if it could not begin, which is said.
pub(super) fn begin(
    host: &dyn Host,
    file: &Path,
    arguments: &[String],
    texts: Option<&PathBuf>,
    sender: &Sender<Event>,
) -> bool {
    match process(host, file, arguments, texts) {
        Ok(mut child) => {
            let (sender, file) = (sender.clone(), file.to_owned());
            std::thread::spawn(move || {
                // What it has to say it says itself.
                let _ = child.wait();
                let _ = sender.send(Event::Told { file });
            });
            true
        }
        Err(error) => {
            host.warning(&format!("{}: nobody is told: {error}", file.display()));
            false
        }
    }
}

/// When mistakes in a file are told that is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// Now: nobody will look again.
    Now,
    /// Once a fire has come that it should have run for.
    Due,
}

/// Tells of a file that cannot be served, to the channels that it had when nothing was wrong with it; waits for the end.
pub(super) fn tell_broken(host: &dyn Host, file: &Path, urgency: Urgency) {
    let Some(texts) = kept_for_notices(file).filter(|texts| texts.is_file()) else { return };
    let when = if urgency == Urgency::Now { "now" } else { "due" };
    let arguments = ["--broken".to_owned(), when.to_owned()];
    let told = process(host, file, &arguments, Some(&texts)).and_then(|mut child| child.wait());
    if let Err(error) = told {
        host.warning(&format!("{}: nobody is told: {error}", file.display()));
    }
}
