//! `tidemill serve`, asked over plain HTTP.

mod access;
mod browser;
mod chromium;
mod outputs;
mod pages;
mod runs;
mod schedule;
mod tasks;
