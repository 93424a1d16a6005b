//! Robot timeout, counted by hand.

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
        let (replication, trace) = watch(&policy(100, 100, &format!("robot_deployment_timeout = \"1m\"\n{groups}")));
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

/// The timeout counts from the robot's own start: the second one, on the only slot, has its own minute. Default 5
/// h.
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
