//! Which pipeline a text belongs to.

use std::path::{Path, PathBuf};

use lsp_types::Uri;
use tidemill_core::regular_file::read_text;

/// The name that a pipeline file has by default.
const DEFAULT: &str = "pipeline.yaml";

/// The pipeline that a text belongs to: the nearest `pipeline.yaml` in its folder or one above. A YAML file that this does not
/// mention, as it does what it includes, is a pipeline by itself if it has `version` and `tasks`: files of other tools have not both.
pub fn pipeline_of(path: &Path, text: &str) -> Option<PathBuf> {
    let above = path.ancestors().skip(1).map(|folder| folder.join(DEFAULT)).find(|candidate| candidate.is_file());
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    let is_pipeline = is_yaml(path) && has("version:") && has("tasks:");
    if !is_pipeline {
        return above;
    }
    above.filter(|above| above != path && mentions(above, path)).or_else(|| Some(path.to_owned()))
}

fn mentions(pipeline: &Path, path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| read_text(pipeline).is_ok_and(|text| text.contains(name)))
}

/// Whether a file is YAML by its name.
pub fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

/// The file at an address; None for one that is nowhere on this machine.
pub fn path_of(uri: &Uri) -> Option<PathBuf> {
    url::Url::parse(uri.as_str()).ok()?.to_file_path().ok()
}

/// The address of a file.
pub fn uri_of(path: &Path) -> Option<Uri> {
    url::Url::from_file_path(path).ok()?.as_str().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_belongs_to_itself_or_to_the_pipeline_above() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipeline = folder.path().join(DEFAULT);
        std::fs::create_dir(folder.path().join("sql")).expect("it is ours");
        std::fs::write(&pipeline, "include: [parts/more.yaml]").expect("it is ours");
        let other = folder.path().join("other.yaml");
        assert_eq!(pipeline_of(&other, "version: 1\ntasks: {}\n"), Some(other.clone()));
        assert_eq!(
            pipeline_of(&folder.path().join("compose.yaml"), "version: 3\nservices: {}\n"),
            Some(pipeline.clone())
        );
        assert_eq!(pipeline_of(&other, "tasks: {}\n"), Some(pipeline.clone()));
        assert_eq!(
            pipeline_of(&folder.path().join("parts/more.yaml"), "version: 1\ntasks: {}\n"),
            Some(pipeline.clone())
        );
        assert_eq!(pipeline_of(&folder.path().join("sql/a.sql"), "select 1"), Some(pipeline));
    }

    #[test]
    fn an_address_leads_to_its_file_and_back() {
        let path = Path::new("/a b/pipeline ü.yaml");
        let uri = uri_of(path).expect("the path is absolute");
        assert_eq!(uri.as_str(), "file:///a%20b/pipeline%20%C3%BC.yaml");
        assert_eq!(path_of(&uri).as_deref(), Some(path));
    }
}
