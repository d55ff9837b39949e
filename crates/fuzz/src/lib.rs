//! Fuzzing for tests: valid inputs are spoiled, and what reads them must neither panic nor end without an answer.
//!
//! The input of each number is always the same, so a number is all that is needed to repeat a fault. What is being tried lies
//! in a file meanwhile: a stack that overflows, or a loop without end, leaves it there.

mod mutator;
mod random;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs};

pub use mutator::{Grammar, Mutator};
pub use random::Random;

/// Inputs that a target is given without `TIDEMILL_FUZZ_SECONDS`.
const SHORT: u64 = 250;

/// Has `make` spoil an input again and again and `read` read it: [`SHORT`] times, or for as long as `TIDEMILL_FUZZ_SECONDS`
/// says, from the number `TIDEMILL_FUZZ_FROM` on. `read` says whether the input was accepted.
///
/// # Panics
/// If `read` does, with the input's number; or if all inputs were accepted, or none, for then nothing was tried.
pub fn run<I: AsRef<[u8]>>(name: &str, make: impl Fn(&mut Random) -> I, read: impl Fn(&mut Random, &I) -> bool) {
    let from = number("TIDEMILL_FUZZ_FROM").unwrap_or(0);
    let time = number("TIDEMILL_FUZZ_SECONDS").map(Duration::from_secs);
    let (begun, current) = (Instant::now(), File(env::temp_dir().join(format!("tidemill-fuzz-{name}"))));
    let (mut tried, mut accepted) = (0, 0);
    while time.map_or(tried < SHORT, |time| begun.elapsed() < time) {
        let mut random = Random::new(from + tried);
        let input = make(&mut random);
        current.holds(&input);
        match catch_unwind(AssertUnwindSafe(|| read(&mut random, &input))) {
            Ok(was_accepted) => accepted += u64::from(was_accepted),
            Err(panic) => {
                let shown = String::from_utf8_lossy(input.as_ref());
                eprintln!("{name}: TIDEMILL_FUZZ_FROM={} fails, for {shown:?}", from + tried);
                resume_unwind(panic);
            }
        }
        tried += 1;
    }
    println!("{name}: {tried} inputs in {} s, {accepted} accepted", begun.elapsed().as_secs());
    assert!(accepted > 0 && accepted < tried, "{name}: of {tried} inputs {accepted} were accepted");
}

/// Holds the input that is being tried, and is gone when all went well.
struct File(PathBuf);

impl File {
    fn holds(&self, input: &impl AsRef<[u8]>) {
        fs::write(&self.0, input).unwrap_or_else(|error| panic!("{}: {error}", self.0.display()));
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // What could not be removed only takes room.
        let _ = fs::remove_file(&self.0);
    }
}

/// A whole number in the environment.
fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no whole number: {text}")))
}
