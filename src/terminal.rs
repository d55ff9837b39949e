//! What is known of the terminal: whether there is one, how wide it is, whether it wants colour.

use std::borrow::Cow;
use std::fmt;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use tidemill_core::printable::coloured;

use crate::failure::Failure;
use tidemill_secrets::masked;

/// In place of the macros of the same name, which panic when whoever reads the story has gone, as `head` does: then there is
/// nobody to tell it to, and the run goes on.
macro_rules! eprint {
    ($($text:tt)*) => { $crate::terminal::say(format_args!($($text)*)) };
}

/// The same with the end of a line.
macro_rules! eprintln {
    ($($text:tt)*) => { $crate::terminal::say(format_args!("{}\n", format_args!($($text)*))) };
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// One of the two streams that people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Data.
    Stdout,
    /// The story.
    Stderr,
}

impl Stream {
    /// Whether somebody looks at it.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Stdout => std::io::stdout().is_terminal(),
            Self::Stderr => std::io::stderr().is_terminal(),
        }
    }

    /// The text as it may be written there: to a terminal, nothing that drives it but colours.
    pub fn safe(self, text: &str) -> Cow<'_, str> {
        if self.is_terminal() { coloured(text) } else { Cow::Borrowed(text) }
    }

    /// Its width in columns; 100 where it is no terminal, so that text in files and snapshots is stable.
    pub fn width(self) -> usize {
        let size = match self {
            Self::Stdout => rustix::termios::tcgetwinsize(std::io::stdout()),
            Self::Stderr => rustix::termios::tcgetwinsize(std::io::stderr()),
        };
        match size {
            Ok(size) if size.ws_col > 0 && self.is_terminal() => usize::from(size.ws_col),
            _ => 100,
        }
    }

    /// The columns after which texts are broken into lines: without a terminal never, since what reads them goes by lines.
    pub fn room(self) -> usize {
        if self.is_terminal() { self.width() } else { usize::MAX }
    }
}

impl Color {
    /// Whether to colour that stream.
    pub fn wanted(self, stream: Stream) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                !refused && std::env::var_os("TERM").is_none_or(|term| term != "dumb") && stream.is_terminal()
            }
        }
    }
}

/// The few colours in use, or none.
#[derive(Clone, Copy, Debug)]
pub struct Paint(pub bool);

impl Paint {
    fn with(self, code: &str, text: impl std::fmt::Display) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }

    /// What stands out.
    pub fn bold(self, text: impl std::fmt::Display) -> String {
        self.with("1", text)
    }

    /// What matters less.
    pub fn dim(self, text: impl std::fmt::Display) -> String {
        self.with("2", text)
    }

    /// What went well.
    pub fn green(self, text: impl std::fmt::Display) -> String {
        self.with("32", text)
    }

    /// What failed.
    pub fn red(self, text: impl std::fmt::Display) -> String {
        self.with("1;31", text)
    }

    /// What the user should know.
    pub fn yellow(self, text: impl std::fmt::Display) -> String {
        self.with("33", text)
    }

    /// What is going on.
    pub fn cyan(self, text: impl std::fmt::Display) -> String {
        self.with("36", text)
    }
}

/// Tells the story, on stderr, to whoever still listens; without secrets, as all that leaves the process.
pub fn say(text: fmt::Arguments<'_>) {
    let text = masked(text.to_string());
    let _ = std::io::stderr().lock().write_all(Stream::Stderr.safe(&text).as_bytes());
}

/// Writes to stdout what is told, without secrets. Whoever reads it may stop at any time, as `head` does.
pub fn put(text: &str) -> Result<ExitCode, Failure> {
    put_table(&masked(text))
}

/// Writes the values of tables to stdout. They are what they are: what is like a secret there is masked no more than in a file.
pub fn put_table(text: &str) -> Result<ExitCode, Failure> {
    put_parts([Ok(text)])
}

/// The same of a text that comes in parts, each written before the next one is made.
pub fn put_parts<T: AsRef<str>>(parts: impl IntoIterator<Item = Result<T, Failure>>) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    for part in parts {
        let part = part?;
        let part = Stream::Stdout.safe(part.as_ref());
        match out.write_all(part.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => break,
            Err(error) => return Err(Failure::broken(format!("cannot write to stdout: {error}"))),
        }
    }
    Ok(ExitCode::SUCCESS)
}
