//! Neovim, without a screen, driven by a script of Lua.

use std::path::Path;
use std::process::Command;

use crate::programs::installed;

/// A command that opens a file in Neovim, with none of its user's settings, and runs a script of Lua there. None, said on stderr,
/// if it is not installed.
///
/// # Panics
/// If it is not and `TIDEMILL_REQUIRE_SERVERS` is 1.
pub fn neovim(script: &Path, file: &Path) -> Option<Command> {
    let [neovim] = installed(["nvim"], &[])?;
    let mut command = Command::new(neovim);
    command.args(["--clean", "--headless", "-n", "-c"]).arg(format!("luafile {}", script.display())).arg(file);
    Some(command)
}
