//! Pipelines that read tables of databases and write them, through the binary, against servers that the tests start.

mod beginning;
mod checking;
mod commands;
mod failing;
mod killed;
mod mariadb;
mod reading;
mod retail;
mod shop;
mod together;
mod writing;
