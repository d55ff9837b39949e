//! A server of the web that behaves, or misbehaves, as a test says.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::Certificates;

/// What a client asked for.
#[derive(Clone, Debug)]
pub struct WebRequest {
    /// `GET`, `HEAD`, …
    pub method: String,
    /// With the query.
    pub path: String,
    /// Their names in small letters.
    pub headers: Vec<(String, String)>,
}

impl WebRequest {
    /// The value of a header; its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first byte that `Range` asks for.
    pub fn from(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.split('-').next()?.parse().ok()
    }

    fn read(stream: &mut dyn Read) -> io::Result<Self> {
        let mut lines = BufReader::new(stream).lines();
        let mut line = || lines.next().unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()));
        let first = line()?;
        let mut words = first.split(' ').map(str::to_owned);
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut headers = Vec::new();
        loop {
            match line()?.split_once(':') {
                Some((name, value)) => headers.push((name.to_lowercase(), value.trim().to_owned())),
                None => return Ok(Self { method, path, headers }),
            }
        }
    }
}

/// What the server answers.
#[derive(Clone, Debug, Default)]
pub struct WebAnswer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// After so many bytes of the body the connection ends.
    cut: Option<usize>,
    is_silent: bool,
}

impl WebAnswer {
    /// A status without a body.
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// All of a file.
    pub fn whole(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, body: body.into(), ..Self::default() }
    }

    /// A file with an ETag, or the part of it that is asked for, as a good server gives it.
    pub fn file(request: &WebRequest, body: &[u8], tag: &str) -> Self {
        let is_same = request.header("if-range").is_none_or(|known| known == tag);
        let from = request.from().filter(|_| is_same);
        let part = &body[from.unwrap_or_default().min(body.len())..];
        let answer = Self { status: if from.is_some() { 206 } else { 200 }, ..Self::whole(part) }.header("ETag", tag);
        match from {
            Some(from) => {
                answer.header("Content-Range", &format!("bytes {from}-{}/{}", body.len().saturating_sub(1), body.len()))
            }
            None => answer,
        }
    }

    /// Nothing, for as long as the client waits.
    pub fn silence() -> Self {
        Self { is_silent: true, ..Self::default() }
    }

    /// With a header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Of whose body only so many bytes are sent.
    #[must_use]
    pub fn cut(mut self, bytes: usize) -> Self {
        self.cut = Some(bytes);
        self
    }

    fn write(&self, stream: &mut dyn Write, method: &str) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {} .\r\nConnection: close\r\n", self.status);
        let says = |name: &str| self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        // An empty value stands for no header.
        if !says("Content-Length") {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        for (name, value) in self.headers.iter().filter(|(_, value)| !value.is_empty()) {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n").as_bytes())?;
        if method != "HEAD" {
            stream.write_all(&self.body[..self.cut.unwrap_or(self.body.len()).min(self.body.len())])?;
        }
        stream.flush()
    }
}

type Behaviour = dyn Fn(&WebRequest, usize) -> WebAnswer + Send + Sync;

/// A server on a free port. It serves until the test ends.
pub struct WebServer {
    port: u16,
    is_secure: bool,
    requests: Arc<Mutex<Vec<WebRequest>>>,
}

impl WebServer {
    /// One that answers so: the request, and how many of the same method and path came before it.
    ///
    /// # Panics
    /// If no port is free.
    pub fn start(behaviour: impl Fn(&WebRequest, usize) -> WebAnswer + Send + Sync + 'static) -> Self {
        Self::serve(None, Arc::new(behaviour))
    }

    /// The same over TLS, as `localhost`.
    ///
    /// # Panics
    /// If no port is free, or the certificate cannot be used.
    pub fn start_secure(
        certificates: &Certificates,
        behaviour: impl Fn(&WebRequest, usize) -> WebAnswer + Send + Sync + 'static,
    ) -> Self {
        Self::serve(Some(Arc::new(certificates.server_config())), Arc::new(behaviour))
    }

    fn serve(tls: Option<Arc<ServerConfig>>, behaviour: Arc<Behaviour>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("its number").port();
        let requests = Arc::<Mutex<Vec<WebRequest>>>::default();
        let server = Self { port, is_secure: tls.is_some(), requests: Arc::clone(&requests) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, behaviour, requests) = (tls.clone(), Arc::clone(&behaviour), Arc::clone(&requests));
                // A client that goes away early is none of the server's business.
                thread::spawn(move || drop(answer(stream, tls, &*behaviour, &requests)));
            }
        });
        server
    }

    /// The URL of a path that begins with a slash.
    pub fn url(&self, path: &str) -> String {
        if self.is_secure {
            format!("https://localhost:{}{path}", self.port)
        } else {
            format!("http://127.0.0.1:{}{path}", self.port)
        }
    }

    /// What was asked so far.
    pub fn requests(&self) -> Vec<WebRequest> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often a method was used.
    pub fn count(&self, method: &str) -> usize {
        self.requests().iter().filter(|request| request.method == method).count()
    }
}

fn answer(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    behaviour: &Behaviour,
    requests: &Mutex<Vec<WebRequest>>,
) -> io::Result<()> {
    match tls {
        None => answer_on(stream, behaviour, requests),
        Some(tls) => {
            let connection = ServerConnection::new(tls).map_err(io::Error::other)?;
            answer_on(StreamOwned::new(connection, stream), behaviour, requests)
        }
    }
}

fn answer_on(
    mut stream: impl Read + Write,
    behaviour: &Behaviour,
    requests: &Mutex<Vec<WebRequest>>,
) -> io::Result<()> {
    let request = WebRequest::read(&mut stream)?;
    let before = {
        let mut requests = requests.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |other: &&WebRequest| other.method == request.method && other.path == request.path;
        let before = requests.iter().filter(is_same).count();
        requests.push(request.clone());
        before
    };
    let answer = behaviour(&request, before);
    if answer.is_silent {
        // Until the client goes away.
        return stream.read(&mut [0]).map(drop);
    }
    answer.write(&mut stream, &request.method)
}
