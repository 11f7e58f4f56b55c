//! Where passkeys are used: the relying party and the origins of its pages. Configured, never taken from a request.

use std::net::IpAddr;

/// The relying party and the origins its pages may have, as browsers write them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    pub rp_id: String,
    pub origins: Vec<String>,
}

impl Site {
    /// Of the address people use: scheme, host and port. None where the host is an address of the network, for which there are
    /// no passkeys.
    pub fn of(address: &str) -> Option<Self> {
        let (scheme, rest) = address.trim_end_matches('/').split_once("://")?;
        let host = rest.rsplit_once(':').map_or(rest, |(host, _)| host);
        let numeric = host.starts_with('[') || host.parse::<IpAddr>().is_ok();
        let plain = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        let safe = scheme == "https" || host == "localhost";
        (plain && !numeric && safe).then(|| Self { rp_id: host.to_owned(), origins: vec![format!("{scheme}://{rest}")] })
    }
}

#[cfg(test)]
mod tests {
    use super::Site;

    #[test]
    fn a_site_is_a_name_and_never_an_address() {
        for (address, rp_id) in [
            ("https://countersign.example.org", Some("countersign.example.org")),
            ("https://countersign.example.org:8443/", Some("countersign.example.org")),
            ("http://localhost:8080", Some("localhost")),
            ("http://countersign.example.org", None),
            ("https://192.0.2.7", None),
            ("http://127.0.0.1:8080", None),
            ("https://[::1]:443", None),
            ("https://", None),
            ("https://user@host", None),
            ("countersign", None),
        ] {
            let site = Site::of(address);
            assert_eq!(site.as_ref().map(|s| s.rp_id.as_str()), rp_id, "{address}");
            assert!(site.is_none_or(|s| s.origins == [address.trim_end_matches('/')]), "{address}");
        }
    }
}
