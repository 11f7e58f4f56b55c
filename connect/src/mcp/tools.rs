//! Tools: which server a list of them belongs to, and each as an item of that server's tools surface. Of two tools of one
//! name in one server neither counts: that is refused.

use super::Reading;
use crate::json::{Place, camel, object, present, weight, wrong};
use crate::{Error, Result};
use domain::json;
use domain::snapshot::{SeenSurface, SeenTool};
use domain::surface::{Annotations, SurfaceKind, drift_key};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Where tools stand that no file gives to a server.
const NO_NAME: &str = "server";

/// Tools as one value of a file lists them.
#[derive(Debug)]
pub(super) struct Page {
    pub place: Place,
    /// What the value itself says whose they are.
    pub server: Option<String>,
    /// Whether it is a list of its server's tools, and whether more of that list stands elsewhere.
    pub listed: Option<More>,
    pub tools: Vec<Tool>,
}

/// A tool as it will be stored: the tree it was read from takes many times as much.
#[derive(Debug)]
pub(super) struct Tool {
    place: Place,
    name: String,
    drift_key: String,
    annotations: String,
    definition: String,
}

/// Steps of a tool, and of each byte of it: secrets are looked for, and digests are taken over it in canonical form.
const STEPS: u64 = 10_000;
const STEPS_OF_BYTE: u64 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum More {
    /// Another page follows.
    Follows,
    Nothing,
    /// The list that Docker's catalogue keeps beside a server; it is empty where the server is asked at its start.
    Catalogue,
}

const SCHEMAS: [&str; 2] = ["inputSchema", "outputSchema"];

/// The members of a tool: an object with others is something else.
const MEMBERS: [&str; 10] =
    ["name", "title", "description", "inputSchema", "outputSchema", "annotations", "arguments", "icons", "execution", "_meta"];

/// Whether an object is a tool by itself.
pub(super) fn is_one(members: &Map<String, Value>) -> bool {
    members.contains_key("inputSchema") || (members.contains_key("name") && members.keys().all(|k| MEMBERS.contains(&k.as_str())))
}

/// Whether a list under the name `tools` holds none of MCP: names, or what a program for agents calls tools.
pub(super) fn are_others(tools: &[Value]) -> bool {
    !tools.is_empty() && !tools.iter().any(|tool| tool.get("name").is_some_and(Value::is_string))
}

impl Reading<'_> {
    /// Reads a tool of a page. One without a schema takes nothing, which is said.
    pub(super) fn tool(&mut self, place: &Place, tool: &Value) -> Result<Tool> {
        let members = object(place, "a tool, an object", tool)?;
        let name = members.get("name").unwrap_or(&Value::Null);
        let name = name.as_str().filter(|n| !n.trim().is_empty()).ok_or_else(|| place.error("a tool without a name"))?;
        let of = |member: &str| place.member(member);
        let told = |error: Error| Error { reason: format!("tool {name}: {}", error.reason), ..error };
        for (member, what) in [("inputSchema", "an object"), ("outputSchema", "an object"), ("annotations", "an object")] {
            if let Some(value) = present(members, &[member]).filter(|v| !v.is_object()) {
                return Err(told(wrong(&of(member), what, value)));
            }
        }
        let misspelt = members.keys().find(|k| SCHEMAS.iter().any(|s| k != s && camel(k).eq_ignore_ascii_case(s)));
        if let Some(member) = misspelt {
            return Err(told(of(member).error("this member is not known; write inputSchema or outputSchema")));
        }
        match (present(members, &["inputSchema"]), present(members, &["arguments"])) {
            (Some(_), _) | (None, Some(Value::Array(_))) => {}
            (None, Some(other)) => return Err(told(wrong(&of("arguments"), "a list", other))),
            (None, None) => {
                let note = format!("tool {name} in {place} states no inputSchema: what it takes is not known");
                self.folded.add("tools state no inputSchema, so that what they take is not known", name.to_owned(), note);
            }
        }
        self.stored(place, name, tool)
    }

    /// A tool as it will be stored. It is held three times meanwhile: as it was read, without secrets, and in canonical form.
    fn stored(&self, place: &Place, name: &str, tool: &Value) -> Result<Tool> {
        let twice = 2 * weight(tool);
        self.keeps(place, twice as usize)?;
        let stored = self.without_secrets(place, name, tool.clone());
        self.work.drops(twice);
        stored
    }

    fn without_secrets(&self, place: &Place, name: &str, mut tool: Value) -> Result<Tool> {
        let bad = |e: &dyn std::fmt::Display| place.error(e.to_string());
        // Before the drift key is taken: a digest of text that holds a secret is one of a guessable secret.
        self.scrub.json(&mut tool);
        // Not canonical: there a number of many digits would be another one.
        let definition = tool.to_string();
        let steps = STEPS.saturating_add(definition.len() as u64 * STEPS_OF_BYTE);
        self.work.steps(steps, "reading the tools").map_err(|why| place.error(why))?;
        let drift_key = drift_key(&tool).map_err(|e| bad(&e))?;
        let annotations = json::canonical(&Annotations::of(&tool)).map_err(|e| bad(&e))?;
        let texts = 2 * name.len() + drift_key.len() + annotations.len() + definition.len();
        self.keeps(place, 2 * size_of::<Tool>() + place.bytes() + texts)?;
        Ok(Tool { place: place.clone(), name: name.to_owned(), drift_key, annotations, definition })
    }

    /// Gives every page to its server, and makes the surfaces.
    pub(super) fn tools(&mut self) -> Result<()> {
        let unnamed = self.pages.iter().filter(|p| p.server.is_none() && p.listed.is_some());
        let folders: BTreeSet<&str> = unnamed.map(|p| folder(&p.place.file)).collect();
        self.apart = folders.len() > 1;
        let mut by_server: BTreeMap<String, BTreeMap<String, Tool>> = BTreeMap::new();
        let mut lists: BTreeMap<String, Vec<(Place, More)>> = BTreeMap::new();
        for page in std::mem::take(&mut self.pages) {
            let server = self.server_of(&page)?;
            if page.listed == Some(More::Catalogue) && page.tools.is_empty() {
                let note = format!("{} is an empty list: which tools {server} has is not known", page.place);
                self.folded.add("servers have an empty list of tools: which they have is not known", server, note);
                continue;
            }
            let tools = by_server.entry(server.clone()).or_default();
            lists.entry(server.clone()).or_default().extend(page.listed.map(|more| (page.place.clone(), more)));
            for tool in page.tools {
                if let Some(Tool { place: other, .. }) = tools.get(&tool.name) {
                    return Err(tool.place.error(format!("the tool {} of {server} stands in {other} already", tool.name)));
                }
                tools.insert(tool.name.clone(), tool);
            }
        }
        for (server, pages) in &lists {
            if let (Some((place, _)), true) = (pages.last(), pages.iter().all(|(_, more)| *more == More::Follows)) {
                let reason = format!(
                    "the last page of the tools of {server} is missing: fetch every page and import them together, as one folder or upload"
                );
                return Err(place.member("nextCursor").error(reason));
            }
        }
        by_server.into_iter().try_for_each(|(server, tools)| self.surface(&server, tools))
    }

    /// Whose the tools of a page are: what was asked for, what the page says, a `server.json` beside it, the folder of a
    /// catalogue, the only `server.json` of the input.
    fn server_of(&self, page: &Page) -> Result<String> {
        let folder = folder(&page.place.file);
        // Each description is asked whether it stands beside the page.
        self.work
            .steps(1_000 + 100 * self.packages.len() as u64, "giving the tools to their servers")
            .map_err(|why| page.place.error(why))?;
        let said = self.options.server.clone().or_else(|| page.server.clone());
        if let Some(server) = said {
            return Ok(server);
        }
        let beside: Vec<&str> =
            self.packages.iter().filter(|(_, p)| folder == self::folder(&p.place.file)).map(|(n, _)| n.as_str()).collect();
        match beside.as_slice() {
            [] => {}
            [one] => return Ok((*one).to_owned()),
            several => {
                let several = several.join(" or ");
                return Err(page.place.error(format!(
                    "whose tools these are is not said: {several}? Keep each beside its own server.json, or name the server"
                )));
            }
        }
        // By the folder beside it alone: the name is the same from wherever the catalogue is imported.
        let catalogue = page.listed.filter(|_| self.input.is_folder());
        if let (Some(More::Catalogue), Some((folder, "tools.json"))) = (catalogue, page.place.file.rsplit_once('/')) {
            return Ok(folder.rsplit('/').next().unwrap_or(folder).to_owned());
        }
        let mut all = self.packages.keys();
        Ok(match (all.next(), all.next()) {
            (Some(only), None) => only.clone(),
            // Lists of several folders are of several servers, of which nobody says the names.
            _ if self.apart && page.listed.is_some() => {
                let way = self::folder(self.input.shown(&page.place.file));
                if way.is_empty() { NO_NAME.to_owned() } else { way.to_owned() }
            }
            _ => NO_NAME.to_owned(),
        })
    }

    fn surface(&mut self, server: &str, tools: BTreeMap<String, Tool>) -> Result<()> {
        if server != NO_NAME {
            self.first_server.get_or_insert_with(|| server.to_owned());
        }
        let identity = self.server_identity(server);
        let surface = self.out.surfaces.len() as u32;
        let mut keys = Vec::with_capacity(tools.len());
        for (name, Tool { drift_key, annotations, definition, .. }) in tools {
            let clean = self.scrub.text(&name).into_owned();
            keys.push((name, drift_key.clone()));
            self.out.tools.push(SeenTool { surface, name: clean, drift_key, annotations, definition });
        }
        let digest = json::digest(&keys).map_err(|e| Error::new(&self.input.name, e.to_string()))?;
        self.out.surfaces.push(SeenSurface {
            identity,
            kind: SurfaceKind::Tools,
            locator: format!("mcp:{server}/tools"),
            digest: Some(digest),
            content: None,
        });
        Ok(())
    }
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}
