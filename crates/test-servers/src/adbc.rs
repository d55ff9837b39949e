//! Drivers of databases, which are shared libraries.

use std::env;
use std::path::PathBuf;

use crate::programs;

/// The path of a driver's library, such as `libduckdb.so`: in the folder of `TIDEMILL_ADBC_DRIVERS`, or in `adbc-drivers` of the
/// build's folder. None, with a line that says so, if it is not there.
///
/// # Panics
/// If it is not there and `TIDEMILL_REQUIRE_SERVERS` is 1.
pub fn adbc_driver(file: &str) -> Option<PathBuf> {
    let named = env::var_os("TIDEMILL_ADBC_DRIVERS").map(PathBuf::from);
    // A test is in `target/debug/deps`.
    let built = || Some(env::current_exe().ok()?.ancestors().nth(3)?.join("adbc-drivers"));
    let library = named.or_else(built).map(|folder| folder.join(file)).filter(|library| library.is_file());
    if library.is_none() {
        programs::missing(file);
    }
    library
}
