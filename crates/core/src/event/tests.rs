use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::*;
use crate::table::{Location, RowsIn};

fn event(what: Happening) -> RunEvent {
    let at = "2024-11-20T19:45:00Z".parse().unwrap();
    RunEvent { version: EVENT_VERSION, run: RunId::new("20241120-194500-3f9a"), at, what }
}

fn started(attempt: u32) -> RunEvent {
    event(Happening::AttemptStarted { task: "orders".into(), attempt })
}

/// An observer made of a closure.
struct Watch<F>(F);

impl<F: FnMut(&RunEvent) -> Result<(), String> + Send> Observer for Watch<F> {
    fn on_event(&mut self, event: &RunEvent) -> Result<(), String> {
        (self.0)(event)
    }
}

fn forward(to: Sender<RunEvent>) -> impl Observer {
    Watch(move |event: &RunEvent| to.send(event.clone()).map_err(|_| "nobody listens".to_owned()))
}

const LONG: Duration = Duration::from_secs(600);

#[test]
fn an_event_is_one_flat_object_that_can_be_read_back() {
    let end = TaskEnd {
        task: "orders".into(),
        status: TaskStatus::Success,
        how: Some(How::Ran),
        reason: None,
        unfinished: false,
        attempts: 1,
        started: Some("2024-11-20T19:45:00Z".parse().unwrap()),
        ended: "2024-11-20T19:45:01.5Z".parse().unwrap(),
        duration: Duration::from_millis(1500),
        report: TaskReport {
            rows: Some(1000),
            rows_in: vec![RowsIn { from: "data/retail.db".into(), rows: 1000 }],
            outputs: vec![Location::new("outputs/orders.csv")],
            ..TaskReport::default()
        },
        error: None,
    };
    let ended = event(Happening::TaskEnded(Box::new(end)));
    insta::assert_snapshot!(serde_json::to_string(&ended).unwrap(), @r#"{"version":1,"run":"20241120-194500-3f9a","at":"2024-11-20T19:45:00Z","event":"task_ended","task":"orders","status":"success","how":"ran","reason":null,"unfinished":false,"attempts":1,"started":"2024-11-20T19:45:00Z","ended":"2024-11-20T19:45:01.5Z","duration":1.5,"rows":1000,"rows_in":[{"from":"data/retail.db","rows":1000}],"rejected":[],"dropped":[],"joins":[],"warnings":[],"checks":[],"outputs":["outputs/orders.csv"],"note":null,"error":null}"#);
    let progress = event(Happening::Progress(Counts { waiting: 2, ran: 1, ..Counts::default() }));
    insta::assert_snapshot!(serde_json::to_string(&progress).unwrap(), @r#"{"version":1,"run":"20241120-194500-3f9a","at":"2024-11-20T19:45:00Z","event":"progress","waiting":2,"ready":0,"running":0,"backoff":0,"ran":1,"cached":0,"restored":0,"failed":0,"skipped":0,"cancelled":0}"#);
    for event in [ended, progress, started(1)] {
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<RunEvent>(&text).unwrap(), event);
    }
}

#[test]
fn an_observer_hears_everything_in_order() {
    let (sender, heard) = unbounded();
    let mut observers = Observers::new();
    observers.add("log", forward(sender));
    (0..1000).for_each(|attempt| observers.emit(started(attempt)));
    assert!(observers.finish(LONG).is_empty());
    assert!(heard.iter().eq((0..1000).map(started)));
}

#[test]
fn one_that_panics_or_fails_is_dropped_and_the_others_go_on() {
    let (sender, heard) = unbounded();
    let mut observers = Observers::new();
    observers.add("progress", Watch(|_: &RunEvent| panic!("no terminal")));
    observers.add("history", Watch(|_: &RunEvent| Err("disk full".to_owned())));
    observers.add("log", forward(sender));
    (0..100).for_each(|attempt| observers.emit(started(attempt)));
    let mut notes = observers.finish(LONG);
    notes.sort();
    assert_eq!(notes, ["history stopped: disk full", "progress stopped: panicked: no terminal"]);
    assert_eq!(heard.iter().count(), 100);
}

#[test]
fn one_that_never_comes_back_is_given_up() {
    let (release, held): (Sender<()>, Receiver<()>) = unbounded();
    let stuck = move |_: &RunEvent| {
        let _ = held.recv();
        Ok(())
    };
    let mut observers = Observers::new();
    observers.add_with_patience("history", Watch(stuck.clone()), 10);
    observers.add("log", Watch(stuck));
    (0..100).for_each(|attempt| observers.emit(started(attempt)));
    assert_eq!(
        observers.finish(Duration::ZERO),
        ["history was given up: it is too slow for this run", "log was given up: it had not finished 0 s later"]
    );
    drop(release);
}
