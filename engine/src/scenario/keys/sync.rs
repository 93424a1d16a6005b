//! `[sync]`

use serde_json::json;

use crate::rollout::{Again, Schedule, SyncPolicy};
use crate::scenario::form::{
    Accepts, Duration, Form, OneOf, Shape, Written, choice, count, duration, positive_duration,
};
use crate::scenario::{DEFAULT_MAX_JOBS, MAX_JOBS};

/// `[sync]`: when the operator calls again, and how long.
pub fn sync(form: &mut Form<'_>) -> Option<SyncPolicy> {
    let words = "When SyncDeploymentJob is called; required unless max_jobs is 1.";
    let schedule = form.optional("schedule", words, OneSchedule);
    let words = "How many jobs a campaign may have, the first deployment included.";
    let max_jobs = form.default("max_jobs", words, count(1..=MAX_JOBS), DEFAULT_MAX_JOBS);
    if max_jobs != 1 && !form.has("schedule") {
        form.report_missing("schedule", "{ after_finish = \"10m\" } or { every = \"1h\" }, for max_jobs is above 1");
    }
    form.rule(
        "schedule is required unless max_jobs is 1.",
        json!({
            "if": { "required": ["max_jobs"], "properties": { "max_jobs": { "const": 1 } } },
            "else": { "required": ["schedule"] },
        }),
    );
    let words = "Then the campaign ends as it stands. Left out: it may last up to 13000 days.";
    let horizon = form.optional("horizon", words, positive_duration());
    let again = || choice([("stop", Again::Stop), ("retry", Again::Retry)]);
    let words = "After a job that breached its failure threshold the campaign ends, or goes on with the next job.";
    let on_halt = form.default("on_halt", words, again(), Again::default());
    let words = "After a job that hit the fleet timeout the campaign ends, or goes on with the next job.";
    let on_timeout = form.default("on_timeout", words, again(), Again::default());
    Some(SyncPolicy { schedule, max_jobs, horizon, on_halt, on_timeout })
}

/// `{ after_finish = D }` or `{ every = D }`
struct OneSchedule;

impl Accepts for OneSchedule {
    type Value = Schedule;

    fn accepted(&self) -> String {
        String::from("{ after_finish = \"10m\" } or { every = \"1h\" }")
    }

    fn shape(&self) -> Shape {
        Shape::Table(Form::describe(schedule))
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Schedule> {
        found.table("a table with one key, a schedule", schedule)
    }
}

fn schedule(form: &mut Form<'_>) -> Option<Schedule> {
    let after_finish = As(duration(), Schedule::AfterFinish);
    let every = As(positive_duration(), Schedule::Every);
    form.one_of(
        "a schedule",
        &[
            OneOf { key: "after_finish", words: "This long after the previous job ended.", accepts: &after_finish },
            OneOf { key: "every", words: "At fixed times from the start, this long apart.", accepts: &every },
        ],
    )
}

/// A duration as a schedule.
struct As(Duration, fn(crate::time::Span) -> Schedule);

impl Accepts for As {
    type Value = Schedule;

    fn accepted(&self) -> String {
        self.0.accepted()
    }

    fn shape(&self) -> Shape {
        self.0.shape()
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Schedule> {
        self.0.read(found).map(self.1)
    }
}
