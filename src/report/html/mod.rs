//! A document as a page to show around: one self-contained file.
//!
//! A page loads nothing: style and script stand in it, and its content security policy forbids everything else. It
//! reads on a phone and in print, light and dark, and without its script, which only adds what pointing, tapping and
//! arrow keys show in charts, and sorting. Nothing on it depends on threads, folders or the clock. All text is escaped
//! by [`maud`]; nobody writes markup by hand.

mod figure;
mod heat_map;
mod intervals;
mod page;
mod plane;
mod provenance;
mod shares;
mod svg;
mod table;

pub(crate) use page::render;
