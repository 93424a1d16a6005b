//! What makes a repeated call one call: the client's token, and the memory of the calls that took effect.

use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::shapes::CLIENT_REQUEST_TOKEN;
use super::{ApiException, Call, ExceptionCode, Request};

/// The longest token, in characters, which are bytes: they are ASCII.
const MAX_LENGTH: usize = *CLIENT_REQUEST_TOKEN.length.end();

/// The caller's name for one call: 1 to 64 characters of `[a-zA-Z0-9_\-=]`, case-sensitive.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ClientRequestToken {
    /// The characters, then zeros.
    bytes: [u8; MAX_LENGTH],
    length: u8,
}

impl ClientRequestToken {
    /// The token with these characters, if they are a token.
    pub fn parse(text: &str) -> Option<ClientRequestToken> {
        CLIENT_REQUEST_TOKEN.accepts(text).then(|| ClientRequestToken::from_ascii(text.as_bytes()))
    }

    /// A token of its own for each number: sixteen hexadecimal digits.
    pub fn numbered(number: u64) -> ClientRequestToken {
        let digits: [u8; 16] =
            std::array::from_fn(|digit| b"0123456789abcdef"[(number >> (60 - 4 * digit) & 15) as usize]);
        ClientRequestToken::from_ascii(&digits)
    }

    fn from_ascii(text: &[u8]) -> ClientRequestToken {
        let mut bytes = [0; MAX_LENGTH];
        bytes[..text.len()].copy_from_slice(text);
        ClientRequestToken { bytes, length: text.len() as u8 }
    }

    /// What tells it from all other tokens.
    pub fn key(&self) -> TokenKey {
        let hash = Sha256::digest(self.as_str());
        let word = |from: usize| hash[from..from + 8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        TokenKey(word(0), word(8))
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).expect("a token is ASCII")
    }
}

impl Hash for ClientRequestToken {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes[..usize::from(self.length)].hash(state);
    }
}

impl fmt::Debug for ClientRequestToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// The first 128 bits of the SHA-256 of a token, where millions of tokens are remembered: nobody can find two tokens with
/// the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TokenKey(u64, u64);

/// Remembers for each token what was asked under it and what was answered (R17, R18). Only calls that took effect
/// belong here.
#[derive(Clone, Debug)]
pub struct TokenLedger<A> {
    calls: HashMap<TokenKey, (Arc<Request>, A)>,
}

impl<A> Default for TokenLedger<A> {
    fn default() -> Self {
        TokenLedger { calls: HashMap::new() }
    }
}

impl<A> TokenLedger<A> {
    /// What an identical call was answered, or nothing if the token is new. Identical are the operation and all
    /// parameters; what was left out differs from what was given as its default.
    ///
    /// # Errors
    ///
    /// `IdempotentParameterMismatchException` if the token was used for another request.
    pub fn find(&self, call: &Call) -> Result<Option<&A>, ApiException> {
        match self.calls.get(&call.token.key()) {
            None => Ok(None),
            // Calls made from one request share it, and then this compares two pointers.
            Some((request, answer)) if *request == call.request => Ok(Some(answer)),
            Some(_) => Err(ApiException::new(
                ExceptionCode::IdempotentParameterMismatch,
                "The client request token was used before, for a request with other parameters.",
            )),
        }
    }

    /// A call took effect and was answered so. What is already remembered of its token stays.
    pub fn remember(&mut self, call: &Call, answer: A) {
        self.remember_request(call.token.key(), Arc::clone(&call.request), answer);
    }

    /// The same of a request that others may share.
    pub fn remember_request(&mut self, token: TokenKey, request: Arc<Request>, answer: A) {
        self.calls.entry(token).or_insert((request, answer));
    }

    /// Forgets what is remembered of a token.
    pub fn forget(&mut self, token: &TokenKey) {
        self.calls.remove(token);
    }

    /// How many calls are remembered.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether no call is remembered.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Forgets all calls. Keeps the memory.
    pub fn clear(&mut self) {
        self.calls.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{create, sync};
    use super::*;

    #[test]
    fn tokens_are_read_exactly() {
        for text in ["a", "A", "azAZ09_-=", &"=".repeat(64)] {
            let token = ClientRequestToken::parse(text).unwrap();
            assert_eq!((token.as_str(), format!("{token:?}")), (text, format!("{text:?}")));
        }
        for text in ["", "a b", "a\0", "é", "a+", "a\n", &"a".repeat(65)] {
            assert_eq!(ClientRequestToken::parse(text), None, "{text:?}");
        }
        assert_ne!(ClientRequestToken::parse("a"), ClientRequestToken::parse("A"));
        for (number, text) in
            [(0, "0000000000000000"), (0xdead_beef, "00000000deadbeef"), (u64::MAX, "ffffffffffffffff")]
        {
            assert_eq!(ClientRequestToken::numbered(number).as_str(), text);
            assert_eq!(ClientRequestToken::parse(text), Some(ClientRequestToken::numbered(number)));
        }
    }

    #[test]
    fn an_identical_call_gets_the_first_answer() {
        let mut ledger = TokenLedger::default();
        for request in [Request::Sync(sync()), Request::Create(create().into())] {
            let call = request.clone().into_call().unwrap();
            assert_eq!(ledger.find(&call), Ok(None));
            ledger.remember(&call, 1);
            ledger.remember(&call, 2);
            assert_eq!(ledger.find(&call), Ok(Some(&1)), "the same request");
            assert_eq!(ledger.find(&request.into_call().unwrap()), Ok(Some(&1)), "an equal one");
            ledger.clear();
            assert_eq!((ledger.find(&call), ledger.len(), ledger.is_empty()), (Ok(None), 0, true));
        }
    }

    #[test]
    fn a_used_token_is_for_no_other_request() {
        let mut ledger = TokenLedger::default();
        ledger.remember(&Request::Create(create().into()).into_call().unwrap(), ());
        let mut other_fleet = create();
        other_fleet.fleet = Some("arn:other".into());
        let mut without_tags = create();
        without_tags.tags.clear();
        let mut other_variable = create();
        let launch = other_variable.deployment_application_configs[0].launch_config.as_mut().unwrap();
        launch.environment_variables.insert("ROS_DOMAIN_ID".into(), "8".into());
        let mut without_config = create();
        without_config.deployment_config = None;
        let others =
            [other_fleet, without_tags, other_variable, without_config].map(|other| Request::Create(other.into()));
        for other in others.into_iter().chain([Request::Sync(sync())]) {
            let mut call = other.into_call().unwrap();
            let refused = ledger.find(&call).unwrap_err();
            assert_eq!(refused.code(), ExceptionCode::IdempotentParameterMismatch);
            call.token = ClientRequestToken::numbered(1);
            assert_eq!(ledger.find(&call), Ok(None));
        }
        assert_eq!(ledger.len(), 1);
    }

    #[test]
    fn a_forgotten_token_is_free_again() {
        let mut ledger = TokenLedger::default();
        let call = Request::Sync(sync()).into_call().unwrap();
        ledger.remember(&call, 1);
        ledger.forget(&call.token.key());
        assert_eq!(ledger.find(&call), Ok(None));
        ledger.remember(&call, 2);
        assert_eq!(ledger.find(&call), Ok(Some(&2)));
    }

    #[test]
    fn clearing_keeps_the_memory() {
        let mut ledger = TokenLedger::default();
        let mut call = Request::Sync(sync()).into_call().unwrap();
        for number in 0..1000 {
            call.token = ClientRequestToken::numbered(number);
            ledger.remember(&call, number);
        }
        let capacity = ledger.calls.capacity();
        ledger.clear();
        assert_eq!(ledger.calls.capacity(), capacity);
    }
}
