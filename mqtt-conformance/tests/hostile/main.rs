//! Hostile brokers, clients and files: the tool ends, says what is true, and keeps what it has.
//!
//! Each peer is a few lines in `brokers` or `clients`. The tool runs as a process of its own, with 2 GB of address space.
#![cfg(unix)]

mod brokers;
mod files;
mod runs;
mod tool;
