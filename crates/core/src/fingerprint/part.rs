//! The parts of a fingerprint: their names, their contents, and how both are hashed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{Digest, TaskName};
use crate::task::{EdgeKind, FileRole};

/// A param that a key's value was made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Used {
    /// Its name, without `params.`.
    pub name: String,
    /// The value it had.
    pub value: Value,
}

/// One thing that determines a task's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum FingerprintPart {
    /// The task's type and the version of its code.
    Code {
        /// `load`, `join`, …
        kind: String,
        /// [`crate::task::Kind::version`].
        version: u32,
    },
    /// The engine and the version of its semantics.
    Engine {
        /// `polars-1`.
        name: String,
    },
    /// A key of the canonical parameters.
    Key {
        /// The key.
        key: String,
        /// Its value.
        value: Value,
        /// The params it was made from; no part of the hash.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        used: Vec<Used>,
    },
    /// A file that is published.
    Output {
        /// Its final path.
        path: String,
        /// How it is written.
        options: Value,
    },
    /// What is read of another task.
    Upstream {
        /// The other task.
        task: TaskName,
        /// Its table or its files.
        what: EdgeKind,
        /// Its place among the instances of a `foreach`.
        place: Option<u32>,
        /// The digest of what is read.
        digest: Digest,
    },
    /// A file that is read.
    File {
        /// Its path as the user knows it.
        path: String,
        /// What for.
        role: FileRole,
        /// The digest of its content; None if there is no such file.
        digest: Option<Digest>,
    },
    /// A declared environment variable.
    Env {
        /// Its name.
        name: String,
        /// Its value, if it is set.
        value: Option<String>,
    },
    /// Something known of the run.
    Fact {
        /// `run.date`.
        name: String,
        /// Its value.
        value: Value,
    },
}

/// The name of a part: no two parts of a fingerprint share one. Its order is the canonical one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name<'a> {
    Format,
    Code,
    Engine,
    Key(&'a str),
    Output(&'a str),
    File(&'a str, FileRole),
    Env(&'a str),
    Fact(&'a str),
    Upstream(&'a str, EdgeKind),
}

/// The content of a part.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Content<'a> {
    Number(u32),
    Code(&'a str, u32),
    Text(&'a str),
    Json(&'a Value),
    Digest(&'a Digest),
    Placed(&'a Digest, u32),
    Missing,
}

impl FingerprintPart {
    pub(super) fn name(&self) -> Name<'_> {
        match self {
            Self::Code { .. } => Name::Code,
            Self::Engine { .. } => Name::Engine,
            Self::Key { key, .. } => Name::Key(key),
            Self::Output { path, .. } => Name::Output(path),
            Self::Upstream { task, what, .. } => Name::Upstream(task.as_str(), *what),
            Self::File { path, role, .. } => Name::File(path, *role),
            Self::Env { name, .. } => Name::Env(name),
            Self::Fact { name, .. } => Name::Fact(name),
        }
    }

    pub(super) fn content(&self) -> Content<'_> {
        match self {
            Self::Code { kind, version } => Content::Code(kind, *version),
            Self::Engine { name } => Content::Text(name),
            Self::Key { value, .. } | Self::Output { options: value, .. } | Self::Fact { value, .. } => {
                Content::Json(value)
            }
            Self::Upstream { place: None, digest, .. } => Content::Digest(digest),
            Self::Upstream { place: Some(place), digest, .. } => Content::Placed(digest, *place),
            Self::File { digest, .. } => digest.as_ref().map_or(Content::Missing, Content::Digest),
            Self::Env { value, .. } => value.as_deref().map_or(Content::Missing, Content::Text),
        }
    }

    pub(super) fn used(&self) -> &[Used] {
        match self {
            Self::Key { used, .. } => used,
            _ => &[],
        }
    }
}

impl Name<'_> {
    /// Each name begins with a byte of its own and its texts with their lengths, so that no two names hash alike.
    pub(super) fn hash_into(self, hasher: &mut blake3::Hasher) {
        let (tag, text, second) = match self {
            Self::Format => (b'F', "", 0),
            Self::Code => (b'C', "", 0),
            Self::Engine => (b'E', "", 0),
            Self::Key(key) => (b'K', key, 0),
            Self::Output(path) => (b'O', path, 0),
            Self::File(path, role) => (b'I', path, role_byte(role)),
            Self::Env(name) => (b'V', name, 0),
            Self::Fact(name) => (b'R', name, 0),
            Self::Upstream(task, what) => (b'U', task, edge_byte(what)),
        };
        hasher.update(&[tag, second]);
        hash_text(hasher, text);
    }
}

/// The byte is part of every digest: a new role gets a new one.
fn role_byte(role: FileRole) -> u8 {
    match role {
        FileRole::Source => 1,
        FileRole::Sqlite => 2,
        FileRole::Template => 3,
        FileRole::Sql => 4,
        FileRole::Input => 5,
    }
}

/// The byte is part of every digest: a new kind of edge gets a new one.
fn edge_byte(what: EdgeKind) -> u8 {
    match what {
        EdgeKind::Table => 1,
        EdgeKind::Files => 2,
        EdgeKind::Order => 3,
    }
}

impl Content<'_> {
    pub(super) fn hash_into(self, hasher: &mut blake3::Hasher) {
        match self {
            Self::Number(number) => hasher.update(b"n").update(&number.to_le_bytes()),
            Self::Code(kind, version) => {
                hasher.update(b"c").update(&version.to_le_bytes());
                hash_text(hasher, kind)
            }
            Self::Text(text) => hash_text(hasher.update(b"t"), text),
            Self::Json(value) => hash_json(hasher.update(b"j"), value),
            Self::Digest(digest) => hasher.update(b"d").update(&digest.0),
            Self::Placed(digest, place) => hasher.update(b"p").update(&place.to_le_bytes()).update(&digest.0),
            Self::Missing => hasher.update(b"m"),
        };
    }
}

fn hash_text<'h>(hasher: &'h mut blake3::Hasher, text: &str) -> &'h mut blake3::Hasher {
    hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes())
}

/// Maps are hashed by their sorted keys: their order has no meaning.
fn hash_json<'h>(hasher: &'h mut blake3::Hasher, value: &Value) -> &'h mut blake3::Hasher {
    match value {
        Value::Null => hasher.update(b"0"),
        Value::Bool(value) => hasher.update(if *value { b"T" } else { b"F" }),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => hasher.update(b"i").update(&whole.to_le_bytes()),
            // The two zeros are equal and hash as one.
            None if number.as_f64() == Some(0.0) => hash_text(hasher.update(b"f"), "0.0"),
            None => hash_text(hasher.update(b"f"), &number.to_string()),
        },
        Value::String(text) => hash_text(hasher.update(b"s"), text),
        Value::Array(list) => {
            hasher.update(b"[").update(&(list.len() as u64).to_le_bytes());
            list.iter().fold(hasher, hash_json)
        }
        Value::Object(map) => {
            hasher.update(b"{").update(&(map.len() as u64).to_le_bytes());
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            for (key, value) in entries {
                hash_text(hasher, key);
                hash_json(hasher, value);
            }
            hasher
        }
    }
}
