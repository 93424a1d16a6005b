//! What connections may do, and how many calls there may be.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// What connections may do.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// How many there may be; who comes then waits.
    pub connections: usize,
    /// How long a request's header may take, and how long a connection may wait for its next request.
    pub header_time: Duration,
    /// How long a header may be, in bytes.
    pub header_size: usize,
    /// How many lines it may have.
    pub headers: usize,
    /// How long a request's body may take.
    pub body_time: Duration,
    /// How long a client may take none of its answer.
    pub write_time: Duration,
    /// How many answers may be on their way that may speak of all robots. Who asks for another one waits.
    pub large_answers: usize,
    /// How many may watch.
    pub watchers: usize,
    /// How long connections may go on after the server was told to stop.
    pub grace: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> ConnectionLimits {
        ConnectionLimits {
            connections: 1024,
            header_time: Duration::from_secs(10),
            header_size: 16 * 1024,
            headers: 64,
            body_time: Duration::from_secs(10),
            write_time: Duration::from_secs(10),
            large_answers: 16,
            watchers: 256,
            grace: Duration::from_secs(5),
        }
    }
}

/// So many calls a second: a bucket that holds one second's calls.
#[derive(Debug)]
pub struct RateLimit {
    rate: f64,
    /// What is left in the bucket, and since when.
    bucket: Mutex<(f64, Instant)>,
}

impl RateLimit {
    /// At most `rate` calls a second, which is greater than 0; as many at once, but at least one.
    pub fn new(rate: f64, now: Instant) -> RateLimit {
        RateLimit { rate, bucket: Mutex::new((rate.max(1.0), now)) }
    }

    /// Whether there may be a call now.
    pub fn admits(&self, now: Instant) -> bool {
        let mut bucket = self.bucket.lock().expect("nothing panics between two numbers");
        let (left, since) = *bucket;
        let filled = left + now.saturating_duration_since(since).as_secs_f64() * self.rate;
        let filled = filled.min(self.rate.max(1.0));
        let admitted = filled >= 1.0;
        *bucket = (if admitted { filled - 1.0 } else { filled }, now.max(since));
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_fills_at_its_rate() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let limit = RateLimit::new(2.0, start);
        let admitted: Vec<bool> =
            [0, 0, 0, 400, 500, 600, 5000, 5000, 5000].map(|millis| limit.admits(at(millis))).to_vec();
        assert_eq!(admitted, [true, true, false, false, true, false, true, true, false]);
        let slow = RateLimit::new(0.1, start);
        assert_eq!([slow.admits(start), slow.admits(at(9_000)), slow.admits(at(10_001))], [true, false, true]);
    }
}
