use std::collections::HashMap;
use std::fs;

use super::*;
use crate::attempt::NEVER_CANCELLED;

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn content(warehouse: &WarehouseFolder, name: &Location) -> Option<Digest> {
    warehouse.content(Path::new("/p"), name, &FileDigests::new(HashMap::new())).ok().flatten()
}

#[test]
fn a_name_leads_to_the_old_table_or_the_new_one() -> TestResult {
    let dir = tempfile::tempdir()?;
    let warehouse = WarehouseFolder::new(dir.path(), Path::new("/p"));
    let (name, file) = (Location::new("warehouse:a/sales"), dir.path().join("file"));
    let publish = |text: &str| {
        fs::write(&file, text)?;
        warehouse.publish(Path::new("/p"), &name, &file, &NEVER_CANCELLED)
    };
    let read = || fs::read_to_string(dir.path().join("a/sales/part-00000.parquet"));
    assert_eq!(content(&warehouse, &name), None);
    for text in ["one", "two", "one"] {
        publish(text)?;
        assert_eq!((read()?, content(&warehouse, &name)), (text.to_owned(), Some(Digest::of(text.as_bytes()))));
    }
    // Somebody adds a file, and it is published again.
    fs::write(dir.path().join("a/sales/more.parquet"), "x")?;
    assert_eq!(content(&warehouse, &name), None);
    publish("one")?;
    assert!(content(&warehouse, &name).is_some() && !dir.path().join("a/sales/more.parquet").exists());
    // A pointer without its link, as a kill leaves it.
    fs::remove_file(dir.path().join("a/sales"))?;
    assert_eq!(content(&warehouse, &name), None);
    publish("one")?;
    assert_eq!(fs::read_dir(dir.path().join("a"))?.count(), 1);
    Ok(())
}

#[test]
fn what_others_have_there_is_not_replaced() -> TestResult {
    let dir = tempfile::tempdir()?;
    let warehouse = WarehouseFolder::new(dir.path(), Path::new("/p"));
    fs::create_dir(dir.path().join("theirs"))?;
    let file = dir.path().join("file");
    fs::write(&file, "x")?;
    let name = Location::new("warehouse:theirs");
    assert!(warehouse.publish(Path::new("/p"), &name, &file, &NEVER_CANCELLED).is_err());
    let mut destinations = warehouse.destinations(Path::new("/p"), &[]);
    for (name, is_refused) in
        [("theirs", true), ("tidemill/x", true), ("../x", true), ("", true), ("_x", true), ("day=1/x.parquet", false)]
    {
        let refusals = destinations.refusals(&Location::new(format!("warehouse:{name}")));
        assert_eq!(!refusals.is_empty(), is_refused, "{name}");
    }
    Ok(())
}

#[test]
fn a_folder_that_an_engine_has_written_is_published_by_its_text() -> TestResult {
    let dir = tempfile::tempdir()?;
    let warehouse = WarehouseFolder::new(dir.path(), Path::new("/p"));
    let written = warehouse.root().join("attempts/a");
    fs::create_dir_all(&written)?;
    fs::write(written.join("part-00000-x.parquet"), "rows")?;
    let text = warehouse.settle(&written, "id")?;
    assert_eq!(warehouse.text("id")?, text);
    assert!(warehouse.output("id").is_some() && !written.exists());
    let (name, file) = (Location::new("warehouse:t"), dir.path().join("file"));
    fs::write(&file, &text)?;
    warehouse.publish(Path::new("/p"), &name, &file, &NEVER_CANCELLED)?;
    assert_eq!(fs::read_to_string(dir.path().join("t/part-00000-x.parquet"))?, "rows");
    // It is named, so it stays.
    warehouse.sweep()?;
    assert_eq!(content(&warehouse, &name), Some(Digest::of(text.as_bytes())));
    fs::remove_file(dir.path().join("t/part-00000-x.parquet"))?;
    assert!(warehouse.publish(Path::new("/p"), &name, &file, &NEVER_CANCELLED).is_err());
    Ok(())
}
