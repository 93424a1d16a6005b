//! No latency, counted by hand.

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

/// Steps of no length fail as others do, and the endings of two robots come before the starts of the next two: of
/// ten, two at once, four fail before 30 % = 3 are met.
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
