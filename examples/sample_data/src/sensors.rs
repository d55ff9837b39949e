//! `iot_stream.csv`: people at the door and degrees Celsius in the shop.

use std::io::{self, Write};

use crate::Sample;
use crate::traffic::measured_days;

/// The number of days on which the sensors were silent, however many rows there are.
const OUTAGES: usize = 15;

/// Writes the file's text. A temperature of whole degrees has no decimals: `20`, not `20.0`.
pub fn write(sample: &Sample, file: &mut dyn Write) -> io::Result<()> {
    let mut random = sample.random("sensors");
    let days = measured_days(OUTAGES, &mut random);
    writeln!(file, "timestamp,footfall,temperature")?;
    for _ in 0..sample.readings() {
        let day = random.pick(&days).slashes();
        let footfall = random.below(101);
        let tenths = random.between(180, 250);
        match (tenths / 10, tenths % 10) {
            (degrees, 0) => writeln!(file, "{day},{footfall},{degrees}")?,
            (degrees, tenth) => writeln!(file, "{day},{footfall},{degrees}.{tenth}")?,
        }
    }
    Ok(())
}
