//! Finding programs, and running them as somebody whom servers do not refuse.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// The programs of these names, from these folders, those of `PATH` or those of administrators; None, said on stderr, if one is not
/// installed.
///
/// # Panics
/// If one is not, and the tests are to find every server: `TIDEMILL_REQUIRE_SERVERS=1`.
pub(crate) fn installed<const N: usize>(names: [&str; N], folders: &[PathBuf]) -> Option<[PathBuf; N]> {
    let path = env::var_os("PATH").unwrap_or_default();
    let path: Vec<PathBuf> = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]).collect();
    let find = |name| folders.iter().chain(&path).map(|folder| folder.join(name)).find(|program| program.is_file());
    let found: Vec<PathBuf> = names.iter().map_while(find).collect();
    if let Some(program) = names.get(found.len()) {
        missing(program);
    }
    found.try_into().ok()
}

/// Says that a test is skipped because something is not installed.
///
/// # Panics
/// If the tests are to find every server: `TIDEMILL_REQUIRE_SERVERS=1`.
pub(crate) fn missing(program: &str) {
    let required = env::var_os("TIDEMILL_REQUIRE_SERVERS").is_some_and(|value| value == "1");
    assert!(!required, "`{program}` is not installed, and TIDEMILL_REQUIRE_SERVERS=1 demands it");
    eprintln!("skipped: `{program}` is not installed");
}

/// A port on which nobody listens now.
///
/// # Errors
/// If this machine has none.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Whom a server runs as: servers refuse to run as root.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account {
    /// The user's and the group's number; None for who runs the tests.
    ids: Option<(u32, u32)>,
}

impl Account {
    /// Who runs the tests, or for root the first of these users that there is.
    pub fn other_than_root(names: &[&str]) -> Self {
        if !rustix::process::geteuid().is_root() {
            return Self { ids: None };
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let ids = |name: &&str| {
            let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut fields = line.split(':').skip(2).map(str::parse::<u32>);
            Some((fields.next()?.ok()?, fields.next()?.ok()?))
        };
        Self { ids: names.iter().find_map(ids) }
    }

    /// Gives it a file or folder.
    pub fn own(self, path: &Path) -> io::Result<()> {
        match self.ids {
            Some((user, group)) => std::os::unix::fs::chown(path, Some(user), Some(group)),
            None => Ok(()),
        }
    }

    /// A program to be run as it. It gets `signal` when the thread that starts it ends.
    pub fn command(self, program: &Path, signal: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", signal]);
        if let Some((user, group)) = self.ids {
            command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_owned()]);
        }
        command.arg("--").arg(program);
        // Its own settings alone count, not those of who runs the tests.
        let inherited = env::vars_os().map(|(name, _)| name);
        for name in inherited.filter(|name| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        command
    }
}
