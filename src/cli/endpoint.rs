//! Where requests go: the names and the base URLs that may be used.

use std::net::IpAddr;

use super::Failure;
use url::{Host, Url};

/// Of `docs/service.md`, "Addresses and headers".
const STAGE: &str = "https://api.stage.esignonline.net/rest";
/// Likewise.
const PRODUCTION: &str = "https://api.esignonline.net/rest";

/// Where requests go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// The embedded stand-in: a rehearsal.
    Sandbox,
    /// The service's test system.
    Stage,
    /// The service.
    Production,
    /// Another base URL.
    Url(Url),
}

/// The endpoints that have a name.
const NAMED: [(&str, Endpoint); 3] = [
    ("sandbox", Endpoint::Sandbox),
    ("stage", Endpoint::Stage),
    ("production", Endpoint::Production),
];

impl Endpoint {
    /// Reads what was typed.
    ///
    /// # Errors
    /// When it is no known name and no base URL that may be used.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        if let Some((_, named)) = NAMED.into_iter().find(|(name, _)| *name == text) {
            return Ok(named);
        }
        let refused = |reason: &str| Err(Failure::usage(format!("--endpoint: {reason}")));
        let Ok(url) = Url::parse(text.trim_end_matches('/')) else {
            return refused("use sandbox, stage, production, or a base URL (https://.../rest)");
        };
        if !url.username().is_empty() || url.password().is_some() {
            return refused("leave out the user name and the password: logs would show them");
        }
        if url.query().is_some() || url.fragment().is_some() || !url.path().ends_with("/rest") {
            return refused("a base URL ends in /rest");
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return refused("http:// is only for this machine; use https://"),
            _ => return refused("a base URL begins with https://"),
        }
        Ok(match url.as_str() {
            STAGE => Self::Stage,
            PRODUCTION => Self::Production,
            _ => Self::Url(url),
        })
    }

    /// The service's base URL; the sandbox has one only while it serves.
    pub fn base(&self) -> Option<Url> {
        match self {
            Self::Sandbox => None,
            Self::Stage => Some(STAGE.parse().expect("it is a URL")),
            Self::Production => Some(PRODUCTION.parse().expect("it is a URL")),
            Self::Url(url) => Some(url.clone()),
        }
    }

    /// What the ledger remembers: a ledger serves one endpoint.
    pub fn identity(&self) -> String {
        self.base()
            .map_or_else(|| "sandbox".into(), |url| url.to_string())
    }

    /// The endpoint that a ledger remembers.
    ///
    /// # Errors
    /// When it is none.
    pub fn of_identity(identity: &str) -> Result<Self, Failure> {
        match identity {
            "sandbox" => Ok(Self::Sandbox),
            url => Self::parse(url),
        }
    }

    /// What goes between a file's name and its extension.
    pub fn file_tag(&self) -> &'static str {
        match self {
            Self::Sandbox => ".rehearsal",
            Self::Stage => ".stage",
            Self::Production | Self::Url(_) => "",
        }
    }

    /// How a command line says it.
    pub fn argument(&self) -> String {
        let name = NAMED.into_iter().find(|(_, named)| named == self);
        name.map_or_else(|| self.identity(), |(name, _)| name.into())
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_stays_on_this_machine() {
        for good in [
            "https://esign.example.com/rest",
            "https://esign.example.com/rest/",
            "http://127.0.0.1:8080/rest",
            "http://[::1]:8080/rest",
            "http://localhost:1/rest",
        ] {
            assert!(
                matches!(Endpoint::parse(good), Ok(Endpoint::Url(_))),
                "{good}"
            );
        }
        for bad in [
            "http://esign.example.com/rest",
            "http://127.0.0.1.example.com/rest",
            "http://10.0.0.1/rest",
            "https://esign.example.com",
            "https://user:secret@esign.example.com/rest",
            "https://esign.example.com/rest?x=1",
            "ftp://esign.example.com/rest",
            "prod",
        ] {
            assert!(Endpoint::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Endpoint::parse(STAGE).unwrap(), Endpoint::Stage);
    }
}
