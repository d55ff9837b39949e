//! How long something took, for people.

use std::time::Duration;

/// `0.12 s`, `3 m 20 s`.
pub fn seconds(duration: Duration) -> String {
    let all = duration.as_secs_f64();
    match duration.as_secs() {
        0 if all < 0.0995 => format!("{:.0} ms", all * 1000.0),
        0..=9 => format!("{all:.2} s"),
        10..=59 => format!("{all:.1} s"),
        60..=3599 => format!("{} m {:02} s", duration.as_secs() / 60, duration.as_secs() % 60),
        more => format!("{} h {:02} m", more / 3600, more % 3600 / 60),
    }
}
