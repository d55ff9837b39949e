//! A limit of time for work that nobody watches: what `check` looks at.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::CancelToken;

/// Cancels tokens when their time is up, all after the same time, on one thread that starts with the first.
pub struct TimeLimit {
    after: Duration,
    clock: Arc<Clock>,
}

#[derive(Default)]
struct Clock {
    tokens: Mutex<Tokens>,
    news: Condvar,
}

#[derive(Default)]
struct Tokens {
    /// In the order in which their time is up.
    waiting: VecDeque<(Instant, CancelToken)>,
    is_attended: bool,
    closed: bool,
}

impl TimeLimit {
    /// A limit of so long.
    pub fn new(after: Duration) -> Self {
        Self { after, clock: Arc::default() }
    }

    /// How long it is.
    pub fn after(&self) -> Duration {
        self.after
    }

    /// A token that is cancelled after that time from now. Where no thread can be started, it never is.
    pub fn token(&self) -> CancelToken {
        let token = CancelToken::new();
        let mut tokens = self.clock.tokens();
        tokens.waiting.push_back((Instant::now() + self.after, token.clone()));
        if !tokens.is_attended {
            let clock = Arc::clone(&self.clock);
            let started = thread::Builder::new().name("time-limit".to_owned()).spawn(move || clock.attend());
            tokens.is_attended = started.is_ok();
        }
        drop(tokens);
        self.clock.news.notify_one();
        token
    }
}

impl Drop for TimeLimit {
    fn drop(&mut self) {
        self.clock.tokens().closed = true;
        self.clock.news.notify_one();
    }
}

impl Clock {
    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attend(&self) {
        let mut tokens = self.tokens();
        while !tokens.closed {
            let now = Instant::now();
            match tokens.waiting.front().map(|(at, _)| at.saturating_duration_since(now)) {
                Some(Duration::ZERO) => {
                    if let Some((_, token)) = tokens.waiting.pop_front() {
                        drop(tokens);
                        token.cancel();
                        tokens = self.tokens();
                    }
                }
                Some(left) => {
                    tokens = self.news.wait_timeout(tokens, left).unwrap_or_else(PoisonError::into_inner).0;
                }
                None => tokens = self.news.wait(tokens).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_token_is_cancelled_when_its_time_is_up() {
        let limit = TimeLimit::new(Duration::from_millis(1));
        let (cancelled, is_cancelled) = channel();
        for _ in 0..3 {
            let cancelled = cancelled.clone();
            let token = limit.token();
            let _waiting = token.on_cancel(move || cancelled.send(()).expect("the test waits"));
            assert!(is_cancelled.recv().is_ok());
            assert!(token.is_cancelled());
        }
    }

    #[test]
    fn nothing_is_cancelled_once_nobody_asks() {
        let token = TimeLimit::new(Duration::from_secs(3600)).token();
        assert!(!token.is_cancelled());
    }
}
