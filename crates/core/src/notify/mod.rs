//! Telling people what becomes of runs: what is told, and to whom. How it gets there is the business of a [`NoticeSender`]. See
//! `docs/design/notify.md`.

mod channel;
mod notice;

pub use channel::{ChannelConfig, ChannelTarget, Delivery, NoticeSender};
pub use notice::{FailedNoticeTask, Notice};
