//! How the C library hands out memory for columns.

use std::sync::Once;

/// Makes the C library keep freed columns for the next ones, once for the process.
///
/// A slice of 16,384 decimals has 256 KiB. glibc takes blocks of that size from the system one by one and gives them back as soon
/// as they are freed, so that each slice is paid for with fresh, cleared pages: three fifths of the processor time of a query that
/// does little else than compute. Blocks of up to 32 MiB, the most that glibc allows, now come from its own heaps, which give back
/// what lies above 64 MiB of free memory at their end. Who has set `MALLOC_MMAP_THRESHOLD_` is left alone.
///
/// Elsewhere nothing is done: other allocators keep what was freed.
pub(crate) fn keep_freed_columns() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        if std::env::var_os("MALLOC_MMAP_THRESHOLD_").is_none() {
            // SAFETY: `mallopt` takes two ints, may be called at any time, and changes nothing that is allocated already.
            unsafe {
                libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
                libc::mallopt(libc::M_TRIM_THRESHOLD, 64 << 20);
            }
        }
    });
}
