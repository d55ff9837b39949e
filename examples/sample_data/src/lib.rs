//! The sample sources of the smart-retail pipeline: orders in SQLite, campaigns in CSV, web traffic in JSON, sensors in
//! CSV, with the quirks that such sources have.
//!
//! The same seed and size give the same files on every machine, because the random numbers, their ranges and the text
//! of every value are made here from integers. No two files share a stream of random numbers, so a change to one leaves
//! the others as they are.
//!
//! # Growing
//!
//! [`Sample::orders`] sets the number of orders. If only the orders grew, each product would be ordered ten thousand
//! times as often, which no shop knows; if everything grew alike, each order would meet ever more campaigns. So the
//! products grow with the square root of the orders, the campaigns stay at twenty a product, of which about ten are
//! valid, and traffic and sensors grow with that root too, over the same year:
//!
//! | orders | products | campaigns | traffic, sensors | orders × valid campaigns |
//! |---|---|---|---|---|
//! | 1,000 | 50 | 1,000 | 1,000 | about 10,000 |
//! | 100,000 | 500 | 10,000 | 10,000 | about 1,000,000 |
//! | 10,000,000 | 5,000 | 100,000 | 100,000 | about 100,000,000 |

mod calendar;
mod campaigns;
mod countries;
mod names;
mod orders;
mod random;
mod sensors;
mod traffic;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use random::Random;

/// What is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Where the random numbers start.
    pub seed: u64,
    /// The number of orders; the other sources follow it.
    pub orders: u64,
}

impl Default for Sample {
    /// The sample in `data/`.
    fn default() -> Self {
        Self { seed: 2024, orders: 1_000 }
    }
}

/// A file of the sample that could not be made.
#[derive(Debug)]
pub struct Error {
    path: PathBuf,
    cause: Box<dyn std::error::Error + Send + Sync>,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot write {}: {}", self.path.display(), self.cause)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.cause)
    }
}

impl Sample {
    /// The names of the four files.
    pub const FILES: [&str; 4] = ["smartretail.db", "marketing.csv", "web_traffic.json", "iot_stream.csv"];

    /// The number of products, numbered from 1.
    pub fn products(&self) -> u64 {
        (self.growth() / 20).max(1)
    }

    /// The number of campaigns, valid or not.
    pub fn campaigns(&self) -> u64 {
        self.products() * 20
    }

    /// The number of rows of web traffic, and of sensor readings.
    pub fn readings(&self) -> u64 {
        self.growth()
    }

    /// 1,000 for 1,000 orders, and from there with the square root of the orders.
    fn growth(&self) -> u64 {
        self.orders.saturating_mul(1_000).isqrt().max(1)
    }

    /// Makes the four files in `folder`, which is made too; files of these names are replaced.
    ///
    /// # Errors
    /// When the folder or a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |cause: Box<dyn std::error::Error + Send + Sync>| Error { path, cause }
        };
        std::fs::create_dir_all(folder).map_err(|error| failed(folder)(error.into()))?;
        let [orders, campaigns, traffic, sensors] = Self::FILES.map(|name| folder.join(name));
        orders::write(self, &orders).map_err(failed(&orders))?;
        let text = |path: &Path, rows: fn(&Self, &mut dyn Write) -> io::Result<()>| {
            let mut file = BufWriter::new(File::create(path)?);
            rows(self, &mut file)?;
            file.flush()
        };
        text(&campaigns, campaigns::write).map_err(|error| failed(&campaigns)(error.into()))?;
        text(&traffic, traffic::write).map_err(|error| failed(&traffic)(error.into()))?;
        text(&sensors, sensors::write).map_err(|error| failed(&sensors)(error.into()))
    }

    /// The random numbers of one file.
    fn random(&self, file: &str) -> Random {
        Random::new(self.seed, file)
    }
}
