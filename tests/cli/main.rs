//! The program from outside: what it prints, what it writes, how it exits.

mod bad_input;
mod baseline;
mod calendar;
mod check;
mod compare;
mod docs;
mod figures;
mod files;
mod init;
mod interrupt;
mod kill;
mod manuals;
mod memory;
mod outputs;
mod precision;
mod report;
mod run;
mod scenarios;
mod schema;
mod serve;
mod support;
mod sweep;
mod trace;
mod tune;
mod validate;
mod world;
