//! Windows outside of which robots do not start (R21).

use crate::calendar::Windows;
use crate::scenario::Scenario;
use crate::time::Time;

/// The windows of starts of a plan.
#[derive(Clone, Debug)]
pub struct Gates {
    /// Those of the whole rollout.
    all: Option<Windows>,
    /// Those of each group's maintenance.
    groups: Vec<Option<Windows>>,
}

impl Gates {
    /// Prepares the windows of a checked scenario; none if robots may start at any time.
    pub fn new(scenario: &Scenario, horizon: Time) -> Option<Gates> {
        let prepare = |windows: &[_]| Windows::new(&scenario.calendar, windows, horizon);
        let of_group = |group: &crate::scenario::Group| group.maintenance.as_ref().map(|own| prepare(&own.windows));
        let all = Some(&scenario.deployment.windows[..]).filter(|windows| !windows.is_empty()).map(prepare);
        let groups: Vec<Option<Windows>> = scenario.groups.iter().map(of_group).collect();
        (all.is_some() || groups.iter().any(Option::is_some)).then_some(Gates { all, groups })
    }

    /// Whether robots of a group may start at an instant.
    pub fn is_open(&self, group: usize, instant: Time) -> bool {
        self.of(group).all(|windows| windows.is_open(instant))
    }

    /// When that may be otherwise, or [`Time::NEVER`].
    pub fn next_change(&self, group: usize, instant: Time) -> Time {
        let change = |windows: &Windows| match windows.opens(instant) {
            now if now == instant => windows.closes(instant),
            later => later,
        };
        self.of(group).map(change).min().unwrap_or(Time::NEVER)
    }

    fn of(&self, group: usize) -> impl Iterator<Item = &Windows> {
        self.all.iter().chain(&self.groups[group])
    }
}
