//! A connection that speaks SMTP (RFC 5321): commands out, replies in, none without a bound in length and in time.

use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// Bytes of a line of a reply, with its end. RFC 5321 allows 512; servers say more.
const LONGEST_LINE: usize = 2000;
/// Lines of a reply.
const MOST_LINES: usize = 100;
/// A message goes out in pieces of this many bytes.
const PIECE: usize = 64 << 10;
/// How long a server may take to say good-bye.
const FAREWELL: Duration = Duration::from_secs(2);

/// Why there is no good reply.
#[derive(Debug)]
pub enum SmtpError {
    /// The server says no.
    Refused {
        /// From 400 to 599: beneath 500, it may say yes later.
        code: u16,
        /// Why, in its words.
        text: String,
    },
    /// What it says is no reply.
    Unreadable(String),
    /// The connection was not made, or it broke.
    Io(io::Error),
}

impl From<io::Error> for SmtpError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What a server says: yes, or that it waits for more.
pub struct SmtpReply {
    lines: Vec<String>,
}

/// How long may be waited.
#[derive(Clone, Copy)]
pub struct Patience {
    /// For each answer.
    pub each: Duration,
    /// For all of them, if that is bounded.
    pub until: Option<Instant>,
}

impl Patience {
    /// When a wait that begins now is over.
    fn end(self) -> Instant {
        let each = Instant::now() + self.each;
        self.until.map_or(each, |until| until.min(each))
    }
}

/// A socket on which nothing takes longer than until a point in time, however many bytes trickle in before.
struct Socket {
    stream: TcpStream,
    end: Instant,
}

impl Socket {
    fn left(&self) -> io::Result<Duration> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

enum Stream {
    Plain(Socket),
    Encrypted(Box<StreamOwned<ClientConnection, Socket>>),
}

impl Stream {
    fn socket(&mut self) -> &mut Socket {
        match self {
            Self::Plain(socket) => socket,
            Self::Encrypted(stream) => &mut stream.sock,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Encrypted(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Encrypted(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Encrypted(stream) => stream.flush(),
        }
    }
}

/// The client's end of a connection.
pub struct Connection {
    stream: BufReader<Stream>,
    patience: Patience,
    /// Nothing more is to be heard on it.
    broken: bool,
    /// What the server offers, in capital letters.
    offers: Vec<String>,
}

impl Connection {
    /// Connects. The server has not said anything yet.
    ///
    /// # Errors
    /// Why there is no connection.
    pub fn open(host: &str, port: u16, patience: Patience) -> io::Result<Self> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "it has no address");
        for address in (host, port).to_socket_addrs()? {
            let end = patience.end();
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            match TcpStream::connect_timeout(&address, left) {
                Ok(stream) => {
                    let stream = BufReader::new(Stream::Plain(Socket { stream, end }));
                    return Ok(Self { stream, patience, broken: false, offers: Vec::new() });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Goes on encrypted. What came before in plain is forgotten: it may be somebody else's.
    ///
    /// # Errors
    /// Why that failed. The connection is of no use then.
    pub fn encrypt(&mut self, host: &str, config: Arc<ClientConfig>) -> Result<(), SmtpError> {
        let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
        // Until it is encrypted, there is nobody to say good-bye to.
        self.broken = true;
        let name = ServerName::try_from(host.to_owned()).map_err(|error| invalid(error.to_string()))?;
        let mut connection = ClientConnection::new(config, name).map_err(|error| invalid(error.to_string()))?;
        let stream = self.stream.get_mut().socket().stream.try_clone()?;
        let mut socket = Socket { stream, end: self.patience.end() };
        while connection.is_handshaking() {
            connection.complete_io(&mut socket)?;
        }
        self.stream = BufReader::new(Stream::Encrypted(Box::new(StreamOwned::new(connection, socket))));
        (self.broken, self.offers) = (false, Vec::new());
        Ok(())
    }

    /// Whether it is encrypted.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.stream.get_ref(), Stream::Encrypted(_))
    }

    /// From now on, how long an answer may take.
    pub fn wait(&mut self, each: Duration) {
        self.patience.each = each;
    }

    /// Says who we are, and learns what the server offers.
    ///
    /// # Errors
    /// If it does not want to know.
    pub fn hello(&mut self, name: &str) -> Result<(), SmtpError> {
        let reply = self.command(format_args!("EHLO {name}"))?;
        self.offers = reply.lines.iter().skip(1).map(|line| line.to_ascii_uppercase()).collect();
        Ok(())
    }

    /// Whether the server offers that extension.
    pub fn offers(&self, extension: &str) -> bool {
        self.parameters(extension).is_some()
    }

    /// What stands behind the extension's name.
    pub fn parameters(&self, extension: &str) -> Option<&str> {
        self.offers.iter().find_map(|offer| {
            let rest = offer.strip_prefix(extension)?;
            if rest.is_empty() { Some(rest) } else { rest.strip_prefix([' ', '=']) }
        })
    }

    /// Says a command, and hears the reply.
    ///
    /// # Errors
    /// If the server says no, or nothing that is a reply.
    pub fn command(&mut self, command: impl fmt::Display) -> Result<SmtpReply, SmtpError> {
        self.write(format!("{command}\r\n").as_bytes())?;
        self.reply()
    }

    /// Sends a message up to its last line. The line that ends it is not sent: until then the server cannot have taken it.
    ///
    /// # Errors
    /// If the connection breaks.
    pub fn content(&mut self, message: &[u8]) -> Result<(), SmtpError> {
        let mut piece = Vec::with_capacity(PIECE + 1000);
        for line in message.split_inclusive(|byte| *byte == b'\n') {
            if line.starts_with(b".") {
                piece.push(b'.');
            }
            piece.extend_from_slice(line);
            if piece.len() >= PIECE {
                self.write(&piece)?;
                piece.clear();
            }
        }
        if !message.ends_with(b"\r\n") {
            piece.extend_from_slice(b"\r\n");
        }
        self.write(&piece)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), SmtpError> {
        let stream = self.stream.get_mut();
        stream.socket().end = self.patience.end();
        let written = stream.write_all(bytes).and_then(|()| stream.flush());
        self.broken |= written.is_err();
        Ok(written?)
    }

    /// Hears a reply.
    ///
    /// # Errors
    /// If the server says no, or nothing that is a reply.
    pub fn reply(&mut self) -> Result<SmtpReply, SmtpError> {
        self.stream.get_mut().socket().end = self.patience.end();
        let reply = self.lines();
        self.broken |= reply.is_err();
        let (code, lines) = reply?;
        match code {
            200..400 => Ok(SmtpReply { lines }),
            code => Err(SmtpError::Refused { code, text: joined(&lines) }),
        }
    }

    fn lines(&mut self) -> Result<(u16, Vec<String>), SmtpError> {
        let mut lines = Vec::new();
        while lines.len() < MOST_LINES {
            let line = self.line()?;
            let code = line.get(..3).and_then(|code| code.parse().ok()).filter(|code| (200..600).contains(code));
            let Some(code) = code else {
                let shown: String = line.chars().take(80).collect();
                return Err(SmtpError::Unreadable(format!("it does not speak SMTP: {shown}")));
            };
            lines.push(line.get(4..).unwrap_or_default().to_owned());
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok((code, lines));
            }
        }
        Err(SmtpError::Unreadable(format!("its answer has more than {MOST_LINES} lines")))
    }

    /// A line of a reply, without its end.
    fn line(&mut self) -> Result<String, SmtpError> {
        let mut bytes = Vec::new();
        self.stream.by_ref().take(LONGEST_LINE as u64).read_until(b'\n', &mut bytes)?;
        match bytes.strip_suffix(b"\n") {
            Some(line) => Ok(String::from_utf8_lossy(line).trim_end().to_owned()),
            None if bytes.len() < LONGEST_LINE => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            None => Err(SmtpError::Unreadable(format!("a line of its answer has more than {LONGEST_LINE} bytes"))),
        }
    }
}

/// Says good-bye, however it came to that. What comes of it changes nothing.
impl Drop for Connection {
    fn drop(&mut self) {
        if !self.broken {
            self.patience.each = FAREWELL.min(self.patience.each);
            let _ = self.command("QUIT");
        }
    }
}

/// The lines of a reply as a sentence. The status code of RFC 2034 that begins each of them is told once.
fn joined(lines: &[String]) -> String {
    let mut lines = lines.iter();
    let first = lines.next().map_or("", String::as_str);
    let status = first.split(' ').next().filter(|word| {
        word.split('.').count() == 3 && word.chars().all(|letter| letter.is_ascii_digit() || letter == '.')
    });
    let bare = |line: &String| match status.and_then(|status| line.strip_prefix(status)?.strip_prefix(' ')) {
        Some(rest) => rest.to_owned(),
        None => line.clone(),
    };
    std::iter::once(first.to_owned()).chain(lines.map(bare)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// What a client hears of a server that says these bytes and then nothing.
    fn heard(said: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("it is bound").port();
        std::thread::spawn(move || {
            let (mut client, _) = listener.accept().expect("a client");
            // The client may have heard enough before the end.
            let _ = client.write_all(said);
        });
        let patience = Patience { each: Duration::from_secs(60), until: None };
        let mut connection = Connection::open("127.0.0.1", port, patience).expect("a server");
        match connection.reply() {
            Ok(reply) => reply.lines.join("|"),
            Err(SmtpError::Refused { code, text }) => format!("{code}: {text}"),
            Err(SmtpError::Unreadable(why)) => why,
            Err(SmtpError::Io(error)) => error.kind().to_string(),
        }
    }

    #[test]
    fn replies_are_read_and_bounded() {
        assert_eq!(heard(b"220 hello\r\n"), "hello");
        assert_eq!(heard(b"250-a\r\n250-B C\r\n250 d\r\n"), "a|B C|d");
        assert_eq!(heard(b"250\r\n"), "");
        assert_eq!(
            heard(b"550-5.1.1 nobody is\r\n550-5.1.1 called\r\n550 5.1.10 that\r\n"),
            "550: 5.1.1 nobody is called 5.1.10 that"
        );
        assert_eq!(heard(b"HTTP/1.1 400 Bad Request\r\n"), "it does not speak SMTP: HTTP/1.1 400 Bad Request");
        assert_eq!(heard(b"\xff\xff\xff\xff\n"), "it does not speak SMTP: \u{fffd}\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(heard(b"220 hel"), "unexpected end of file");
        assert_eq!(heard(&[b'x'; 100_000]), "a line of its answer has more than 2000 bytes");
        let many: &'static [u8] = Box::leak(b"250-more\r\n".repeat(1000).into_boxed_slice());
        assert_eq!(heard(many), "its answer has more than 100 lines");
    }

    #[test]
    fn a_wait_ends_with_whichever_comes_first() {
        let until = Instant::now();
        assert_eq!(Patience { each: Duration::from_secs(60), until: Some(until) }.end(), until);
        assert!(
            Patience { each: Duration::from_secs(60), until: Some(until + Duration::from_secs(600)) }.end()
                < until + Duration::from_secs(600)
        );
    }
}
