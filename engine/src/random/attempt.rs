//! The numbers that a robot's attempt takes: one for the outcome of all its steps, and one for the latency of each.
//!
//! Each has a slot of its own, whatever steps and families a scenario has, so a change of one leaves the luck of the
//! others alone. Three slots share the 128 bits of a block of the generator, 42 bits each: a cell of 2e-13 is far below
//! what any number of replications could tell from none. Families that need more numbers than one take them from a
//! stream of their own ([`Purpose::Step`]).

use super::elementary::unit;
use super::philox::{philox4x32, philox4x32_each};
use super::{Luck, MAX_ATTEMPTS, Purpose};
use crate::rollout::RobotDeploymentStep;

/// How many slots there are.
pub const SLOTS: usize = BLOCKS * SLOTS_PER_BLOCK;

/// How many blocks of the generator they fill.
pub const BLOCKS: usize = 3;

/// How many slots share a block.
pub const SLOTS_PER_BLOCK: usize = 3;

/// The slot of the number that decides at which step an attempt fails, if it does.
pub const OUTCOME: usize = 0;

/// The slot of a step's latency. Steps that most scenarios have come first, so that these need two blocks and not
/// three.
pub const fn latency_slot(step: RobotDeploymentStep) -> usize {
    match step {
        RobotDeploymentStep::Validating => 1,
        RobotDeploymentStep::DownloadingExtracting => 2,
        RobotDeploymentStep::ExecutingPreLaunch => 3,
        RobotDeploymentStep::Launching => 4,
        RobotDeploymentStep::ExecutingPostLaunch => 5,
        RobotDeploymentStep::ExecutingDownloadCondition => 6,
        RobotDeploymentStep::Finished => 7,
    }
}

/// The number in a slot of a block, by its place there: 32 bits of a word of its own, and ten of the one that all
/// share.
#[inline(always)]
fn number([a, shared, c, d]: [u64; 4], place: usize) -> f64 {
    let low = [a, c, d][place];
    let high = shared >> (10 * place) & 0x3ff;
    unit::<42>(low | high << 32)
}

impl Luck {
    /// The number in (0, 1) in a slot of `robot`'s attempt `attempt` (from 0, below [`MAX_ATTEMPTS`]).
    #[inline]
    pub fn attempt(&self, robot: u32, attempt: u32, slot: usize) -> f64 {
        debug_assert!(attempt < MAX_ATTEMPTS);
        let word = Purpose::Attempt.code() | attempt << 8;
        let block = (slot / SLOTS_PER_BLOCK) as u32;
        number(philox4x32([block, word, robot, self.replication], self.key).map(u64::from), slot % SLOTS_PER_BLOCK)
    }

    /// The numbers in the slots of a block of many robots' attempts.
    #[inline(always)]
    pub fn attempts<const N: usize>(
        &self,
        robots: &[u32; N],
        attempts: &[u32; N],
        block: usize,
    ) -> [[f64; N]; SLOTS_PER_BLOCK] {
        let mut second = [0; N];
        for i in 0..N {
            second[i] = Purpose::Attempt.code() | attempts[i] << 8;
        }
        let [a, b, c, d] = philox4x32_each(block as u32, &second, robots, self.replication, self.key);
        let mut numbers = [[0.0; N]; SLOTS_PER_BLOCK];
        for (place, numbers) in numbers.iter_mut().enumerate() {
            for i in 0..N {
                numbers[i] = number([a[i], b[i], c[i], d[i]], place);
            }
        }
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_at_a_time_are_the_same_as_one_by_one() {
        let luck = Luck::new(77, 5);
        let robots: [u32; 16] = std::array::from_fn(|i| 1000 * i as u32);
        let attempts: [u32; 16] = std::array::from_fn(|i| i as u32 % 3);
        for slot in 0..SLOTS {
            let numbers = luck.attempts(&robots, &attempts, slot / SLOTS_PER_BLOCK)[slot % SLOTS_PER_BLOCK];
            for i in 0..16 {
                assert_eq!(numbers[i], luck.attempt(robots[i], attempts[i], slot));
            }
        }
    }

    #[test]
    fn every_step_has_a_slot_of_its_own() {
        let mut slots: Vec<usize> = RobotDeploymentStep::ALL.iter().map(|step| latency_slot(*step)).collect();
        slots.push(OUTCOME);
        slots.sort_unstable();
        slots.dedup();
        assert_eq!(slots.len(), RobotDeploymentStep::ALL.len() + 1);
        assert!(slots.iter().all(|slot| *slot < SLOTS));
    }

    /// Numbers of a block share no bits: over many robots every two slots are as good as independent.
    #[test]
    fn slots_of_a_block_are_uncorrelated() {
        let luck = Luck::new(5, 1);
        let count = 40_000;
        for (one, other) in [(0, 1), (0, 2), (1, 2), (2, 3)] {
            let product = |robot| (luck.attempt(robot, 0, one) - 0.5) * (luck.attempt(robot, 0, other) - 0.5);
            let correlation = 12.0 * (0..count).map(product).sum::<f64>() / f64::from(count);
            // Its standard error is 1 / sqrt(count); five of them.
            assert!(correlation.abs() < 5.0 / f64::from(count).sqrt(), "{one} {other}: {correlation}");
        }
    }
}
