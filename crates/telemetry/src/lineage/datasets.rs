//! What tables and files are called, by OpenLineage's rules for names.

use std::path::Path;

use serde_json::{Map, Value, json};
use tidemill_core::ids::TaskIx;
use tidemill_core::plan::Plan;
use tidemill_core::table::Location;
use tidemill_core::task::{EdgeKind, FileRole};

/// A dataset by its two names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Dataset {
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Dataset {
    /// The table of a task, which is nowhere but in the cache.
    pub(super) fn of_task(namespace: &str, plan: &Plan, ix: TaskIx) -> Self {
        let name = format!("{}.{}", plan.spec.name.value, plan.task(ix).name);
        Self { namespace: namespace.to_owned(), name }
    }

    /// What lies at a location: a file, an object, a table of a database.
    pub(super) fn of_location(plan: &Plan, location: &Location) -> Self {
        let project: &Path = &plan.spec.project;
        let address = plan.storages.of(location).map(|storage| storage.address(project, location));
        Self::of_address(&address.unwrap_or_else(|_| location.to_string()))
    }

    fn of_address(address: &str) -> Self {
        let named = |namespace: String, name: &str| Self { namespace, name: name.to_owned() };
        let Some((scheme, rest)) = address.split_once("://") else { return named("file".to_owned(), address) };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        match scheme {
            "file" => named("file".to_owned(), &format!("/{path}")),
            // A database: its tables have the database in their names.
            "postgres" | "postgresql" => named(format!("postgres://{host}"), &path.replace('/', ".")),
            "mysql" | "mariadb" => named(format!("mysql://{host}"), &path.replace('/', ".")),
            "http" | "https" => named(format!("{scheme}://{host}"), &format!("/{path}")),
            _ => named(format!("{scheme}://{host}"), path),
        }
    }

    /// As an event has it, with facets.
    pub(super) fn json(&self, kind: &str, facets: Map<String, Value>, own: Map<String, Value>) -> Value {
        json!({"namespace": self.namespace, "name": self.name, "facets": facets, kind: own})
    }
}

/// What a task reads.
pub(super) struct InputOf {
    pub(super) dataset: Dataset,
    /// How its rows are told: the task or the location.
    pub(super) told: String,
    /// The task whose table it is.
    pub(super) task: Option<TaskIx>,
}

/// What a task reads: files, tables of a database, tables and files of other tasks.
pub(super) fn inputs(namespace: &str, plan: &Plan, ix: TaskIx) -> Vec<InputOf> {
    let task = plan.task(ix);
    let is_data = |role: FileRole| matches!(role, FileRole::Source | FileRole::Sqlite | FileRole::Input);
    let files = task.io.files.iter().filter(|file| is_data(file.role));
    let files = files.map(|file| input_of_file(plan, &file.path.value));
    let tables = task.needs.iter().filter(|need| need.what == EdgeKind::Table).map(|need| InputOf {
        dataset: Dataset::of_task(namespace, plan, need.task),
        told: plan.task(need.task).name.to_string(),
        task: Some(need.task),
    });
    let of_files = task.needs.iter().filter(|need| need.what == EdgeKind::Files);
    let published = of_files.flat_map(|need| plan.task(need.task).outputs.iter());
    let published = published.map(|output| input_of_file(plan, &output.path.value));
    let mut found: Vec<InputOf> = files.chain(tables).chain(published).collect();
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|input| seen.insert(input.dataset.clone()));
    found
}

fn input_of_file(plan: &Plan, location: &Location) -> InputOf {
    InputOf { dataset: Dataset::of_location(plan, location), told: location.to_string(), task: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules() {
        let told = |address: &str| {
            let Dataset { namespace, name } = Dataset::of_address(address);
            format!("{namespace} | {name}")
        };
        assert_eq!(told("/data/shop/orders.csv"), "file | /data/shop/orders.csv");
        assert_eq!(told("s3://reports/raw/a b.parquet"), "s3://reports | raw/a b.parquet");
        assert_eq!(told("postgres://db:5432/shop/public.orders"), "postgres://db:5432 | shop.public.orders");
        assert_eq!(told("mysql://db:3306/crm/people"), "mysql://db:3306 | crm.people");
        assert_eq!(told("https://example.com/export/a.csv"), "https://example.com | /export/a.csv");
        assert_eq!(told("gs://bucket/x"), "gs://bucket | x");
    }
}
