//! The floor: the benchmark model M1 as somebody would write it by hand, fast and for nothing else.
//!
//! A scalar generator, ziggurats from `rand_distr`, one event a robot, a binary heap whose top is replaced. No
//! scenario, no controller, no statistics but a few sums. Every figure of the benchmarks is a ratio to it, measured in
//! the same run.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use rand::rngs::SmallRng;
use rand::{Rng, RngExt, SeedableRng};
use rand_distr::{Distribution, Exp1, StandardNormal};

/// What one campaign comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub makespan: u64,
    pub succeeded: u32,
    pub failed: u32,
    pub no_response: u32,
    pub halted: bool,
    /// Microseconds, summed over robots that succeed.
    pub in_sync: u64,
    pub deploying: u64,
}

const TIMEOUT: u64 = 1_800_000_000;

/// How a robot ends, in the low bits of its key.
const SUCCEEDED: u64 = 0;
const FAILED: u64 = 1;
const NO_RESPONSE: u64 = 2;

/// One campaign of `robots` robots: a fifth at once, halt at a quarter failed.
pub fn campaign(robots: u32, rng: &mut SmallRng) -> Outcome {
    let slots = (robots / 5).max(1);
    let limit = robots.div_ceil(4);
    let mut outcome = Outcome::default();
    let mut heap = BinaryHeap::with_capacity(slots as usize);
    let mut started = 0;
    while started < slots.min(robots) {
        heap.push(Reverse(attempt(0, rng)));
        started += 1;
    }
    while let Some(mut top) = heap.peek_mut() {
        let key = top.0;
        let now = key >> 2;
        outcome.makespan = now;
        match key & 3 {
            SUCCEEDED => {
                outcome.succeeded += 1;
                outcome.in_sync += now;
            }
            FAILED => outcome.failed += 1,
            _ => outcome.no_response += 1,
        }
        outcome.halted |= outcome.failed + outcome.no_response >= limit;
        if started < robots && !outcome.halted {
            started += 1;
            *top = Reverse(attempt(now, rng));
            outcome.deploying += (top.0 >> 2) - now;
        } else {
            PeekMut::pop(top);
        }
    }
    outcome
}

/// The key of a robot that starts now: its end in microseconds, and how it ends.
#[inline]
fn attempt(now: u64, rng: &mut SmallRng) -> u64 {
    let steps: [(f64, f64); 5] = [
        (5e6 * exponential(rng), 0.002),
        (120e6 * libm::exp(0.8 * normal(rng)), 0.01),
        (10e6 * exponential(rng), 0.003),
        (20e6 * libm::exp(0.5 * normal(rng)), 0.005),
        (10e6 * exponential(rng), 0.003),
    ];
    // One number for the outcome of all steps.
    let mut chance: f64 = rng.random();
    let mut elapsed = 0.0;
    let mut end = SUCCEEDED;
    for (latency, failure) in steps {
        elapsed += latency;
        if chance < failure {
            end = FAILED;
            break;
        }
        chance = (chance - failure) / (1.0 - failure);
    }
    let micros = (elapsed + 0.5) as u64;
    if micros > TIMEOUT { (now + TIMEOUT) << 2 | NO_RESPONSE } else { (now + micros) << 2 | end }
}

fn exponential(rng: &mut impl Rng) -> f64 {
    Exp1.sample(rng)
}

fn normal(rng: &mut impl Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// The generator of the floor.
pub fn generator(seed: u64) -> SmallRng {
    SmallRng::seed_from_u64(seed)
}
