//! The difference in surfaces, their tools, and credentials.

use super::super::Tally;
use super::super::act::PLANE;
use super::{Making, Pending};
use crate::comparison::words::LONGEST;
use domain::difference::{Difference, FIRST, How, Thing};
use domain::identity::Issuer;
use domain::ids::{IdentityId, SurfaceId, ToolId};
use domain::seq::Seq;
use domain::surface::SurfaceKind;
use domain::time::Timestamp;
use std::collections::{HashMap, HashSet};
use store::blobs::Blob;
use store::credentials::Credential;
use store::engine::rows::Close;
use store::engine::table::Declared;
use store::surfaces::{Surface, TOOLS, Tool};

impl Making<'_> {
    pub(super) fn surfaces(&mut self) {
        let mut tally = Tally { total: self.seen.surfaces.len() as u64, ..Tally::default() };
        let mut here = HashSet::new();
        let known: HashMap<(IdentityId, SurfaceKind, String), Surface> =
            self.existing.surfaces.iter().map(|s| ((s.identity_id, s.kind, s.locator.clone()), s.clone())).collect();
        for seen in &self.seen.surfaces {
            let identity = self.identity_ids[seen.identity as usize];
            let old = known.get(&(identity, seen.kind, seen.locator.clone())).cloned();
            let id = old.as_ref().map_or_else(|| self.services.ids.make(), |o| o.id);
            self.surface_ids.push(id);
            here.insert(id);
            if old.as_ref().is_some_and(|o| o.content_digest == seen.digest) {
                continue;
            }
            let content = seen.content.as_ref().map(|text| {
                let blob = self.services.ids.make();
                self.open(Blob::text(blob, &self.services.salt(), text).open());
                blob
            });
            let mut new = Surface::new(id, PLANE, identity, seen.kind, &seen.locator);
            new.content_digest.clone_from(&seen.digest);
            new.content_id = content;
            new.source_id = Some(self.plan.source);
            match old {
                None => {
                    self.identities.moved.insert(identity);
                    self.plan.first.insert(id.uuid());
                    new.batch = self.plan.batch;
                    self.differs_of(Thing::Surface, How::Added, &surface_name(&new), Some(seen.identity));
                    self.open(new.open());
                    tally.added += 1;
                }
                Some(old) => {
                    self.identities.moved.insert(identity);
                    self.surface_changes(&old, &new, seen.content.as_deref(), seen.identity);
                    self.replace(old, new);
                    tally.changed += 1;
                }
            }
        }
        if !self.seen.sets_only {
            for old in std::mem::take(&mut self.existing.surfaces).into_iter().filter(|s| !here.contains(&s.id)) {
                self.identities.moved.insert(old.identity_id);
                self.differs_of(Thing::Surface, How::Removed, &surface_name(&old), self.index_of(old.identity_id));
                self.plan.closes.push(old.close());
                tally.removed += 1;
            }
        }
        self.plan.outcome.surfaces = tally;
    }

    /// That a surface has another text. What it says is in nothing that is kept but its own text: of an import that is only
    /// looked at it is shown, of one that was made its page reads it again.
    fn surface_changes(&mut self, old: &Surface, new: &Surface, text: Option<&str>, identity: u32) {
        let one = Difference::new(Thing::Surface, How::Changed, &surface_name(new)).of(&self.seen.identities[identity as usize].name);
        let shown = self.plan.outcome.dry_run && self.plan.naming.surfaces.len() < FIRST;
        match (old.content_id, text) {
            (Some(before), Some(text)) if shown && text.len() <= LONGEST => self.plan.naming.surfaces.push((before, one, text.to_owned())),
            _ => self.plan.naming.push(one),
        }
    }

    pub(super) fn tools(&mut self) {
        let tools = std::mem::take(&mut self.existing.tools);
        let known: HashMap<(SurfaceId, &str), (ToolId, &str)> =
            tools.iter().map(|t| ((t.surface_id, t.name.as_str()), (t.id, t.drift_key.as_str()))).collect();
        let mut tally = Tally { total: self.seen.tools.len() as u64, ..Tally::default() };
        let mut here = HashSet::new();
        for seen in &self.seen.tools {
            let surface = self.surface_ids[seen.surface as usize];
            let old = known.get(&(surface, seen.name.as_str())).copied();
            if let Some((id, key)) = old {
                here.insert(id);
                if key == seen.drift_key {
                    continue;
                }
                self.plan.closes.push(close_tool(id));
            }
            let holder = &self.seen.identities[self.seen.surfaces[seen.surface as usize].identity as usize].name;
            self.identities.moved.insert(self.identity_ids[self.seen.surfaces[seen.surface as usize].identity as usize]);
            let difference = |how| Difference::new(Thing::Tool, how, &seen.name).of(holder);
            let new = Tool {
                since: Seq::ZERO,
                id: self.services.ids.make(),
                batch: if old.is_some() { None } else { self.plan.batch },
                plane: PLANE,
                identity_id: self.identity_ids[self.seen.surfaces[seen.surface as usize].identity as usize],
                surface_id: surface,
                source_id: self.plan.source,
                name: seen.name.clone(),
                drift_key: seen.drift_key.clone(),
                annotations: seen.annotations.clone(),
                definition: seen.definition.clone(),
            };
            if let Some((id, _)) = old {
                self.plan.naming.tools.push((id, difference(How::Changed), seen.definition.clone()));
                self.plan.replaced.push(new.open());
                tally.changed += 1;
            } else {
                self.plan.naming.push(difference(How::Added));
                self.plan.opens.push(Pending::Row(new.open()));
                tally.added += 1;
            }
        }
        if !self.seen.sets_only {
            for old in tools.iter().filter(|t| !here.contains(&t.id)) {
                let holder = self.existing.tool_holders.get(&old.surface_id).copied();
                if let Some(holder) = holder {
                    self.identities.moved.insert(holder);
                }
                self.differs_of(Thing::Tool, How::Removed, &old.name, holder.and_then(|id| self.index_of(id)));
                self.plan.closes.push(close_tool(old.id));
                tally.removed += 1;
            }
        }
        self.ask("tools", tally.removed, tools.len());
        self.plan.outcome.tools = tally;
    }

    pub(super) fn credentials(&mut self) {
        let mut tally = Tally { total: self.seen.credentials.len() as u64, ..Tally::default() };
        let mut here = HashSet::new();
        let known: HashMap<(IdentityId, String, String), Credential> =
            self.existing.credentials.iter().map(|c| ((c.identity_id, c.method.clone(), c.key_id.clone()), c.clone())).collect();
        for seen in &self.seen.credentials {
            let identity = self.identity_ids[seen.identity as usize];
            let old = known.get(&(identity, seen.method.clone(), seen.key_id.clone())).cloned();
            let id = old.as_ref().map_or_else(|| self.services.ids.make(), |o| o.id);
            if !here.insert(id) {
                continue;
            }
            let new = Credential {
                since: Seq::ZERO,
                id,
                batch: None,
                plane: PLANE,
                identity_id: identity,
                source_id: Some(self.plan.source),
                method: seen.method.clone(),
                key_id: seen.key_id.clone(),
                issuer: Issuer::Unknown,
                issued_at: seen.issued_at.map(Timestamp),
                expires_at: seen.expires_at.map(Timestamp),
                rotated_at: None,
                storage: None,
                state: seen.state.clone(),
            };
            match old {
                None => {
                    self.identities.moved.insert(identity);
                    self.plan.first.insert(id.uuid());
                    let new = Credential { batch: self.plan.batch, ..new };
                    self.differs_of(Thing::Credential, How::Added, &credential_name(&new), Some(seen.identity));
                    self.open(new.open());
                    tally.added += 1;
                }
                Some(old) if old.same(&new) => {}
                Some(old) => {
                    self.identities.moved.insert(identity);
                    self.differs_of(Thing::Credential, How::Changed, &credential_name(&new), Some(seen.identity));
                    self.replace(old, new);
                    tally.changed += 1;
                }
            }
        }
        if !self.seen.sets_only {
            for old in std::mem::take(&mut self.existing.credentials).into_iter().filter(|c| !here.contains(&c.id)) {
                self.identities.moved.insert(old.identity_id);
                self.differs_of(Thing::Credential, How::Removed, &credential_name(&old), self.index_of(old.identity_id));
                self.plan.closes.push(old.close());
                tally.removed += 1;
            }
        }
        self.plan.outcome.credentials = tally;
    }
}

fn surface_name(surface: &Surface) -> String {
    format!("{} {}", surface.kind.label(), surface.locator)
}

fn credential_name(credential: &Credential) -> String {
    format!("{} {}", credential.method, credential.key_id)
}

fn close_tool(id: ToolId) -> Close {
    Close { table: &TOOLS, key: vec![id.into()] }
}
