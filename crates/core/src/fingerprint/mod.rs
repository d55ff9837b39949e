//! What determines a task's result: one walk, two writers.
//!
//! A [`Fingerprint`] is a list of named parts. One walk over it feeds the hash, by which results are found again, and the
//! notes, from which [`explain`] says what changed. Nothing can enter the one and be missed by the other.

mod diff;
mod explain;
mod files;
mod part;
mod reason;
mod shorten;

pub use explain::explain;
pub use files::{FileDigests, Stat, StatRecord, digest_of_file};
pub use part::{FingerprintPart, Used};
pub use reason::{FileChange, Reason};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{Digest, TaskName};
use crate::task::{EdgeKind, FileRole};
use part::{Content, Name};

/// The version of the walk itself: raised when parts are hashed in another way, so that no old digest is mistaken for a new
/// one.
const FORMAT: u32 = 1;

/// All that determines a task's result, as named parts in a canonical order.
///
/// What does not change a result has no part: descriptions, tags, retries, time limits, pools, cache policies, secrets, and
/// the order of keys where it has no meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fingerprint {
    format: u32,
    parts: Vec<FingerprintPart>,
}

impl Fingerprint {
    /// Starts one for a task of type `kind` whose code has that version.
    pub fn builder(kind: &str, version: u32) -> FingerprintBuilder {
        FingerprintBuilder { parts: vec![FingerprintPart::Code { kind: kind.to_owned(), version }] }
    }

    /// The hash of all parts.
    pub fn digest(&self) -> Digest {
        let mut writer = HashWriter { hasher: blake3::Hasher::new() };
        self.walk(&mut writer);
        Digest(*writer.hasher.finalize().as_bytes())
    }

    /// The parts, in canonical order.
    pub fn parts(&self) -> &[FingerprintPart] {
        &self.parts
    }

    /// Shows every part to `writer`, in canonical order.
    fn walk<'a>(&'a self, writer: &mut impl Writer<'a>) {
        writer.part(Name::Format, Content::Number(self.format), &[]);
        for part in &self.parts {
            writer.part(part.name(), part.content(), part.used());
        }
    }
}

/// Takes the parts of a fingerprint, one after the other.
trait Writer<'a> {
    /// One part. `used` explains where a value came from and is no part of it.
    fn part(&mut self, name: Name<'a>, content: Content<'a>, used: &'a [Used]);
}

/// Hashes what it is shown.
struct HashWriter {
    hasher: blake3::Hasher,
}

impl<'a> Writer<'a> for HashWriter {
    fn part(&mut self, name: Name<'a>, content: Content<'a>, _used: &'a [Used]) {
        name.hash_into(&mut self.hasher);
        content.hash_into(&mut self.hasher);
    }
}

/// Collects the parts of a fingerprint, in any order.
#[derive(Clone, Debug)]
pub struct FingerprintBuilder {
    parts: Vec<FingerprintPart>,
}

impl FingerprintBuilder {
    /// The engine that computes the table, with the version of its semantics: [`crate::table::TableEngine::name`].
    #[must_use]
    pub fn engine(self, name: &str) -> Self {
        self.with(FingerprintPart::Engine { name: name.to_owned() })
    }

    /// The canonical parameters of the task, one part for each key at the top. `used` says which params a key's value was
    /// made from, so that a change can be told in their words.
    #[must_use]
    pub fn parameters(mut self, parameters: &Value, used: impl Fn(&str) -> Vec<Used>) -> Self {
        match parameters {
            Value::Object(keys) => {
                for (key, value) in keys {
                    self = self.key(key, value.clone(), used(key));
                }
                self
            }
            other => self.key("parameters", other.clone(), used("parameters")),
        }
    }

    /// One key of the canonical parameters, or another value that determines the result (`checks`).
    #[must_use]
    pub fn key(self, key: &str, value: Value, used: Vec<Used>) -> Self {
        self.with(FingerprintPart::Key { key: key.to_owned(), value, used })
    }

    /// A file that the task publishes: its final path, and how it is written.
    #[must_use]
    pub fn output(self, path: &str, options: Value) -> Self {
        self.with(FingerprintPart::Output { path: path.to_owned(), options })
    }

    /// What it reads of another task. `place` counts the instances of a `foreach`, whose order has meaning.
    #[must_use]
    pub fn upstream(self, task: &TaskName, what: EdgeKind, place: Option<u32>, digest: Digest) -> Self {
        self.with(FingerprintPart::Upstream { task: task.clone(), what, place, digest })
    }

    /// The content of a file that it reads; None if there is no such file.
    #[must_use]
    pub fn file(self, path: &str, role: FileRole, digest: Option<Digest>) -> Self {
        self.with(FingerprintPart::File { path: path.to_owned(), role, digest })
    }

    /// A declared environment variable; None if it is not set. Secrets must not be given here.
    #[must_use]
    pub fn env(self, name: &str, value: Option<&str>) -> Self {
        self.with(FingerprintPart::Env { name: name.to_owned(), value: value.map(str::to_owned) })
    }

    /// Something known of the run that a template uses: `run.date`, `run.logical_time`.
    #[must_use]
    pub fn fact(self, name: &str, value: Value) -> Self {
        self.with(FingerprintPart::Fact { name: name.to_owned(), value })
    }

    /// The fingerprint. Where a part was given twice, the later one counts.
    pub fn build(self) -> Fingerprint {
        let mut parts = self.parts;
        parts.sort_by(|a, b| a.name().cmp(&b.name()));
        parts.dedup_by(|later, kept| {
            let same = later.name() == kept.name();
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        Fingerprint { format: FORMAT, parts }
    }

    fn with(mut self, part: FingerprintPart) -> Self {
        self.parts.push(part);
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn base() -> FingerprintBuilder {
        Fingerprint::builder("aggregate", 1)
            .key("group_by", json!(["country"]), vec![])
            .upstream(&"orders".into(), EdgeKind::Table, None, Digest::of(b"orders"))
            .file("data/a.csv", FileRole::Source, Some(Digest::of(b"a")))
            .env("LANG", Some("C"))
    }

    #[test]
    fn the_order_in_which_parts_are_given_has_no_meaning() {
        let other = Fingerprint::builder("aggregate", 1)
            .env("LANG", Some("C"))
            .file("data/a.csv", FileRole::Source, Some(Digest::of(b"a")))
            .key("group_by", json!(["country"]), vec![])
            .upstream(&"orders".into(), EdgeKind::Table, None, Digest::of(b"orders"));
        assert_eq!(base().build().digest(), other.build().digest());
    }

    #[test]
    fn the_order_of_keys_in_a_map_has_no_meaning_and_that_of_a_list_has() {
        let of = |value: Value| Fingerprint::builder("x", 1).key("k", value, vec![]).build().digest();
        assert_eq!(of(json!({"a": 1, "b": 2})), of(json!({"b": 2, "a": 1})));
        assert_ne!(of(json!(["a", "b"])), of(json!(["b", "a"])));
        assert_ne!(of(json!(1)), of(json!(1.0)));
        assert_ne!(of(json!("1")), of(json!(1)));
        assert_ne!(of(json!([])), of(json!({})));
        assert_ne!(of(json!([["a"], "b"])), of(json!([["a", "b"]])));
    }

    #[test]
    fn every_part_counts() {
        let digests = [
            base(),
            base().engine("polars-1"),
            base().key("limit", json!(null), vec![]),
            base().output("out.csv", json!({})),
            base().upstream(&"orders".into(), EdgeKind::Table, None, Digest::of(b"other")),
            base().upstream(&"orders".into(), EdgeKind::Table, Some(0), Digest::of(b"orders")),
            base().upstream(&"orders".into(), EdgeKind::Files, None, Digest::of(b"orders")),
            base().file("data/a.csv", FileRole::Source, None),
            base().file("data/b.csv", FileRole::Source, Some(Digest::of(b"a"))),
            base().env("LANG", None),
            base().env("LANG", Some("")),
            base().fact("run.date", json!("2024-11-20")),
            Fingerprint::builder("aggregate", 2),
            Fingerprint::builder("sql", 1),
        ]
        .map(|builder| builder.build().digest());
        for (at, digest) in digests.iter().enumerate() {
            assert!(!digests[..at].contains(digest), "part {at} does not count");
        }
    }

    #[test]
    fn what_explains_a_value_does_not_count() {
        let used = vec![Used { name: "top_n".into(), value: json!(15) }];
        let with = Fingerprint::builder("chart", 1).key("top", json!(15), used).build();
        let without = Fingerprint::builder("chart", 1).key("top", json!(15), vec![]).build();
        assert_eq!(with.digest(), without.digest());
    }

    #[test]
    fn it_survives_being_stored() {
        let fingerprint = base().fact("run.date", json!("2024-11-20")).output("o.csv", json!({"bom": true})).build();
        let text = serde_json::to_string(&fingerprint).expect("parts are plain data");
        let back: Fingerprint = serde_json::from_str(&text).expect("what was written can be read");
        assert_eq!(back, fingerprint);
        assert_eq!(back.digest(), fingerprint.digest());
    }
}
