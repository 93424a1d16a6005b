//! The world around a rollout: connectivity, registrations, downloads, API faults (R13, R14, R16, R17).

use std::path::Path;

use crate::random::Distribution;
use crate::rollout::RetryPolicy;
use crate::scenario::diagnostics::{Diagnostics, Problem};
use crate::scenario::distribution::{self, Of};
use crate::scenario::document::{Node, Value, join};
use crate::scenario::quantity::{self, Quantity};
use crate::scenario::reader::{self, Reader};
use crate::scenario::{Api, Connectivity, Download, GroupDownload, MAX_CALL_ATTEMPTS, MAX_ROBOTS, Registrations};

/// `[group.connectivity]`
pub fn connectivity(node: &Node, path: &str, folder: &Path, diagnostics: &mut Diagnostics) -> Option<Connectivity> {
    let mut table = Reader::open(node, path, diagnostics)?;
    let mut periods = |key, diagnostics: &mut Diagnostics| {
        table.required(key, distribution::ACCEPTED, diagnostics, |node, path, diagnostics| {
            let of = Of { quantity: Quantity::Duration, folder };
            let periods = distribution::distribution(node, path, of, diagnostics)?;
            positive_mean(periods, node, path, diagnostics)
        })
    };
    let online = periods("online", diagnostics);
    let offline = periods("offline", diagnostics);
    table.close(diagnostics);
    Some(Connectivity { online: online?, offline: offline? })
}

/// A distribution whose mean is finite and greater than 0.
fn positive_mean(
    periods: Distribution,
    node: &Node,
    path: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Distribution> {
    let mean = periods.mean();
    if mean > 0.0 && mean.is_finite() {
        return Some(periods);
    }
    let found = if mean > 0.0 { "has no finite mean" } else { "has the mean 0" };
    let problem = Problem::new(format!("`{path}` {found}"));
    let label = "expected a distribution whose mean is finite and greater than 0";
    diagnostics.report(problem.at(&node.place, label));
    None
}

/// `[group.registrations]`
pub fn registrations(node: &Node, path: &str, folder: &Path, diagnostics: &mut Diagnostics) -> Option<Registrations> {
    let mut table = Reader::open(node, path, diagnostics)?;
    let interarrival = table.required("interarrival", distribution::ACCEPTED, diagnostics, |node, path, d| {
        distribution::distribution(node, path, Of { quantity: Quantity::Duration, folder }, d)
    });
    let max = table.required("max", "an integer from 0 to 100000000", diagnostics, |node, path, d| {
        reader::count(node, path, 0..=MAX_ROBOTS, d)
    });
    table.close(diagnostics);
    Some(Registrations { interarrival: interarrival?, max: max? })
}

/// `[download]`
pub fn download(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<Download> {
    let mut table = Reader::open(node, path, diagnostics)?;
    let bundle_size = table.required("bundle_size", quantity::SIZE, diagnostics, quantity::size);
    let egress = table.optional("egress", diagnostics, quantity::cap);
    table.close(diagnostics);
    Some(Download { bundle_size: bundle_size?, egress })
}

/// `[group.download]`
pub fn group_download(node: &Node, path: &str, folder: &Path, diagnostics: &mut Diagnostics) -> Option<GroupDownload> {
    let mut table = Reader::open(node, path, diagnostics)?;
    let uplink = table.optional("uplink", diagnostics, quantity::cap);
    let link = table.optional("link", diagnostics, |node, path, d| match &node.value {
        Value::Table(_) => distribution::distribution(node, path, Of { quantity: Quantity::Rate, folder }, d),
        _ => quantity::cap(node, path, d).map(|rate| Distribution::Constant(rate as f64)),
    });
    table.close(diagnostics);
    Some(GroupDownload { uplink, link })
}

/// `[api]`
pub fn api(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<Api> {
    let mut table = Reader::open(node, path, diagnostics)?;
    let mut fault =
        |key, diagnostics: &mut Diagnostics| table.optional(key, diagnostics, reader::probability).unwrap_or_default();
    let throttle = fault("throttle", diagnostics);
    let internal_error = fault("internal_error", diagnostics);
    let lost_answer = fault("lost_answer", diagnostics);
    let retry = table.optional("retry", diagnostics, retry).unwrap_or_default();
    table.close(diagnostics);
    let total = throttle + internal_error + lost_answer;
    // As written, tenths may add up to a hair above 1.
    if total > 1.0 + 1e-12 {
        let title = format!("`{}`, `internal_error` and `lost_answer` add up to {total}", join(path, "throttle"));
        let problem = Problem::new(title).at(&node.place, "expected probabilities whose sum is at most 1");
        diagnostics.report(problem);
        return None;
    }
    Some(Api { throttle, internal_error, lost_answer, retry })
}

fn retry(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<RetryPolicy> {
    let default = RetryPolicy::default();
    let mut table = Reader::open(node, path, diagnostics)?;
    let base = table.optional("base", diagnostics, reader::duration).unwrap_or(default.base);
    let factor = table.optional("factor", diagnostics, |node, path, d| {
        reader::number(node, path, "a number of at least 1", |x| x >= 1.0, d)
    });
    let max_attempts = table
        .optional("max_attempts", diagnostics, |node, path, d| reader::count(node, path, 1..=MAX_CALL_ATTEMPTS, d));
    let jitter = table.optional("jitter", diagnostics, |node, path, d| {
        reader::number(node, path, "a number from 0 to 1", |x| (0.0..=1.0).contains(&x), d)
    });
    table.close(diagnostics);
    Some(RetryPolicy {
        base,
        factor: factor.unwrap_or(default.factor),
        max_attempts: max_attempts.unwrap_or(default.max_attempts),
        jitter: jitter.unwrap_or(default.jitter),
    })
}
