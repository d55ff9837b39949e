//! The binary as its users see it: command line in, exit code, stdout, stderr and files out.

mod accounting;
mod against_sqlite;
mod changes;
mod cleaning;
mod commands;
mod composing;
mod damage;
mod doctor;
mod events;
mod examples;
mod flow;
mod foreach;
mod formats;
mod grouping;
mod handlers;
mod hostile;
mod including;
mod joining;
mod kills;
mod lineage;
mod mail;
mod mistakes;
#[path = "../oracle/mod.rs"]
mod oracle;
mod params;
mod pipes;
mod project;
mod promises;
mod rest;
mod retail;
mod runners;
mod schedule;
mod secrets;
mod views;
mod watching;
mod webhooks;
