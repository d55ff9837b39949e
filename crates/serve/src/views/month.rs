//! A month of a schedule as a calendar: day by day the fires that were, with how each ended, and those that come.

use std::collections::{BTreeMap, HashSet};

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde_json::{Value, json};

use super::run::status_mark;
use super::schedule::{PastFires, timetable_of};
use crate::app::App;
use crate::project::{Pipeline, ServedProject};
use crate::reply::Problem;

/// So many fires of a day are shown one by one.
const SHOWN: usize = 3;
/// At most so many fires of a month are looked at, of those that were and of those that come.
const MOST: usize = 3_000;
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The fires of one month by their days, in the pipeline's zone.
struct Month {
    first: Date,
    zone: TimeZone,
    days: BTreeMap<Date, Vec<Value>>,
    is_cut: bool,
}

/// A month of a project, `2024-11`, or that of today; with a day of it, all fires of that day.
///
/// # Errors
/// If it has no schedule, the month is none, or the state cannot be read.
pub fn month(app: &App, served: &ServedProject, month: Option<&str>, day: Option<&str>) -> Result<Value, Problem> {
    let pipeline = served.load(&*app.program);
    let zone = timetable_of(&pipeline)?.1.zone().clone();
    let today = Timestamp::now().to_zoned(zone.clone()).date();
    let wrong = |_| Problem::bad("a month is written as `2024-11`, a day as `2024-11-20`");
    let day: Option<Date> = day.map(str::parse).transpose().map_err(wrong)?;
    let first = month.map(|month| format!("{month}-01").parse()).transpose().map_err(wrong)?;
    let first = first.unwrap_or_else(|| day.unwrap_or(today)).first_of_month();
    let mut found = Month { first, zone, days: BTreeMap::new(), is_cut: false };
    found.fill(served, &pipeline)?;
    let mut view = found.json(today);
    if let Some(day) = day {
        view["day"] = json!({"day": day, "fires": found.days.get(&day).cloned().unwrap_or_default()});
    }
    Ok(view)
}

impl Month {
    fn fill(&mut self, served: &ServedProject, pipeline: &Pipeline) -> Result<(), Problem> {
        let beyond = |_| Problem::bad("that month is beyond the end of time");
        let start = |date: Date, zone: &TimeZone| date.to_zoned(zone.clone()).map(|time| time.timestamp());
        let from = start(self.first, &self.zone).map_err(beyond)?;
        let to = self.first.checked_add(1.month()).and_then(|next| start(next, &self.zone)).map_err(beyond)?;
        let now = Timestamp::now();
        if let Some(state) = served.state()? {
            let told = PastFires::of(&state, pipeline)?;
            let fires = state.fires(&pipeline.name, from, to.min(now))?;
            self.is_cut |= fires.len() > MOST;
            for fire in fires.iter().rev().take(MOST).rev() {
                let line = told.line(fire, &pipeline.clock())?;
                self.add(fire.instant, line);
            }
            let recorded: HashSet<Timestamp> = fires.iter().map(|fire| fire.instant).collect();
            self.add_backfilled(pipeline, (from, to.min(now)), &|fire| {
                !recorded.contains(&fire) && told.is_done(fire)
            })?;
        }
        let after = now.max(just_before(from));
        let calendar = timetable_of(pipeline)?.1;
        let coming: Vec<Timestamp> = calendar.after(after).take_while(|fire| *fire < to).take(MOST + 1).collect();
        self.is_cut |= coming.len() > MOST;
        for fire in coming.into_iter().take(MOST) {
            let shown = pipeline.clock().show_with_zone(fire);
            self.add(fire, json!({"fire": fire, "status": "coming", "mark": status_mark("coming"), "shown": shown}));
        }
        Ok(())
    }

    /// Fires that nobody was there to record, and for which a run has succeeded since.
    fn add_backfilled(
        &mut self,
        pipeline: &Pipeline,
        (from, to): (Timestamp, Timestamp),
        is_meant: &dyn Fn(Timestamp) -> bool,
    ) -> Result<(), Problem> {
        let calendar = timetable_of(pipeline)?.1;
        let fires = calendar.after(just_before(from)).take_while(|fire| *fire < to).take(MOST);
        for fire in fires.filter(|fire| is_meant(*fire)) {
            let shown = pipeline.clock().show_with_zone(fire);
            let mark = status_mark("success");
            self.add(fire, json!({"fire": fire, "status": "success", "mark": mark, "made_up": true, "shown": shown}));
        }
        Ok(())
    }

    fn add(&mut self, fire: Timestamp, mut line: Value) {
        let time = fire.to_zoned(self.zone.clone());
        line["time"] = time.strftime("%H:%M").to_string().into();
        self.days.entry(time.date()).or_default().push(line);
    }

    fn json(&self, today: Date) -> Value {
        let name =
            |months: i8| self.first.checked_add(months.months()).ok().map(|first| first.strftime("%Y-%m").to_string());
        let days_before = self.first.weekday().since(Weekday::Monday);
        let mut day = self.first.checked_sub(days_before.days()).unwrap_or(self.first);
        let mut weeks = Vec::new();
        // As many weeks as the month touches.
        while weeks.is_empty() || (day.year(), day.month()) <= (self.first.year(), self.first.month()) {
            let mut week = Vec::new();
            for _ in 0..7 {
                week.push(self.day(day, today));
                let Ok(tomorrow) = day.tomorrow() else { return Value::Null };
                day = tomorrow;
            }
            weeks.push(week);
        }
        json!({
            "month": name(0), "before": name(-1), "after": name(1), "title": self.first.strftime("%B %Y").to_string(),
            "weekdays": WEEKDAYS, "weeks": weeks, "is_cut": self.is_cut,
        })
    }

    fn day(&self, day: Date, today: Date) -> Value {
        let fires = self.days.get(&day).map(Vec::as_slice).unwrap_or_default();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for fire in fires {
            *counts.entry(fire["status"].as_str().unwrap_or_default()).or_default() += 1;
        }
        let counts: Vec<Value> = counts
            .iter()
            .map(|(word, count)| json!({"status": word, "mark": status_mark(word), "count": count}))
            .collect();
        json!({
            "day": day, "number": day.day(), "is_today": day == today, "is_other": day.month() != self.first.month(),
            "fires": if fires.len() <= SHOWN { fires } else { &[] }, "counts": counts, "total": fires.len(),
        })
    }
}

fn just_before(time: Timestamp) -> Timestamp {
    time.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(time)
}
