//! Hearing of edited files at once, where the system tells. Elsewhere the scheduler looks whenever it wakes.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;

use super::Event;

/// Watches folders.
pub struct Edits {
    sender: Sender<Event>,
    folders: HashSet<PathBuf>,
    #[cfg(target_os = "linux")]
    watcher: Option<std::sync::Arc<rustix::fd::OwnedFd>>,
}

impl Edits {
    /// Watches nothing yet.
    pub fn new(sender: Sender<Event>) -> Self {
        Self {
            sender,
            folders: HashSet::new(),
            #[cfg(target_os = "linux")]
            watcher: None,
        }
    }

    /// From now on, tells of files in the folder that are written, moved or removed. If the system refuses, edits are found
    /// when the scheduler wakes.
    #[cfg(target_os = "linux")]
    pub fn watch(&mut self, folder: &Path) {
        use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};

        if !self.folders.insert(folder.to_owned()) {
            return;
        }
        if self.watcher.is_none() {
            let Ok(watcher) = init(CreateFlags::CLOEXEC).map(std::sync::Arc::new) else { return };
            let (reader, sender) = (watcher.clone(), self.sender.clone());
            std::thread::spawn(move || tell(&reader, &sender));
            self.watcher = Some(watcher);
        }
        if let Some(watcher) = &self.watcher {
            // Not when a file is made: it is empty then, and written a moment later.
            let what = WatchFlags::CLOSE_WRITE | WatchFlags::MOVED_TO | WatchFlags::MOVED_FROM | WatchFlags::DELETE;
            let _ = add_watch(&**watcher, folder, what | WatchFlags::ONLYDIR);
        }
    }

    /// Nothing tells of edits here.
    #[cfg(not(target_os = "linux"))]
    pub fn watch(&mut self, folder: &Path) {
        self.folders.insert(folder.to_owned());
    }
}

/// Passes on what concerns YAML files, until nobody listens any more.
#[cfg(target_os = "linux")]
fn tell(watcher: &rustix::fd::OwnedFd, sender: &Sender<Event>) {
    use rustix::fs::inotify::Reader;

    let mut buffer = [std::mem::MaybeUninit::uninit(); 4096];
    let mut reader = Reader::new(watcher, &mut buffer);
    loop {
        let is_yaml = match reader.next() {
            // Without a name it is the folder itself, or more happened than the system could tell.
            Ok(event) => event.file_name().is_none_or(|name| {
                let name = name.to_string_lossy();
                name.ends_with(".yaml") || name.ends_with(".yml")
            }),
            Err(rustix::io::Errno::INTR) => false,
            Err(_) => return,
        };
        if is_yaml && sender.send(Event::Edited).is_err() {
            return;
        }
    }
}
