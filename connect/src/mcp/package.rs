//! A `server.json` of the registry: which credentials a server asks for, in whichever of its lists and in the spelling of
//! whichever release. It must not know an identity.

use super::docker;
use super::entry::{ARGUMENT, HEADER, VARIABLE};
use crate::Result;
use crate::credentials::{in_url, is_held, is_named};
use crate::json::{Place, list, object, present, text, unknown};
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// What a `server.json` says.
#[derive(Debug)]
pub(super) struct Package {
    pub name: String,
    pub version: Option<String>,
    pub remotes: Vec<String>,
    /// Method and name of each credential, as often as it is named.
    pub credentials: Vec<(&'static str, String)>,
    /// Members that no release has.
    pub unread: Vec<String>,
}

const MEMBERS: [&str; 18] = [
    "id",
    "name",
    "title",
    "description",
    "version",
    "versionDetail",
    "status",
    "repository",
    "websiteUrl",
    "icons",
    "packages",
    "remotes",
    "createdAt",
    "updatedAt",
    "publishedAt",
    "isLatest",
    "meta",
    "license",
];
const OF_A_PACKAGE: [&str; 16] = [
    "registryType",
    "registryBaseUrl",
    "registryName",
    "identifier",
    "name",
    "version",
    "fileSha256",
    "runtimeHint",
    "runtimeArguments",
    "packageArguments",
    "environmentVariables",
    "transport",
    "transportType",
    "license",
    "description",
    "title",
];

fn has_schema(members: &Map<String, Value>) -> bool {
    members.get("$schema").and_then(Value::as_str).is_some_and(is_schema)
}

/// Whether a text is the name of the registry's schema, of whichever release.
pub(crate) fn is_schema(name: &str) -> bool {
    name.contains("server.schema.json") || (name.contains("modelcontextprotocol") && name.ends_with("/server.json"))
}

/// Whether an object that has the members of a `server.json` is something else by what stands in them: npm, where it locks its
/// packages, has an object of them, and others have lists of names.
pub(super) fn is_another(members: &Map<String, Value>) -> bool {
    let objects = |value: &Value| value.as_array().is_some_and(|items| items.iter().all(Value::is_object));
    is_one(members) && !has_schema(members) && !["packages", "remotes"].iter().filter_map(|m| present(members, &[m])).all(objects)
}

/// Whether a list of servers says of one anything that a registry of MCP says.
pub(super) fn is_described(members: &Map<String, Value>) -> bool {
    let said = ["packages", "remotes", "version", "version_detail", "versionDetail", "description", "repository"];
    let of_others = ["short_description", "source_code_url", "package_name"];
    let said = said.iter().chain(&of_others);
    has_schema(members) || docker::is_one(members) || said.into_iter().any(|name| members.contains_key(*name))
}

/// Whether an object is a `server.json`.
pub(super) fn is_one(members: &Map<String, Value>) -> bool {
    let named = members.contains_key("name");
    has_schema(members) || (named && ["packages", "remotes", "version_detail", "versionDetail"].iter().any(|m| members.contains_key(*m)))
}

pub(super) fn read(place: &Place, members: &Map<String, Value>) -> Result<Package> {
    let name = text(place, members, &["name"])?.ok_or_else(|| place.member("name").error("a server without a name"))?;
    let detail = present(members, &["version_detail", "versionDetail"]).and_then(Value::as_object);
    let version = match text(place, members, &["version"])? {
        Some(version) => Some(version),
        None => detail.map(|d| text(place, d, &["version"])).transpose()?.flatten(),
    };
    let mut out = Package {
        name: name.to_owned(),
        version: version.map(str::to_owned),
        remotes: vec![],
        credentials: vec![],
        unread: unknown(members, &MEMBERS),
    };
    for (at, package) in list(place, members, &["packages"])?.iter().enumerate() {
        out.package(&place.member("packages").item(at), package)?;
    }
    for (at, remote) in list(place, members, &["remotes"])?.iter().enumerate() {
        let place = place.member("remotes").item(at);
        let remote = object(&place, "a remote, an object", remote)?;
        out.remotes.extend(text(&place, remote, &["url"])?.map(str::to_owned));
        out.transport(&place, remote)?;
    }
    Ok(out)
}

impl Package {
    fn package(&mut self, place: &Place, package: &Value) -> Result<()> {
        let package = object(place, "a package, an object", package)?;
        self.unread.extend(unknown(package, &OF_A_PACKAGE));
        for input in inputs(place, package, &["environmentVariables", "environment_variables"])? {
            let name = input.named()?;
            if input.is_secret(name) {
                self.credentials.push((VARIABLE, name.to_owned()));
            }
        }
        for names in [["packageArguments", "package_arguments"], ["runtimeArguments", "runtime_arguments"]] {
            for input in inputs(place, package, &names)? {
                self.argument(&input)?;
            }
        }
        if let Some(transport) = present(package, &["transport"]).and_then(Value::as_object) {
            self.transport(&place.member("transport"), transport)?;
        }
        Ok(())
    }

    /// A URL with its variables, and headers.
    fn transport(&mut self, place: &Place, transport: &Map<String, Value>) -> Result<()> {
        if let Some(url) = text(place, transport, &["url"])? {
            self.credentials.extend(in_url(url));
        }
        for header in inputs(place, transport, &["headers"])? {
            let name = header.named()?;
            if header.is_secret(name) {
                self.credentials.push((HEADER, name.to_owned()));
            }
        }
        for (name, variable) in variables(transport) {
            if secret(variable) == Some(true) || (secret(variable).is_none() && is_named(name)) {
                self.credentials.push(("URL variable", name.clone()));
            }
        }
        Ok(())
    }

    /// An argument; `-e NAME={value}` and `--header Name: {value}` hand on what they name.
    fn argument(&mut self, input: &Input<'_>) -> Result<()> {
        let flag = text(&input.place, input.members, &["name"])?;
        let value = text(&input.place, input.members, &["value"])?;
        let (method, name) = match (flag, value) {
            (Some("-e" | "--env"), Some(value)) => (VARIABLE, value.split('=').next().unwrap_or(value).trim().to_owned()),
            (Some("-H" | "--header"), Some(value)) => (HEADER, value.split(':').next().unwrap_or(value).trim().to_owned()),
            (Some(flag), _) => (ARGUMENT, flag.to_owned()),
            (None, _) => {
                let hint = text(&input.place, input.members, &["valueHint", "value_hint"])?;
                (ARGUMENT, hint.map_or_else(|| input.place.path.clone(), str::to_owned))
            }
        };
        if input.is_secret(&name) {
            self.credentials.push((method, name));
        }
        Ok(())
    }
}

/// Something a user is asked for.
struct Input<'a> {
    place: Place,
    members: &'a Map<String, Value>,
}

impl<'a> Input<'a> {
    fn named(&self) -> Result<&'a str> {
        text(&self.place, self.members, &["name"])?.ok_or_else(|| self.place.error("without a name"))
    }

    /// What it says of itself counts, then what its variables say, then its name.
    fn is_secret(&self, name: &str) -> bool {
        let value = present(self.members, &["value", "default"]).and_then(Value::as_str);
        match secret(&Value::Object(self.members.clone())) {
            Some(is) if is || value.is_none() => is,
            said => {
                variables(self.members).any(|(_, v)| secret(v) == Some(true))
                    || value.is_some_and(is_held)
                    || (said.is_none() && is_named(name))
            }
        }
    }
}

fn inputs<'a>(place: &Place, members: &'a Map<String, Value>, names: &[&str]) -> Result<Vec<Input<'a>>> {
    let all = list(place, members, names)?.iter().enumerate();
    all.map(|(at, value)| {
        let place = place.member(names[0]).item(at);
        object(&place, "an object", value).map(|members| Input { place: place.clone(), members })
    })
    .collect()
}

fn variables(members: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    members.get("variables").and_then(Value::as_object).into_iter().flatten()
}

/// Whether it says of itself that it is a secret.
fn secret(value: &Value) -> Option<bool> {
    ["isSecret", "is_secret"].iter().find_map(|name| value.get(*name)?.as_bool())
}

/// Which of two versions is the later one: numbers by their size, other words by their letters.
pub(super) fn later(a: &str, b: &str) -> Ordering {
    let parts = |text: &str| -> Vec<(u64, String)> {
        let parts = text.trim_start_matches('v').split(['.', '-', '+']);
        parts.map(|p| (p.parse().unwrap_or(0), if p.parse::<u64>().is_ok() { String::new() } else { p.to_owned() })).collect()
    };
    parts(a).cmp(&parts(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(server: Value) -> Vec<String> {
        let read = read(&Place::of("server.json", 0, 1), server.as_object().expect("an object")).expect("reads");
        let mut all: Vec<String> = read.credentials.into_iter().map(|(method, name)| format!("{method} {name}")).collect();
        all.sort();
        all
    }

    #[test]
    fn secrets_of_every_list_and_spelling_are_found() {
        let old = json!({"name": "a/b", "version_detail": {"version": "1.0.2"}, "packages": [{"registry_type": "oci",
            "environment_variables": [{"name": "BRAVE_API_KEY", "is_secret": true}, {"name": "LOG_LEVEL"}],
            "package_arguments": [{"type": "positional", "value_hint": "connection", "is_secret": true}, {"type": "named", "name": "--mode"}],
            "runtime_arguments": [{"type": "named", "name": "-e", "value": "DB_PASS={p}", "variables": {"p": {"is_secret": true}}},
                {"type": "named", "name": "-e", "value": "DB_TYPE={t}", "variables": {"t": {}}}]}]});
        assert_eq!(names(old), ["argument connection", "environment variable BRAVE_API_KEY", "environment variable DB_PASS"]);
        let new = json!({"name": "a/b", "version": "2", "remotes": [{"type": "sse", "url": "https://x.example/{tenant}?token={token}",
            "headers": [{"name": "Authorization", "value": "Bearer {t}", "variables": {"t": {"isSecret": true}}}, {"name": "X-Region", "default": "eu"}],
            "variables": {"tenant": {}, "token": {"isSecret": true}}}],
            "packages": [{"packageArguments": [{"type": "named", "name": "--api-key"}, {"type": "named", "name": "--token", "isSecret": false}],
                "transport": {"type": "streamable-http", "url": "http://localhost:{port}/", "headers": [{"name": "X-API-Key"}]}}]});
        assert_eq!(
            names(new),
            ["HTTP header Authorization", "HTTP header X-API-Key", "URL parameter token", "URL variable token", "argument --api-key"]
        );
        assert_eq!(names(json!({"name": "a/b", "packages": null, "remotes": null, "version": null})), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_list_or_has_no_name_is_refused_with_its_place() {
        for (bad, at) in [
            (json!({"name": ""}), "name"),
            (json!({"name": "a", "packages": {}}), "packages"),
            (json!({"name": "a", "packages": ["npm"]}), "packages[0]"),
            (json!({"name": "a", "remotes": [{"headers": [{"isSecret": true}]}]}), "remotes[0].headers[0]"),
        ] {
            let error = read(&Place::of("server.json", 0, 1), bad.as_object().expect("an object")).expect_err("refused");
            assert_eq!(error.place.as_deref(), Some(at), "{error}");
        }
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert_eq!(later("1.10.0", "1.9.0"), Ordering::Greater);
        assert_eq!(later("v2", "1.9"), Ordering::Greater);
        assert_eq!(later("1.0.0", "1.0.0"), Ordering::Equal);
    }
}
