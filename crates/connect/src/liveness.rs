//! Whether a server that says nothing still works for who waits: a line may be dead without either end being told.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

/// How often in a row the server must be seen to wait for who waits for it: what one of them has sent may still be under way.
const WAITS: u32 = 3;

/// What a server does for a connection, as another connection sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It does not know it any more, or is not there itself.
    Gone,
    /// It waits for the client.
    Waiting,
    /// It works, or does not tell.
    Working,
}

/// The answer to something, or how a server was seen last that has none to give any more. Each time that it has said nothing for so
/// long it is asked by another connection.
pub(crate) async fn answer<T, A: Future<Output = Seen>>(
    work: impl Future<Output = T>,
    silence: Duration,
    ask: impl Fn() -> A,
) -> Result<T, Seen> {
    match select(pin!(work), pin!(lost(silence, ask))).await {
        Either::Left((answer, _)) => Ok(answer),
        Either::Right((seen, _)) => Err(seen),
    }
}

/// Waits until the server certainly works no longer.
async fn lost<A: Future<Output = Seen>>(silence: Duration, ask: impl Fn() -> A) -> Seen {
    let mut waits = 0;
    loop {
        tokio::time::sleep(silence).await;
        let seen = ask().await;
        waits = if seen == Seen::Waiting { waits + 1 } else { 0 };
        if seen == Seen::Gone || waits == WAITS {
            return seen;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::{pending, ready};

    use super::*;
    use crate::runtime::block_on;

    /// How often is asked until nobody waits any more, of a server that is seen so.
    fn asked(seen: &[Seen]) -> (usize, Seen) {
        let left = RefCell::new(seen.iter().copied());
        let ask = || ready(left.borrow_mut().next().unwrap_or(Seen::Gone));
        let last = block_on(answer(pending::<()>(), Duration::ZERO, ask)).expect_err("there is no answer");
        (seen.len() - left.borrow().len(), last)
    }

    #[test]
    fn a_server_is_lost_that_is_gone_or_waits_itself() {
        use Seen::{Gone, Waiting, Working};

        assert_eq!(asked(&[Working, Working, Gone, Working]), (3, Gone));
        assert_eq!(asked(&[Waiting, Waiting, Waiting, Working]), (3, Waiting));
        assert_eq!(asked(&[Waiting, Waiting, Working, Waiting, Waiting, Waiting, Working]), (6, Waiting));
    }

    #[test]
    fn an_answer_that_is_there_is_taken() {
        assert_eq!(block_on(answer(ready(7), Duration::ZERO, || ready(Seen::Gone))), Ok(7));
    }
}
