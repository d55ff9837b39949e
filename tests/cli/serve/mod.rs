//! `tidemill serve`, asked over plain HTTP.

mod access;
mod browser;
mod pages;
mod runs;
mod schedule;
