//! A mail server for tests and demonstrations. It speaks SMTP on the loopback interface, plain, with STARTTLS or with TLS from
//! the first byte, asks for a login or not, keeps what arrives, and fails at any step where it is told to. It is strict: it
//! refuses lines that do not end in CR LF, lines that are too long, and bytes beyond ASCII that nobody has announced.
//!
//! ```
//! use tidemill_mail_server::{Encryption, Server, Settings, Trouble};
//!
//! let server = Server::start(Settings { encryption: Encryption::StartTls, ..Settings::default() })?;
//! server.next(Trouble::Greylist); // the next session is asked to come back later
//! println!("SMTP_URL={}", server.url("someone", "secret"));
//! assert!(server.mails().is_empty());
//! # Ok::<(), std::io::Error>(())
//! ```

mod certificate;
mod session;
mod wire;

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustls::ServerConfig;

/// How a session is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all.
    #[default]
    None,
    /// After STARTTLS; before it, neither login nor mail is taken.
    StartTls,
    /// From the first byte.
    Tls,
}

/// How a user says who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mechanism {
    /// Name and password in one line.
    #[default]
    Plain,
    /// Name and password one after the other, as old servers want it.
    Login,
}

/// What a server is like.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The port on 127.0.0.1; 0 for a free one.
    pub port: u16,
    /// How sessions are encrypted.
    pub encryption: Encryption,
    /// The name and password without which no mail is taken.
    pub login: Option<(String, String)>,
    /// How that is asked for.
    pub mechanism: Mechanism,
    /// Addresses that are refused for good.
    pub refused: Vec<String>,
    /// Whether addresses beyond ASCII are taken (SMTPUTF8).
    pub international: bool,
}

/// Where a session fails. Each is for one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// None: a session like others, in a row of some that fail.
    None,
    /// It says 421 instead of a greeting.
    Busy,
    /// It says 450 to each recipient, as servers do that do not know the sender yet.
    Greylist,
    /// It says 550 to the sender.
    RefuseSender,
    /// It is gone when the client says DATA.
    DropBeforeData,
    /// It is gone after the first bytes of the message.
    DropDuringData,
    /// It has taken the whole message and is gone without a word.
    DropAfterData,
    /// It has taken the whole message and says nothing until [`Server::release`], or until the client is gone.
    Hold,
    /// It has taken the whole message, and says 451: later.
    Later,
    /// It has taken the whole message, and says 554 with the client's own password in it.
    Refuse,
    /// It says 250 and is gone.
    DropAfterFinal,
}

/// A message that came in whole, up to its last line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The sender of the envelope.
    pub from: String,
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// Header and content, lines ended by CR LF.
    pub bytes: Vec<u8>,
    /// Who was logged in.
    pub user: Option<String>,
    /// Whether it came over TLS.
    pub encrypted: bool,
    /// Whether the server said that it takes it. A server that is gone before may deliver it all the same.
    pub accepted: bool,
}

#[derive(Default)]
struct Happened {
    troubles: VecDeque<Trouble>,
    mails: Vec<Mail>,
    sessions: usize,
    commands: Vec<String>,
    released: usize,
}

struct Shared {
    settings: Settings,
    tls: Arc<ServerConfig>,
    happened: Mutex<Happened>,
    changed: Condvar,
}

impl Shared {
    fn happened(&self) -> MutexGuard<'_, Happened> {
        self.happened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Happened)) {
        change(&mut self.happened());
        self.changed.notify_all();
    }
}

/// A server that runs in threads of this process, until the process ends.
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    authority: String,
}

impl Server {
    /// Starts a server on 127.0.0.1.
    ///
    /// # Errors
    /// If the port is taken.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", settings.port))?;
        let address = listener.local_addr()?;
        let (tls, authority) = certificate::make()?;
        let shared = Arc::new(Shared { settings, tls, happened: Mutex::default(), changed: Condvar::new() });
        let sessions = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&sessions);
                // What goes wrong in a session is the client's business, and it will say so.
                std::thread::spawn(move || session::serve(client, &shared));
            }
        });
        Ok(Self { shared, address, authority })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL by which a client reaches it with that name and password; without the name, without a login. The certificate
    /// that it must trust is not part of it.
    pub fn url(&self, user: &str, password: &str) -> String {
        let scheme = if self.shared.settings.encryption == Encryption::Tls { "smtps" } else { "smtp" };
        let login = if user.is_empty() { String::new() } else { format!("{user}:{password}@") };
        let plain = if self.shared.settings.encryption == Encryption::None { "?tls=none" } else { "" };
        format!("{scheme}://{login}{}{plain}", self.address)
    }

    /// Writes the certificate that a client must trust into a file, and returns the URL with it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn url_trusting(&self, user: &str, password: &str, file: &Path) -> io::Result<String> {
        self.write_authority(file)?;
        Ok(format!("{}?ca={}", self.url(user, password), file.display()))
    }

    /// Writes the certificate that a client must trust into a file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_authority(&self, file: &Path) -> io::Result<PathBuf> {
        std::fs::write(file, &self.authority)?;
        Ok(file.to_owned())
    }

    /// Adds a trouble for a session to come; the first added is for the next one.
    pub fn next(&self, trouble: Trouble) {
        self.shared.change(|happened| happened.troubles.push_back(trouble));
    }

    /// The messages that came in whole so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.shared.happened().mails.clone()
    }

    /// How many sessions there were.
    pub fn sessions(&self) -> usize {
        self.shared.happened().sessions
    }

    /// The commands that clients have said, without what follows AUTH.
    pub fn commands(&self) -> Vec<String> {
        self.shared.happened().commands.clone()
    }

    /// Waits until so many messages have come in whole; whether they have.
    pub fn wait_for(&self, mails: usize, patience: Duration) -> bool {
        let (mut happened, until) = (self.shared.happened(), Instant::now() + patience);
        while happened.mails.len() < mails {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.changed.wait_timeout(happened, left);
            happened = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Lets one session that is held ([`Trouble::Hold`]) say that the message is taken.
    pub fn release(&self) {
        self.shared.change(|happened| happened.released += 1);
    }
}
