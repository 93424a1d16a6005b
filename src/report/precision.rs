//! How precise a metric is, in words.

use super::terminal::wrap;
use crate::metric::words::{counted, remark, shown};
use crate::metric::{Metric, Unit};
use crate::precision::{CARRIERS, Target};
use crate::statistics::Estimate;
use crate::time::exact;

/// The interval's half width as it was asked for: `± 0.98 %`, `± 30s`, `± 0.5 percentage points`.
pub fn margin(metric: &Metric, estimate: &Estimate, target: Target) -> String {
    let (Some(half_width), Some(value)) = (estimate.half_width(), estimate.value) else {
        return remark(estimate).unwrap_or_else(|| String::from("no interval yet"));
    };
    match (target, metric.unit()) {
        (Target::Share(_), _) if value != 0.0 => {
            format!("± {} %", shown(Unit::Count, half_width / value.abs() * 100.0))
        }
        (_, Unit::Probability) => format!("± {} percentage points", shown(Unit::Count, half_width * 100.0)),
        (_, unit) => format!("± {}", shown(unit, half_width)),
    }
}

/// A half width that may be asked for, rounded up so that it is enough.
pub fn amount(metric: &Metric, half_width: f64) -> String {
    let step = libm::pow(10.0, libm::log10(half_width).floor() - 1.0);
    let rounded = (half_width / step).ceil() * step;
    match metric.unit() {
        Unit::Seconds => format!("{}s", (rounded * 1e6).round() / 1e6),
        unit => shown(unit, rounded),
    }
}

/// What a metric is, how precisely, and what came of that.
pub fn sentence(metric: &Metric, estimate: &Estimate, target: Target, outcome: &str) -> String {
    let unit = metric.unit();
    // Minutes alone would not tell the ends of the interval apart.
    let to_the_second = unit == Unit::Seconds && estimate.half_width().is_some_and(|half_width| half_width >= 1.0);
    let show = |value: f64| if to_the_second && value >= 1.0 { exact(value, 1.0) } else { shown(unit, value) };
    let value = estimate.value.map_or_else(|| String::from("unknown"), show);
    let interval = estimate
        .interval
        .map_or_else(String::new, |[low, high]| format!(" (95 % interval {} to {})", show(low), show(high)));
    // The sign stays with its number.
    let margin = margin(metric, estimate, target).replace("± ", "±\u{a0}");
    let carried = match estimate.carriers {
        Some(carriers) if carriers < CARRIERS => {
            format!("; it rests on {}, where at least {CARRIERS} are wanted", counted(carriers, "replication"))
        }
        _ => String::new(),
    };
    wrap(&format!("{metric} is {value}{interval}, {margin}{carried}; {outcome}.")) + "\n"
}
