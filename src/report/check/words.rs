//! Sentences and numbers that all formats share.

use crate::expectation::{Finding, Share, Verdict};
use crate::metric::words::{counted, percent, shown};
use crate::metric::{Metric, Unit};
use crate::questions::{Bounds, Expectation};
use crate::report::document::{DataCell, dash, finely};
use crate::report::words::LEAST_SHARE;
use crate::statistics::Number;
use crate::time::exact;

/// A bound as somebody wrote it: nothing of it is rounded.
fn written(metric: &Metric, bound: f64) -> String {
    let number = metric.show(bound);
    match metric.unit() {
        // Rounding takes back what the multiplication by 100 added.
        Unit::Probability => format!("{} %", (number * 1e14).round() / 1e12),
        Unit::Count => number.to_string(),
        Unit::Seconds if number >= 1.0 && number.fract() == 0.0 => exact(number, 1.0),
        Unit::Seconds if number >= 1.0 => format!("{number}s"),
        unit => shown(unit, number),
    }
}

/// `at most 1h`
pub fn expected(metric: &Metric, bounds: &Bounds) -> String {
    let written = |bound| written(metric, bound);
    match bounds {
        Bounds::AtMost(high) => format!("at most {}", written(*high)),
        Bounds::AtLeast(low) => format!("at least {}", written(*low)),
        Bounds::Between(low, high) => format!("{} to {}", written(*low), written(*high)),
    }
}

/// An expectation's name, or what it is about.
pub fn title(expectation: &Expectation, metric: &Metric) -> String {
    let expected = expected(metric, &expectation.bounds);
    match &expectation.name {
        Some(name) => format!("{name}: {metric} {expected}"),
        None => format!("{metric} {expected}"),
    }
}

/// A number of an expectation, and what it is about.
pub struct FoundNumber {
    pub about: String,
    pub cell: DataCell,
}

impl FoundNumber {
    /// `found 5m (4m to -)`
    pub fn found(&self) -> String {
        let [low, high] = self.cell.ends().map(|end| end.unwrap_or_else(dash));
        format!("{} ({low} to {high})", self.cell.text())
    }
}

/// The numbers of a finding: one, or one for each share of robots.
pub fn numbers(expectation: &Expectation, metric: &Metric, finding: &Finding) -> Vec<FoundNumber> {
    if finding.shares.is_empty() {
        let cell = DataCell::finely(metric.unit(), finding.estimate).within(finding.interval);
        return vec![FoundNumber { about: expected(metric, &expectation.bounds), cell }];
    }
    let of_share = |share: &Share| {
        let bound = finely(metric.unit(), share.bound);
        let needed = format!("{:.0} %", share.needed * 100.0);
        let about = if share.with_bound {
            format!("robots up to {bound}: >= {needed}")
        } else {
            format!("robots below {bound}: < {needed}")
        };
        let cell = DataCell::finely(Unit::Probability, share.estimate).within(share.interval.map(Some));
        FoundNumber { about, cell }
    };
    finding.shares.iter().map(of_share).collect()
}

/// That a number is over a part of the replications, and what it would be over all of them; nothing of 99 % and more.
pub fn over_part(metric: &Metric, finding: &Finding) -> Option<String> {
    let share = finding.share().filter(|share| metric.is_conditional() && *share < LEAST_SHARE)?;
    let over = format!("it is over {} of the replications alone", percent(Number(share)));
    let over_all = metric.over_all().zip(finding.over_all);
    let all =
        over_all.map(|(metric, value)| format!(", and over all of them {metric} is {}", finely(metric.unit(), value)));
    Some(over + &all.unwrap_or_default())
}

/// What was found, in one sentence.
pub fn found(expectation: &Expectation, metric: &Metric, finding: &Finding) -> String {
    if let Some(nothing) = &finding.nothing {
        return match finding.replications {
            0 => nothing.clone(),
            looked => format!("{nothing}; looked at {}", counted(looked.into(), "replication")),
        };
    }
    let numbers: Vec<String> = numbers(expectation, metric, finding)
        .into_iter()
        .map(|numbers| match finding.shares.is_empty() {
            true => numbers.found(),
            false => format!("{}: {}", numbers.about, numbers.found()),
        })
        .collect();
    let values = match finding.values {
        0 => String::from(", of which none has a value"),
        values if values == u64::from(finding.replications) => String::new(),
        values => format!(", of which {values} have a value"),
    } + &over_part(metric, finding).map(|words| format!("; {words}")).unwrap_or_default();
    let replications = counted(finding.replications.into(), "replication");
    let so_far = match finding.verdict {
        Verdict::Undecided => {
            let least = finding.least.filter(|least| least.replications > finding.replications.into());
            let takes = least.map(|least| {
                let greatest = shown(metric.unit(), least.greatest);
                format!(
                    "; a proof takes {} at least, for in one of that many it could be {greatest}",
                    counted(least.replications, "replication")
                )
            });
            format!("; {:.0} % of the evidence for a verdict{}", finding.evidence * 100.0, takes.unwrap_or_default())
        }
        _ => String::new(),
    };
    format!("found {} after {replications}{values}{so_far}", numbers.join(", "))
}

/// What a verdict means, in one sentence.
pub fn sentence(expectation: &Expectation, metric: &Metric, finding: &Finding) -> String {
    let verdict = match finding.verdict {
        Verdict::Holds => "holds",
        Verdict::Fails => "does not hold",
        Verdict::Undecided => "is undecided",
    };
    let confidence = 100.0 * expectation.confidence;
    let sure = match finding.verdict {
        Verdict::Undecided => String::new(),
        // That is no matter of chance.
        _ if finding.replications == 0 && finding.nothing.is_some() => String::new(),
        _ => format!(" with confidence {} %", (confidence * 1e9).round() / 1e9),
    };
    let why =
        if expectation.description.is_empty() { String::new() } else { format!(" ({})", expectation.description) };
    format!("{}{why} {verdict}{sure}: {}", title(expectation, metric), found(expectation, metric, finding))
}
