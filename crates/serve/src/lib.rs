//! The page: what runs, what ran and what came of it, in a browser. See `docs/design/serve.md`.

mod access;
mod api;
mod app;
mod asked;
mod connection;
mod events;
mod files;
mod launch;
mod logs;
mod metrics;
mod pages;
mod program;
mod project;
mod reply;
mod routes;
mod rows;
mod server;
mod streamed;
mod templates;
mod views;

pub use access::{Role, Tokens};
pub use program::{Program, ScheduleFacts};
pub use server::{Server, Settings};
