//! What time it is, and being woken: the real clock, and one that tests move by hand.

use std::ops::Add;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use jiff::Timestamp;

/// A point on a clock that never goes back: the time since that clock began. Only for differences within one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(Duration);

impl Moment {
    /// The moment so long after the clock began.
    pub const fn new(since_start: Duration) -> Self {
        Self(since_start)
    }

    /// The time from `earlier` to here; nothing if that is later.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    /// A time too far away to be told is "never", not an overflow.
    fn add(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(wait))
    }
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The time of day: for people and for history. May jump.
    fn now(&self) -> Timestamp;

    /// The time on a clock that never goes back: for durations and timeouts.
    fn monotonic(&self) -> Moment;

    /// A channel that receives one message at `at`, or at once if that has passed. Where the clock does not go as the machine's
    /// does, this thread is unparked then.
    fn alarm(&self, at: Moment) -> Receiver<Instant>;
}

/// The machine's clock.
#[derive(Clone, Debug)]
pub struct SystemClock {
    began: Instant,
}

impl SystemClock {
    /// A clock whose first moment is now.
    pub fn new() -> Self {
        Self { began: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Moment {
        Moment(self.began.elapsed())
    }

    fn alarm(&self, at: Moment) -> Receiver<Instant> {
        match self.began.checked_add(at.0) {
            Some(instant) => crossbeam_channel::at(instant),
            None => crossbeam_channel::never(),
        }
    }
}

/// A clock that stands still until it is told to go on.
#[derive(Debug)]
pub struct FakeClock {
    inner: Mutex<Fake>,
}

/// Who is told of an alarm.
#[derive(Debug)]
struct Bell {
    sender: Sender<Instant>,
    sleeper: Thread,
}

#[derive(Debug)]
struct Fake {
    started: Timestamp,
    elapsed: Duration,
    alarms: Vec<(Moment, Bell)>,
    /// Told of every alarm that is set and lies ahead.
    watcher: Option<Sender<Moment>>,
}

impl FakeClock {
    /// A clock that shows `started`.
    pub fn new(started: Timestamp) -> Self {
        Self { inner: Mutex::new(Fake { started, elapsed: Duration::ZERO, alarms: Vec::new(), watcher: None }) }
    }

    /// Moves both its times forward and sounds the alarms that fall due.
    pub fn advance(&self, by: Duration) {
        self.with(|fake| {
            fake.elapsed = fake.elapsed.saturating_add(by);
            let now = Moment(fake.elapsed);
            fake.alarms.retain(|(at, bell)| *at > now || ring(bell));
        });
    }

    /// A channel that hears of every alarm set from now on that lies ahead: how a test knows that somebody waits.
    pub fn watch_alarms(&self) -> Receiver<Moment> {
        let (sender, receiver) = crossbeam_channel::unbounded();
        self.with(|fake| fake.watcher = Some(sender));
        receiver
    }

    fn with<T>(&self, act: impl FnOnce(&mut Fake) -> T) -> T {
        act(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Sounds an alarm, which then need not be kept. Whoever set it may have gone.
fn ring(bell: &Bell) -> bool {
    let _ = bell.sender.try_send(Instant::now());
    bell.sleeper.unpark();
    false
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        self.with(|fake| fake.started.checked_add(fake.elapsed).unwrap_or(Timestamp::MAX))
    }

    fn monotonic(&self) -> Moment {
        self.with(|fake| Moment(fake.elapsed))
    }

    fn alarm(&self, at: Moment) -> Receiver<Instant> {
        let (sender, receiver) = bounded(1);
        let bell = Bell { sender, sleeper: thread::current() };
        self.with(|fake| {
            if at <= Moment(fake.elapsed) {
                ring(&bell);
            } else {
                fake.alarms.push((at, bell));
                if let Some(watcher) = &fake.watcher {
                    let _ = watcher.send(at);
                }
            }
        });
        receiver
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fake_clock_moves_when_told_and_rings_in_time() {
        let clock = FakeClock::new(Timestamp::UNIX_EPOCH);
        let soon = clock.alarm(Moment::new(Duration::from_secs(5)));
        let later = clock.alarm(Moment::new(Duration::from_secs(6)));
        assert!(soon.try_recv().is_err());
        clock.advance(Duration::from_secs(5));
        assert!(soon.try_recv().is_ok());
        assert!(later.try_recv().is_err());
        assert!(clock.alarm(Moment::new(Duration::from_secs(1))).try_recv().is_ok());
        assert_eq!(clock.now().as_second(), 5);
    }

    #[test]
    fn a_moment_never_overflows() {
        let end = Moment::new(Duration::MAX);
        assert_eq!(end + Duration::from_secs(1), end);
        assert_eq!(Moment::default().since(end), Duration::ZERO);
        assert!(SystemClock::new().alarm(end).try_recv().is_err());
    }
}
