//! Chance: every random number is a pure function of (seed, replication, robot, attempt, purpose).
//!
//! The generator is [Philox4x32-10](philox), which maps a counter to random words. The key is the seed, and
//! the counter says what the number is for:
//!
//! | word | content |
//! |---|---|
//! | 0 | how many blocks this stream has used |
//! | 1 | the [`Purpose`] in the low 8 bits, the attempt (from 0) in the high 24, or the step of a group |
//! | 2 | the robot, or the number of the job, the group or the call that the draws belong to |
//! | 3 | the replication |
//!
//! Each [`Purpose`] says what its words 1 and 2 count.
//!
//! So a robot's k-th attempt has the same luck whatever the percentages, thresholds, timeouts, other robots or
//! threads (*common random numbers*): two settings of a policy can be compared pair by pair.
//!
//! **How far the promise reaches.** Results are the same bytes on every machine and target that Rust compiles for with
//! IEEE 754 arithmetic. Draws use only `+ - * /`, `sqrt`, polynomials made of them, and the pure-Rust `libm` crate at
//! an exact version, because the standard library's `ln`, `exp` and `powf` call the machine's C library, whose last
//! bits depend on its version and the CPU (clippy bans them in this crate). `rand_distr` is not used here for the same
//! reason: its `libm` mode is switched off by any other crate that asks `num-traits` for `std`. It serves as an
//! independent check of these samplers in the tests.

pub mod attempt;
mod beta;
mod choice;
mod elementary;
mod family;
mod normal;
pub mod philox;
mod rate;
mod residual;
mod sampler;

use std::convert::Infallible;

use rand::rand_core::TryRng;
use serde::{Deserialize, Serialize};

pub use beta::Beta;
pub use choice::Choice;
pub use family::{
    Distribution, FAMILIES, FamilyDescription, Parameter, ParameterOrder, ParameterRange, ParameterSet, Takes, Values,
};
pub use normal::{normal_cdf, normal_quantile};
pub use rate::{MAX_RATE, whole_rate};
pub use residual::Residual;
pub use sampler::{Inverse, Sampler};

use crate::rollout::RobotDeploymentStep;

/// What a stream of random numbers is for, and so what its robot and attempt count. An attempt that is not named is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// What families that need more than one number take for a step's latency (R7).
    Step(RobotDeploymentStep),
    /// A robot's attempt: the [numbers](attempt) for its outcome and for its steps' latencies (R7).
    Attempt,
    /// A job's `Preparing` latency (R5). The robot is the job's number.
    Preparing,
    /// A job's permutation of its targets (R6). The robot is the job's number.
    StartOrder,
    /// Which build the replication gets. The robot is 0.
    Build,
    /// The probability with which a group's step fails in the replication. The robot is the group's index, the attempt
    /// the step's number.
    FailureProbability,
    /// A robot's times online and offline, all from one stream in the order of time.
    Connectivity,
    /// How late a robot arrives at its group's windows and leaves, all from one stream in the order in which these begin.
    Docking,
    /// The times between an outage's beginnings and ends, all from one stream. The robot is the outage's number.
    Outage,
    /// The times between a group's registrations. The robot is the group's index. There may be more registrations than
    /// attempts, so a group has one stream, from which they are drawn in order.
    Interarrival,
    /// The rate of a robot's link.
    Link,
    /// An attempt of an API call. The robot is the call's number.
    Call,
    /// How fast a group is in the replication. The robot is the group's index.
    Pace,
    /// Whether a robot's failure in an attempt stays, and for how long.
    Persistence,
}

impl Purpose {
    /// A number below 256 that is this purpose's for good: changing it changes results.
    const fn code(self) -> u32 {
        match self {
            Purpose::Step(step) => step as u32,
            Purpose::Preparing => 16,
            Purpose::StartOrder => 17,
            Purpose::Build => 18,
            Purpose::FailureProbability => 19,
            Purpose::Connectivity => 20,
            Purpose::Interarrival => 21,
            Purpose::Link => 22,
            Purpose::Call => 23,
            Purpose::Attempt => 24,
            Purpose::Docking => 26,
            Purpose::Outage => 27,
            Purpose::Pace => 28,
            Purpose::Persistence => 29,
        }
    }
}

/// The largest attempt number, and so the largest number of jobs in a campaign: 24 bits.
pub const MAX_ATTEMPTS: u32 = 1 << 24;

/// The luck of one replication: opens the streams of all its draws.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Luck {
    key: [u32; 2],
    replication: u32,
}

impl Luck {
    /// The luck of replication `replication` (from 0) under `seed`.
    pub const fn new(seed: u64, replication: u32) -> Luck {
        Luck { key: [seed as u32, (seed >> 32) as u32], replication }
    }

    /// The stream for `purpose` of `robot` (from 0) in its attempt `attempt` (from 0, below [`MAX_ATTEMPTS`]), or of
    /// whatever else the [`Purpose`] says that the two count.
    #[inline]
    pub fn robot(&self, robot: u32, attempt: u32, purpose: Purpose) -> Stream {
        debug_assert!(attempt < MAX_ATTEMPTS);
        Stream { key: self.key, counter: [0, purpose.code() | attempt << 8, robot, self.replication], second: None }
    }

    /// The stream for `purpose` of the job with this number (from 0).
    pub fn job(&self, number: u32, purpose: Purpose) -> Stream {
        self.robot(number, 0, purpose)
    }
}

/// A stream of random numbers. Implements rand's `Rng`, so rand's algorithms can draw from it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stream {
    key: [u32; 2],
    counter: [u32; 4],
    second: Option<u64>,
}

impl Stream {
    /// The next 64 random bits: the two halves of a block, one block after another.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        if let Some(bits) = self.second.take() {
            return bits;
        }
        let [a, b, c, d] = philox::philox4x32(self.counter, self.key);
        self.counter[0] += 1;
        self.second = Some(u64::from(c) | u64::from(d) << 32);
        u64::from(a) | u64::from(b) << 32
    }

    /// Uniform in the open interval (0, 1): the middles of 2^52 equal cells, symmetric about 1/2.
    #[inline]
    pub fn open01(&mut self) -> f64 {
        elementary::unit::<52>(self.bits() >> 12)
    }

    /// Uniform in [0, 1) in steps of 2^-53, so that `chance() < p` holds never for 0 and always for 1.
    #[inline]
    pub fn chance(&mut self) -> f64 {
        const CELL: f64 = 1.0 / (1u64 << 53) as f64;
        (self.bits() >> 11) as f64 * CELL
    }

    /// Uniform in 0..n for n > 0, by the high half of a product; biased by less than n / 2^64.
    #[inline]
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.bits() as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.bits())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.bits().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_coordinate_opens_another_stream() {
        let step = Purpose::Step(RobotDeploymentStep::Launching);
        let first = |seed, replication, robot, attempt, purpose| {
            Luck::new(seed, replication).robot(robot, attempt, purpose).bits()
        };
        let base = first(1, 2, 3, 4, step);
        for other in [
            first(1 + (1 << 40), 2, 3, 4, step),
            first(1, 1, 3, 4, step),
            first(1, 2, 2, 4, step),
            first(1, 2, 3, 5, step),
            first(1, 2, 3, 4, Purpose::StartOrder),
        ] {
            assert_ne!(base, other);
        }
        assert_eq!(base, first(1, 2, 3, 4, step));
    }

    /// The stream is stable: these numbers may change only together with a note on changed results.
    #[test]
    fn the_stream_is_pinned() {
        let mut stream = Luck::new(42, 7).robot(199, 1, Purpose::Step(RobotDeploymentStep::Validating));
        let words: Vec<u32> = philox::philox4x32([0, 1 << 8, 199, 7], [42, 0]).to_vec();
        assert_eq!(stream.bits(), u64::from(words[0]) | u64::from(words[1]) << 32);
        assert_eq!(stream.bits(), u64::from(words[2]) | u64::from(words[3]) << 32);
        let next = philox::philox4x32([1, 1 << 8, 199, 7], [42, 0]);
        assert_eq!(stream.bits(), u64::from(next[0]) | u64::from(next[1]) << 32);
    }

    /// Two purposes never share a code, and none changes its own.
    #[test]
    fn the_codes_are_pinned() {
        let steps = RobotDeploymentStep::ALL;
        let others = [
            Purpose::Preparing,
            Purpose::StartOrder,
            Purpose::Build,
            Purpose::FailureProbability,
            Purpose::Connectivity,
            Purpose::Interarrival,
            Purpose::Link,
            Purpose::Call,
        ];
        for (code, step) in (0..).zip(steps) {
            assert_eq!(Purpose::Step(*step).code(), code);
        }
        assert!(steps.len() <= 16);
        for (code, purpose) in [(24, Purpose::Attempt), (28, Purpose::Pace), (29, Purpose::Persistence)] {
            assert_eq!(purpose.code(), code);
        }
        for (code, purpose) in (16..).zip(others) {
            assert_eq!(purpose.code(), code);
        }
    }

    #[test]
    fn uniforms_stay_inside_their_intervals() {
        let fixed = |bits: u64| Stream { key: [0; 2], counter: [0; 4], second: Some(bits) };
        assert!(fixed(0).open01() > 0.0 && fixed(u64::MAX).open01() < 1.0);
        assert!(fixed(0).chance() == 0.0 && fixed(u64::MAX).chance() < 1.0);
        assert_eq!(fixed(u64::MAX).below(7), 6);
    }
}
