//! One thing changes, and exactly the tasks that it concerns run, for exactly the reasons that `plan` gave before.

mod change;
mod files;
mod keys;
mod others;
mod settings;
pub mod small;
mod tasks;

use change::Change;

/// Tries every change of a table; tells of all that went otherwise at once.
#[track_caller]
fn all(changes: Vec<Change>) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let wrong = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(change) = changes.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    wrong.lock().expect("no panic holds it").extend(change.went_otherwise());
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no panic held it");
    assert!(wrong.is_empty(), "{} of {} changes\n\n{}", wrong.len(), changes.len(), wrong.join("\n"));
}
