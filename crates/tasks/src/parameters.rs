//! What all task types share: a struct of parameters becomes a type.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::spec;
use tidemill_core::task::{Descriptor, Task, TaskSource, TaskType};

/// The keys of a task type, and what makes a task of them.
pub trait Parameters: DeserializeOwned + Serialize + JsonSchema + Send + Sync + 'static {
    /// What is known of the type beside its keys.
    const DESCRIPTOR: Descriptor;

    /// Makes the task; finds the mistakes that the schema of the keys cannot say.
    ///
    /// # Errors
    /// All mistakes found.
    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>>;

    /// Puts back what tasks of this type had moved away when their run died: see [`TaskType::recover`].
    fn recover(_project: &Path) -> std::io::Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }
}

/// The task type of the parameters `P`.
pub struct TypeOf<P>(PhantomData<fn() -> P>);

impl<P> TypeOf<P> {
    /// It has no state.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<P> Default for TypeOf<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Parameters> TaskType for TypeOf<P> {
    fn descriptor(&self) -> &'static Descriptor {
        &P::DESCRIPTOR
    }

    fn schema(&self) -> Schema {
        schemars::schema_for!(P)
    }

    fn build(&self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        let parameters: P = spec::read(&source.spec.keys, source.scope(), source.sources)?;
        parameters.into_task(source)
    }

    fn recover(&self, project: &Path) -> std::io::Result<Vec<PathBuf>> {
        P::recover(project)
    }
}
