//! What the tasks have published.

use serde_json::{Value, json};

use crate::app::App;
use crate::files;
use crate::project::Served;
use crate::reply::Problem;

/// The published files of a project that can be shown, by task.
///
/// # Errors
/// If the state cannot be read.
pub fn outputs(app: &App, served: &Served) -> Result<Value, Problem> {
    let pipeline = served.load(&*app.program);
    let Some(state) = served.state()? else { return Ok(json!([])) };
    let mut files = state.published(&pipeline.name)?;
    files.sort_by(|a, b| (&a.task, &a.path).cmp(&(&b.task, &b.path)));
    let line = |file: &tidemill_state::PublishedFile| {
        let found = files::within(served.folder(), &file.path).and_then(|path| path.metadata().ok());
        json!({
            "path": file.path,
            "task": file.task,
            "kind": files::kind(&file.path),
            "bytes": found.as_ref().map(std::fs::Metadata::len),
        })
    };
    Ok(files.iter().map(line).collect())
}
