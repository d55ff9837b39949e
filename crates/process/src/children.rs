//! Waiting for the end of a child and for an open file at once.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::time::Duration;

/// Lets a process of one thread sleep until something happens to its children or in a file.
pub(crate) struct Children {
    /// The signals that are blocked while this process waits: those that were, without the one that tells of a child.
    waiting: libc::sigset_t,
}

impl Children {
    /// From now on the signal that a child has ended is held back until this process waits: it cannot come just before, unseen.
    ///
    /// To be called in a process of one thread. A fork takes it over.
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) fn new() -> io::Result<Self> {
        // Without a handler the signal would wake nobody.
        // SAFETY: a handler that does nothing may run at any time.
        unsafe { signal_hook::low_level::register(libc::SIGCHLD, || {}) }?;
        // SAFETY: the sets are filled by the calls before they are read.
        unsafe {
            let (mut child, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
            libc::sigemptyset(child.as_mut_ptr());
            libc::sigaddset(child.as_mut_ptr(), libc::SIGCHLD);
            if libc::sigprocmask(libc::SIG_BLOCK, child.as_ptr(), before.as_mut_ptr()) != 0 {
                return Err(io::Error::last_os_error());
            }
            let mut waiting = before.assume_init();
            libc::sigdelset(&raw mut waiting, libc::SIGCHLD);
            Ok(Self { waiting })
        }
    }

    /// Waits until a child ends, there is something to read in `file`, or `limit` is over; whether it is the file.
    ///
    /// # Errors
    /// If the file cannot be waited for.
    pub(crate) fn wait(&self, file: Option<BorrowedFd<'_>>, limit: Option<Duration>) -> io::Result<bool> {
        let limit = limit.map(|limit| libc::timespec {
            tv_sec: limit.as_secs().try_into().unwrap_or(libc::time_t::MAX),
            // Below a thousand million, which fits.
            tv_nsec: i32::try_from(limit.subsec_nanos()).unwrap_or(0).into(),
        });
        let number = file.map(|file| file.as_raw_fd());
        if number.is_some_and(|number| usize::try_from(number).is_ok_and(|number| number >= libc::FD_SETSIZE)) {
            return Err(io::Error::other("too many open files"));
        }
        // SAFETY: the set is emptied before it is used, the number is below its size, and all of it lives during the call.
        unsafe {
            let mut files = MaybeUninit::uninit();
            libc::FD_ZERO(files.as_mut_ptr());
            let mut files = files.assume_init();
            if let Some(number) = number {
                libc::FD_SET(number, &raw mut files);
            }
            let limit = limit.as_ref().map_or(ptr::null(), ptr::from_ref);
            let most = number.map_or(0, |number| number + 1);
            let none = ptr::null_mut();
            match libc::pselect(most, &raw mut files, none, none, limit, &raw const self.waiting) {
                // Interrupted by the signal of a child, or by another.
                -1 => match io::Error::last_os_error() {
                    error if error.kind() == io::ErrorKind::Interrupted => Ok(false),
                    error => Err(error),
                },
                ready => Ok(ready > 0),
            }
        }
    }
}
