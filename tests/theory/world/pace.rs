//! `pace`: a factor on all latencies of a group, drawn once a replication; and `shift`, a least value of any family.

use rollcast::random::normal_cdf;
use rollcast::rollout::RobotEnd;
use rollcast::simulation::Replication;

use super::{constant, ends, exponential, group, takes};
use crate::run::{at, policy, replications, scenario, watch};
use crate::statistics::{assert_distribution, assert_mean, assert_uncorrelated, assert_variance, exponential_cdf};

fn makespan(replication: &Replication) -> f64 {
    replication.first_job.and_then(|job| job.makespan()).expect("the job ended").seconds()
}

/// The factor's moments: E[f^r] = exp(sigma^2 r (r - 1) / 2), and so 1 in the mean.
fn moment(sigma: f64, r: f64) -> f64 {
    libm::exp(0.5 * sigma * sigma * r * (r - 1.0))
}

/// A robot whose steps take 100 s takes 100 s in the mean, with the lognormal's distribution and variance.
#[test]
fn the_factor_is_lognormal_with_mean_one() {
    for sigma in [0.15, 0.5] {
        let steps = takes("validating", 30.0) + &takes("launching", 70.0);
        let robots = group("g", 1, &format!("pace = {{ sigma = {sigma:?} }}\n{steps}"));
        let all: Vec<f64> = replications(&policy(100, 100, &robots), 40_000).iter().map(makespan).collect();
        let factors: Vec<f64> = all.iter().map(|seconds| seconds / 100.0).collect();
        let variance = moment(sigma, 2.0) - 1.0;
        let what = format!("of the factor with sigma {sigma}");
        assert_mean(&factors, 1.0, variance, &what);
        let fourth = moment(sigma, 4.0) - 4.0 * moment(sigma, 3.0) + 6.0 * moment(sigma, 2.0) - 3.0;
        assert_variance(&factors, variance, fourth, &what);
        assert_distribution(&factors, |x| normal_cdf(libm::log(x) / sigma + 0.5 * sigma), &what);
    }
}

/// All robots, steps, attempts of a group share its factor, and groups have their own: with constant latencies every
/// deployment of a group takes the same time in a replication, the shift of a latency included.
#[test]
fn a_group_shares_its_factor() {
    let steps = |seconds: f64| format!("step.launching = {{ latency = {}, failure = 0.5 }}\n", constant(seconds));
    let shifted =
        "step.launching = { latency = { shift = \"40s\", empirical = { values = [\"10s\"] } }, failure = 0.5 }\n";
    let groups = group("a", 10, &format!("pace = {{ sigma = 0.4 }}\n{}", steps(50.0)))
        + &group("b", 10, &format!("pace = {{ sigma = 0.4 }}\n{shifted}"))
        + &group("c", 10, &steps(50.0));
    let sync = "[sync]\nschedule = { every = \"1h\" }\nmax_jobs = 3\non_halt = \"retry\"\n";
    let mut pairs = Vec::new();
    ends(&policy(100, 100, &(groups + sync)), 3000, |_, ends| {
        let lengths = |group: u32| -> Vec<u64> {
            let of_group = ends.ends.iter().filter(|(_, robot, ..)| robot / 10 == group);
            of_group.map(|(ended, _, started, _)| (*ended - *started).micros()).collect()
        };
        let [a, b, c] = [0, 1, 2].map(lengths);
        for lengths in [&a, &b, &c] {
            assert!(lengths.len() >= 10 && lengths.iter().all(|length| *length == lengths[0]));
        }
        assert_eq!(c[0], 50_000_000);
        pairs.push((a[0] as f64, b[0] as f64));
    });
    assert_uncorrelated(&pairs, "between groups");
    let of = |which: fn(&(f64, f64)) -> f64| -> Vec<f64> { pairs.iter().map(|pair| which(pair) / 5e7).collect() };
    for factors in [of(|pair| pair.0), of(|pair| pair.1)] {
        assert_mean(&factors, 1.0, moment(0.4, 2.0) - 1.0, "of the factor");
    }
}

/// The makespan of N robots at once with exponential latencies is the factor times their maximum M: its mean stays, and
/// its variance is E[f^2] E[M^2] - E[M]^2, where M has the mean m (1 + 1/2 + ... + 1/N) and the variance m^2 (1 + 1/4 +
/// ... + 1/N^2).
#[test]
fn makespans_scatter_more_and_are_no_longer() {
    const ROBOTS: u32 = 20;
    let harmonic = |r: i32| -> f64 { (1..=ROBOTS).map(|k| libm::pow(f64::from(k), -f64::from(r))).sum() };
    let (mean, variance) = (60.0 * harmonic(1), 3600.0 * harmonic(2));
    for sigma in [0.0, 0.2, 0.6] {
        let step = format!("step.launching = {{ latency = {} }}\n", exponential(60.0));
        let robots = group("g", ROBOTS, &format!("pace = {{ sigma = {sigma:?} }}\n{step}"));
        let all: Vec<f64> = replications(&policy(100, 100, &robots), 40_000).iter().map(makespan).collect();
        let expected = moment(sigma, 2.0) * (variance + mean * mean) - mean * mean;
        assert_mean(&all, mean, expected, &format!("of the makespan with sigma {sigma}"));
        // The fourth central moment, from the cumulants of a sum of independent exponentials.
        let k = |r: i32, factor: f64| factor * libm::pow(60.0, f64::from(r)) * harmonic(r);
        let (k3, k4) = (k(3, 2.0), k(4, 6.0));
        let raw = [
            mean,
            variance + mean * mean,
            k3 + 3.0 * variance * mean + mean * mean * mean,
            k4 + 4.0 * k3 * mean + 3.0 * variance * variance + 6.0 * variance * mean * mean + mean * mean * mean * mean,
        ];
        let [m1, m2, m3, m4] = [0, 1, 2, 3].map(|r| raw[r] * moment(sigma, r as f64 + 1.0));
        let fourth = m4 - 4.0 * m1 * m3 + 6.0 * m1 * m1 * m2 - 3.0 * m1 * m1 * m1 * m1;
        assert_variance(&all, expected, fourth, &format!("of the makespan with sigma {sigma}"));
    }
}

/// A sigma of 0 and a shift of 0 are none, in the results and in the digest; what is not named keeps its luck.
#[test]
fn nothing_is_nothing() {
    let text = |pace: &str, shift: &str| {
        let latency = format!("{{ {shift}lognormal = {{ median = \"1m\", sigma = 0.5 }} }}");
        policy(30, 50, &group("g", 40, &format!("{pace}step.launching = {{ latency = {latency}, failure = 0.1 }}\n")))
    };
    let plain = text("", "");
    let zero = text("pace = { sigma = 0 }\n", "shift = \"0s\", ");
    assert_eq!(replications(&plain, 50), replications(&zero, 50));
    assert_eq!(scenario(&plain).digest(), scenario(&zero).digest());
    let (paced, shifted) = (text("pace = { sigma = 0.1 }\n", ""), text("", "shift = \"1s\", "));
    assert_ne!(scenario(&plain).digest(), scenario(&paced).digest());
    assert_ne!(scenario(&plain).digest(), scenario(&shifted).digest());
    // A factor moves all ends, and fails nobody; a shift is the same second for all.
    let ends_of = |text: &str| watch(&text.replacen("= 30", "= 100", 1)).1.ends;
    let by_robot = |text: &str| {
        let mut ends = ends_of(text);
        ends.sort_by_key(|(_, robot, _)| *robot);
        ends
    };
    for ((before, robot, end), (after, other, same)) in by_robot(&plain).into_iter().zip(by_robot(&shifted)) {
        assert_eq!((robot, end, (after - before).micros()), (other, same, 1_000_000));
    }
    for ((_, robot, end), (_, other, same)) in by_robot(&plain).into_iter().zip(by_robot(&paced)) {
        assert_eq!((robot, end), (other, same));
    }
}

/// A shift by hand: beside a constant, in the components of a mixture and beside the whole of it.
#[test]
fn shifts_by_hand() {
    for (latency, seconds) in [
        ("{ shift = \"30s\", constant = \"15s\" }", 45),
        ("{ shift = \"30s\", mixture = [{ weight = 1, shift = \"5s\", constant = \"10s\" }] }", 45),
        ("{ shift = \"30s\", empirical = { values = [\"15s\"] } }", 45),
    ] {
        let robots = group("g", 1, &format!("step.launching = {{ latency = {latency} }}\n"));
        assert_eq!(watch(&policy(100, 100, &robots)).1.ends, [(at(seconds), 0, RobotEnd::InSync)], "{latency}");
    }
    // 8 MB over 1 + 3 Mbit/s.
    let robots = takes("downloading_extracting", 1.0)
        + "download = { link = { shift = \"1Mbit/s\", empirical = { values = [\"3Mbit/s\"] } } }\n";
    let text = policy(100, 100, &(group("g", 1, &robots) + "[download]\nbundle_size = \"8MB\"\n"));
    assert_eq!(watch(&text).1.ends, [(at(17), 0, RobotEnd::InSync)]);
    let step = "step.launching = { latency = { shift = \"20s\", exponential = { mean = \"30s\" } } }\n";
    let mut lengths = Vec::new();
    ends(&policy(100, 100, &group("g", 40, step)), 1000, |_, ends| {
        lengths.extend(ends.ends.iter().map(|(ended, _, started, _)| (*ended - *started).seconds() - 20.0));
    });
    assert!(lengths.iter().all(|left| *left >= 0.0));
    assert_distribution(&lengths, exponential_cdf(30.0), "what is left after the shift");
}
