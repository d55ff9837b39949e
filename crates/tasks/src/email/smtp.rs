//! A message on its way to a mail server, step by step, so that whoever reads of a failure knows which step it was.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::Message;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tidemill_core::regular_file::{self, MOST_TEXT};
use tidemill_core::task::TaskFailure;

use super::connection::{Connection, Patience, SmtpError};
use super::refusal::{Refusal, Step};
use super::smtp_server::{Encryption, SmtpServer};

/// How long a server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it may take to say that it has taken a message (RFC 5321, 4.5.3.2.6): what is not waited for is not known.
const LAST_PATIENCE: Duration = Duration::from_secs(600);

/// A connection that takes mail.
pub struct SmtpSession<'a> {
    connection: Connection,
    server: &'a SmtpServer,
}

impl<'a> SmtpSession<'a> {
    /// Connects, encrypts the connection and logs in. Nothing goes on after the deadline.
    ///
    /// # Errors
    /// Which of these failed, what the server said, and what to do.
    pub fn open(server: &'a SmtpServer, deadline: Option<Instant>) -> Result<Self, TaskFailure> {
        let failed = |step| move |error: SmtpError| Refusal::new(server, step, &error).failure();
        let tls = match server.encryption {
            Encryption::None => None,
            _ => Some(configuration(server)?),
        };
        let name = hostname::get().ok().and_then(|name| name.into_string().ok());
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| "[127.0.0.1]".to_owned());
        let patience = Patience { each: server.patience.unwrap_or(PATIENCE), until: deadline };
        let opened = Connection::open(&server.host, server.port, patience).map_err(SmtpError::Io);
        let mut connection = opened.map_err(failed(Step::Connect))?;
        let (at_once, later) = match server.encryption {
            Encryption::Tls => (tls, None),
            _ => (None, tls),
        };
        if let Some(tls) = at_once {
            connection.encrypt(&server.host, tls).map_err(failed(Step::Tls))?;
        }
        connection.reply().map_err(failed(Step::Connect))?;
        connection.hello(&name).map_err(failed(Step::Connect))?;
        if let Some(tls) = later {
            if connection.offers("STARTTLS") {
                connection.command("STARTTLS").map_err(failed(Step::Tls))?;
                connection.encrypt(&server.host, tls).map_err(failed(Step::Tls))?;
                connection.hello(&name).map_err(failed(Step::Tls))?;
            } else if server.encryption == Encryption::Required {
                return Err(Refusal::no_starttls(server));
            }
        }
        let mut session = Self { connection, server };
        session.log_in()?;
        Ok(session)
    }

    fn log_in(&mut self) -> Result<(), TaskFailure> {
        let Some((user, password)) = &self.server.login else { return Ok(()) };
        let offered = self.connection.parameters("AUTH").unwrap_or_default();
        let offers = |mechanism: &str| offered.split([' ', '=']).any(|known| known == mechanism);
        let lines = if offers("PLAIN") {
            vec![format!("AUTH PLAIN {}", STANDARD.encode(format!("\0{user}\0{password}")))]
        } else if offers("LOGIN") {
            vec!["AUTH LOGIN".to_owned(), STANDARD.encode(user), STANDARD.encode(password)]
        } else {
            return Err(Refusal::no_login(self.server));
        };
        let said = lines.iter().try_for_each(|line| self.connection.command(line).map(|_| ()));
        said.map_err(|error| Refusal::new(self.server, Step::Login, &error).failure())
    }

    /// Sends the message to all its recipients or to none. `begin` is called before the server gets the content.
    ///
    /// # Errors
    /// Which step failed, and what the server said. Where it had the whole message and did not answer, the failure is
    /// uncertain; in all other cases nobody has got the message.
    pub fn send(mut self, message: &Message, begin: &dyn Fn() -> Result<(), TaskFailure>) -> Result<(), TaskFailure> {
        let (bytes, server) = (message.formatted(), self.server);
        let failed = |step| move |error: SmtpError| Refusal::new(server, step, &error).failure();
        self.address(message, &bytes)?;
        begin()?;
        self.connection.command("DATA").map_err(failed(Step::Message))?;
        self.connection.content(&bytes).map_err(failed(Step::Content))?;
        self.connection.wait(server.patience.unwrap_or(LAST_PATIENCE));
        match self.connection.command(".") {
            Ok(_) => Ok(()),
            // The server answered, so it is known: it did not take the message.
            Err(error @ SmtpError::Refused { .. }) => Err(Refusal::new(server, Step::Message, &error).failure()),
            Err(error) => Err(Refusal::new(server, Step::Answer, &error).failure()),
        }
    }

    /// Names the sender and every recipient. One that is refused spoils the whole: a mail that half of its readers got is worse
    /// than one that is told to have failed, and could not be sent again without reaching the others twice.
    fn address(&mut self, message: &Message, bytes: &[u8]) -> Result<(), TaskFailure> {
        let (server, envelope) = (self.server, message.envelope());
        let mut options = String::new();
        let mut all = envelope.from().into_iter().chain(envelope.to()).map(AsRef::<str>::as_ref);
        if let Some(address) = all.find(|address| !address.is_ascii()) {
            if !self.connection.offers("SMTPUTF8") {
                return Err(Refusal::only_ascii(server, address));
            }
            options += " SMTPUTF8";
        }
        if !bytes.is_ascii() && self.connection.offers("8BITMIME") {
            options += " BODY=8BITMIME";
        }
        let sender = envelope.from().map(ToString::to_string).unwrap_or_default();
        let taken = self.connection.command(format_args!("MAIL FROM:<{sender}>{options}"));
        taken.map_err(|error| Refusal::new(server, Step::Sender(&sender), &error).failure())?;
        let mut named: Vec<&str> = Vec::new();
        let mut refused: Vec<(String, SmtpError)> = Vec::new();
        for recipient in envelope.to() {
            if named.contains(&recipient.as_ref()) {
                continue;
            }
            named.push(recipient.as_ref());
            if let Err(error) = self.connection.command(format_args!("RCPT TO:<{recipient}>")) {
                let is_answer = matches!(error, SmtpError::Refused { .. });
                refused.push((recipient.to_string(), error));
                if !is_answer {
                    break;
                }
            }
        }
        if refused.is_empty() { Ok(()) } else { Err(Refusal::recipients(server, &refused, named.len())) }
    }

    /// Whether the connection is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.connection.is_encrypted()
    }
}

/// Whom is trusted: the authorities of the web, and those of the server's own file.
fn configuration(server: &SmtpServer) -> Result<Arc<ClientConfig>, TaskFailure> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = &server.trusted {
        let wrong = |what: String| TaskFailure {
            message: format!("the certificates in {} cannot be trusted: {what}", path.display()),
            help: vec!["`ca=` names a file in PEM; a relative path starts at the pipeline's folder".to_owned()],
            permanent: true,
            ..TaskFailure::default()
        };
        let pem = regular_file::read(path, MOST_TEXT).map_err(|error| wrong(error.to_string()))?;
        let known = roots.len();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
        }
        if roots.len() == known {
            return Err(wrong("there are none".to_owned()));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| TaskFailure::new(format!("no TLS: {error}")))?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}
