//! Makes the sample sources: `cargo run --example sample_data -- --orders 1000000 --out /tmp/large`.

use std::path::PathBuf;
use std::process::ExitCode;

use tidemill_sample_data::Sample;

const USAGE: &str = "\
Makes the sample sources of the smart-retail pipeline.

Usage: cargo run --example sample_data [-- OPTIONS]

  --orders N   the number of orders; the other sources grow with its square root [default: 1000]
  --out DIR    the folder to write to [default: data]
  --seed S     where the random numbers start [default: 2024]";

/// What the command line asks for; `None` for help.
fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<(Sample, PathBuf)>, String> {
    let (mut sample, mut out) = (Sample::default(), PathBuf::from("data"));
    while let Some(flag) = args.next() {
        if matches!(flag.as_str(), "-h" | "--help") {
            return Ok(None);
        }
        if !matches!(flag.as_str(), "--orders" | "--out" | "--seed") {
            return Err(format!("unknown option `{flag}`"));
        }
        let value = args.next().ok_or_else(|| format!("`{flag}` needs a value"))?;
        let number = || value.replace('_', "").parse().map_err(|_| format!("`{flag}` needs a number, not `{value}`"));
        match flag.as_str() {
            "--orders" => sample.orders = number()?,
            "--seed" => sample.seed = number()?,
            _ => out = value.into(),
        }
    }
    Ok(Some((sample, out)))
}

fn main() -> ExitCode {
    let (sample, out) = match parse(std::env::args().skip(1)) {
        Ok(Some(wanted)) => wanted,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("error: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if let Err(error) = sample.write(&out) {
        eprintln!("error: {error}");
        return ExitCode::FAILURE;
    }
    println!(
        "{} orders of {} products, {} campaigns, {} rows of traffic and of sensors in {}",
        sample.orders,
        sample.products(),
        sample.campaigns(),
        sample.readings(),
        out.display()
    );
    ExitCode::SUCCESS
}
