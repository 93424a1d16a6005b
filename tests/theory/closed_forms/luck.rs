//! Luck that settings have in common.

use super::*;

/// Common random numbers: a robot's k-th attempt takes as long and ends in the same way under any policy that lets it
/// run.
#[test]
fn policies_face_the_same_luck() {
    /// Duration and end of each attempt, by robot and attempt.
    #[derive(Default)]
    struct Attempts(std::collections::BTreeMap<(RobotId, u32), (Span, RobotEnd)>, Vec<u32>);

    impl Observer for Attempts {
        fn see(&mut self, now: Time, event: &Event<'_>) {
            match *event {
                Event::RobotStarted { robot, attempt } => {
                    self.1.resize(self.1.len().max(robot as usize + 1), 0);
                    self.1[robot as usize] = attempt;
                }
                Event::RobotEnded { robot, started, end } if end != RobotEnd::Aborted => {
                    let attempt = self.1[robot as usize];
                    assert_eq!(self.0.insert((robot, attempt), (now - started, end)), None, "an attempt is made once");
                }
                _ => {}
            }
        }
    }

    let sync =
        "[sync]\nschedule = { after_finish = \"1s\" }\non_halt = \"retry\"\non_timeout = \"retry\"\nmax_jobs = 6\n";
    let attempts = |concurrency, threshold, deployment: &str| {
        let text =
            format!("{}{sync}", policy(concurrency, threshold, &format!("{deployment}{}", exponential(12, 0.4))));
        let mut all = Vec::new();
        campaigns(&Plan::new(&scenario(&text)), 200, |_, attempts: Attempts| all.push(attempts.0));
        all
    };
    let base = attempts(100, 100, "");
    let mut compared = 0;
    for other in [
        attempts(10, 100, ""),
        attempts(50, 20, ""),
        attempts(50, 40, "start_order = \"shuffled\"\n"),
        attempts(30, 30, "preparing = { exponential = { mean = \"9s\" } }\n"),
    ] {
        for (base, other) in base.iter().zip(&other) {
            for (attempt, drawn) in other {
                // An attempt that only one of the policies came to has nothing to be compared with.
                if let Some(same) = base.get(attempt) {
                    assert_eq!(same, drawn, "{attempt:?}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 5000, "only {compared} attempts in common");
}

/// A replication is a function of its seed and number: not of those that were run before it in the same memory.
#[test]
fn replications_do_not_depend_on_their_predecessors() {
    let sync = "[sync]\nschedule = { every = \"2m\" }\nhorizon = \"8m\"\n";
    let plan = Plan::new(&scenario(&format!("{}{sync}", policy(30, 40, &exponential(20, 0.2)))));
    let mut in_turn = Vec::new();
    campaigns(&plan, 300, |replication, _: Blind| in_turn.push(replication));
    let running = std::sync::atomic::AtomicBool::new(false);
    for expected in in_turn.iter().rev() {
        let mut fresh = rollcast::simulation::Campaign::new(&plan, plan.controller.clone());
        assert_eq!(fresh.run(SEED, expected.index, &running, ()).as_ref(), Some(expected));
    }
    // The test means something only if campaigns leave different things behind.
    for outcome in [CampaignOutcome::Halted, CampaignOutcome::Horizon] {
        assert!(in_turn.iter().any(|replication| replication.outcome == outcome), "{outcome:?}");
    }
}

/// R3, R12: the first job is a deployment to all, the others are sync jobs for those that are not in sync.
#[test]
fn sync_jobs_target_what_is_not_in_sync() {
    let sync = "[sync]\nschedule = { after_finish = \"1m\" }\non_halt = \"retry\"\nmax_jobs = 4\n";
    let text = format!("{}{sync}", policy(25, 30, &exponential(16, 0.3)));
    campaigns(&Plan::new(&scenario(&text)), 500, |replication, trace: Trace| {
        let mut left = 16;
        for ((number, (_, kind, targets)), job) in (0..).zip(&trace.created).zip(&trace.jobs) {
            assert_eq!(*kind, if number == 0 { JobKind::Deployment } else { JobKind::Sync });
            assert_eq!(*targets, left);
            left -= job.progress.succeeded;
            // F stays the whole fleet: 16 * 30 / 100 = 4.8 and 16 * 25 / 100 = 4.
            assert_eq!(job.halted(), job.progress.counted_failures() >= 5);
            assert_eq!(job.progress.peak_in_flight, (*targets).min(4));
        }
        assert_eq!(replication.outcome == CampaignOutcome::InSync, left == 0);
    });
}
