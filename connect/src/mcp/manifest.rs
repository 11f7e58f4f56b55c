//! The manifest of a bundle (MCPB, before that DXT): a server by the name of the bundle, what starts it, and what its user is
//! asked for. It says nothing of who uses the server.

use super::{Reading, entry};
use crate::Result;
use crate::json::{Place, text};
use serde_json::{Map, Value};

/// What a manifest says of its server, and how it is started.
pub(super) struct Bundle<'a> {
    server: &'a Map<String, Value>,
    config: &'a Map<String, Value>,
}

/// The bundle that an object describes, where it is a manifest.
pub(super) fn of(members: &Map<String, Value>) -> Option<Bundle<'_>> {
    let is_one = ["manifest_version", "dxt_version"].iter().any(|name| members.contains_key(*name));
    let server = members.get("server").filter(|_| is_one)?.as_object()?;
    server.get("mcp_config").and_then(Value::as_object).map(|config| Bundle { server, config })
}

impl Reading<'_> {
    pub(super) fn manifest(&mut self, place: &Place, members: &Map<String, Value>, bundle: &Bundle<'_>) -> Result<()> {
        let Bundle { server, config } = bundle;
        let name = text(place, members, &["name"])?.ok_or_else(|| place.error("a bundle without a name"))?;
        let at = self.server_identity(name);
        for (member, hint) in [("version", "version"), ("description", "description")] {
            if let Some(said) = text(place, members, &[member])? {
                self.out.identities[at as usize].hints.insert(hint, said);
            }
        }
        let inner = place.member("server").member("mcp_config");
        let mut all = vec![*config];
        // What another system starts it with stands beside.
        all.extend(config.get("platform_overrides").and_then(Value::as_object).into_iter().flatten().filter_map(|(_, o)| o.as_object()));
        for config in all {
            let found = entry::found(config);
            found.unseen(&inner).for_each(|note| self.notes.add(note));
            for (method, key_id) in found.credentials {
                self.credential(&inner, at, method, &key_id)?;
            }
        }
        let asked = members.get("user_config").and_then(Value::as_object).into_iter().flatten();
        for (name, _) in asked.filter(|(_, said)| said.get("sensitive").and_then(Value::as_bool) == Some(true)) {
            self.credential(place, at, "setting", name)?;
        }
        if server.get("type").and_then(Value::as_str).is_none() {
            self.notes.add(format!("{} does not say of which type the server is", place.member("server")));
        }
        if members.get("tools_generated").and_then(Value::as_bool) == Some(true) {
            self.notes.add(format!("server {name} has more tools than {place} lists: it makes them as it starts"));
        }
        self.first_server.get_or_insert_with(|| name.to_owned());
        Ok(())
    }
}
