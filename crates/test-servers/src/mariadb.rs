//! A MariaDB server for tests.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::certificate_authority::{CertificateAuthority, Certificates};
use crate::programs::{free_port, installed};

/// A server with a user `tidemill` who may do everything, with a database `shop`, and with a certificate for localhost. It ends when
/// it is dropped.
pub struct MariaDb {
    folder: TempDir,
    port: u16,
    mariadbd: PathBuf,
    client: PathBuf,
    arguments: Vec<String>,
    authority: CertificateAuthority,
    child: Option<Child>,
}

/// What is lost when the whole machine dies may be lost.
const NO_SYNC: &str = "--innodb-flush-method=nosync";

const SETUP: &str = "CREATE DATABASE IF NOT EXISTS shop;
CREATE USER IF NOT EXISTS tidemill@'%' IDENTIFIED BY 'sesame';
GRANT ALL ON *.* TO tidemill@'%' WITH GRANT OPTION;
";

impl MariaDb {
    /// Starts one; None if it is not installed.
    ///
    /// # Panics
    /// If it does not start, or is not installed and `TIDEMILL_REQUIRE_SERVERS` is 1.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts one with more arguments.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_with(arguments: &[&str]) -> Option<Self> {
        let [mariadbd, install, client] = installed(["mariadbd", "mariadb-install-db", "mariadb"], &[])?;
        let folder = tempfile::tempdir().expect("there is room for a folder");
        prepare(&install, folder.path());
        let authority = CertificateAuthority::new(folder.path()).expect("certificates can be made");
        let certificate =
            authority.issue("server", &["localhost", "127.0.0.1"], false).expect("certificates can be made");
        let port = free_port().expect("this machine has free ports");
        let mut all = base_arguments(folder.path(), port, &certificate);
        all.extend(arguments.iter().map(ToString::to_string));
        let mut server = Self { folder, port, mariadbd, client, arguments: all, authority, child: None };
        server.resume();
        Some(server)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Who has vouched for its certificate.
    pub fn authority(&self) -> &CertificateAuthority {
        &self.authority
    }

    /// The URL of its database `shop` for user `tidemill`, who may do everything.
    pub fn url(&self) -> String {
        format!("mysql://tidemill:sesame@127.0.0.1:{}/shop", self.port)
    }

    /// The server's own client, who reads SQL and prints rows as lines, values set apart by tabs.
    pub fn client_command(&self) -> Command {
        let mut client = Command::new(&self.client);
        client
            .args(["--no-defaults", "--batch", "--raw", "--skip-column-names", "--default-character-set=utf8mb4"])
            .arg(format!("--socket={}", self.socket().display()))
            .args(["--user=tidemill", "--password=sesame", "--database=shop"]);
        client
    }

    /// What the server's own client prints for SQL.
    ///
    /// # Panics
    /// If the server refuses.
    pub fn sql(&self, sql: &str) -> String {
        let mut client = self
            .client_command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the client starts");
        let mut stdin = client.stdin.take().expect("it was asked for");
        let sql = sql.to_owned();
        let writer = std::thread::spawn(move || stdin.write_all(sql.as_bytes()));
        let output = client.wait_with_output().expect("the client ends");
        let _ = writer.join();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("the client prints UTF-8")
    }

    /// Kills it, as a power cut would.
    ///
    /// # Panics
    /// If it cannot be waited for.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It has ended by itself: then there is nothing to kill.
            let _ = child.kill();
            child.wait().expect("a child can be waited for");
        }
    }

    /// Starts it again, with everything it had.
    ///
    /// # Panics
    /// If it does not start.
    pub fn resume(&mut self) {
        let mut child = Command::new(&self.mariadbd)
            .args(&self.arguments)
            .env("TMPDIR", self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let stderr = BufReader::new(child.stderr.take().expect("it was asked for"));
        self.child = Some(child);
        wait_until_ready(stderr);
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        self.kill();
    }
}

fn prepare(install: &Path, folder: &Path) {
    let output = Command::new(install)
        .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", NO_SYNC])
        .arg(format!("--datadir={}", folder.join("data").display()))
        .args(as_root())
        // Servers that share one folder for temporary tables remove each other's.
        .env("TMPDIR", folder)
        .output()
        .expect("mariadb-install-db starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::write(folder.join("setup.sql"), SETUP).expect("the folder can be written to");
}

/// Root has to say that it means it.
fn as_root() -> Option<&'static str> {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0);
    is_root.then_some("--user=root")
}

fn base_arguments(folder: &Path, port: u16, issued: &Certificates) -> Vec<String> {
    let path = |name: &str| folder.join(name).display().to_string();
    let all = vec![
        "--no-defaults".to_owned(),
        format!("--datadir={}", path("data")),
        format!("--socket={}", path("socket")),
        format!("--pid-file={}", path("pid")),
        format!("--port={port}"),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--ssl-ca={}", issued.authority.display()),
        format!("--ssl-cert={}", issued.certificate.display()),
        format!("--ssl-key={}", issued.key.display()),
        "--innodb-buffer-pool-size=64M".to_owned(),
        "--innodb-flush-log-at-trx-commit=2".to_owned(),
        NO_SYNC.to_owned(),
        "--skip-name-resolve".to_owned(),
        format!("--init-file={}", path("setup.sql")),
    ];
    all.into_iter().chain(as_root().map(ToOwned::to_owned)).collect()
}

/// Reads what the server says until it is ready, and what it says later, so that it never waits for a reader.
fn wait_until_ready(mut stderr: BufReader<impl Read + Send + 'static>) {
    let mut said = String::new();
    loop {
        let before = said.len();
        let read = stderr.read_line(&mut said).expect("the server speaks UTF-8");
        assert!(read > 0, "the server did not start:\n{said}");
        if said[before..].contains("ready for connections") {
            break;
        }
    }
    std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
}
