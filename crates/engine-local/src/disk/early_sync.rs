//! Early write-back: files are on their way to the disk while they are still being written.

use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

/// So many bytes are written before the disk is told to begin, and again before it is told to go on.
const STEP: usize = 32 << 20;

/// A file whose bytes go to the disk as they come, on a thread of its own if there are many: whoever syncs it at the end finds
/// most of the waiting done. Nothing counts as synced by this, so no error is looked for here.
pub(crate) struct EarlySync {
    file: File,
    since: usize,
    helper: Option<(SyncSender<()>, JoinHandle<()>)>,
}

impl EarlySync {
    /// To be written from the start.
    pub fn new(file: File) -> Self {
        Self { file, since: 0, helper: None }
    }

    /// All is written.
    pub fn finish(self) -> io::Result<()> {
        if let Some((sender, thread)) = self.helper {
            drop(sender);
            thread.join().map_err(|_| io::Error::other("the thread that syncs broke"))?;
        }
        Ok(())
    }

    fn nudge(&mut self) {
        self.since = 0;
        if self.helper.is_none() {
            let Ok(file) = self.file.try_clone() else { return };
            let (sender, receiver) = sync_channel::<()>(1);
            let work = move || {
                while receiver.recv().is_ok() {
                    let _ = file.sync_data();
                }
            };
            let Ok(thread) = Builder::new().name("sync-ahead".to_owned()).spawn(work) else { return };
            self.helper = Some((sender, thread));
        }
        if let Some((sender, _)) = &self.helper {
            // If one is waiting already, it will see these bytes too.
            let _ = sender.try_send(());
        }
    }
}

impl Write for EarlySync {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.since += written;
        if self.since >= STEP {
            self.nudge();
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
