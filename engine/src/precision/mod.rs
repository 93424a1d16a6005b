//! Precision on demand: replications until an interval is narrow enough.
//!
//! An experiment runs in stages. After each the metric's 95 % interval is looked at; if it is too wide, its width says
//! how many replications the next stage should end with, at most twice as many. Where the stages end is a pure function
//! of scenario, seed and options, and what comes out is what a plain run of as many replications gives.
//!
//! # What the looking does to the interval
//!
//! To look at an interval again and again, and to stop when it is narrow, favours the moments at which it is narrow by
//! chance, so an interval at the stop covers a little less often than one after a fixed number of replications. The
//! narrower the precision that is asked for, the less this matters: coverage tends to 95 % (Y. S. Chow and H. Robbins,
//! "On the asymptotic theory of fixed-width sequential confidence intervals for the mean", Annals of Mathematical
//! Statistics 36 (1965); P. W. Glynn and W. Whitt, "The asymptotic validity of sequential stopping rules for stochastic
//! simulations", Annals of Applied Probability 2 (1992)). What does the harm is to stop early, so no experiment stops
//! before [`FIRST_STAGE`] replications; and because few stages are enough, there are few looks.

mod target;

use std::ops::Range;
use std::sync::atomic::AtomicBool;

pub use target::{Target, Unfit};

use crate::experiment::{Experiment, Rows, Stopped, Tally, Workers};
use crate::metric::Metric;
use crate::statistics::Estimate;

/// The least replications of the first stage: from there on every interval exists, that of the 99th percentile
/// included.
pub const FIRST_STAGE: u32 = 400;

/// A mean is not precise enough before so many replications carry it: of an event that rarely happens, before it has
/// been seen so often. An interval that happens to be narrow because large numbers are missing does not end anything.
pub const CARRIERS: u64 = 30;

/// When an experiment may end.
#[derive(Clone, Copy, Debug)]
pub struct Precision {
    /// How narrow the interval has to be.
    pub target: Target,
    /// How many replications there are at most.
    pub most: u32,
}

impl Precision {
    /// Where the first stage ends if so many replications are asked for to start with.
    pub fn first(&self, start: u32) -> u32 {
        start.max(FIRST_STAGE).min(self.most)
    }

    /// Where the stage after one of `n` replications ends; none if this is enough.
    pub fn next(&self, n: u32, estimate: &Estimate) -> Option<u32> {
        let enough = estimate.carriers.is_none_or(|carriers| carriers >= CARRIERS);
        if self.target.is_reached(estimate) && enough {
            return None;
        }
        // Widths shrink with the root of the number; a tenth more spares a stage that ends just short of it.
        let ratio = match (estimate.half_width(), self.target.half_width(estimate)) {
            (Some(present), Some(wanted)) if wanted > 0.0 => present / wanted,
            _ => f64::INFINITY,
        };
        // So many more carriers are wanted, and they come as replications do.
        let ratio = estimate.carriers.map_or(ratio, |carriers| ratio.max((CARRIERS as f64 / carriers as f64).sqrt()));
        let planned = f64::from(n) * (1.1 * ratio * ratio).clamp(1.25, 2.0);
        Some(rounded_up(planned).min(self.most))
    }
}

/// The least number with two digits and zeros behind them that is not below: one that is easily typed again.
fn rounded_up(planned: f64) -> u32 {
    let mut step = 1.0;
    while planned / step > 99.0 {
        step *= 10.0;
    }
    // A cast from float to integer saturates.
    ((planned / step).ceil() * step) as u32
}

/// How an experiment in stages ended.
#[derive(Debug)]
pub struct Ended {
    /// What came of all whole stages.
    pub tally: Tally,
    /// The metric that was looked at, an index into those offered.
    pub metric: usize,
    /// Its last estimate.
    pub estimate: Estimate,
    /// Why there are no further stages.
    pub why: Why,
}

/// Why an experiment in stages ended.
#[derive(Debug)]
pub enum Why {
    /// The interval is narrow enough.
    Precise,
    /// There are as many replications as there may be.
    Most,
    /// It is as narrow as a quantile's interval can be; this half width is the least that makes sense to ask for.
    TooFine(f64),
    /// The time is over.
    OutOfTime,
    /// The first stage gave no number for any of the metrics.
    NoValue,
    /// It was stopped after the first stage.
    Stopped(Stopped),
}

/// What an experiment in stages works with.
pub struct Stages<'a> {
    /// What is run; its number of replications is where to start.
    pub experiment: Experiment<'a>,
    /// When it may end.
    pub precision: Precision,
    /// The metric to look at: the first of these that has a number after the first stage; never empty.
    pub metrics: &'a [Metric],
    /// Stops the experiment soon after it becomes true.
    pub cancelled: &'a AtomicBool,
    /// Whether no further stage may begin. Then the number of replications depends on the machine.
    pub out_of_time: &'a dyn Fn() -> bool,
    /// Is told where each stage ends before it begins, with the estimate so far.
    pub planned: &'a dyn Fn(u32, Option<&Estimate>),
    /// Is told how many more replications are done.
    pub advanced: &'a (dyn Fn(u32) + Sync),
}

impl Stages<'_> {
    /// Runs stage after stage. Each goes on where the one before stopped, rows included.
    ///
    /// # Errors
    /// What stopped the first stage.
    pub fn run<R: Rows>(&self, workers: &Workers, rows: &mut R) -> Result<Ended, Stopped> {
        let mut stage = |part: Range<u32>, estimate: Option<&Estimate>| {
            (self.planned)(part.end, estimate);
            self.experiment.run_part(workers, part, rows, self.cancelled, self.advanced)
        };
        let mut done = self.precision.first(self.experiment.replications);
        let mut tally = stage(0..done, None)?;
        let Some(metric) =
            self.metrics.iter().position(|metric| metric.estimate(&tally).value.is_some_and(f64::is_finite))
        else {
            return Ok(Ended { tally, metric: 0, estimate: Estimate::default(), why: Why::NoValue });
        };
        loop {
            let estimate = self.metrics[metric].estimate(&tally);
            let why = match self.precision.next(done, &estimate) {
                None => Why::Precise,
                Some(_) if done == self.precision.most => Why::Most,
                Some(next) => match self.precision.target.too_fine(&self.metrics[metric], &estimate) {
                    Some(least) => Why::TooFine(least),
                    None if (self.out_of_time)() => Why::OutOfTime,
                    None => match stage(done..next, Some(&estimate)) {
                        Ok(part) => {
                            tally.merge(&part);
                            done = next;
                            continue;
                        }
                        Err(stopped) => Why::Stopped(stopped.after(done)),
                    },
                },
            };
            return Ok(Ended { tally, metric, estimate, why });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Luck, Purpose, normal_quantile};
    use crate::statistics::{Sample, Statistic, Unit};

    fn estimate(value: f64, half_width: f64) -> Estimate {
        Estimate::within(Some(value), [value - half_width, value + half_width])
    }

    #[test]
    fn stages_are_planned_from_the_width() {
        let precision = Precision { target: Target::Share(0.01), most: 5000 };
        for (n, half_width, next) in [
            (1000, 0.9, None),
            (1000, 1.0, None),
            (1000, 1.01, Some(1300)),
            (1000, 1.2, Some(1600)),
            (1000, 5.0, Some(2000)),
            (1234, 5.0, Some(2500)),
            (4000, 5.0, Some(5000)),
            (5000, 5.0, Some(5000)),
        ] {
            assert_eq!(precision.next(n, &estimate(100.0, half_width)), next, "{n} {half_width}");
        }
        assert_eq!(precision.next(400, &Estimate::exact(Some(1.0))), Some(800), "no interval yet");
        assert_eq!(precision.next(400, &Estimate::default()), Some(800), "no value yet");
        assert_eq!(precision.next(400, &estimate(0.0, 0.1)), Some(800), "no share of nothing is wide enough");
        assert_eq!(precision.next(400, &estimate(0.0, 0.0)), None, "it is exact");
        for (carriers, next) in [(29, Some(1300)), (30, None), (2, Some(2000))] {
            let carried = Estimate { carriers: Some(carriers), ..estimate(100.0, 0.5) };
            assert_eq!(precision.next(1000, &carried), next, "{carriers}");
        }
        assert_eq!([1, 400, 1000, 9999].map(|start| precision.first(start)), [400, 400, 1000, 5000]);
        assert_eq!([1.0, 98.2, 99.0, 99.5, 1234.0, 4e9].map(rounded_up), [1, 99, 99, 100, 1300, 4_000_000_000]);
    }

    /// How often the interval at the stop holds the true value, over 600 experiments with a skewed distribution; and
    /// how many looks there were.
    fn coverage(statistic: Statistic, share: f64, first: u32) -> (f64, u32) {
        const EXPERIMENTS: u32 = 600;
        // Lognormal with median 1000 s and sigma 0.5, in microseconds.
        let draw = |seed: u32, index: u32| {
            let z = normal_quantile(Luck::new(u64::from(seed), index).job(0, Purpose::Preparing).open01());
            (1e9 * libm::exp(0.5 * z)) as u128
        };
        let truth = match statistic {
            Statistic::Mean => 1000.0 * libm::exp(0.5 * 0.5 / 2.0),
            _ => 1000.0 * libm::exp(0.5 * normal_quantile(0.95)),
        };
        let precision = Precision { target: Target::Share(share), most: u32::MAX };
        let (mut covered, mut looks) = (0, 0);
        for seed in 0..EXPERIMENTS {
            let mut sample = Sample::new(Unit::Seconds);
            let (mut done, mut end) = (0, first);
            loop {
                (done..end).for_each(|index| sample.record(draw(seed, index)));
                done = end;
                looks += 1;
                match precision.next(done, &sample.estimate(statistic)) {
                    None => break,
                    Some(next) => end = next,
                }
            }
            let [low, high] = sample.estimate(statistic).interval.expect("it stopped at one");
            covered += u32::from(low <= truth && truth <= high);
        }
        (f64::from(covered) / f64::from(EXPERIMENTS), looks / EXPERIMENTS)
    }

    /// The interval at the stop covers nearly as often as it says, in spite of the looks. The standard error of a
    /// coverage of 0.95 is 0.009; a true one of 0.93 or more passes.
    #[test]
    fn intervals_at_the_stop_cover() {
        for (statistic, share) in [(Statistic::Mean, 0.02), (Statistic::P95, 0.04)] {
            let (coverage, looks) = coverage(statistic, share, FIRST_STAGE);
            assert!(looks >= 2, "nothing was continued");
            assert!(coverage > 0.93 - 2.0 * 0.009, "{statistic:?}: {coverage}");
        }
    }

    /// Of an event that rarely happens a narrow interval is not enough: it has to have been seen, and often.
    #[test]
    fn what_is_rare_has_to_be_seen() {
        let precision = Precision { target: Target::Absolute(0.05), most: u32::MAX };
        let (mut covered, mut narrow) = (0, 0);
        for seed in 0..300_u32 {
            let happens = |index: u32| Luck::new(u64::from(seed), index).job(0, Purpose::Preparing).open01() < 0.01;
            let mut sample = Sample::new(Unit::Count);
            let (mut done, mut end) = (0, FIRST_STAGE);
            let estimate = loop {
                (done..end).for_each(|index| sample.record(happens(index).into()));
                done = end;
                let estimate = sample.estimate(Statistic::Mean);
                narrow += u32::from(precision.target.is_reached(&estimate) && done == FIRST_STAGE);
                match precision.next(done, &estimate) {
                    None => break estimate,
                    Some(next) => end = next,
                }
            };
            let events = estimate.value.expect("numbers") * f64::from(done);
            assert!(events > 28.0 && done > FIRST_STAGE, "{seed}: {events} of {done}");
            let [low, high] = estimate.interval.expect("it stopped at one");
            covered += u32::from(low <= 0.01 && 0.01 <= high);
        }
        assert!(narrow > 250, "{narrow}: without the rule most would have ended at once");
        assert!(covered > 276, "{covered} of 300");
    }
}
