//! What cannot be: drivers, options and tables that are not there.

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::connection::{ConnectionErrorKind as Kind, DatabaseSource, WriteMode};
use tidemill_test_servers::adbc_driver;

use crate::harness::{duckdb, ints, open, sqlite, table, write};

#[test]
fn a_driver_that_is_not_there_is_told_with_how_to_get_it() {
    let error = open("adbc_driver_nowhere", &[("password", "s3cret")]).probe().expect_err("there is none");
    assert_eq!(error.kind, Kind::Config);
    assert!(error.message.contains("`adbc_driver_nowhere`, which is not there: it was looked for in ADBC_DRIVER_PATH"));
    assert!(error.help.is_some_and(|help| help.contains("`pip install adbc-driver-nowhere`")));
    let error = open("lib/libnowhere.so", &[]).probe().expect_err("there is none");
    assert!(error.message.contains("libnowhere.so`, which is no file"), "{error}");
}

#[test]
fn a_library_that_is_no_driver_is_told() {
    let folder = tempfile::TempDir::new().expect("a folder can be made");
    let file = folder.path().join("libnone.so");
    std::fs::write(&file, "no library").expect("it can be written");
    let error = open(file.to_str().expect("a plain path"), &[]).probe().expect_err("it is none");
    assert!(error.message.contains("that cannot be loaded"), "{error}");
}

#[test]
fn a_manifest_names_the_library_and_its_function() {
    let Some(driver) = adbc_driver("libduckdb.so") else { return };
    let folder = tempfile::TempDir::new().expect("a folder can be made");
    let manifest = folder.path().join("quacks.toml");
    let text = format!("[Driver]\nshared = '{}'\nentrypoint = 'duckdb_adbc_init'\n", driver.display());
    std::fs::write(&manifest, text).expect("it can be written");
    let told = open(manifest.to_str().expect("a plain path"), &[("path", ":memory:")]).probe().expect("it answers");
    assert!(told.to_ascii_lowercase().starts_with("duckdb v"), "{told}");
}

#[test]
fn a_wrong_option_is_told_without_its_value() {
    let Some(driver) = adbc_driver("libduckdb.so") else { return };
    let database = open(driver.to_str().expect("a plain path"), &[("pasword", "s3cret")]);
    let error = database.probe().expect_err("it knows no such option");
    assert_eq!(error.kind, Kind::Config);
    assert!(!error.to_string().contains("s3cret"), "{error}");
}

#[test]
fn a_table_that_is_not_there_is_told_with_the_one_that_was_meant() {
    for own in [duckdb(), sqlite()].into_iter().flatten() {
        write(&*own.database, &table(1, vec![("id", ints(&[1]))]), &WriteMode::Append, "f", true).expect("written");
        let missing = DatabaseSource::Table("tidemill_leger");
        let error = own.database.describe(missing, &NEVER_CANCELLED).expect_err("there is none");
        assert_eq!(
            (error.kind, error.help.as_deref()),
            (Kind::Missing, Some("did you mean `tidemill_ledger`?")),
            "{error}"
        );
        let target = own.database.target(&own.database.table_name("nowhere"), &NEVER_CANCELLED);
        assert_eq!(target, Ok(None));
    }
}

#[test]
fn a_driver_says_who_it_is() {
    let probed = |own: Option<crate::harness::Own>| own.map(|own| own.database.probe().expect("it answers"));
    assert!(probed(duckdb()).is_none_or(|told| told.to_ascii_lowercase().starts_with("duckdb v")));
    assert!(probed(sqlite()).is_none_or(|told| told.starts_with("SQLite 3.") && told.contains("ADBC SQLite Driver")));
}
