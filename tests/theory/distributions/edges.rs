//! Extreme parameters, independence of draws, and how parameters arrive.

use super::*;

#[test]
fn no_spread_is_a_constant() {
    for (latency, seconds) in [
        ("{ normal = { mean = \"30s\", std = \"0s\" } }", 30.0),
        ("{ normal = { mean = \"0s\", std = \"0s\" } }", 0.0),
        ("{ lognormal = { median = \"30s\", sigma = 0 } }", 30.0),
        ("{ lognormal = { mean = \"30s\", std = \"0s\" } }", 30.0),
        ("{ gamma = { mean = \"30s\", std = \"0s\" } }", 30.0),
        ("{ empirical = { values = [\"30s\"] } }", 30.0),
        ("{ mixture = [ { weight = 7, constant = \"30s\" } ] }", 30.0),
        ("{ mixture = [ { weight = 0, constant = \"1s\" }, { weight = 1, constant = \"30s\" } ] }", 30.0),
    ] {
        assert!(draws(&launching(latency), 1000).iter().all(|value| *value == seconds), "{latency}");
    }
}

/// Parameters that overflow or underflow on the way: the drawn durations are the limits of the closed forms, 0 and the
/// longest span.
#[test]
fn extreme_parameters_give_limits() {
    const N: u32 = 20_000;
    // P(Exp(1) < 1) = 1 - 1/e.
    let below_scale = -libm::expm1(-1.0);
    // P(Gamma(k) < x) = x^k / Gamma(k + 1) for small x: a span of 0 is less than half a microsecond of a scale of 1 s.
    let thousandth = libm::pow(0.5e-6, 0.001) / gamma(1.001);
    for (latency, zero, longest) in [
        ("{ gamma = { shape = 1e-300, scale = \"1s\" } }", 1.0, 0.0),
        ("{ gamma = { shape = 5e-324, scale = \"13000d\" } }", 1.0, 0.0),
        ("{ gamma = { shape = 1e300, scale = \"1us\" } }", 0.0, 1.0),
        ("{ gamma = { shape = 0.001, scale = \"1s\" } }", thousandth, 0.0),
        ("{ gamma = { mean = \"1us\", std = \"13000d\" } }", 1.0, 0.0),
        ("{ weibull = { shape = 1e-300, scale = \"1s\" } }", below_scale, 1.0 - below_scale),
        ("{ weibull = { shape = 5e-324, scale = \"1us\" } }", below_scale, 1.0 - below_scale),
        ("{ pareto = { scale = \"1us\", shape = 1e-300 } }", 0.0, 1.0),
        ("{ pareto = { scale = \"1us\", shape = 5e-324 } }", 0.0, 1.0),
        // P(X > x) = (scale / x)^shape at the longest span, 1.1232e15 us.
        ("{ pareto = { scale = \"1us\", shape = 0.001 } }", 0.0, libm::pow(1.1232e15, -0.001)),
        ("{ lognormal = { median = \"1s\", sigma = 1e308 } }", 0.5, 0.5),
        ("{ lognormal = { median = \"13000d\", sigma = 1.7976931348623157e308 } }", 0.5, 0.5),
        ("{ lognormal = { mean = \"1us\", std = \"13000d\" } }", 1.0, 0.0),
        ("{ constant = \"13000d\" }", 0.0, 1.0),
        (
            "{ mixture = [ { weight = 1e308, constant = \"0s\" }, { weight = 5e-324, constant = \"13000d\" } ] }",
            1.0,
            0.0,
        ),
    ] {
        let plan = plan(latency);
        let mut draws = Draws::new(&plan);
        let spans: Vec<Span> = (0..N).map(|index| drawn(&mut draws, index).latency).collect();
        let count = |span| spans.iter().filter(|other| **other == span).count();
        let latency = latency.to_owned();
        if latency.contains("mean = \"1us\"") {
            // Nearly all, and no more is claimed: what remains is the tail that holds up the mean.
            assert!(count(Span::ZERO) > 9 * N as usize / 10, "{latency}");
        } else {
            assert_share(count(Span::ZERO), N as usize, zero, &format!("of zeros of {latency}"));
            assert_share(count(Span::MAX), N as usize, longest, &format!("of the longest span of {latency}"));
        }
    }
}

/// Shapes so large, or spreads so small, that nothing is left of chance.
#[test]
fn extreme_parameters_give_constants() {
    for (latency, seconds) in [
        ("{ weibull = { shape = 1e300, scale = \"5s\" } }", 5.0),
        ("{ pareto = { scale = \"5s\", shape = 1e300 } }", 5.0),
        ("{ lognormal = { median = \"5s\", sigma = 5e-324 } }", 5.0),
        ("{ lognormal = { mean = \"13000d\", std = \"1us\" } }", 1_123_200_000.0),
        ("{ gamma = { mean = \"13000d\", std = \"1us\" } }", 1_123_200_000.0),
        ("{ normal = { mean = \"12999d\", std = \"1us\" } }", 1_123_113_600.0),
        ("{ pert = { min = \"0s\", mode = \"0s\", max = \"1us\" } }", 0.0),
        ("{ triangular = { min = \"5s\", mode = \"5.000001s\", max = \"5.000001s\" } }", 5.0),
        ("{ uniform = { min = \"5s\", max = \"5.000001s\" } }", 5.0),
    ] {
        let sampler = launching(latency);
        for value in draws(&sampler, 2000) {
            // Ten standard deviations where there is one, and what rounding leaves at 1e15 microseconds.
            assert!((value - seconds).abs() <= 1.1e-5, "{latency}: {value}");
        }
    }
}

/// R1: a span is the unrounded draw to the nearest microsecond; a family that one number is enough for takes it from
/// the slot of its step, and a step fails by the attempt's one number for all steps.
#[test]
fn a_step_draws_from_the_slots_of_its_attempt() {
    let plan = plan("{ exponential = { mean = \"3us\" } }");
    let mut draws = Draws::new(&plan);
    for index in 0..10_000 {
        let drawn = drawn(&mut draws, index);
        let (luck, robot) = (Luck::new(SEED, index / ROBOTS), index % ROBOTS);
        let inverse = draws.odds.step(0).latency.inverse().expect("one number is enough");
        let unrounded = inverse.at(luck.attempt(robot, 0, latency_slot(STEP)));
        assert!((drawn.latency.micros() as f64 - unrounded).abs() <= 0.5, "{unrounded}");
        assert_eq!(drawn.failure.is_some(), luck.attempt(robot, 0, OUTCOME) < 0.5);
    }
}

/// R7: failing says nothing about the latency, in any family.
#[test]
fn failure_and_latency_are_independent() {
    for latency in [
        "{ exponential = { mean = \"10s\" } }",
        "{ gamma = { shape = 0.5, scale = \"10s\" } }",
        "{ pert = { min = \"0s\", mode = \"10s\", max = \"60s\" } }",
        "{ mixture = [ { weight = 1, constant = \"1s\" }, { weight = 1, exponential = { mean = \"9s\" } } ] }",
    ] {
        let plan = plan(latency);
        let mut draws = Draws::new(&plan);
        let (mut failed, mut fine, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
        for index in 0..DRAWS {
            let luck = Luck::new(SEED, index / ROBOTS);
            let drawn = drawn(&mut draws, index);
            let seconds = drawn.latency.seconds();
            if drawn.failure.is_some() { &mut failed } else { &mut fine }.push(seconds);
            pairs.push((luck.attempt(index % ROBOTS, 0, OUTCOME), seconds));
        }
        assert_same_distribution(&failed, &fine, &format!("failed and fine {latency}"));
        assert_uncorrelated(&pairs, &format!("between failure and {latency}"));
    }
}

/// Where a stream's counter or key differs in one place only.
#[test]
fn neighbouring_streams_are_independent() {
    let first = |seed: u64, replication: u32, robot: u32, attempt: u32, purpose: Purpose| {
        Luck::new(seed, replication).robot(robot, attempt, purpose).open01()
    };
    let purpose = Purpose::Step(STEP);
    // Even numbers, so that no draw is in two pairs and the pairs are independent of each other.
    let at = |index: u32| (2 * (index / ROBOTS), 2 * (index % ROBOTS));
    let base = |index: u32| {
        let (replication, robot) = at(index);
        first(SEED, replication, robot, 0, purpose)
    };
    type Draw<'a> = &'a dyn Fn(u32) -> f64;
    let neighbours: [(&str, Draw); 9] = [
        ("the next robot", &|i| first(SEED, at(i).0, at(i).1 + 1, 0, purpose)),
        ("the next attempt", &|i| first(SEED, at(i).0, at(i).1, 1, purpose)),
        ("the next replication", &|i| first(SEED, at(i).0 + 1, at(i).1, 0, purpose)),
        ("the next seed", &|i| first(SEED + 1, at(i).0, at(i).1, 0, purpose)),
        ("a seed far off", &|i| first(SEED ^ (1 << 40), at(i).0, at(i).1, 0, purpose)),
        ("the next step", &|i| {
            first(SEED, at(i).0, at(i).1, 0, Purpose::Step(RobotDeploymentStep::ExecutingPostLaunch))
        }),
        ("a job's preparing", &|i| first(SEED, at(i).0, at(i).1, 0, Purpose::Preparing)),
        ("the stream's second number", &|i| {
            let mut stream = Luck::new(SEED, at(i).0).robot(at(i).1, 0, purpose);
            stream.bits();
            stream.open01()
        }),
        ("the stream's third number", &|i| {
            let mut stream = Luck::new(SEED, at(i).0).robot(at(i).1, 0, purpose);
            stream.bits();
            stream.bits();
            stream.open01()
        }),
    ];
    for (name, other) in neighbours {
        let pairs: Vec<(f64, f64)> = (0..DRAWS).map(|index| (base(index), other(index))).collect();
        assert_uncorrelated(&pairs, &format!("with {name}"));
        // Correlation sees lines only; a grid sees what else the pair might form.
        let cell = |u: f64| (u * 16.0) as usize;
        let outcomes = pairs.iter().map(|(a, b)| 16 * cell(*a) + cell(*b));
        assert_outcomes(outcomes, &[1.0 / 256.0; 256], &format!("a grid with {name}"));
        let both: Vec<f64> = pairs.iter().map(|(a, b)| (a + b).fract()).collect();
        assert_distribution(&both, |x| x, &format!("the sum with {name}"));
    }
}

/// The parser hands families over in microseconds and as written; a wrong unit or a swapped key shows here first.
#[test]
fn parameters_arrive_as_written() {
    let parsed = |latency: &str| scenario(&text(latency)).groups[0].steps[0].latency.clone();
    for (latency, distribution) in [
        ("{ uniform = { max = \"2s\", min = \"1s\" } }", Distribution::Uniform { min: 1e6, max: 2e6 }),
        ("{ weibull = { scale = \"2s\", shape = 3 } }", Distribution::Weibull { shape: 3.0, scale: 2e6 }),
        ("{ pareto = { scale = \"2s\", shape = 3 } }", Distribution::Pareto { scale: 2e6, shape: 3.0 }),
        ("{ gamma = { scale = \"2s\", shape = 3 } }", Distribution::Gamma { shape: 3.0, scale: 2e6 }),
        ("{ gamma = { std = \"2s\", mean = \"4s\" } }", Distribution::Gamma { shape: 4.0, scale: 1e6 }),
    ] {
        assert_eq!(parsed(latency), distribution, "{latency}");
    }
    let Distribution::Lognormal { median, sigma } = parsed("{ lognormal = { p95 = \"4s\", median = \"2s\" } }") else {
        panic!("a lognormal was written");
    };
    assert_eq!(median, 2e6);
    let p95 = median * libm::exp(sigma * normal_quantile(0.95));
    assert!((p95 - 4e6).abs() < 1e-6, "{p95}");
}
