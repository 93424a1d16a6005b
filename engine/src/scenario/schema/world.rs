//! The world around a rollout that belongs to no group: `[download]` and `[api]`.

use serde_json::{Value, json};

use super::table::Table;
use super::values::{at_least, duration, fraction, integer, rate, size};
use crate::scenario::MAX_CALL_ATTEMPTS;

/// `[download]`
pub fn download() -> Value {
    Table::new("What robots download, and what its origin can send.")
        .required("bundle_size", "How large the bundle is; from 1B to 1TB.", size())
        .optional("egress", "The origin's cap over all robots. Left out: none.", rate())
        .into_value()
}

/// `[api]`; the defaults of `retry` are those of [`RetryPolicy`](crate::rollout::RetryPolicy).
pub fn api() -> Value {
    let retry = Table::new("How the client repeats a call.")
        .with_default("base", "The wait before the first retry.", duration(), "1s")
        .with_default("factor", "By which the wait grows from one retry to the next.", at_least(1), 2)
        .with_default(
            "max_attempts",
            "How often a call is made before it is given up, the first time included.",
            integer(1, MAX_CALL_ATTEMPTS.into()),
            5,
        )
        .with_default("jitter", "The share of the wait that chance adds or takes away at most.", fraction(), 0.5)
        .into_value();
    let default = json!({ "base": "1s", "factor": 2, "max_attempts": 5, "jitter": 0.5 });
    Table::new("Calls go wrong, each attempt for itself; the three probabilities add up to at most 1.")
        .with_default("throttle", "The probability of ThrottlingException, which takes no effect.", fraction(), 0)
        .with_default(
            "internal_error",
            "The probability of InternalServerException, which takes none either.",
            fraction(),
            0,
        )
        .with_default(
            "lost_answer",
            "The probability that the call takes effect and its answer is lost.",
            fraction(),
            0,
        )
        .with_default("retry", "How the client repeats a call.", retry, default)
        .into_value()
}
