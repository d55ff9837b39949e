use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::*;
use crate::ids::Digest;

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn store(dir: &Path) -> ContentStore {
    ContentStore::new(dir.join("cache"))
}

fn put(store: &ContentStore, content: &[u8]) -> Result<Object, CacheError> {
    store.put(|to| to.write_all(content))
}

#[test]
fn what_was_put_is_found_and_published() -> TestResult {
    let dir = tempfile::tempdir()?;
    let store = store(dir.path());
    let object = put(&store, b"a table")?;
    assert_eq!(object, Object { digest: Digest::of(b"a table"), size: 7 });
    assert!(store.has(&object));
    assert_eq!(fs::read(store.get(&object.digest)?.ok_or("it is there")?)?, b"a table");
    store.publish(&object.digest, &dir.path().join("out/table.csv"))?;
    assert_eq!(fs::read(dir.path().join("out/table.csv"))?, b"a table");
    assert!(fs::read_dir(store.staging()?)?.next().is_none());
    Ok(())
}

#[test]
fn a_store_is_not_made_by_asking() -> TestResult {
    let dir = tempfile::tempdir()?;
    let store = store(dir.path());
    assert_eq!(store.get(&Digest::of(b"x"))?, None);
    assert_eq!(store.stats()?, Stats::default());
    assert!(store.verify()?.is_empty());
    assert!(fs::read_dir(dir.path())?.next().is_none());
    Ok(())
}

#[test]
fn a_failed_writer_puts_nothing() -> TestResult {
    let dir = tempfile::tempdir()?;
    let store = store(dir.path());
    let failed = store.put(|to| {
        to.write_all(b"half")?;
        Err(std::io::Error::other("no more"))
    });
    assert!(failed.is_err());
    assert_eq!(store.stats()?, Stats::default());
    assert!(fs::read_dir(store.staging()?)?.next().is_none());
    Ok(())
}

#[test]
fn a_file_is_adopted_only_under_its_true_digest() -> TestResult {
    let dir = tempfile::tempdir()?;
    let store = store(dir.path());
    let staged = store.staging()?.join("table");
    fs::write(&staged, "rows")?;
    let lie = store.adopt(&staged, Digest::of(b"other"));
    assert!(matches!(lie, Err(CacheError::NotWhatWasSaid { .. })));
    assert!(staged.exists());
    let object = store.adopt(&staged, Digest::of(b"rows"))?;
    assert!(store.has(&object) && !staged.exists());
    // Once more, now that it is there.
    fs::write(&staged, "rows")?;
    assert_eq!(store.adopt(&staged, Digest::of(b"rows"))?, object);
    assert!(!staged.exists());
    Ok(())
}

/// Whatever is done to an object, it is served right or not at all, can be put again, and is then right.
fn spoilt(content: &[u8], spoil: impl FnOnce(&Path) -> std::io::Result<()>) -> TestResult {
    let dir = tempfile::tempdir()?;
    let store = store(dir.path());
    let object = put(&store, content)?;
    assert!(store.get(&object.digest)?.is_some());
    spoil(&store.path(&object.digest))?;
    let to = dir.path().join("published");
    assert!(matches!(store.publish(&object.digest, &to), Err(CacheError::Absent(_))));
    assert!(!to.exists());
    assert_eq!(store.get(&object.digest)?, None);
    assert!(!store.has(&object));
    put(&store, content)?;
    store.publish(&object.digest, &to)?;
    assert_eq!(fs::read(&to)?, content);
    Ok(())
}

#[test]
fn no_flipped_bit_is_ever_served() -> TestResult {
    let content = b"order_id,total\n1,44004.73\n";
    for byte in 0..content.len() {
        for bit in 0..8 {
            let mut bad = content.to_vec();
            bad[byte] ^= 1 << bit;
            spoilt(content, |path| fs::write(path, &bad))?;
        }
    }
    Ok(())
}

#[test]
fn no_cut_is_ever_served() -> TestResult {
    let content = b"order_id,total\n1,44004.73\n";
    for len in 0..content.len() {
        spoilt(content, |path| fs::write(path, &content[..len]))?;
    }
    Ok(())
}

#[test]
fn a_folder_in_the_place_of_an_object_is_taken_away() -> TestResult {
    spoilt(b"x", |path| {
        fs::remove_file(path)?;
        fs::create_dir(path)
    })
}

#[test]
fn a_folder_in_the_place_of_an_object_is_no_hindrance_to_putting_it() -> TestResult {
    let dir = tempfile::tempdir()?;
    let store = store(dir.path());
    fs::create_dir_all(store.path(&Digest::of(b"x")).join("deep"))?;
    let object = put(&store, b"x")?;
    assert!(store.get(&object.digest)?.is_some());
    Ok(())
}

#[test]
fn putting_over_a_damaged_object_of_the_same_size_heals_it() -> TestResult {
    let dir = tempfile::tempdir()?;
    let store = store(dir.path());
    let object = put(&store, b"good")?;
    fs::write(store.path(&object.digest), "evil")?;
    put(&store, b"good")?;
    assert_eq!(fs::read(store.get(&object.digest)?.ok_or("it is there")?)?, b"good");
    Ok(())
}

#[test]
fn verify_names_and_removes_what_is_damaged() -> TestResult {
    let dir = tempfile::tempdir()?;
    let store = store(dir.path());
    let (good, bad) = (put(&store, b"good")?, put(&store, b"bad")?);
    fs::write(store.path(&bad.digest), "")?;
    assert_eq!(store.verify()?, [bad.digest]);
    assert!(store.has(&good));
    assert_eq!(store.stats()?, Stats { objects: 1, bytes: 4 });
    Ok(())
}

#[test]
fn many_writers_of_one_object_agree() -> TestResult {
    let dir = tempfile::tempdir()?;
    let content = vec![7; 100_000];
    std::thread::scope(|scope| {
        for _ in 0..8 {
            // A store of its own each, as processes have.
            scope.spawn(|| {
                for _ in 0..10 {
                    let store = store(dir.path());
                    let object = put(&store, &content).expect("it can be put");
                    let path = store.get(&object.digest).expect("it can be read").expect("it is there");
                    assert_eq!(fs::read(path).expect("it can be read"), content);
                }
            });
        }
    });
    assert_eq!(store(dir.path()).stats()?, Stats { objects: 1, bytes: 100_000 });
    Ok(())
}

#[test]
fn collection_keeps_what_is_needed_or_young() -> TestResult {
    let dir = tempfile::tempdir()?;
    let store = store(dir.path());
    let needed = put(&store, b"needed")?;
    let other = put(&store, b"other")?;
    let own = store.staging()?;
    let crashed = own.with_file_name(".tidemill-x.tmp");
    fs::write(&crashed, "half")?;
    fs::write(own.join("written now"), "half")?;
    let keep = HashMap::from([(needed.digest, 1)]);
    let now = SystemTime::now();
    let report = store.gc(&keep, None, now)?;
    assert_eq!((report.removed.objects, report.kept.objects, report.temporary), (0, 2, 0));
    let report = store.gc(&keep, None, now + Duration::from_secs(48 * 3600))?;
    assert_eq!((report.removed.objects, report.kept.objects, report.temporary), (1, 1, 1));
    assert!(store.has(&needed) && !store.has(&other) && !crashed.exists() && own.join("written now").exists());
    Ok(())
}

#[test]
fn what_was_used_longest_ago_goes_first() -> TestResult {
    let dir = tempfile::tempdir()?;
    let store = store(dir.path());
    let objects = [put(&store, b"1111")?, put(&store, b"2222")?, put(&store, b"3333")?];
    let keep = HashMap::from([(objects[0].digest, 30), (objects[1].digest, 10), (objects[2].digest, 20)]);
    let report = store.gc(&keep, Some(8), SystemTime::now())?;
    assert_eq!(report.kept, Stats { objects: 2, bytes: 8 });
    assert_eq!(objects.map(|object| store.has(&object)), [true, false, true]);
    assert_eq!(store.clear()?, Stats { objects: 2, bytes: 8 });
    assert_eq!(store.stats()?, Stats::default());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_lies_there_nothing_wrong_is_served(
        content in prop::collection::vec(any::<u8>(), 0..300),
        other in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let dir = tempfile::tempdir().expect("a folder can be made");
        let store = store(dir.path());
        let object = put(&store, &content).expect("it can be put");
        fs::write(store.path(&object.digest), &other).expect("it can be overwritten");
        let found = store.get(&object.digest).expect("it can be read");
        prop_assert_eq!(found.is_some(), content == other);
    }
}
