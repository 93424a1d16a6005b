//! How narrow an interval has to be.

use std::fmt;
use std::str::FromStr;

use crate::metric::{Metric, Unit};
use crate::scenario::{parse_duration, parse_rate, parse_size};
use crate::statistics::Estimate;

/// How narrow an interval has to be: the greatest half width that is enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// A share of the value.
    Share(f64),
    /// In the metric's own unit, as results show it.
    Absolute(f64),
}

/// What was asked for, before it is known of which metric.
#[derive(Clone, Debug, PartialEq)]
enum Amount {
    Percent(f64),
    Number(f64),
    Seconds(f64),
    Bytes(f64),
    BitsPerSecond(f64),
}

/// A precision that does not fit a metric, or is none at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// What is wrong, in one line.
    pub title: String,
    /// What would be accepted.
    pub help: String,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.title, self.help)
    }
}

/// Below this share of their value the intervals of quantiles show the cells of their histograms, not the precision.
const FINEST: f64 = 0.001;

impl Target {
    /// Reads a precision for a metric. A percentage is a share of the value, but of a probability it is percentage
    /// points: 0.5% of a probability of 97 % is enough at 96.5 % to 97.5 %. Anything else is in the metric's unit:
    /// `30s`, `2` robots, `10MB`, `1Mbit/s`, or for a probability `0.005`.
    ///
    /// # Errors
    /// Why it does not fit the metric, and what would.
    pub fn parse(text: &str, metric: &Metric) -> Result<Target, Unfit> {
        let target = Target::read(text, metric, "precision")?;
        match target {
            Target::Share(share) if metric.is_quantile() => {
                let title = format!("`{text}` is finer than the quantiles of `{metric}` are");
                let help = format!("expected at least `{}%`; a mean has no such bound", FINEST * 100.0);
                if share < FINEST { Err(Unfit { title, help }) } else { Ok(target) }
            }
            _ => Ok(target),
        }
    }

    /// Reads how far from a metric's value another one may be, in the same way, however small.
    ///
    /// # Errors
    /// Why it does not fit the metric, and what would.
    pub fn margin(text: &str, metric: &Metric) -> Result<Target, Unfit> {
        Target::read(text, metric, "margin")
    }

    fn read(text: &str, metric: &Metric, what: &str) -> Result<Target, Unfit> {
        let unit = metric.unit();
        let accepted = match unit {
            Unit::Probability => "expected percentage points as in `0.5%`, or a number as in `0.005`",
            Unit::Seconds => "expected a share of the value as in `1%`, or a time as in `30s`",
            Unit::Count => "expected a share of the value as in `1%`, or a number as in `0.5`",
            Unit::Bytes => "expected a share of the value as in `1%`, or a size as in `10MB`",
            Unit::BitsPerSecond => "expected a share of the value as in `1%`, or a rate as in `1Mbit/s`",
        };
        let unfit = |why: &str| Unfit { title: format!("`{text}` {why}"), help: accepted.to_owned() };
        let amount: Amount = text.parse().map_err(|()| unfit(&format!("is no {what}")))?;
        let target = match (amount, unit) {
            (Amount::Percent(percent), Unit::Probability) => Target::Absolute(percent / 100.0),
            (Amount::Percent(percent), _) => Target::Share(percent / 100.0),
            (Amount::Number(number), Unit::Count | Unit::Probability)
            | (Amount::Seconds(number), Unit::Seconds)
            | (Amount::Bytes(number), Unit::Bytes)
            | (Amount::BitsPerSecond(number), Unit::BitsPerSecond) => Target::Absolute(number),
            _ => return Err(unfit(&format!("does not fit `{metric}`"))),
        };
        match target {
            Target::Share(size) | Target::Absolute(size) if size <= 0.0 || !size.is_finite() => {
                Err(unfit(&format!("is out of range: a {what} is greater than 0")))
            }
            _ => Ok(target),
        }
    }

    /// The greatest half width that is enough; none without a value.
    pub fn half_width(&self, estimate: &Estimate) -> Option<f64> {
        match self {
            Target::Share(share) => estimate.value.map(|value| share * value.abs()),
            Target::Absolute(width) => Some(*width),
        }
    }

    /// The least half width that makes sense, where this asks for a finer one and the interval of a quantile shows the
    /// cells of a histogram already, which more replications do not make narrower.
    pub fn too_fine(&self, metric: &Metric, estimate: &Estimate) -> Option<f64> {
        let (value, present) = estimate.value.zip(estimate.half_width()).filter(|_| metric.is_quantile())?;
        let least = FINEST / 2.0 * value.abs();
        let is_at_its_end = present <= 2.0 * least && !self.is_reached(estimate);
        self.half_width(estimate).filter(|wanted| is_at_its_end && *wanted < least).map(|_| least)
    }

    /// Whether an interval is narrow enough. One that does not exist is not.
    pub fn is_reached(&self, estimate: &Estimate) -> bool {
        match (estimate.half_width(), self.half_width(estimate)) {
            (Some(present), Some(wanted)) => present <= wanted,
            _ => false,
        }
    }
}

impl FromStr for Amount {
    type Err = ();

    fn from_str(text: &str) -> Result<Amount, ()> {
        let text = text.trim();
        if let Some(percent) = text.strip_suffix('%') {
            return percent.trim().parse().map(Amount::Percent).map_err(|_| ());
        }
        let number = text.parse().map(Amount::Number);
        number
            .or_else(|_| parse_duration(text).map(|span| Amount::Seconds(span.seconds())))
            .or_else(|_| parse_size(text).map(Amount::Bytes))
            .or_else(|_| parse_rate(text).map(Amount::BitsPerSecond))
            .map_err(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn what_is_asked_for_fits_the_metric() {
        let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/warehouse-uplink.toml");
        let scenario = Scenario::load(&scenario, &[]).expect("it is a scenario");
        let parse =
            |text: &str, metric: &str| Target::parse(text, &Metric::parse(metric, &scenario).expect("it is a metric"));
        let (time, robots) = ("campaign.time_to_success_s.p95", "first_job.robots_failed.mean");
        let (halted, bytes) = ("campaign.outcomes.halted.probability", "download.bytes.mean");
        for (text, metric, target) in [
            ("1%", time, Target::Share(0.01)),
            (" 2.5 % ", time, Target::Share(0.025)),
            ("30s", time, Target::Absolute(30.0)),
            ("1m30s", time, Target::Absolute(90.0)),
            ("0.05%", robots, Target::Share(0.0005)),
            ("0.5", robots, Target::Absolute(0.5)),
            ("0.5%", halted, Target::Absolute(0.005)),
            ("0.005", halted, Target::Absolute(0.005)),
            ("10MB", bytes, Target::Absolute(1e7)),
            ("1Mbit/s", "download.mean_egress_bit_s.p95", Target::Absolute(1e6)),
        ] {
            let found = parse(text, metric).unwrap_or_else(|unfit| panic!("{text}: {unfit}"));
            assert_eq!(found, target, "{text} {metric}");
        }
        for (text, metric, message) in [
            ("30s", robots, "`30s` does not fit `first_job.robots_failed.mean`; expected a share of the value"),
            (
                "30",
                time,
                "`30` does not fit `campaign.time_to_success_s.p95`; expected a share of the value as in `1%`",
            ),
            ("30s", halted, "does not fit `campaign.outcomes.halted.probability`; expected percentage points"),
            ("0%", time, "`0%` is out of range"),
            ("-1%", time, "`-1%` is out of range"),
            ("inf", robots, "`inf` is out of range"),
            ("nan", robots, "`nan` is out of range"),
            ("soon", time, "`soon` is no precision"),
            ("", time, "is no precision"),
            (
                "0.05%",
                time,
                "finer than the quantiles of `campaign.time_to_success_s.p95` are; expected at least `0.1%`",
            ),
            ("0.05%", "robot.deployment_s.p50", "expected at least `0.1%`"),
        ] {
            let found = parse(text, metric).expect_err(text).to_string();
            assert!(found.contains(message), "{text} {metric}: {found}");
        }
    }
}
