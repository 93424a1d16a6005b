//! Calls for jobs that go wrong, as the scenario's `[api]` says (R17).

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Account;
use crate::control_plane::{ApiException, ExceptionCode, TokenKey};
use crate::random::{MAX_ATTEMPTS, Purpose};
use crate::rollout::Fault;
use crate::simulation::draw_fault;

/// How many tokens are told apart; of older ones a repeat is a new call.
const MOST_TOKENS: usize = 100_000;

/// The calls so far. A call is what comes under one token; the simulated operator counts its calls in the same way.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// The number of each call, and how often it has been made.
    calls: HashMap<TokenKey, (u32, u32)>,
    /// Its tokens, the oldest first.
    order: VecDeque<TokenKey>,
    next: u32,
}

impl Faults {
    /// Another attempt under a token: the number of the call, and that of the attempt, both from 0.
    fn attempt(&mut self, token: TokenKey) -> (u32, u32) {
        if !self.calls.contains_key(&token) {
            if self.order.len() == MOST_TOKENS
                && let Some(oldest) = self.order.pop_front()
            {
                self.calls.remove(&oldest);
            }
            self.order.push_back(token);
            self.calls.insert(token, (self.next, 0));
            self.next = self.next.wrapping_add(1);
        }
        let Some((call, attempts)) = self.calls.get_mut(&token) else { return (0, 0) };
        let attempt = *attempts % MAX_ATTEMPTS;
        *attempts += 1;
        (*call, attempt)
    }
}

/// The calls from the oldest on, each with its token, number and attempts; and the next number.
type WrittenFaults = (Vec<(TokenKey, u32, u32)>, u32);

impl Serialize for Faults {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let calls =
            self.order.iter().filter_map(|token| self.calls.get(token).map(|(call, tried)| (*token, *call, *tried)));
        (calls.collect::<Vec<_>>(), self.next).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Faults {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Faults, D::Error> {
        let (calls, next) = WrittenFaults::deserialize(deserializer)?;
        let order = calls.iter().map(|(token, ..)| *token).collect();
        let calls = calls.into_iter().map(|(token, call, tried)| (token, (call, tried))).collect();
        Ok(Faults { calls, order, next })
    }
}

impl Account {
    /// Whether calls for jobs may go wrong, so that even those that are refused leave a trace.
    pub fn calls_may_fail(&self) -> bool {
        self.world.plan().api.is_some()
    }

    /// A call for a job is made under a token: whether its answer will get lost.
    ///
    /// # Errors
    /// `ThrottlingException` or `InternalServerException`: it goes wrong before it takes effect.
    pub fn risk(&mut self, token: TokenKey) -> Result<bool, ApiException> {
        let Some(api) = &self.world.plan().api else { return Ok(false) };
        let (call, attempt) = self.faults.attempt(token);
        match draw_fault(api, &mut self.world.draws().luck.robot(call, attempt, Purpose::Call)) {
            None => Ok(false),
            Some(Fault::LostAnswer) => Ok(true),
            Some(Fault::Throttled) => Err(ApiException::new(ExceptionCode::Throttling, "Rate exceeded.")),
            Some(Fault::InternalError) => {
                Err(ApiException::new(ExceptionCode::InternalServer, "The service has failed inside; try again."))
            }
        }
    }
}
