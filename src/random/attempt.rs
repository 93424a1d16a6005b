//! The numbers that a robot's attempt takes: one for the outcome of all its steps, and one for the latency of each.
//!
//! Each has a slot of its own, whatever steps and families a scenario has, so a change of one leaves the luck of the others alone.
//! Two slots share a block of the generator. Families that need more numbers than one take them from a stream of their own
//! ([`Purpose::Step`]).

use super::elementary::unit;
use super::philox::{philox4x32, philox4x32_each};
use super::{Luck, MAX_ATTEMPTS, Purpose};
use crate::rollout::RobotDeploymentStep;

/// How many slots there are.
pub const SLOTS: usize = 8;

/// The slot of the number that decides at which step an attempt fails, if it does.
pub const OUTCOME: usize = 0;

/// The slot of a step's latency. Steps that most scenarios have come first, so that these need three blocks and not four.
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

impl Luck {
    /// The number in (0, 1) in a slot of `robot`'s attempt `attempt` (from 0, below [`MAX_ATTEMPTS`]).
    #[inline]
    pub fn attempt(&self, robot: u32, attempt: u32, slot: usize) -> f64 {
        debug_assert!(attempt < MAX_ATTEMPTS);
        let word = Purpose::Attempt.code() | attempt << 8;
        let [a, b, c, d] = philox4x32([slot as u32 / 2, word, robot, self.replication], self.key);
        let (low, high) = if slot.is_multiple_of(2) { (a, b) } else { (c, d) };
        unit(u64::from(low) | u64::from(high) << 32)
    }

    /// The numbers in the slots `2 * pair` and `2 * pair + 1` of many robots' attempts.
    #[inline(always)]
    pub fn attempts<const N: usize>(
        &self,
        robots: &[u32; N],
        attempts: &[u32; N],
        pair: usize,
        slots: &mut [[f64; N]; SLOTS],
    ) {
        // Loops and not `map`, which the compiler does not always inline into code for other instruction sets.
        let mut words = [0; N];
        for i in 0..N {
            words[i] = Purpose::Attempt.code() | attempts[i] << 8;
        }
        let (first, second) = philox4x32_each(pair as u32, &words, robots, self.replication, self.key);
        for i in 0..N {
            slots[2 * pair][i] = unit(first[i]);
            slots[2 * pair + 1][i] = unit(second[i]);
        }
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
        let mut slots = [[0.0; 16]; SLOTS];
        (0..SLOTS / 2).for_each(|pair| luck.attempts(&robots, &attempts, pair, &mut slots));
        for (slot, numbers) in slots.iter().enumerate() {
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
        assert_eq!(slots, (0..SLOTS).collect::<Vec<_>>());
    }
}
