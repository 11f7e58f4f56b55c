//! One agent card in the spelling of any release: 0.2 with `authentication`, 0.3 with `url` and `additionalInterfaces`, 1.0
//! with `supportedInterfaces` and wrapped schemes; in camel case or as protocol buffers name it. It must not know an identity.

use crate::Result;
use crate::credentials::is_url;
use crate::json::{Place, camel, list, object, present, text, unknown, wrong};
use domain::json as canonical;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a card says.
#[derive(Debug)]
pub(super) struct Card {
    pub name: String,
    /// The interface it is known by, and its tenant.
    pub url: String,
    pub tenant: Option<String>,
    /// The URLs of the others.
    pub others: Vec<String>,
    pub description: Option<String>,
    pub version: Option<String>,
    pub provider: Option<String>,
    pub skills: BTreeMap<String, (Place, Value)>,
    /// Method and name of each way to sign in.
    pub schemes: Vec<(String, String)>,
    /// Members that no release of the protocol has.
    pub unread: Vec<String>,
}

const MEMBERS: [&str; 24] = [
    "name",
    "description",
    "url",
    "version",
    "provider",
    "skills",
    "capabilities",
    "authentication",
    "security",
    "signatures",
    "extensions",
    "metadata",
    "supportedInterfaces",
    "additionalInterfaces",
    "preferredTransport",
    "protocolVersion",
    "protocolVersions",
    "securitySchemes",
    "securityRequirements",
    "defaultInputModes",
    "defaultOutputModes",
    "documentationUrl",
    "iconUrl",
    "supportsAuthenticatedExtendedCard",
];

/// Whether an object is a card, or was meant to be one.
pub(super) fn is_one(members: &Map<String, Value>) -> bool {
    let any = |names: &[&str]| names.iter().any(|name| members.contains_key(*name));
    any(&["supportedInterfaces", "supported_interfaces"])
        || (any(&["name"]) && any(&["skills", "url", "capabilities", "protocolVersion", "protocol_version", "authentication"]))
}

pub(super) fn read(place: &Place, members: &Map<String, Value>) -> Result<Card> {
    let name = text(place, members, &["name"])?.ok_or_else(|| place.error("an agent card without a name"))?;
    let mut interfaces = interfaces(place, members)?;
    if interfaces.is_empty() {
        return Err(place.member("supportedInterfaces").error("a card without an interface URL"));
    }
    interfaces.sort_by(|a, b| a.rank().cmp(&b.rank()));
    let known = interfaces.remove(0);
    let mut others: Vec<String> = interfaces.into_iter().map(|i| i.url).filter(|url| *url != known.url).collect();
    others.sort();
    others.dedup();
    let provider = present(members, &["provider"]);
    let provider = provider.map(|p| object(&place.member("provider"), "an object", p)).transpose()?;
    let own = |name: &[&str]| -> Result<Option<String>> { Ok(text(place, members, name)?.map(str::to_owned)) };
    Ok(Card {
        name: name.to_owned(),
        url: known.url,
        tenant: known.tenant,
        others,
        description: own(&["description"])?,
        version: own(&["version"])?,
        provider: provider.map(|p| text(&place.member("provider"), p, &["organization"])).transpose()?.flatten().map(str::to_owned),
        skills: skills(place, members)?,
        schemes: schemes(place, members)?,
        unread: unknown(members, &MEMBERS),
    })
}

impl Card {
    /// What it says, in whichever release it says it.
    pub fn digest(&self) -> std::result::Result<String, canonical::NotCanonical> {
        let mut schemes = self.schemes.clone();
        schemes.sort();
        schemes.dedup();
        let skills: Vec<(&String, Value)> = self.skills.iter().map(|(name, (_, skill))| (name, said(skill))).collect();
        canonical::digest(&(&self.name, &self.description, &self.version, &self.provider, &self.others, schemes, skills))
    }
}

/// A skill without what says nothing.
fn said(skill: &Value) -> Value {
    let mut skill = skill.clone();
    if let Value::Object(members) = &mut skill {
        members.retain(|_, value| !value.is_null());
    }
    canonical::exact(&mut skill);
    skill
}

const LONGEST_URL: usize = 2000;

struct Interface {
    url: String,
    tenant: Option<String>,
    binding: String,
}

impl Interface {
    /// What is known of an agent does not depend on the order of a card: the binding most agents have comes first.
    fn rank(&self) -> (usize, &str, Option<&str>) {
        let binding = match self.binding.as_str() {
            "JSONRPC" => 0,
            "HTTP+JSON" => 1,
            "GRPC" => 2,
            _ => 3,
        };
        (binding, &self.url, self.tenant.as_deref())
    }
}

fn interfaces(place: &Place, members: &Map<String, Value>) -> Result<Vec<Interface>> {
    let mut out = Vec::new();
    if let Some(url) = text(place, members, &["url"])? {
        let binding = text(place, members, &["preferredTransport", "preferred_transport"])?.unwrap_or("JSONRPC");
        let tenant = text(place, members, &["tenant"])?;
        out.push(interface(&place.member("url"), url, binding, tenant)?);
    }
    for names in [["supportedInterfaces", "supported_interfaces"], ["additionalInterfaces", "additional_interfaces"]] {
        for (at, value) in list(place, members, &names)?.iter().enumerate() {
            let place = place.member(names[0]).item(at);
            let one = object(&place, "an interface, an object", value)?;
            let url = text(&place, one, &["url"])?.ok_or_else(|| place.member("url").error("an interface without a URL"))?;
            let binding = text(&place, one, &["protocolBinding", "protocol_binding", "transport"])?.unwrap_or("JSONRPC");
            out.push(interface(&place.member("url"), url, binding, text(&place, one, &["tenant"])?)?);
        }
    }
    Ok(out)
}

fn interface(place: &Place, url: &str, binding: &str, tenant: Option<&str>) -> Result<Interface> {
    // It becomes a key, and those stand in indexes.
    if url.len() > LONGEST_URL {
        return Err(place.error(format!("a URL of {} bytes; at most {LONGEST_URL} are read", url.len())));
    }
    let binding = binding.to_ascii_uppercase();
    // What gRPC is called at is a host and a port.
    let host_and_port =
        binding == "GRPC" && url.rsplit_once(':').is_some_and(|(h, p)| !h.is_empty() && !h.contains('/') && p.parse::<u16>().is_ok());
    if !is_url(url) && !host_and_port && !url.starts_with("dns:") {
        return Err(place.error("not an absolute URL: it does not say at which host the agent is called"));
    }
    Ok(Interface { url: normal(url), tenant: tenant.map(str::to_owned), binding })
}

/// A URL as it names one place: scheme and host in small letters, without the port that is meant anyway and a slash at the end.
fn normal(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let scheme = scheme.to_ascii_lowercase();
    let (host, path) = rest.find(['/', '?', '#']).map_or((rest, ""), |at| rest.split_at(at));
    // What stands ahead of the host is somebody's name and password.
    let (user, host) = host.rsplit_once('@').map_or(("", host), |(user, host)| (user, host));
    let at = if user.is_empty() { "" } else { "@" };
    let host = host.to_ascii_lowercase();
    let port = if scheme == "https" { ":443" } else { ":80" };
    let host = host.strip_suffix(port).unwrap_or(&host);
    let path = if path.contains(['?', '#']) { path } else { path.trim_end_matches('/') };
    let path = if path.is_empty() { "/" } else { path };
    format!("{scheme}://{user}{at}{host}{path}")
}

/// Skills by their id, or their name where they have none.
fn skills(place: &Place, members: &Map<String, Value>) -> Result<BTreeMap<String, (Place, Value)>> {
    let mut out: BTreeMap<String, (Place, Value)> = BTreeMap::new();
    for (at, value) in list(place, members, &["skills"])?.iter().enumerate() {
        let place = place.member("skills").item(at);
        let skill = object(&place, "a skill, an object", value)?;
        let name = match text(&place, skill, &["id"])? {
            Some(id) => id,
            None => text(&place, skill, &["name"])?.ok_or_else(|| place.error("a skill without an id and without a name"))?,
        };
        if let Some((other, _)) = out.get(name) {
            return Err(place.error(format!("the skill {name} stands in {other} already")));
        }
        out.insert(name.to_owned(), (place, value.clone()));
    }
    Ok(out)
}

fn schemes(place: &Place, members: &Map<String, Value>) -> Result<Vec<(String, String)>> {
    let mut out = Vec::new();
    let names = ["securitySchemes", "security_schemes"];
    if let Some(schemes) = present(members, &names) {
        let place = place.member(names[0]);
        for (name, scheme) in object(&place, "an object of schemes by their names", schemes)? {
            if !scheme.is_null() {
                let scheme = object(&place.member(name), "a scheme, an object", scheme)?;
                out.push((method(&place.member(name), scheme)?, name.clone()));
            }
        }
    }
    // 0.2: a list of words.
    if let Some(old) = present(members, &["authentication"]) {
        let place = place.member("authentication");
        let old = object(&place, "an object with schemes", old)?;
        for (at, scheme) in list(&place, old, &["schemes"])?.iter().enumerate() {
            let place = place.member("schemes").item(at);
            let word = scheme.as_str().filter(|w| !w.trim().is_empty()).ok_or_else(|| wrong(&place, "the name of a scheme", scheme))?;
            // The words of 0.2 for an agent that anybody may call: they name no credential.
            if !["public", "none"].iter().any(|open| word.trim().eq_ignore_ascii_case(open)) {
                out.push((word_of(word.trim()), word.trim().to_owned()));
            }
        }
    }
    Ok(out)
}

/// The word of a sign-in, the same whatever release a card is of.
fn method(place: &Place, scheme: &Map<String, Value>) -> Result<String> {
    if let Some(kind) = text(place, scheme, &["type"])? {
        return Ok(word_of(kind));
    }
    // 1.0: the kind is the member around the scheme.
    let wrapped = scheme.iter().filter(|(_, inner)| !inner.is_null()).map(|(name, _)| camel(name));
    let known = wrapped.map(|name| name.strip_suffix("SecurityScheme").map(str::to_owned)).find(Option::is_some);
    Ok(known.flatten().map_or_else(|| "unknown".to_owned(), |name| word_of(&name)))
}

fn word_of(kind: &str) -> String {
    let plain: String = kind.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let word = match plain.as_str() {
        "http" | "httpauth" | "bearer" | "basic" | "digest" => "http",
        "apikey" | "key" => "apiKey",
        "oauth2" | "oauth" | "oauth20" => "oauth2",
        "openidconnect" | "oidc" | "openid" => "openIdConnect",
        "mutualtls" | "mtls" => "mutualTLS",
        _ => kind,
    };
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn card(value: Value) -> Result<Card> {
        read(&Place::of("card.json", 0, 1), value.as_object().expect("an object"))
    }

    #[test]
    fn a_card_is_known_by_the_same_interface_in_every_order_and_release() {
        let one = json!({"url": "https://a.example/rpc", "protocolBinding": "JSONRPC", "tenant": "t"});
        let two = json!({"url": "https://a.example/grpc", "protocolBinding": "GRPC", "tenant": "t"});
        for all in [json!([one, two]), json!([two, one])] {
            let read = card(json!({"name": "A", "supportedInterfaces": all})).expect("reads");
            assert_eq!((read.url.as_str(), read.tenant.as_deref(), read.others.len()), ("https://a.example/rpc", Some("t"), 1));
        }
        let old = json!({"name": "A", "url": "https://a.example/grpc", "preferredTransport": "GRPC",
            "additionalInterfaces": [{"url": "https://a.example/rpc", "transport": "JSONRPC"}]});
        assert_eq!(card(old).expect("reads").url, "https://a.example/rpc");
        let snake = json!({"name": "A", "supported_interfaces": [{"url": "a.example:443", "protocol_binding": "GRPC"}]});
        assert_eq!(card(snake).expect("reads").url, "a.example:443");
    }

    #[test]
    fn a_sign_in_has_one_word_in_every_release() {
        let cases = [
            ("http", json!({"type": "http", "scheme": "bearer"}), "httpAuthSecurityScheme"),
            ("apiKey", json!({"type": "apiKey"}), "apiKeySecurityScheme"),
            ("oauth2", json!({"type": "oauth2"}), "oauth2SecurityScheme"),
            ("openIdConnect", json!({"type": "openIdConnect"}), "openIdConnectSecurityScheme"),
            ("mutualTLS", json!({"type": "mutualTLS"}), "mtlsSecurityScheme"),
            ("http", json!({"type": "http"}), "http_auth_security_scheme"),
        ];
        for (word, typed, wrapped) in cases {
            let schemes = json!({"a": typed, "b": {wrapped: {}, "other": null}, "c": null});
            let read = card(json!({"name": "A", "url": "https://a.example/", "securitySchemes": schemes})).expect("reads");
            assert_eq!(read.schemes, [(word.to_owned(), "a".to_owned()), (word.to_owned(), "b".to_owned())]);
        }
        let old =
            json!({"name": "A", "url": "https://a.example/", "authentication": {"schemes": ["Bearer", "OAuth2"], "credentials": "x"}});
        let words = [("http".to_owned(), "Bearer".to_owned()), ("oauth2".to_owned(), "OAuth2".to_owned())];
        assert_eq!(card(old).expect("reads").schemes, words);
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_place() {
        let with = |member: &str, value: Value| {
            let mut card = json!({"name": "A", "url": "https://a.example/"});
            card[member] = value;
            card
        };
        for (bad, at) in [
            (with("url", json!("/a2a")), "url"),
            (with("url", json!("a.example")), "url"),
            (with("url", json!("https:///x")), "url"),
            (with("url", json!(null)), "supportedInterfaces"),
            (with("skills", json!({})), "skills"),
            (with("skills", json!([{"id": "", "name": null}])), "skills[0]"),
            (with("skills", json!([{"id": "a"}, {"name": "a"}])), "skills[1]"),
            (with("securitySchemes", json!([])), "securitySchemes"),
            (with("authentication", json!({"schemes": [1]})), "authentication.schemes[0]"),
            (with("supportedInterfaces", json!(["https://a.example/"])), "supportedInterfaces[0]"),
            (with("provider", json!("Acme")), "provider"),
            (with("version", json!(1)), "version"),
        ] {
            let error = card(bad.clone()).expect_err(&bad.to_string());
            assert_eq!(error.place.as_deref(), Some(at), "{error}");
        }
    }
}
