//! The other systems that are told of a run: telemetry and lineage, by what the file and the variables say.

use std::sync::Arc;

use tidemill_core::diagnostic::failure_of;
use tidemill_core::run::{RunWatcher, Watchers};
use tidemill_core::table::TableEngine;
use tidemill_core::trace::{TRACEPARENT, TRACESTATE, TraceContext};
use tidemill_runner::RunReporter;
use tidemill_runner::project::Project;
use tidemill_secrets as secrets;
use tidemill_telemetry::Variables;
use tidemill_telemetry::lineage::{LineageSettings, LineageSource, LineageWatcher};
use tidemill_telemetry::otel::{OtelSettings, OtelWatcher};

/// Those that are to be told of a run of the project. What is wrong with their settings is a warning: no run fails over it.
pub fn watchers(project: &Project, engine: &Arc<dyn TableEngine>, reporter: &dyn RunReporter) -> Watchers {
    let variables = Variables::of_process();
    let (traceparent, tracestate) = (variables.get(TRACEPARENT), variables.get(TRACESTATE));
    let mut list: Vec<Box<dyn RunWatcher>> = Vec::new();
    let mut trace = TraceContext::handed_on(traceparent, tracestate);
    if let Some(settings) = otel_settings(project, &variables, reporter) {
        let context = TraceContext::of_run(traceparent, tracestate);
        if settings.has_traces() {
            trace = Some(context.clone());
        }
        let pipeline = project.spec.name.value.as_str();
        list.push(Box::new(OtelWatcher::new(settings, context, pipeline, project.run.clone())));
    }
    if let Some(settings) = lineage_settings(project, &variables, reporter) {
        let source = LineageSource {
            plan: Arc::clone(&project.plan),
            sources: Arc::clone(&project.sources),
            engine: Arc::clone(engine),
            columns: project.columns.clone(),
        };
        list.push(Box::new(LineageWatcher::new(settings, project.run.clone(), source)));
    }
    Watchers { list, trace }
}

fn otel_settings(project: &Project, variables: &Variables, reporter: &dyn RunReporter) -> Option<OtelSettings> {
    let spec = &project.spec;
    let config = spec.telemetry.as_ref().map(|known| known.config(&spec.scope, &secrets::of(spec), &project.sources));
    let config = config.transpose().unwrap_or_else(|mistakes| {
        reporter.warning(&failure_of(&mistakes, &project.sources).message);
        None
    });
    let settings = OtelSettings::of(config.as_ref(), variables)?;
    settings.warnings.iter().for_each(|warning| reporter.warning(&format!("telemetry: {warning}")));
    Some(settings)
}

fn lineage_settings(project: &Project, variables: &Variables, reporter: &dyn RunReporter) -> Option<LineageSettings> {
    let spec = &project.spec;
    let config = spec.openlineage.as_ref().map(|known| known.config(&spec.scope, &secrets::of(spec), &project.sources));
    let config = config.transpose().unwrap_or_else(|mistakes| {
        reporter.warning(&failure_of(&mistakes, &project.sources).message);
        None
    });
    LineageSettings::of(config.as_ref(), variables, &spec.project)
}
