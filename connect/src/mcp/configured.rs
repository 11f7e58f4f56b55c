//! What the configuration of a client gives: the client, its servers, what it may invoke, and the credentials it holds.

use super::client::Servers;
use super::{Reading, entry};
use crate::Result;
use crate::json::{Place, object, present};
use crate::notes::first;
use domain::identity;
use domain::rule::{Dialect, Effect, Rule, Via};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

impl Reading<'_> {
    /// The configuration of a client.
    pub(super) fn client(&mut self, place: &Place, all: &[Servers<'_>]) -> Result<()> {
        let name = self.client_name(&place.file);
        if let Some(other) = self.clients.insert(name.clone(), place.to_string()) {
            let reason =
                format!("another configuration of the name {name} stands in {other}: a client is known by its file, so rename one");
            return Err(place.error(reason));
        }
        let client = self.identity("mcp_client", &name, &name, identity::Kind::AiAgent);
        let mut off = BTreeSet::new();
        for servers in all {
            for (name, value) in servers.entries.iter().filter(|(_, v)| !v.is_null()) {
                let way = if servers.path.is_empty() { name.clone() } else { format!("{}.{name}", servers.path) };
                let place = place.member(&way);
                if name.trim().is_empty() {
                    return Err(place.error("a server without a name"));
                }
                let entry = object(&place, "a server, an object", value)?;
                self.configured(name, &place, entry);
                self.server_identity(name);
                if servers.is_on(name, entry) {
                    self.invoke(client, name, &way);
                } else {
                    off.insert(name.clone());
                }
                self.held(client, name, &place, entry);
            }
        }
        if !off.is_empty() {
            let off: Vec<String> = off.into_iter().collect();
            let off = first(&off, 20);
            self.out.identities[client as usize].hints.insert("disabled servers", &off);
            self.notes.add(format!("client {name} does not start {off}: disabled, so no access is counted"));
        }
        self.source = self.source.take().or_else(|| self.client_source(&name));
        Ok(())
    }

    fn invoke(&mut self, client: u32, server: &str, way: &str) {
        let mut rule = Rule::new(Dialect::Mcp, Effect::Allow);
        rule.actions = vec!["invoke".to_owned()];
        rule.resources = vec![format!("mcp:{server}")];
        let rule = self.out.rules.intern(rule.normal());
        self.out.grant(client, None, rule, Via::Direct, way, None);
    }

    /// What an entry holds of credentials.
    fn held(&mut self, client: u32, server: &str, place: &Place, entry: &Map<String, Value>) {
        let found = entry::found(entry);
        for (method, name) in found.credentials {
            let key_id = format!("{server}: {name}");
            if !self.credential(client, method, &key_id) {
                self.notes.add(format!("credential {key_id} stands in {place} as well; it is kept once"));
            }
        }
        for file in found.files {
            self.notes.add(format!("{place} takes variables from a file ({file}): the credentials in it are not seen"));
        }
    }

    /// Notes a server that two entries start or reach in different ways.
    fn configured(&mut self, server: &str, place: &Place, entry: &Map<String, Value>) {
        let says = |names: &[&str]| present(entry, names).map(Value::to_string).unwrap_or_default();
        let how = format!("{} {} {}", says(&["command"]), says(&["args"]), says(&["url", "httpUrl", "serverUrl"]));
        match self.configured.get(server) {
            None => {
                self.configured.insert(server.to_owned(), (place.clone(), how));
            }
            Some((other, before)) if *before != how => {
                self.notes
                    .add(format!("server {server} has another command or address in {place} than in {other}; it is kept as one server"));
            }
            Some(_) => {}
        }
    }

    /// A client is known by its file: several of one folder by the way to each.
    fn client_name(&self, file: &str) -> String {
        let name = self.relative(file);
        [".json", ".jsonc", ".code-workspace"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned()
    }

    /// A client alone names the source after itself; those of a folder, after the folder.
    fn client_source(&self, client: &str) -> Option<String> {
        match self.input.files.as_slice() {
            [_] => Some(format!("mcp:{client}")),
            files if files.iter().all(|f| f.name.starts_with(&self.input.name)) => {
                let folder = self.input.name.trim_end_matches('/').rsplit('/').next()?;
                Some(format!("mcp:{folder}"))
            }
            _ => None,
        }
    }
}
