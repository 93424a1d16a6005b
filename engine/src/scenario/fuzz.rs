//! Whatever is written in a scenario or an option, the reader answers with a scenario or with problems that can be drawn.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{RngAlgorithm, RngSeed};

use super::Scenario;

/// Scenarios that have, between them, all parts of the format.
const SHIPPED: [&str; 6] = [
    include_str!("../../../scenarios/warehouse.toml"),
    include_str!("../../../scenarios/hospital-docking.toml"),
    include_str!("../../../scenarios/build-mixture.toml"),
    include_str!("../../../scenarios/growing-fleet.toml"),
    include_str!("../../../scenarios/release-gate.toml"),
    include_str!("../../../scenarios/warehouse-uplink.toml"),
];

/// What people mistype, and what breaks parsers.
const SNIPPETS: [&str; 34] = [
    "",
    "\n",
    "\r\n",
    "=",
    "\"",
    "'",
    "[",
    "]",
    "[[",
    "{",
    "}",
    ",",
    ".",
    "#",
    "\t",
    "\0",
    "\u{1b}[31m",
    "é",
    "\u{feff}",
    "nan",
    "-inf",
    "1e400",
    "-1",
    "0",
    "99999999999999999999",
    "0x7f",
    "true",
    "1979-05-27",
    "\"9d\"",
    "\"-1s\"",
    "name = \"x\"\n",
    "[group]\n",
    "[sync]\n",
    "{ mixture = [{ weight = 1, constant = \"1s\" }] }",
];

/// A shipped scenario with some stretches of its text replaced by others.
fn mangled() -> impl Strategy<Value = String> {
    let edits = vec((any::<Index>(), 0..12usize, select(SNIPPETS.to_vec())), 1..6);
    (select(SHIPPED.to_vec()), edits).prop_map(|(shipped, edits)| {
        let mut characters: Vec<char> = shipped.chars().collect();
        for (at, length, snippet) in edits {
            let start = at.index(characters.len());
            let end = (start + length).min(characters.len());
            characters.splice(start..end, snippet.chars());
        }
        characters.into_iter().collect()
    })
}

/// A path of known words, and any of the snippets for a value.
fn option() -> impl Strategy<Value = String> {
    let words = [
        "group",
        "build",
        "download",
        "api",
        "retry",
        "failure",
        "connectivity",
        "amr",
        "step",
        "launching",
        "latency",
        "sync",
        "deployment",
        "robots",
        "name",
        "x",
        "\"a b\"",
        "",
    ];
    let path = vec(select(words.to_vec()), 0..5).prop_map(|words| words.join("."));
    (path, select(vec!["=", ""]), select(SNIPPETS.to_vec())).prop_map(|(path, equals, value)| path + equals + value)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 6000,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(20),
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_reader_always_answers(text in mangled(), sets in vec(option(), 0..3)) {
        match Scenario::parse(&text, "mangled.toml", Path::new(""), &sets) {
            Ok(scenario) => prop_assert!(scenario.fleet_size() > 0 && scenario.digest().len() == 71),
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                let drawn = problems.render(false);
                prop_assert!(drawn.ends_with("nothing was run and nothing was written\n"), "{drawn}");
                prop_assert!(!drawn.contains('\u{1b}'), "control characters reach the terminal: {drawn:?}");
                prop_assert!(problems.render(true).contains("error"));
            }
        }
    }
}
