//! What a remote file is now.

/// What a place says of a file without giving its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileState {
    /// What its ETag, its version, or its time and length say: equal ones mean equal content. None if the place says too little.
    pub identity: Option<String>,
    /// The ETag with which a part of it can be asked for: one that stands for the very bytes.
    pub tag: Option<String>,
    /// Its length in bytes.
    pub length: Option<u64>,
}

impl FileState {
    /// What is known by these.
    pub fn new(tag: Option<String>, version: Option<String>, modified: Option<String>, length: Option<u64>) -> Self {
        let size = length.map_or_else(String::new, |length| format!(", {length} bytes"));
        let identity = match (&tag, version, modified, length) {
            (Some(tag), ..) => Some(format!("ETag {tag}{size}")),
            (None, Some(version), ..) => Some(format!("version {version}{size}")),
            (None, None, Some(modified), Some(_)) => Some(format!("of {modified}{size}")),
            _ => None,
        };
        let tag = tag.filter(|tag| !tag.starts_with("W/"));
        Self { identity, tag, length }
    }

    /// The same file, known by the hash of its content because the place says too little.
    pub fn of_content(hash: &str, length: u64) -> Self {
        Self { identity: Some(format!("content {hash}")), tag: None, length: Some(length) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn the_best_that_is_known_identifies_a_file() {
        let identity = |tag, version, modified, length| FileState::new(tag, version, modified, length).identity;
        assert_eq!(identity(text("\"a\""), text("7"), text("now"), Some(3)), text("ETag \"a\", 3 bytes"));
        assert_eq!(identity(None, text("7"), text("now"), None), text("version 7"));
        assert_eq!(identity(None, None, text("now"), Some(3)), text("of now, 3 bytes"));
        assert_eq!(identity(None, None, text("now"), None), None);
        assert_eq!(identity(None, None, None, Some(3)), None);
    }

    #[test]
    fn a_weak_tag_serves_no_range() {
        assert_eq!(FileState::new(text("W/\"a\""), None, None, Some(3)).tag, None);
        assert_eq!(FileState::new(text("\"a\""), None, None, Some(3)).tag, text("\"a\""));
    }
}
