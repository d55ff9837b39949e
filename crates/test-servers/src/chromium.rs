//! Chromium, driven by a script of Node.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::programs::{installed, missing};

/// The names under which systems have Chromium.
const CHROMIUM: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// The folder of the packages that drive it.
const TOOLS: &str = "TIDEMILL_BROWSER_TOOLS";

/// A command that runs a script in Node. Where Chromium is and where the packages are, it finds in the variables
/// `TIDEMILL_CHROMIUM` and `TIDEMILL_BROWSER_TOOLS`. None, said on stderr, if something is not installed: Node, Chromium, or
/// `playwright-core` and `axe-core` in the folder that `TIDEMILL_BROWSER_TOOLS` names.
///
/// # Panics
/// If something is not and `TIDEMILL_REQUIRE_SERVERS` is 1.
pub fn browser_script(script: &Path) -> Option<Command> {
    let [node] = installed(["node"], &[])?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let find = |name: &&str| folders.iter().map(|folder| folder.join(name)).find(|program| program.is_file());
    let Some(chromium) = CHROMIUM.iter().find_map(find) else {
        missing("chromium");
        return None;
    };
    let has_packages = |tools: &PathBuf| {
        ["playwright-core", "axe-core"].iter().all(|package| tools.join("node_modules").join(package).is_dir())
    };
    let Some(tools) = std::env::var_os(TOOLS).map(PathBuf::from).filter(has_packages) else {
        missing("playwright-core and axe-core");
        return None;
    };
    let mut command = Command::new(node);
    command.arg(script).env(TOOLS, tools).env("TIDEMILL_CHROMIUM", chromium);
    Some(command)
}
