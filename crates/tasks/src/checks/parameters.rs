//! What all checks share: a struct of what stands behind a key becomes a check.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tidemill_core::diagnostic::{Diagnostic, SourceMap};
use tidemill_core::spec::{self, Node, Scope};
use tidemill_core::table::{CheckKind, Schema};
use tidemill_core::task::{CheckContext, CheckType, Edge, Statement};

use super::CheckCompiler;

/// What stands behind the key of a check, and what it states of a table.
pub trait CheckParameters: DeserializeOwned + Serialize + Send + Sync + 'static {
    /// Its key.
    const NAME: &'static str;

    /// What it states, in one sentence.
    const SUMMARY: &'static str;

    /// Whether what it finds depends on when it looks.
    const LOOKS_AT_TIME: bool = false;

    /// What the JSON Schema says of what stands behind its key.
    type Form: JsonSchema;

    /// The same with what is known of the run.
    #[must_use]
    fn known(self, _scope: &Scope) -> Self {
        self
    }

    /// The tables that it looks into, beside that of its own task.
    fn reads(&self) -> Vec<Edge> {
        Vec::new()
    }

    /// Says what is to be checked of the table, or what is wrong.
    fn compile(&self, compiler: &mut CheckCompiler<'_>);
}

/// The check of the parameters `P`.
pub struct CheckOf<P>(PhantomData<fn() -> P>);

impl<P> CheckOf<P> {
    /// It has no state.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<P> Default for CheckOf<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: CheckParameters> CheckType for CheckOf<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn summary(&self) -> &'static str {
        P::SUMMARY
    }

    fn schema(&self, generator: &mut SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<Option<P::Form>>()
    }

    fn read(
        &self,
        entry: &Node,
        scope: &Scope,
        sources: &SourceMap,
    ) -> Result<Option<Box<dyn Statement>>, Vec<Diagnostic>> {
        let entry: BTreeMap<String, Option<P>> = spec::read(entry, scope, sources)?;
        let parameters = entry.into_values().next().flatten();
        Ok(parameters.map(|parameters| Box::new(Stated(parameters.known(scope))) as Box<dyn Statement>))
    }
}

/// What `P` states.
struct Stated<P>(P);

impl<P: CheckParameters> Statement for Stated<P> {
    fn parameters(&self) -> serde_json::Value {
        serde_json::to_value(&self.0).unwrap_or_default()
    }

    fn reads(&self) -> Vec<Edge> {
        self.0.reads()
    }

    fn looks_at_time(&self) -> bool {
        P::LOOKS_AT_TIME
    }

    fn compile(&self, table: &Schema, cx: &CheckContext<'_>) -> Result<Vec<(String, CheckKind)>, Vec<Diagnostic>> {
        let mut compiler = CheckCompiler::new(table, cx);
        self.0.compile(&mut compiler);
        compiler.finish()
    }
}
