//! The references are what the program says: with `UPDATE_REFERENCE=1` the tests write those that are generated.

use std::env;
use std::fmt::Write as _;
use std::fs;

use clap::{Arg, Command};
use rollcast::measure::{MEASURES, Source};
use rollcast::statistics::Unit;

use super::super::support::{Sandbox, repository};
use super::Page;

/// That a generated page of the reference is up to date, or writes it.
#[track_caller]
pub fn assert_reference(name: &str, text: &str) {
    let path = repository().join("docs/reference").join(name);
    if env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(&path, text).expect("the reference can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "docs/reference/{name} is not what the program says; write it anew: UPDATE_REFERENCE=1 cargo test --release --test cli reference"
    );
}

#[test]
fn the_reference_of_commands_is_what_the_program_takes() {
    let mut command = rollcast::cli::command();
    command.build();
    let mut page = String::from("# Commands\n\n");
    let status = command.get_after_help().expect("the exit codes").to_string();
    writeln!(page, "```text\n{}\n```\n", status.trim()).expect("a string takes all");
    for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
        describe(command, &status, "##", &mut page);
    }
    assert_reference("commands.md", &(page.trim_end().to_owned() + "\n"));
}

/// Adds a command's words, usage, arguments and examples.
fn describe(command: &Command, status: &str, heading: &str, page: &mut String) {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let usage = command.clone().render_usage().to_string().replace("Usage: ", "");
    write!(page, "{heading} {name}\n\n{}\n\n```text\n{usage}\n```\n\n", about.trim()).expect("a string takes all");
    let arguments: Vec<&Arg> =
        command.get_arguments().filter(|argument| !argument.is_hide_set() && argument.get_id() != "help").collect();
    if !arguments.is_empty() {
        page.push_str("| argument | |\n|---|---|\n");
        for argument in arguments {
            writeln!(page, "| {} | {} |", form(argument), meaning(argument)).expect("a string takes all");
        }
        page.push('\n');
    }
    for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
        describe(command, status, &format!("{heading}#"), page);
    }
    let after = command.get_after_long_help().or(command.get_after_help()).map(ToString::to_string).unwrap_or_default();
    let examples = after.replace(status, "");
    if !examples.trim().is_empty() {
        write!(page, "```text\n{}\n```\n\n", examples.trim()).expect("a string takes all");
    }
}

/// How an argument is written: `` `-n`, `--replications <N>` ``.
fn form(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    let takes_value = argument.get_num_args().is_none_or(|number| number.takes_values());
    let value: String = names.iter().filter(|_| takes_value).map(|name| format!(" <{name}>")).collect();
    let short = argument.get_short().map(|short| format!("`-{short}`"));
    let long = argument.get_long().map(|long| format!("`--{long}{value}`"));
    let forms: Vec<String> = [short, long].into_iter().flatten().collect();
    let form = if forms.is_empty() { format!("`{}`", value.trim()) } else { forms.join(", ") };
    form.replace('|', "\\|")
}

/// What an argument means, its values and its default.
fn meaning(argument: &Arg) -> String {
    let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut meaning = help.replace("\n\n", "<br>").replace('\n', " ").replace('|', "\\|");
    let values: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| match value.get_help() {
            Some(help) => format!("`{}` ({help})", value.get_name()),
            None => format!("`{}`", value.get_name()),
        })
        .collect();
    let takes_value = argument.get_num_args().is_none_or(|number| number.takes_values());
    if takes_value && !values.is_empty() {
        write!(meaning, "; one of {}", values.join(", ")).expect("a string takes all");
    }
    let defaults: Vec<String> =
        argument.get_default_values().iter().map(|value| format!("`{}`", value.display())).collect();
    if takes_value && !defaults.is_empty() {
        write!(meaning, " [default: {}]", defaults.join(", ")).expect("a string takes all");
    }
    meaning
}

#[test]
fn the_reference_of_scenarios_is_their_description() {
    assert_reference("scenario.md", &rollcast::questions::reference());
}

/// The reference of scenarios names every key that the reader accepts, as an unknown key makes it list them.
#[test]
fn the_reference_names_every_key() {
    let reference = Page::read(&repository().join("docs/reference/scenario.md")).text;
    let scenario = "name = \"x\"\nz = 1\n[run]\nz = 1\n[deployment]\nz = 1\n[[group]]\nname = \"g\"\nz = 1\n\
                    [group.step.zz]\n[group.step.launching]\nz = 1\nlatency = { z = 1 }\nfailure = { z = 1 }\n\
                    [group.connectivity]\nz = 1\n[group.registrations]\nz = 1\n[group.download]\nz = 1\n\
                    [download]\nz = 1\n[api]\nz = 1\nretry = { z = 1 }\n[[build]]\nz = 1\n[sync]\nz = 1\n\
                    schedule = { z = 1 }\n";
    // Expectations are read once all is right that decides which metrics there are.
    let expecting = "name = \"x\"\n[check]\nz = 1\n[tune]\nz = 1\n[deployment]\n[[group]]\nname = \"g\"\nrobots = 1\n\
                     [[expect]]\nz = 1\n";
    let refused = |scenario| Sandbox::with(scenario).rollcast(&["run", "scenario.toml"]).exits(2).stderr;
    let stderr = refused(scenario) + &refused(expecting);
    assert!(stderr.contains("`confidence`") && stderr.contains("`max_replications`"), "{stderr}");
    let mut keys = 0;
    for line in stderr.lines().filter(|line| line.contains("accepted here:")) {
        let accepted = line.split_once("accepted here:").expect("just seen").1;
        for key in accepted.split('`').skip(1).step_by(2) {
            // A table has a section of its own, as in `[group.connectivity]`.
            let explained = [format!("`{key}`"), format!(".{key}`"), format!("{key}]"), format!(".{key}.NAME]")];
            assert!(explained.iter().any(|form| reference.contains(form)), "the reference does not explain `{key}`");
            keys += 1;
        }
    }
    assert!(keys > 40, "{keys} keys in\n{stderr}");
}

#[test]
fn the_reference_of_measures_is_their_list() {
    let mut page = String::from(
        "# Measures\n\n\
         Every number of the results, by its path in `summary.json`. An option or key that takes a metric takes a measure with what is\n\
         said of it: `campaign.time_to_success_s.p95`, `campaign.outcomes.halted.probability`. Those of a build stand under\n\
         `builds.NAME.` and the same path. With more than one group those marked \"by group\" stand under `groups.NAME.`, too, of\n\
         that group's robots alone.\n\n\
         * An **event** happens in a replication or not, and has `count`, `probability` and `ci95`. Of **events** each has a name,\n\
         \x20 as in `first_job.outcomes.FailureThresholdBreached.probability`: those of RoboMaker are `Succeeded`,\n\
         \x20 `FailureThresholdBreached` and `FleetDeploymentTimeout`; other controllers have their own.\n\
         * A **number** has a value in each replication, or none, and has `count`, `mean`, `mean_ci95`, `std`, `min`, `p50`, `p50_ci95`,\n\
         \x20 `p90`, `p95`, `p99`, `p99_ci95` and `max`, over the replications that have one: `count` says how many.\n\
         * A **time or never** is over all replications: where it does not come it is later than any number. It has `count`,\n\
         \x20 `never.count`, `never.probability`, `never.ci95`, `min`, the same quantiles and `max`, and no mean. What falls among those\n\
         \x20 that never come is `null`.\n\
         * **Robots** have the same statistics over single robots; a replication counts as one cluster.\n\n\
         | measure | kind | unit | what it is | by group | needs | column |\n|---|---|---|---|---|---|---|\n",
    );
    for measure in MEASURES {
        let kind = match measure.source {
            Source::Replications | Source::GroupSize => "one count",
            Source::Event(_) => "event",
            Source::Number(_) if measure.lasting => "time or never",
            Source::Number(_) => "number",
            Source::Robots(_) => "robots",
            Source::JobOutcomes => "events",
            Source::Codes => "counts",
        };
        let unit = match (measure.unit, &measure.source) {
            (_, Source::Event(_) | Source::JobOutcomes) => "",
            (Unit::Seconds, _) => "s",
            (Unit::Bytes, _) => "byte",
            (Unit::BitsPerSecond, _) => "bit/s",
            (Unit::Count | Unit::Probability, _) => "",
        };
        let part = Some(measure.part.written()).filter(|part| !part.is_empty());
        let column = measure.column.map(|column| format!("`{}`", column.name)).unwrap_or_default();
        assert!(!measure.meaning.is_empty(), "the list does not say what {} is", measure.name);
        let name = measure.name;
        let part = part.map(|part| format!("`{part}`")).unwrap_or_default();
        let by_group = if measure.of_group.is_some() { "by group" } else { "" };
        writeln!(page, "| `{name}` | {kind} | {unit} | {} | {by_group} | {part} | {column} |", measure.meaning)
            .expect("a string takes all");
    }
    page.push_str("\nThe last column is that of `replications.csv`; there numbers by group stand in columns called as they are here. Times are in seconds, data in bytes and bits.\n");
    assert_reference("measures.md", &page);
}
