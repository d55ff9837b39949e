//! A line to a server that can be cut.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A proxy before a server that cuts a connection when a text is about to pass: from the client before the server gets it, or from
/// the server before the client does. It lives until the test's process ends.
pub struct Cut {
    port: u16,
    rule: Arc<Mutex<Option<Rule>>>,
    cuts: Arc<AtomicUsize>,
}

/// When it cuts.
#[derive(Clone, Debug)]
struct Rule {
    at: Vec<u8>,
    from_client: bool,
    nth: usize,
}

impl Cut {
    /// Before the server on that port of this machine. It passes everything until it is told otherwise.
    ///
    /// # Errors
    /// If there is no port for it.
    pub fn before(server: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let (rule, cuts) = (Arc::<Mutex<Option<Rule>>>::default(), Arc::<AtomicUsize>::default());
        let shared = (Arc::clone(&rule), Arc::clone(&cuts));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Ok(server) = TcpStream::connect(("127.0.0.1", server)) {
                    pass_both_ways(&client, &server, &shared);
                }
            }
        });
        Ok(Self { port, rule, cuts })
    }

    /// The port where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts, once, where the client sends that text; the server does not get it.
    pub fn at_request(&self, text: &[u8]) {
        self.set(Some(Rule { at: text.to_vec(), from_client: true, nth: 0 }));
    }

    /// Cuts, once, where the server sends that text; the client does not get it.
    pub fn at_answer(&self, text: &[u8]) {
        self.set(Some(Rule { at: text.to_vec(), from_client: false, nth: 0 }));
    }

    /// Cuts, once, when so many pieces have come from the client of the next connection.
    pub fn after_requests(&self, nth: usize) {
        self.set(Some(Rule { at: Vec::new(), from_client: true, nth }));
    }

    /// How often it has cut.
    pub fn cuts(&self) -> usize {
        self.cuts.load(Ordering::Acquire)
    }

    fn set(&self, rule: Option<Rule>) {
        *self.rule.lock().unwrap_or_else(PoisonError::into_inner) = rule;
    }
}

type Shared = (Arc<Mutex<Option<Rule>>>, Arc<AtomicUsize>);

fn pass_both_ways(client: &TcpStream, server: &TcpStream, shared: &Shared) {
    let is_cut = Arc::new(AtomicBool::new(false));
    for from_client in [true, false] {
        let (Ok(client), Ok(server)) = (client.try_clone(), server.try_clone()) else { return };
        let (shared, is_cut) = (shared.clone(), Arc::clone(&is_cut));
        thread::spawn(move || {
            let (from, to) = if from_client { (client, server) } else { (server, client) };
            // What is left when one side goes away is of no interest.
            pass(from, to, from_client, &shared, &is_cut).ok();
        });
    }
}

fn pass(
    mut from: TcpStream,
    mut to: TcpStream,
    from_client: bool,
    shared: &Shared,
    is_cut: &AtomicBool,
) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    let mut pieces = 0;
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 || is_cut.load(Ordering::Acquire) {
            return to.shutdown(Shutdown::Write);
        }
        pieces += 1;
        let piece = &buffer[..read];
        let mut rule = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        let cuts = rule.as_ref().is_some_and(|rule| {
            let is_here = if rule.at.is_empty() {
                pieces > rule.nth
            } else {
                piece.windows(rule.at.len()).any(|part| part == rule.at)
            };
            rule.from_client == from_client && is_here
        });
        if cuts {
            *rule = None;
            is_cut.store(true, Ordering::Release);
            shared.1.fetch_add(1, Ordering::AcqRel);
            from.shutdown(Shutdown::Both).ok();
            return to.shutdown(Shutdown::Both);
        }
        drop(rule);
        to.write_all(piece)?;
    }
}
