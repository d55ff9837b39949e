use tidemill_core::ids::{Digest, RunId, TaskName};
use tidemill_state::{Claim, Edited, Effect, EffectStatus, Fire, FireStatus, Process, State};

use crate::{TestResult, at};

fn mail(key: &str, second: i64) -> Effect {
    Effect {
        pipeline: "p".into(),
        task: "mail".into(),
        key: key.into(),
        content: Digest::of(key.as_bytes()),
        status: EffectStatus::Sending,
        message: None,
        run: RunId::new("r"),
        at: at(second),
    }
}

#[test]
fn an_effect_is_granted_once_unless_it_surely_failed() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    assert_eq!(state.claim_effect(&mail("one", 100), false)?, Claim::Granted);
    assert!(matches!(state.claim_effect(&mail("one", 101), false)?, Claim::Refused(known) if known.at == at(100)));
    state.settle_effect(&Effect { status: EffectStatus::Failed, ..mail("one", 102) })?;
    assert_eq!(state.last_effect("p", &TaskName::new("mail"))?, None);
    assert_eq!(state.claim_effect(&mail("one", 103), false)?, Claim::Granted);
    let sent = Effect { status: EffectStatus::Sent, message: Some("<id@host>".into()), ..mail("one", 104) };
    state.settle_effect(&sent)?;
    assert_eq!(state.claim_effect(&mail("one", 105), false)?, Claim::Refused(sent.clone()));
    assert_eq!(state.last_effect("p", &TaskName::new("mail"))?, Some(sent));
    assert_eq!(state.claim_effect(&mail("two", 106), false)?, Claim::Granted);
    assert!(state.unknown_effects("p")?.is_empty());
    Ok(())
}

#[test]
fn a_fire_is_committed_by_one_of_many() -> TestResult {
    let dir = tempfile::tempdir()?;
    let fire = Fire {
        pipeline: "p".into(),
        instant: at(1000),
        status: FireStatus::Due,
        at: at(1001),
        run: None,
        reason: None,
        owner: Some(Process::current()),
    };
    let mine = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| State::open(dir.path()).and_then(|mut state| state.commit_fire(&fire))))
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect::<Result<Vec<bool>, _>>()
    })?;
    assert_eq!(mine.iter().filter(|mine| **mine).count(), 1);

    let mut state = State::open(dir.path())?;
    assert!(state.commit_fire(&Fire { pipeline: "q".into(), ..fire.clone() })?);
    let done = Fire { status: FireStatus::Done, run: Some(RunId::new("r")), ..fire };
    state.settle_fire(&done)?;
    let skipped = Fire {
        instant: at(2000),
        status: FireStatus::Skipped,
        run: None,
        reason: Some("an older run was going on".into()),
        ..done.clone()
    };
    assert!(state.commit_fire(&skipped)?);
    assert_eq!(state.last_fire("p")?, Some(skipped.clone()));
    assert_eq!(state.fires("p", at(0), at(9999))?, [done.clone(), skipped]);
    assert_eq!(state.fires("p", at(0), at(2000))?, [done]);
    Ok(())
}

#[test]
fn saved_edits_are_remembered() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    let edited = Edited {
        path: "outputs/a.csv".into(),
        saved: ".tidemill/edited/r/outputs/a.csv".into(),
        digest: Digest::of(b"mine"),
        run: RunId::new("r"),
        at: at(100),
    };
    state.record_edited(&edited)?;
    assert_eq!(state.edited()?, [edited]);
    Ok(())
}
