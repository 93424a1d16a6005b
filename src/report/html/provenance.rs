//! Where a page's numbers come from: enough to repeat them.

use maud::{Markup, html};

use crate::metric::RESULTS_VERSION;
use crate::report::document::Provenance;

/// A longer scenario is not shown: it would be most of the page.
const LONGEST_SCENARIO: usize = 64 << 10;

pub(super) fn content(provenance: &Provenance<'_>) -> Markup {
    html! {
        p {
            "The same bytes come out of this command on any machine, beside the "
            @if provenance.scenarios.is_empty() { "folders of the runs:" } @else { "scenario file:" }
        }
        pre.command tabindex="0" { code { (provenance.command) } }
        dl {
            @for (name, value) in &provenance.facts { div { dt { (name) } dd { (value) } } }
            div { dt { "Program" } dd { "rollcast " (env!("CARGO_PKG_VERSION")) ", results version " (RESULTS_VERSION) } }
        }
        @if !provenance.sets.is_empty() {
            p { "Laid over the scenario:" }
            ul { @for set in provenance.sets { li { code { (set) } } } }
        }
        @for file in &provenance.scenarios {
            @if file.text().len() <= LONGEST_SCENARIO {
                details {
                    summary { "The scenario as it was read: " code { (file.name()) } }
                    pre tabindex="0" { code { (file.text()) } }
                }
            } @else {
                p { "The scenario, " code { (file.name()) } ", is too long to stand here." }
            }
        }
        p.note {
            "Intervals say how far chance in the simulation could have moved a number; more replications make them narrower. \
             Whether the scenario is like the real fleet they cannot say."
        }
    }
}
