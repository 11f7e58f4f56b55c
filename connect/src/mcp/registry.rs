//! Servers as a registry describes them: one `server.json`, or the lists the registry answers with. Two descriptions of one
//! server are one server, which is said.

use super::docker;
use super::package::{self, Package};
use super::tools::More;
use super::{Described, Reading};
use crate::Result;
use crate::json::{Place, object, present};
use crate::notes::first;
use serde_json::{Map, Value};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// What a server takes that is described: an identity and its description.
const SERVER: usize = 800;

impl Reading<'_> {
    /// What a registry answers for many servers.
    pub(super) fn registry(&mut self, place: &Place, members: &Map<String, Value>, servers: &[Value]) -> Result<()> {
        for (at, server) in servers.iter().enumerate() {
            let place = place.member("servers").item(at);
            let read = object(&place, "a server, an object", server).and_then(|around| {
                let wrapped = around.get("server").and_then(Value::as_object);
                let inner = if wrapped.is_some() { place.member("server") } else { place.clone() };
                let server = wrapped.unwrap_or(around);
                if wrapped.is_some() || !server.contains_key("name") || package::is_described(server) {
                    self.server_json(&inner, server, around)
                } else {
                    Err(inner.error(
                        "nothing in it says that it is a server of MCP: it has neither packages, remotes, a version nor a description",
                    ))
                }
            });
            // One entry of many that says nothing readable is no reason to refuse the others.
            read.or_else(|odd| self.odd(odd))?;
        }
        let metadata = present(members, &["metadata"]).and_then(Value::as_object).unwrap_or(members);
        let follows = present(metadata, &["nextCursor", "next_cursor"]).is_some();
        self.keeps(place, place.bytes())?;
        self.registry.push((place.clone(), if follows { More::Follows } else { More::Nothing }));
        Ok(())
    }

    /// The servers of a catalogue of Docker's, by their names, with the tools it lists.
    pub(super) fn catalogue(&mut self, place: &Place, servers: &Map<String, Value>) -> Result<()> {
        for (name, server) in servers {
            let place = place.member(name);
            let read = object(&place, "a server, an object", server).and_then(|members| {
                let read = docker::of_catalogue(&place, name, members)?;
                self.server(&place, read, members, members)?;
                match members.get("tools").and_then(Value::as_array) {
                    Some(tools) if !tools.is_empty() => {
                        let around = Map::from_iter([("serverInfo".to_owned(), serde_json::json!({"name": name}))]);
                        self.page(&place.member("tools"), &around, tools, More::Catalogue)
                    }
                    _ => Ok(()),
                }
            });
            read.or_else(|odd| self.odd(odd))?;
        }
        Ok(())
    }

    pub(super) fn server_json(&mut self, place: &Place, members: &Map<String, Value>, around: &Map<String, Value>) -> Result<()> {
        let read = if docker::is_one(members) { docker::read(place, members)? } else { package::read(place, members)? };
        self.server(place, read, members, around)
    }

    fn server(&mut self, place: &Place, mut read: Package, members: &Map<String, Value>, around: &Map<String, Value>) -> Result<()> {
        self.keeps(place, SERVER + place.bytes() + 6 * read.name.len())?;
        let at = self.server_identity(&read.name);
        let official = around.get("_meta").and_then(|m| m.get("io.modelcontextprotocol.registry/official"));
        let status = official.and_then(|o| o.get("status")).or_else(|| around.get("status")).or_else(|| members.get("status"));
        let status = status.and_then(Value::as_str).filter(|s| !s.eq_ignore_ascii_case("active")).map(str::to_lowercase);
        let latest = official.and_then(|o| o.get("isLatest").or_else(|| o.get("is_latest"))).and_then(Value::as_bool) == Some(true);
        if let Some(status) = &status {
            let version = read.version.as_deref().map(|v| format!(" {v}")).unwrap_or_default();
            let note = format!("server {}{version} is {status} in the registry ({place}): nobody is offered it", read.name);
            self.folded.add("versions of servers are deleted or deprecated in the registry", read.name.clone(), note);
        }
        let deleted = status.as_deref() == Some("deleted");
        let described = Described { place: place.clone(), version: read.version.clone(), latest, deleted };
        if self.described(&read, described) {
            let hints = &mut self.out.identities[at as usize].hints;
            if let Some(version) = &read.version {
                hints.insert("version", version);
            }
            if let Some(status) = &status {
                hints.insert("status", status);
            }
            let remotes: Vec<String> = read.remotes.iter().map(|url| self.scrub.url(url)).collect();
            if !remotes.is_empty() {
                hints.insert("remote", &first(&remotes, 10));
            }
        }
        if deleted {
            // Nobody starts what the registry does not hand out any more.
            read.credentials.clear();
        }
        self.asked_for(place, at, &mut read)?;
        self.first_server.get_or_insert(read.name);
        Ok(())
    }

    /// What a server asks for, and members that are not known.
    fn asked_for(&mut self, place: &Place, at: u32, read: &mut Package) -> Result<()> {
        if !read.unread.is_empty() {
            let note = format!("members of {place} that are not known and were not read: {}", first(&read.unread, 10));
            let kind = "descriptions of servers have members that are not known and were not read";
            self.folded.add(kind, format!("{} of {}", first(&read.unread, 10), read.name), note);
            *self.out.skipped.entry("unknown member of a server.json".to_owned()).or_default() += read.unread.len() as u64;
        }
        let mut repeated = BTreeSet::new();
        for (method, name) in std::mem::take(&mut read.credentials) {
            if !self.credential(place, at, method, &name)? {
                repeated.insert(name);
            }
        }
        if !repeated.is_empty() {
            let named: Vec<String> = repeated.into_iter().collect();
            let note = format!("server {} names {} more than once; each is one credential", read.name, first(&named, 10));
            self.folded.add("servers name a credential more than once; each is one", read.name.clone(), note);
        }
        Ok(())
    }

    /// Keeps the later of two descriptions of one server. True where this is the one that counts.
    fn described(&mut self, read: &Package, new: Described) -> bool {
        let Some(old) = self.packages.get(&read.name) else {
            self.packages.insert(read.name.clone(), new);
            return true;
        };
        let version = |d: &Described| d.version.clone().unwrap_or_default();
        let by_version = package::later(&version(&new), &version(old));
        let counts = new.latest.cmp(&old.latest).then(old.deleted.cmp(&new.deleted)).then(by_version) != Ordering::Less;
        let shown = if counts { version(&new) } else { version(old) };
        let (name, one, other) = (&read.name, &old.place, &new.place);
        let shown = if shown.is_empty() { String::new() } else { format!(" of version {shown}") };
        let note = format!("server {name} stands in {one} and in {other}; it is one server{shown}, with the credentials of both");
        self.folded.add("descriptions of servers stand beside others of the same servers; the latest counts", name.clone(), note);
        if counts {
            self.packages.insert(name.clone(), new);
        }
        counts
    }

    /// Refuses a list whose last page nobody brought.
    pub(super) fn whole_registry(&self) -> Result<()> {
        match self.registry.last() {
            Some((place, _)) if self.registry.iter().all(|(_, more)| *more == More::Follows) => {
                let reason =
                    "the last page of the registry's list is missing: fetch every page and import them together, as one folder or upload";
                Err(place.member("metadata.nextCursor").error(reason))
            }
            _ => Ok(()),
        }
    }
}
