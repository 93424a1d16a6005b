//! `rollcast trace`

use std::io::{self, BufWriter, Write};

use super::args::TraceArgs;
use super::interrupt::{self, INTERRUPTED, Interruptible};
use super::memory::Memory;
use super::simulation::load;
use super::{Failure, exit, printed, say};
use crate::scenario::{Controllers, Diagnostics, Problem, Scenario};
use crate::simulation::Plan;
use crate::trace::{Format, MOST_EVENTS, Trace, Untraceable, timeline};

/// Simulates one replication and prints what happened.
pub fn run(args: &TraceArgs, controllers: &Controllers) -> Result<(), Failure> {
    let scenario = load(&args.scenario, &args.set, controllers)?;
    check_replication(&scenario, args.replication)?;
    Memory::of(&scenario).check_with(1, args.max_memory, args.quiet)?;
    let plan = Plan::new(&scenario);
    interrupt::watch();
    let seed = args.seed.unwrap_or(scenario.seed);
    let trace = Trace::record(&scenario, &plan, seed, args.replication, &INTERRUPTED).map_err(|why| match why {
        Untraceable::Cancelled => interrupted(),
        Untraceable::TooLong => refuse(
            format!("the replication has more than {MOST_EVENTS} events"),
            "trace a smaller fleet, as in `--set group.NAME.robots=1000`, or a shorter campaign, as in `--set sync.max_jobs=5`",
        ),
    })?;
    if args.format == Format::Timeline && trace.names.robots() > timeline::MOST_ROBOTS {
        return Err(refuse(
            timeline::too_many(trace.names.robots()),
            "`--format chrome` has a track for each robot of any fleet; or trace a smaller one, as in `--set group.NAME.robots=30`",
        ));
    }
    if !args.quiet && plan.groups().any(|group| group.delayed) {
        let travel = |(group, of_group): (&crate::simulation::GroupPlan, &crate::scenario::Group)| {
            group.delayed.then(|| of_group.name.clone())
        };
        let names: Vec<String> = plan.groups().zip(&scenario.groups).filter_map(travel).collect();
        let names = names.join(", ");
        say(&format!("note: no steps of {names}: connectivity, maintenance or downloads delay these robots\n"));
    }
    write(&trace, args.format)
}

/// A replication is one of those that the scenario has.
fn check_replication(scenario: &Scenario, replication: u32) -> Result<(), Failure> {
    if replication < scenario.replications {
        return Ok(());
    }
    let last = scenario.replications - 1;
    let title = format!("there is no replication {replication}: the scenario has {}", scenario.replications);
    let more = u64::from(replication) + 1;
    let problem = Problem::new(title).help(format!(
        "`--set run.replications={more}` gives it more; what happens in one does not depend on how many there are"
    ));
    let label = format!("expected a number from 0 to {last}");
    let (mut diagnostics, value) = (Diagnostics::default(), replication.to_string());
    diagnostics.report_option("--replication", &value, 0..value.len(), &label, problem);
    Err(diagnostics.into())
}

fn refuse(what: String, help: &str) -> Failure {
    Failure { message: format!("error: {what}\nhelp: {help}\n"), code: exit::BAD_INPUT }
}

fn interrupted() -> Failure {
    Failure { message: String::from("interrupted: the trace is not whole\n"), code: exit::INTERRUPTED }
}

fn write(trace: &Trace<'_>, format: Format) -> Result<(), Failure> {
    let width = terminal_size::terminal_size().map_or(timeline::WIDTH, |(width, _)| width.0.into());
    let mut out = BufWriter::new(Interruptible(io::stdout().lock()));
    match trace.write(format, width, &mut out).and_then(|()| out.flush()) {
        Err(_) if interrupt::interrupted() => Err(interrupted()),
        written => printed(written),
    }
}
