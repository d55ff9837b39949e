//! An object store that speaks as Amazon S3 does.

use tidemill_core::attempt::{CancelToken, NEVER_CANCELLED};
use tidemill_core::table::Location;
use tidemill_test_servers::{ConnectionState, Cut, S3Server};

use crate::harness::Place;

fn options(endpoint: &str) -> [(&str, &str); 4] {
    [("endpoint", endpoint), ("region", "us-east-1"), ("access_key_id", "key"), ("secret_access_key", "hush")]
}

fn place(server: &S3Server, url: &str) -> Place {
    Place::of(url, &options(&server.url()), &[])
}

#[test]
fn objects_are_found_identified_and_fetched() {
    let Some(server) = S3Server::start() else { return };
    server.make_bucket("reports");
    for name in ["raw/2024-01.csv", "raw/2024-02.csv", "raw/2025-01.csv", "raw/deep/2024-03.csv", "other/2024-04.csv"] {
        server.put(&format!("reports/{name}"), format!("n\n{name}\n"));
    }
    let lake = place(&server, "s3://reports/raw");
    assert_eq!(lake.find("there://2024-*.csv").unwrap(), ["there://2024-01.csv", "there://2024-02.csv"]);
    assert_eq!(lake.find("there://**/2024-0[23].csv").unwrap(), ["there://2024-02.csv", "there://deep/2024-03.csv"]);
    assert_eq!(lake.find("there://2025-01.csv").unwrap(), ["there://2025-01.csv"]);
    assert!(lake.find("there://2026-01.csv").unwrap().is_empty() && lake.find("there://x*").unwrap().is_empty());
    let before = lake.digests("there://2024-*.csv");
    assert_eq!(before.len(), 2);
    assert!(lake.copies().is_empty(), "nothing was fetched");
    assert_eq!(lake.digests("there://2024-01.csv")[0], before[0], "a list and a single answer say the same");
    assert_eq!(lake.read("there://2024-01.csv").unwrap(), "n\nraw/2024-01.csv\n");
    server.put("reports/raw/2024-01.csv", "n\nnew\n");
    let after = lake.digests("there://2024-*.csv");
    assert!(before[0] != after[0] && before[1] == after[1]);
    assert_eq!(lake.read("there://2024-01.csv").unwrap(), "n\nnew\n");
    let missing = Location::new("there://2024-1.csv");
    assert_eq!(lake.storage.help_if_missing(lake.project(), &missing).unwrap(), "did you mean `there://2024-01.csv`?");
}

#[test]
fn an_object_that_changes_after_it_was_identified_is_read_as_it_is() {
    let Some(server) = S3Server::start() else { return };
    server.make_bucket("reports");
    server.put("reports/x.csv", "n\n1\n");
    let lake = place(&server, "s3://reports");
    lake.digests("there://x.csv");
    server.put("reports/x.csv", "n\n22\n");
    assert_eq!(lake.read("there://x.csv").unwrap(), "n\n22\n");
}

#[test]
fn an_object_appears_whole_or_not_at_all() {
    let Some(server) = S3Server::start() else { return };
    server.make_bucket("reports");
    let lake = place(&server, "s3://reports/out");
    let file = lake.project().join("file");
    let publish = |content: &[u8], cancelled: &CancelToken| {
        std::fs::write(&file, content).unwrap();
        lake.storage.publish(lake.project(), &Location::new("there://x.bin"), &file, cancelled)
    };
    publish(b"small", &NEVER_CANCELLED).unwrap();
    assert_eq!(server.get("reports/out/x.bin").unwrap(), b"small");
    let large: Vec<u8> = (0..40_u32 << 20).map(|at| (at / 1000) as u8).collect();
    let cancelled = CancelToken::new();
    cancelled.cancel();
    assert!(publish(&large, &cancelled).is_err());
    assert_eq!(server.get("reports/out/x.bin").unwrap(), b"small", "what was there is there still");
    assert!(!server.unfinished("reports").contains("<UploadId>"));
    publish(&large, &NEVER_CANCELLED).unwrap();
    assert!(server.get("reports/out/x.bin").unwrap() == large);
}

/// A file in which no two places look the same.
fn long_content(seed: u64) -> Vec<u8> {
    (0..3_u64 << 17).flat_map(|at| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ seed).to_le_bytes()).collect()
}

#[test]
fn parts_of_an_object_are_fetched_and_no_others() {
    let Some(server) = S3Server::start() else { return };
    let cut = Cut::before(server.port()).unwrap();
    let content = long_content(1);
    server.make_bucket("reports");
    server.put("reports/x.bin", &content);
    server.put("reports/short.bin", "short");
    let endpoint = format!("http://127.0.0.1:{}", cut.port());
    let lake = Place::of("s3://reports", &options(&endpoint), &[]);
    let partial = |name: &str| lake.storage.partial_copy(lake.project(), &Location::new(name)).unwrap();
    assert!(partial("there://short.bin").is_none(), "a short file is fetched whole");
    let copy = partial("there://x.bin").unwrap();
    assert_eq!(copy.length(), content.len() as u64);
    let (end, middle) = (content.len() - 65_536..content.len(), 1_500_000..1_600_000);
    let here =
        |range: &std::ops::Range<usize>| std::fs::read(copy.path()).unwrap()[range.clone()] == content[range.clone()];
    assert!(here(&end) && !here(&middle), "its end is there, and nothing else");
    // The body breaks off, and the rest of the part is asked for.
    cut.do_at_answer(&content[1_550_000..1_550_016], || ConnectionState::Cut);
    copy.fetch(&[1_500_000..1_600_000, 1_500_000..1_500_010]).unwrap();
    assert!(here(&middle) && !here(&(0..100)) && !here(&(2_000_000..2_000_100)));
    assert!(cut.answered() < 700_000, "{} bytes came", cut.answered());
    let before = cut.answered();
    partial("there://x.bin").unwrap().fetch(&[1_520_000..1_530_000, 1_525_000..1_526_000]).unwrap();
    assert_eq!(cut.answered(), before, "what is there is not fetched again");
    server.put("reports/x.bin", long_content(2));
    let error = copy.fetch(&[0..10, 20..30]).expect_err("it has changed").to_string();
    assert!(error.contains("there://x.bin") && error.contains("it changed while it was read"), "{error}");
}

#[test]
fn what_is_wrong_is_said() {
    let Some(server) = S3Server::start() else { return };
    let lake = place(&server, "s3://nowhere/raw");
    let error = lake.storage.probe().expect_err("no such bucket").to_string();
    assert_eq!(error, "connection `there` cannot be used: there is no bucket `nowhere`");
    server.make_bucket("reports");
    assert_eq!(
        place(&server, "s3://reports").storage.probe().unwrap(),
        "the bucket reports can be listed, and holds nothing"
    );
    server.put("reports/raw/x.csv", "n\n");
    assert_eq!(
        place(&server, "s3://reports/raw").storage.probe().unwrap(),
        "the bucket reports holds objects below raw/"
    );
    let error = lake.find("there://*.csv").expect_err("no such bucket");
    assert!(error.contains("there is no bucket `nowhere`") && error.contains("there://*.csv"), "{error}");
    assert!(lake.find("there://x.csv").unwrap().is_empty());
    let help = lake.storage.help_if_missing(lake.project(), &Location::new("there://x.csv")).unwrap();
    assert_eq!(help, "there is no bucket `nowhere`");
    let gone = Place::of("s3://reports", &options("http://127.0.0.1:1"), &[]);
    let error = gone.find("there://x.csv").expect_err("nobody listens");
    assert!(error.contains("nobody answers at 127.0.0.1") && !error.contains("hush"), "{error}");
    let lost = Place::of("s3://reports", &options("http://store.invalid"), &[]);
    let error = lost.storage.probe().expect_err("there is no such host").to_string();
    assert!(error.contains("the host `store.invalid` is not known"), "{error}");
}
