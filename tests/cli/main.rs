//! The binary as its users see it: command line in, exit code, stdout, stderr and files out.

mod accounting;
mod against_sqlite;
mod changes;
mod cleaning;
mod composing;
mod damage;
mod doctor;
mod events;
mod flow;
mod formats;
mod grouping;
mod hostile;
mod joining;
mod kills;
mod mail;
mod mistakes;
#[path = "../oracle/mod.rs"]
mod oracle;
mod project;
mod promises;
mod rest;
mod retail;
mod runners;
mod views;
