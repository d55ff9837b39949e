//! `tidemill serve`, asked over plain HTTP.

mod access;
mod attacks;
pub mod browser;
mod chromium;
mod kills;
mod large;
mod outputs;
mod pages;
mod runs;
mod schedule;
mod setting;
mod tasks;
