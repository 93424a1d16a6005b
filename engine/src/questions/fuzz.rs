//! Whatever is written in a scenario or an option, the reader answers with a scenario or with problems that can be
//! drawn.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{RngAlgorithm, RngSeed};

use crate::scenario::{Diagnostics, ScenarioFile, read_variation};

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

/// Any text after any path: what is between is what parsers get wrong.
fn any_option() -> impl Strategy<Value = String> {
    let paths = ["name", "group.amr.robots", "deployment.on_breach", "x.y", "\"é\"", "group.\"ü\".robots", "é", ""];
    let blanks = ["", " ", "   ", "\u{3000}", "\u{a0}\t", "\u{2003} "];
    let texts = prop_oneof![
        any::<String>(),
        "[ =é\u{3000}\"'{}\\[\\].,#\\\\0-9a-zü\u{1f916}]{0,12}",
        select(SNIPPETS.to_vec()).prop_map(str::to_owned)
    ];
    let blank = move || select(blanks.to_vec());
    (select(paths.to_vec()), blank(), select(vec!["=", "= ", ""]), blank(), texts, blank())
        .prop_map(|(path, before, equals, after, text, end)| [path, before, equals, after, &text, end].concat())
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
        answers(&text, &sets)?;
    }

    #[test]
    fn every_text_of_an_option_is_answered(shipped in select(SHIPPED.to_vec()), sets in vec(any_option(), 1..3)) {
        answers(shipped, &sets)?;
        for set in &sets {
            let mut problems = Diagnostics::default();
            match read_variation(set, &mut problems) {
                Some(variation) => prop_assert!(!variation.values.is_empty()),
                None => prop_assert!(problems.render(false).contains("error")),
            }
        }
    }
}

/// A scenario that draws from a column, whatever stands in its file.
const MEASURED: &str = "name = \"x\"\n[deployment]\nconcurrent_deployment_percentage = 1\nfailure_threshold_percentage = 1\n\
                        [[group]]\nname = \"g\"\nrobots = 1\n[group.step.launching]\n\
                        latency = { empirical = { file = \"f.csv\", column = \"c\" } }\n";

/// Pieces of CSV files, and what is none.
fn csv() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "c",
        "a,c\n",
        "c\n",
        "1\n",
        "2.5",
        "-1",
        "1e400",
        "nan",
        "inf",
        ",",
        "\"",
        "\"c\"",
        "\r\n",
        "\n",
        " ",
        "\0",
        "\u{feff}",
        "\u{1b}[31m",
        "99999999999",
        "\"1\n\"\n",
        "é",
    ];
    let piece = prop_oneof![
        4 => select(pieces.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..4),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(21),
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_csv_file_is_answered(bytes in csv(), headed in any::<bool>()) {
        let folder = tempfile::tempdir().expect("a folder");
        let bytes = if headed { [b"c\n1\n", &bytes[..]].concat() } else { bytes };
        std::fs::write(folder.path().join("f.csv"), bytes).expect("a file");
        file_answers(&ScenarioFile::of_text(MEASURED, "measured.toml", folder.path()), &[])?;
    }
}

/// The reader takes the text with the options, or says what is wrong in a way that can be shown.
fn answers(text: &str, sets: &[String]) -> Result<(), TestCaseError> {
    file_answers(&ScenarioFile::of_text(text, "mangled.toml", Path::new("")), sets)
}

fn file_answers(file: &ScenarioFile, sets: &[String]) -> Result<(), TestCaseError> {
    match super::read(file, sets.iter().map(|set| ("--set", set.as_str()))) {
        Ok((scenario, _)) => prop_assert!(scenario.fleet_size() > 0 && scenario.digest().len() == 71),
        Err(problems) => {
            prop_assert!(!problems.is_empty());
            let drawn = problems.render(false);
            prop_assert!(drawn.ends_with("nothing was run and nothing was written\n"), "{drawn}");
            prop_assert!(!drawn.contains('\u{1b}'), "control characters reach the terminal: {drawn:?}");
            prop_assert!(problems.render(true).contains("error"));
        }
    }
    Ok(())
}

/// A value without quotes is marked where it stands, whatever blanks are before it.
#[test]
fn values_without_quotes_are_marked_in_their_place() {
    for (set, marked) in [
        ("name=   é", "name=   é\n  |         ^ "),
        ("group.amr.robots=   ü", "group.amr.robots=   ü\n  |                     ^ "),
        ("name=\u{3000}é è", "é è\n"),
        ("name=a b", "name=a b\n  |      ^^^ "),
    ] {
        let file = ScenarioFile::of_text(SHIPPED[0], "warehouse.toml", Path::new(""));
        let drawn = super::read(&file, [("--set", set)]).expect_err(set).render(false);
        assert!(drawn.contains(marked), "{set}:\n{drawn}");
    }
}
