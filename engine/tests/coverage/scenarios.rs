//! A dozen scenarios, each with what makes intervals go wrong.

/// A scenario by what is hard about it, and its text.
pub const SCENARIOS: [(&str, &str); 13] = [
    ("exponential times", ONE_EXPONENTIAL),
    ("lognormal times, sigma 1", ONE_LOGNORMAL),
    ("lognormal times, sigma 2", ONE_WIDE_LOGNORMAL),
    ("Pareto times, shape 1.5", ONE_PARETO),
    ("a robot fails in 0.1 % of campaigns", HARDLY_EVER_FAILS),
    ("a robot fails in 2 % of campaigns", RARELY_FAILS),
    ("campaigns that sometimes halt", FEW_HALTS),
    ("a build of 2 % of campaigns", RARE_BUILD),
    ("a robot in 200 takes an hour", RARE_TIMEOUT),
    ("jobs again after halts", RETRIES),
    ("failures that robots share", SHARED_FAILURES),
    ("robots that share a link", SHARED_LINK),
    ("many robots, no shared luck", MANY_ROBOTS),
];

/// Two scenarios under the same luck.
pub const PAIRS: [(&str, [&str; 2]); 3] = [
    ("one threshold differs", [FEW_HALTS, FEW_HALTS_LATER]),
    ("4 % longer", [ONE_LOGNORMAL, ONE_LONGER_LOGNORMAL]),
    ("few fail, half as many of B", [RARELY_FAILS, HALF_AS_RARELY_FAILS]),
];

macro_rules! scenario {
    ($concurrency:literal, $threshold:literal, $robots:literal, $($rest:literal)*) => {
        concat!(
            "name = \"coverage\"\n[deployment]\nrobot_deployment_timeout = \"7d\"\nconcurrent_deployment_percentage = ",
            $concurrency,
            "\nfailure_threshold_percentage = ",
            $threshold,
            "\n[[group]]\nname = \"g\"\nrobots = ",
            $robots,
            "\n",
            $($rest),*
        )
    };
}

macro_rules! one {
    ($latency:literal) => {
        scenario!(100, 100, 1, "[group.step.launching]\nlatency = " $latency)
    };
}

macro_rules! ten_that_fail {
    ($failure:literal) => {
        scenario!(100, 100, 10, "[group.step.launching]\nlatency = { exponential = { mean = \"1m\" } }\nfailure = " $failure)
    };
}

macro_rules! halting {
    ($threshold:literal) => {
        scenario!(
            20,
            $threshold,
            10,
            "[group.step.launching]\nlatency = { lognormal = { median = \"1m\", sigma = 0.8 } }\nfailure = 0.1"
        )
    };
}

const ONE_EXPONENTIAL: &str = one!("{ exponential = { mean = \"5m\" } }");
const ONE_LOGNORMAL: &str = one!("{ lognormal = { median = \"5m\", sigma = 1 } }");
const ONE_LONGER_LOGNORMAL: &str = one!("{ lognormal = { median = \"312s\", sigma = 1 } }");
const ONE_WIDE_LOGNORMAL: &str = one!("{ lognormal = { median = \"1m\", sigma = 2 } }");
const ONE_PARETO: &str = one!("{ pareto = { scale = \"1m\", shape = 1.5 } }");
const HARDLY_EVER_FAILS: &str = ten_that_fail!(0.0001);
const RARELY_FAILS: &str = ten_that_fail!(0.002);
const HALF_AS_RARELY_FAILS: &str = ten_that_fail!(0.001);
const FEW_HALTS: &str = halting!(20);
const FEW_HALTS_LATER: &str = halting!(30);
const RARE_BUILD: &str = scenario!(
    20,
    20,
    10,
    "[group.step.launching]\nlatency = { exponential = { mean = \"1m\" } }\nfailure = 0.01\n"
    "[[build]]\nname = \"good\"\nweight = 98\n"
    "[[build]]\nname = \"bad\"\nweight = 2\nfailure = { \"*.launching\" = 0.3 }\n"
);
const RARE_TIMEOUT: &str = scenario!(
    50,
    100,
    10,
    "[group.step.launching]\nlatency = { mixture = [\n"
    "{ weight = 199, lognormal = { median = \"1m\", sigma = 0.3 } },\n"
    "{ weight = 1, uniform = { min = \"50m\", max = \"70m\" } } ] }"
);
const RETRIES: &str = scenario!(
    30,
    10,
    10,
    "[group.step.launching]\nlatency = { exponential = { mean = \"1m\" } }\nfailure = 0.15\n"
    "[sync]\nschedule = { after_finish = \"10m\" }\nmax_jobs = 8\non_halt = \"retry\""
);
const SHARED_FAILURES: &str = scenario!(
    20,
    30,
    20,
    "[group.step.launching]\nlatency = { lognormal = { median = \"1m\", sigma = 0.6 } }\n"
    "failure = { beta = { mean = 0.05, concentration = 4 } }\n"
    "[sync]\nschedule = { after_finish = \"10m\" }\nmax_jobs = 3"
);
const SHARED_LINK: &str = scenario!(
    50,
    100,
    10,
    "[group.download]\nuplink = \"40Mbit/s\"\nlink = { lognormal = { mean = \"20Mbit/s\", std = \"20Mbit/s\" } }\n"
    "[group.step.downloading_extracting]\nlatency = { exponential = { mean = \"5s\" } }\n"
    "[download]\nbundle_size = \"100MB\"\n"
);
const MANY_ROBOTS: &str =
    scenario!(100, 100, 100, "[group.step.launching]\nlatency = { lognormal = { median = \"1m\", sigma = 0.5 } }");
