//! What may or may not have been sent, in words.

use serde_json::{Value, json};
use tidemill_state::Effect;

use crate::terminal::Paint;

/// A sentence for each and what to do, for the end of a run and of its story; empty if there is none.
pub fn told(unknown: &[Effect], paint: Paint) -> String {
    let mut text = String::new();
    for effect in unknown {
        text += &format!("{} {}: {}\n", paint.yellow("warning"), effect.task, sentence(effect));
    }
    if !unknown.is_empty() {
        text += &format!("  {} {HELP}\n\n", paint.cyan("help:"));
    }
    text
}

/// What to do.
pub const HELP: &str =
    "look whether it has arrived; `tidemill retry --effects` sends it again, with `--arrived TASK` it counts as sent";

/// What is in doubt.
pub fn sentence(effect: &Effect) -> String {
    if let Some((_, about)) = effect.notice() {
        return format!("it is not known whether this was told: {about}");
    }
    let what = format!("it is not known whether this was sent in run {}", effect.run);
    match (effect.fire(), effect.handled()) {
        (Some(instant), _) => format!("{what}, for {instant}"),
        (None, Some(run)) if run != effect.run.as_str() => format!("{what}, as a handler of run {run}"),
        (None, Some(_)) => format!("{what}, as its handler"),
        (None, None) => what,
    }
}

/// The same for programs.
pub fn object(effect: &Effect) -> Value {
    json!({"task": effect.task, "run": effect.run, "at": effect.at, "key": effect.key, "message": effect.message})
}
