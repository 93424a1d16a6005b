//! HdrHistogram's percentile output, which its own plotters open.

use std::fmt::Write;

use crate::metric::Numbers;

/// Lines per halving of the distance to the 100th percentile, HdrHistogram's own default.
const TICKS_PER_HALF_DISTANCE: u32 = 5;

/// A distribution's percentiles in the format of HdrHistogram's `outputPercentileDistribution`; times in seconds.
pub(super) fn render(numbers: &Numbers<'_>) -> String {
    let histogram = numbers.histogram();
    let mut text = format!("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
    let line = |text: &mut String, value: u64, quantile: f64, total: u64| {
        let value = numbers.show(value as f64);
        let written = if quantile < 1.0 {
            writeln!(text, "{value:12.6} {quantile:2.12} {total:10} {:14.2}", 1.0 / (1.0 - quantile))
        } else {
            writeln!(text, "{value:12.6} {quantile:2.12} {total:10}")
        };
        written.expect("a string takes all text");
    };
    let mut total = 0;
    for step in histogram.iter_quantiles(TICKS_PER_HALF_DISTANCE) {
        total += step.count_since_last_iteration();
        line(&mut text, step.value_iterated_to(), step.quantile_iterated_to(), total);
    }
    let (mean, deviation) = if histogram.is_empty() { (0.0, 0.0) } else { (histogram.mean(), histogram.stdev()) };
    let max = if histogram.is_empty() { 0 } else { histogram.max() };
    writeln!(text, "#[Mean    = {:12.6}, StdDeviation   = {:12.6}]", numbers.show(mean), numbers.show(deviation))
        .and_then(|()| writeln!(text, "#[Max     = {:12.6}, Total count    = {:12}]", numbers.show(max as f64), total))
        .and_then(|()| writeln!(text, "#[Buckets = {:12}, SubBuckets     = {:12}]", histogram.buckets(), SUB_BUCKETS))
        .expect("a string takes all text");
    text
}

/// Cells of the lowest bucket of a histogram with three significant digits.
const SUB_BUCKETS: u32 = 2048;
