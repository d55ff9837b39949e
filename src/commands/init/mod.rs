//! `tidemill init`: a pipeline to begin with.

mod database;

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use super::CliCommand;
use crate::failure::Failure;
use crate::global::Global;

/// Write a pipeline to begin with
#[derive(Parser, Debug)]
#[command(name = "init")]
pub struct InitArgs {
    /// What to begin with
    #[arg(long, value_enum, default_value_t)]
    template: Template,
    /// Begin with the tables of this database, such as `postgres://user:password@host/shop`: a load for each, with a contract, its
    /// keys, and its foreign keys as checks
    #[arg(long, value_name = "URL", conflicts_with = "template")]
    from: Option<String>,
    /// The folder, made if it is missing; default this one
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

/// A pipeline to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, ValueEnum)]
enum Template {
    /// One source, one clean table, one summary.
    #[default]
    Minimal,
    /// The smart-retail pipeline with its sample data.
    Retail,
}

macro_rules! embedded {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path)))),*]
    };
}

const RETAIL: &[(&str, &[u8])] = embedded![
    "pipeline.yaml",
    "data/smartretail.db",
    "data/marketing.csv",
    "data/web_traffic.json",
    "data/iot_stream.csv",
    "tasks/sql/daily_sales.sql",
    "tasks/templates/summary.md",
    "tasks/templates/summary.html",
];

const MINIMAL: &[(&str, &[u8])] = &[
    (
        "pipeline.yaml",
        b"version: 1
name: my-pipeline

params:
  data_dir: data

tasks:
  raw_orders:
    type: load
    path: ${{ params.data_dir }}/orders.csv

  orders:
    type: normalize
    from: raw_orders
    columns:
      day: date
      amount: money
    reject:
      - where: amount < 0
        reason: negative amount

  revenue_by_day:
    type: aggregate
    from: orders
    group_by: [day]
    metrics:
      orders: count(*)
      revenue: sum(amount)
    output: outputs/revenue_by_day.csv
",
    ),
    (
        "data/orders.csv",
        b"day,customer,amount\n2024-11-19,Ann,$12.50\n2024-11-19,Ben,$7.25\n2024-11-20,Ann,\"$1,030.00\"\n",
    ),
    (".gitignore", b"/.tidemill/\n/logs/\n/outputs/\n"),
];

impl CliCommand for InitArgs {
    /// Writes the files; what is there already is never overwritten.
    fn run(self, _: &Global) -> Result<ExitCode, Failure> {
        let written: Vec<(&str, Vec<u8>)> = match (&self.from, self.template) {
            (Some(url), _) => database::files(url)?,
            (None, Template::Minimal) => MINIMAL.iter().map(|(path, content)| (*path, content.to_vec())).collect(),
            (None, Template::Retail) => RETAIL.iter().map(|(path, content)| (*path, content.to_vec())).collect(),
        };
        let files = &written;
        if let Some((path, _)) = files.iter().find(|(path, _)| self.folder.join(path).symlink_metadata().is_ok()) {
            return Err(Failure::wrong(format!("{} is there already", self.folder.join(path).display()))
                .help("choose an empty folder: `tidemill init DIR`"));
        }
        for (path, content) in files {
            write(&self.folder.join(path), content)?;
            eprintln!("wrote {}", self.folder.join(path).display());
        }
        let go =
            if self.folder == Path::new(".") { String::new() } else { format!("cd {} && ", self.folder.display()) };
        eprintln!("\nnow: {go}tidemill run");
        Ok(ExitCode::SUCCESS)
    }
}

fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    // Never through a link, wherever it leads.
    // A file of secrets is for its owner alone.
    let mode = if path.file_name().is_some_and(|name| name == ".env") { 0o600 } else { 0o666 };
    let file = folder.and_then(|()| File::options().write(true).create_new(true).mode(mode).open(path));
    file.and_then(|mut file| file.write_all(content))
        .map_err(|error| Failure::broken(format!("cannot write {}: {error}", path.display())))
}
