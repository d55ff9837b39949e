//! A connection that gives lines, plain or encrypted.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// So long a client may say nothing.
const PATIENCE: Duration = Duration::from_secs(60);

enum Stream {
    Plain(TcpStream),
    Encrypted(Box<StreamOwned<ServerConnection, TcpStream>>),
}

/// The server's end of a connection.
pub(crate) struct Wire {
    /// None only while it is being encrypted.
    stream: Option<Stream>,
    buffer: Vec<u8>,
}

impl Wire {
    pub(crate) fn new(client: TcpStream) -> io::Result<Self> {
        client.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: Some(Stream::Plain(client)), buffer: Vec::new() })
    }

    /// Goes on encrypted. What came before in plain is forgotten: it may be somebody else's.
    pub(crate) fn encrypt(&mut self, config: &Arc<ServerConfig>) -> io::Result<()> {
        self.buffer.clear();
        if let Some(Stream::Plain(plain)) = self.stream.take() {
            let connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
            self.stream = Some(Stream::Encrypted(Box::new(StreamOwned::new(connection, plain))));
        }
        Ok(())
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        matches!(self.stream, Some(Stream::Encrypted(_)))
    }

    pub(crate) fn say(&mut self, line: &str) -> io::Result<()> {
        let stream = self.stream()?;
        stream.write_all(format!("{line}\r\n").as_bytes())?;
        stream.flush()
    }

    /// A command without its end; None if the client is gone.
    pub(crate) fn line(&mut self) -> io::Result<Option<String>> {
        let Some(line) = self.raw_line()? else { return Ok(None) };
        let text = line.strip_suffix(b"\r\n").ok_or(io::ErrorKind::InvalidData)?;
        Ok(Some(String::from_utf8_lossy(text).trim_end().to_owned()))
    }

    /// The next line with its end.
    pub(crate) fn raw_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let rest = self.buffer.split_off(end + 1);
                return Ok(Some(std::mem::replace(&mut self.buffer, rest)));
            }
            if self.read_more()? == 0 {
                return Ok(None);
            }
        }
    }

    /// Takes in whatever comes next; 0 if the client is gone.
    pub(crate) fn read_more(&mut self) -> io::Result<usize> {
        let mut piece = [0; 16 << 10];
        let read = self.stream()?.read(&mut piece)?;
        self.buffer.extend_from_slice(&piece[..read]);
        Ok(read)
    }

    /// Hangs up without a word.
    pub(crate) fn drop_now(&mut self) {
        let socket = match &self.stream {
            Some(Stream::Plain(plain)) => plain,
            Some(Stream::Encrypted(encrypted)) => &encrypted.sock,
            None => return,
        };
        // It may be gone by itself.
        let _ = socket.shutdown(Shutdown::Both);
    }

    fn stream(&mut self) -> io::Result<&mut dyn ReadWrite> {
        match &mut self.stream {
            Some(Stream::Plain(plain)) => Ok(plain),
            Some(Stream::Encrypted(encrypted)) => Ok(&mut **encrypted),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

trait ReadWrite: Read + Write {}

impl<T: Read + Write> ReadWrite for T {}
