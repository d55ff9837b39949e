//! The binary as its users see it: command line in, exit code, stdout, stderr and files out.

mod changes;
mod cleaning;
mod composing;
mod damage;
mod doctor;
mod events;
mod flow;
mod formats;
mod grouping;
mod joining;
mod kills;
mod large_outputs;
mod mail;
mod mistakes;
mod project;
mod promises;
mod rest;
mod retail;
mod runners;
mod views;
