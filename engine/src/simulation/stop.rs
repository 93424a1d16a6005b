//! How a campaign is broken off.

use std::sync::atomic::{AtomicBool, Ordering};

/// A campaign was broken off, and what is left of it means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

/// Whether somebody wants a campaign to be broken off: what may take long looks at it now and then.
#[derive(Clone, Copy, Debug)]
pub struct Stop<'a>(Option<&'a AtomicBool>);

impl<'a> Stop<'a> {
    /// Nobody wants it.
    pub const NEVER: Stop<'static> = Stop(None);

    /// When this becomes true, for good.
    pub fn when(cancelled: &'a AtomicBool) -> Stop<'a> {
        Stop(Some(cancelled))
    }

    /// Whether it has been asked for.
    #[inline]
    pub fn is_asked(self) -> bool {
        self.0.is_some_and(|cancelled| cancelled.load(Ordering::Relaxed))
    }

    /// An error if it has been asked for.
    #[inline]
    pub fn check(self) -> Result<(), Cancelled> {
        if self.is_asked() { Err(Cancelled) } else { Ok(()) }
    }
}
