//! All addresses, in one table.

use crate::asked::Asked;
use crate::reply::{Problem, Reply};
use crate::{api, files, metrics, pages, schedule_api, schedule_pages, task_api, task_pages};

/// What answers an address.
pub type Handler = fn(&Asked) -> Result<Reply, Problem>;

/// An address: method, path, and what answers.
pub type Route = (&'static str, &'static str, Handler);

/// Where the API begins.
pub const API: &str = "/api/v1/";

/// The table.
pub const ROUTES: &[Route] = &[
    ("GET", "/", pages::projects),
    ("GET", "/login", pages::login),
    ("POST", "/login", pages::sign_in),
    ("GET", "/assets/style.css", pages::style),
    ("GET", "/assets/page.js", pages::script),
    ("GET", "/assets/icon.svg", pages::icon),
    ("GET", "/metrics", metrics::metrics),
    ("GET", "/p/{project}", pages::pipeline),
    ("GET", "/p/{project}/graph", pages::graph),
    ("GET", "/p/{project}/plan", pages::plan),
    ("GET", "/p/{project}/runs", pages::runs),
    ("POST", "/p/{project}/runs", pages::start),
    ("GET", "/p/{project}/runs/{run}", pages::run),
    ("POST", "/p/{project}/runs/{run}/stop", pages::stop),
    ("POST", "/p/{project}/runs/{run}/retry", pages::retry),
    ("GET", "/p/{project}/runs/{run}/logs/{task}", pages::log),
    ("GET", "/p/{project}/tasks/{task}", task_pages::task),
    ("GET", "/p/{project}/tasks/{task}/profile", task_pages::profile),
    ("GET", "/p/{project}/tasks/{task}/lineage", task_pages::lineage),
    ("GET", "/p/{project}/tasks/{task}/diff", task_pages::differences),
    ("GET", "/p/{project}/tasks/{task}/failed", task_pages::failed),
    ("POST", "/p/{project}/tasks/{task}/rerun", pages::rerun),
    ("GET", "/p/{project}/outputs", pages::outputs),
    ("GET", "/p/{project}/outputs/{*path}", pages::output),
    ("GET", "/p/{project}/files/{*path}", files::published),
    ("GET", "/p/{project}/schedule", schedule_pages::schedule),
    ("GET", "/p/{project}/schedule/simulation", schedule_pages::simulation),
    ("GET", "/p/{project}/schedule/backfill", schedule_pages::backfill),
    ("POST", "/p/{project}/backfills", schedule_pages::start_backfill),
    ("POST", "/p/{project}/pause", schedule_pages::pause),
    ("POST", "/p/{project}/resume", schedule_pages::resume),
    ("GET", "/api/v1/openapi.json", api::openapi),
    ("GET", "/api/v1/projects", api::projects),
    ("GET", "/api/v1/projects/{project}", api::project),
    ("GET", "/api/v1/projects/{project}/plan", api::plan),
    ("GET", "/api/v1/projects/{project}/runs", api::runs),
    ("POST", "/api/v1/projects/{project}/runs", api::start),
    ("GET", "/api/v1/projects/{project}/runs/{run}", api::run),
    ("GET", "/api/v1/projects/{project}/runs/{run}/events", api::events),
    ("GET", "/api/v1/projects/{project}/runs/{run}/logs/{task}", api::log),
    ("GET", "/api/v1/projects/{project}/runs/{run}/logs/{task}/events", api::log_events),
    ("POST", "/api/v1/projects/{project}/runs/{run}/stop", api::stop),
    ("POST", "/api/v1/projects/{project}/runs/{run}/retry", api::retry),
    ("GET", "/api/v1/projects/{project}/tasks/{task}", api::task),
    ("GET", "/api/v1/projects/{project}/tasks/{task}/rows", api::rows),
    ("GET", "/api/v1/projects/{project}/tasks/{task}/profile", task_api::profile),
    ("GET", "/api/v1/projects/{project}/tasks/{task}/lineage", task_api::lineage),
    ("GET", "/api/v1/projects/{project}/tasks/{task}/diff", task_api::differences),
    ("GET", "/api/v1/projects/{project}/tasks/{task}/failed", task_api::failed),
    ("POST", "/api/v1/projects/{project}/tasks/{task}/rerun", api::rerun),
    ("GET", "/api/v1/projects/{project}/outputs", api::outputs),
    ("GET", "/api/v1/projects/{project}/schedule", schedule_api::schedule),
    ("GET", "/api/v1/projects/{project}/simulation", schedule_api::simulation),
    ("GET", "/api/v1/projects/{project}/backfills", schedule_api::backfill),
    ("POST", "/api/v1/projects/{project}/backfills", schedule_api::start_backfill),
    ("POST", "/api/v1/projects/{project}/pause", schedule_api::pause),
    ("POST", "/api/v1/projects/{project}/resume", schedule_api::resume),
];

/// All addresses: method and path.
pub fn addresses() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROUTES.iter().map(|(method, path, _)| (*method, *path))
}

/// Whether an address is answered to whoever is not known yet.
pub fn is_open(path: &str) -> bool {
    path == "/login" || path.starts_with("/assets/")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_openapi_document_has_all_addresses_of_the_api_and_no_others() {
        let document: serde_json::Value = serde_json::from_str(include_str!("../assets/openapi.json")).expect("JSON");
        let paths = document["paths"].as_object().expect("paths");
        let described: BTreeSet<(String, String)> = paths
            .iter()
            .flat_map(|(path, methods)| {
                let methods = methods.as_object().expect("methods").keys().filter(|key| *key != "parameters");
                methods.map(|method| (method.to_uppercase(), path.clone()))
            })
            .collect();
        let api = ROUTES.iter().filter(|(_, path, _)| path.starts_with(API));
        let answered: BTreeSet<(String, String)> =
            api.map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
        assert_eq!(described, answered);
    }

    #[test]
    fn each_parameter_of_a_path_is_described() {
        let document: serde_json::Value = serde_json::from_str(include_str!("../assets/openapi.json")).expect("JSON");
        for (path, methods) in document["paths"].as_object().expect("paths") {
            let named: BTreeSet<&str> =
                path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
            let described = methods["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
            let described: BTreeSet<&str> = described
                .iter()
                .filter_map(|parameter| parameter["$ref"].as_str()?.strip_prefix("#/components/parameters/"))
                .collect();
            assert_eq!(described, named, "{path}");
        }
    }
}
