//! How much memory the process may hold. What would not fit fails with figures: the system would end the process without a word.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tidemill_core::table::EngineError;

use crate::error::Outcome;

/// What was given; 0 for nothing.
static GIVEN: AtomicU64 = AtomicU64::new(0);

/// Nine tenths of what the machine, or the group of processes that this one belongs to, has free when it is first asked for.
static FREE: LazyLock<u64> = LazyLock::new(|| {
    let free = available().map(|free| free.saturating_add(held()));
    free.into_iter().chain(group_limit()).min().map_or(u64::MAX, |bytes| bytes / 10 * 9)
});

/// From now on the process may hold so many bytes.
pub(crate) fn limit_to(bytes: u64) {
    GIVEN.store(bytes, Ordering::Relaxed);
}

fn budget() -> u64 {
    match GIVEN.load(Ordering::Relaxed) {
        0 => *FREE,
        given => given,
    }
}

/// An error once the process holds more than it may. Asked between the steps of whatever grows; looks once a millisecond.
pub(crate) fn check() -> Outcome<()> {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    static LOOKED: AtomicU64 = AtomicU64::new(u64::MAX);
    let now = BEGUN.elapsed().as_millis() as u64;
    if LOOKED.swap(now, Ordering::Relaxed) == now || held() <= budget() {
        return Ok(());
    }
    give_back();
    let held = held();
    if held <= budget() { Ok(()) } else { Err(exceeded(format!("the tables in memory have grown to {}", shown(held)))) }
}

/// What grows piece by piece without an end that is known before: asks for memory once for each mebibyte.
#[derive(Default)]
pub(crate) struct Growth {
    unasked: usize,
}

impl Growth {
    /// It has grown by so many bytes.
    ///
    /// # Errors
    /// If the process holds more than it may.
    pub fn by(&mut self, bytes: usize) -> Outcome<()> {
        self.unasked += bytes;
        if self.unasked < 1 << 20 {
            return Ok(());
        }
        self.unasked = 0;
        check()
    }
}

/// That there is room for so many more bytes.
///
/// # Errors
/// Naming `what` needs them.
pub(crate) fn room_for(bytes: u128, what: impl FnOnce() -> String) -> Outcome<()> {
    // A few megabytes are not worth a look.
    if bytes < 1 << 24 || bytes <= u128::from(budget().saturating_sub(held())) {
        return Ok(());
    }
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    Err(exceeded(format!("{} would take about {} of memory, of which {} is held", what(), shown(bytes), shown(held()))))
}

fn exceeded(what: String) -> EngineError {
    EngineError::Memory {
        message: format!("{what}; the budget is {}", shown(budget())),
        help: "read fewer rows or columns, or raise the budget with `memory: 8GB` at the top of the pipeline"
            .to_owned(),
    }
}

/// `1.5 GB`, with the units of the pipeline file.
fn shown(bytes: u64) -> String {
    match bytes as f64 {
        bytes if bytes >= 1e9 => format!("{:.1} GB", bytes / 1e9),
        bytes => format!("{:.0} MB", bytes / 1e6),
    }
}

/// The bytes of its own that the process holds; 0 where the system does not say.
fn held() -> u64 {
    field("/proc/self/status", "RssAnon:").unwrap_or(0)
}

fn available() -> Option<u64> {
    field("/proc/meminfo", "MemAvailable:")
}

/// The limit of a container, if there is one.
fn group_limit() -> Option<u64> {
    std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok()?.trim().parse().ok()
}

/// A number of KiB in a file of the kernel's, in bytes.
fn field(file: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kib| kib << 10)
}

/// Gives freed memory back that the C library keeps for the next columns.
fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `malloc_trim` may be called at any time and touches only what is free.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_told_with_figures() {
        assert!(room_for(1 << 20, || "a little".to_owned()).is_ok());
        let error = room_for(1 << 70, || "the join".to_owned()).expect_err("no machine has that");
        assert!(error.to_string().starts_with("the join would take about "), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_says_what_is_held_and_what_is_free() {
        assert!(held() > 1 << 16);
        assert!(available().is_some_and(|free| free > 1 << 20));
        assert_eq!((shown(1_500_000_000), shown(64 << 20)), ("1.5 GB".to_owned(), "67 MB".to_owned()));
    }
}
