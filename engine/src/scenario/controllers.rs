//! Which controllers scenarios may choose by name, and what they have chosen.
//!
//! `[deployment]` is RoboMaker's. `[controller.NAME]` takes its place and chooses one of the [`Controllers`] that the
//! program was given (R25). To add one: a file with its rules (a [`Controller`]), its
//! settings (a [`Policy`]) and its [`ControllerKind`], which describes its keys; and a line that registers the kind.

use std::fmt::Debug;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::Keys;
use super::diagnostics::Problem;
use super::form::{Accepts, Form, OneOf, Shape, Written, choice};
use super::keys::windows_of_starts;
use crate::calendar::Window;
use crate::rollout::{AnyController, Controller, Custom, HaltWords, JobOutcome, OnBreach, RoboMaker, StartOrder};
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

    /// `[controller]`: what is the same for all, and the one controller that it has.
    fn table(&self, form: &mut Form<'_>) -> Option<ControllerTable> {
        let start_order = form.default("start_order", ORDER_OF_STARTS, choice(START_ORDERS), StartOrder::default());
        let windows = windows_of_starts(form);
        let each: Vec<OneKind<'_>> = self.0.iter().map(OneKind).collect();
        let choices: Vec<OneOf<'_, Chosen>> =
            each.iter().map(|kind| OneOf { key: kind.0.name, words: kind.0.about, accepts: kind }).collect();
        form.call_unknown("controller");
        let names: Vec<&'static str> = self.0.iter().map(|kind| kind.name).collect();
        let chosen = match form.those_of(&names)[..] {
            [] if form.is_read() => {
                form.leave(&names);
                if !form.has_unknown() {
                    let problem = Problem::new(format!("`{}` chooses no controller", form.path()));
                    let example = format!("[{}.{}]", form.path(), names.first().unwrap_or(&"NAME"));
                    form.report_at(problem.help(format!("expected a table such as {example}")), &[("", "")]);
                }
                None
            }
            [first, second, ..] => {
                form.leave(&names);
                let problem = Problem::new(format!("`{}` chooses more than one controller", form.path()));
                form.report_at_keys(problem, &[(second, "remove one of them"), (first, "the first one")]);
                None
            }
            _ => form.one_of("a controller", &choices),
        };
        Some(ControllerTable { start_order, windows, chosen: chosen? })
    }
}

/// What `[controller]` says.
pub struct ControllerTable {
    pub start_order: StartOrder,
    /// Robots start only inside; empty if at any time (R21).
    pub windows: Vec<Window>,
    pub chosen: Chosen,
}

impl Accepts for Controllers {
    type Value = ControllerTable;

    fn accepted(&self) -> String {
        String::from("a table [controller.NAME]")
    }

    fn shape(&self) -> Shape {
        Shape::Table(Form::describe(|form| self.table(form)))
    }

    fn read(&self, found: &mut Written<'_>) -> Option<ControllerTable> {
        found.table("a table with one key, a controller", |form| self.table(form))
    }
}

/// What stands under a controller's name.
struct OneKind<'k>(&'k ControllerKind);

impl Accepts for OneKind<'_> {
    type Value = Chosen;

    fn accepted(&self) -> String {
        String::from("a table")
    }

    fn shape(&self) -> Shape {
        Shape::Table(Keys::describe(self.0.read))
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Chosen> {
        let (policy, keys) = Keys::read(found, self.0.read)?;
        Some(Chosen { name: self.0.name, keys, policy })
    }
}

/// What the order of starts means.
pub(super) const ORDER_OF_STARTS: &str =
    "The order in which robots start: as they are registered, or a permutation drawn for each job.";

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

    /// How their jobs end.
    pub fn outcomes(&self) -> &'static [JobOutcome] {
        self.controller().outcomes()
    }

    /// How results speak of jobs that they halt.
    pub fn halt_words(&self) -> HaltWords {
        self.controller().halt_words()
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
