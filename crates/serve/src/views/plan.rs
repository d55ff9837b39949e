//! What a run would do and why, before it is started; and the form made from the parameters.

use serde_json::{Map, Value, json};
use tidemill_core::format::seconds;
use tidemill_core::spec::{Param, Spec};
use tidemill_runner::dry_run::DryRunAction;

use crate::app::App;
use crate::project::ServedProject;
use crate::reply::Problem;

/// The plan of a run of these selectors with these parameters.
///
/// # Errors
/// If the file has mistakes, a parameter is wrong or a selector matches nothing.
pub fn plan(
    app: &App,
    served: &ServedProject,
    select: &[String],
    params: &[(String, String)],
) -> Result<Value, Problem> {
    let (project, dry_run) = served.dry_run(&*app.program, params.to_vec(), select)?;
    let count = |action| dry_run.tasks.iter().filter(|task| task.action == action).count();
    let counts = json!({
        "run": count(DryRunAction::Run),
        "restore": count(DryRunAction::Restore),
        "skip": count(DryRunAction::Skip),
        "cached": count(DryRunAction::Cached),
    });
    let expected = dry_run.expected(&project.plan).map(|(all, longest)| {
        json!({"work": all.as_secs_f64(), "longest": longest.as_secs_f64(), "shown": [seconds(all), seconds(longest)]})
    });
    let tasks: Vec<Value> = dry_run
        .tasks
        .iter()
        .map(|planned| {
            let task = project.plan.task(planned.task);
            json!({
                "task": task.name,
                "type": task.task_type.name,
                "does": task.task.describe(),
                "action": planned.action,
                "reasons": planned.reasons,
                "own": !planned.own_reasons.is_empty(),
                "effect": task.has_effect(),
            })
        })
        .collect();
    Ok(json!({"tasks": tasks, "counts": counts, "expected": expected, "form": form(&project.spec)}))
}

/// The fields of the form.
fn form(spec: &Spec) -> Vec<Value> {
    spec.params.iter().map(|(name, param)| field(name, param)).collect()
}

fn field(name: &str, param: &Param) -> Value {
    json!({
        "name": name,
        "type": param.kind,
        "value": written(&param.value),
        "default": param.default.as_ref().map(written),
        "required": param.default.is_none(),
        "min": param.min,
        "max": param.max,
        "choices": param.one_of.iter().map(written).collect::<Vec<_>>(),
        "help": param.help,
    })
}

/// A value as `-p` takes it.
fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The parameters that were given, as `-p` takes them: fields `param.NAME` of a form or a query, without those that are as the
/// file has them.
pub fn given_params(spec: Option<&Spec>, fields: &[(String, String)]) -> Vec<(String, String)> {
    let is_default = |name: &str, value: &str| {
        let param = spec.and_then(|spec| spec.params.get(name));
        param.is_some_and(|param| written(&param.value) == value)
    };
    fields
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("param.")?, value)))
        .filter(|(name, value)| !is_default(name, value))
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

/// Parameters of a JSON body, as `-p` takes them.
///
/// # Errors
/// If they are no object.
pub fn json_params(params: Option<&Value>) -> Result<Vec<(String, String)>, Problem> {
    let none = Map::new();
    let params = match params {
        None | Some(Value::Null) => &none,
        Some(Value::Object(params)) => params,
        Some(_) => return Err(Problem::bad("`params` is not an object of names and values")),
    };
    Ok(params.iter().map(|(name, value)| (name.clone(), written(value))).collect())
}
