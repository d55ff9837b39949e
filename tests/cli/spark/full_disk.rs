//! A warehouse whose disk is full.

use std::process::Command;

use tidemill_test_servers::SparkServer;

use crate::project::Project;

/// A file system of its own in memory, of so many megabytes; None, with a line that says so, where it cannot be mounted.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size},mode=777"), "tmpfs"]).arg(folder.path());
        if mount.output().is_ok_and(|done| done.status.success()) {
            return Some(Self(folder));
        }
        println!("SKIPPED: no file system can be mounted here, so that the full disk is not tried");
        None
    }

    fn grow(&self, size: &str) {
        let mut mount = Command::new("mount");
        let grown = mount.args(["-o", &format!("remount,size={size}")]).arg(self.0.path()).status();
        assert!(grown.is_ok_and(|grown| grown.success()));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_warehouse_fails_the_task_and_keeps_what_was_there() {
    let Some(server) = SparkServer::shared() else { return };
    let Some(disk) = Disk::new("8m") else { return };
    let rows: String = (0..1_000).map(|n| format!("{n}\n")).collect();
    let text = format!(
        "version: 1\nname: t\nengine: {{type: spark, url: \"{}\", warehouse: \"file://{}\"}}\ntasks:
  t: {{type: load, path: t.csv}}
  small: {{type: sql, sql: 'select count(*) as c from t', output: out/small.csv}}
  large: {{type: sql, depends_on: [small], sql: 'select md5(cast(a.n * 1000 + b.n as text)) as m from t a, t b'}}
  counted: {{type: sql, sql: 'select count(distinct m) as c from large', output: out/counted.csv}}\n",
        server.url(),
        disk.0.path().display()
    );
    let project = Project::new().file("t.csv", format!("n\n{rows}")).file("pipeline.yaml", text);
    let failed = project.run(["run"]).exits(1);
    assert!(failed.stderr.contains("No space left on device"), "{}", failed.stderr);
    assert_eq!(project.read("out/small.csv"), "c\n1000\n");
    assert!(!project.has("out/counted.csv"));
    disk.grow("200m");
    let again = project.run(["run"]).exits(0);
    assert_eq!(project.read("out/counted.csv"), "c\n1000000\n");
    assert!(again.stderr.contains("2 ran"), "{}", again.stderr);
}
