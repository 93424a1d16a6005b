//! What a chart shows, described once: for `plots/*.svg`, which [`super::plots`] draws, and for pages, on which
//! [`super::html`] draws it in the colours of the page, with readings to point at.

pub(crate) mod axis;
pub(crate) mod heat_map;
pub(crate) mod plane;

use crate::statistics::Proportion;

pub(crate) use axis::Axis;
pub(crate) use heat_map::HeatMap;
pub(crate) use plane::{Mark, Plane, Reading};

/// A chart under its title.
pub(crate) struct Chart {
    /// The name of its file in `plots/`, without `.svg`; none of a chart that stands on pages alone.
    pub file: Option<String>,
    pub title: String,
    /// What is to be seen in it, in sentences.
    pub about: String,
    pub body: Body,
}

pub(crate) enum Body {
    Plane(Plane),
    Shares(Shares),
    HeatMap(HeatMap),
    /// Why there is nothing to show.
    Nothing(String),
}

/// A row's name, and its share of each side.
pub(crate) type SharesRow = (String, Vec<Proportion>);

/// Shares of the whole as bars in rows, with whiskers for their intervals.
pub(crate) struct Shares {
    /// What each row has a bar of, from above; a single one has no name.
    pub sides: Vec<String>,
    /// Rows by their names under headings; a heading may be empty. A row has a share of each side.
    pub groups: Vec<(String, Vec<SharesRow>)>,
}
