//! Keeps the panic hook silent while the engine works: a caught panic is reported once, as an error.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::thread;

use crate::runtime::parallel::THREAD;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// What the work gives; if it panics, what the panic says.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let _quiet = SilencedPanics::start();
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given").to_owned()
    })
}

/// While it lives, panics of this thread print nothing, nor do those of threads that compute for it.
pub(crate) struct SilencedPanics;

impl SilencedPanics {
    /// Begins the silence; the hook is put in once for the process and passes on what is not ours.
    pub fn start() -> Self {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                // A thread that is going down may have lost its local values; then it is not one of ours.
                let ours = DEPTH.try_with(Cell::get).unwrap_or(0) > 0
                    || thread::current().name().is_some_and(|name| name.starts_with(THREAD));
                if !ours {
                    before(info);
                }
            }));
        });
        DEPTH.with(|depth| depth.set(depth.get() + 1));
        Self
    }
}

impl Drop for SilencedPanics {
    fn drop(&mut self) {
        DEPTH.with(|depth| depth.set(depth.get() - 1));
    }
}
