//! Whether the channels of `notify` can be told.

use tidemill_core::notify::NoticeSender as _;
use tidemill_core::spec::{ChannelSpec, Spec};
use tidemill_runner::project::Opened;
use tidemill_secrets::{masked, of};
use tidemill_tasks::NoticeChannels;

use super::finding::Finding;

/// A line for each channel, tried as far as that goes without sending anything. None of them fails a run.
pub fn channels(opened: &Opened, spec: &Spec) -> Vec<Finding> {
    let mut findings: Vec<Finding> = spec.notify.values().map(|channel| tried(opened, spec, channel)).collect();
    if spec.schedule.is_none() && !findings.is_empty() {
        let unheard = Finding::note("notify", "there is no `schedule`: only what fires run is told");
        findings.push(unheard.help("by hand, handlers tell: `on_failure`"));
    }
    findings
}

fn tried(opened: &Opened, spec: &Spec, channel: &ChannelSpec) -> Finding {
    let name = &channel.name.value;
    let try_it = format!("`tidemill notify --test {name}` sends a test");
    let config = match channel.config(&spec.scope, &of(spec), &opened.sources) {
        Ok(config) => config,
        Err(mistakes) => {
            let told = mistakes.first().map_or_else(String::new, |mistake| masked(mistake.message.as_str()));
            return Finding::note("notify", told).help("set it, or nobody hears there");
        }
    };
    match NoticeChannels.probe(&config, &spec.project) {
        Ok(Some(found)) => Finding::ok("notify", format!("{name}: {}", masked(found))),
        Ok(None) => Finding::ok("notify", format!("{name}: {}; {try_it}", channel.kind_name())),
        Err(error) => {
            let finding = Finding::note("notify", masked(format!("{name}: {error}")));
            error.help.iter().fold(finding, |finding, help| finding.help(masked(help.as_str())))
        }
    }
}
