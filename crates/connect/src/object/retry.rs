//! Trying again what may go well the next time.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// How often a request is sent at most.
pub(crate) const MOST_TRIES: u32 = 5;

/// Before the second try; each wait is three times as long as the one before.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// The longest that a server may ask to wait.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// Whether an answer says that the same may go well later.
pub(crate) fn is_passing(status: StatusCode) -> bool {
    let passing = [
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ];
    passing.contains(&status)
}

/// How long to wait after so many tries.
pub(crate) fn wait(tries: u32) -> Duration {
    FIRST_WAIT * 3_u32.pow(tries.saturating_sub(1).min(MOST_TRIES))
}

/// How long the server asks to wait: so many seconds, or until a time.
pub(crate) fn asked_for(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()?;
    Some(Duration::try_from(until.duration_since(jiff::Timestamp::now())).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, text.parse().unwrap());
        asked_for(&headers)
    }

    #[test]
    fn a_server_may_ask_for_seconds_or_a_time() {
        assert_eq!(asked("7"), Some(Duration::from_secs(7)));
        assert_eq!(asked("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert!(asked("Wed, 21 Oct 2399 07:28:00 GMT") > Some(LONGEST_WAIT));
        assert_eq!(asked("soon"), None);
    }

    #[test]
    fn waits_grow() {
        assert_eq!([wait(1), wait(2), wait(3)].map(|wait| wait.as_millis()), [200, 600, 1800]);
        assert!(is_passing(StatusCode::TOO_MANY_REQUESTS) && !is_passing(StatusCode::NOT_FOUND));
    }
}
