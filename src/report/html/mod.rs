//! Pages to show around: `report.html` and its kin, each one self-contained file.
//!
//! A page loads nothing: style and script stand in it, and its content security policy forbids everything else. It reads on a phone
//! and in print, light and dark, and without its script, which only adds what pointing, tapping and arrow keys show in charts, and
//! sorting. Nothing on it depends on threads, folders or the clock.
//!
//! A command that computes something makes a [`Page`]: a title, the plain-language answer, where the numbers come from
//! ([`Provenance`]), and a body of [`Chart`]s and tables ([`Columns`]) in sections ([`section`], [`charts`]). All text is escaped by
//! [`maud`]; nobody writes markup by hand.

mod answer;
mod chart;
mod check;
mod command;
mod compare;
mod heat_map;
mod intervals;
mod outcomes;
mod page;
mod provenance;
mod run;
mod settings;
mod svg;
mod sweep;
mod table;
mod tune;

pub use chart::{Chart, Mark, Reading};
pub use check::{CheckOptions, check};
pub use command::Command;
pub use compare::{ComparedSide, compare};
pub use intervals::{Interval, intervals};
pub use page::{Page, charts, section};
pub use provenance::Provenance;
pub use run::run;
pub use sweep::sweep;
pub use table::{Cell, Columns, estimate};
pub use tune::tune;
