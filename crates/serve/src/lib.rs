//! The page: what runs, what ran and what came of it, in a browser. See `docs/design/serve.md`.

mod access;
mod api;
mod app;
mod asked;
mod charts;
mod connection;
mod delimited;
mod events;
mod files;
mod launch;
mod logs;
mod mail;
mod metrics;
mod pages;
mod program;
mod project;
mod reply;
mod routes;
mod rows;
mod schedule_api;
mod schedule_pages;
mod server;
mod standing;
mod streamed;
mod task_api;
mod task_pages;
mod templates;
mod views;

pub use access::{Role, Tokens};
pub use program::{Program, ScheduleFacts};
pub use server::{Server, Settings};
