//! Where a run belongs in a trace that goes through several programs: the W3C Trace Context.

use std::fmt::Write as _;
use std::hash::{BuildHasher as _, Hasher as _};

use crate::ids::TaskName;

/// The variable by which a program tells those that it starts where they belong.
pub const TRACEPARENT: &str = "TRACEPARENT";
/// The variable with what vendors add to it.
pub const TRACESTATE: &str = "TRACESTATE";

/// The place of a run in a trace. The ids of its spans follow from it, so whoever starts a command and whoever tells of the
/// attempt agree on its span without asking each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace: [u8; 16],
    /// The span that the run belongs to, if another program has begun the trace.
    parent: Option<[u8; 8]>,
    run: [u8; 8],
    flags: u8,
    state: Option<String>,
    /// Whether somebody is told of the run's spans: else nothing may hang on them.
    is_told: bool,
}

impl TraceContext {
    const SAMPLED: u8 = 1;

    /// The place of a run in the trace of whoever started it, as its variables tell it; without them, the beginning of a trace.
    pub fn of_run(traceparent: Option<&str>, tracestate: Option<&str>) -> Self {
        let run = random();
        let is_told = true;
        match traceparent.and_then(parsed) {
            Some((trace, parent, flags)) => {
                let state = tracestate.filter(|state| !state.trim().is_empty()).map(str::to_owned);
                Self { trace, parent: Some(parent), run, flags, state, is_told }
            }
            None => {
                let mut trace = [0; 16];
                trace[..8].copy_from_slice(&random());
                trace[8..].copy_from_slice(&random());
                Self { trace, parent: None, run, flags: Self::SAMPLED, state: None, is_told }
            }
        }
    }

    /// The place of whoever started the run, handed on to commands as it is because nobody is told of the run; None if there is
    /// none.
    pub fn handed_on(traceparent: Option<&str>, tracestate: Option<&str>) -> Option<Self> {
        let context = Self { is_told: false, ..Self::of_run(traceparent, tracestate) };
        context.parent.is_some().then_some(context)
    }

    /// The trace.
    pub fn trace(&self) -> [u8; 16] {
        self.trace
    }

    /// The span that the run is below, if another program has begun the trace.
    pub fn parent(&self) -> Option<[u8; 8]> {
        self.parent
    }

    /// The span of the run.
    pub fn run(&self) -> [u8; 8] {
        self.run
    }

    /// The span of an attempt.
    pub fn attempt(&self, task: &TaskName, attempt: u32) -> [u8; 8] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.run).update(&attempt.to_le_bytes()).update(task.as_str().as_bytes());
        let mut span = [0; 8];
        span.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        // All zeros would be no id.
        span[0] |= 1;
        span
    }

    /// Whether whoever began the trace wants its spans.
    pub fn is_sampled(&self) -> bool {
        self.flags & Self::SAMPLED != 0
    }

    /// What vendors have added.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The variables for a program that an attempt starts.
    pub fn variables(&self, task: &TaskName, attempt: u32) -> Vec<(&'static str, String)> {
        let own = || self.attempt(task, attempt);
        let span = self.parent.filter(|_| !self.is_told).unwrap_or_else(own);
        let (trace, span) = (hex(&self.trace), hex(&span));
        let mut variables = vec![(TRACEPARENT, format!("00-{trace}-{span}-{:02x}", self.flags))];
        variables.extend(self.state.clone().map(|state| (TRACESTATE, state)));
        variables
    }
}

/// An id that no other process has: its bits are those with which the system seeds hash maps.
fn random() -> [u8; 8] {
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    let mut id = hasher.finish().to_le_bytes();
    id[0] |= 1;
    id
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Trace, span and flags of `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`. What is malformed counts as absent, as the
/// standard has it.
fn parsed(text: &str) -> Option<([u8; 16], [u8; 8], u8)> {
    let mut parts = text.trim().split('-');
    let version = byte(parts.next()?)?;
    let (trace, parent, flags) = (bytes::<16>(parts.next()?)?, bytes::<8>(parts.next()?)?, byte(parts.next()?)?);
    // Later versions may add parts; this one has none.
    let is_known = version != 0xff && (version > 0 || parts.next().is_none());
    (is_known && trace != [0; 16] && parent != [0; 8]).then_some((trace, parent, flags))
}

fn byte(text: &str) -> Option<u8> {
    bytes::<1>(text).map(|[byte]| byte)
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let is_hex = text.len() == 2 * N && text.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
    if !is_hex {
        return None;
    }
    let mut bytes = [0; N];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_run_goes_on_with_the_trace_of_whoever_started_it() {
        let context = TraceContext::of_run(Some(PARENT), Some("vendor=1"));
        assert_eq!(hex(&context.trace()), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(context.parent().map(|span| hex(&span)), Some("00f067aa0ba902b7".to_owned()));
        assert!(context.is_sampled());
        let task = TaskName::new("t");
        let span = hex(&context.attempt(&task, 2));
        let expected = [
            ("TRACEPARENT", format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{span}-01")),
            ("TRACESTATE", "vendor=1".to_owned()),
        ];
        assert_eq!(context.variables(&task, 2), expected);
        assert_ne!(context.attempt(&task, 1), context.attempt(&task, 2));
    }

    #[test]
    fn two_runs_below_one_span_have_spans_of_their_own() {
        let (one, two) = (TraceContext::of_run(Some(PARENT), None), TraceContext::of_run(Some(PARENT), None));
        let task = TaskName::new("t");
        assert_eq!(one.trace(), two.trace());
        assert_ne!(one.run(), two.run());
        assert_ne!(one.attempt(&task, 1), two.attempt(&task, 1));
    }

    #[test]
    fn without_anybody_to_tell_it_is_handed_on() {
        let context = TraceContext::handed_on(Some(PARENT), None).unwrap();
        assert_eq!(context.variables(&TaskName::new("t"), 1), [("TRACEPARENT", PARENT.to_owned())]);
        assert_eq!(TraceContext::handed_on(None, None), None);
    }

    #[test]
    fn what_is_malformed_begins_a_trace() {
        let long = format!("{PARENT}-00");
        let bad = [
            "",
            "00",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-é",
            &long,
        ];
        for text in bad {
            let context = TraceContext::of_run(Some(text), Some("x=1"));
            assert_eq!((context.parent(), context.state()), (None, None), "{text}");
        }
        assert!(TraceContext::of_run(Some(&long.replacen("00", "01", 1)), None).parent().is_some());
        assert!(!TraceContext::of_run(Some(&PARENT.replace("-01", "-00")), None).is_sampled());
    }
}
