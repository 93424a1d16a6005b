//! The access key: AWS Signature Version 4, made and checked.
//!
//! The algorithm is that of AWS's documentation ("Create a signed AWS API request"). The one crate that verifies such
//! signatures, scratchstack-aws-signature, has had no release for long and brings a web framework of its own; signing
//! crates do not verify.

use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit, Mac};
use hyper::header::{AUTHORIZATION, HOST, HeaderValue};
use hyper::http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

/// What stays as it is in a canonical path or query.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How far the time of a signature may be from now, in seconds.
const SKEW: i64 = 15 * 60;

/// The region and the service that a signature has to be for: those of the account's ARNs.
const SCOPE: [&str; 2] = ["us-west-2", "robomaker"];

/// Why a request is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// There is no signature.
    Unsigned,
    /// What is there is no signature.
    Incomplete(&'static str),
    /// The key is unknown.
    UnknownKey,
    /// It was signed too long ago, or will be.
    Expired,
    /// The signature is for another region than this.
    Region(&'static str),
    /// The signature is for another service than this.
    Service(&'static str),
    /// The signature is another one.
    Mismatch,
}

impl Denied {
    /// The name of the error, as AWS's services have it.
    pub fn name(self) -> &'static str {
        match self {
            Denied::Unsigned => "MissingAuthenticationTokenException",
            Denied::Incomplete(_) => "IncompleteSignatureException",
            Denied::UnknownKey => "UnrecognizedClientException",
            _ => "InvalidSignatureException",
        }
    }

    /// What is wrong, for people.
    pub fn message(self) -> String {
        match self {
            Denied::Unsigned => String::from("Missing Authentication Token"),
            Denied::Incomplete(what) => format!("Authorization header requires {what}."),
            Denied::UnknownKey => String::from("The security token included in the request is invalid."),
            Denied::Expired => String::from("Signature expired: its time is not within 15 minutes of now."),
            Denied::Region(region) => format!("Credential should be scoped to the region '{region}'."),
            Denied::Service(service) => format!("Credential should be scoped to the service '{service}'."),
            Denied::Mismatch => String::from(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                 Access Key and signing method. Consult the service documentation for details.",
            ),
        }
    }
}

/// An access key with its secret. It signs requests, and checks those that were signed with it.
#[derive(Clone)]
pub struct AccessKey {
    id: String,
    secret: String,
    /// Region and service.
    scope: [&'static str; 2],
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What an `Authorization` header says.
struct Authorization<'a> {
    key: &'a str,
    /// Date, region, service and `aws4_request`.
    scope: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl AccessKey {
    /// The key of this name.
    pub fn new(id: String, secret: String) -> AccessKey {
        AccessKey { id, secret, scope: SCOPE }
    }

    /// Checks a request that has come now: it is signed, or has key and secret as name and password of HTTP's basic
    /// authentication, which is what browsers can do.
    ///
    /// # Errors
    /// Why it is not accepted.
    pub fn verify_person(&self, parts: &Parts, body: &[u8]) -> Result<(), Denied> {
        let basic = parts.headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Basic "));
        let Some(given) = basic else { return self.verify(parts, body) };
        let right = BASE64.encode(format!("{}:{}", self.id, self.secret).as_bytes());
        // Their codes are compared, in constant time.
        let code = mac(self.secret.as_bytes(), given).finalize().into_bytes();
        mac(self.secret.as_bytes(), right.as_bytes()).verify_slice(&code).map_err(|_| Denied::Mismatch)
    }

    /// Checks a signed request that has come now.
    ///
    /// # Errors
    /// Why it is not accepted.
    pub fn verify(&self, parts: &Parts, body: &[u8]) -> Result<(), Denied> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.verify_at(parts, body, now.as_secs() as i64)
    }

    fn verify_at(&self, parts: &Parts, body: &[u8], now: i64) -> Result<(), Denied> {
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let authorization = header("authorization").ok_or(Denied::Unsigned)?;
        let authorization = Authorization::parse(authorization)?;
        let time = header("x-amz-date").ok_or(Denied::Incomplete("existence of an 'X-Amz-Date' header"))?;
        let seconds = seconds(time).ok_or(Denied::Incomplete("a valid 'X-Amz-Date' header"))?;
        if authorization.key != self.id {
            return Err(Denied::UnknownKey);
        }
        if (now - seconds).abs() > SKEW {
            return Err(Denied::Expired);
        }
        let mut scope = authorization.scope.split('/');
        let (Some(date), Some(region), Some(service), Some("aws4_request"), None) =
            (scope.next(), scope.next(), scope.next(), scope.next(), scope.next())
        else {
            return Err(Denied::Incomplete("a valid credential scope"));
        };
        if !time.starts_with(date) || date.len() != 8 {
            return Err(Denied::Mismatch);
        }
        if region != self.scope[0] {
            return Err(Denied::Region(self.scope[0]));
        }
        if service != self.scope[1] {
            return Err(Denied::Service(self.scope[1]));
        }
        let signed: Vec<&str> = authorization.signed_headers.split(';').collect();
        if !signed.contains(&"host") || !signed.contains(&"x-amz-date") {
            return Err(Denied::Incomplete("signed headers 'host' and 'x-amz-date'"));
        }
        // A wrong statement about the body would let others change it.
        let hash = HEXLOWER.encode(&Sha256::digest(body));
        if header("x-amz-content-sha256").is_some_and(|stated| stated != hash) {
            return Err(Denied::Mismatch);
        }
        let given = HEXLOWER_PERMISSIVE.decode(authorization.signature.as_bytes()).map_err(|_| Denied::Mismatch)?;
        // Compared in constant time.
        let right = self.signature(parts, &signed, &hash, time);
        right.verify_slice(&given).map_err(|_| Denied::Mismatch)
    }

    /// What signs a request at a time such as `20150830T123600Z`; its body has this hash.
    fn signature(&self, parts: &Parts, signed: &[&str], hash: &str, time: &str) -> Hmac<Sha256> {
        let hashed = HEXLOWER.encode(&Sha256::digest(canonical_request(parts, signed, hash)));
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{}\n{hashed}", self.scope_at(time));
        let [region, service] = self.scope;
        let date = &time[..8];
        let key = [date, region, service, "aws4_request"]
            .iter()
            .fold(format!("AWS4{}", self.secret).into_bytes(), |key, part| {
                mac(&key, part.as_bytes()).finalize().into_bytes().to_vec()
            });
        mac(&key, text.as_bytes())
    }

    fn scope_at(&self, time: &str) -> String {
        let [region, service] = self.scope;
        format!("{}/{region}/{service}/aws4_request", &time[..8])
    }

    /// Signs a request whose `host` is set already.
    pub fn sign(&self, parts: &mut Parts, body: &[u8], now: SystemTime) {
        let time = humantime::format_rfc3339_seconds(now).to_string().replace(['-', ':'], "");
        let signed = [HOST.as_str(), "x-amz-date"];
        parts.headers.insert("x-amz-date", HeaderValue::from_str(&time).expect("digits and letters"));
        let hash = HEXLOWER.encode(&Sha256::digest(body));
        let signature = HEXLOWER.encode(&self.signature(parts, &signed, &hash, &time).finalize().into_bytes());
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={signature}",
            self.id,
            self.scope_at(&time),
            signed.join(";")
        );
        // A key with characters that no header holds signs nothing.
        if let Ok(value) = HeaderValue::from_str(&authorization) {
            parts.headers.insert(AUTHORIZATION, value);
        }
    }
}

impl<'a> Authorization<'a> {
    fn parse(header: &'a str) -> Result<Authorization<'a>, Denied> {
        let parts =
            header.strip_prefix("AWS4-HMAC-SHA256").ok_or(Denied::Incomplete("the algorithm AWS4-HMAC-SHA256"))?;
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in parts.split(',') {
            match part.trim().split_once('=') {
                Some(("Credential", value)) => credential = Some(value),
                Some(("SignedHeaders", value)) => signed_headers = Some(value),
                Some(("Signature", value)) => signature = Some(value),
                _ => {}
            }
        }
        let credential = credential.ok_or(Denied::Incomplete("'Credential' parameter"))?;
        let (key, scope) =
            credential.split_once('/').ok_or(Denied::Incomplete("'Credential' parameter with a scope"))?;
        let signed_headers = signed_headers.ok_or(Denied::Incomplete("'SignedHeaders' parameter"))?;
        let signature = signature.ok_or(Denied::Incomplete("'Signature' parameter"))?;
        Ok(Authorization { key, scope, signed_headers, signature })
    }
}

fn canonical_request(parts: &Parts, signed: &[&str], hash: &str) -> String {
    // All services but S3 encode the path as it was sent once more.
    let path = parts.uri.path().split('/').map(|part| utf8_percent_encode(part, UNRESERVED).to_string());
    let path = path.collect::<Vec<String>>().join("/");
    let query = parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let encoded = |text: &str| {
        let bytes: Vec<u8> = percent_decode_str(text).collect();
        percent_encoding::percent_encode(&bytes, UNRESERVED).to_string()
    };
    let mut query: Vec<(String, String)> = query
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    query.sort();
    let query: Vec<String> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut headers = String::new();
    for name in signed {
        let values = parts.headers.get_all(*name).iter().map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes());
            text.split_ascii_whitespace().collect::<Vec<&str>>().join(" ")
        });
        let values: Vec<String> = values.collect();
        headers += &format!("{name}:{}\n", values.join(","));
    }
    format!("{}\n{path}\n{}\n{headers}\n{}\n{hash}", parts.method, query.join("&"), signed.join(";"))
}

fn mac(key: &[u8], text: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    mac.update(text);
    mac
}

/// A time such as `20150830T123600Z` in seconds since 1970.
fn seconds(time: &str) -> Option<i64> {
    let shape = |(at, byte): (usize, u8)| match at {
        8 => byte == b'T',
        15 => byte == b'Z',
        _ => byte.is_ascii_digit(),
    };
    if time.len() != 16 || !time.bytes().enumerate().all(shape) {
        return None;
    }
    let (date, clock) = time.split_at(8);
    let (year, month, day) = (&date[..4], &date[4..6], &date[6..]);
    let (hour, minute, second) = (&clock[1..3], &clock[3..5], &clock[5..7]);
    let time = humantime::parse_rfc3339(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z")).ok()?;
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    #[test]
    fn times_are_read() {
        assert_eq!(seconds("20150830T123600Z"), Some(1_440_938_160));
        assert_eq!(seconds("19700101T000000Z"), Some(0));
        assert_eq!(seconds("20240229T235959Z"), Some(1_709_251_199));
        for time in ["", "20150830T123600", "20151330T123600Z", "2015083éT12360Z", "+0150830T123600Z"] {
            assert_eq!(seconds(time), None, "{time}");
        }
    }

    /// The request `get-vanilla-query-order-key-case` of AWS's Signature Version 4 test suite.
    fn signed(signature: &str) -> Parts {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature={signature}"
        );
        let request = Request::get("/?Param2=value2&Param1=value1")
            .header("host", "example.amazonaws.com")
            .header("x-amz-date", "20150830T123600Z")
            .header("authorization", authorization);
        request.body(()).expect("a request").into_parts().0
    }

    const SIGNATURE: &str = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500";
    const NOW: i64 = 1_440_938_160;

    fn verifier() -> AccessKey {
        let (id, secret) = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        AccessKey { id: id.into(), secret: secret.into(), scope: ["us-east-1", "service"] }
    }

    #[test]
    fn a_signature_of_the_test_suite_is_right() {
        assert_eq!(verifier().verify_at(&signed(SIGNATURE), b"", NOW), Ok(()));
        assert_eq!(verifier().verify_at(&signed(SIGNATURE), b"", NOW + SKEW), Ok(()));
    }

    #[test]
    fn what_is_signed_is_accepted() {
        let key = AccessKey::new(String::from("AKIDEXAMPLE"), String::from("secret"));
        let request = Request::post("/_rollcast/step?a=b").header("host", "127.0.0.1:8377");
        let mut parts = request.body(()).expect("a request").into_parts().0;
        let now = UNIX_EPOCH + std::time::Duration::from_secs(NOW as u64);
        key.sign(&mut parts, b"{}", now);
        assert_eq!(key.verify_at(&parts, b"{}", NOW), Ok(()));
        assert_eq!(key.verify_at(&parts, b"{ }", NOW), Err(Denied::Mismatch));
    }

    #[test]
    fn a_person_gives_key_and_secret() {
        let key = AccessKey::new(String::from("Aladdin"), String::from("open sesame"));
        let parts = |value: &str| {
            let request = Request::get("/").header("host", "localhost").header("authorization", value);
            request.body(()).expect("a request").into_parts().0
        };
        // The example of RFC 7617, section 2.
        assert_eq!(key.verify_person(&parts("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), b""), Ok(()));
        for (value, denied) in [
            ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZR==", Denied::Mismatch),
            ("Basic ", Denied::Mismatch),
            ("Bearer x", Denied::Incomplete("the algorithm AWS4-HMAC-SHA256")),
        ] {
            assert_eq!(key.verify_person(&parts(value), b""), Err(denied), "{value}");
        }
        assert!(key.verify(&parts("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), b"").is_err());
    }

    #[test]
    fn all_else_is_denied() {
        let verify = |parts: &Parts, body: &[u8], now| verifier().verify_at(parts, body, now).unwrap_err();
        let parts = signed(SIGNATURE);
        assert_eq!(verify(&parts, b"x", NOW), Denied::Mismatch, "another body");
        assert_eq!(verify(&parts, b"", NOW + SKEW + 1), Denied::Expired);
        assert_eq!(verify(&signed(&SIGNATURE.replace('b', "c")), b"", NOW), Denied::Mismatch);
        assert_eq!(verify(&signed("xyz"), b"", NOW), Denied::Mismatch);
        for scope in [["us-west-2", "service"], ["us-east-1", "robomaker"]] {
            let denied = AccessKey { scope, ..verifier() }.verify_at(&parts, b"", NOW).expect_err("another scope");
            assert!(
                denied
                    .message()
                    .contains(scope.iter().find(|one| one.contains('k') || one.contains('2')).expect("one"))
            );
        }
        let other = AccessKey::new(String::from("OTHER"), String::new());
        assert_eq!(other.verify_at(&parts, b"", NOW), Err(Denied::UnknownKey));
        let mut changed = parts.clone();
        changed.headers.insert("host", "elsewhere".parse().expect("a value"));
        assert_eq!(verify(&changed, b"", NOW), Denied::Mismatch);
        let mut unsigned = parts.clone();
        unsigned.headers.remove("authorization");
        assert_eq!(verify(&unsigned, b"", NOW), Denied::Unsigned);
        for header in ["Basic x", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE"] {
            let mut incomplete = parts.clone();
            incomplete.headers.insert("authorization", header.parse().expect("a value"));
            assert!(matches!(verify(&incomplete, b"", NOW), Denied::Incomplete(_)), "{header}");
        }
    }
}
