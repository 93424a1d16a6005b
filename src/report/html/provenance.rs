//! Where a page's numbers come from: enough to repeat them.

use maud::{Markup, html};

use super::{Command, section};
use crate::metric::RESULTS_VERSION;
use crate::scenario::ScenarioFile;

/// A longer scenario is not shown: it would be most of the page.
const LONGEST_SCENARIO: usize = 64 << 10;

/// Where a page's numbers come from.
pub struct Provenance<'p> {
    /// What repeats them.
    pub command: Command,
    /// What else tells which numbers they are, with their names: seed, replications, digest.
    pub facts: Vec<(&'static str, String)>,
    /// The scenarios as they were read.
    pub scenarios: Vec<&'p ScenarioFile>,
    /// What was laid over them.
    pub sets: &'p [String],
}

impl Provenance<'_> {
    pub(super) fn render(&self) -> Markup {
        let content = html! {
            p {
                "The same bytes come out of this command on any machine, beside the "
                @if self.scenarios.is_empty() { "folders of the runs:" } @else { "scenario file:" }
            }
            pre.command tabindex="0" { code { (self.command) } }
            dl {
                @for (name, value) in &self.facts { div { dt { (name) } dd { (value) } } }
                div { dt { "Program" } dd { "rollcast " (env!("CARGO_PKG_VERSION")) ", results version " (RESULTS_VERSION) } }
            }
            @if !self.sets.is_empty() {
                p { "Laid over the scenario:" }
                ul { @for set in self.sets { li { code { (set) } } } }
            }
            @for file in &self.scenarios {
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
        };
        section("provenance", "Where the numbers come from", &content)
    }
}
