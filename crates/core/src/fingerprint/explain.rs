//! What changed between two fingerprints.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::diff::{Change, What, changes};
use super::part::{Content, Name, Used};
use super::shorten::plain;
use super::{FileChange, Fingerprint, Reason, Writer};
use crate::task::FileRole;

/// So many files of one role and one change are named; the rest is counted.
const NAMED_FILES: usize = 3;

/// Says what makes `new` differ from `old`, in the order: code, params, keys, outputs, files, environment, upstream tasks.
/// Empty exactly when the two have the same digest.
pub fn explain(old: &Fingerprint, new: &Fingerprint) -> Vec<Reason> {
    let (old, new) = (Notes::of(old), Notes::of(new));
    let mut found = Found::default();
    let names: BTreeSet<Name<'_>> = old.parts.keys().chain(new.parts.keys()).copied().collect();
    for name in names {
        match (old.parts.get(&name), new.parts.get(&name)) {
            (Some(was), Some(is)) if was.content == is.content => {}
            (was, is) => found.part(name, was, is),
        }
    }
    found.into_reasons()
}

/// A part as it was shown.
struct Note<'a> {
    content: Content<'a>,
    used: &'a [Used],
}

/// Remembers what it is shown.
struct Notes<'a> {
    parts: BTreeMap<Name<'a>, Note<'a>>,
}

impl<'a> Notes<'a> {
    fn of(fingerprint: &'a Fingerprint) -> Self {
        let mut notes = Self { parts: BTreeMap::new() };
        fingerprint.walk(&mut notes);
        notes
    }
}

impl<'a> Writer<'a> for Notes<'a> {
    fn part(&mut self, name: Name<'a>, content: Content<'a>, used: &'a [Used]) {
        self.parts.insert(name, Note { content, used });
    }
}

/// The reasons so far; params come before all keys and are told once.
#[derive(Default)]
struct Found {
    head: Vec<Reason>,
    params: Vec<Reason>,
    rest: Vec<Reason>,
    files: BTreeMap<(FileRole, FileChange), usize>,
}

impl Found {
    fn part(&mut self, name: Name<'_>, was: Option<&Note<'_>>, is: Option<&Note<'_>>) {
        let (old, new) = (was.map(|note| note.content), is.map(|note| note.content));
        match name {
            Name::Format => self.head.push(Reason::Format),
            Name::Code => self.code(old, new),
            Name::Engine => self.head.push(Reason::Engine { old: text(old), new: text(new) }),
            Name::Key(key) => self.key(key, was, is),
            Name::Output(path) => match (old, new) {
                (None, _) => self.rest.push(Reason::OutputAdded(path.to_owned())),
                (_, None) => self.rest.push(Reason::OutputRemoved(path.to_owned())),
                (Some(Content::Json(old)), Some(Content::Json(new))) => {
                    self.rest.extend(changes(&format!("output {path}"), old, new).into_iter().map(key_reason));
                }
                _ => {}
            },
            Name::File(path, role) => self.file(path, role, old, new),
            Name::Env(name) => {
                self.rest.push(Reason::Env { name: name.to_owned(), old: text(old), new: text(new) });
            }
            Name::Fact(name) => {
                self.rest.push(Reason::Fact { name: name.to_owned(), old: text(old), new: text(new) });
            }
            Name::Upstream(task, _) => self.rest.push(match (old, new) {
                (None, _) => Reason::NewInput(task.into()),
                (_, None) => Reason::InputRemoved(task.into()),
                (Some(old), Some(new)) if digest(old) == digest(new) => Reason::InputMoved(task.into()),
                _ => Reason::UpstreamChanged(task.into()),
            }),
        }
    }

    fn code(&mut self, old: Option<Content<'_>>, new: Option<Content<'_>>) {
        let (Some(Content::Code(old_kind, old)), Some(Content::Code(kind, new))) = (old, new) else { return };
        self.head.push(if old_kind == kind {
            Reason::Code { kind: kind.to_owned(), old, new }
        } else {
            Reason::Type { old: old_kind.to_owned(), new: kind.to_owned() }
        });
    }

    fn key(&mut self, key: &str, was: Option<&Note<'_>>, is: Option<&Note<'_>>) {
        let json = |note: Option<&Note<'_>>| match note.map(|note| note.content) {
            Some(Content::Json(value)) => Some(value.clone()),
            _ => None,
        };
        let (old, new) = match (json(was), json(is)) {
            (Some(old), Some(new)) => (old, new),
            (old, new) => {
                let show = |value: Option<Value>| value.as_ref().map(plain);
                return self.rest.push(Reason::Key { path: key.to_owned(), old: show(old), new: show(new) });
            }
        };
        // With the new params in the old value, what still differs was changed in the file itself.
        let mut carried = old.clone();
        for (name, before, after) in changed_params(was, is) {
            let reason = Reason::Param { name: name.to_owned(), old: Some(plain(before)), new: Some(plain(after)) };
            if !self.params.contains(&reason) {
                self.params.push(reason);
            }
            substitute(&mut carried, before, after);
        }
        let own: BTreeSet<String> = changes(key, &carried, &new).into_iter().map(|change| change.path).collect();
        let all = changes(key, &old, &new);
        self.rest.extend(all.into_iter().filter(|change| own.contains(&change.path)).map(key_reason));
    }

    fn file(&mut self, path: &str, role: FileRole, old: Option<Content<'_>>, new: Option<Content<'_>>) {
        let change = match (old, new) {
            (None, _) => FileChange::New,
            (_, None) => FileChange::Removed,
            (_, Some(Content::Missing)) => FileChange::Missing,
            (Some(Content::Missing), _) => FileChange::Appeared,
            _ => FileChange::Content,
        };
        let count = self.files.entry((role, change)).or_default();
        *count += 1;
        if *count <= NAMED_FILES {
            self.rest.push(Reason::File { path: path.to_owned(), role, change });
        }
    }

    fn into_reasons(self) -> Vec<Reason> {
        let mut reasons = self.head;
        reasons.extend(self.params);
        let mut rest = self.rest;
        let is_other_type = reasons.iter().any(|reason| matches!(reason, Reason::Type { .. }));
        let is_other_sql = self.files.contains_key(&(FileRole::Sql, FileChange::Content));
        rest.retain(|reason| match reason {
            // Another type has other keys; that its file changed says what the query shows again.
            Reason::Key { path, .. } => !(is_other_type || is_other_sql && path == "sql"),
            _ => true,
        });
        // What is counted follows what is named of its sort.
        for ((role, change), count) in self.files {
            if count > NAMED_FILES {
                let is_it = |reason: &Reason| matches!(reason, Reason::File { role: r, change: c, .. } if *r == role && *c == change);
                let at = rest.iter().rposition(is_it).map_or(rest.len(), |at| at + 1);
                rest.insert(at, Reason::MoreFiles { count: count - NAMED_FILES, change });
            }
        }
        reasons.extend(rest);
        reasons
    }
}

fn changed_params<'a>(was: Option<&Note<'a>>, is: Option<&Note<'a>>) -> Vec<(&'a str, &'a Value, &'a Value)> {
    let (Some(was), Some(is)) = (was, is) else { return Vec::new() };
    is.used
        .iter()
        .filter_map(|new| {
            let old = was.used.iter().find(|old| old.name == new.name)?;
            (old.value != new.value).then_some((new.name.as_str(), &old.value, &new.value))
        })
        .collect()
}

/// Puts the new value of a param where the old one stands, whole or within a text.
fn substitute(value: &mut Value, before: &Value, after: &Value) {
    if value == before {
        *value = after.clone();
        return;
    }
    match value {
        Value::String(text) => {
            let old = plain(before);
            if !old.is_empty() && text.contains(&old) {
                *text = text.replace(&old, &plain(after));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|entry| substitute(entry, before, after)),
        Value::Object(map) => map.values_mut().for_each(|entry| substitute(entry, before, after)),
        _ => {}
    }
}

fn key_reason(change: Change<'_>) -> Reason {
    let path = change.path;
    match change.what {
        What::Value(old, new) => Reason::Key { path, old: Some(plain(old)), new: Some(plain(new)) },
        What::Added(new) => Reason::Key { path, old: None, new: Some(plain(new)) },
        What::Removed(old) => Reason::Key { path, old: Some(plain(old)), new: None },
        What::EntryAdded(entry) => Reason::EntryAdded { path, entry: plain(entry) },
        What::EntryRemoved(entry) => Reason::EntryRemoved { path, entry: plain(entry) },
        What::Order => Reason::Reordered(path),
    }
}

fn text(content: Option<Content<'_>>) -> Option<String> {
    match content? {
        Content::Text(text) => Some(text.to_owned()),
        Content::Json(value) => Some(plain(value)),
        _ => None,
    }
}

fn digest<'a>(content: Content<'a>) -> Option<&'a crate::ids::Digest> {
    match content {
        Content::Digest(digest) | Content::Placed(digest, _) => Some(digest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::fingerprint::FingerprintBuilder;
    use crate::ids::Digest;
    use crate::task::EdgeKind;

    fn base() -> FingerprintBuilder {
        Fingerprint::builder("normalize", 2)
            .engine("polars-1")
            .key("top", json!(15), vec![Used { name: "top_n".into(), value: json!(15) }])
            .key("columns", json!({"total_amount": {"type": "money"}, "country": {"type": "string"}}), vec![])
            .key("derive", json!([["net", "total - tax"], ["vat", "tax / total"]]), vec![])
            .key("select", json!(["a", "b"]), vec![])
            .output("outputs/a.csv", json!({"bom": false}))
            .upstream(&"orders".into(), EdgeKind::Table, None, Digest::of(b"orders"))
            .file("data/marketing.csv", FileRole::Source, Some(Digest::of(b"1")))
            .file("tasks/templates/report.md", FileRole::Template, Some(Digest::of(b"1")))
            .env("REPORT_LOCALE", Some("en"))
    }

    fn texts(old: FingerprintBuilder, new: FingerprintBuilder) -> String {
        let reasons = explain(&old.build(), &new.build());
        reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn each_change_is_told_old_to_new() {
        let long = "a".repeat(60);
        let changed = [
            Fingerprint::builder("normalize", 3),
            Fingerprint::builder("load", 1),
            base().engine("polars-2"),
            base().key("top", json!(20), vec![Used { name: "top_n".into(), value: json!(20) }]),
            base().key("top", json!(20), vec![]),
            base().key("columns", json!({"total_amount": {"type": "float"}, "country": {"type": "string"}}), vec![]),
            base().key("columns", json!({"total_amount": {"type": "money", "trim": true}}), vec![]),
            base().key("derive", json!([["net", "total - tax"], ["vat", "tax / net"]]), vec![]),
            base().key("derive", json!([["vat", "tax / total"], ["net", "total - tax"]]), vec![]),
            base().key("select", json!(["a", "b", "c"]), vec![]),
            base().key("select", json!(["a", long]), vec![]),
            base().key("where", json!("total > 0"), vec![]),
            base().output("outputs/b.parquet", json!({})),
            base().output("outputs/a.csv", json!({"bom": true})),
            base().upstream(&"orders".into(), EdgeKind::Table, None, Digest::of(b"other")),
            base().upstream(&"orders".into(), EdgeKind::Table, Some(1), Digest::of(b"orders")),
            base().upstream(&"web".into(), EdgeKind::Table, None, Digest::of(b"web")),
            base().file("data/marketing.csv", FileRole::Source, Some(Digest::of(b"2"))),
            base().file("data/marketing.csv", FileRole::Source, None),
            base().file("data/new.csv", FileRole::Source, Some(Digest::of(b"2"))),
            base().file("tasks/templates/report.md", FileRole::Template, Some(Digest::of(b"2"))),
            base().env("REPORT_LOCALE", Some("de")),
            base().env("REPORT_LOCALE", None),
            base().fact("run.date", json!("2024-11-20")),
        ];
        let small = |builder: FingerprintBuilder| match builder.build().parts().len() {
            1 => Fingerprint::builder("normalize", 2),
            _ => base(),
        };
        let told: Vec<String> = changed.into_iter().map(|new| texts(small(new.clone()), new)).collect();
        insta::assert_snapshot!(told.join("\n--\n"));
    }

    #[test]
    fn a_param_and_a_change_of_the_file_in_one_key_are_both_told() {
        let used = |value: &str| vec![Used { name: "data_dir".into(), value: json!(value) }];
        let key = |value: Value, dir: &str| Fingerprint::builder("x", 1).key("k", value, used(dir));
        let old = || key(json!({"path": "data/a.csv", "sheet": "one"}), "data");
        assert_eq!(
            texts(old(), key(json!({"path": "other/a.csv", "sheet": "one"}), "other")),
            "param data_dir data → other"
        );
        assert_eq!(
            texts(old(), key(json!({"path": "other/a.csv", "sheet": "two"}), "other")),
            "param data_dir data → other\nk.sheet one → two"
        );
    }

    #[test]
    fn many_files_are_counted() {
        let files = |content: &[u8]| {
            (0..9).fold(Fingerprint::builder("load", 1), |builder, no| {
                builder.file(&format!("data/{no}.csv"), FileRole::Source, Some(Digest::of(content)))
            })
        };
        assert_eq!(
            texts(files(b"1"), files(b"2")),
            "data/0.csv changed (content)\ndata/1.csv changed (content)\ndata/2.csv changed (content)\n6 more files changed (content)"
        );
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Value::from),
            (0..4i64).prop_map(Value::from),
            prop_oneof![Just(0.5), Just(1.0)].prop_map(Value::from),
            "[ab ]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::vec(("[ab]", inner.clone()), 0..3)
                    .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
                prop::collection::vec(("[ab]", inner), 0..3)
                    .prop_map(|list| list.into_iter().map(|(name, value)| json!([name, value])).collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn reasons_are_given_exactly_when_the_digests_differ(
            old in json_value(), new in json_value(), old_param in json_value(), new_param in json_value(),
        ) {
            let of = |value: Value, param: Value| {
                Fingerprint::builder("x", 1).key("k", value, vec![Used { name: "p".into(), value: param }]).build()
            };
            let (old, new) = (of(old, old_param), of(new, new_param));
            let reasons = explain(&old, &new);
            prop_assert_eq!(reasons.is_empty(), old.digest() == new.digest(), "{:?}", reasons);
        }
    }
}
