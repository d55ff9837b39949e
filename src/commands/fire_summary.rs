//! How a pipeline's schedule stands: the next fire, the last one, and those that were lost.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tidemill_core::schedule::Timetable;
use tidemill_core::spec::{Schedule, Spec};
use tidemill_state::{Fire, FireStatus, LOST, State, Watch};

use super::pipeline_history::WallClock;
use crate::failure::Failure;
use tidemill_scheduler::words;

/// So far back fires that were lost are told.
const RECENT: SignedDuration = SignedDuration::from_hours(14 * 24);
/// So many of them.
const TOLD: usize = 3;

/// How a schedule stands.
pub struct FireSummary {
    schedule: Schedule,
    next: Option<Timestamp>,
    watch: Option<Watch>,
    last: Option<Fire>,
    /// Recorded, not started, and no run has made up for them; the latest first.
    lost: Vec<Timestamp>,
}

impl FireSummary {
    /// Looks at the file and at what is remembered; None if the pipeline has no schedule.
    pub fn of(spec: &Spec, state: Option<&State>, now: Timestamp) -> Result<Option<Self>, Failure> {
        let Some(schedule) = spec.schedule.clone() else { return Ok(None) };
        let timetable = Timetable::new(&schedule).map_err(Failure::wrong)?;
        let mut fires = Self { schedule, next: timetable.next(now), watch: None, last: None, lost: Vec::new() };
        if let Some(state) = state {
            let pipeline = spec.name.value.as_str();
            fires.watch = state.watch(pipeline)?;
            fires.last = state.last_fire(pipeline)?;
            let recent = state.fires(pipeline, now.checked_sub(RECENT).unwrap_or(now), now)?;
            let lost = recent.iter().rev().filter(|fire| fire.is_lost() || fire.reason.as_deref() == Some(LOST));
            let lost: Vec<Timestamp> = lost.map(|fire| fire.instant).collect();
            if !lost.is_empty() {
                let done = state.succeeded_times(pipeline)?;
                let done: HashSet<Timestamp> = done.iter().filter_map(|time| time.parse().ok()).collect();
                fires.lost = lost.into_iter().filter(|fire| !done.contains(fire)).collect();
            }
        }
        Ok(Some(fires))
    }

    /// Names and values for people.
    pub fn facts(&self, clock: &WallClock, now: Timestamp) -> Vec<(&'static str, String)> {
        let mut facts = Vec::new();
        if let Some(last) = &self.last {
            let what = match (last.status, &last.run) {
                (FireStatus::Skipped, _) => {
                    format!("skipped: {}", last.reason.as_deref().unwrap_or("no reason is known"))
                }
                (FireStatus::Done, Some(run)) => format!("run {run}"),
                (FireStatus::Done, None) => "done".to_owned(),
                (FireStatus::Due, _) if last.is_lost() => LOST.to_owned(),
                (FireStatus::Due, Some(run)) if last.is_looked_after() => format!("run {run} goes on"),
                (FireStatus::Due, Some(run)) => format!("run {run} died"),
                (FireStatus::Due, None) => "starts".to_owned(),
            };
            facts.push(("fire", format!("{} {what}", clock.show_with_zone(last.instant))));
        }
        for fire in self.lost.iter().take(TOLD) {
            let help = format!("`tidemill backfill --from {fire} --to {fire}` runs it");
            facts.push(("lost", format!("{} recorded, not started; {help}", clock.show_with_zone(*fire))));
        }
        if self.lost.len() > TOLD {
            facts.push(("lost", format!("and {} more", self.lost.len() - TOLD)));
        }
        facts.push(("schedule", tidemill_core::schedule::in_words(&self.schedule)));
        match (self.watch.as_ref().and_then(|watch| watch.paused), self.next) {
            (Some(since), _) => {
                facts.push(("next", format!("none: paused since {}; `tidemill resume`", clock.show_with_zone(since))));
            }
            (None, Some(next)) => {
                let served = if self.watch.is_none() { "; no scheduler has served it yet" } else { "" };
                facts.push(("next", format!("{}, {}{served}", clock.show_with_zone(next), words::distance(next, now))));
            }
            (None, None) => facts.push(("next", "never".to_owned())),
        }
        facts
    }

    /// The same for programs.
    pub fn json(&self) -> Value {
        json!({
            "words": tidemill_core::schedule::in_words(&self.schedule),
            "next": self.next,
            "paused": self.watch.as_ref().and_then(|watch| watch.paused),
            "last": self.last.as_ref().map(|fire| json!({
                "fire": fire.instant, "status": fire.status, "run": fire.run, "reason": fire.reason,
            })),
            "lost": self.lost,
        })
    }
}
