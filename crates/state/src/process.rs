//! Processes, told apart for good.

use serde::{Deserialize, Serialize};

/// A process: its number alone is used again by later ones, so its start and the machine's boot belong to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The machine's boot; empty where the system does not say.
    pub boot: String,
    /// When it started, in the kernel's ticks since the boot; 0 where the system does not say.
    pub started: u64,
}

impl Process {
    /// This one.
    pub fn current() -> Self {
        let pid = std::process::id();
        Self { pid, boot: boot(), started: started(pid).unwrap_or(0) }
    }

    /// Whether it is still there. Where the system says little, a later process of the same number counts as it.
    pub fn is_alive(&self) -> bool {
        if self.boot != boot() {
            return false;
        }
        if cfg!(target_os = "linux") {
            return started(self.pid) == Some(self.started);
        }
        let pid = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw);
        // Without the right to ask, there is something to ask.
        pid.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
    }
}

fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map_or_else(|_| String::new(), |id| id.trim().to_owned())
}

/// The start of a process that is not yet a zombie.
fn started(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; the fields behind it are numbers, the first its state.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives() {
        assert!(Process::current().is_alive());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn another_boot_or_another_start_is_another_process() {
        let current = Process::current();
        assert!(!Process { boot: "before".into(), ..current.clone() }.is_alive());
        assert!(!Process { started: current.started + 1, ..current }.is_alive());
    }

    #[cfg(unix)]
    #[test]
    fn a_process_that_ended_is_dead() -> std::io::Result<()> {
        let mut child = std::process::Command::new("sleep").arg("60").spawn()?;
        let process = Process { started: started(child.id()).unwrap_or(0), pid: child.id(), boot: boot() };
        assert!(process.is_alive());
        child.kill()?;
        child.wait()?;
        assert!(!process.is_alive());
        Ok(())
    }
}
