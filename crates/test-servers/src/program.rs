//! Programs that are installed, and what is known of the machine.

use std::net::TcpListener;
use std::path::PathBuf;

/// The programs of these names; None, said on stderr, if one is not installed.
///
/// # Panics
/// If one is not installed and `TIDEMILL_REQUIRE_SERVERS` is 1.
pub(crate) fn installed<const N: usize>(names: [&str; N]) -> Option<[PathBuf; N]> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Servers often lie where only administrators look.
    let folders: Vec<PathBuf> =
        std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]).collect();
    let find = |name: &str| folders.iter().map(|folder| folder.join(name)).find(|program| program.is_file());
    let found = names.map(find);
    if let Some(missing) = names.iter().zip(&found).find_map(|(name, found)| found.is_none().then_some(name)) {
        let required = std::env::var("TIDEMILL_REQUIRE_SERVERS").is_ok_and(|value| value == "1");
        assert!(!required, "`{missing}` is not installed, and TIDEMILL_REQUIRE_SERVERS demands it");
        eprintln!("skipped: `{missing}` is not installed");
        return None;
    }
    Some(found.map(Option::unwrap_or_default))
}

/// A port on which nobody listens now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("this machine has free ports");
    listener.local_addr().expect("a listener has an address").port()
}
