//! MCP: a tools/list result, one tool per file, a `server.json` of the registry, or a client configuration
//! with `mcpServers`. Tools are items of the server's tools surface; an `mcpServers` entry is a grant
//! `invoke` of the client. Values of environment variables and headers are never kept, only their names.

use crate::input::Input;
use crate::secrets::Scrub;
use crate::{Error, Options, Result};
use domain::identity;
use domain::json;
use domain::rule::{Dialect, Effect, Rule, Via};
use domain::snapshot::{Hints, SeenCredential, SeenIdentity, SeenSurface, SeenTool, Snapshot};
use domain::surface::{Annotations, SurfaceKind, drift_key};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};

struct Reading {
    out: Snapshot,
    index: HashMap<(&'static str, String), u32>,
    /// Tools by name, so that a name said twice is an error and not a surprise.
    tools: BTreeMap<String, (String, Value)>,
    server: Option<String>,
    scrub: Scrub,
}

pub fn read(input: &Input, options: &Options, scrub: Scrub) -> Result<Snapshot> {
    let server = options.server.clone();
    let mut reading = Reading { out: Snapshot::default(), index: HashMap::new(), tools: BTreeMap::new(), server, scrub };
    for file in &input.files {
        let value: Value = serde_json::from_str(&file.text()?).map_err(|e| Error::json(&file.name, &e))?;
        reading.file(&file.name, value)?;
    }
    reading.finish(input)
}

impl Reading {
    fn file(&mut self, file: &str, value: Value) -> Result<()> {
        let Value::Object(object) = value else {
            return Err(Error::new(file, "expected an object: a tools/list result, a tool, a server.json or a client configuration"));
        };
        let tools = object.get("tools").or_else(|| object.get("result").and_then(|r| r.get("tools")));
        if let Some(tools) = tools {
            let list = tools.as_array().ok_or_else(|| Error::at(file, "tools", "expected a list"))?;
            if object.get("result").and_then(|r| r.get("nextCursor")).or_else(|| object.get("nextCursor")).is_some() {
                return Err(Error::at(
                    file,
                    "nextCursor",
                    "only the first page of a tools/list: fetch every page and import them together",
                ));
            }
            for (i, tool) in list.iter().enumerate() {
                self.tool(file, &format!("tools[{i}]"), tool)?;
            }
        } else if let Some(servers) = object.get("mcpServers").or_else(|| object.get("servers").filter(|s| s.is_object())) {
            self.client(file, servers)?;
        } else if object.contains_key("inputSchema") {
            let tool = Value::Object(object);
            self.tool(file, "", &tool)?;
        } else if object.contains_key("packages") || object.contains_key("remotes") || object.contains_key("$schema") {
            self.server_json(file, &object)?;
        } else {
            return Err(Error::new(file, "no tools, inputSchema, mcpServers, packages or remotes in it: not an MCP file"));
        }
        Ok(())
    }

    fn tool(&mut self, file: &str, place: &str, tool: &Value) -> Result<()> {
        let at = |reason: &str| {
            if place.is_empty() { Error::new(file, reason) } else { Error::at(file, place, reason) }
        };
        let name = tool.get("name").and_then(Value::as_str).ok_or_else(|| at("a tool without a name"))?;
        if !tool.get("inputSchema").is_some_and(Value::is_object) {
            return Err(at("a tool without an inputSchema object"));
        }
        if let Some((other, _)) = self.tools.get(name) {
            return Err(at(&format!("the tool {name} stands in {other} already")));
        }
        self.tools.insert(name.to_owned(), (file.to_owned(), tool.clone()));
        Ok(())
    }

    fn server_json(&mut self, file: &str, object: &Map<String, Value>) -> Result<()> {
        let name = object.get("name").and_then(Value::as_str).ok_or_else(|| Error::at(file, "name", "a server without a name"))?;
        self.server.get_or_insert_with(|| name.to_owned());
        let at = self.server_identity(name);
        if let Some(version) = object.get("version").and_then(Value::as_str) {
            self.out.identities[at as usize].hints.insert("version", version);
        }
        for remote in object.get("remotes").and_then(Value::as_array).into_iter().flatten() {
            if let Some(url) = remote.get("url").and_then(Value::as_str) {
                self.out.identities[at as usize].hints.insert("remote", url);
            }
        }
        for package in object.get("packages").and_then(Value::as_array).into_iter().flatten() {
            for variable in package.get("environmentVariables").and_then(Value::as_array).into_iter().flatten() {
                let secret = variable.get("isSecret").and_then(Value::as_bool).unwrap_or(false);
                if let (true, Some(name)) = (secret, variable.get("name").and_then(Value::as_str)) {
                    self.credential(at, "environment variable", name);
                }
            }
        }
        Ok(())
    }

    fn client(&mut self, file: &str, servers: &Value) -> Result<()> {
        let servers = servers.as_object().ok_or_else(|| Error::at(file, "mcpServers", "expected an object"))?;
        let base = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".json").to_owned();
        let client = self.identity("mcp_client", &base, &base, identity::Kind::AiAgent);
        for (name, config) in servers {
            if !config.is_object() {
                return Err(Error::at(file, format!("mcpServers.{name}"), "expected an object"));
            }
            self.server_identity(name);
            let mut rule = Rule::new(Dialect::Mcp, Effect::Allow);
            rule.actions = vec!["invoke".to_owned()];
            rule.resources = vec![format!("mcp:{name}")];
            let rule = self.out.rules.intern(rule.normal());
            self.out.grant(client, None, rule, Via::Direct, &format!("mcpServers.{name}"), None);
            for member in ["env", "headers"] {
                for key in config.get(member).and_then(Value::as_object).into_iter().flat_map(|o| o.keys()) {
                    let method = if member == "env" { "environment variable" } else { "HTTP header" };
                    self.credential(client, method, &format!("{name}: {key}"));
                }
            }
        }
        self.out.default_source.get_or_insert_with(|| format!("mcp:{base}"));
        Ok(())
    }

    fn credential(&mut self, identity: u32, method: &str, key_id: &str) {
        self.out.credentials.push(SeenCredential {
            identity,
            method: method.to_owned(),
            key_id: key_id.to_owned(),
            issued_at: None,
            expires_at: None,
            state: None,
        });
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

    fn finish(mut self, input: &Input) -> Result<Snapshot> {
        if self.tools.is_empty() {
            let server = self.server.take();
            let source = self.out.default_source.take().or_else(|| server.map(|s| format!("mcp:{s}")));
            self.out.default_source = source;
            return Ok(self.out);
        }
        // Tool files do not say whose they are: the option, a server.json beside them, or the source's name.
        let server = self.server.take().unwrap_or_else(|| "server".to_owned());
        if server != "server" {
            self.out.default_source.get_or_insert_with(|| format!("mcp:{server}"));
        }
        let identity = self.server_identity(&server);
        let mut keys = Vec::new();
        let mut list = Vec::new();
        for (name, (file, mut tool)) in std::mem::take(&mut self.tools) {
            // Before the drift key is taken: a digest of text that holds a secret is one of a guessable secret.
            self.scrub.json(&mut tool);
            let key = drift_key(&tool).map_err(|e| Error::at(&file, name.as_str(), e.to_string()))?;
            keys.push((name.clone(), key.clone()));
            let canonical = |v: &Value| json::canonical(v).map_err(|e| Error::new(&input.name, e.to_string()));
            let annotations = serde_json::to_value(Annotations::of(&tool)).unwrap_or_default();
            list.push(SeenTool {
                surface: 0,
                name: self.scrub.text(&name).into_owned(),
                drift_key: key,
                annotations: canonical(&annotations)?,
                definition: canonical(&tool)?,
            });
        }
        let digest = json::digest(&keys).map_err(|e| Error::new(&input.name, e.to_string()))?;
        self.out.surfaces.push(SeenSurface {
            identity,
            kind: SurfaceKind::Tools,
            locator: format!("mcp:{server}/tools"),
            digest: Some(digest),
            content: None,
        });
        self.out.tools = list;
        Ok(self.out)
    }
}
