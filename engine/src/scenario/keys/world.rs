//! The world around a rollout: connectivity, registrations, downloads, API faults (R13, R14, R16, R17).

use serde_json::{Value as Json, json};

use super::calendar::docking;
use super::distribution;
use crate::random::Distribution;
use crate::rollout::RetryPolicy;
use crate::scenario::diagnostics::Problem;
use crate::scenario::document::Toml;
use crate::scenario::form::{
    Accepts, Form, Shape, Written, at_least_one, cap, count, duration, fraction, probability, size, table_with_defaults,
};
use crate::scenario::quantity::Quantity;
use crate::scenario::{
    Api, Connectivity, Download, GroupDownload, MAX_CALL_ATTEMPTS, MAX_ROBOTS, OnlinePeriods, Registrations,
};

/// `[group.connectivity]`: robots that are offline at times (R14).
pub fn connectivity(form: &mut Form<'_>) -> Option<Connectivity> {
    let words = "How long a robot stays online; with a finite mean above 0. Each robot has periods of its own.";
    let online = form.optional("online", words, FinitePeriods);
    let words = "How long a robot stays offline; with a finite mean above 0.";
    let offline = form.optional("offline", words, FinitePeriods);
    let docking = docking(form);
    form.rule(
        "There are online and offline, or windows, or all of them: then a robot is online where both let it be.",
        json!({
            "if": { "not": { "required": ["windows"] } },
            "then": { "required": ["online", "offline"] },
            "dependentRequired": { "online": ["offline"], "offline": ["online"], "arrives": ["windows"], "leaves": ["windows"] },
        }),
    );
    // Half of the two is too little, and so is nothing at all.
    let neither = form.those_of(&["online", "offline", "windows"]).is_empty();
    for (key, other) in [("online", "offline"), ("offline", "online")] {
        if form.is_read() && !form.has(key) && (form.has(other) || neither) {
            form.report_missing(key, "a distribution of durations, or `windows` instead of online and offline");
        }
    }
    let wrong = ["online", "offline"].iter().any(|key| form.has(key)) && (online.is_none() || offline.is_none())
        || docking.is_none() && form.has("windows");
    let periods = online.zip(offline).map(|(online, offline)| OnlinePeriods { online, offline });
    Some(Connectivity { periods, docking }).filter(|own| !wrong && (own.periods.is_some() || own.docking.is_some()))
}

/// A distribution of durations whose mean is finite and greater than 0.
pub(super) struct FinitePeriods;

impl Accepts for FinitePeriods {
    type Value = Distribution;

    fn accepted(&self) -> String {
        distribution(Quantity::Duration).accepted()
    }

    fn shape(&self) -> Shape {
        distribution(Quantity::Duration).shape()
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Distribution> {
        let periods = distribution(Quantity::Duration).read(found)?;
        let mean = periods.mean();
        if mean > 0.0 && mean.is_finite() {
            return Some(periods);
        }
        let wrong = if mean > 0.0 { "has no finite mean" } else { "has the mean 0" };
        let problem = Problem::new(format!("`{}` {wrong}", found.path));
        found.report(problem, "expected a distribution whose mean is finite and greater than 0");
        None
    }
}

/// `[group.registrations]`: robots that join during the campaign (R13).
pub fn registrations(form: &mut Form<'_>) -> Option<Registrations> {
    let words = "The time from the start to the first registration, and from one to the next.";
    let interarrival = form.required("interarrival", words, distribution(Quantity::Duration));
    let max = form.required("max", "How many robots register.", count(0..=MAX_ROBOTS));
    Some(Registrations { interarrival: interarrival?, max: max? })
}

/// `[download]`: the bundle, and what the origin can send (R16).
pub fn download(form: &mut Form<'_>) -> Option<Download> {
    let bundle_size = form.required("bundle_size", "How large the bundle is.", size());
    let egress = form.optional("egress", "The origin's cap over all robots. Left out: none.", cap());
    Some(Download { bundle_size: bundle_size?, egress })
}

/// `[group.download]`: what the group's network can take (R16).
pub fn group_download(form: &mut Form<'_>) -> Option<GroupDownload> {
    let uplink = form.optional("uplink", "The cap over the group's robots together. Left out: none.", cap());
    let words = "A robot's own cap: a rate, or a distribution of rates, drawn once for a robot and a replication. Left out: none.";
    let link = form.optional("link", words, Link);
    let words = "How large the group's bundle is. Left out: as [download] says.";
    let bundle_size = form.optional("bundle_size", words, size());
    Some(GroupDownload { uplink, link, bundle_size })
}

/// A rate, or a distribution of rates.
struct Link;

impl Accepts for Link {
    type Value = Distribution;

    fn accepted(&self) -> String {
        String::from("a rate, or a distribution of rates")
    }

    fn shape(&self) -> Shape {
        Shape::OneOf(vec![cap().shape(), distribution(Quantity::Rate).shape()])
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Distribution> {
        match &found.node.value {
            Toml::Table(_) => distribution(Quantity::Rate).read(found),
            _ => cap().read(found).map(|rate| Distribution::Constant(rate as f64)),
        }
    }
}

/// `[api]`: calls that go wrong, and how the client repeats them (R17).
pub fn api(form: &mut Form<'_>) -> Option<Api> {
    let words = "The probability of ThrottlingException, which takes no effect.";
    let throttle = form.default("throttle", words, probability(), 0.0);
    let words = "The probability of InternalServerException, which takes none either.";
    let internal_error = form.default("internal_error", words, probability(), 0.0);
    let words = "The probability that the call takes effect and its answer is lost.";
    let lost_answer = form.default("lost_answer", words, probability(), 0.0);
    let words =
        "How the client repeats a call: the wait before retry k is base * factor^(k - 1) * (1 + jitter * U(-1, 1)).";
    let retry = form.default("retry", words, table_with_defaults(retry), RetryPolicy::default());
    form.rule("throttle, internal_error and lost_answer add up to at most 1.", Json::Null);
    let total = throttle + internal_error + lost_answer;
    // As written, tenths may add up to a hair above 1.
    if total > 1.0 + 1e-12 {
        let path = form.path_of("throttle");
        let title = format!("`{path}`, `internal_error` and `lost_answer` add up to {total}");
        form.report_at(Problem::new(title), &[("", "expected probabilities whose sum is at most 1")]);
        return None;
    }
    Some(Api { throttle, internal_error, lost_answer, retry })
}

fn retry(form: &mut Form<'_>) -> Option<RetryPolicy> {
    let default = RetryPolicy::default();
    let base = form.default("base", "The wait before the first retry.", duration(), default.base);
    let words = "By which the wait grows from one retry to the next.";
    let factor = form.default("factor", words, at_least_one(), default.factor);
    let words = "How often a call is made before it is given up, the first time included.";
    let max_attempts = form.default("max_attempts", words, count(1..=MAX_CALL_ATTEMPTS), default.max_attempts);
    let words = "The share of the wait that chance adds or takes away at most.";
    let jitter = form.default("jitter", words, fraction(), default.jitter);
    Some(RetryPolicy { base, factor, max_attempts, jitter })
}
