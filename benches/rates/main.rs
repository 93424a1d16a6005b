//! How often what is stated is wrong, over thousands of seeds: `cargo bench --bench rates -- guarantees 2000`.
//!
//! The figures stand in `docs/method.md`; a few seeds of the same are in `cargo test --test theory`. `--bench` and
//! `--test`, which cargo adds, are passed over.

mod guarantees;

use std::process::ExitCode;

/// So many seeds unless the command line says otherwise: enough to see that it runs.
const FEW: u64 = 4;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let seeds = match words.get(1).map_or(Ok(FEW), |seeds| seeds.parse()) {
        Ok(seeds) => seeds,
        Err(error) => {
            eprintln!("error: `{}` is no number of seeds: {error}", words[1]);
            return ExitCode::from(2);
        }
    };
    match words.first().map(String::as_str) {
        None | Some("guarantees") => print!("{}", guarantees::table(&guarantees::all(seeds), seeds)),
        Some(other) => {
            eprintln!("error: there is no `{other}`; expected `guarantees`");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
