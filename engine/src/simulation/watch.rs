//! Whoever watches a campaign, and may break it off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::Observer;
use super::stop::{Cancelled, Stop};
use super::turn::Patience;

/// An observer, and a flag that breaks the campaign off soon after it becomes true.
#[derive(Debug)]
pub struct Watch<'a, O> {
    pub(super) observer: O,
    cancelled: &'a AtomicBool,
    /// Where starts are counted for somebody who waits.
    starts: Option<Arc<AtomicU64>>,
    /// Starts of robots so far, and whatever else happens.
    events: u32,
}

/// How many robots may start between two looks at the cancellation flag; no more end than start.
const EVENTS_PER_LOOK: u32 = 1 << 14;

impl<'a, O: Observer> Watch<'a, O> {
    /// Tells `observer` what happens.
    pub fn new(observer: O, cancelled: &'a AtomicBool) -> Self {
        Watch { observer, cancelled, starts: None, events: 0 }
    }

    /// The observer that is told.
    pub fn observer(&mut self) -> &mut O {
        &mut self.observer
    }

    /// Adds the robots that start to this number, some thousands at a time.
    pub(super) fn counting_starts(self, starts: Option<Arc<AtomicU64>>) -> Self {
        Watch { starts, ..self }
    }

    #[cold]
    fn look(&self) -> Result<(), Cancelled> {
        if let Some(starts) = &self.starts {
            starts.fetch_add(EVENTS_PER_LOOK.into(), Ordering::Relaxed);
        }
        self.stop().check()
    }
}

impl<O: Observer> Patience for Watch<'_, O> {
    /// An instant may hold as many events as the fleet has robots.
    #[inline(always)]
    fn count(&mut self) -> Result<(), Cancelled> {
        self.events = self.events.wrapping_add(1);
        if self.events.is_multiple_of(EVENTS_PER_LOOK) { self.look() } else { Ok(()) }
    }

    #[inline(always)]
    fn stop(&self) -> Stop<'_> {
        Stop::when(self.cancelled)
    }
}
