//! Which controllers scenarios may choose by name, and what they have chosen.
//!
//! `[deployment]` is RoboMaker's. `[controller.NAME]` takes its place and chooses one of the [`Controllers`] that the
//! program was given (R25). To add one: a file with its rules (a [`Controller`](crate::rollout::Controller)), its
//! settings (a [`Policy`]) and its [`ControllerKind`], which describes its keys; and a line that registers the kind.

use std::fmt::Debug;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::Keys;
use super::diagnostics::{Diagnostics, Problem};
use super::document::{Node, join};
use super::reader::{self, Reader, nearest};
use super::schema::table::Table;
use super::schema::values;
use crate::rollout::{AnyController, Custom, OnBreach, RoboMaker, StartOrder};
use crate::time::Span;

/// A kind of controller that scenarios may choose.
#[derive(Clone, Copy, Debug)]
pub struct ControllerKind {
    /// As scenarios write it: `[controller.NAME]`.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// Describes its keys and makes its settings of their values; none if one of these is wrong.
    pub read: fn(&mut Keys<'_>) -> Option<Arc<dyn Policy>>,
}

/// The settings of a controller, as a scenario gives them.
pub trait Policy: Debug + Send + Sync {
    /// A controller for a campaign.
    fn controller(&self) -> Box<dyn Custom>;

    /// How long a robot may take (R8).
    fn robot_timeout(&self) -> Span;

    /// The settings in a few words, as they stand at the head of results: `20 % at once, halt at 25 % failed`.
    fn headline(&self) -> String;

    /// The settings in words, for a fleet that has this size at the start.
    fn facts(&self, fleet_size: u32) -> Vec<Fact>;
}

/// A setting in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub name: &'static str,
    /// `20 % of the fleet: 40 robots`
    pub words: String,
}

/// The controllers that scenarios may choose by name.
#[derive(Clone, Debug, Default)]
pub struct Controllers(Vec<ControllerKind>);

impl Controllers {
    /// Those that come with the engine.
    pub fn built_in() -> Controllers {
        Controllers::default()
    }

    /// These and another one.
    #[must_use]
    pub fn with(mut self, kind: ControllerKind) -> Controllers {
        self.0.push(kind);
        self
    }

    /// Whether there is none to choose.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads `[controller]`: the order of starts, and the one controller that it has.
    pub(super) fn read(&self, node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<(StartOrder, Chosen)> {
        let mut table = Reader::open(node, path, diagnostics)?;
        let order =
            table.optional("start_order", diagnostics, |node, path, d| reader::choice(node, path, &START_ORDERS, d));
        let mut chosen = self.0.iter().filter_map(|kind| Some((kind, table.entry(kind.name)?))).collect::<Vec<_>>();
        let names: Vec<&str> = self.0.iter().map(|kind| kind.name).collect();
        if chosen.len() != 1 {
            let problem = match &chosen[..] {
                [(_, first), (_, second), ..] => Problem::new(format!("`{path}` chooses more than one controller"))
                    .at(&second.key_place, "remove one of them")
                    .at(&first.key_place, "the first one"),
                _ => Problem::new(format!("`{path}` chooses no controller"))
                    .at(table.place(), "")
                    .help(format!("expected a table such as [{path}.{}]", names.first().unwrap_or(&"NAME"))),
            };
            let unknown = table.entries().iter().find(|entry| entry.key != "start_order");
            if chosen.is_empty()
                && let Some(entry) = unknown
            {
                let problem = Problem::new(format!("unknown controller `{}`", entry.key));
                diagnostics.report(problem.at(&entry.key_place, "unknown").help(nearest(&entry.key, &names)));
            } else {
                diagnostics.report(problem);
            }
            return None;
        }
        let (kind, entry) = chosen.pop()?;
        table.close(diagnostics);
        let path = join(path, kind.name);
        let (policy, keys) = Keys::read(&entry.node, &path, diagnostics, |keys| (kind.read)(keys))?;
        Some((order.unwrap_or_default(), Chosen { name: kind.name, keys, policy }))
    }

    /// The schema of `[controller]`.
    pub(super) fn schema(&self) -> Value {
        let orders = START_ORDERS.iter().map(|(name, _)| *name);
        let about = "How the rollout goes on, in place of [deployment]: exactly one of these controllers.";
        let order = "The order in which robots start: as they are registered, or a permutation drawn for each job.";
        let mut table = Table::new(about).with_default("start_order", order, values::choice(orders), "registration");
        for kind in &self.0 {
            table = table.optional(kind.name, kind.about, Keys::schema(kind.about, |keys| (kind.read)(keys)));
        }
        table.into_value()
    }
}

/// The words for the order of starts (R6).
pub(super) const START_ORDERS: [(&str, StartOrder); 2] =
    [("registration", StartOrder::Registration), ("shuffled", StartOrder::Shuffled)];

/// The rules that steer jobs.
#[derive(Clone, Debug, PartialEq)]
pub enum Rules {
    /// Those of `[deployment]`.
    RoboMaker(RoboMaker),
    /// Those of `[controller.NAME]`.
    Chosen(Chosen),
}

/// A controller chosen by name.
#[derive(Clone, Debug, Serialize)]
pub struct Chosen {
    name: &'static str,
    /// What its keys come to, defaults included: what it is told from others by.
    keys: Map<String, Value>,
    #[serde(skip)]
    policy: Arc<dyn Policy>,
}

impl PartialEq for Chosen {
    fn eq(&self, other: &Chosen) -> bool {
        (self.name, &self.keys) == (other.name, &other.keys)
    }
}

impl Chosen {
    pub fn policy(&self) -> &dyn Policy {
        &*self.policy
    }

    /// As the scenario writes it.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl Rules {
    /// A controller for a campaign.
    pub fn controller(&self) -> AnyController {
        match self {
            Rules::RoboMaker(controller) => AnyController::RoboMaker(controller.clone()),
            Rules::Chosen(chosen) => AnyController::Custom(chosen.policy.controller()),
        }
    }

    /// RoboMaker's, if they are that.
    pub fn robo_maker(&self) -> Option<&RoboMaker> {
        match self {
            Rules::RoboMaker(controller) => Some(controller),
            Rules::Chosen(_) => None,
        }
    }

    pub fn headline(&self) -> String {
        match self {
            Rules::RoboMaker(rules) => format!(
                "{} % at once, halt at {} % failed",
                rules.concurrent_deployment_percentage(),
                rules.failure_threshold_percentage()
            ),
            Rules::Chosen(chosen) => chosen.policy.headline(),
        }
    }

    /// The settings in words, as [`Policy::facts`] has them.
    pub fn facts(&self, fleet_size: u32) -> Vec<Fact> {
        let rules = match self {
            Rules::RoboMaker(rules) => rules,
            Rules::Chosen(chosen) => return chosen.policy.facts(fleet_size),
        };
        let robots = |count: u32| if count == 1 { String::from("1 robot") } else { format!("{count} robots") };
        let (slots, failures) = rules.of(fleet_size);
        let (at_once, halts) = (rules.concurrent_deployment_percentage(), rules.failure_threshold_percentage());
        let then = match rules.on_breach() {
            OnBreach::Drain => "those in flight run to their end",
            OnBreach::Abort => "those in flight are aborted",
        };
        let halts = format!("{halts} % failed or not responding: {}; {then}", robots(failures));
        vec![
            Fact { name: "at once", words: format!("{at_once} % of the fleet: {}", robots(slots)) },
            Fact { name: "halts at", words: halts },
        ]
    }
}
