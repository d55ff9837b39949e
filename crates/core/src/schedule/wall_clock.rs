//! Times as people in the pipeline's zone read them off the wall.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A clock on the wall of the pipeline's zone.
#[derive(Clone, Debug)]
pub struct WallClock(pub TimeZone);

impl WallClock {
    /// `2024-11-20 19:45:00`.
    pub fn show(&self, time: Timestamp) -> String {
        time.to_zoned(self.0.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// The same with the zone's name.
    pub fn show_with_zone(&self, time: Timestamp) -> String {
        time.to_zoned(self.0.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
    }
}
