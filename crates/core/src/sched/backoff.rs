//! How long a task waits before its next attempt.

use std::time::Duration;

use crate::ids::TaskIx;
use crate::spec::Retries;

/// The wait after attempt number `attempt` (from 1) has failed: `delay · backoff^(attempt − 1)`, moved up or down by up to
/// `jitter` of it, and never above `max_delay`. The same seed, task and attempt give the same wait.
pub(super) fn wait(retries: &Retries, seed: u64, task: TaskIx, attempt: u32) -> Duration {
    let longest = retries.max_delay.unwrap_or(Duration::MAX);
    let power = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
    let plain = retries.delay.as_secs_f64() * retries.backoff.max(1.0).powi(power);
    let jitter = retries.jitter.clamp(0.0, 1.0) * (2.0 * unit(seed, task, attempt) - 1.0);
    // What is not finite or too large to tell is longer than any wait that is meant; zero times infinity is no wait.
    let seconds = plain * (1.0 + jitter);
    if seconds.is_nan() {
        return Duration::ZERO;
    }
    Duration::try_from_secs_f64(seconds).unwrap_or(longest).min(longest)
}

/// A number from 0 to 1 that looks random (SplitMix64).
fn unit(seed: u64, task: TaskIx, attempt: u32) -> f64 {
    let mut z = seed ^ (u64::from(task.0) << 32 | u64::from(attempt)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z ^ (z >> 31)) as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retries(backoff: f64, max_delay: Option<u64>, jitter: f64) -> Retries {
        let max_delay = max_delay.map(Duration::from_secs);
        Retries { max: 9, delay: Duration::from_secs(2), backoff, max_delay, jitter, on_exit: Vec::new() }
    }

    #[test]
    fn waits_grow_up_to_the_longest() {
        let waits = |retries: &Retries| (1..=5).map(|n| wait(retries, 7, TaskIx(0), n).as_secs()).collect::<Vec<_>>();
        assert_eq!(waits(&retries(1.0, None, 0.0)), [2, 2, 2, 2, 2]);
        assert_eq!(waits(&retries(2.0, Some(9), 0.0)), [2, 4, 8, 9, 9]);
    }

    #[test]
    fn no_attempt_is_too_late_to_have_a_wait() {
        assert_eq!(wait(&retries(10.0, None, 1.0), 7, TaskIx(0), u32::MAX), Duration::MAX);
        let none = Retries { delay: Duration::ZERO, ..retries(10.0, None, 1.0) };
        assert_eq!(wait(&none, 7, TaskIx(0), u32::MAX), Duration::ZERO);
    }

    #[test]
    fn jitter_spreads_within_its_share_and_repeats_with_its_seed() {
        let spread = retries(1.0, None, 0.5);
        let waits = |seed| (0..200).map(|task| wait(&spread, seed, TaskIx(task), 1)).collect::<Vec<_>>();
        let first = waits(1);
        assert!(first.iter().all(|wait| (1.0..=3.0).contains(&wait.as_secs_f64())));
        assert!(first.iter().any(|wait| wait.as_secs_f64() < 1.3) && first.iter().any(|wait| wait.as_secs_f64() > 2.7));
        assert_eq!(first, waits(1));
        assert_ne!(first, waits(2));
    }
}
