//! All processes below one.

use rustix::process::{Pid, Signal};

/// Sends a signal to everything below `keeper`; `command` is the first process there and leads a group of its own. A process
/// that is stopped is continued, so that it hears of it. Returns how many there were.
pub(crate) fn signal(keeper: Pid, command: Pid, signal: Signal) -> usize {
    let below = below(keeper, command);
    for pid in &below {
        // It may have ended meanwhile.
        let _ = rustix::process::kill_process(*pid, signal);
        if signal == Signal::TERM {
            let _ = rustix::process::kill_process(*pid, Signal::CONT);
        }
    }
    if !cfg!(target_os = "linux") {
        let _ = rustix::process::kill_process_group(command, signal);
    }
    below.len()
}

/// Whether anything of the command is left; `children` says whether its keeper has children.
pub(crate) fn is_gone(children: bool, command: Pid) -> bool {
    if cfg!(target_os = "linux") { !children } else { rustix::process::test_kill_process_group(command).is_err() }
}

#[cfg(target_os = "linux")]
fn below(keeper: Pid, _command: Pid) -> Vec<Pid> {
    descendants(keeper, |_| true)
}

/// Without `/proc` nobody knows more than the group.
#[cfg(not(target_os = "linux"))]
fn below(_keeper: Pid, command: Pid) -> Vec<Pid> {
    if rustix::process::test_kill_process_group(command).is_ok() { vec![command] } else { Vec::new() }
}

/// All living processes below `root`, those whose line of parents begins with a child that `wanted` refuses left out.
#[cfg(target_os = "linux")]
pub(crate) fn descendants(root: Pid, wanted: impl Fn(Pid) -> bool) -> Vec<Pid> {
    let all = processes();
    let mut found: Vec<Pid> =
        all.iter().filter(|(pid, parent)| *parent == root && wanted(*pid)).map(|(pid, _)| *pid).collect();
    let mut at = 0;
    while at < found.len() {
        let parent = found[at];
        found.extend(all.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    found
}

/// Every living process and its parent.
#[cfg(target_os = "linux")]
fn processes() -> Vec<(Pid, Pid)> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let process = |entry: std::fs::DirEntry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        // The name in parentheses may hold anything, parentheses included.
        let mut fields = stat[stat.rfind(')')? + 1..].split_ascii_whitespace();
        let state = fields.next()?;
        let parent: i32 = fields.next()?.parse().ok()?;
        if matches!(state, "Z" | "X") {
            return None;
        }
        Some((Pid::from_raw(pid)?, Pid::from_raw(parent)?))
    };
    entries.flatten().filter_map(process).collect()
}
