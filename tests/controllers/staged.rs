//! `[controller.staged]`: waves of robots. When a wave has ended and soaked its gate is judged; the next wave opens or
//! the job halts.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use rollcast::rollout::{
    Admission, Controller, Custom, DeploymentStatus, Halt, HaltWords, JobEnd, JobKind, JobOutcome, Judgement, Limits,
    OnBreach, Progress, RobotEnd, RobotId,
};
use rollcast::scenario::{ControllerKind, Fact, Keys, Policy};
use rollcast::time::{Span, Time, humane};

pub const KIND: ControllerKind =
    ControllerKind { name: "staged", about: "Waves of robots, each with a gate.", read: Settings::read };

#[derive(Clone, Debug)]
struct Settings {
    wave: u32,
    at_once: u32,
    soak: Span,
    failed_at_most: u32,
    in_flight: OnBreach,
    robot_timeout: Span,
}

impl Settings {
    fn read(keys: &mut Keys<'_>) -> Option<Arc<dyn Policy>> {
        let wave = keys.integer("wave", "How many robots a wave has.", 1..=100_000_000, None);
        let at_once =
            keys.integer("at_once", "How many of them may deploy at once.", 1..=100_000_000, Some(100_000_000));
        let soak = keys.duration("soak", "How long to watch a wave after its last end.", Some(Span::from_secs(60)));
        let failed = "The gate opens if no more than so many robots of the wave failed.";
        let failed_at_most = keys.integer("failed_at_most", failed, 0..=100_000_000, Some(0));
        let on_halt = [("drain", OnBreach::Drain), ("abort", OnBreach::Abort)];
        let in_flight = keys.choice("in_flight", "What a halt does to robots in flight.", &on_halt);
        let robot_timeout = keys.robot_timeout();
        Some(Arc::new(Settings {
            wave: wave?,
            at_once: at_once?,
            soak: soak?,
            failed_at_most: failed_at_most?,
            in_flight: in_flight?,
            robot_timeout: robot_timeout?,
        }))
    }
}

impl Policy for Settings {
    fn controller(&self) -> Box<dyn Custom> {
        Box::new(Staged {
            wave: self.wave,
            at_once: self.at_once,
            soak: self.soak.micros(),
            failed_at_most: self.failed_at_most,
            in_flight: self.in_flight,
            present: Wave::default(),
        })
    }

    fn robot_timeout(&self) -> Span {
        self.robot_timeout
    }

    fn headline(&self) -> String {
        format!("waves of {}, at most {} failed in each", self.wave, self.failed_at_most)
    }

    fn facts(&self, fleet_size: u32) -> Vec<Fact> {
        let waves = format!("{} of {} robots", fleet_size.div_ceil(self.wave), self.wave);
        let gate =
            format!("at most {} failed, {} after the last end", self.failed_at_most, humane(self.soak.seconds()));
        vec![Fact { name: "waves", words: waves }, Fact { name: "gate", words: gate }]
    }
}

const OUTCOMES: [JobOutcome; 2] = [
    JobOutcome {
        name: "AllWavesPassed",
        end: JobEnd::Completed,
        status: DeploymentStatus::Succeeded,
        failure_code: None,
    },
    JobOutcome { name: "GateFailed", end: JobEnd::Halted, status: DeploymentStatus::Failed, failure_code: None },
];

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Staged {
    wave: u32,
    at_once: u32,
    /// In microseconds.
    soak: u64,
    failed_at_most: u32,
    in_flight: OnBreach,
    present: Wave,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Wave {
    started: u32,
    failed: u32,
    /// When it has soaked, once it has ended.
    soaked: Option<Time>,
}

impl Controller for Staged {
    fn outcomes(&self) -> &'static [JobOutcome] {
        &OUTCOMES
    }

    fn halt_words(&self) -> HaltWords {
        HaltWords {
            halted: "halted at a gate",
            halt: "halt at a gate",
            halt_because: "fail a gate and halt",
            halts: "fails a gate",
            event: "gate_failed",
        }
    }

    fn job_created(&mut self, _now: Time, _kind: JobKind, _fleet_size: u32, _targets: &[RobotId]) {
        self.present = Wave::default();
    }

    fn limits(&self) -> Limits {
        Limits { in_flight: Some(self.wave.min(self.at_once)), failures: None }
    }

    fn admit(&mut self, _now: Time, _pending: &mut [RobotId], progress: &Progress) -> Admission {
        if self.present.started == self.wave || progress.in_flight == self.at_once {
            return Admission::Wait;
        }
        self.present.started += 1;
        Admission::Start
    }

    fn robot_ended(&mut self, _now: Time, _robot: RobotId, end: RobotEnd, _progress: &Progress) {
        self.present.failed += u32::from(matches!(end, RobotEnd::Failed(_) | RobotEnd::NoResponse));
    }

    fn judge(&mut self, now: Time, progress: &Progress) -> Judgement {
        let to_come = progress.targets - progress.started - progress.withdrawn;
        let over = progress.in_flight == 0 && (self.present.started == self.wave || to_come == 0);
        if !over {
            return Judgement::GoesOn;
        }
        let soaked = *self.present.soaked.get_or_insert(now + Span::from_micros(self.soak));
        if now < soaked {
            return Judgement::Until(soaked);
        }
        let (limit, count) = (self.failed_at_most + 1, self.present.failed);
        if count >= limit {
            return Judgement::Halt(Halt { rule: 0, limit, count, in_flight: self.in_flight, outcome: 1 });
        }
        self.present = Wave::default();
        Judgement::GoesOn
    }
}
