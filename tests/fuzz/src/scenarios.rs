//! Any bytes as a scenario, options after `--set` and a CSV file: whatever comes, the reader answers with a scenario or
//! with problems that can be shown.
//!
//! Input is three texts with a byte 0xff between them: the scenario, options one a line, and `f.csv` beside it.
#![no_main]

use std::fs;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rollcast::questions;
use rollcast::scenario::{ScenarioFile, read_variation, Diagnostics};
use rollcast::simulation::Plan;

/// A folder of this process.
static FOLDER: LazyLock<std::path::PathBuf> = LazyLock::new(|| {
    let shared = std::path::Path::new("/dev/shm");
    let base = if shared.is_dir() { shared.to_path_buf() } else { std::env::temp_dir() };
    let folder = base.join(format!("rollcast-fuzz-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    folder
});

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |byte| *byte == 0xff);
    let (scenario, options) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if let Some(csv) = parts.next() {
        fs::write(FOLDER.join("f.csv"), csv).expect("a file");
    }
    let Ok(text) = std::str::from_utf8(scenario) else { return };
    let options = String::from_utf8_lossy(options);
    let file = ScenarioFile::of_text(text, "fuzz.toml", &FOLDER);
    match questions::read(&file, options.lines().map(|set| ("--set", set))) {
        Ok((scenario, _)) => {
            assert!(scenario.fleet_size() > 0 && scenario.digest().len() == 71);
            Plan::new(&scenario);
        }
        Err(problems) => {
            let drawn = problems.render(false);
            assert!(!problems.is_empty() && drawn.ends_with("nothing was run and nothing was written\n"), "{drawn}");
            assert!(!drawn.contains('\u{1b}'), "control characters reach the terminal: {drawn:?}");
        }
    }
    for option in options.lines() {
        let mut problems = Diagnostics::default();
        match read_variation(option, &mut problems) {
            Some(variation) => assert!(!variation.values.is_empty()),
            None => assert!(!problems.is_empty()),
        }
    }
});
