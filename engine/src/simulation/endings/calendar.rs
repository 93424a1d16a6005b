//! A calendar of many endings that are due later.

use super::tournament::{MAX_LANES, Tournament};
use super::{Ending, last_first};
use crate::time::Time;

/// How many buckets a page has; a power of two.
const BUCKETS: u64 = 1024;

/// Endings in buckets of time, as in the ladder queue: W. T. Tang, R. S. M. Goh and I. L.-J. Thng, "Ladder queue: an
/// O(1) priority queue structure for large-scale discrete event simulation", ACM TOMACS 15 (2005).
///
/// An ending is written into its bucket, and read when the bucket's time has come. A bucket with too many is first
/// spread over a page of narrower ones.
#[derive(Clone, Debug, Default)]
pub struct CalendarQueue {
    /// Later than all pages.
    later: Vec<Ending>,
    /// Each page divides the time before the next bucket of the page before it.
    pages: Vec<Sheet>,
    /// Pages that have been read, for their memory.
    read: Vec<Sheet>,
}

/// Buckets of 2^shift microseconds.
#[derive(Clone, Debug, Default)]
struct Sheet {
    /// When the first one begins.
    from: u64,
    /// When the last one ends, which may be shorter than the others.
    until: u64,
    shift: u32,
    /// The next one to be read.
    next: usize,
    /// It is never empty.
    buckets: Vec<Vec<Ending>>,
}

impl Sheet {
    /// The bucket of an instant that is not later than the page.
    #[inline]
    fn bucket_of(&self, instant: u64) -> usize {
        ((instant - self.from) >> self.shift) as usize
    }

    fn begin_of(&self, bucket: usize) -> u64 {
        (self.from + ((bucket as u64) << self.shift)).min(self.until)
    }
}

impl CalendarQueue {
    /// Adds an ending that is not due before those that have been handed out.
    #[inline]
    pub fn push(&mut self, ending: Ending) {
        let due = ending.due.micros();
        match self.pages.iter_mut().rev().find(|page| due < page.until) {
            Some(page) => {
                let bucket = page.bucket_of(due);
                page.buckets[bucket].push(ending);
            }
            None => self.later.push(ending),
        }
    }

    /// Hands out the earliest endings, those before the instant that it returns, to `near`; or to `at_once`, if they are
    /// many and due at the same instant. `near` must be empty; a crowd of a later instant may be at once already, and then
    /// nothing later than it is handed out.
    pub fn take(&mut self, near: &mut Tournament, at_once: &mut Vec<Ending>) -> Time {
        loop {
            let crowd = at_once.last().map(|ending| ending.due.micros());
            let Some(page) = self.pages.last_mut() else {
                if let Some(crowd) = crowd {
                    return Time::from_micros(crowd + 1);
                }
                if self.later.len() <= MAX_LANES {
                    near.load(&mut self.later);
                    return Time::NEVER;
                }
                let mut later = std::mem::take(&mut self.later);
                let instants = || later.iter().map(|ending| ending.due.micros());
                let (from, last) = (instants().min().unwrap_or(0), instants().max().unwrap_or(0));
                self.spread(&mut later, from, last + 1);
                self.later = later;
                continue;
            };
            let Some(next) = (page.next..page.buckets.len()).find(|bucket| !page.buckets[*bucket].is_empty()) else {
                self.read.extend(self.pages.pop());
                continue;
            };
            let (from, until) = (page.begin_of(next), page.begin_of(next + 1));
            if let Some(crowd) = crowd.filter(|crowd| *crowd < from) {
                return Time::from_micros(crowd + 1);
            }
            page.next = next + 1;
            let bucket = &mut page.buckets[next];
            if bucket.len() <= MAX_LANES {
                near.load(bucket);
            } else if until - from > 1 {
                let mut bucket = std::mem::take(bucket);
                self.spread(&mut bucket, from, until);
                continue;
            } else {
                let later = at_once.partition_point(|ending| ending.due.micros() > from);
                at_once.append(bucket);
                last_first(&mut at_once[later..]);
            }
            return Time::from_micros(until);
        }
    }

    /// Takes back all endings that are due before `until`.
    pub fn take_back(&mut self, mut endings: Vec<Ending>, until: Time) {
        if until == Time::NEVER {
            self.later.append(&mut endings);
        } else {
            let from = endings.iter().map(|ending| ending.due.micros()).min().unwrap_or(0);
            self.spread(&mut endings, from, until.micros());
        }
    }

    /// Spreads endings that are due in from..until over a new page.
    fn spread(&mut self, endings: &mut Vec<Ending>, from: u64, until: u64) {
        let mut page = self.read.pop().unwrap_or_default();
        (page.from, page.until, page.shift, page.next) = (from, until, 0, 0);
        while (until - 1 - from) >> page.shift >= BUCKETS {
            page.shift += 1;
        }
        page.buckets.resize_with(page.bucket_of(until - 1) + 1, Vec::new);
        for ending in endings.drain(..) {
            let bucket = page.bucket_of(ending.due.micros());
            page.buckets[bucket].push(ending);
        }
        self.pages.push(page);
    }

    /// Takes all that is left, in no order.
    pub fn take_all(&mut self, mut take: impl FnMut(Ending)) {
        self.later.drain(..).for_each(&mut take);
        for mut page in self.pages.drain(..) {
            page.buckets.iter_mut().flat_map(|bucket| bucket.drain(..)).for_each(&mut take);
            self.read.push(page);
        }
    }
}
