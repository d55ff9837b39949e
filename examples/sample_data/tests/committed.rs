//! The sample that is committed under `data/` is what the generator makes.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tidemill_sample_data::Sample;

fn made(sample: Sample) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    sample.write(folder.path()).unwrap();
    folder
}

/// A file's bytes, without the number of the SQLite version that wrote it, which a database carries at 96.
fn bytes(folder: &Path, name: &str) -> Vec<u8> {
    let path = folder.join(name);
    let mut bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if name.ends_with(".db") {
        bytes[96..100].fill(0);
    }
    bytes
}

#[test]
fn the_committed_files_are_what_the_generator_makes() {
    let committed = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data");
    let made = made(Sample::default());
    for name in Sample::FILES {
        assert!(
            bytes(&committed, name) == bytes(made.path(), name),
            "data/{name} differs: run `cargo run --example sample_data` and commit what it writes"
        );
    }
}

#[test]
fn another_seed_makes_other_files() {
    let [one, two] = [1, 2].map(|seed| made(Sample { seed, ..Sample::default() }));
    for name in Sample::FILES {
        assert!(bytes(one.path(), name) != bytes(two.path(), name), "{name} is the same for two seeds");
    }
}

/// A column of a CSV of the sample; none has quotes.
fn column(text: &str, at: usize) -> Vec<String> {
    text.lines().skip(1).map(|line| line.split(',').nth(at).unwrap().to_owned()).collect()
}

/// `7/4/2024` as a number that sorts.
fn day(text: &str) -> (u32, u32) {
    let (month, rest) = text.split_once('/').unwrap();
    (month.parse().unwrap(), rest.split_once('/').unwrap().0.parse().unwrap())
}

#[test]
fn the_quirks_are_there_at_every_size() {
    for orders in [1_000, 40_000] {
        let sample = Sample { orders, ..Sample::default() };
        let folder = made(sample);
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();

        let database = Connection::open(folder.path().join("smartretail.db")).unwrap();
        let text_money: i64 = database
            .query_row(
                "select count(*) from orders where typeof(total_amount) = 'text' and total_amount glob '$*.[0-9][0-9]'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(text_money as u64, orders);

        let campaigns = read("marketing.csv");
        let (products, starts, ends) = (column(&campaigns, 1), column(&campaigns, 2), column(&campaigns, 3));
        let valid: Vec<&String> =
            (0..products.len()).filter(|&at| day(&ends[at]) >= day(&starts[at])).map(|at| &products[at]).collect();
        assert!((45..=55).contains(&(valid.len() * 100 / products.len())), "{} valid", valid.len());

        let mut count = database.prepare("select product_id, count(*) from orders group by product_id").unwrap();
        let ordered: HashMap<String, u64> = count
            .query_map([], |row| Ok((row.get::<_, i64>(0)?.to_string(), row.get::<_, i64>(1)? as u64)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let pairs: u64 = valid.iter().filter_map(|product| ordered.get(*product)).sum();
        assert!((8..=12).contains(&(pairs / orders)), "an order meets {} campaigns", pairs / orders);

        let traffic: BTreeSet<String> =
            read("web_traffic.json").lines().map(|line| line.split('"').nth(3).unwrap().to_owned()).collect();
        assert!(traffic.len() < 360, "traffic on {} days", traffic.len());
        let sensors: BTreeSet<String> = column(&read("iot_stream.csv"), 0).into_iter().collect();
        assert!(sensors.len() < 360, "sensors on {} days", sensors.len());
    }
}
