//! What the configuration of a client gives: the client, its servers, what it may invoke, and the credentials it holds.

use super::client::Found;
use super::{Reading, entry};
use crate::input::normal;
use crate::json::{Place, object, present};
use crate::notes::first;
use crate::{Error, Result};
use domain::identity;
use domain::rule::{Dialect, Effect, Rule, Via};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Steps of an entry, and of asking settings for one.
const STEPS: u64 = 3_000;
const STEPS_OF_SETTINGS: u64 = 100;

/// A client and what it starts, until the settings beside it are known.
pub(super) struct Client {
    identity: u32,
    name: String,
    file: String,
    /// Each server with the way to it, by whether its entry is on.
    servers: Vec<(String, String, bool)>,
}

impl Reading<'_> {
    /// The configuration of a client.
    pub(super) fn client(&mut self, place: &Place, found: &Found<'_>) -> Result<()> {
        for (member, file) in &found.files {
            self.elsewhere(&place.member(member), file);
        }
        if found.servers.is_empty() {
            return Ok(());
        }
        let name = self.client_name(&place.file);
        let again = self.again(place, &name)?;
        for aside in &found.aside {
            self.notes.add(format!("{place}: {aside}. That is not applied: the access of its servers counts"));
        }
        let client = self.identity("mcp_client", &name, &name, identity::Kind::AiAgent);
        let mut started = Vec::new();
        for servers in &found.servers {
            for (name, way, value) in servers.entries.iter().filter(|(_, _, value)| !value.is_null()) {
                let place = place.member(way);
                if name.trim().is_empty() {
                    return Err(place.error("a server without a name"));
                }
                let entry = object(&place, "a server, an object", value)?;
                self.work.steps(STEPS + servers.steps(name), "reading the servers").map_err(|why| place.error(why))?;
                self.configured(name, &place, entry);
                self.server_identity(name);
                let way = if again { place.path.clone() } else { way.clone() };
                started.push(((*name).to_owned(), way, servers.is_on(name, entry)));
                self.held(client, name, &place, entry)?;
            }
        }
        self.source = self.source.take().or_else(|| self.client_source(&name));
        match self.started.last_mut().filter(|last| again && last.identity == client) {
            Some(last) => last.servers.extend(started),
            None => self.started.push(Client { identity: client, name, file: place.file.clone(), servers: started }),
        }
        Ok(())
    }

    /// Whether a file has another configuration ahead of this one: a client is known by its file, so those of one file are of
    /// one client. Of two files none stands for the other.
    fn again(&mut self, place: &Place, client: &str) -> Result<bool> {
        let Some((file, other)) = self.clients.get(client) else {
            self.clients.insert(client.to_owned(), (self.file, place.clone()));
            return Ok(false);
        };
        if *file != self.file {
            let reason =
                format!("another configuration of the name {client} stands in {other}: a client is known by its file, so rename one");
            return Err(place.error(reason));
        }
        let note = format!("client {client} has another configuration in {place} than in {other}: they are one client's");
        self.folded.add("configurations that stand in one file are each one client's", client.to_owned(), note);
        Ok(true)
    }

    /// Servers that a member says to stand in another file: it is read where it is among the files.
    fn elsewhere(&mut self, place: &Place, file: &str) {
        let folder = place.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let above = folder.rsplit_once('/').map_or("", |(above, _)| above);
        let wanted = file.trim_start_matches("${CLAUDE_PLUGIN_ROOT}");
        let wanted = [folder, above].map(|of| normal(&format!("{of}/{wanted}")));
        if !self.input.files.iter().any(|f| wanted.contains(&normal(&f.name))) {
            let file = domain::text::capped(file, 200);
            self.unseen.push(format!("{place} says that servers stand in {file}, which is not among the files: they are not known"));
        }
    }

    /// What each client starts, now that the settings beside it are known.
    pub(super) fn started(&mut self) -> Result<()> {
        for client in std::mem::take(&mut self.started) {
            let folder = client.file.rsplit_once('/').map_or("", |(folder, _)| folder);
            let own = client.file.rsplit('/').next() == Some(".mcp.json");
            let beside = self.settings.iter().filter(|(of, _)| own && of == folder).map(|(_, s)| s);
            let asked_of = (1 + self.settings.len() as u64).saturating_mul(client.servers.len() as u64);
            self.work
                .steps(asked_of.saturating_mul(STEPS_OF_SETTINGS), "applying settings to servers")
                .map_err(|why| Error::new(&client.file, why))?;
            let (mut off, mut asked, mut on) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
            for (server, way, is_on) in &client.servers {
                let leave = beside.clone().all(|s| s.leave(server));
                if *is_on && leave {
                    on.push((server, way));
                    asked.extend(beside.clone().any(|s| s.ask_for(server)).then(|| server.clone()));
                } else {
                    off.insert(server.clone());
                }
            }
            for (server, way) in on {
                self.invoke(client.identity, server, way);
            }
            let (off, asked): (Vec<String>, Vec<String>) = (off.into_iter().collect(), asked.into_iter().collect());
            let name = &client.name;
            if !off.is_empty() {
                let off = first(&off, 20);
                self.out.identities[client.identity as usize].hints.insert("disabled servers", &off);
                self.notes.add(format!("client {name} does not start {off}: disabled, so no access is counted"));
            }
            if !asked.is_empty() {
                let asked = first(&asked, 20);
                self.notes.add(format!("client {name} asks before it starts {asked}, which the settings beside it do not enable"));
            }
        }
        for (folder, settings) in &self.settings {
            for aside in &settings.aside {
                let at = self.input.shown(folder);
                self.notes.add(format!("the settings in {at}/.claude are not applied in part: {aside}"));
            }
        }
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
    fn held(&mut self, client: u32, server: &str, place: &Place, entry: &Map<String, Value>) -> Result<()> {
        let found = entry::found(entry);
        found.unseen(place).for_each(|note| self.notes.add(note));
        for (method, name) in found.credentials {
            let key_id = format!("{server}: {name}");
            if !self.credential(place, client, method, &key_id)? {
                let note = format!("credential {key_id} stands in {place} as well; it is kept once");
                self.folded.add("credentials that stand in several places are kept once", key_id, note);
            }
        }
        Ok(())
    }

    /// Notes a server that two entries start or reach in different ways.
    fn configured(&mut self, server: &str, place: &Place, entry: &Map<String, Value>) {
        let says = |names: &[&str]| present(entry, names).map(Value::to_string).unwrap_or_default();
        let how = format!("{} {} {}", says(&["command", "cmd"]), says(&["args"]), says(&["url", "httpUrl", "serverUrl", "uri"]));
        match self.configured.get(server) {
            None => {
                self.configured.insert(server.to_owned(), (place.clone(), how));
            }
            Some((other, before)) if *before != how => {
                let note = format!("server {server} has another command or address in {place} than in {other}; it is kept as one server");
                self.folded.add("servers that have several commands or addresses are each kept as one", server.to_owned(), note);
            }
            Some(_) => {}
        }
    }

    /// A client is known by its file: several of one folder by the way to each.
    fn client_name(&self, file: &str) -> String {
        let name = self.relative(file);
        [".json", ".jsonc", ".code-workspace", ".yaml", ".yml"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned()
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
