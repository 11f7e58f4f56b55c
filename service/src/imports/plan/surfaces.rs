//! The difference in surfaces, their tools, and credentials.

use super::super::Tally;
use super::super::act::PLANE;
use super::{Making, Pending};
use domain::difference::{Difference, How, Thing};
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
                    self.plan.first.insert(id.uuid());
                    new.batch = self.plan.batch;
                    self.differs_of(Thing::Surface, How::Added, &surface_name(&new), Some(seen.identity));
                    self.open(new.open());
                    tally.added += 1;
                }
                Some(old) => {
                    self.differs_of(Thing::Surface, How::Changed, &surface_name(&new), Some(seen.identity));
                    self.replace(old, new);
                    tally.changed += 1;
                }
            }
        }
        if !self.seen.sets_only {
            for old in std::mem::take(&mut self.existing.surfaces).into_iter().filter(|s| !here.contains(&s.id)) {
                self.differs_of(Thing::Surface, How::Removed, &surface_name(&old), self.index_of(old.identity_id));
                self.plan.closes.push(old.close());
                tally.removed += 1;
            }
        }
        self.plan.outcome.surfaces = tally;
    }

    pub(super) fn tools(&mut self) {
        let known: HashMap<(SurfaceId, &str), (ToolId, &str)> =
            self.existing.tools.iter().map(|t| ((t.surface_id, t.name.as_str()), (t.id, t.drift_key.as_str()))).collect();
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
            for old in self.existing.tools.iter().filter(|t| !here.contains(&t.id)) {
                self.plan.naming.push(Difference::new(Thing::Tool, How::Removed, &old.name));
                self.plan.closes.push(close_tool(old.id));
                tally.removed += 1;
            }
        }
        self.ask("tools", tally.removed, self.existing.tools.len());
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
                    self.plan.first.insert(id.uuid());
                    let new = Credential { batch: self.plan.batch, ..new };
                    self.differs_of(Thing::Credential, How::Added, &credential_name(&new), Some(seen.identity));
                    self.open(new.open());
                    tally.added += 1;
                }
                Some(old) if old.same(&new) => {}
                Some(old) => {
                    self.differs_of(Thing::Credential, How::Changed, &credential_name(&new), Some(seen.identity));
                    self.replace(old, new);
                    tally.changed += 1;
                }
            }
        }
        if !self.seen.sets_only {
            for old in std::mem::take(&mut self.existing.credentials).into_iter().filter(|c| !here.contains(&c.id)) {
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
