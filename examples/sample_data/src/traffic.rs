//! `web_traffic.json`: page views and sessions by source, with several rows on some days and none on others.

use std::io::{self, Write};

use crate::Sample;
use crate::calendar::{DAYS, Day};
use crate::random::Random;

const SOURCES: [&str; 4] = ["Direct", "Google", "Newsletter", "Referral"];

/// The number of days on which nothing was measured, however many rows there are.
const OUTAGES: usize = 12;

/// Writes the file's text: an array with one object a line.
pub fn write(sample: &Sample, file: &mut dyn Write) -> io::Result<()> {
    let mut random = sample.random("traffic");
    let days = measured_days(OUTAGES, &mut random);
    for row in 0..sample.readings() {
        write!(
            file,
            "{}{{\"date\":\"{}\",\"pageviews\":{},\"sessions\":{},\"source\":\"{}\"}}",
            if row == 0 { "[" } else { ",\n" },
            random.pick(&days).slashes(),
            random.between(5_000, 50_000),
            random.between(2_000, 25_000),
            random.pick(&SOURCES),
        )?;
    }
    write!(file, "]")
}

/// The days of the year without `outages` of them.
pub fn measured_days(outages: usize, random: &mut Random) -> Vec<Day> {
    let mut days: Vec<Day> = Day::all().collect();
    for _ in 0..outages.min(usize::from(DAYS) - 1) {
        days.remove(random.below(days.len() as u64) as usize);
    }
    days
}
