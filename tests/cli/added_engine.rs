//! An engine that keeps its tables in a folder of its own, as a cluster does: what the cache has of one is a small manifest, and
//! runs and dry runs go by whether what that leads to is there.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use tidemill_core::attempt::CancelToken;
use tidemill_core::ids::Digest;
use tidemill_core::table::{
    EngineError, JobOptions, Location, PlainBatches, Scan, Schema, Sink, TableEngine, TableJob, TableProfile, TableRef,
    TableReport, Written,
};
use tidemill_engine_local::FormatCodecs;
use tidemill_runner::dry_run::DryRunAction;

use crate::as_library::{opened, planned_by, run_by};
use crate::project::Project;

/// Computes as another engine does.
struct Warehouse {
    engine: Arc<dyn TableEngine>,
    /// Where the tables are, by their digests.
    folder: PathBuf,
}

impl Warehouse {
    fn table(&self, digest: &Digest) -> Location {
        Location::new(self.folder.join(digest.to_string()).to_string_lossy())
    }

    /// The place of the table that a manifest leads to.
    fn behind(&self, manifest: &Location) -> Result<Location, EngineError> {
        let text = std::fs::read_to_string(manifest.as_str()).map_err(failed)?;
        let digest = Digest::parse(&text).ok_or_else(|| EngineError::Internal("this is no manifest".to_owned()))?;
        Ok(self.table(&digest))
    }
}

fn failed(error: std::io::Error) -> EngineError {
    EngineError::Internal(error.to_string())
}

impl TableEngine for Warehouse {
    fn name(&self) -> &str {
        "warehouse-1"
    }

    fn sweep(&self, live: &HashSet<Digest>) -> Result<(), EngineError> {
        for entry in std::fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let manifest = Digest::of(entry.file_name().to_string_lossy().as_bytes());
            if !live.contains(&manifest) {
                std::fs::remove_file(entry.path()).map_err(failed)?;
            }
        }
        Ok(())
    }

    fn sample(&self, scan: &Scan, cancelled: &CancelToken) -> Result<Schema, EngineError> {
        self.engine.sample(scan, cancelled)
    }

    fn infer(&self, scan: &Scan, cancelled: &CancelToken) -> Result<Schema, EngineError> {
        self.engine.infer(scan, cancelled)
    }

    fn run(&self, job: &TableJob, options: &JobOptions<'_>) -> Result<TableReport, EngineError> {
        self.engine.run(job, options)
    }

    fn batches(
        &self,
        table: &TableRef,
        columns: Option<&[String]>,
        limit: Option<u64>,
    ) -> Result<PlainBatches, EngineError> {
        self.engine.batches(table, columns, limit)
    }

    fn profile(&self, table: &TableRef) -> Result<TableProfile, EngineError> {
        self.engine.profile(table)
    }

    fn write(&self, table: &TableRef, sink: &Sink, staged: &Location) -> Result<Written, EngineError> {
        self.engine.write(table, sink, staged)
    }

    fn save(&self, table: &TableRef, manifest: &Location) -> Result<Digest, EngineError> {
        std::fs::create_dir_all(&self.folder).map_err(failed)?;
        let staged = self.folder.join("staged");
        let digest = self.engine.save(table, &Location::new(staged.to_string_lossy()))?;
        std::fs::rename(&staged, self.table(&digest).as_str()).map_err(failed)?;
        std::fs::write(manifest.as_str(), digest.to_string()).map_err(failed)?;
        Ok(Digest::of(digest.to_string().as_bytes()))
    }

    fn has(&self, manifest: &Location) -> bool {
        self.behind(manifest).is_ok_and(|table| std::fs::exists(table.as_str()).unwrap_or(false))
    }

    fn open(&self, manifest: &Location) -> Result<TableRef, EngineError> {
        self.engine.open(&self.behind(manifest)?)
    }
}

#[test]
fn tables_may_lie_elsewhere_than_in_the_cache() {
    let folder = Project::new().file("numbers.csv", "n\n1\n2\n3\n").pipeline(
        "
        version: 1
        name: warehouse
        tasks:
          numbers: {type: load, path: numbers.csv}
          large: {type: sql, sql: select n from numbers where n > 1}
          doubled: {type: sql, sql: select n * 2 as twice from large, output: outputs/doubled.csv}
        ",
    );
    let warehouse = folder.root().join("warehouse");
    // A project opened is one run.
    let open = || {
        let types = tidemill_tasks::all().with_formats(FormatCodecs::all().formats());
        let (project, engine) = opened(&folder, types);
        let engine: Arc<dyn TableEngine> = Arc::new(Warehouse { engine, folder: warehouse.clone() });
        (project, engine)
    };
    let run = || {
        let (project, engine) = open();
        run_by(&project, &engine).expect("a run without failures");
    };
    let actions = || {
        let (project, engine) = open();
        planned_by(&project, &engine).into_iter().map(|(_, action)| action).collect::<Vec<_>>()
    };
    let kept = || std::fs::read_dir(&warehouse).expect("the warehouse").flatten().collect::<Vec<_>>();
    run();
    assert_eq!((actions(), kept().len()), (vec![DryRunAction::Cached; 3], 3));

    // What is gone from there is computed again.
    std::fs::remove_file(kept()[0].path()).expect("it goes");
    assert!(actions().contains(&DryRunAction::Run));
    run();
    assert_eq!((actions(), kept().len()), (vec![DryRunAction::Cached; 3], 3));
    assert_eq!(folder.read("outputs/doubled.csv"), "twice\n4\n6\n");

    // What no manifest leads to is freed.
    open().1.sweep(&HashSet::new()).expect("it can be freed");
    assert_eq!((actions(), kept().len()), (vec![DryRunAction::Run; 3], 0));
}
