//! Docker's catalogue: a `server.yaml` for each server, or all of them in one file. The server, where it is reached, and the
//! secrets it asks for. It must not know an identity.

use super::entry::{self, VARIABLE};
use super::package::Package;
use crate::Result;
use crate::credentials::is_url;
use crate::json::{Place, list, object, present, text};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Whether an object describes a server of the catalogue.
pub(super) fn is_one(members: &Map<String, Value>) -> bool {
    let has = |name: &str| members.contains_key(name);
    let about = members.get("about").is_some_and(Value::is_object);
    has("name") && about && WHENCE.into_iter().any(has)
}

/// What says where a server comes from, in a file of its own and in the catalogue.
const WHENCE: [&str; 3] = ["image", "remote", "source"];
const WHENCE_LISTED: [&str; 3] = ["image", "remote", "ref"];

/// The servers of a catalogue in one file, by their names.
pub(super) fn catalogue(members: &Map<String, Value>) -> Option<&Map<String, Value>> {
    let servers = members.get("registry")?.as_object()?;
    let described = |server: &Value| WHENCE_LISTED.into_iter().any(|name| server.get(name).is_some());
    servers.values().any(described).then_some(servers)
}

/// Members that say what is not read, or nothing of access.
const KNOWN: [&str; 16] = [
    "name",
    "image",
    "type",
    "meta",
    "about",
    "source",
    "run",
    "config",
    "remote",
    "oauth",
    "dynamic",
    "longLived",
    "allowHosts",
    "requirement",
    "poci",
    "tools",
];
/// Those that stand beside them in the catalogue.
const KNOWN_LISTED: [&str; 19] = [
    "title",
    "description",
    "ref",
    "readme",
    "toolsUrl",
    "upstream",
    "icon",
    "prompts",
    "resources",
    "metadata",
    "dateAdded",
    "secrets",
    "env",
    "command",
    "volumes",
    "user",
    "disableNetwork",
    "extraHosts",
    "policy",
];

pub(super) fn read(place: &Place, members: &Map<String, Value>) -> Result<Package> {
    let name = text(place, members, &["name"])?.ok_or_else(|| place.member("name").error("a server without a name"))?;
    let config = inner(place, members, "config")?;
    let config = config.map(|config| (place.member("config"), config));
    described(place, name, members, config, crate::json::unknown(members, &KNOWN))
}

/// A server as the catalogue lists it: secrets and variables stand beside the rest, and `config` says what may be set.
pub(super) fn of_catalogue(place: &Place, name: &str, members: &Map<String, Value>) -> Result<Package> {
    if !["image", "remote"].iter().any(|whence| present(members, &[whence]).is_some()) {
        let reason = "it says neither an image nor where it is called: the name of a server alone, which the catalogue describes";
        return Err(place.error(reason));
    }
    let unread = crate::json::unknown(members, &[KNOWN.as_slice(), &KNOWN_LISTED].concat());
    described(place, name, members, Some((place.clone(), members)), unread)
}

fn described(
    place: &Place,
    name: &str,
    members: &Map<String, Value>,
    config: Option<(Place, &Map<String, Value>)>,
    unread: Vec<String>,
) -> Result<Package> {
    let mut out = Package {
        name: name.to_owned(),
        version: text(place, members, &["image"])?.and_then(tag).map(str::to_owned),
        remotes: vec![],
        credentials: vec![],
        unread,
    };
    let mut stated = Stated::default();
    if let Some((place, config)) = &config {
        out.secrets(place, config, "secrets", &mut stated)?;
    }
    match present(members, &["oauth"]) {
        Some(Value::Object(oauth)) => out.secrets(&place.member("oauth"), oauth, "providers", &mut stated)?,
        _ => out.secrets(place, members, "oauth", &mut stated)?,
    }
    // What is no secret by its place may be one by its name, so far as it does not hand on one that was counted.
    if let Some(remote) = inner(place, members, "remote")? {
        out.remotes.extend(text(&place.member("remote"), remote, &["url"])?.map(str::to_owned));
        out.credentials.extend(entry::found(&stated.taken_out(remote)).credentials);
    }
    let variables = config.and_then(|(_, config)| present(config, &["env"])).cloned();
    let variables = variables.map(|env| stated.taken_out(&Map::from_iter([("env".to_owned(), env)])));
    out.credentials.extend(variables.into_iter().flat_map(|v| entry::found(&v).credentials));
    out.credentials.sort_unstable();
    out.credentials.dedup();
    Ok(out)
}

impl Package {
    /// Secrets by the variable that hands them over, else by their own name.
    fn secrets(&mut self, place: &Place, around: &Map<String, Value>, name: &'static str, stated: &mut Stated) -> Result<()> {
        for (at, secret) in list(place, around, &[name])?.iter().enumerate() {
            let place = place.member(name).item(at);
            let secret = object(&place, "a secret, an object", secret)?;
            let called = text(&place, secret, &["env", "name", "secret", "provider"])?;
            self.credentials.extend(called.map(|called| (VARIABLE, called.to_owned())));
            stated.add(text(&place, secret, &["env"])?, text(&place, secret, &["name", "secret"])?);
        }
        Ok(())
    }
}

/// How secrets that were counted are written where they are handed on: `${VARIABLE}` and `{{name}}`.
#[derive(Default)]
struct Stated(BTreeSet<String>);

impl Stated {
    fn add(&mut self, variable: Option<&str>, name: Option<&str>) {
        self.0.extend(variable.map(|variable| format!("${{{variable}}}")));
        self.0.extend(name.map(|name| format!("{{{{{name}}}}}")));
    }

    /// Members without the values that only hand on such a secret: `Bearer ${API_KEY}` is no second one.
    fn taken_out(&self, members: &Map<String, Value>) -> Map<String, Value> {
        members.iter().map(|(name, value)| (name.clone(), self.without(value))).collect()
    }

    fn without(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                let rest = self.rest(text);
                // Of an address the rest counts, of anything else with a secret in it nothing.
                Value::String(if rest.len() == text.len() || is_url(text) { rest } else { String::new() })
            }
            Value::Array(items) => items.iter().map(|item| self.without(item)).collect(),
            Value::Object(members) => Value::Object(self.taken_out(members)),
            other => other.clone(),
        }
    }

    /// A text without the places at which such a secret is handed on.
    fn rest(&self, text: &str) -> String {
        let (mut out, mut left) = (String::with_capacity(text.len()), text);
        while let Some(at) = left.find(['$', '{']) {
            let (before, from) = left.split_at(at);
            out.push_str(before);
            let close = [("${", "}"), ("{{", "}}")].iter().find(|(open, _)| from.starts_with(open)).map(|(_, close)| *close);
            let end = close.map_or(Some(1), |close| from.find(close).map(|end| end + close.len()));
            // Nothing closes what begins here, and so nothing that comes behind it.
            let Some(end) = end else { return out + from };
            let (written, behind) = from.split_at(end);
            if !self.0.contains(written) {
                out.push_str(written);
            }
            left = behind;
        }
        out + left
    }
}

fn inner<'a>(place: &Place, members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a Map<String, Value>>> {
    present(members, &[name]).map(|value| object(&place.member(name), "an object", value)).transpose()
}

/// The tag of an image, where it has one; a registry may have a port.
fn tag(image: &str) -> Option<&str> {
    image.split('@').next()?.rsplit_once(':').map(|(_, tag)| tag).filter(|tag| !tag.contains('/'))
}
