//! MCP: tools as servers list them, a `server.json` of the registry or the registry's own lists, and the configurations of
//! clients. Tools are items of their server's tools surface; an entry of a client is a grant `invoke`, unless the client does
//! not start it. Credentials are kept by their names; their values never are.

mod client;
mod configured;
mod docker;
mod entry;
mod manifest;
mod package;
mod registry;
mod switches;
mod tools;

use crate::input::{Input, InputFile};
use crate::json::{self, Place, object, present, wrong};
use crate::notes::{Folded, Notes, first};
use crate::secrets::Scrub;
use crate::work::Work;
use crate::{Error, Options, Result, recognise, text, yaml};
use domain::identity;
use domain::snapshot::{Format, Hints, SeenCredential, SeenIdentity, Snapshot};
pub(crate) use package::is_schema;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap, HashSet};
pub(crate) use switches::OF_SETTINGS;
use tools::{More, Page};

struct Reading<'a> {
    input: &'a Input,
    options: &'a Options,
    work: &'a Work,
    scrub: Scrub,
    out: Snapshot,
    index: HashMap<(&'static str, String), u32>,
    pages: Vec<Page>,
    /// Whether lists that say no server stand in several folders.
    apart: bool,
    packages: BTreeMap<String, Described>,
    /// Which file of the input is read: an upload may hold several of one name.
    file: usize,
    /// Where each client was said first, by its name.
    clients: HashMap<String, (usize, Place)>,
    /// What each client starts, before the settings beside it are applied.
    started: Vec<configured::Client>,
    /// Settings of Claude Code by the folder whose `.mcp.json` they speak of.
    settings: Vec<(String, switches::Settings)>,
    /// What stands in files that are not there.
    unseen: Vec<String>,
    /// What starts or reaches a server, where it was said first.
    configured: HashMap<String, (Place, String)>,
    credentials: HashSet<(u32, &'static str, String)>,
    /// Values in which there is nothing of MCP.
    others: Vec<Place>,
    /// Entries of lists that say nothing that is read, with place and reason.
    odd: Vec<Error>,
    /// What the source is called where nobody says it: after a client, else after a server.
    source: Option<String>,
    first_server: Option<String>,
    /// A registry's list without its last page.
    registry: Vec<(Place, More)>,
    notes: Notes,
    folded: Folded,
}

/// A `server.json` and where it stands.
struct Described {
    place: Place,
    version: Option<String>,
    latest: bool,
    deleted: bool,
}

pub fn read(input: &Input, options: &Options, scrub: Scrub, work: &Work) -> Result<Snapshot> {
    let mut reading = Reading {
        input,
        options,
        work,
        scrub,
        out: Snapshot::default(),
        index: HashMap::new(),
        pages: vec![],
        apart: false,
        packages: BTreeMap::new(),
        file: 0,
        clients: HashMap::new(),
        started: vec![],
        settings: vec![],
        unseen: vec![],
        configured: HashMap::new(),
        credentials: HashSet::new(),
        others: vec![],
        odd: vec![],
        source: None,
        first_server: None,
        registry: vec![],
        notes: Notes::of("notes about servers and tools"),
        folded: Folded::default(),
    };
    for (at, file) in input.files.iter().enumerate() {
        reading.file = at;
        let carried = carried(file, work)?;
        json::each(&file.name, &carried, work, |place, value| reading.value(&place, &value))?;
    }
    reading.finish()
}

/// The JSON of a file: as it stands there, in the events of a stream, or as the YAML of Docker's catalogue.
pub(crate) fn carried(file: &InputFile, work: &Work) -> Result<String> {
    let text = file.text()?;
    if recognise::of_yaml(&text) == Some(Format::Mcp) {
        return yaml::as_json(&file.name, &text, work);
    }
    Ok(text::of_events(&text).unwrap_or(text))
}

/// Results of other requests than for tools, which say nothing of access.
const OTHER_RESULTS: [&str; 4] = ["prompts", "resources", "resourceTemplates", "roots"];

/// What a credential takes beside its name.
const CREDENTIAL: usize = 250;

/// Answers and requests of a recorded conversation that list nothing.
const MESSAGE: &str = "MCP message without tools";

/// The names of tools that an agent's file allows.
fn is_names(tools: &Value) -> bool {
    tools.as_array().is_some_and(|names| names.iter().all(Value::is_string))
}

impl Reading<'_> {
    fn value(&mut self, place: &Place, value: &Value) -> Result<()> {
        match value {
            Value::Array(items) => self.items(place, items),
            Value::Object(members) => self.members(place, members),
            other => self.odd(wrong(place, "an object or a list of MCP", other)),
        }
    }

    /// Keeps so much more for what stands at a place.
    fn keeps(&self, place: &Place, bytes: usize) -> Result<()> {
        self.work.keeps(bytes as u64).map_err(|why| place.error(why))
    }

    /// Keeps an entry that says nothing that is read.
    fn odd(&mut self, why: Error) -> Result<()> {
        let bytes = size_of::<Error>() + 64 + why.file.len() + why.place.as_ref().map_or(0, String::len) + why.reason.len();
        self.work.keeps(bytes as u64).map_err(|more| Error { reason: more, ..why.clone() })?;
        self.odd.push(why);
        Ok(())
    }

    /// A list: of tools, as Docker's catalogue keeps them, or of whatever else stands alone elsewhere.
    fn items(&mut self, place: &Place, items: &[Value]) -> Result<()> {
        if items.iter().all(|item| item.as_object().is_some_and(tools::is_one)) {
            return self.page(place, &Map::new(), items, More::Catalogue);
        }
        for (at, item) in items.iter().enumerate() {
            let place = place.item(at);
            match object(&place, "an object of MCP", item) {
                // One description of many that says nothing readable is no reason to refuse the others.
                Ok(members) if package::is_one(members) => self.members(&place, members).or_else(|odd| self.odd(odd))?,
                Ok(members) => self.members(&place, members)?,
                Err(odd) => self.odd(odd)?,
            }
        }
        Ok(())
    }

    fn members(&mut self, place: &Place, members: &Map<String, Value>) -> Result<()> {
        if let Some(error) = present(members, &["error"]).filter(|_| members.contains_key("jsonrpc")) {
            let said = error.get("message").and_then(Value::as_str).unwrap_or("without a message");
            return Err(place.member("error").error(format!("the server answered with an error: {}", domain::text::capped(said, 200))));
        }
        if let Some(Value::Object(inner)) = members.get("result") {
            let place = place.member("result");
            if ["tools", "servers", "server", "name"].iter().chain(&OTHER_RESULTS).any(|m| inner.contains_key(*m)) {
                return self.members(&place, inner);
            }
            *self.out.skipped.entry(MESSAGE.to_owned()).or_default() += 1;
            return Ok(());
        }
        if let Some(settings) = switches::Settings::of(members).filter(|_| !client::is_one(members)) {
            let folder = place.file.rsplit_once('/').map_or("", |(folder, _)| folder);
            let folder = folder.strip_suffix(".claude").unwrap_or(folder).trim_end_matches('/');
            self.settings.push((folder.to_owned(), settings));
            return Ok(());
        }
        let known = self.described_by(place, members)?;
        if let Some(Value::Array(tools)) = members.get("tools").filter(|t| !(known && is_names(t))) {
            return self.listed(&place.member("tools"), members, tools);
        }
        if let Some(other) = members.get("tools").filter(|t| !known && !t.is_null()) {
            return self.odd(wrong(&place.member("tools"), "a list", other));
        }
        if let Some(Value::Array(servers)) = members.get("servers").filter(|_| !known) {
            return self.registry(place, members, servers);
        }
        if let Some(Value::Object(server)) = members.get("server").filter(|s| s.get("name").is_some()) {
            return self.server_json(&place.member("server"), server, members);
        }
        if !known && !self.alone(place, members)? {
            self.keeps(place, place.bytes())?;
            self.others.push(place.clone());
        }
        Ok(())
    }

    /// What an object is as a whole: a client's configuration, a bundle, a `server.json`. False where it is none of them.
    fn described_by(&mut self, place: &Place, members: &Map<String, Value>) -> Result<bool> {
        let found = client::maps(place, members, self.work)?;
        let mut known = !found.servers.is_empty() || !found.files.is_empty();
        if known {
            self.client(place, &found)?;
        }
        if let Some(bundle) = manifest::of(members) {
            self.manifest(place, members, &bundle)?;
            known = true;
        }
        if let Some(servers) = docker::catalogue(members) {
            self.catalogue(&place.member("registry"), servers)?;
            known = true;
        }
        // A description may list the tools as well.
        if package::is_another(members) {
            let odd = package::read(place, members).err();
            odd.map_or(Ok(()), |odd| self.odd(odd))?;
            known = true;
        } else if package::is_one(members) || docker::is_one(members) {
            self.server_json(place, members, members)?;
            known = true;
        }
        if known && members.get("tools").is_some_and(is_names) {
            self.notes.add(format!("{} names the tools an agent may use; they are not read", place.member("tools")));
        }
        Ok(known)
    }

    /// One thing: a tool, the answer to another request. False where it is none of them.
    fn alone(&mut self, place: &Place, members: &Map<String, Value>) -> Result<bool> {
        if tools::is_one(members) {
            let tool = Value::Object(members.clone());
            let tool = self.tool(place, &tool)?;
            self.add(Page { place: place.clone(), server: None, listed: None, tools: vec![tool] })?;
        } else if members.contains_key("jsonrpc") {
            *self.out.skipped.entry(MESSAGE.to_owned()).or_default() += 1;
        } else if let Some(list) = OTHER_RESULTS.iter().find(|list| members.get(**list).is_some_and(Value::is_array)) {
            let n = members[*list].as_array().map_or(0, Vec::len) as u64;
            *self.out.skipped.entry(format!("MCP {list}")).or_default() += n;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// A list under the name `tools`, of MCP or of another program.
    fn listed(&mut self, place: &Place, around: &Map<String, Value>, tools: &[Value]) -> Result<()> {
        if tools::are_others(tools) {
            let first = self.tool(&place.item(0), &tools[0]).err();
            return first.map_or(Ok(()), |odd| self.odd(odd));
        }
        let more = if present(around, &["nextCursor", "next_cursor"]).is_some() { More::Follows } else { More::Nothing };
        self.page(place, around, tools, more)
    }

    fn page(&mut self, place: &Place, around: &Map<String, Value>, tools: &[Value], more: More) -> Result<()> {
        let mut kept = Vec::with_capacity(tools.len());
        for (at, tool) in tools.iter().enumerate() {
            let place = place.item(at);
            kept.push(self.tool(&place, tool)?);
        }
        let own =
            Some(around).filter(|around| package::is_one(around) || manifest::of(around).is_some()).and_then(|around| around.get("name"));
        let info = present(around, &["serverInfo"]).and_then(|info| info.get("name")).or(own).and_then(Value::as_str);
        self.add(Page { place: place.clone(), server: info.map(str::to_owned), listed: Some(more), tools: kept })
    }

    fn add(&mut self, page: Page) -> Result<()> {
        self.keeps(&page.place, size_of::<Page>() + 2 * page.place.bytes())?;
        self.pages.push(page);
        Ok(())
    }

    /// Adds a credential; false where it is there already.
    fn credential(&mut self, place: &Place, identity: u32, method: &'static str, key_id: &str) -> Result<bool> {
        self.keeps(place, CREDENTIAL + 2 * key_id.len())?;
        if !self.credentials.insert((identity, method, key_id.to_owned())) {
            return Ok(false);
        }
        self.out.credentials.push(SeenCredential {
            identity,
            method: method.to_owned(),
            key_id: key_id.to_owned(),
            issued_at: None,
            expires_at: None,
            state: None,
        });
        Ok(true)
    }

    fn server_identity(&mut self, name: &str) -> u32 {
        self.identity("mcp_server", name, name, identity::Kind::Integration)
    }

    fn identity(&mut self, key_kind: &'static str, key: &str, name: &str, kind: identity::Kind) -> u32 {
        let seen = SeenIdentity {
            key_kind,
            key: key.to_owned(),
            kind,
            name: name.to_owned(),
            human: None,
            platform_managed: false,
            unknown_access: vec![],
            hints: Hints::default(),
        };
        self.out.identity(&mut self.index, seen)
    }

    /// The name of a file within the folder that is imported; of a single file, the name alone.
    fn relative<'f>(&self, file: &'f str) -> &'f str {
        let below = file.strip_prefix(self.input.name.as_str()).and_then(|f| f.strip_prefix('/'));
        below.unwrap_or_else(|| file.rsplit('/').next().unwrap_or(file))
    }

    fn finish(mut self) -> Result<Snapshot> {
        self.whole_registry()?;
        self.tools()?;
        self.started()?;
        if self.out.identities.is_empty() {
            return Err(self.nothing());
        }
        if !self.others.is_empty() {
            let shown = |p: &Place| Place { file: self.relative(&p.file).to_owned(), path: p.path.clone() }.to_string();
            let places: Vec<String> = self.others.iter().map(shown).collect();
            self.notes.add(format!("nothing of MCP in {}", first(&places, 10)));
            self.out.skipped.insert("file without anything of MCP".to_owned(), places.len() as u64);
        }
        if !self.odd.is_empty() {
            self.out.skipped.insert("entry that cannot be read".to_owned(), self.odd.len() as u64);
        }
        for odd in std::mem::take(&mut self.odd) {
            let about = format!("{} at {}", self.relative(&odd.file), odd.place.as_deref().unwrap_or("the beginning"));
            self.folded.add("entries were not read", about, format!("Not read, {odd}"));
        }
        let server = self.first_server.map(|s| format!("mcp:{s}"));
        self.out.default_source = self.source.or(server);
        self.out.notes.extend(self.unseen);
        self.out.notes.extend(self.notes.into_texts());
        self.out.notes.extend(self.folded.into_texts());
        Ok(self.out)
    }

    /// Why an input is refused in which there is no identity.
    fn nothing(mut self) -> Error {
        if !self.odd.is_empty() {
            return self.odd.swap_remove(0);
        }
        if let Some(why) = self.unseen.first() {
            return Error::new(&self.input.name, why);
        }
        if !self.settings.is_empty() {
            let reason = "settings of Claude Code, which say which servers start and name none: import them with the .mcp.json beside them";
            return Error::new(&self.input.name, reason);
        }
        if let Some(place) = self.others.first() {
            let reason = format!("nothing of MCP in it: looked for tools, inputSchema, packages, remotes, {}", client::LOOKED_FOR);
            return place.error(reason);
        }
        let kinds: Vec<&String> = self.out.skipped.keys().collect();
        let only = if kinds.is_empty() { "an empty list".to_owned() } else { first(&kinds, 5) };
        Error::new(&self.input.name, format!("it names no server, no client and no tool: there is {only} in it"))
    }
}
