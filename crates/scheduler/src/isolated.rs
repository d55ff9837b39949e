//! What one pipeline cannot do to the others that are served with it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tidemill_runner::Failure;

/// Does something for one pipeline; a panic becomes a failure of that pipeline.
pub(super) fn isolated<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given");
        Err(Failure::broken(format!("tidemill broke: {text}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_failure() {
        let broken: Result<(), Failure> = isolated(|| panic!("at the disco"));
        assert_eq!(broken.expect_err("it broke").to_string(), "tidemill broke: at the disco");
        assert_eq!(isolated(|| Ok(7)).expect("it is well"), 7);
    }
}
