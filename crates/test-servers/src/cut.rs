//! A line to a server that can be cut, or fall silent.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A proxy before a server that does something to a connection when a text is about to pass: from the client before the server
/// gets it, or from the server before the client does. It lives until the test's process ends.
pub struct Cut {
    port: u16,
    rule: Arc<Mutex<Option<Rule>>>,
    cuts: Arc<AtomicUsize>,
    answered: Arc<AtomicU64>,
}

/// What is done at a moment; what becomes of the connection then comes back.
type Deed = Box<dyn FnOnce() -> ConnectionState + Send>;

/// What becomes of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// All goes on.
    Passes,
    /// Both ends are closed.
    Cut,
    /// Both ends stay open, and nothing passes any more.
    Silent,
}

/// When it does something, and what.
struct Rule {
    at: Vec<u8>,
    from_client: bool,
    nth: usize,
    deed: Deed,
}

impl Cut {
    /// Before the server on that port of this machine. It passes everything until it is told otherwise.
    ///
    /// # Errors
    /// If there is no port for it.
    pub fn before(server: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let (rule, cuts, answered) = <(Arc<Mutex<Option<Rule>>>, Arc<AtomicUsize>, Arc<AtomicU64>)>::default();
        let shared = (Arc::clone(&rule), Arc::clone(&cuts), Arc::clone(&answered));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Ok(server) = TcpStream::connect(("127.0.0.1", server)) {
                    pass_both_ways(&client, &server, &shared);
                }
            }
        });
        Ok(Self { port, rule, cuts, answered })
    }

    /// The port where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts, once, where the client sends that text; the server does not get it.
    pub fn at_request(&self, text: &[u8]) {
        self.do_at_request(text, 0, || ConnectionState::Cut);
    }

    /// Cuts, once, where the server sends that text; the client does not get it.
    pub fn at_answer(&self, text: &[u8]) {
        self.do_at_answer(text, || ConnectionState::Cut);
    }

    /// Cuts, once, when so many pieces have come from the client of the next connection.
    pub fn after_requests(&self, nth: usize) {
        self.do_at_request(b"", nth, || ConnectionState::Cut);
    }

    /// Has something done, once, before a piece from a client passes: that one, from the one on that holds the text.
    pub fn do_at_request(&self, text: &[u8], nth: usize, deed: impl FnOnce() -> ConnectionState + Send + 'static) {
        self.set_rule(Some(Rule { at: text.to_vec(), from_client: true, nth, deed: Box::new(deed) }));
    }

    /// Has something done, once, before a piece from the server passes that holds the text.
    pub fn do_at_answer(&self, text: &[u8], deed: impl FnOnce() -> ConnectionState + Send + 'static) {
        self.set_rule(Some(Rule { at: text.to_vec(), from_client: false, nth: 0, deed: Box::new(deed) }));
    }

    /// Forgets what is not done yet.
    pub fn clear(&self) {
        self.set_rule(None);
    }

    /// How often something was done.
    pub fn cuts(&self) -> usize {
        self.cuts.load(Ordering::Acquire)
    }

    /// How many bytes have come from the server.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Acquire)
    }

    fn set_rule(&self, rule: Option<Rule>) {
        *self.rule.lock().unwrap_or_else(PoisonError::into_inner) = rule;
    }
}

type Shared = (Arc<Mutex<Option<Rule>>>, Arc<AtomicUsize>, Arc<AtomicU64>);

fn pass_both_ways(client: &TcpStream, server: &TcpStream, shared: &Shared) {
    let state = Arc::new(Mutex::new(ConnectionState::Passes));
    for from_client in [true, false] {
        let (Ok(client), Ok(server)) = (client.try_clone(), server.try_clone()) else { return };
        let line = Line { from_client, shared: shared.clone(), state: Arc::clone(&state) };
        thread::spawn(move || {
            let (from, to) = if from_client { (&client, &server) } else { (&server, &client) };
            if line.pass(from, to).is_err() {
                // Who is told nothing of a reset at the other end would wait for ever.
                from.shutdown(Shutdown::Both).ok();
                to.shutdown(Shutdown::Both).ok();
            }
        });
    }
}

/// One way of a connection.
struct Line {
    from_client: bool,
    shared: Shared,
    state: Arc<Mutex<ConnectionState>>,
}

impl Line {
    fn pass(&self, mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
        let mut buffer = vec![0; 1 << 16];
        let mut pieces = 0;
        loop {
            let read = from.read(&mut buffer)?;
            let piece = &buffer[..read];
            if !self.from_client {
                self.shared.2.fetch_add(read as u64, Ordering::AcqRel);
            }
            match self.fate_of(piece, &mut pieces) {
                ConnectionState::Cut => return Err(io::ErrorKind::ConnectionAborted.into()),
                _ if read == 0 => return to.shutdown(Shutdown::Write),
                ConnectionState::Silent => {}
                ConnectionState::Passes => to.write_all(piece)?,
            }
        }
    }

    /// What becomes of the connection when that piece has come; `pieces` counts.
    fn fate_of(&self, piece: &[u8], pieces: &mut usize) -> ConnectionState {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if *state == ConnectionState::Passes && !piece.is_empty() {
            let mut rule = self.shared.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(due) = rule.take_if(|rule| self.is_due(rule, piece, pieces)) {
                drop(rule);
                *state = (due.deed)();
                self.shared.1.fetch_add(1, Ordering::AcqRel);
            }
        }
        *state
    }

    fn is_due(&self, rule: &Rule, piece: &[u8], pieces: &mut usize) -> bool {
        let holds = || rule.at.is_empty() || piece.windows(rule.at.len()).any(|part| part == rule.at);
        if rule.from_client != self.from_client || (*pieces == 0 && !holds()) {
            return false;
        }
        *pieces += 1;
        *pieces > rule.nth
    }
}
