//! Campaigns without chance: constant latencies, and groups of robots that always or never fail. Every number is counted
//! by hand, in seconds.

use rollcast::rollout::{
    CampaignOutcome, DeploymentJobErrorCode as Code, DeploymentStatus as Status, JobKind, Progress, RobotEnd,
};
use rollcast::simulation::{JobRecord, Replication};
use rollcast::time::{Span, Time};

use crate::run::{Trace, at, micros, policy, watch};

const FAILED: RobotEnd = RobotEnd::Failed(Code::MissingRobotDeploymentResource);

/// Robots that launch in this time and succeed.
fn good(name: &str, robots: u32, latency: &str) -> String {
    group(name, robots, latency, 0)
}

/// Robots that fail after this time.
fn bad(name: &str, robots: u32, latency: &str) -> String {
    group(name, robots, latency, 1)
}

fn group(name: &str, robots: u32, latency: &str, failure: u32) -> String {
    format!(
        "[[group]]\nname = \"{name}\"\nrobots = {robots}\nstep.launching = {{ latency = {{ constant = \"{latency}\" }}, failure = {failure} }}\n"
    )
}

/// A schedule and what else stands in `[sync]`.
fn sync(schedule: &str, rest: &str) -> String {
    format!("[sync]\nschedule = {{ {schedule} }}\n{rest}\n")
}

/// What a test counts of a job: status, code, and robots succeeded, failed (aborted ones not included), without response,
/// aborted, not attempted.
type Count = (Status, Option<Code>, [u32; 5]);

fn count(job: &JobRecord) -> Count {
    let Progress { succeeded, failed, no_response, aborted, .. } = job.progress;
    (job.status, job.failure_code, [succeeded, failed, no_response, aborted, job.progress.not_attempted()])
}

const fn succeeded(robots: [u32; 5]) -> Count {
    (Status::Succeeded, None, robots)
}

const fn breached(robots: [u32; 5]) -> Count {
    (Status::Failed, Some(Code::FailureThresholdBreached), robots)
}

const fn timed_out(robots: [u32; 5]) -> Count {
    (Status::Failed, Some(Code::FleetDeploymentTimeout), robots)
}

const fn cut_off(robots: [u32; 5]) -> Count {
    (Status::InProgress, None, robots)
}

#[track_caller]
fn assert_ended(replication: &Replication, outcome: CampaignOutcome, seconds: u64) {
    assert_eq!((replication.outcome, replication.ended), (outcome, at(seconds)));
}

/// Robot-seconds out of service, and down.
#[track_caller]
fn assert_lost(replication: &Replication, out_of_service: u64, down: u64) {
    assert_eq!((replication.out_of_service, replication.down), (micros(out_of_service), micros(down)));
}

mod slots_and_order {
    use super::*;

    /// 30 % of 7 is 2.1, so two at once (R4): 0 and 1, 2 and 3, 4 and 5, then 6 alone.
    #[test]
    fn seven_robots_by_two() {
        let (replication, trace) = watch(&policy(30, 100, &good("a", 7, "10s")));
        assert_eq!(trace.start_seconds(), [(0, 0), (0, 1), (10, 2), (10, 3), (20, 4), (20, 5), (30, 6)]);
        assert_eq!(trace.in_sync_seconds(), [(10, 0), (10, 1), (20, 2), (20, 3), (30, 4), (30, 5), (40, 6)]);
        assert_ended(&replication, CampaignOutcome::InSync, 40);
        assert_eq!(replication.time_to_success(), Some(Span::from_secs(40)));
        let job = &replication.first_job.unwrap();
        assert_eq!(count(job), succeeded([7, 0, 0, 0, 0]));
        assert_eq!(
            (job.created, job.began, job.last_robot_ended, job.ended),
            (at(0), Some(at(0)), Some(at(40)), Some(at(40)))
        );
        assert_eq!((job.number, job.kind, job.halted()), (0, JobKind::Deployment, false));
        assert_eq!(job.makespan(), Some(Span::from_secs(40)));
        assert_eq!((job.progress.peak_in_flight, replication.peak_robots_down), (2, 2));
        assert_lost(&replication, 70, 70);
        assert_eq!((replication.jobs, replication.concurrent_deployment_exceptions), (1, 0));
        assert_eq!((trace.created, trace.began), (vec![(at(0), JobKind::Deployment, 7)], vec![at(0)]));
        assert_eq!(trace.jobs, [*job]);
        assert!(trace.breaches.is_empty());
    }

    /// The percentage of the fleet, rounded down, but never to 0 (R4): the makespan is the number of waves times 10 s.
    #[test]
    fn sizes_that_do_not_divide() {
        for (robots, concurrency, slots, waves) in [
            (200, 10, 20, 10),
            (199, 10, 19, 11), // 19.9; 10 waves of 19 leave 9
            (201, 10, 20, 11),
            (9, 10, 1, 9), // 0.9
            (10, 10, 1, 10),
            (3, 67, 2, 2), // 2.01
            (3, 66, 1, 3), // 1.98
            (3, 99, 2, 2), // 2.97
            (3, 100, 3, 1),
            (1, 1, 1, 1),
            (99, 1, 1, 99), // 0.99
        ] {
            let (replication, _) = watch(&policy(concurrency, 100, &good("a", robots, "10s")));
            let what = format!("{concurrency} % of {robots}");
            assert_eq!(replication.first_job.unwrap().progress.peak_in_flight, slots, "{what}");
            assert_eq!(replication.peak_robots_down, slots, "{what}");
            assert_eq!(replication.ended, at(10 * waves), "{what}");
            assert_eq!(replication.out_of_service, micros(10 * u64::from(robots)), "{what}");
        }
    }

    #[test]
    fn one_robot() {
        let (replication, trace) = watch(&policy(1, 1, &good("a", 1, "10s")));
        assert_eq!(trace.starts, [(at(0), 0, 0)]);
        assert_eq!(trace.ends, [(at(10), 0, RobotEnd::InSync)]);
        assert_ended(&replication, CampaignOutcome::InSync, 10);
        assert_lost(&replication, 10, 10);
    }

    /// R2, R6: the groups' robots one after another, on 40 % of 5 = 2 slots.
    #[test]
    fn groups_in_the_order_of_the_file() {
        let (replication, trace) = watch(&policy(40, 100, &(good("z", 2, "10s") + &good("a", 3, "20s"))));
        assert_eq!(trace.start_seconds(), [(0, 0), (0, 1), (10, 2), (10, 3), (30, 4)]);
        assert_ended(&replication, CampaignOutcome::InSync, 50);
        assert_lost(&replication, 2 * 10 + 3 * 20, 80);
    }

    /// A slot is free when its robot ends, not when its wave does: robot 0 holds one slot for 30 s, the others share one.
    #[test]
    fn slots_do_not_wait_for_each_other() {
        let (replication, trace) = watch(&policy(50, 100, &(good("slow", 1, "30s") + &good("fast", 3, "10s"))));
        assert_eq!(trace.start_seconds(), [(0, 0), (0, 1), (10, 2), (20, 3)]);
        assert_eq!(trace.in_sync_seconds(), [(10, 1), (20, 2), (30, 0), (30, 3)]);
        assert_ended(&replication, CampaignOutcome::InSync, 30);
    }

    /// R7: steps run one after another in the rule's order, whatever the file's, and a failing one is the last.
    #[test]
    fn steps_add_up_until_one_fails() {
        let steps = |failing: &str| {
            let step = |name: &str, seconds: u32| {
                let failure = u32::from(name == failing);
                format!("step.{name} = {{ latency = {{ constant = \"{seconds}s\" }}, failure = {failure} }}\n")
            };
            let all = [
                step("executing_post_launch", 32),
                step("launching", 16),
                step("executing_pre_launch", 8),
                step("downloading_extracting", 4),
                step("executing_download_condition", 2),
                step("validating", 1),
            ];
            policy(100, 100, &format!("[[group]]\nname = \"a\"\nrobots = 1\n{}", all.concat()))
        };
        for (failing, ended, end) in [
            ("", 63, RobotEnd::InSync),
            ("validating", 1, RobotEnd::Failed(Code::GreengrassDeploymentFailed)),
            ("executing_download_condition", 3, RobotEnd::Failed(Code::DownloadConditionFailed)),
            ("downloading_extracting", 7, RobotEnd::Failed(Code::ExtractingBundleFailure)),
            ("executing_pre_launch", 15, RobotEnd::Failed(Code::PreLaunchFileFailure)),
            ("launching", 31, FAILED),
            ("executing_post_launch", 63, RobotEnd::Failed(Code::PostLaunchFileFailure)),
        ] {
            let (replication, trace) = watch(&steps(failing));
            assert_eq!(trace.ends, [(at(ended), 0, end)], "{failing}");
            assert_eq!(replication.out_of_service, micros(ended), "{failing}");
        }
    }
}

mod threshold {
    use super::*;

    /// 25 % of 10 is 2.5, so 3 failures breach (R9); the first wave of 4 all fail, one more than needed.
    #[test]
    fn everything_fails_in_the_first_wave() {
        for on_breach in ["drain", "abort"] {
            // With `abort` too: all four endings of the instant come before the breach is looked for (R1).
            let text = policy(40, 25, &format!("on_breach = \"{on_breach}\"\n{}", bad("a", 10, "10s")));
            let (replication, trace) = watch(&text);
            assert_ended(&replication, CampaignOutcome::Halted, 10);
            let job = &replication.first_job.unwrap();
            assert_eq!(count(job), breached([0, 4, 0, 0, 6]));
            assert_eq!((job.halted(), job.progress.counted_failures(), job.progress.robots_failed()), (true, 4, 4));
            assert_eq!((job.makespan(), job.ended), (Some(Span::from_secs(10)), Some(at(10))));
            assert_eq!(trace.breaches, [at(10)]);
            assert_eq!(trace.starts.len(), 4);
            assert_eq!(trace.ends, [0, 1, 2, 3].map(|robot| (at(10), robot, FAILED)));
            assert_eq!(replication.time_to_success(), None);
            assert_lost(&replication, 40, 40);
            assert_eq!(replication.peak_robots_down, 4);
        }
    }

    /// R9 says >=: as many failures as the limit halt, one less does not, and the job with failures succeeds (R11).
    #[test]
    fn met_exactly_or_missed_by_one() {
        for (robots, threshold, limit) in [
            (10, 30, 3),
            (7, 30, 3), // 2.1
            (7, 29, 3), // 2.03
            (7, 28, 2), // 1.96
            (196, 25, 49),
            (199, 25, 50), // 49.75
            (3, 34, 2),    // 1.02
            (3, 33, 1),    // 0.99
            (100, 1, 1),
            (101, 1, 2), // 1.01
        ] {
            for (failing, halts) in [(limit, true), (limit - 1, false)] {
                let groups = match failing {
                    0 => good("fine", robots, "10s"),
                    _ => bad("a", failing, "10s") + &good("fine", robots - failing, "10s"),
                };
                // One at a time, so that the breach leaves robots that were never started.
                let (replication, trace) = watch(&policy(1, threshold, &groups));
                let what = format!("{failing} of {robots} failed, {threshold} %");
                let counts = if halts {
                    breached([0, failing, 0, 0, robots - failing])
                } else {
                    succeeded([robots - failing, failing, 0, 0, 0])
                };
                assert_eq!(count(&replication.first_job.unwrap()), counts, "{what}");
                let outcome = match failing {
                    0 => CampaignOutcome::InSync,
                    _ if halts => CampaignOutcome::Halted,
                    _ => CampaignOutcome::MaxJobs,
                };
                assert_eq!(replication.outcome, outcome, "{what}");
                let breaches: &[Time] = if halts { &[at(10 * u64::from(failing))] } else { &[] };
                assert_eq!(trace.breaches, breaches, "{what}");
            }
        }
    }

    /// 100 % is met only if all fail: then even the last robot's end breaches, though no robot is left to be spared.
    #[test]
    fn a_hundred_percent() {
        let (replication, _) = watch(&policy(50, 100, &bad("a", 4, "10s")));
        assert_eq!(count(&replication.first_job.unwrap()), breached([0, 4, 0, 0, 0]));
        assert_ended(&replication, CampaignOutcome::Halted, 20);
        let (replication, _) = watch(&policy(50, 100, &(bad("a", 3, "10s") + &good("b", 1, "10s"))));
        assert_eq!(count(&replication.first_job.unwrap()), succeeded([1, 3, 0, 0, 0]));
        assert_ended(&replication, CampaignOutcome::MaxJobs, 20);
    }

    /// Half of 6 is 3. At 10 s three fail; the slow three are in flight until 60 s, or aborted.
    #[test]
    fn in_flight_at_the_breach() {
        let groups = bad("bad", 3, "10s") + &good("slow", 3, "60s");
        let (replication, trace) = watch(&policy(100, 50, &groups));
        assert_eq!(count(&replication.first_job.unwrap()), breached([3, 3, 0, 0, 0]));
        assert_eq!(trace.breaches, [at(10)]);
        assert_ended(&replication, CampaignOutcome::Halted, 60);
        assert_eq!(replication.first_job.unwrap().makespan(), Some(Span::from_secs(60)));
        // The failed robots stay down until the campaign ends.
        assert_lost(&replication, 3 * 10 + 3 * 60, 6 * 60);

        let (replication, trace) = watch(&policy(100, 50, &format!("on_breach = \"abort\"\n{groups}")));
        let job = &replication.first_job.unwrap();
        assert_eq!(count(job), breached([0, 3, 0, 3, 0]));
        assert_eq!((job.progress.counted_failures(), job.progress.robots_failed()), (3, 6));
        assert_ended(&replication, CampaignOutcome::Halted, 10);
        assert_eq!(job.makespan(), Some(Span::from_secs(10)));
        assert_eq!(trace.ends[3..], [3, 4, 5].map(|robot| (at(10), robot, RobotEnd::Aborted)));
        assert_eq!(RobotEnd::Aborted.failure_code(), Some(Code::RobotDeploymentAborted));
        assert_lost(&replication, 60, 60);
    }

    /// Half of 4 is 2. Two fail at 10 s and halt the job; draining, two more fail at 20 s: an overshoot of 2.
    #[test]
    fn draining_robots_fail_too() {
        let (replication, trace) = watch(&policy(100, 50, &(bad("a", 2, "10s") + &bad("b", 2, "20s"))));
        assert_eq!(count(&replication.first_job.unwrap()), breached([0, 4, 0, 0, 0]));
        assert_eq!(trace.breaches, [at(10)], "a job breaches once");
        assert_ended(&replication, CampaignOutcome::Halted, 20);
    }

    /// A tie of two failures and two successes at 10 s: all four are counted, then the job breaches (R1). So `abort` has
    /// nobody left to abort, though the failures pop first.
    #[test]
    fn a_tie_counts_whole() {
        for on_breach in ["drain", "abort"] {
            for groups in [bad("a", 2, "10s") + &good("b", 2, "10s"), good("b", 2, "10s") + &bad("a", 2, "10s")] {
                let (replication, _) = watch(&policy(100, 50, &format!("on_breach = \"{on_breach}\"\n{groups}")));
                assert_eq!(count(&replication.first_job.unwrap()), breached([2, 2, 0, 0, 0]));
                assert_ended(&replication, CampaignOutcome::Halted, 10);
            }
        }
    }

    /// Nobody starts at the instant of the breach: starts come after endings (R1). c = 2 of 8, limit 2: robots 0 and 1 fail at
    /// 10 s together.
    #[test]
    fn no_start_at_the_breach() {
        let (replication, trace) = watch(&policy(25, 25, &(bad("a", 2, "10s") + &good("b", 6, "10s"))));
        assert_eq!(trace.starts.len(), 2);
        assert_eq!(count(&replication.first_job.unwrap()), breached([0, 2, 0, 0, 6]));
    }

    /// R4 and R9 take F, not the targets: in the second job 2 of 10 are left, both fail, and 2 < 3 halts nothing; and 20 % of
    /// 10 let both start at once.
    #[test]
    fn percentages_of_the_fleet_in_a_sync_job() {
        let groups = good("fine", 8, "10s") + &bad("a", 2, "10s");
        let text = policy(20, 30, &groups) + &sync("after_finish = \"0s\"", "max_jobs = 2");
        let (replication, trace) = watch(&text);
        assert_eq!(trace.created, [(at(0), JobKind::Deployment, 10), (at(50), JobKind::Sync, 2)]);
        assert_eq!(
            trace.jobs.iter().map(count).collect::<Vec<_>>(),
            [succeeded([8, 2, 0, 0, 0]), succeeded([0, 2, 0, 0, 0])]
        );
        assert_eq!(trace.starts[10..], [(at(50), 8, 1), (at(50), 9, 1)]);
        assert_eq!(trace.jobs[1].progress.fleet_size, 10);
        assert_ended(&replication, CampaignOutcome::MaxJobs, 60);
        // The two bad robots start at 40 s and are down until the end, also between their attempts.
        assert_lost(&replication, 10 * 10 + 2 * 10, 8 * 10 + 2 * 20);
    }

    /// Three robots that fail one after another stay down, and a fourth is in flight: four down at once, one in flight.
    #[test]
    fn failed_robots_stay_down() {
        let (replication, _) = watch(&policy(25, 100, &(bad("a", 3, "10s") + &good("b", 1, "10s"))));
        assert_ended(&replication, CampaignOutcome::MaxJobs, 40);
        assert_eq!((replication.peak_robots_down, replication.first_job.unwrap().progress.peak_in_flight), (4, 1));
        assert_lost(&replication, 40, 40 + 30 + 20 + 10);
    }
}

mod robot_timeout {
    use super::*;

    /// R8: ending exactly at the timeout is in time, a microsecond later is not; either way the robot ends at 60 s.
    #[test]
    fn exactly_then_is_in_time() {
        let two = |a: &str, b: &str, failure: u32| {
            format!(
                "[[group]]\nname = \"a\"\nrobots = 1
                step.validating.latency.constant = \"{a}\"
                step.launching = {{ latency = {{ constant = \"{b}\" }}, failure = {failure} }}\n"
            )
        };
        let late = "1m 1us";
        for (groups, end) in [
            (good("a", 1, "1m"), RobotEnd::InSync),
            (good("a", 1, late), RobotEnd::NoResponse),
            (bad("a", 1, "1m"), FAILED),
            (bad("a", 1, late), RobotEnd::NoResponse),
            (good("a", 1, "13000d"), RobotEnd::NoResponse),
            (two("30s", "30s", 0), RobotEnd::InSync),
            (two("30s", "30s", 1), FAILED),
            (two("30s", "30000001us", 0), RobotEnd::NoResponse),
            (two("30s", "30000001us", 1), RobotEnd::NoResponse),
            (two("1m", "0s", 0), RobotEnd::InSync),
            (two("1m", "0s", 1), FAILED),
            (two("1m", "1us", 0), RobotEnd::NoResponse),
            (two(late, "0s", 0), RobotEnd::NoResponse),
        ] {
            let (replication, trace) =
                watch(&policy(100, 100, &format!("robot_deployment_timeout = \"1m\"\n{groups}")));
            assert_eq!(trace.ends, [(at(60), 0, end)], "{groups}");
            assert_lost(&replication, 60, 60);
            let job = &replication.first_job.unwrap();
            let (counts, outcome) = match end {
                RobotEnd::InSync => (succeeded([1, 0, 0, 0, 0]), CampaignOutcome::InSync),
                RobotEnd::NoResponse => (breached([0, 0, 1, 0, 0]), CampaignOutcome::Halted),
                _ => (breached([0, 1, 0, 0, 0]), CampaignOutcome::Halted),
            };
            assert_eq!((count(job), replication.outcome), (counts, outcome), "{groups}");
        }
        assert_eq!(RobotEnd::NoResponse.failure_code(), Some(Code::RobotDeploymentNoResponse));
    }

    /// The timeout counts from the robot's own start: the second one, on the only slot, has its own minute. Default 5 h.
    #[test]
    fn from_the_robots_start() {
        let groups = good("late", 1, "61s") + &good("fine", 1, "59s");
        let (_, trace) = watch(&policy(50, 100, &format!("robot_deployment_timeout = \"1m\"\n{groups}")));
        assert_eq!(trace.ends, [(at(60), 0, RobotEnd::NoResponse), (at(119), 1, RobotEnd::InSync)]);
        let (_, trace) = watch(&policy(100, 100, &(good("a", 1, "5h") + &good("b", 1, "5h 1us"))));
        assert_eq!(trace.ends, [(at(18_000), 0, RobotEnd::InSync), (at(18_000), 1, RobotEnd::NoResponse)]);
    }

    /// Robots without response count against the threshold, together with failed ones: 1 + 1 of 4 are 50 %.
    #[test]
    fn counts_as_a_failure() {
        let groups = bad("bad", 1, "10s") + &good("late", 1, "2m") + &good("fine", 2, "10s");
        for (threshold, counts) in [(50, breached([2, 1, 1, 0, 0])), (51, succeeded([2, 1, 1, 0, 0]))] {
            let text = policy(100, threshold, &format!("robot_deployment_timeout = \"1m\"\n{groups}"));
            let (replication, trace) = watch(&text);
            assert_eq!(count(&replication.first_job.unwrap()), counts);
            assert_eq!(replication.first_job.unwrap().ended, Some(at(60)));
            let breaches: &[Time] = if threshold == 50 { &[at(60)] } else { &[] };
            assert_eq!(trace.breaches, breaches);
        }
    }
}

mod fleet_timeout {
    use super::*;

    fn with(timeout: &str, rest: &str) -> String {
        format!("fleet_deployment_timeout = \"{timeout}\"\n{rest}")
    }

    /// Two waves of two end at 20 s, exactly at the timeout: the job succeeds (R10).
    #[test]
    fn an_ending_at_exactly_that_time_counts() {
        let (replication, _) = watch(&policy(50, 100, &with("20s", &good("a", 4, "10s"))));
        assert_eq!(count(&replication.first_job.unwrap()), succeeded([4, 0, 0, 0, 0]));
        assert_ended(&replication, CampaignOutcome::InSync, 20);
    }

    /// A microsecond earlier the second wave is aborted.
    #[test]
    fn robots_in_flight_are_aborted() {
        let (replication, trace) = watch(&policy(50, 1, &with("19999999us", &good("a", 4, "10s"))));
        let job = &replication.first_job.unwrap();
        // Aborted robots never cause a breach, not even of 1 %.
        assert_eq!(count(job), timed_out([2, 0, 0, 2, 0]));
        assert_eq!((job.halted(), job.progress.counted_failures(), job.progress.robots_failed()), (false, 0, 2));
        let end = Time::from_micros(19_999_999);
        assert_eq!((replication.outcome, replication.ended), (CampaignOutcome::TimedOut, end));
        assert_eq!((job.ended, job.last_robot_ended), (Some(end), Some(end)));
        assert_eq!(job.makespan(), Some(Span::from_micros(19_999_999)));
        assert_eq!(trace.ends[2..], [(end, 2, RobotEnd::Aborted), (end, 3, RobotEnd::Aborted)]);
        assert_eq!(replication.out_of_service, 20_000_000 + 2 * 9_999_999);
        assert_eq!(replication.down, 20_000_000 + 2 * 9_999_999);
    }

    /// Three waves would take 30 s: at 20 s the second one has ended, and the third does not start (starts come last, R1).
    #[test]
    fn nobody_starts_at_the_timeout() {
        let (replication, trace) = watch(&policy(34, 100, &with("20s", &good("a", 6, "10s"))));
        assert_eq!(count(&replication.first_job.unwrap()), timed_out([4, 0, 0, 0, 2]));
        assert_eq!(trace.starts.len(), 4);
        assert_ended(&replication, CampaignOutcome::TimedOut, 20);
        assert_lost(&replication, 40, 40);
    }

    /// It counts from `InProgress`, so preparing does not use it up; default 30 days.
    #[test]
    fn from_in_progress() {
        let preparing = "preparing = { constant = \"100s\" }\n";
        let (replication, _) = watch(&policy(50, 100, &with("20s", &(preparing.to_owned() + &good("a", 4, "10s")))));
        assert_ended(&replication, CampaignOutcome::InSync, 120);
        // Ninety robots, one after another and 8 h each, take 30 days; 1 % of 91 is one slot, too.
        for (robots, counts) in [(90, succeeded([90, 0, 0, 0, 0])), (91, timed_out([90, 0, 0, 0, 1]))] {
            let timeout = "robot_deployment_timeout = \"8h\"\n".to_owned();
            let (replication, _) = watch(&policy(1, 100, &(timeout + &good("a", robots, "8h"))));
            assert_eq!(count(&replication.first_job.unwrap()), counts);
            assert_eq!(replication.ended, at(30 * 86_400));
        }
    }

    /// R10 for a halted job that still drains: one of four fails at 10 s and breaches 25 %, three drain, and the timeout at
    /// 30 s aborts them. The job is `FleetDeploymentTimeout`; for the campaign the breach comes first (R12).
    #[test]
    fn a_halted_job_that_drains() {
        let groups = bad("bad", 1, "10s") + &good("slow", 3, "60s");
        let base = policy(100, 25, &with("30s", &groups));
        let again = |on_halt: &str, on_timeout: &str| {
            sync(
                "after_finish = \"1h\"",
                &format!("max_jobs = 1\non_halt = \"{on_halt}\"\non_timeout = \"{on_timeout}\""),
            )
        };
        for (tail, outcome) in [
            (String::new(), CampaignOutcome::Halted),
            (again("stop", "stop"), CampaignOutcome::Halted),
            (again("stop", "retry"), CampaignOutcome::Halted),
            (again("retry", "stop"), CampaignOutcome::TimedOut),
            (again("retry", "retry"), CampaignOutcome::MaxJobs),
        ] {
            let (replication, trace) = watch(&format!("{base}{tail}"));
            let job = &replication.first_job.unwrap();
            assert_eq!(count(job), timed_out([0, 1, 0, 3, 0]), "{tail}");
            // The aborted robots are no overshoot: 1 failure, and 25 % of 4 are 1.
            assert_eq!((job.halted(), job.progress.counted_failures()), (true, 1));
            assert_eq!(trace.breaches, [at(10)]);
            assert_ended(&replication, outcome, 30);
            assert_lost(&replication, 10 + 3 * 30, 4 * 30);
        }
    }

    /// A breach at the very instant of the timeout: the endings count, so the job is halted; then `drain` finds its time is up,
    /// while `abort` has already ended the job by the breach.
    #[test]
    fn a_breach_at_the_timeout() {
        let groups = bad("bad", 1, "30s") + &good("slow", 3, "60s");
        for (on_breach, counts) in [("drain", timed_out([0, 1, 0, 3, 0])), ("abort", breached([0, 1, 0, 3, 0]))] {
            let text = policy(100, 25, &with("30s", &format!("on_breach = \"{on_breach}\"\n{groups}")));
            let (replication, _) = watch(&text);
            assert_eq!(count(&replication.first_job.unwrap()), counts);
            assert!(replication.first_job.unwrap().halted());
            assert_ended(&replication, CampaignOutcome::Halted, 30);
        }
        // Nobody is left to drain: the breach ends the job.
        let (replication, _) = watch(&policy(100, 25, &with("30s", &bad("bad", 4, "30s"))));
        assert_eq!(count(&replication.first_job.unwrap()), breached([0, 4, 0, 0, 0]));
    }

    /// The robot timeout at the same instant is an ending and comes first: no response, not aborted.
    #[test]
    fn the_robot_timeout_comes_first() {
        let timeout = "robot_deployment_timeout = \"1m\"\n".to_owned();
        let groups = good("late", 1, "2m") + &good("fine", 3, "10s");
        let (replication, _) = watch(&policy(100, 50, &with("1m", &(timeout + &groups))));
        assert_eq!(count(&replication.first_job.unwrap()), succeeded([3, 0, 1, 0, 0]));
        assert_ended(&replication, CampaignOutcome::MaxJobs, 60);
    }

    /// `on_timeout = "retry"`: robots 2 and 3 are aborted at 15 s after 5 s, and succeed in the next job.
    #[test]
    fn retried() {
        let base = policy(50, 100, &with("15s", &good("a", 4, "10s")));
        let (replication, trace) = watch(&(base.clone() + &sync("after_finish = \"0s\"", "on_timeout = \"retry\"")));
        assert_eq!(trace.starts[2..], [(at(10), 2, 0), (at(10), 3, 0), (at(15), 2, 1), (at(15), 3, 1)]);
        assert_eq!(
            trace.jobs.iter().map(count).collect::<Vec<_>>(),
            [timed_out([2, 0, 0, 2, 0]), succeeded([2, 0, 0, 0, 0])]
        );
        assert_ended(&replication, CampaignOutcome::InSync, 25);
        assert_lost(&replication, 2 * 10 + 2 * 5 + 2 * 10, 2 * 10 + 2 * 15);

        // With 5 s between the jobs the two are down for 5 s more, and not out of service for longer.
        let (replication, trace) = watch(&(base.clone() + &sync("after_finish = \"5s\"", "on_timeout = \"retry\"")));
        assert_eq!(trace.created_seconds(), [0, 20]);
        assert_ended(&replication, CampaignOutcome::InSync, 30);
        assert_lost(&replication, 50, 2 * 10 + 2 * 20);

        let (replication, _) = watch(&(base + &sync("after_finish = \"0s\"", "on_timeout = \"stop\"")));
        assert_ended(&replication, CampaignOutcome::TimedOut, 15);
        assert_eq!(replication.jobs, 1);
    }

    /// Each job has its own 15 s, from its own `InProgress`: a fleet of six takes three jobs of one wave and a half.
    #[test]
    fn every_job_has_its_own() {
        let preparing = "preparing = { constant = \"1s\" }\n".to_owned();
        let text = policy(34, 100, &with("15s", &(preparing + &good("a", 6, "10s"))));
        let (replication, trace) = watch(&(text + &sync("after_finish = \"0s\"", "on_timeout = \"retry\"")));
        assert_eq!(trace.began, [at(1), at(17), at(33)]);
        assert_eq!(
            trace.jobs.iter().map(count).collect::<Vec<_>>(),
            [timed_out([2, 0, 0, 2, 2]), timed_out([2, 0, 0, 2, 0]), succeeded([2, 0, 0, 0, 0])]
        );
        assert_ended(&replication, CampaignOutcome::InSync, 43);
    }
}

mod calls {
    use super::*;

    /// A robot that never succeeds, so that every job is halted, and the operator goes on.
    fn forever(latency: &str, deployment: &str, schedule: &str, jobs: u32) -> (Replication, Trace) {
        let retry = sync(schedule, &format!("max_jobs = {jobs}\non_halt = \"retry\""));
        watch(&(policy(100, 100, &format!("{deployment}{}", bad("a", 1, latency))) + &retry))
    }

    /// R5: each job prepares for 5 s. One slot: 5..15 and 15..25.
    #[test]
    fn preparing_delays_the_job() {
        let text = policy(50, 100, &format!("preparing = {{ constant = \"5s\" }}\n{}", good("a", 2, "10s")));
        let (replication, trace) = watch(&text);
        assert_eq!(trace.start_seconds(), [(5, 0), (15, 1)]);
        let job = &replication.first_job.unwrap();
        assert_eq!((job.created, job.began, job.ended), (at(0), Some(at(5)), Some(at(25))));
        assert_eq!(job.makespan(), Some(Span::from_secs(20)), "from InProgress");
        assert_eq!(replication.time_to_success(), Some(Span::from_secs(25)), "from the start");
        assert_lost(&replication, 20, 20);

        let (replication, trace) = forever("10s", "preparing = { constant = \"5s\" }\n", "after_finish = \"1s\"", 3);
        assert_eq!(trace.created_seconds(), [0, 16, 32]);
        assert_eq!(trace.began, [at(5), at(21), at(37)]);
        assert_eq!(trace.starts, [(at(5), 0, 0), (at(21), 0, 1), (at(37), 0, 2)]);
        assert_ended(&replication, CampaignOutcome::MaxJobs, 47);
        // Down from its first start, also while the next jobs prepare.
        assert_lost(&replication, 30, 47 - 5);
    }

    /// Calls every 10 s, jobs of 25 s: those at 10, 20, 40 and 50 are lost; from 60 on three jobs exist and none is made.
    #[test]
    fn lost_while_a_job_is_active() {
        let (replication, trace) = forever("25s", "", "every = \"10s\"", 3);
        assert_eq!(trace.created_seconds(), [0, 30, 60]);
        assert_eq!(replication.concurrent_deployment_exceptions, 4);
        assert_ended(&replication, CampaignOutcome::MaxJobs, 85);
        assert_eq!(replication.jobs, 3);
        assert_eq!(trace.starts.iter().map(|(_, _, attempt)| *attempt).collect::<Vec<_>>(), [0, 1, 2]);
        assert_lost(&replication, 75, 85);
    }

    /// Jobs of 30 s: the calls at 30 and 60 fall on the end of a job, which comes before (R1), and succeed.
    #[test]
    fn at_the_very_end_of_a_job_succeed() {
        let (replication, trace) = forever("30s", "", "every = \"10s\"", 3);
        assert_eq!(trace.created_seconds(), [0, 30, 60]);
        assert_eq!(replication.concurrent_deployment_exceptions, 4, "at 10, 20, 40, 50");
        assert_ended(&replication, CampaignOutcome::MaxJobs, 90);
        // A microsecond more, and they are lost too: at 10, 20, 30, 50, 60, 70.
        let (replication, trace) = forever("30000001us", "", "every = \"10s\"", 3);
        assert_eq!(trace.created_seconds(), [0, 40, 80]);
        assert_eq!(replication.concurrent_deployment_exceptions, 6);
    }

    /// The same at the end by a fleet timeout, which comes before calls as well.
    #[test]
    fn at_the_very_fleet_timeout_succeed() {
        let groups = good("a", 1, "1h");
        let text = policy(100, 100, &format!("fleet_deployment_timeout = \"30s\"\n{groups}"))
            + &sync("every = \"30s\"", "max_jobs = 3\non_timeout = \"retry\"");
        let (replication, trace) = watch(&text);
        assert_eq!(trace.created_seconds(), [0, 30, 60]);
        assert_eq!(replication.concurrent_deployment_exceptions, 0);
        assert_ended(&replication, CampaignOutcome::MaxJobs, 90);
    }

    /// Jobs shorter than the period lose nothing; a job is active while it prepares, too.
    #[test]
    fn a_job_is_active_from_its_creation() {
        let (replication, trace) = forever("5s", "", "every = \"10s\"", 3);
        assert_eq!((trace.created_seconds(), replication.concurrent_deployment_exceptions), (vec![0, 10, 20], 0));
        assert_ended(&replication, CampaignOutcome::MaxJobs, 25);
        let preparing = "preparing = { constant = \"8s\" }\n";
        let (replication, trace) = forever("5s", preparing, "every = \"10s\"", 3);
        assert_eq!((trace.created_seconds(), replication.concurrent_deployment_exceptions), (vec![0, 20, 40], 2));
        assert_ended(&replication, CampaignOutcome::MaxJobs, 53);
    }

    /// A single job is the last allowed one from its creation: no call, so none is lost.
    #[test]
    fn none_once_max_jobs_exist() {
        let (replication, _) = forever("25s", "", "every = \"10s\"", 1);
        assert_eq!((replication.jobs, replication.concurrent_deployment_exceptions), (1, 0));
        assert_ended(&replication, CampaignOutcome::MaxJobs, 25);
    }

    #[test]
    fn after_the_finish() {
        let (replication, trace) = forever("10s", "", "after_finish = \"0s\"", 3);
        assert_eq!(trace.created_seconds(), [0, 10, 20]);
        assert_ended(&replication, CampaignOutcome::MaxJobs, 30);
        let (replication, trace) = forever("10s", "", "after_finish = \"5s\"", 3);
        assert_eq!(trace.created_seconds(), [0, 15, 30]);
        assert_ended(&replication, CampaignOutcome::MaxJobs, 40);
        assert_eq!(replication.concurrent_deployment_exceptions, 0);
        assert_lost(&replication, 30, 40);
    }

    /// Jobs without any length: `after_finish = "0s"` makes them all at 0; a schedule makes one at each of its times.
    #[test]
    fn jobs_without_length() {
        let (replication, trace) = forever("0s", "", "after_finish = \"0s\"", 4);
        assert_eq!(trace.created_seconds(), [0, 0, 0, 0]);
        assert_ended(&replication, CampaignOutcome::MaxJobs, 0);
        let (replication, trace) = forever("0s", "", "every = \"10s\"", 4);
        assert_eq!(trace.created_seconds(), [0, 10, 20, 30]);
        assert_ended(&replication, CampaignOutcome::MaxJobs, 30);
        assert_eq!(replication.concurrent_deployment_exceptions, 0);
        assert_lost(&replication, 0, 30);
    }

    /// `on_halt = "retry"`: the targets keep their order, so a bad robot in front of the others (one slot, 25 % of 4 is one
    /// failure) halts every job, and the three good ones are never attempted.
    #[test]
    fn retried_after_a_halt() {
        let groups = bad("bad", 1, "10s") + &good("fine", 3, "10s");
        let base = policy(25, 25, &groups);
        let (replication, trace) =
            watch(&(base.clone() + &sync("after_finish = \"0s\"", "max_jobs = 3\non_halt = \"retry\"")));
        assert_eq!(trace.starts, [(at(0), 0, 0), (at(10), 0, 1), (at(20), 0, 2)]);
        assert_eq!(trace.jobs.iter().map(count).collect::<Vec<_>>(), [breached([0, 1, 0, 0, 3]); 3]);
        assert_eq!(trace.created.iter().map(|(_, _, targets)| *targets).collect::<Vec<_>>(), [4, 4, 4]);
        assert_ended(&replication, CampaignOutcome::MaxJobs, 30);
        assert_lost(&replication, 30, 30);
        assert_eq!(replication.peak_robots_down, 1);

        let (replication, _) = watch(&(base + &sync("after_finish = \"0s\"", "max_jobs = 3")));
        assert_ended(&replication, CampaignOutcome::Halted, 10);
        assert_eq!(replication.jobs, 1);

        // Behind the good ones it is the only target of the next job.
        let (replication, trace) = watch(
            &(policy(25, 25, &(good("fine", 3, "10s") + &bad("bad", 1, "10s")))
                + &sync("after_finish = \"0s\"", "max_jobs = 2\non_halt = \"retry\"")),
        );
        assert_eq!(
            trace.jobs.iter().map(count).collect::<Vec<_>>(),
            [breached([3, 1, 0, 0, 0]), breached([0, 1, 0, 0, 0])]
        );
        assert_ended(&replication, CampaignOutcome::MaxJobs, 50);
        assert_lost(&replication, 50, 30 + 20);
    }

    /// Aborted robots are not in sync, so the next job targets them (R3): at 10 s the bad robot aborts the slow one; and with
    /// the threshold met by the bad one alone it is aborted again and again.
    #[test]
    fn aborted_robots_are_targets_again() {
        let groups = bad("bad", 1, "10s") + &good("slow", 1, "15s");
        let text = policy(100, 50, &format!("on_breach = \"abort\"\n{groups}"))
            + &sync("after_finish = \"2s\"", "max_jobs = 2\non_halt = \"retry\"");
        let (replication, trace) = watch(&text);
        assert_eq!(trace.starts, [(at(0), 0, 0), (at(0), 1, 0), (at(12), 0, 1), (at(12), 1, 1)]);
        assert_eq!(trace.jobs.iter().map(count).collect::<Vec<_>>(), [breached([0, 1, 0, 1, 0]); 2]);
        assert_ended(&replication, CampaignOutcome::MaxJobs, 22);
        assert_lost(&replication, 40, 44);
    }
}

mod horizon {
    use super::*;

    fn until(horizon: &str, rest: &str) -> String {
        sync("after_finish = \"5s\"", &format!("horizon = \"{horizon}\"\n{rest}"))
    }

    /// At one instant R12's order decides: whatever else ends the campaign at 10 s comes before the horizon.
    #[test]
    fn comes_last_at_its_instant() {
        let halting = policy(100, 100, &bad("a", 1, "10s"));
        let late = policy(100, 100, &format!("fleet_deployment_timeout = \"10s\"\n{}", good("a", 1, "1h")));
        let partly = policy(100, 100, &(bad("a", 1, "10s") + &good("b", 1, "10s")));
        for (text, outcome) in [
            (policy(100, 100, &good("a", 1, "10s")) + &until("10s", ""), CampaignOutcome::InSync),
            (halting.clone() + &until("10s", ""), CampaignOutcome::Halted),
            (late.clone() + &until("10s", ""), CampaignOutcome::TimedOut),
            (partly.clone() + &until("10s", "max_jobs = 1"), CampaignOutcome::MaxJobs),
            // The campaign would go on, but for the horizon.
            (halting.clone() + &until("10s", "on_halt = \"retry\""), CampaignOutcome::Horizon),
            (late.clone() + &until("10s", "on_timeout = \"retry\""), CampaignOutcome::Horizon),
            (partly.clone() + &until("10s", ""), CampaignOutcome::Horizon),
            // A halted job that is the last one: the halt comes before max_jobs.
            (halting.clone() + &until("10s", "max_jobs = 1"), CampaignOutcome::Halted),
            (halting + &until("10s", "max_jobs = 1\non_halt = \"retry\""), CampaignOutcome::MaxJobs),
            (late + &until("10s", "max_jobs = 1"), CampaignOutcome::TimedOut),
        ] {
            let (replication, trace) = watch(&text);
            assert_ended(&replication, outcome, 10);
            assert_eq!(replication.jobs, 1);
            // The job ended in every case, so it has an outcome and a makespan.
            assert_eq!(replication.first_job.unwrap().ended, Some(at(10)));
            assert_eq!(replication.first_job.unwrap().makespan(), Some(Span::from_secs(10)));
            assert_eq!(trace.jobs, [replication.first_job.unwrap()]);
        }
    }

    /// A microsecond before, the robot is in flight.
    #[test]
    fn just_before_the_end() {
        let (replication, _) = watch(&(policy(100, 100, &good("a", 1, "10s")) + &until("9999999us", "")));
        assert_eq!(replication.outcome, CampaignOutcome::Horizon);
        assert_eq!(replication.ended, Time::from_micros(9_999_999));
        assert_eq!((replication.out_of_service, replication.down), (9_999_999, 9_999_999));
    }

    /// The job ends at 10 s and the call is due at 15 s, where the horizon comes first: it is not made, nor are those of a
    /// schedule; and a call that a job would have lost at the horizon is not lost.
    #[test]
    fn no_call_is_made_at_it() {
        let failing = policy(100, 100, &bad("a", 1, "10s"));
        let (replication, trace) = watch(&(failing.clone() + &until("15s", "on_halt = \"retry\"")));
        assert_eq!((replication.jobs, trace.created_seconds()), (1, vec![0]));
        assert_ended(&replication, CampaignOutcome::Horizon, 15);
        assert_eq!(count(&replication.first_job.unwrap()), breached([0, 1, 0, 0, 0]));
        // Failed at 10 s and down until the horizon.
        assert_lost(&replication, 10, 15);
        // A microsecond later the call is made, and the second job cut off.
        let (replication, trace) = watch(&(failing + &until("15000001us", "on_halt = \"retry\"")));
        assert_eq!((replication.jobs, trace.created_seconds()), (2, vec![0, 15]));
        assert_eq!(count(&trace.jobs[1]), cut_off([0, 0, 0, 0, 0]));
        assert_eq!((trace.jobs[1].ended, trace.jobs[1].makespan()), (None, None));
        assert_eq!(replication.out_of_service, 10_000_001);

        let long = policy(100, 100, &good("a", 1, "100s"));
        let (replication, _) = watch(&(long + &sync("every = \"10s\"", "horizon = \"30s\"")));
        assert_eq!(replication.concurrent_deployment_exceptions, 2, "at 10 and 20");
        assert_ended(&replication, CampaignOutcome::Horizon, 30);
    }

    /// Two of six at once, 10 s each: at 15 s two have succeeded, two are in flight and two wait. In flight counts neither way.
    #[test]
    fn in_mid_flight() {
        let (replication, trace) = watch(&(policy(34, 100, &good("a", 6, "10s")) + &until("15s", "")));
        assert_ended(&replication, CampaignOutcome::Horizon, 15);
        let job = &replication.first_job.unwrap();
        assert_eq!(count(job), cut_off([2, 0, 0, 0, 2]));
        assert_eq!((job.progress.started, job.progress.in_flight), (4, 2));
        assert_eq!((job.ended, job.makespan(), job.failure_code), (None, None, None));
        assert_eq!(trace.ends.len(), 2, "a robot that is cut off has no end");
        assert_eq!(replication.time_to_success(), None);
        assert_lost(&replication, 2 * 10 + 2 * 5, 2 * 10 + 2 * 5);
    }

    /// At 10 s two endings count and nobody starts: starts come last (R1).
    #[test]
    fn endings_count_and_nobody_starts() {
        let (replication, trace) = watch(&(policy(34, 100, &good("a", 6, "10s")) + &until("10s", "")));
        assert_eq!(count(&replication.first_job.unwrap()), cut_off([2, 0, 0, 0, 4]));
        assert_eq!((trace.starts.len(), trace.ends.len()), (2, 2));
        assert_ended(&replication, CampaignOutcome::Horizon, 10);
    }

    /// Halted at 10 s and draining until 60 s: the horizon at 30 s leaves the job without an outcome, so the campaign's is
    /// `horizon`, though the job has breached.
    #[test]
    fn while_a_halted_job_drains() {
        let groups = bad("bad", 1, "10s") + &good("slow", 3, "60s");
        let (replication, trace) = watch(&(policy(100, 25, &groups) + &until("30s", "")));
        assert_ended(&replication, CampaignOutcome::Horizon, 30);
        assert_eq!(count(&replication.first_job.unwrap()), cut_off([0, 1, 0, 0, 0]));
        assert_eq!((replication.first_job.unwrap().halted(), trace.breaches), (true, vec![at(10)]));
    }

    /// Preparing until 20 s, or to the very instant of the horizon: the job never began.
    #[test]
    fn while_preparing() {
        for horizon in ["15s", "20s"] {
            let text = policy(100, 100, &format!("preparing = {{ constant = \"20s\" }}\n{}", good("a", 2, "10s")));
            let (replication, trace) = watch(&(text + &until(horizon, "")));
            assert_eq!(replication.outcome, CampaignOutcome::Horizon);
            let job = &replication.first_job.unwrap();
            assert_eq!((job.status, job.began, job.ended, job.makespan()), (Status::Preparing, None, None, None));
            assert_eq!(job.progress.not_attempted(), 2);
            assert!(trace.began.is_empty() && trace.starts.is_empty());
            assert_lost(&replication, 0, 0);
            assert_eq!(replication.peak_robots_down, 0);
        }
    }

    /// Without a horizon a campaign ends with virtual time, at 13000 days: the robot times out after 7 days, and the next call would
    /// come 13000 days later.
    #[test]
    fn the_end_of_time() {
        let text = policy(100, 100, &format!("robot_deployment_timeout = \"7d\"\n{}", good("a", 1, "8d")))
            + &sync("after_finish = \"13000d\"", "on_halt = \"retry\"");
        let (replication, _) = watch(&text);
        assert_eq!(
            (replication.outcome, replication.ended, replication.jobs),
            (CampaignOutcome::Horizon, Time::MAX, 1)
        );
        assert_eq!(replication.down, u128::from(Time::MAX.micros()));
    }
}

mod no_latency {
    use super::*;

    /// A group without steps is in sync at once (R7), even one robot after another.
    #[test]
    fn groups_without_steps() {
        let (replication, trace) = watch(&policy(1, 1, "[[group]]\nname = \"a\"\nrobots = 3\n"));
        assert_eq!(trace.in_sync_seconds(), [(0, 0), (0, 1), (0, 2)]);
        assert_ended(&replication, CampaignOutcome::InSync, 0);
        let job = &replication.first_job.unwrap();
        assert_eq!((count(job), job.makespan()), (succeeded([3, 0, 0, 0, 0]), Some(Span::ZERO)));
        assert_eq!(job.progress.peak_in_flight, 1);
        assert_lost(&replication, 0, 0);
    }

    /// Steps of no length fail as others do, and the endings of two robots come before the starts of the next two: of ten, two
    /// at once, four fail before 30 % = 3 are met.
    #[test]
    fn still_two_at_once() {
        for on_breach in ["drain", "abort"] {
            let (replication, trace) =
                watch(&policy(20, 30, &format!("on_breach = \"{on_breach}\"\n{}", bad("a", 10, "0s"))));
            assert_eq!(count(&replication.first_job.unwrap()), breached([0, 4, 0, 0, 6]));
            assert_eq!(trace.breaches, [at(0)]);
            assert_eq!(replication.first_job.unwrap().progress.peak_in_flight, 2);
            assert_ended(&replication, CampaignOutcome::Halted, 0);
        }
    }

    /// Between others: on one slot the instant ones take no time from their neighbours.
    #[test]
    fn among_others() {
        let groups = good("a", 1, "10s") + "[[group]]\nname = \"b\"\nrobots = 2\n" + &good("c", 1, "5s");
        let (replication, trace) = watch(&policy(25, 100, &groups));
        assert_eq!(trace.start_seconds(), [(0, 0), (10, 1), (10, 2), (10, 3)]);
        assert_eq!(trace.in_sync_seconds(), [(10, 0), (10, 1), (10, 2), (15, 3)]);
        assert_ended(&replication, CampaignOutcome::InSync, 15);
        assert_lost(&replication, 15, 15);
    }

    /// The shortest latency is a microsecond.
    #[test]
    fn a_microsecond() {
        let (replication, _) = watch(&policy(50, 100, &good("a", 4, "1us")));
        assert_eq!((replication.ended, replication.out_of_service), (Time::from_micros(2), 4));
    }
}
