//! The names of requests.

use std::sync::atomic::{AtomicU64, Ordering};

/// Gives each request a name that looks like AWS's, and that no other request of this process has.
#[derive(Debug)]
pub struct RequestIds {
    start: u64,
    next: AtomicU64,
}

impl RequestIds {
    /// Names of a process that is told from others by `start`.
    pub fn new(start: u64) -> RequestIds {
        RequestIds { start, next: AtomicU64::new(0) }
    }

    /// The next name: a UUID of version 4.
    pub fn next(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let high = scatter(self.start) & 0xffff_ffff_ffff_0fff | 0x4000;
        // One to one in the number, so that no two are the same, but for the two bits that the version takes.
        let low = (scatter(self.start ^ 0x5bd1) ^ number) & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
        let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0xffff);
        format!("{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}", low >> 48, low & 0xffff_ffff_ffff)
    }
}

/// The finalizer of splitmix64.
fn scatter(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_uuids_and_differ() {
        let ids = RequestIds::new(7);
        let names: Vec<String> = (0..1000).map(|_| ids.next()).collect();
        for name in &names {
            assert_eq!(name.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{name}");
            assert_eq!(&name[14..15], "4", "{name}");
        }
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
    }
}
