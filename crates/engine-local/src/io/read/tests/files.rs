use std::fs;
use std::io::Write;

use insta::assert_snapshot;
use tidemill_core::table::Location;

use super::Source;

fn of(path: &str) -> Source {
    let source = Source::new("here.csv", "a\n1\n");
    source.scan(|scan| scan.files = vec![Location::new(path)])
}

#[test]
fn what_is_no_file_is_said_plainly() {
    assert_snapshot!(of("gone.csv").error(), @"gone.csv: there is no such file");
    let folder = of("folder.csv");
    fs::create_dir(folder.path().join("folder.csv")).unwrap();
    assert_snapshot!(folder.error(), @r"
    folder.csv is a folder, not a file
    help: name a file in it, or use a glob such as `folder/*.csv`
    ");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let pipe = of("pipe.csv");
    let made = std::process::Command::new("mkfifo").arg(pipe.path().join("pipe.csv")).status().unwrap();
    assert!(made.success());
    assert_snapshot!(pipe.error(), @r"
    pipe.csv is a pipe or a device, which cannot be read twice
    help: write its content to a file first
    ");
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_said_plainly() {
    use std::os::unix::fs::PermissionsExt;
    let source = of("here.csv");
    let path = source.path().join("here.csv");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).unwrap();
    // The superuser may read everything.
    if fs::read(&path).is_err() {
        assert_snapshot!(source.error(), @r"
        here.csv may not be read (permission denied)
        help: give yourself the right to read it
        ");
    }
}

#[test]
fn packed_files_are_unpacked() {
    let text = "a,b\n1,x\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    assert_eq!(Source::new("a.csv.gz", &gzip).table(), "a: i64, b: str\n1 | \"x\"");
    let zstd = zstd::encode_all(text.as_bytes(), 0).unwrap();
    assert_eq!(Source::new("a.csv.zst", &zstd).table(), "a: i64, b: str\n1 | \"x\"");
    let cut = Source::new("a.csv.gz", &gzip[..gzip.len() - 6]).error();
    assert!(cut.starts_with("a.csv.gz is damaged or cut off: it cannot be unpacked"), "{cut}");
    let cut = Source::new("a.csv.zst", &zstd[..zstd.len() - 3]).error();
    assert!(cut.starts_with("a.csv.zst is damaged or cut off: it cannot be unpacked"), "{cut}");
}
