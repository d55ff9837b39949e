//! The page: what runs, what ran and what came of it, in a browser. See `docs/design/serve.md`.

mod access;
mod answer;
mod api;
mod app;
mod asked;
mod charts;
mod connection;
mod delimited;
mod events;
mod files;
mod guard;
mod launch;
mod listen;
mod log_events;
mod logs;
mod look;
mod mail;
mod metrics;
mod pages;
mod peers;
mod program;
mod project;
mod reloading;
mod reply;
mod routes;
mod rows;
mod schedule_api;
mod schedule_pages;
mod server;
mod standing;
mod starts;
mod streamed;
mod task_api;
mod task_pages;
mod templates;
mod tls;
mod tokens;
mod views;
mod watched;

/// The look of the pages: one stylesheet, light and dark, for screens of all widths.
pub const STYLE: &str = include_str!("../assets/style.css");

pub use program::{Program, ScheduleFacts};
pub use routes::addresses;
pub use server::{Server, Settings};
pub use tls::TlsFiles;
pub use tokens::{TokenSource, Tokens, is_open_to_all};
