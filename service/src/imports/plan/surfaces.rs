//! The difference in surfaces, their tools, and credentials.

use super::super::Tally;
use super::{Making, Pending};
use crate::identities::store_since;
use std::collections::{HashMap, HashSet};
use store::rows::Close;
use store::surfaces::{NewCredential, NewSurface, NewTool};
use store::{blobs, surfaces, tables};
use uuid::Uuid;

impl Making<'_> {
    pub(super) fn surfaces(&mut self) {
        let mut tally = Tally { total: self.seen.surfaces.len() as u64, ..Tally::default() };
        let mut here = HashSet::new();
        let known: HashMap<(Uuid, String, String), store::surfaces::Surface> =
            self.existing.surfaces.iter().map(|s| ((s.identity_id, s.kind.clone(), s.locator.clone()), s.clone())).collect();
        for seen in &self.seen.surfaces {
            let identity = self.identity_ids[seen.identity as usize];
            let old = known.get(&(identity, seen.kind.as_str().to_owned(), seen.locator.clone())).cloned();
            let id = old.as_ref().map_or_else(|| self.services.ids.next(), |o| o.id);
            self.surface_ids.push(id);
            here.insert(id);
            if old.as_ref().is_some_and(|o| o.content_digest == seen.digest) {
                continue;
            }
            let content = seen.content.as_ref().map(|text| {
                let blob = self.services.ids.next();
                self.open(blobs::row(blob, "text/plain", &self.services.salt(), text.as_bytes()));
                blob
            });
            let new = NewSurface {
                id,
                plane: "observed",
                identity,
                kind: seen.kind.as_str(),
                locator: &seen.locator,
                digest: seen.digest.as_deref(),
                content,
                source: Some(self.plan.source),
            };
            match old {
                None => {
                    self.plan.first.insert(id);
                    self.open(surfaces::row(&new, self.plan.batch));
                    tally.added += 1;
                }
                Some(old) => {
                    self.plan.closes.push(Close { table: &tables::SURFACE_VERSIONS, key: vec![id.into(), store_since(old.since)] });
                    self.plan.replaced.push(surfaces::row(&new, None));
                    tally.changed += 1;
                }
            }
        }
        if !self.seen.sets_only {
            for old in self.existing.surfaces.iter().filter(|s| !here.contains(&s.id)) {
                self.plan.closes.push(Close { table: &tables::SURFACE_VERSIONS, key: vec![old.id.into(), store_since(old.since)] });
                tally.removed += 1;
            }
        }
        self.plan.outcome.surfaces = tally;
    }

    pub(super) fn tools(&mut self) {
        let known: HashMap<(Uuid, &str), (Uuid, &str)> =
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
                self.plan.closes.push(Close { table: &tables::TOOLS, key: vec![id.into()] });
            }
            let new = NewTool {
                id: self.services.ids.next(),
                identity: self.identity_ids[self.seen.surfaces[seen.surface as usize].identity as usize],
                surface,
                source: self.plan.source,
                name: &seen.name,
                drift_key: &seen.drift_key,
                annotations: &seen.annotations,
                definition: &seen.definition,
            };
            if old.is_some() {
                self.plan.replaced.push(surfaces::tool_row(&new, None));
                tally.changed += 1;
            } else {
                self.plan.opens.push(Pending::Row(surfaces::tool_row(&new, self.plan.batch)));
                tally.added += 1;
            }
        }
        if !self.seen.sets_only {
            for old in self.existing.tools.iter().filter(|t| !here.contains(&t.id)) {
                self.plan.closes.push(Close { table: &tables::TOOLS, key: vec![old.id.into()] });
                tally.removed += 1;
            }
        }
        self.ask("tools", tally.removed, self.existing.tools.len());
        self.plan.outcome.tools = tally;
    }

    pub(super) fn credentials(&mut self) {
        let mut tally = Tally { total: self.seen.credentials.len() as u64, ..Tally::default() };
        let mut here = HashSet::new();
        let known: HashMap<(Uuid, String, String), store::surfaces::Credential> =
            self.existing.credentials.iter().map(|c| ((c.identity_id, c.method.clone(), c.key_id.clone()), c.clone())).collect();
        for seen in &self.seen.credentials {
            let identity = self.identity_ids[seen.identity as usize];
            let old = known.get(&(identity, seen.method.clone(), seen.key_id.clone())).cloned();
            let id = old.as_ref().map_or_else(|| self.services.ids.next(), |o| o.id);
            if !here.insert(id) {
                continue;
            }
            let new = NewCredential {
                id,
                identity,
                source: self.plan.source,
                method: &seen.method,
                key_id: &seen.key_id,
                issued_at: seen.issued_at,
                expires_at: seen.expires_at,
                state: seen.state.as_deref(),
            };
            match old {
                None => {
                    self.plan.first.insert(id);
                    self.open(surfaces::credential_row(&new, self.plan.batch));
                    tally.added += 1;
                }
                Some(o) if o.issued_at == seen.issued_at && o.expires_at == seen.expires_at && o.state == seen.state => {}
                Some(o) => {
                    self.plan.closes.push(Close { table: &tables::CREDENTIAL_VERSIONS, key: vec![id.into(), store_since(o.since)] });
                    self.plan.replaced.push(surfaces::credential_row(&new, None));
                    tally.changed += 1;
                }
            }
        }
        if !self.seen.sets_only {
            for old in self.existing.credentials.iter().filter(|c| !here.contains(&c.id)) {
                self.plan.closes.push(Close { table: &tables::CREDENTIAL_VERSIONS, key: vec![old.id.into(), store_since(old.since)] });
                tally.removed += 1;
            }
        }
        self.plan.outcome.credentials = tally;
    }
}
