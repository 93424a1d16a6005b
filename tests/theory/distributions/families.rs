//! Each family against its law and an independent sampler.

use super::*;

#[test]
fn constant() {
    for (latency, seconds) in [("90s", 90.0), ("0s", 0.0), ("1us", 1e-6), ("1h30m", 5400.0)] {
        let sampler = launching(&format!("{{ constant = \"{latency}\" }}"));
        assert!(draws(&sampler, 100).iter().all(|value| *value == seconds), "{latency}");
    }
}

#[test]
fn uniform() {
    let twin_of = |min, max| twin(rand_distr::Uniform::new(min, max));
    assert_family("{ uniform = { min = \"10s\", max = \"30s\" } }", &Law::uniform(10.0, 30.0), twin_of(10.0, 30.0));
    assert_family("{ uniform = { min = \"0s\", max = \"250ms\" } }", &Law::uniform(0.0, 0.25), twin_of(0.0, 0.25));
}

#[test]
fn exponential() {
    let latency = "{ exponential = { mean = \"2m\" } }";
    assert_family(latency, &Law::exponential(120.0), twin(rand_distr::Exp::new(1.0 / 120.0)));
}

/// Truncated at 0: hardly, by a third, and by half (the half-normal).
#[test]
fn normal_is_drawn_again_below_zero() {
    for (latency, mean, std) in [
        ("{ normal = { mean = \"60s\", std = \"6s\" } }", 60.0, 6.0),
        ("{ normal = { mean = \"20s\", std = \"20s\" } }", 20.0, 20.0),
        ("{ normal = { mean = \"1s\", std = \"30s\" } }", 1.0, 30.0),
        ("{ normal = { mean = \"0s\", std = \"5s\" } }", 0.0, 5.0),
    ] {
        let normal = rand_distr::Normal::new(mean, std).expect("valid parameters");
        let again_below_0 = |generator: &mut SplitMix64| {
            std::iter::repeat_with(|| normal.sample(generator)).find(|value| *value >= 0.0).expect("endless")
        };
        assert_family(latency, &Law::truncated_normal(mean, std), again_below_0);
    }
}

#[test]
fn lognormal_by_median_and_sigma() {
    let latency = "{ lognormal = { median = \"2m\", sigma = 0.8 } }";
    let twin = twin(rand_distr::LogNormal::new(libm::log(120.0), 0.8));
    assert_family(latency, &Law::lognormal(120.0, 0.8), twin);
}

/// ln(p95 / median) is 1.6449 sigmas, the standard normal's 95 % point.
#[test]
fn lognormal_by_median_and_p95() {
    let sigma = libm::log(3.0) / 1.644_853_626_951_472_7;
    let twin = twin(rand_distr::LogNormal::new(libm::log(20.0), sigma));
    assert_family("{ lognormal = { median = \"20s\", p95 = \"60s\" } }", &Law::lognormal(20.0, sigma), twin);
}

/// rand_distr has this parametrisation too, by the coefficient of variation.
#[test]
fn lognormal_by_mean_and_std() {
    let latency = "{ lognormal = { mean = \"50s\", std = \"40s\" } }";
    let sigma = libm::log(1.0 + 0.8 * 0.8).sqrt();
    let law = Law::lognormal(50.0 / libm::exp(0.5 * sigma * sigma), sigma);
    assert!((law.mean() - 50.0).abs() < 1e-9 && (law.variance() - 1600.0).abs() < 1e-6);
    assert_family(latency, &law, twin(rand_distr::LogNormal::from_mean_cv(50.0, 0.8)));
}

/// Shapes above and below 1, where the sampler takes another way, and 1 itself, where it is the exponential.
#[test]
fn gamma_by_shape_and_scale() {
    for (written, shape) in [("7.5", 7.5), ("1", 1.0), ("0.5", 0.5), ("0.1", 0.1)] {
        let latency = format!("{{ gamma = {{ shape = {written}, scale = \"10s\" }} }}");
        assert_family(&latency, &Law::gamma(shape, 10.0), twin(rand_distr::Gamma::new(shape, 10.0)));
    }
}

/// shape = (mean / std)^2, scale = std^2 / mean.
#[test]
fn gamma_by_mean_and_std() {
    for (latency, shape, scale) in [
        ("{ gamma = { mean = \"60s\", std = \"20s\" } }", 9.0, 20.0 / 3.0),
        ("{ gamma = { mean = \"30s\", std = \"60s\" } }", 0.25, 120.0),
    ] {
        assert_family(latency, &Law::gamma(shape, scale), twin(rand_distr::Gamma::new(shape, scale)));
    }
}

#[test]
fn weibull() {
    for (latency, shape, scale) in [
        ("{ weibull = { shape = 1.5, scale = \"90s\" } }", 1.5, 90.0),
        ("{ weibull = { shape = 0.7, scale = \"10s\" } }", 0.7, 10.0),
        ("{ weibull = { shape = 1, scale = \"10s\" } }", 1.0, 10.0),
    ] {
        assert_family(latency, &Law::weibull(shape, scale), twin(rand_distr::Weibull::new(scale, shape)));
    }
}

/// With the peak inside and at either end.
#[test]
fn triangular() {
    for mode in [25.0, 10.0, 40.0] {
        let latency = format!("{{ triangular = {{ min = \"10s\", mode = \"{mode}s\", max = \"40s\" }} }}");
        let twin = twin(rand_distr::Triangular::new(10.0, 40.0, mode));
        assert_family(&latency, &Law::triangular(10.0, mode, 40.0), twin);
    }
}

#[test]
fn pert() {
    for mode in [15.0, 10.0, 40.0] {
        let latency = format!("{{ pert = {{ min = \"10s\", mode = \"{mode}s\", max = \"40s\" }} }}");
        let twin = twin(rand_distr::Pert::new(10.0, 40.0).with_mode(mode));
        assert_family(&latency, &Law::pert(10.0, mode, 40.0), twin);
    }
}

/// With eight finite moments, and with a mean only.
#[test]
fn pareto() {
    for (written, shape) in [("9", 9.0), ("1.5", 1.5)] {
        let latency = format!("{{ pareto = {{ scale = \"10s\", shape = {written} }} }}");
        assert_family(&latency, &Law::pareto(10.0, shape), twin(rand_distr::Pareto::new(10.0, shape)));
    }
}

#[test]
fn empirical_values_are_equally_likely() {
    // A value that stands twice is twice as likely.
    let sampler = launching("{ empirical = { values = [\"1s\", \"5s\", \"5s\", \"0s\", \"250ms\"] } }");
    let known = [0.0, 0.25, 1.0, 5.0];
    let outcomes = draws(&sampler, DRAWS).into_iter().map(|value| {
        known.iter().position(|known| *known == value).unwrap_or_else(|| panic!("{value} was never measured"))
    });
    assert_outcomes(outcomes, &[0.2, 0.2, 0.2, 0.4], "empirical values");
}

#[test]
fn empirical_values_of_a_file() {
    let folder = tempfile::tempdir().expect("a folder for the CSV file");
    let csv = "robot,seconds,load\na,1.5,7\nb,0,7\nc,2e1,7\nd,1.5,7\n";
    std::fs::write(folder.path().join("measured.csv"), csv).expect("the folder is there");
    let text = text("{ empirical = { file = \"measured.csv\", column = \"seconds\" } }");
    let scenario = scenario_in(folder.path(), &text);
    let known = [0.0, 1.5, 20.0];
    let outcomes = draws(&Sampler::from(&scenario.groups[0].steps[0].latency), DRAWS).into_iter().map(|value| {
        known.iter().position(|known| *known == value).unwrap_or_else(|| panic!("{value} was never measured"))
    });
    assert_outcomes(outcomes, &[0.25, 0.5, 0.25], "empirical file");
}

#[test]
fn mixture_of_weights() {
    assert_law(
        "{ mixture = [ { weight = 3, exponential = { mean = \"10s\" } }, { weight = 1, normal = { mean = \"60s\", std = \"5s\" } } ] }",
        &Law::mixture([(0.75, Law::exponential(10.0)), (0.25, Law::truncated_normal(60.0, 5.0))]),
    );
}

#[test]
fn mixture_in_a_mixture_multiplies_the_weights() {
    assert_law(
        "{ mixture = [
            { weight = 0, uniform = { min = \"100s\", max = \"200s\" } },
            { weight = 6, mixture = [
                { weight = 20, uniform = { min = \"0s\", max = \"1s\" } },
                { weight = 10, gamma = { shape = 2, scale = \"5s\" } },
                { weight = 0, exponential = { mean = \"1h\" } },
            ] },
            { weight = 2, weibull = { shape = 2, scale = \"30s\" } },
            { weight = 0, exponential = { mean = \"1h\" } },
        ] }",
        &Law::mixture([(0.5, Law::uniform(0.0, 1.0)), (0.25, Law::gamma(2.0, 5.0)), (0.25, Law::weibull(2.0, 30.0))]),
    );
}

/// A mixture's choice and its component's draw share a stream, but no number.
#[test]
fn the_choice_of_a_component_does_not_sway_its_draw() {
    let sampler = launching(
        "{ mixture = [ { weight = 1, uniform = { min = \"0s\", max = \"1s\" } }, { weight = 2, uniform = { min = \"1s\", max = \"2s\" } } ] }",
    );
    let values = draws(&sampler, DRAWS);
    let (below, above): (Vec<f64>, Vec<f64>) = values.iter().partition(|value| **value < 1.0);
    assert_share(below.len(), DRAWS as usize, 1.0 / 3.0, "of the first component");
    assert_distribution(&below, |x| x, "the first component");
    assert_distribution(&above, |x| x - 1.0, "the second component");
}
