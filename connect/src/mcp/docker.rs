//! A `server.yaml` of Docker's catalogue: the server, where it is reached, and the secrets it asks for. It must not know an
//! identity.

use super::entry::{self, VARIABLE};
use super::package::Package;
use crate::Result;
use crate::json::{Place, list, object, present, text};
use serde_json::{Map, Value};

/// Whether an object describes a server of the catalogue.
pub(super) fn is_one(members: &Map<String, Value>) -> bool {
    let has = |name: &str| members.contains_key(name);
    let about = members.get("about").is_some_and(Value::is_object);
    has("name") && about && ["image", "remote", "source"].into_iter().any(has)
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

pub(super) fn read(place: &Place, members: &Map<String, Value>) -> Result<Package> {
    let name = text(place, members, &["name"])?.ok_or_else(|| place.member("name").error("a server without a name"))?;
    let mut out = Package {
        name: name.to_owned(),
        version: text(place, members, &["image"])?.and_then(tag).map(str::to_owned),
        remotes: vec![],
        credentials: vec![],
        unread: crate::json::unknown(members, &KNOWN),
    };
    if let Some(remote) = inner(place, members, "remote")? {
        out.remotes.extend(text(&place.member("remote"), remote, &["url"])?.map(str::to_owned));
        out.credentials.extend(entry::found(remote).credentials);
    }
    if let Some(config) = inner(place, members, "config")? {
        let place = place.member("config");
        out.secrets(&place, config, "secrets")?;
        // What is no secret by its place may be one by its name.
        let variables = present(config, &["env"]).cloned().map(|env| Map::from_iter([("env".to_owned(), env)]));
        out.credentials.extend(variables.into_iter().flat_map(|v| entry::found(&v).credentials));
    }
    out.secrets(place, members, "oauth")?;
    out.credentials.sort_unstable();
    out.credentials.dedup();
    Ok(out)
}

impl Package {
    /// Secrets by the variable that hands them over, else by their own name.
    fn secrets(&mut self, place: &Place, around: &Map<String, Value>, name: &'static str) -> Result<()> {
        for (at, secret) in list(place, around, &[name])?.iter().enumerate() {
            let place = place.member(name).item(at);
            let secret = object(&place, "a secret, an object", secret)?;
            let called = text(&place, secret, &["env", "name", "secret", "provider"])?;
            self.credentials.extend(called.map(|called| (VARIABLE, called.to_owned())));
        }
        Ok(())
    }
}

fn inner<'a>(place: &Place, members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a Map<String, Value>>> {
    present(members, &[name]).map(|value| object(&place.member(name), "an object", value)).transpose()
}

/// The tag of an image, where it has one; a registry may have a port.
fn tag(image: &str) -> Option<&str> {
    image.split('@').next()?.rsplit_once(':').map(|(_, tag)| tag).filter(|tag| !tag.contains('/'))
}
