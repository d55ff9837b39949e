//! Answers an editor with the parser and checker of `tidemill check`, over the Language Server Protocol.
//!
//! A [`Checker`] looks at a whole pipeline and gives an [`Analysis`]; everything that an editor asks is answered from the latest
//! one. An edit is checked in a thread of its own, the newest text first, so that typing never waits for a source.

mod analysis;
mod cached_samples;
mod checking;
mod completion;
mod cursor_context;
mod definition;
mod document;
mod hover;
mod outline;
mod pipeline_file;
mod published;
mod quick_fix;
mod rename;
mod schema;
mod server;
mod symbol;
mod typed;
mod word;

pub use analysis::{Analysis, Checker, Unsaved};
pub use cached_samples::{CachedSamples, Samples};
pub use server::{ServerError, serve};
