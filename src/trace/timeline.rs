//! A chart of robots over time, in characters: what each robot was at, column by column.

use std::fmt::Write;

use super::{AttemptRecord, Offline, Trace, What};
use crate::metric::words::counted;
use crate::report::words::title;
use crate::report::wrap;
use crate::rollout::{JobKind, RobotDeploymentStep, RobotEnd};
use crate::time::{Time, humane};

/// More robots than this do not fit.
pub const MOST_ROBOTS: u32 = 60;
/// Columns unless a terminal says otherwise.
pub const WIDTH: usize = 100;
/// No chart is narrower, however narrow the terminal.
const NARROWEST: usize = 20;

/// What the characters mean, in the order of the legend.
const LEGEND: [(char, &str); 14] = [
    ('.', "waits for its start"),
    ('v', "Validating"),
    ('c', "ExecutingDownloadCondition"),
    ('d', "DownloadingExtracting"),
    ('p', "ExecutingPreLaunch"),
    ('l', "Launching"),
    ('o', "ExecutingPostLaunch"),
    ('#', "deploys"),
    ('-', "is offline, deploying"),
    ('+', "carries on by itself"),
    ('=', "is in sync"),
    ('x', "has failed"),
    ('!', "was aborted"),
    ('?', "did not respond"),
];

/// What the characters of the row of jobs mean.
fn jobs_legend(halts: &'static str) -> [(char, &'static str); 6] {
    [
        ('[', "job made"),
        (':', "prepares"),
        ('>', "starts robots"),
        (halt_symbol(halts), halts),
        ('~', "drains"),
        (']', "job over"),
    ]
}

/// Jobs halt at the first letter of what they then do.
fn halt_symbol(halts: &str) -> char {
    halts.chars().next().map_or('H', |letter| letter.to_ascii_uppercase())
}

/// Draws the trace, `width` columns wide if names leave room for it.
pub fn render(trace: &Trace<'_>, width: usize) -> String {
    let robots = trace.names.robots();
    let names: Vec<String> = (0..robots).map(|robot| trace.names.name(robot)).collect();
    let margin = names.iter().map(String::len).max().unwrap_or(0).max(5) + 2;
    let columns = width.saturating_sub(margin + 1).max(NARROWEST);
    let scale = TimeAxis { end: trace.replication.ended, columns };
    let rows = Lines::new(trace, scale);
    let mut text = wrap(&title(trace.scenario)) + "\n";
    let replication = trace.replication.index;
    let outcome = trace.replication.outcome.as_str();
    let end = humane(scale.end.seconds());
    _ = writeln!(text, "replication {replication}, seed {}: {outcome} after {end}\n", trace.seed);
    let mut line = |name: &str, cells: &str| {
        let name = format!(" {name}");
        _ = writeln!(text, "{}", format!("{name:margin$}{cells}").trim_end());
    };
    line("jobs", &rows.jobs);
    for (name, row) in names.iter().zip(&rows.robots) {
        line(name, row);
    }
    line("", &scale.axis());
    text.push('\n');
    let used = |symbol: &char| rows.robots.iter().any(|row| row.contains(*symbol));
    let legend = LEGEND.iter().filter(|(symbol, _)| used(symbol)).map(|(symbol, what)| format!("{symbol} {what}"));
    let jobs = jobs_legend(trace.scenario.deployment.rules.halt_words().halts)
        .map(|(symbol, what)| format!("{symbol} {what}"));
    for legend in [legend.collect::<Vec<_>>(), jobs.to_vec()] {
        // Wraps between entries only.
        let legend: Vec<String> = legend.iter().map(|entry| entry.replace(' ', "\u{a0}")).collect();
        let filled = textwrap::fill(&legend.join("   "), width.max(NARROWEST + margin));
        text += &(filled.replace('\u{a0}', " ") + "\n");
    }
    text
}

/// What to say of a fleet that does not fit.
pub fn too_many(robots: u32) -> String {
    format!("a timeline has room for {MOST_ROBOTS} robots, and this campaign has {}", counted(robots.into(), "robot"))
}

/// Time in columns.
#[derive(Clone, Copy)]
struct TimeAxis {
    end: Time,
    columns: usize,
}

impl TimeAxis {
    /// The column in which an instant falls.
    fn column(self, at: Time) -> usize {
        let column = u128::from(at.micros()) * self.columns as u128 / u128::from(self.end.micros().max(1));
        (column as usize).min(self.columns - 1)
    }

    /// The instant at which a column begins.
    fn begins(self, column: usize) -> u64 {
        (u128::from(self.end.micros()) * column as u128 / self.columns as u128) as u64
    }

    /// Quarters of the time, each written where it falls.
    fn axis(self) -> String {
        let mut axis = String::from("0");
        for quarter in 1..=4 {
            let label = humane(self.end.seconds() * f64::from(quarter) / 4.0);
            let at = self.columns * quarter as usize / 4;
            let column = at.saturating_sub(label.len());
            if column > axis.len() {
                axis = format!("{axis:column$}{label}");
            }
        }
        axis
    }
}

/// The lines of the chart.
struct Lines {
    jobs: String,
    robots: Vec<String>,
}

/// A stretch of time in which a robot is at something.
struct Stretch {
    from: Time,
    until: Time,
    symbol: char,
}

impl Lines {
    fn new(trace: &Trace<'_>, scale: TimeAxis) -> Lines {
        let stretches = stretches(trace);
        Lines { jobs: jobs(trace, scale), robots: stretches.iter().map(|stretches| row(stretches, scale)).collect() }
    }
}

/// The row of a robot: each column shows what the robot was at for the longest part of it, of equals the last.
fn row(stretches: &[Stretch], scale: TimeAxis) -> String {
    let mut cells = vec![(0, ' '); scale.columns];
    for Stretch { from, until, symbol } in stretches {
        let (first, last) = (scale.column(*from), scale.column(*until));
        for (column, cell) in (first..).zip(&mut cells[first..=last]) {
            let begins = scale.begins(column).max(from.micros());
            let ends = scale.begins(column + 1).min(until.micros());
            let length = ends.saturating_sub(begins);
            if length > 0 && length >= cell.0 {
                *cell = (length, *symbol);
            }
        }
    }
    cells.into_iter().map(|(_, symbol)| symbol).collect()
}

/// What each robot was at, in the order of time.
fn stretches(trace: &Trace<'_>) -> Vec<Vec<Stretch>> {
    let end = trace.replication.ended;
    let mut robots: Vec<RobotLine> = (0..trace.names.robots()).map(|_| RobotLine::default()).collect();
    let first_later = trace.scenario.fleet_size();
    for robot in &mut robots[first_later as usize..] {
        robot.registered = false;
    }
    let mut periods: Vec<Vec<&Offline>> = vec![Vec::new(); trace.attempts.len()];
    for period in &trace.offline {
        periods[period.attempt].push(period);
    }
    for event in &trace.events {
        let at = event.at;
        match event.what {
            What::JobCreated { kind, .. } => {
                for robot in robots.iter_mut().filter(|robot| robot.registered) {
                    if kind == JobKind::Deployment || robot.symbol != '=' {
                        robot.turn(at, '.');
                    }
                }
            }
            What::RobotRegistered(robot) => robots[robot as usize].registered = true,
            What::RobotStarted(index) => {
                let attempt = &trace.attempts[index];
                robots[attempt.robot as usize].turn(at, '#');
            }
            What::RobotStep { attempt, step, .. } => {
                robots[trace.attempts[attempt].robot as usize].turn(at, symbol_of(step));
            }
            What::RobotEnded(index) => {
                let attempt = &trace.attempts[index];
                robots[attempt.robot as usize].turn(at, after(attempt, attempt.ended));
            }
            What::RobotEndedLate(index) => {
                let attempt = &trace.attempts[index];
                robots[attempt.robot as usize].turn(at, after(attempt, attempt.late));
            }
            _ => {}
        }
    }
    let mut all: Vec<Vec<Stretch>> = robots.into_iter().map(|robot| robot.finish(end)).collect();
    for (attempt, periods) in trace.attempts.iter().zip(periods) {
        let timeout = attempt.ended.map_or(end, |(at, _)| at);
        let row = &mut all[attempt.robot as usize];
        for Offline { from, until, .. } in periods {
            cover(row, *from, (*until).min(timeout), '-');
        }
    }
    all
}

/// What a robot is at now, and was before.
struct RobotLine {
    registered: bool,
    since: Time,
    symbol: char,
    before: Vec<Stretch>,
}

impl Default for RobotLine {
    fn default() -> RobotLine {
        RobotLine { registered: true, since: Time::ZERO, symbol: ' ', before: Vec::new() }
    }
}

impl RobotLine {
    fn turn(&mut self, at: Time, symbol: char) {
        if at > self.since {
            self.before.push(Stretch { from: self.since, until: at, symbol: self.symbol });
        }
        (self.since, self.symbol) = (at, symbol);
    }

    fn finish(mut self, end: Time) -> Vec<Stretch> {
        self.turn(end, ' ');
        self.before
    }
}

/// Puts a stretch over those that are there.
fn cover(row: &mut Vec<Stretch>, from: Time, until: Time, symbol: char) {
    if from >= until {
        return;
    }
    let mut parts = Vec::with_capacity(row.len() + 2);
    for stretch in row.drain(..) {
        for (start, end) in [(stretch.from, stretch.until.min(from)), (stretch.from.max(until), stretch.until)] {
            if start < end {
                parts.push(Stretch { from: start, until: end, symbol: stretch.symbol });
            }
        }
    }
    parts.push(Stretch { from, until, symbol });
    parts.sort_by_key(|stretch| stretch.from);
    *row = parts;
}

fn symbol_of(step: RobotDeploymentStep) -> char {
    match step {
        RobotDeploymentStep::Validating => 'v',
        RobotDeploymentStep::ExecutingDownloadCondition => 'c',
        RobotDeploymentStep::DownloadingExtracting => 'd',
        RobotDeploymentStep::ExecutingPreLaunch => 'p',
        RobotDeploymentStep::Launching => 'l',
        RobotDeploymentStep::ExecutingPostLaunch | RobotDeploymentStep::Finished => 'o',
    }
}

/// What a robot is at after an end.
fn after(attempt: &AttemptRecord, end: Option<(Time, RobotEnd)>) -> char {
    match end.map(|(_, end)| end) {
        Some(RobotEnd::InSync) => '=',
        Some(RobotEnd::Failed(_)) => 'x',
        Some(RobotEnd::Aborted) => '!',
        Some(RobotEnd::NoResponse) if attempt.late.is_some() => '+',
        Some(RobotEnd::NoResponse) | None => '?',
    }
}

/// The row of jobs; marks of one column hide each other, the later and the rarer on top.
fn jobs(trace: &Trace<'_>, scale: TimeAxis) -> String {
    let mut cells = vec![' '; scale.columns];
    let end = trace.replication.ended;
    let symbol = halt_symbol(trace.scenario.deployment.rules.halt_words().halts);
    for job in &trace.jobs {
        let ended = job.ended.unwrap_or(end);
        let (created, over) = (scale.column(job.created), scale.column(ended));
        cells[created..=over].fill(':');
        if let Some(began) = job.began {
            cells[scale.column(began)..=over].fill('>');
        }
        if let Some(halted) = job.halt {
            cells[scale.column(halted.at)..=over].fill('~');
        }
        cells[created] = '[';
        if over > created && job.ended.is_some() {
            cells[over] = ']';
        }
        if let Some(halted) = job.halt {
            cells[scale.column(halted.at)] = symbol;
        }
    }
    cells.into_iter().collect()
}
