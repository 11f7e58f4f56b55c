//! What one entry of a client's configuration says of credentials: in its environment, headers, arguments, URLs and
//! settings. Names are found and values are left where they stand.

use crate::credentials::{carries, in_url, is_flag, is_held, is_named, is_url};
use crate::json::Place;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The method and the name of each credential, and the files and programs an entry takes others from.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub credentials: BTreeSet<(&'static str, String)>,
    pub files: BTreeSet<String>,
    pub programs: BTreeSet<String>,
    /// Headers that only hand on a variable: the header, the variable.
    handed: Vec<(String, String)>,
}

pub(super) const VARIABLE: &str = "environment variable";
pub(super) const HEADER: &str = "HTTP header";
pub(super) const ARGUMENT: &str = "argument";
const SETTING: &str = "setting";

/// What an entry holds.
pub(super) fn found(entry: &Map<String, Value>) -> Found {
    let mut out = Found::default();
    for (name, value) in entry {
        out.member(name, name, value);
    }
    // One secret, wherever the entry names it first: it is counted where it stands.
    for (header, variable) in std::mem::take(&mut out.handed) {
        if out.credentials.contains(&(VARIABLE, variable)) {
            out.credentials.remove(&(HEADER, header));
        }
    }
    out
}

/// The variable that a text is made of and nothing else but the word of a scheme: `Bearer ${API_TOKEN}`, `${env:API_TOKEN}`.
fn handed_on(text: &str) -> Option<&str> {
    let text = text.trim();
    let bare = ["bearer ", "token ", "basic "].iter().find(|word| text.get(..word.len()).is_some_and(|t| t.eq_ignore_ascii_case(word)));
    let rest = bare.map_or(text, |word| text[word.len()..].trim()).strip_prefix('$')?;
    let name = rest.strip_prefix('{').and_then(|r| r.strip_suffix('}')).unwrap_or(rest);
    Some(name.strip_prefix("env:").unwrap_or(name)).filter(|name| is_variable(name))
}

impl Found {
    /// What is said of credentials that stand elsewhere.
    pub(super) fn unseen<'a>(&'a self, place: &'a Place) -> impl Iterator<Item = String> + use<'a> {
        let files =
            self.files.iter().map(move |file| format!("{place} takes variables from a file ({file}): the credentials in it are not seen"));
        let asked =
            move |member: &'a String| format!("{place} takes headers from a program ({member}): the credentials it gives are not seen");
        files.chain(self.programs.iter().map(asked))
    }

    fn add(&mut self, method: &'static str, name: &str) {
        self.credentials.insert((method, name.to_owned()));
    }

    /// A member by its name; `path` is the way to it in the entry.
    fn member(&mut self, path: &str, name: &str, value: &Value) {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        match (plain.as_str(), value) {
            ("env" | "envs" | "envkeys" | "environment" | "environmentvariables", Value::Object(_) | Value::Array(_)) => {
                self.pairs(value, Self::variable);
            }
            ("headers" | "httpheaders", Value::Object(_) | Value::Array(_)) => self.pairs(value, Self::header),
            ("args" | "arguments" | "command", Value::Array(items)) => {
                let words: Vec<String> = items.iter().map(word).collect();
                self.words(&words, path);
            }
            // One text with everything in it; a path with spaces is parted as well, and carries nothing then.
            ("args" | "arguments" | "command" | "cmd", Value::String(text)) => self.line(text, path),
            ("headershelper", Value::String(_)) => drop(self.programs.insert(name.to_owned())),
            ("envfile", Value::String(_)) => {
                self.files.insert(name.to_owned());
            }
            (_, Value::String(text)) => self.setting(path, name, text),
            (_, Value::Array(items)) => {
                for (at, item) in items.iter().enumerate() {
                    self.member(&format!("{path}[{at}]"), "", item);
                }
            }
            (_, Value::Object(members)) => {
                for (inner, value) in members {
                    self.member(&format!("{path}.{inner}"), inner, value);
                }
            }
            (_, Value::Null | Value::Bool(_) | Value::Number(_)) => {}
        }
    }

    /// Names and values: as members, as `NAME=value`, or as objects with `name` and `value`.
    fn pairs(&mut self, value: &Value, each: fn(&mut Self, &str, Option<&str>)) {
        match value {
            Value::Object(members) => {
                for (name, value) in members.iter().filter(|(_, v)| !v.is_null()) {
                    each(self, name, Some(&word(value)));
                }
            }
            Value::Array(items) => {
                for item in items {
                    let text = |name: &str| item.get(name).and_then(Value::as_str);
                    if let Some(name) = text("name").or_else(|| text("key")) {
                        each(self, name, text("value"));
                    } else if let Some((name, value)) = item.as_str().and_then(|t| t.split_once(['=', ':'])) {
                        each(self, name.trim(), Some(value.trim()));
                    } else if let Some(name) = item.as_str() {
                        each(self, name, None);
                    }
                }
            }
            _ => {}
        }
    }

    /// A variable; without a value it is handed through from where the client runs.
    fn variable(&mut self, name: &str, value: Option<&str>) {
        if value.map_or_else(|| is_named(name), |value| carries(name, value)) {
            self.add(VARIABLE, name);
        }
    }

    fn header(&mut self, name: &str, value: Option<&str>) {
        if value.map_or_else(|| is_named(name), |value| carries(name, value)) {
            self.add(HEADER, name);
            self.handed.extend(value.and_then(handed_on).map(|variable| (name.to_owned(), variable.to_owned())));
        }
    }

    fn setting(&mut self, path: &str, name: &str, text: &str) {
        if is_url(text) {
            self.credentials.extend(in_url(text));
        } else if (is_named(name) && !is_flag(text)) || is_held(text) {
            self.add(SETTING, path);
        }
    }

    /// A command line in one text.
    fn line(&mut self, text: &str, path: &str) {
        let words: Vec<String> = text.split_whitespace().map(|w| w.trim_matches(['"', '\'']).to_owned()).collect();
        let before = self.credentials.len();
        self.words(&words, path);
        // `--header "Authorization: Bearer …"` comes apart at its spaces.
        if self.credentials.len() == before && is_held(text) {
            self.add(ARGUMENT, path);
        }
    }

    fn words(&mut self, words: &[String], path: &str) {
        let mut at = 0;
        while at < words.len() {
            let next = words.get(at + 1).map(String::as_str).filter(|n| !n.starts_with('-'));
            let took_next = if words[at].starts_with('-') {
                self.flag(&words[at], next)
            } else {
                self.positional(&words[at], &format!("{path}[{at}]"));
                false
            };
            at += if took_next { 2 } else { 1 };
        }
    }

    /// A flag with its value, behind `=` or as the next word. True where the next word is its value.
    fn flag(&mut self, word: &str, next: Option<&str>) -> bool {
        let (flag, own) = word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
        let value = own.or(next);
        match (flag, value) {
            ("-e" | "--env", Some(value)) => self.assignment(value),
            ("-H" | "--header" | "--headers", Some(value)) => self.pairs(&Value::from(vec![value]), Self::header),
            ("--env-file" | "--envfile", Some(_)) => {
                self.files.insert(flag.to_owned());
            }
            // `-eNAME=value`, as docker takes it.
            (_, Some(value)) if own.is_some() && flag.strip_prefix("-e").is_some_and(is_capital) => {
                self.variable(&flag[2..], Some(value));
            }
            (_, Some(value)) if is_url(value) => {
                self.credentials.extend(in_url(value));
                return own.is_none();
            }
            (_, Some(value)) if is_named(flag) || own.is_some() => {
                if (is_named(flag) && !is_flag(value)) || is_held(value) {
                    self.add(ARGUMENT, flag);
                }
            }
            // A flag of another meaning: the next word is looked at by itself.
            _ => return false,
        }
        own.is_none()
    }

    /// `NAME=value`, or a name whose value comes from elsewhere.
    fn assignment(&mut self, text: &str) {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        if is_variable(name) {
            self.variable(name, value);
        } else {
            self.positional(text, ARGUMENT);
        }
    }

    fn positional(&mut self, text: &str, path: &str) {
        let assigned = text.split_once('=').filter(|(name, _)| is_variable(name));
        if is_url(text) {
            self.credentials.extend(in_url(text));
        } else if let Some((name, value)) = assigned.filter(|(_, value)| !value.contains(char::is_whitespace)) {
            self.variable(name, Some(value));
        } else if text.contains(char::is_whitespace) {
            self.line(text, path);
        } else if is_held(text) {
            self.add(ARGUMENT, path);
        }
    }
}

/// Whether a text is the name of a variable as people write them; `-endpoint=…` is a flag.
fn is_capital(name: &str) -> bool {
    is_variable(name) && !name.bytes().any(|b| b.is_ascii_lowercase())
}

/// Whether a text may be the name of a variable.
fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(entry: Value) -> Vec<String> {
        let found = found(entry.as_object().expect("an object"));
        found.credentials.into_iter().map(|(method, name)| format!("{method} {name}")).collect()
    }

    #[test]
    fn credentials_are_found_where_programs_take_them() {
        let docker = json!({"command": "docker", "args": ["run", "-i", "--rm", "-e", "GITHUB_TOKEN", "-e", "LOG=debug", "-eAPI_KEY=x1", "--env=DB_PASS=p", "image:1"],
            "env": {"GITHUB_TOKEN": "${input:t}", "DEBUG": "1"}});
        assert_eq!(names(docker), ["environment variable API_KEY", "environment variable DB_PASS", "environment variable GITHUB_TOKEN"]);
        let remote = json!({"command": "npx", "args": ["mcp-remote", "https://r.example/sse?token=abc", "--header", "Authorization:${AUTH}", "--transport", "sse-only"]});
        assert_eq!(names(remote), ["HTTP header Authorization", "URL parameter token"]);
        let handed = json!({"command": "npx", "args": ["mcp-remote", "https://r.example/sse", "--header", "Authorization: Bearer ${API_TOKEN}", "--header", "X-Api-Key:${OTHER}"],
            "env": {"API_TOKEN": "x"}});
        assert_eq!(names(handed), ["HTTP header X-Api-Key", "environment variable API_TOKEN"]);
        let flags = json!({"command": "x", "args": ["--api-key", "abc", "--token=def", "--verbose", "--secret", "--name", "x", "ghp_0123456789abcdefghijABCDEFGHIJ012345"]});
        assert_eq!(names(flags), ["argument --api-key", "argument --token", "argument args[7]"]);
        let shell = json!({"command": "sh", "args": ["-c", "API_KEY=abc npx -y x --port 1"]});
        assert_eq!(names(shell), ["environment variable API_KEY"]);
        let line = json!({"command": "npx -y x --token=abc"});
        assert_eq!(names(line), ["argument --token"]);
    }

    #[test]
    fn every_clients_own_members_are_read_and_plain_ones_do_not_count() {
        let zed = json!({"command": {"path": "x", "args": ["--pat", "abc"], "env": {"API_KEY": "x"}}, "settings": {"github_personal_access_token": "T", "tokens": null}});
        assert_eq!(names(zed), ["argument --pat", "environment variable API_KEY", "setting settings.github_personal_access_token"]);
        let remote = json!({"httpUrl": "https://x.example/mcp", "headers": {"X-API-Key": "k", "Accept": "text/plain", "X-Trace": "Bearer abcdefghijklmnop0123"},
            "requestInit": {"headers": {"Cookie": "a=b"}}, "oauth": {"clientId": "x", "clientSecret": "y"}});
        let expected = ["HTTP header Cookie", "HTTP header X-API-Key", "HTTP header X-Trace", "setting oauth.clientSecret"];
        assert_eq!(names(remote), expected);
        let plain = json!({"type": "stdio", "command": "/opt/my tool/run", "args": ["-y", "@scope/pkg@1.2.3", "--port", "80", "/home/u"], "env": {"DEBUG": "1", "MAX_TOKENS": 4096, "API_KEY": null},
            "timeout": 60, "autoApprove": ["search", "get_token_count"], "disabled": false});
        assert_eq!(names(plain), Vec::<String>::new());
        let file = found(json!({"envFile": ".env", "args": ["--env-file", "x"]}).as_object().expect("an object"));
        assert_eq!(file.files.into_iter().collect::<Vec<_>>(), ["--env-file", "envFile"]);
    }
}
