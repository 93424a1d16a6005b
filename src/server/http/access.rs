//! Who may ask: by which name of the server, from which site, and with which key.

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::http::request::Parts;

use super::super::sigv4::{AccessKey, Denied};

/// What requests have to be like.
#[derive(Debug, Default)]
pub struct Access {
    /// With which key they have to be signed; none if anybody may ask.
    pub key: Option<AccessKey>,
    /// By which names the server may be called besides `localhost` and addresses, in small letters.
    pub names: Vec<String>,
}

impl Access {
    /// Whether a request calls this server by a name of its own. A page of another site can lead a name of its own here
    /// (DNS rebinding), and browsers take it for the page of this server then.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn check_name(&self, headers: &HeaderMap) -> Result<(), String> {
        for host in headers.get_all("host") {
            let host = host.to_str().unwrap_or_default();
            let name = name_of(host).to_ascii_lowercase();
            let own = name.parse::<IpAddr>().is_ok() || name == "localhost" || name.ends_with(".localhost");
            if !own && !self.names.contains(&name) {
                return Err(format!(
                    "the server is not called {host:?} here; `--allow-host {name}` would let it be called so"
                ));
            }
        }
        Ok(())
    }

    /// Whether a request comes from the page of this server, or from no page: one of another site may neither look nor
    /// change anything on behalf of whoever reads it. Browsers say which site asks, and programs do not.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn check_site(&self, headers: &HeaderMap) -> Result<(), String> {
        self.check_name(headers)?;
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        let site = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
        let host = text("host").unwrap_or_default();
        let origin = text("origin").is_none_or(|origin| origin.strip_prefix("http://") == Some(host));
        if site && origin { Ok(()) } else { Err(String::from("requests of other sites are not accepted")) }
    }

    /// Whether a call is signed, if it has to be.
    ///
    /// # Errors
    /// Why it is not accepted.
    pub fn check_call(&self, parts: &Parts, body: &[u8]) -> Result<(), Denied> {
        self.key.as_ref().map_or(Ok(()), |key| key.verify(parts, body))
    }

    /// Whether a request of a person or of `rollcast admin` is, or comes with key and secret.
    ///
    /// # Errors
    /// Why it is not accepted.
    pub fn check_person(&self, parts: &Parts, body: &[u8]) -> Result<(), Denied> {
        self.key.as_ref().map_or(Ok(()), |key| key.verify_person(parts, body))
    }
}

/// The name in a `Host` header, without its port.
fn name_of(host: &str) -> &str {
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_sites_and_other_names_are_told_apart() {
        let access = Access { key: None, names: vec![String::from("robots")] };
        let check = |fields: &[(&'static str, &str)]| {
            let fields =
                fields.iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")));
            let headers: HeaderMap = fields.collect();
            (access.check_name(&headers).is_ok(), access.check_site(&headers).is_ok())
        };
        for host in [
            "127.0.0.1:8377",
            "127.0.0.1",
            "[::1]:8377",
            "[::1]",
            "localhost",
            "LOCALHOST:1",
            "a.localhost",
            "Robots:80",
        ] {
            assert_eq!(check(&[("host", host)]), (true, true), "{host}");
        }
        for host in ["rebound.example:8377", "", "robots.example", "127.0.0.1.example", "[::1", "localhost.example"] {
            assert_eq!(check(&[("host", host)]), (false, false), "{host}");
        }
        assert_eq!(check(&[]), (true, true), "HTTP/1.0");
        let own = ("host", "192.168.1.5:8377");
        assert_eq!(check(&[own, ("origin", "http://192.168.1.5:8377")]), (true, true), "the page by an address");
        assert_eq!(check(&[own, ("sec-fetch-site", "same-origin")]), (true, true));
        assert_eq!(check(&[own, ("sec-fetch-site", "none")]), (true, true));
        for (name, value) in [
            ("origin", "http://elsewhere.example"),
            ("origin", "http://192.168.1.5:80"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert_eq!(check(&[own, (name, value)]), (true, false), "{name}: {value}");
        }
    }
}
