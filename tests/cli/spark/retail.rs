//! The main job.

use tidemill_test_servers::SparkServer;

use super::both::engine;
use crate::project::Project;

#[test]
fn every_published_file_of_the_main_job_is_the_same() {
    let Some(server) = SparkServer::shared() else { return };
    let [local, spark] = ["local", "spark"].map(|name| {
        let project = Project::new().copy(&["pipeline.yaml", "tasks", "data"]);
        let text = project.read("pipeline.yaml") + &engine(&server);
        let project = project.file("pipeline.yaml", text);
        project.run(["--engine", name, "run"]).exits(0);
        // Nothing is computed again, on either.
        let again = project.run(["--engine", name, "run"]).exits(0);
        assert!(again.stdout.contains("nothing to do") || again.stderr.contains("nothing to do"), "{}", again.stderr);
        project
    });
    for folder in ["data/processed", "outputs/figures", "outputs/rejects"] {
        let (here, there) = (local.files(folder), spark.files(folder));
        assert!(!here.is_empty(), "{folder}");
        for (name, bytes) in &here {
            assert!(there.get(name) == Some(bytes), "{folder}/{name} differs");
        }
        assert_eq!(here.len(), there.len(), "{folder}");
    }
}
