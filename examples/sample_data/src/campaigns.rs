//! `marketing.csv`: the campaigns, about half of which end before they start.

use std::io::{self, Write};

use crate::Sample;
use crate::calendar::{DAYS, Day};
use crate::names;

/// The number of different names. Campaigns of one name run for many products, however many there are.
const NAMES: usize = 84;

/// Writes the file's text.
pub fn write(sample: &Sample, file: &mut dyn Write) -> io::Result<()> {
    let mut random = sample.random("campaigns");
    let names = names::campaigns(NAMES, &mut random);
    writeln!(file, "campaign_name,product_id,start_date,end_date")?;
    for _ in 0..sample.campaigns() {
        let name = random.pick(&names);
        let product = random.between(1, sample.products());
        // Drawn apart from each other, so the end is as often before the start as after it.
        let start = Day(random.below(u64::from(DAYS)) as u16);
        let end = Day(random.below(u64::from(DAYS)) as u16);
        writeln!(file, "{name},{product},{},{}", start.slashes(), end.slashes())?;
    }
    Ok(())
}
