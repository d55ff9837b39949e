//! Where lineage goes: what the variables say, else what the file says.

use std::path::{Path, PathBuf};

use tidemill_core::spec::OpenLineageConfig;
use tidemill_core::storage::resolve;

use crate::Variables;

/// Where lineage goes.
#[derive(Clone, Debug, PartialEq)]
pub struct LineageSettings {
    pub(super) target: LineageTarget,
    /// The namespace of jobs.
    pub(super) namespace: String,
    /// Of whoever started the run: the namespace and name of its job, and its run.
    pub(super) parent: Option<(String, String, String)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum LineageTarget {
    /// A server, and headers of each request.
    Server(String, Vec<(String, String)>),
    /// A file that events are added to.
    File(PathBuf),
}

impl LineageSettings {
    /// The settings, if the file or a variable asks for lineage. A variable goes over what the file says.
    pub fn of(file: Option<&OpenLineageConfig>, variables: &Variables, project: &Path) -> Option<Self> {
        if variables.is_true("OPENLINEAGE_DISABLED") {
            return None;
        }
        let text = |variable: &str, of_file: fn(&OpenLineageConfig) -> Option<&String>| {
            variables.get(variable).map(str::to_owned).or_else(|| file.and_then(of_file).cloned())
        };
        let into_file = file.and_then(|file| file.file.as_ref()).filter(|_| variables.get("OPENLINEAGE_URL").is_none());
        let target = match (into_file, text("OPENLINEAGE_URL", |file| file.url.as_ref())) {
            (Some(location), _) => LineageTarget::File(resolve(project, location)),
            (None, Some(url)) => {
                let endpoint = text("OPENLINEAGE_ENDPOINT", |file| file.endpoint.as_ref());
                let endpoint = endpoint.unwrap_or_else(|| "api/v1/lineage".to_owned());
                let url = format!("{}/{}", url.trim().trim_end_matches('/'), endpoint.trim_start_matches('/'));
                let mut headers = file.map(|file| file.headers.clone()).unwrap_or_default();
                let key = text("OPENLINEAGE_API_KEY", |file| file.api_key.as_ref());
                headers.extend(key.map(|key| ("authorization".to_owned(), format!("Bearer {key}"))));
                LineageTarget::Server(url, headers)
            }
            (None, None) => return None,
        };
        let namespace = text("OPENLINEAGE_NAMESPACE", |file| file.namespace.as_ref());
        Some(Self {
            target,
            namespace: namespace.unwrap_or_else(|| "default".to_owned()),
            parent: variables.get("OPENLINEAGE_PARENT_ID").and_then(parent),
        })
    }
}

/// `namespace/job/run`: the namespace may have slashes of its own.
fn parent(text: &str) -> Option<(String, String, String)> {
    let (job, run) = text.rsplit_once('/')?;
    let (namespace, name) = job.rsplit_once('/')?;
    let is_uuid = run.len() == 36 && run.bytes().all(|c| c.is_ascii_hexdigit() || c == b'-');
    is_uuid.then(|| (namespace.to_owned(), name.to_owned(), run.to_owned()))
}

#[cfg(test)]
mod tests {
    use tidemill_core::table::Location;

    use super::*;

    fn of(file: Option<&OpenLineageConfig>, pairs: &[(&str, &str)]) -> Option<LineageSettings> {
        let variables = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        LineageSettings::of(file, &variables, Path::new("/project"))
    }

    #[test]
    fn a_variable_goes_over_the_file() {
        let file = OpenLineageConfig { file: Some(Location::new("lineage.jsonl")), ..OpenLineageConfig::default() };
        let server = |url: &str| LineageTarget::Server(url.to_owned(), Vec::new());
        assert_eq!(of(None, &[]), None);
        assert_eq!(of(Some(&file), &[]).unwrap().target, LineageTarget::File("/project/lineage.jsonl".into()));
        let url = ("OPENLINEAGE_URL", "http://marquez:5000/");
        let told = of(Some(&file), &[url, ("OPENLINEAGE_NAMESPACE", "retail")]).unwrap();
        assert_eq!(told.target, server("http://marquez:5000/api/v1/lineage"));
        assert_eq!(told.namespace, "retail");
        let told = of(None, &[url, ("OPENLINEAGE_ENDPOINT", "/x"), ("OPENLINEAGE_API_KEY", "k")]).unwrap();
        let headers = vec![("authorization".to_owned(), "Bearer k".to_owned())];
        assert_eq!(told.target, LineageTarget::Server("http://marquez:5000/x".to_owned(), headers));
        assert_eq!(of(Some(&file), &[("OPENLINEAGE_DISABLED", "True")]), None);
    }

    #[test]
    fn a_run_may_have_a_parent() {
        let id = "0191e14d-3b2c-7b3a-8e5d-b5a4a1a8c3f2";
        let told = of(None, &[("OPENLINEAGE_URL", "http://x"), ("OPENLINEAGE_PARENT_ID", &format!("a/b/job/{id}"))]);
        assert_eq!(told.unwrap().parent, Some(("a/b".to_owned(), "job".to_owned(), id.to_owned())));
        assert_eq!(parent("a/b/c"), None);
    }
}
