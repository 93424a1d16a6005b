//! Long work in parts, so that Ctrl-C finds something to show.

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::experiment::Workers;

/// What is simulated first, in robots.
const FIRST: u32 = 1 << 20;
/// A part shall take about so long: more often nobody looks, and all threads wait for the last one at each end.
const TIME: Duration = Duration::from_secs(1);

/// The parts of replications, one after the other. How they are cut depends on the machine; what comes of them does
/// not.
pub struct Parts {
    next: u32,
    end: u32,
    size: u32,
    least: u32,
    began: Option<Instant>,
}

impl Parts {
    /// Those of so many replications, of at most so many robots each.
    pub fn new(replications: u32, most_robots: u32, workers: &Workers) -> Parts {
        let least = workers.threads() as u32;
        let size = (FIRST / most_robots.max(1)).max(least);
        Parts { next: 0, end: replications, size, least, began: None }
    }
}

impl Iterator for Parts {
    type Item = Range<u32>;

    fn next(&mut self) -> Option<Range<u32>> {
        if let Some(took) = self.began.map(|began| began.elapsed()) {
            if took < TIME / 2 {
                self.size = self.size.saturating_mul(2);
            } else if took > TIME * 2 {
                self.size = (self.size / 2).max(self.least);
            }
        }
        let part = self.next..self.end.min(self.next.saturating_add(self.size));
        self.next = part.end;
        self.began = Some(Instant::now());
        (!part.is_empty()).then_some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the machine does, every replication is in one part.
    #[test]
    fn parts_follow_each_other() {
        let workers = Workers::new(Some(3)).expect("threads");
        for (replications, robots) in [(1, 1), (1000, 200), (7, 10_000_000), (u32::MAX, 1)] {
            let mut end = 0;
            for part in Parts::new(replications, robots, &workers) {
                assert!(part.start == end && part.end > end);
                end = part.end;
            }
            assert_eq!(end, replications);
        }
    }
}
