//! `tidemill notify`: who is told of what becomes of scheduled runs; and, called by a scheduler, telling them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use jiff::Timestamp;
use tidemill_core::diagnostic::SourceMap;
use tidemill_core::notify::{Delivery, Notice, NoticeSender as _};
use tidemill_core::plan::output_places;
use tidemill_core::schedule::Timetable;
use tidemill_core::spec::Spec;
use tidemill_core::task::TaskFailure;
use tidemill_runner::notify::{NoticeCause, Notifier, ToldChannel};
use tidemill_runner::project::{self, Opened, Wanted, kept_texts, run_by_hand, written, zone_of};
use tidemill_scheduler::{FileSnapshot, kept_for_notices};
use tidemill_state::{Effect, EffectStatus, Resend, State};
use tidemill_tasks::NoticeChannels;

use super::CliCommand;
use super::pipeline_history::put;
use crate::engine::engine_for;
use crate::failure::{self, Failure};
use crate::global::Global;
use crate::terminal::{Paint, Stream};

/// The variable with the address under which people reach the page.
const PAGE: &str = "TIDEMILL_URL";
/// How long a channel that is tried may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// So many notices are shown.
const SHOWN: usize = 10;

/// Who is told of failed, late and recovered runs of the schedule, and what they were told
#[derive(Parser, Debug)]
#[command(name = "notify")]
pub struct NotifyArgs {
    /// Send a test message to this channel
    #[arg(long, value_name = "CHANNEL")]
    test: Option<String>,
    /// Tell what became of that fire
    #[arg(long, value_name = "INSTANT", hide = true)]
    fire: Option<Timestamp>,
    /// Tell that the run of the fire is late, if it goes on
    #[arg(long, hide = true, requires = "fire")]
    late: bool,
    /// Tell that the file has mistakes
    #[arg(long, value_name = "WHEN", hide = true)]
    broken: Option<WhenBroken>,
    /// The pipeline's texts as they were when nothing was wrong with them
    #[arg(long, value_name = "F", hide = true)]
    texts: Option<PathBuf>,
}

/// When mistakes in the file are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum WhenBroken {
    /// Now.
    Now,
    /// If a fire has come since the last one that is written down.
    Due,
}

impl CliCommand for NotifyArgs {
    /// Shows, tries or tells.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let paint = Paint(global.color.wanted(Stream::Stderr));
        if self.fire.is_some() || self.broken.is_some() {
            return self.tell(global, paint);
        }
        let opened = global.open(&Wanted::default())?;
        let Some(spec) = opened.spec.clone() else { return Err(opened.mistakes()) };
        match &self.test {
            Some(channel) => test(&opened, &spec, channel, paint),
            None => put(&shown(&spec)?),
        }
    }
}

impl NotifyArgs {
    /// Tells what a scheduler wants told.
    fn tell(&self, global: &Global, paint: Paint) -> Result<ExitCode, Failure> {
        let mut now = global.open(&Wanted::default())?;
        let is_broken = now.diagnostics.has_lasting_errors() || now.spec.is_none();
        let mistakes = if is_broken { mistakes_of(&now) } else { Vec::new() };
        let former = match &self.texts {
            Some(texts) => Some(global.open(&Wanted { texts: kept_texts(texts)?, ..Wanted::default() })?),
            None => None,
        };
        let told_by = former.as_ref().unwrap_or(&now);
        let Some(spec) = told_by.spec.clone() else { return Err(told_by.mistakes()) };
        let sources = told_by.sources.clone();
        let mut notifier = notifier(&spec, &sources, Resend::Nothing)?;
        let fire = match (self.broken, self.fire) {
            (Some(when), None) => first_fire(&spec, &notifier.state, when)?,
            (_, fire) => fire,
        };
        let Some(fire) = fire else { return Ok(ExitCode::SUCCESS) };
        let told = match self.broken {
            // Somebody has mended it meanwhile.
            Some(_) if !is_broken => Vec::new(),
            Some(_) => notifier.tell(&NoticeCause::BrokenFile {
                fire: Some(fire),
                is_former_in_force: self.fire.is_some(),
                mistakes: &mistakes,
            })?,
            None if self.late => notifier.tell(&NoticeCause::Late(fire))?,
            None => {
                let is_file_broken = former.is_some();
                let mistakes = std::cell::RefCell::new(&mut now);
                let mistakes = || {
                    let now = &mut *mistakes.borrow_mut();
                    let engine = engine_for(now);
                    now.check_columns(&*engine);
                    if now.diagnostics.has_errors() { mistakes_of(now) } else { Vec::new() }
                };
                notifier.tell(&NoticeCause::Settled { fire, is_file_broken, mistakes: &mistakes })?
            }
        };
        say(&told, paint);
        Ok(ExitCode::SUCCESS)
    }
}

/// Sends notices again of which nobody knows whether they have arrived.
pub fn send_again(opened: &Opened, effects: &[Effect], paint: Paint) -> Result<(), Failure> {
    let Some(spec) = &opened.spec else { return Err(opened.mistakes()) };
    let mut notifier = notifier(spec, &opened.sources, Resend::Unknown)?;
    effects.iter().try_for_each(|effect| notifier.state.settle_effect(effect))?;
    let mut causes: Vec<(bool, Timestamp)> = Vec::new();
    let mut runs: Vec<String> = Vec::new();
    for effect in effects {
        let Some((channel, what)) = effect.notice() else { continue };
        let words: Vec<&str> = what.split(' ').collect();
        match (&words[..], words.get(2).and_then(|word| word.parse().ok())) {
            ([event, "fire", ..], Some(fire)) => causes.push((*event == "late", fire)),
            ([_, "run", run], _) => runs.push((*run).to_owned()),
            // The file has been mended, or it is told again by whoever serves it.
            _ => eprintln!(
                "{} {channel}: that the file had mistakes is not told again; `tidemill retry --effects --arrived {}` settles it",
                paint.yellow("warning"),
                effect.task
            ),
        }
    }
    causes.dedup();
    for (is_late, fire) in causes {
        let cause = match is_late {
            true => NoticeCause::Late(fire),
            false => NoticeCause::Settled { fire, is_file_broken: false, mistakes: &Vec::new },
        };
        say(&notifier.tell(&cause)?, paint);
    }
    runs.dedup();
    runs.iter().try_for_each(|run| {
        say(&notifier.tell(&NoticeCause::Ended(run))?, paint);
        Ok(())
    })
}

/// Keeps whom to tell, for a time at which the file cannot say it any more.
pub fn keep_channels(file: &Path, spec: &Spec, sources: &SourceMap, paint: Paint) {
    if !spec.notify.is_empty() {
        let kept = FileSnapshot::of(&spec.files, sources).keep_for_notices(&whole(file));
        kept.unwrap_or_else(|why| warn_of(&why, paint));
    }
}

/// Tells how a run has ended that somebody started with `--notify`.
pub fn tell_ended(spec: &Spec, sources: &SourceMap, run: &str, paint: Paint) {
    let told = notifier(spec, sources, Resend::Nothing).and_then(|mut told| told.tell(&NoticeCause::Ended(run)));
    told.map_or_else(|why| warn_of(&why, paint), |told| say(&told, paint));
}

/// Tells that a run that somebody started with `--notify` could not begin.
pub fn tell_not_begun(global: &Global, why: &Failure, paint: Paint) {
    let told = not_begun(global, why);
    told.map_or_else(|why| warn_of(&why, paint), |told| say(&told, paint));
}

/// Those are told whom the file names, or named when nothing was wrong with it.
fn not_begun(global: &Global, why: &Failure) -> Result<Vec<ToldChannel>, Failure> {
    let kept = kept_for_notices(&whole(global.file())).filter(|texts| texts.is_file());
    let texts = kept.as_deref().map(kept_texts).transpose()?.unwrap_or_default();
    let opened = project::open(&global.pipeline(&whole(global.file())), &Wanted { texts, ..Wanted::default() })?;
    let Some(spec) = &opened.spec else { return Ok(Vec::new()) };
    let mistakes: Vec<String> = failure::text(why, false).lines().map(|line| line.trim_end().to_owned()).collect();
    let cause = NoticeCause::BrokenFile { fire: None, is_former_in_force: false, mistakes: &mistakes };
    notifier(spec, &opened.sources, Resend::Nothing)?.tell(&cause)
}

fn whole(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}

/// The run is what it is: that nobody can be told is no failure of it.
fn warn_of(why: &Failure, paint: Paint) {
    eprintln!("{} nobody is told: {}", paint.yellow("warning"), failure::text(why, false).trim_end());
}

fn notifier<'a>(spec: &'a Spec, sources: &'a SourceMap, resend: Resend) -> Result<Notifier<'a>, Failure> {
    let state = State::open(&spec.project)?;
    let page = std::env::var(PAGE).ok().filter(|page| !page.is_empty());
    Ok(Notifier { spec, sources, sender: &NoticeChannels, state, resend, page })
}

/// The first fire that no scheduler has written down yet; None if it is to have come, and has not.
fn first_fire(spec: &Spec, state: &State, when: WhenBroken) -> Result<Option<Timestamp>, Failure> {
    let Some(schedule) = &spec.schedule else { return Ok(None) };
    let timetable = Timetable::new(schedule).map_err(Failure::wrong)?;
    let now = Timestamp::now();
    let seen = state.watch(&spec.name.value)?.map_or(now, |watch| watch.seen);
    Ok(timetable.next(seen).filter(|fire| when == WhenBroken::Now || *fire <= now))
}

/// What is wrong with a file, in lines.
fn mistakes_of(opened: &Opened) -> Vec<String> {
    failure::text(&opened.mistakes(), false).lines().map(|line| line.trim_end().to_owned()).collect()
}

/// Says on stderr what came of it.
fn say(told: &[ToldChannel], paint: Paint) {
    for one in told {
        let event = one.event.word();
        match &one.outcome {
            Ok(Some(note)) => eprintln!("{} {} is told ({event}): {note}", paint.cyan("notify"), one.channel),
            Ok(None) => {}
            Err(error) => warn(&format!("{} was not told ({event})", one.channel), error, paint),
        }
    }
}

fn warn(what: &str, error: &TaskFailure, paint: Paint) {
    eprintln!("{} {what}: {error}", paint.yellow("warning"));
    error.help.iter().for_each(|help| eprintln!("  {} {help}", paint.cyan("help:")));
}

/// Sends a message that only tries a channel; the ledger does not have it.
fn test(opened: &Opened, spec: &Spec, name: &str, paint: Paint) -> Result<ExitCode, Failure> {
    let Some(channel) = spec.notify.get(name) else {
        let known: Vec<&str> = spec.notify.keys().map(String::as_str).collect();
        let failure = Failure::wrong(format!("there is no channel `{name}`"));
        return Err(match known.is_empty() {
            true => failure.help("the pipeline has no `notify`"),
            false => failure.help(format!("there is {}", known.join(", "))),
        });
    };
    let zone = zone_of(spec).unwrap_or(jiff::tz::TimeZone::UTC);
    let now = Timestamp::now();
    let notice = Notice {
        event: "test".to_owned(),
        pipeline: spec.name.value.clone(),
        summary: format!("This is a test of the channel `{name}`; nothing has happened"),
        at: written(&now.to_zoned(zone.clone())),
        url: std::env::var(PAGE).ok().filter(|page| !page.is_empty()),
        ..Notice::default()
    };
    let config = channel.config(&spec.scope, &tidemill_secrets::of(spec), &opened.sources);
    let config =
        config.map_err(|mistakes| Failure::Mistakes { sources: opened.sources.clone(), diagnostics: mistakes })?;
    let delivery = Delivery {
        project: &spec.project,
        places: &std::sync::Arc::new(output_places(spec)),
        id: &run_by_hand(now, &zone).id,
        deadline: Instant::now().checked_add(PATIENCE),
        begin: &|| Ok(()),
    };
    match NoticeChannels.send(&config, &notice, &delivery) {
        Ok(note) => {
            eprintln!("{} {name}: {note}", paint.green("ok"));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            warn(&format!("{name} cannot be told"), &error, paint);
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The channels, and what they were told last.
fn shown(spec: &Spec) -> Result<String, Failure> {
    if spec.notify.is_empty() {
        return Ok("nobody is told: the pipeline has no `notify`\n".to_owned());
    }
    let mut text = String::new();
    for (name, channel) in &spec.notify {
        let on: Vec<&str> = channel.on.iter().map(|event| event.word()).collect();
        text += &format!("{name}: {}, on {}\n", channel.kind_name(), on.join(", "));
    }
    let state = State::open_read_only(&spec.project)?;
    let notices = state.map_or(Ok(Vec::new()), |state| state.notices(&spec.name.value, SHOWN))?;
    if !notices.is_empty() {
        text += "\n";
    }
    for effect in &notices {
        let Some((channel, what)) = effect.notice() else { continue };
        let status = match effect.status {
            EffectStatus::Sent => "sent",
            EffectStatus::Failed => "not sent",
            EffectStatus::Sending => "on its way",
            EffectStatus::Unknown | EffectStatus::Superseded => "not known whether it was sent",
        };
        text += &format!("{}  {channel}: {what}: {status}\n", effect.at.strftime("%Y-%m-%dT%H:%M:%SZ"));
    }
    Ok(text)
}
