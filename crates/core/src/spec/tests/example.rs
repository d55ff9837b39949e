//! The pipeline file of the book, with every key at its top.

use std::time::Duration;

use super::super::{CachePolicy, Catchup, Overlap, ParamOrigin, Rhythm};
use super::{load_files, messages};

pub(super) const EXAMPLE: &str = r#"
version: 1
name: smart-retail
description: Sales, campaigns, web traffic and footfall in one daily picture

params:                                   # `tidemill run -p data_dir=elsewhere`
  data_dir: data                          # short form: the default; its type is the value's
  top_n: {type: int, default: 15, min: 1, max: 50, help: Campaigns in the chart}
  missing: {type: string, default: mean, enum: [mean, median, zero, drop, keep]}

secrets: [SMTP_URL]                       # from the environment or `dotenv`; masked wherever text leaves the process
dotenv: .env
env: {REPORT_LOCALE: en}                  # for commands
pools: {sqlite: 1}                        # at most so many tasks of a pool at once
defaults: {retries: 1, timeout: 10m}      # any common task key

schedule:                                 # or just a string: the cron expression
  cron: "45 19 * * *"                     # or every: 15m
  timezone: GMT                           # IANA name; default UTC
  catchup: latest                         # none | latest | all   (fires missed while nothing ran)
  max_catchup: 24h                        # older fires are recorded as skipped
  overlap: skip                           # skip | queue | cancel (the older run)
  jitter: 0s

tasks:                                    # a map: ids are unique, [a-z][a-z0-9_-]*
  raw_orders:
    type: load
    path: ${{ params.data_dir }}/smartretail.db
    table: orders
    pool: sqlite
  plain:
    type: load
    path: x.csv
    retries: 0
    cache: {ttl: 6h}

on_success: {}                            # maps of tasks, same format, run after the graph has ended
on_failure: {}
finally: {}

include: [more.yaml]                      # adds its tasks and params; an id in two files is an error
profiles: {prod: {params: {data_dir: /srv/retail}, env: {}, schedule: "0 5 * * *"}}     # --profile prod
allow_outside: [/srv/reports]             # outputs must lie in the project or in these
pass_env: [CONDA_PREFIX]                  # names added to what commands inherit
retention: {runs: 50, max_size: 10GB}     # applied after each run: history, logs, cache
"#;

const MORE: &str = "params: {countries: [FR, DE]}\ntasks:\n  one:\n    type: load\n    foreach: ${{ params.countries }}\n    path: ${{ item }}.csv\n    output: out/${{ item }}.csv\n    depends_on: plain\n";

#[test]
fn it_is_read_whole() {
    let loaded = load_files(&[("pipeline.yaml", EXAMPLE), ("more.yaml", MORE)], |_| {});
    assert_eq!(messages(&loaded), "");
    let spec = loaded.spec.expect("it is a pipeline");
    assert_eq!(spec.name.value, "smart-retail");
    assert_eq!(spec.pools["sqlite"], 1);
    assert_eq!(spec.secrets[0].value, "SMTP_URL");
    assert_eq!(spec.env["REPORT_LOCALE"].text, "en");
    assert_eq!(spec.allow_outside[0].value, "/srv/reports");
    assert_eq!(spec.retention.max_size, Some(10_000_000_000));
    let schedule = spec.schedule.expect("it has one");
    assert!(matches!(&schedule.rhythm, Rhythm::Cron(cron) if cron.value == "45 19 * * *"));
    assert_eq!((schedule.catchup, schedule.overlap), (Catchup::Latest, Overlap::Skip));
    assert_eq!(schedule.max_catchup, Some(Duration::from_secs(86_400)));

    let ids: Vec<&str> = spec.tasks.keys().map(|id| id.as_str()).collect();
    assert_eq!(ids, ["raw_orders", "plain", "one@FR", "one@DE"]);
    assert_eq!(spec.tasks["raw_orders"].common.retries.max, 1);
    let plain = &spec.tasks["plain"].common;
    assert_eq!((plain.retries.max, plain.timeout), (0, Some(Duration::from_secs(600))));
    assert_eq!(plain.cache, CachePolicy::Ttl(Duration::from_secs(6 * 3600)));
    let german = &spec.tasks["one@DE"];
    assert_eq!(german.common.outputs[0].path.value.as_str(), "out/DE.csv");
    assert_eq!(german.common.depends_on[0].value, "plain");
    let group = german.foreach.as_ref().expect("it is an instance");
    assert_eq!((group.id.as_str(), group.order), ("one", 1));
}

#[test]
fn a_profile_changes_what_it_says() {
    let loaded = load_files(&[("pipeline.yaml", EXAMPLE), ("more.yaml", MORE)], |options| {
        options.profile = Some("prod".to_owned());
        options.params.push(("top_n".to_owned(), "20".to_owned()));
    });
    assert_eq!(messages(&loaded), "");
    let spec = loaded.spec.expect("it is a pipeline");
    assert_eq!(
        (spec.params["data_dir"].value.as_str(), spec.params["data_dir"].origin),
        (Some("/srv/retail"), ParamOrigin::Profile)
    );
    assert_eq!(
        (spec.params["top_n"].value.as_i64(), spec.params["top_n"].origin),
        (Some(20), ParamOrigin::CommandLine)
    );
    let schedule = spec.schedule.expect("it has one");
    assert!(matches!(&schedule.rhythm, Rhythm::Cron(cron) if cron.value == "0 5 * * *"));
}
