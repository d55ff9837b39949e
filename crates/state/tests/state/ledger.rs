use tidemill_core::ids::{Digest, RunId};
use tidemill_state::{
    Edited, Effect, EffectClaim, EffectStatus, EffectTrigger, Fire, FireStatus, Process, Resend, Rule, State,
};

use crate::{TestResult, at};

fn about(trigger: &EffectTrigger, content: &str, second: i64) -> Effect {
    let content = Digest::of(content.as_bytes());
    Effect {
        pipeline: "p".into(),
        task: "mail".into(),
        key: trigger.key(content),
        content,
        status: EffectStatus::Sending,
        message: Some(format!("id-{second}")),
        run: RunId::new("r"),
        at: at(second),
    }
}

fn by_hand(content: &str, second: i64) -> Effect {
    about(&EffectTrigger::Hand(Digest::of(b"the same things")), content, second)
}

fn rule(resend: Resend) -> Rule {
    Rule { resend, ..Rule::default() }
}

fn settle(state: &mut State, effect: &Effect, status: EffectStatus) -> TestResult {
    state.settle_effect(&Effect { status, ..effect.clone() })?;
    Ok(())
}

#[test]
fn an_effect_is_granted_once_unless_it_surely_failed() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    for trigger in [
        EffectTrigger::Hand(Digest::of(b"x")),
        EffectTrigger::Fire("2024-11-20T19:45:00+00:00".into()),
        EffectTrigger::Run("r".into()),
    ] {
        let of = |second| Effect { task: "t".into(), ..about(&trigger, "content", second) };
        let nothing = Rule::default();
        assert_eq!(state.claim_effect(&of(100), nothing)?, EffectClaim::Granted);
        assert!(matches!(state.claim_effect(&of(101), nothing)?, EffectClaim::Refused(known) if known.at == at(100)));
        settle(&mut state, &of(102), EffectStatus::Failed)?;
        assert_eq!(state.claim_effect(&of(103), nothing)?, EffectClaim::Granted);
        settle(&mut state, &of(104), EffectStatus::Unknown)?;
        assert!(matches!(state.claim_effect(&of(105), nothing)?, EffectClaim::Refused(_)));
        assert_eq!(state.unknown_effects("p")?.len(), 1);
        assert_eq!(state.claim_effect(&of(106), rule(Resend::Unknown))?, EffectClaim::Granted);
        settle(&mut state, &of(107), EffectStatus::Sent)?;
        assert!(state.unknown_effects("p")?.is_empty());
        for resend in [Resend::Nothing, Resend::Unknown] {
            assert!(
                matches!(state.claim_effect(&of(108), rule(resend))?, EffectClaim::Refused(known) if known.at == at(107))
            );
        }
        assert_eq!(state.claim_effect(&of(109), rule(Resend::All))?, EffectClaim::Granted);
        settle(&mut state, &of(110), EffectStatus::Sent)?;
        state.settle_effect(&Effect { status: EffectStatus::Failed, ..of(111) })?;
    }
    Ok(())
}

#[test]
fn by_hand_only_the_content_sent_last_is_not_sent_again() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    for (second, content) in [(100, "one"), (101, "two"), (102, "one")] {
        let mail = by_hand(content, second);
        assert_eq!(state.claim_effect(&mail, Rule::default())?, EffectClaim::Granted, "{content}");
        settle(&mut state, &mail, EffectStatus::Sent)?;
        assert!(matches!(state.claim_effect(&mail, Rule::default())?, EffectClaim::Refused(_)), "{content}");
    }
    Ok(())
}

#[test]
fn what_is_forced_is_the_same_if_it_comes_of_the_same_things() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    let first = by_hand("made at noon", 100);
    assert_eq!(state.claim_effect(&first, Rule::default())?, EffectClaim::Granted);
    settle(&mut state, &first, EffectStatus::Sent)?;
    let again = by_hand("made at one", 101);
    let forced = Rule { forced: true, ..Rule::default() };
    assert!(matches!(state.claim_effect(&again, forced)?, EffectClaim::Refused(_)));
    let of_others = about(&EffectTrigger::Hand(Digest::of(b"other things")), "made at one", 102);
    assert_eq!(state.same_effect(&of_others, forced)?, None);
    assert_eq!(state.claim_effect(&again, Rule::default())?, EffectClaim::Granted);
    Ok(())
}

#[test]
fn for_each_fire_it_is_sent_once_whatever_is_in_it() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    let fire = |day: &str, content, second| about(&EffectTrigger::Fire(day.into()), content, second);
    for (day, second) in [("20", 100), ("21", 101)] {
        let mail = fire(day, "equal", second);
        assert_eq!(state.claim_effect(&mail, Rule::default())?, EffectClaim::Granted);
        settle(&mut state, &mail, EffectStatus::Sent)?;
    }
    for (day, content) in [("20", "equal"), ("20", "another"), ("21", "another")] {
        assert!(matches!(state.claim_effect(&fire(day, content, 102), Rule::default())?, EffectClaim::Refused(_)));
    }
    Ok(())
}

#[test]
fn something_newer_settles_what_was_in_doubt_by_hand() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    let lost = [by_hand("one", 100), about(&EffectTrigger::Fire("20".into()), "one", 101)];
    for mail in &lost {
        assert_eq!(state.claim_effect(mail, rule(Resend::All))?, EffectClaim::Granted);
        settle(&mut state, mail, EffectStatus::Unknown)?;
    }
    let newer = by_hand("two", 102);
    assert_eq!(state.claim_effect(&newer, Rule::default())?, EffectClaim::Granted);
    assert_eq!(state.unknown_effects("p")?.len(), 3, "what is on its way is in doubt too, since no run is going on");
    settle(&mut state, &newer, EffectStatus::Sent)?;
    let unknown = state.unknown_effects("p")?;
    assert_eq!(unknown.iter().map(|effect| effect.key.as_str()).collect::<Vec<_>>(), ["fire 20"]);
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
