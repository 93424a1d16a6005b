//! The list of measures.

use super::{Bound, CsvColumn, GroupSource, Measure, OfRobots, Part, Section, Source, TableRow};
use crate::rollout::{CallCounts, CampaignOutcome, DeploymentStatus};
use crate::simulation::{Downloaded, GroupRecord, JobRecord, Replication};
use crate::statistics::Unit;
use crate::time::Span;

use Bound::{
    Bundles, FirstJob, Horizon, Jobs, RobotTimeout, Robots, RobotsByHorizon, RobotsByTimeout, RobotsOnce, SomeJobs,
    Unknown,
};
use Part::{Api, Builds, Connectivity, Download, Groups};
use Section::{Calls, Data, Hurt, Long};
use Unit::{BitsPerSecond, Bytes, Count, Seconds};

/// All measures, in the order of `summary.json`. See [`super`] for how to add one.
pub static MEASURES: &[Measure] = &[
    entry("replications", Count, Source::Replications, "replications").means("how many there are"),
    entry("robots", Count, Source::GroupSize, "robots")
        .means("of a group alone: its robots at the start")
        .needs(Groups)
        .of_group_size(),
    event("campaign.outcomes.in_sync", "fleet in sync", |r| r.outcome == CampaignOutcome::InSync)
        .means("the campaign ends with every robot in sync"),
    event("campaign.outcomes.halted", "halted", |r| r.outcome == CampaignOutcome::Halted)
        .means("it ends because a job halted: under RoboMaker's rules, at its failure threshold"),
    event("campaign.outcomes.timed_out", "hit the fleet timeout", |r| r.outcome == CampaignOutcome::TimedOut)
        .means("it ends because a job hit the fleet timeout"),
    event("campaign.outcomes.max_jobs", "jobs used up", |r| r.outcome == CampaignOutcome::MaxJobs)
        .means("it ends because no further job is allowed"),
    event("campaign.outcomes.horizon", "horizon reached", |r| r.outcome == CampaignOutcome::Horizon)
        .means("it ends at the horizon as it stands"),
    number("campaign.time_to_success_s", Seconds, "until the fleet is in sync", |r| micros(r.time_to_success()))
        .means("over campaigns that end in sync: start to the last robot in sync")
        .within(Horizon)
        .column("time_to_success_s", 3)
        .row(Long, 1)
        .compared()
        .of_group(|group| micros(group.time_to_success())),
    number("campaign.completion_s", Seconds, "until in sync, or never", |r| micros(r.time_to_success()))
        .means("over all campaigns: start to the last robot in sync; one that does not end in sync is later than any")
        .lasting()
        .row(Long, 0)
        .of_group(|group| micros(group.time_to_success())),
    number("campaign.jobs", Count, "jobs run", |r| Some(r.jobs.into()))
        .means("jobs of the campaign, the first one included")
        .within(Jobs)
        .column("jobs", 2)
        .row(Long, 6)
        .compared(),
    number("campaign.jobs_halted", Count, "jobs that halted", |r| Some(r.jobs_halted.into()))
        .means("jobs that their controller halted: under RoboMaker's rules, at the failure threshold")
        .within(SomeJobs)
        .column("jobs_halted", 31)
        .row(Long, 7),
    number("campaign.concurrent_deployment_exceptions", Count, "calls refused while a job was active", |r| {
        Some(r.concurrent_deployment_exceptions.into())
    })
    .means("calls refused because a job was active")
    .column("concurrent_deployment_exceptions", 13),
    number("campaign.peak_robots_down", Count, "robots down at once", |r| Some(r.peak_robots_down.into()))
        .means("most robots down at once")
        .within(Robots)
        .column("peak_robots_down", 17)
        .row(Hurt, 8)
        .compared(),
    number("campaign.robots_hurt", Count, "hurt at least once", |r| Some(r.robots_hurt.into()))
        .means("robots that failed or did not respond at least once in the campaign, each once")
        .within(Robots)
        .column("campaign_robots_hurt", 32)
        .row(Hurt, 5)
        .of_group(|group| Some(group.robots_hurt.into())),
    number("campaign.robots_in_sync", Count, "in sync at the end", |r| Some(r.robots_in_sync.into()))
        .means("robots in sync when the campaign ends")
        .within(Robots)
        .column("robots_in_sync", 33)
        .detail(Hurt, 6)
        .of_group(|group| Some(group.robots_in_sync.into())),
    number("campaign.robots_left_behind", Count, "left behind at the end", |r| Some(r.robots_left_behind().into()))
        .means("robots registered but not in sync when the campaign ends")
        .within(Robots)
        .column("robots_left_behind", 34)
        .row(Hurt, 7)
        .of_group(|group| Some(group.robots_left_behind().into())),
    number("campaign.api.calls", Count, "made, repeats included", |r| calls(r, |c| c.calls))
        .means("attempts of calls, repeats included")
        .needs(Api)
        .column("calls", 25)
        .row(Calls, 0),
    number("campaign.api.throttled", Count, "throttled", |r| calls(r, |c| c.throttled))
        .means("attempts answered with `ThrottlingException`")
        .needs(Api)
        .column("throttled", 26),
    number("campaign.api.internal_errors", Count, "internal errors", |r| calls(r, |c| c.internal_errors))
        .means("attempts answered with `InternalServerException`")
        .needs(Api)
        .column("internal_errors", 27),
    number("campaign.api.lost_answers", Count, "answers lost", |r| calls(r, |c| c.lost_answers))
        .means("attempts that took effect and whose answer was lost")
        .needs(Api)
        .column("lost_answers", 28),
    number("campaign.api.retries", Count, "repeats", |r| calls(r, |c| c.retries))
        .means("attempts after a call's first")
        .needs(Api)
        .column("retries", 29),
    number("campaign.api.given_up", Count, "given up", |r| calls(r, |c| c.given_up))
        .means("calls that were never answered")
        .needs(Api)
        .column("given_up", 30)
        .row(Calls, 1),
    number("campaign.api.concurrent_deployment_exceptions", Count, "refused while a job was active", |r| {
        calls(r, |c| c.concurrent_deployment_exceptions)
    })
    .means("calls answered that a job is active")
    .needs(Api),
    entry("first_job.outcomes", Count, Source::JobOutcomes, "outcomes of the first job")
        .means("how the first job ends, in its controller's words; one that the horizon cuts off has no outcome"),
    number("first_job.makespan_s", Seconds, "first job", |r| first(r, |job| micros(job.makespan())))
        .means("`InProgress` to the end of the last robot")
        .within(FirstJob)
        .column("first_job_makespan_s", 6)
        .row(Long, 3)
        .compared(),
    number("first_job.time_to_success_s", Seconds, "first job, where it succeeds", |r| {
        first(r, |job| micros(job.makespan()).filter(|_| job.status == DeploymentStatus::Succeeded))
    })
    .means("the same, over first jobs that succeeded")
    .within(FirstJob),
    number("first_job.robots_succeeded", Count, "succeeded in first job", |r| {
        first(r, |job| Some(job.progress.succeeded.into()))
    })
    .means("robots that succeeded in the first job")
    .within(Robots)
    .column("succeeded", 7),
    number("first_job.robots_failed", Count, "failed in first job", |r| {
        first(r, |job| Some(job.progress.robots_failed().into()))
    })
    .means("robots that ended `Failed`, aborted ones included")
    .within(Robots)
    .column("failed", 8)
    .row(Hurt, 1)
    .compared()
    .of_group(|group| Some(group.first_job?.robots_failed().into())),
    number("first_job.robots_no_response", Count, "no response in first job", |r| {
        first(r, |job| Some(job.progress.no_response.into()))
    })
    .means("robots that had not ended by the robot timeout")
    .within(Robots)
    .column("no_response", 9)
    .row(Hurt, 2)
    .compared()
    .of_group(|group| Some(group.first_job?.no_response.into())),
    number("first_job.robots_hurt", Count, "hurt in first job", |r| {
        first(r, |job| Some(job.progress.counted_failures().into()))
    })
    .means("failed and no response: what counts against the threshold")
    .within(Robots)
    .row(Hurt, 0)
    .of_group(|group| Some(group.first_job?.hurt().into())),
    number("first_job.robots_not_attempted", Count, "not attempted in first job", |r| {
        first(r, |job| Some(job.progress.not_attempted().into()))
    })
    .means("targets that were never started")
    .within(Robots)
    .column("not_attempted", 10)
    .row(Hurt, 3)
    .compared(),
    number("first_job.threshold_overshoot", Count, "beyond the threshold, in jobs that halt", |r| {
        first(r, |job| job.threshold_overshoot().map(u128::from))
    })
    .means("over jobs that halted: counted failures beyond the least number that halts")
    .within(Robots)
    .detail(Hurt, 4),
    number("first_job.robots_failed_at_halt", Count, "failed or no response at the halt, in jobs that halt", |r| {
        first(r, |job| job.failed_at_halt().map(u128::from))
    })
    .means("over jobs that halted: failed and no response at the halt")
    .within(Robots)
    .column_with("robots_failed_at_halt", 19, Builds),
    number("first_job.detection_s", Seconds, "first start to the halt, in jobs that halt", |r| {
        first(r, |job| micros(job.detection()))
    })
    .means("over jobs that halted: first start to halt")
    .within(FirstJob)
    .column_with("detection_s", 20, Builds)
    .detail(Long, 4),
    number("first_job.peak_in_flight", Count, "robots deploying at once", |r| {
        first(r, |job| Some(job.progress.peak_in_flight.into()))
    })
    .means("most robots deploying at once")
    .within(Robots)
    .column("peak_in_flight", 11)
    .compared(),
    entry("robot.time_to_success_s", Seconds, Source::Robots(OfRobots::TimeToSuccess), "until a robot is in sync")
        .means("over robots that got in sync: registration to `InSync`")
        .within(Horizon)
        .row(Long, 2)
        .of_group_robots(),
    entry("robot.deployment_s", Seconds, Source::Robots(OfRobots::Deployment), "one robot's deployment")
        .means("over successful deployments: start to end")
        .within(RobotTimeout)
        .row(Long, 5)
        .of_group_robots(),
    number("robot.out_of_service_s", Seconds, "out of service, all robots", |r| Some(r.out_of_service))
        .means("time in `Deploying`, summed over robots")
        .within(RobotsByTimeout)
        .column("out_of_service_s", 15)
        .compared(),
    number("robot.down_s", Seconds, "down, all robots", |r| Some(r.down))
        .means("summed over robots: first start, which ends its processes, until in sync or the campaign's end")
        .within(RobotsByHorizon)
        .column("down_s", 16)
        .row(Hurt, 9)
        .compared()
        .of_group(|group| Some(group.down)),
    number("robot.late_syncs", Count, "in sync after a timeout", |r| Some(r.late_syncs.into()))
        .means("robots that got in sync by themselves after they had timed out")
        .within(RobotsOnce)
        .needs(Connectivity)
        .column("late_syncs", 22)
        .row(Hurt, 10),
    entry("robot.failure_codes", Count, Source::Codes, "failure codes")
        .means("how often each code occurred, over all attempts; a code that did not occur is 0"),
    number("download.bytes", Bytes, "downloaded", |r| downloads(r, |d| Some(d.bytes)))
        .means("bytes delivered, those of unfinished downloads included")
        .within(Bundles)
        .needs(Download)
        .column("download_bytes", 23)
        .row(Data, 0),
    number("download.peak_egress_bit_s", BitsPerSecond, "peak egress", |r| {
        downloads(r, |d| Some(d.peak_egress.into()))
    })
    .means("the origin's highest rate; downloads without any cap are in no peak")
    .needs(Download)
    .column("peak_egress_bit_s", 24)
    .row(Data, 1),
    number("download.mean_egress_bit_s", BitsPerSecond, "mean egress", |r| downloads(r, |d| d.mean_egress(r.ended)))
        .means("all bytes over the campaign's length, of campaigns that take time")
        .needs(Download)
        .row(Data, 2),
];

const fn entry(name: &'static str, unit: Unit, source: Source, words: &'static str) -> Measure {
    Measure {
        name,
        unit,
        source,
        lasting: false,
        of_group: None,
        bound: Unknown,
        part: Part::None,
        words,
        meaning: "",
        column: None,
        row: None,
        compared: false,
    }
}

const fn event(name: &'static str, words: &'static str, happened: fn(&Replication) -> bool) -> Measure {
    entry(name, Count, Source::Event(happened), words)
}

type OfReplication = fn(&Replication) -> Option<u128>;

const fn number(name: &'static str, unit: Unit, words: &'static str, of: OfReplication) -> Measure {
    entry(name, unit, Source::Number(of), words)
}

fn micros(span: Option<Span>) -> Option<u128> {
    span.map(|span| span.micros().into())
}

fn first(replication: &Replication, of: impl FnOnce(&JobRecord) -> Option<u128>) -> Option<u128> {
    replication.first_job.as_ref().and_then(of)
}

fn calls(replication: &Replication, of: fn(&CallCounts) -> u64) -> Option<u128> {
    replication.api.as_ref().map(|counts| of(counts).into())
}

fn downloads(replication: &Replication, of: impl FnOnce(&Downloaded) -> Option<u128>) -> Option<u128> {
    replication.download.as_ref().and_then(of)
}

impl Measure {
    const fn means(self, meaning: &'static str) -> Measure {
        Measure { meaning, ..self }
    }

    const fn within(self, bound: Bound) -> Measure {
        Measure { bound, ..self }
    }

    /// Before its column, which needs the same.
    const fn needs(self, part: Part) -> Measure {
        Measure { part, ..self }
    }

    const fn column(self, name: &'static str, place: u8) -> Measure {
        let part = self.part;
        self.column_with(name, place, part)
    }

    const fn column_with(self, name: &'static str, place: u8, part: Part) -> Measure {
        Measure { column: Some(CsvColumn { name, place, part }), ..self }
    }

    const fn row(self, section: Section, place: u8) -> Measure {
        Measure { row: Some(TableRow { section, place, detail: false }), ..self }
    }

    const fn detail(self, section: Section, place: u8) -> Measure {
        Measure { row: Some(TableRow { section, place, detail: true }), ..self }
    }

    /// A replication without a number is later than any.
    const fn lasting(self) -> Measure {
        Measure { lasting: true, ..self }
    }

    const fn of_group(self, number: fn(&GroupRecord) -> Option<u128>) -> Measure {
        Measure { of_group: Some(GroupSource::Number(number)), ..self }
    }

    const fn of_group_size(self) -> Measure {
        Measure { of_group: Some(GroupSource::Size), ..self }
    }

    const fn of_group_robots(self) -> Measure {
        Measure { of_group: Some(GroupSource::Robots), ..self }
    }

    const fn compared(self) -> Measure {
        Measure { compared: true, ..self }
    }
}
