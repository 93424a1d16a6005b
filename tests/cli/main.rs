//! The program from outside: what it prints, what it writes, how it exits.

mod bad_input;
mod baseline;
mod check;
mod interrupt;
mod outputs;
mod precision;
mod readme;
mod run;
mod scenarios;
mod support;
mod sweep;
mod world;
