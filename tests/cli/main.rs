//! The binary as its users see it: command line in, exit code, stdout, stderr and files out.

mod changes;
mod cleaning;
mod commands;
mod composing;
mod damage;
mod events;
mod examples;
mod flow;
mod foreach;
mod formats;
mod grouping;
mod handlers;
mod including;
mod joining;
mod kills;
mod mistakes;
mod params;
mod pipes;
mod project;
mod promises;
mod rest;
mod retail;
mod runners;
mod secrets;
mod views;
mod webhooks;
