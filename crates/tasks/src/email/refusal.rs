//! Why a mail server did not take a mail, in words: the step, what the server said, what to do, whether to try again.

use std::io::ErrorKind;

use tidemill_core::task::TaskFailure;

use super::connection::SmtpError;
use super::smtp_server::{Encryption, SmtpServer};

/// What was being done.
#[derive(Clone, Copy)]
pub enum Step<'a> {
    /// Reaching the server, and being greeted.
    Connect,
    /// Encrypting the connection.
    Tls,
    /// Saying who we are.
    Login,
    /// Naming the sender.
    Sender(&'a str),
    /// Asking whether the message may be sent, or hearing what became of it.
    Message,
    /// Sending the content.
    Content,
    /// Waiting for the answer to the whole message.
    Answer,
}

/// A step that failed.
pub struct Refusal<'a> {
    server: &'a SmtpServer,
    step: Step<'a>,
    error: &'a SmtpError,
}

impl<'a> Refusal<'a> {
    pub fn new(server: &'a SmtpServer, step: Step<'a>, error: &'a SmtpError) -> Self {
        Self { server, step, error }
    }

    /// As the task's failure.
    pub fn failure(&self) -> TaskFailure {
        let (place, said) = (self.server.place(), said(self.server, self.error));
        let is_answer = matches!(self.error, SmtpError::Refused { .. });
        let message = match (self.step, is_answer) {
            (Step::Connect, true) => format!("the mail server {place} takes no mail now: {said}"),
            (Step::Connect, false) => format!("cannot reach the mail server {place}: {said}"),
            (Step::Tls, _) => format!("no TLS with the mail server {place}: {said}"),
            (Step::Login, true) => format!("the mail server {place} refuses the login of {}: {said}", self.user()),
            (Step::Login, false) => format!("the login at the mail server {place} broke off: {said}"),
            (Step::Sender(sender), true) => format!("the mail server {place} refuses the sender {sender}: {said}"),
            (Step::Sender(_), false) => format!("the connection to the mail server {place} broke: {said}"),
            (Step::Message, true) => format!("the mail server {place} refuses the message: {said}"),
            (Step::Message | Step::Content, _) => {
                format!("the connection to the mail server {place} broke before it had the whole message: {said}")
            }
            (Step::Answer, _) => {
                format!(
                    "it is not known whether the mail was sent: the mail server {place} had all of it and did not answer: {said}"
                )
            }
        };
        let uncertain = matches!(self.step, Step::Answer);
        TaskFailure {
            message,
            help: self.help(),
            permanent: uncertain || is_lasting(self.error),
            uncertain,
            ..TaskFailure::default()
        }
    }

    fn user(&self) -> &str {
        self.server.login.as_ref().map_or("nobody", |(user, _)| user)
    }

    fn help(&self) -> Vec<String> {
        let is_answer = matches!(self.error, SmtpError::Refused { .. });
        let help = match self.step {
            Step::Connect if is_answer => return Vec::new(),
            Step::Connect => {
                "are the host and the port right? as a rule it is 587 with `smtp://` (STARTTLS), 465 with `smtps://` (TLS)"
            }
            Step::Tls if said(self.server, self.error).contains("UnknownIssuer") => {
                "to trust an authority of your own, add `?ca=FILE` to the URL, a file in PEM"
            }
            Step::Tls if self.server.encryption == Encryption::Tls => {
                "`smtps://` speaks TLS from the first byte, as a rule on port 465; for STARTTLS write `smtp://`"
            }
            Step::Login if is_answer => {
                "are the user and the password in the URL right? some providers want a password made for programs"
            }
            Step::Sender(_) if is_answer => "set `sender` to an address for which this login may send",
            Step::Answer => "look whether it is there; if it is not, `tidemill retry --effects` sends it again",
            _ => return Vec::new(),
        };
        vec![help.to_owned()]
    }

    /// STARTTLS is wanted and not offered.
    pub fn no_starttls(server: &SmtpServer) -> TaskFailure {
        TaskFailure {
            message: format!("no TLS with the mail server {}: it offers no STARTTLS", server.place()),
            help: vec![
                "write `smtps://` if it speaks TLS from the first byte, or add `?tls=none` if the password may go in the open"
                    .to_owned(),
            ],
            permanent: true,
            ..TaskFailure::default()
        }
    }

    /// A login is wanted and there is no common way.
    pub fn no_login(server: &SmtpServer) -> TaskFailure {
        TaskFailure {
            message: format!("the mail server {} offers no login by PLAIN or LOGIN", server.place()),
            help: vec!["take user and password out of the URL if it needs none".to_owned()],
            permanent: true,
            ..TaskFailure::default()
        }
    }

    /// An address is beyond ASCII, and the server does not know such.
    pub fn only_ascii(server: &SmtpServer, address: &str) -> TaskFailure {
        TaskFailure {
            message: format!("the mail server {} takes no address beyond ASCII such as {address}", server.place()),
            help: vec!["it offers no SMTPUTF8; take an address in plain letters".to_owned()],
            permanent: true,
            ..TaskFailure::default()
        }
    }

    /// Some of the recipients were refused.
    pub fn recipients(server: &SmtpServer, refused: &[(String, SmtpError)], of: usize) -> TaskFailure {
        let one = |(address, error): &(String, SmtpError)| format!("{address}: {}", said(server, error));
        let who = match refused.len() {
            1 => "the recipient".to_owned(),
            several => format!("{several} recipients:"),
        };
        let told: Vec<String> = refused.iter().map(one).collect();
        let message = format!("the mail server {} refuses {who} {}", server.place(), told.join("; "));
        let is_lasting = refused.iter().any(|(_, error)| is_lasting(error));
        let mut help = Vec::new();
        if of > refused.len() {
            help.push("nobody has got the mail; it goes to all recipients or to none".to_owned());
        }
        TaskFailure { message, help, permanent: is_lasting, ..TaskFailure::default() }
    }
}

/// What the server said, or what the system said of the connection.
fn said(server: &SmtpServer, error: &SmtpError) -> String {
    let text = match error {
        SmtpError::Refused { code, text } => format!("{code} {text}"),
        SmtpError::Unreadable(why) => why.clone(),
        SmtpError::Io(error) => match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => "no answer in time".to_owned(),
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => "it hung up".to_owned(),
            _ => error.to_string(),
        },
    };
    server.shown(&text)
}

/// Whether trying again cannot help: the server said so, or what it shows is not acceptable.
fn is_lasting(error: &SmtpError) -> bool {
    match error {
        SmtpError::Refused { code, .. } => *code >= 500,
        SmtpError::Unreadable(_) => false,
        SmtpError::Io(error) => error.kind() == ErrorKind::InvalidData,
    }
}
