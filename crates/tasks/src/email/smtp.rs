//! A message on its way to a mail server, step by step, so that whoever reads of a failure knows which step it was.

use std::cell::Cell;
use std::time::Duration;

use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use tidemill_core::task::TaskFailure;

use super::refusal::{Refusal, Step};
use super::server::{Encryption, Server};

/// How long a server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it may take to say that it has taken a message (RFC 5321, 4.5.3.2.6): what is not waited for is not known.
const LAST_PATIENCE: Duration = Duration::from_secs(600);
/// How long it may take to say good-bye.
const FAREWELL: Duration = Duration::from_secs(2);
/// A message goes out in pieces of this many bytes.
const PIECE: usize = 64 << 10;

/// A connection that takes mail.
pub struct Session<'a> {
    connection: SmtpConnection,
    server: &'a Server,
}

impl<'a> Session<'a> {
    /// Connects, encrypts the connection and logs in.
    ///
    /// # Errors
    /// Which of these failed, what the server said, and what to do.
    pub fn open(server: &'a Server) -> Result<Self, TaskFailure> {
        let patience = Some(server.patience.unwrap_or(PATIENCE));
        let name = ClientId::default();
        let tls = match server.encryption {
            Encryption::None => None,
            _ => Some(parameters(server)?),
        };
        let wrapped = tls.as_ref().filter(|_| server.encryption == Encryption::Tls);
        let connection = SmtpConnection::connect((server.host.as_str(), server.port), patience, &name, wrapped, None);
        let connection = connection.map_err(|error| Refusal::new(server, Step::Connect, &error).failure())?;
        let mut session = Self { connection, server };
        if let (Encryption::Required | Encryption::Offered, Some(tls)) = (server.encryption, &tls) {
            if session.connection.can_starttls() {
                let started = session.connection.starttls(tls, &name);
                started.map_err(|error| Refusal::new(server, Step::Tls, &error).failure())?;
            } else if server.encryption == Encryption::Required {
                session.close();
                return Err(Refusal::no_starttls(server));
            }
        }
        session.log_in()?;
        Ok(session)
    }

    fn log_in(&mut self) -> Result<(), TaskFailure> {
        let Some((user, password)) = &self.server.login else { return Ok(()) };
        let known = [Mechanism::Plain, Mechanism::Login];
        if self.connection.server_info().get_auth_mechanism(&known).is_none() {
            self.close();
            return Err(Refusal::no_login(self.server));
        }
        let credentials = Credentials::new(user.clone(), password.clone());
        match self.connection.auth(&known, &credentials) {
            Ok(_) => Ok(()),
            Err(error) => {
                self.close();
                Err(Refusal::new(self.server, Step::Login, &error).failure())
            }
        }
    }

    /// Sends the message to all its recipients or to none. `begin` is called before the server gets the content.
    ///
    /// # Errors
    /// Which step failed, and what the server said. Where it had the whole message and did not answer, the failure is
    /// uncertain; in all other cases nobody has got the message.
    pub fn send(&mut self, message: &Message, begin: &dyn Fn() -> Result<(), TaskFailure>) -> Result<(), TaskFailure> {
        let bytes = message.formatted();
        let addressed = self.address(message, &bytes).and_then(|()| begin());
        if let Err(failure) = addressed {
            self.close();
            return Err(failure);
        }
        let server = self.server;
        if let Err(error) = self.connection.command(Data) {
            self.close();
            return Err(Refusal::new(server, Step::Message, &error).failure());
        }
        // A longer wait that the system refuses only makes the answer more likely to be missed.
        let _ = self.connection.set_timeout(Some(server.patience.unwrap_or(LAST_PATIENCE)));
        let handed_over = Cell::new(false);
        let pieces = Pieces { left: &bytes, handed_over: &handed_over };
        let answer = self.connection.message_iter(pieces);
        match answer {
            Ok(_) => Ok(()),
            // The server answered, so it is known: it did not take the message.
            Err(error) if error.status().is_some() => Err(Refusal::new(server, Step::Message, &error).failure()),
            Err(error) if handed_over.get() => Err(Refusal::new(server, Step::Answer, &error).failure()),
            Err(error) => Err(Refusal::new(server, Step::Content, &error).failure()),
        }
    }

    /// Names the sender and every recipient. One that is refused spoils the whole: a mail that half of its readers got is worse
    /// than one that is told to have failed, and could not be sent again without reaching the others twice.
    fn address(&mut self, message: &Message, bytes: &[u8]) -> Result<(), TaskFailure> {
        let (server, envelope) = (self.server, message.envelope());
        let offers = |connection: &SmtpConnection, what| connection.server_info().supports_feature(what);
        let mut options = Vec::new();
        let mut all = envelope.from().into_iter().chain(envelope.to()).map(AsRef::<str>::as_ref);
        let beyond = all.find(|address| !address.is_ascii());
        if let Some(address) = beyond {
            if !offers(&self.connection, Extension::SmtpUtfEight) {
                return Err(Refusal::only_ascii(server, address));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        if !bytes.is_ascii() && offers(&self.connection, Extension::EightBitMime) {
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let sender = envelope.from().map(ToString::to_string).unwrap_or_default();
        let taken = self.connection.command(Mail::new(envelope.from().cloned(), options));
        taken.map_err(|error| Refusal::new(server, Step::Sender(&sender), &error).failure())?;
        let mut named: Vec<&str> = Vec::new();
        let mut refused: Vec<(String, Error)> = Vec::new();
        for recipient in envelope.to() {
            if named.contains(&recipient.as_ref()) {
                continue;
            }
            named.push(recipient.as_ref());
            if let Err(error) = self.connection.command(Rcpt::new(recipient.clone(), Vec::new())) {
                let is_answer = error.status().is_some();
                refused.push((recipient.to_string(), error));
                if !is_answer {
                    break;
                }
            }
        }
        if refused.is_empty() { Ok(()) } else { Err(Refusal::recipients(server, &refused, named.len())) }
    }

    /// Says good-bye. What comes of it changes nothing.
    pub fn close(&mut self) {
        let _ = self.connection.set_timeout(Some(FAREWELL));
        let _ = self.connection.quit();
    }

    /// Whether the connection is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.connection.is_encrypted()
    }
}

fn parameters(server: &Server) -> Result<TlsParameters, TaskFailure> {
    let mut builder = TlsParameters::builder(server.host.clone());
    if let Some(path) = &server.trusted {
        let wrong = |what: String| TaskFailure {
            message: format!("the certificates in {} cannot be trusted: {what}", path.display()),
            help: vec!["`ca=` names a file in PEM; a relative path starts at the pipeline's folder".to_owned()],
            permanent: true,
            ..TaskFailure::default()
        };
        let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        if !pem.windows(5).any(|part| part == b"-----") {
            return Err(wrong("there are none".to_owned()));
        }
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| wrong(error.to_string()))?);
    }
    builder.build().map_err(|error| Refusal::new(server, Step::Tls, &error).failure())
}

/// The content in pieces. That the last one has been written shows in that another is asked for, before the line that ends the
/// message goes out: until then the server cannot have taken it.
struct Pieces<'a> {
    left: &'a [u8],
    handed_over: &'a Cell<bool>,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.left.is_empty() {
            self.handed_over.set(true);
            return None;
        }
        let (piece, left) = self.left.split_at(self.left.len().min(PIECE));
        self.left = left;
        Some(piece)
    }
}
