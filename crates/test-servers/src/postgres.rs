//! PostgreSQL.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::Certificates;
use crate::programs::{Account, free_port, installed};
use crate::server_process::{ServerProcess, shared};

/// The owner of everything.
const OWNER: &str = "owner";
/// The owner's password.
const PASSWORD: &str = "the owner's p@ssword";
/// What the server says when one can connect.
const READY: &str = "ready to accept connections";

static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());

/// A PostgreSQL server that demands a password and speaks TLS. It ends, and its folder goes, when this is dropped; it ends with
/// the test's process in any case.
pub struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    account: Account,
    port: u16,
    certificates: Certificates,
    process: ServerProcess,
    databases: AtomicUsize,
}

impl Postgres {
    /// One that all tests that run at the same time share; None, and a line that says so, where it is not installed.
    ///
    /// # Panics
    /// If it does not start.
    pub fn shared() -> Option<Arc<Self>> {
        shared(&SHARED, Self::start)
    }

    /// One of its own; None, and a line that says so, where it is not installed.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start() -> Option<Self> {
        Self::start_with(false)
    }

    /// As [`Self::start`], with a certificate that has expired.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_expired() -> Option<Self> {
        Self::start_with(true)
    }

    fn start_with(expired: bool) -> Option<Self> {
        let [postgres, ..] = installed(["postgres", "initdb", "psql"], &folders_of_versions())?;
        let programs = postgres.parent().map(Path::to_owned).unwrap_or_default();
        let start = || {
            let server = Self::make(programs, expired)?;
            server.run()?;
            Ok::<_, io::Error>(server)
        };
        Some(start().unwrap_or_else(|error| panic!("the server for this test does not start: {error}")))
    }

    fn make(programs: PathBuf, expired: bool) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("pg").tempdir()?;
        let account = Account::other_than_root(&["postgres", "nobody"]);
        let certificates = Certificates::make(folder.path(), expired)?;
        let password = folder.path().join("password");
        fs::write(&password, PASSWORD)?;
        fs::set_permissions(&certificates.key, fs::Permissions::from_mode(0o600))?;
        for path in [folder.path(), &password, &certificates.key] {
            account.own(path)?;
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let data = folder.path().join("data");
        let mut initdb = account.command(&programs.join("initdb"), "KILL");
        initdb.args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]);
        initdb.args(["--username", OWNER, "--pwfile"]).arg(&password).arg("-D").arg(&data).current_dir(folder.path());
        succeed(&mut initdb)?;
        let (port, process, databases) = (0, ServerProcess::default(), AtomicUsize::new(0));
        let mut server = Self { folder, programs, account, port, certificates, process, databases };
        server.port = free_port()?;
        Ok(server)
    }

    /// Starts it again after [`Self::kill`], on the same port.
    ///
    /// # Errors
    /// If it does not start.
    pub fn run(&self) -> io::Result<()> {
        self.process.start(READY, || self.server())
    }

    fn server(&self) -> Command {
        let mut server = self.account.command(&self.programs.join("postgres"), "QUIT");
        let folder = self.folder.path();
        server.arg("-D").arg(folder.join("data")).arg("-p").arg(self.port.to_string());
        let files = &self.certificates;
        for (name, value) in [
            ("listen_addresses", "127.0.0.1"),
            ("unix_socket_directories", &folder.display().to_string()),
            ("ssl", "on"),
            ("ssl_cert_file", &files.certificate.display().to_string()),
            ("ssl_key_file", &files.key.display().to_string()),
            ("fsync", "off"),
            ("max_connections", "60"),
            ("log_destination", "stderr"),
            ("logging_collector", "off"),
            ("lc_messages", "C"),
        ] {
            server.arg("-c").arg(format!("{name}={value}"));
        }
        server.current_dir(folder);
        server
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&self) {
        self.process.kill(Signal::QUIT);
    }

    /// The port where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its socket.
    pub fn socket(&self) -> &Path {
        self.folder.path()
    }

    /// Its certificates.
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// A new empty database; its name.
    pub fn database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.psql("postgres", &format!("create database {name}"));
        name
    }

    /// The owner's URL of a database, over the network; more parameters may follow.
    pub fn url(&self, database: &str) -> String {
        self.url_at(self.port, database)
    }

    /// The same by way of another port: that of a proxy.
    pub fn url_at(&self, port: u16, database: &str) -> String {
        format!("postgres://{OWNER}:{}@localhost:{port}/{database}", PASSWORD.replace('@', "%40").replace(' ', "%20"))
    }

    /// What `psql` prints for these statements, rows one a line, fields with `|` between.
    ///
    /// # Panics
    /// If one of them fails.
    pub fn psql(&self, database: &str, sql: &str) -> String {
        let mut psql = self.psql_command(database);
        let output = succeed(psql.arg("-c").arg(sql)).unwrap_or_else(|error| panic!("{sql}: {error}"));
        output.trim_end_matches('\n').to_owned()
    }

    /// `psql` on a database, to be given more arguments.
    pub fn psql_command(&self, database: &str) -> Command {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["--no-psqlrc", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", OWNER, "-d", database]);
        psql.arg("-h").arg(self.folder.path()).arg("-p").arg(self.port.to_string()).env("PGPASSWORD", PASSWORD);
        psql
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Folders where the programs of a server are that are not in `PATH`, the newest version first.
fn folders_of_versions() -> Vec<PathBuf> {
    let versions = |folder: &str| fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions("/usr/lib/postgresql").map(|version| version.path().join("bin")).collect();
    folders.sort_by_key(|folder| std::cmp::Reverse(folder.parent().and_then(Path::file_name).map(ToOwned::to_owned)));
    folders
}

fn succeed(command: &mut Command) -> io::Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(io::Error::other(format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )))
}
