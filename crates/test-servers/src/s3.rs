//! An object store that speaks as Amazon S3 does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::programs::installed;

/// The program, of the package `moto[server]` of PyPI.
const PROGRAM: &str = "moto_server";

/// A store in memory that accepts any keys. It ends with this value.
pub struct S3Server {
    process: Child,
    address: String,
}

impl S3Server {
    /// One on a free port; None, said with a line, where the program is not installed.
    ///
    /// # Panics
    /// If it is demanded and cannot be started.
    pub fn start() -> Option<Self> {
        let mut command = Command::new(program()?);
        command.args(["-H", "127.0.0.1", "-p", "0"]).env("PYTHONUNBUFFERED", "1");
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the server starts");
        let mut lines = BufReader::new(process.stderr.take().expect("its messages")).lines().map_while(Result::ok);
        let address = lines.find_map(|line| Some(line.split_once("http://")?.1.trim().to_owned()));
        // What it says later is read, so that it never waits for that.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { process, address: address.expect("its address") })
    }

    /// The endpoint.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port on 127.0.0.1.
    ///
    /// # Panics
    /// If its address has none.
    pub fn port(&self) -> u16 {
        self.address.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
    }

    /// Makes a bucket.
    ///
    /// # Panics
    /// If that fails.
    pub fn make_bucket(&self, bucket: &str) {
        let (status, _) = self.ask("PUT", &format!("/{bucket}"), b"");
        assert_eq!(status, 200, "the bucket {bucket}");
    }

    /// Puts an object.
    ///
    /// # Panics
    /// If that fails.
    pub fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let (status, _) = self.ask("PUT", &format!("/{path}"), content.as_ref());
        assert_eq!(status, 200, "the object {path}");
    }

    /// Removes an object.
    ///
    /// # Panics
    /// If that fails.
    pub fn delete(&self, path: &str) {
        let (status, _) = self.ask("DELETE", &format!("/{path}"), b"");
        assert_eq!(status, 204, "the object {path}");
    }

    /// The content of an object; None if it is not there.
    ///
    /// # Panics
    /// If the server is gone.
    pub fn get(&self, path: &str) -> Option<Vec<u8>> {
        let (status, content) = self.ask("GET", &format!("/{path}"), b"");
        (status == 200).then_some(content)
    }

    /// What is left of uploads that were begun in a bucket, as the server lists it.
    ///
    /// # Panics
    /// If the server is gone.
    pub fn unfinished(&self, bucket: &str) -> String {
        String::from_utf8_lossy(&self.ask("GET", &format!("/{bucket}?uploads"), b"").1).into_owned()
    }

    fn ask(&self, method: &str, path: &str, content: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).expect("the server answers");
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request\r\n\r\n",
            self.address,
            content.len()
        );
        stream.write_all(&[head.as_bytes(), content].concat()).expect("the server listens");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let status = String::from_utf8_lossy(&answer[..end]).split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.expect("a status"), answer.split_off(end + 4))
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program: that of `TIDEMILL_MOTO`, or the one that is installed.
fn program() -> Option<PathBuf> {
    let named = std::env::var_os("TIDEMILL_MOTO").map(PathBuf::from);
    named.or_else(|| installed([PROGRAM], &[]).map(|[program]| program))
}
