//! What operations make of an identity's own surfaces, tools, credentials, envelopes and reviews.

use super::{Baseline, CannotApply, put};
use crate::change::envelope;
use crate::change::operation::{Anchor, CredentialPut, EnvelopeSet, Op, Operation, Subject, SurfacePut, ToolPut};
use crate::change::own::{Surface, Tool};
use crate::ids::{IdentityId, SurfaceId};
use crate::json::NotCanonical;
use crate::surface::is_derived;
use std::collections::BTreeMap;

impl Baseline {
    /// The arms of `apply` for these; an operation that is none of them changes nothing.
    pub(super) fn apply_own(&mut self, operation: &Operation) -> Result<(), CannotApply> {
        let op = operation.op();
        match operation {
            Operation::SurfacePut(o) => self.surface_put(o),
            Operation::SurfaceRemove(o) => {
                if self.tools.values().any(|tool| tool.surface == o.surface) {
                    return Err(CannotApply::InUse);
                }
                self.envelopes.remove(&o.surface);
                self.surfaces.remove(&o.surface).map(drop).ok_or(CannotApply::Absent(op))
            }
            Operation::ToolAdd(o) => {
                self.tool_fits(o, op)?;
                put(&mut self.tools, o.tool, o.to.clone(), op)
            }
            Operation::ToolUpdate(o) => {
                self.tool_fits(o, op)?;
                let tool = self.tools.get_mut(&o.tool).ok_or(CannotApply::Absent(op))?;
                if (tool.identity, tool.surface) != (o.to.identity, o.to.surface) {
                    return Err(CannotApply::OtherOwner(op));
                }
                tool.clone_from(&o.to);
                Ok(())
            }
            Operation::ToolRemove(o) => self.tools.remove(&o.tool).map(drop).ok_or(CannotApply::Absent(op)),
            Operation::CredentialIssue(o) => put(&mut self.credentials, o.credential, o.to.clone(), op),
            Operation::CredentialRotate(o) => self.rotate(o),
            Operation::CredentialRevoke(o) => self.credentials.remove(&o.credential).map(drop).ok_or(CannotApply::Absent(op)),
            Operation::Anchor(Anchor { identity, state }) => {
                if self.state_of(*identity).ok().as_ref() != Some(state) {
                    return Err(CannotApply::OtherState);
                }
                self.anchors.insert(*identity, state.clone());
                Ok(())
            }
            Operation::EnvelopeSet(o) => self.envelope_set(o),
            _ => Ok(()),
        }
    }

    /// What of this is one identity's: its access, its record and what it has of its own. Reviews are no part of it.
    #[must_use]
    pub fn only(&self, identity: IdentityId) -> Self {
        let mut out = Self {
            records: self.records.clone(),
            suspensions: self.suspensions.clone(),
            sets: BTreeMap::new(),
            keys: BTreeMap::new(),
            resources: BTreeMap::new(),
            anchors: BTreeMap::new(),
            ..self.clone()
        };
        out.grants.retain(|_, grant| grant.identity == identity);
        out.lifecycles.retain(|id, _| *id == identity);
        out.surfaces.retain(|_, surface| surface.identity == identity);
        out.tools.retain(|_, tool| tool.identity == identity);
        out.credentials.retain(|_, credential| credential.identity == identity);
        out.envelopes.retain(|_, envelope| envelope.identity == identity);
        out
    }

    /// Hex SHA-256 of what stands of an identity: what a review of its whole state names.
    pub fn state_of(&self, identity: IdentityId) -> Result<String, NotCanonical> {
        let mut only = self.only(identity);
        only.records.retain(|id, _| *id == identity);
        only.suspensions.retain(|(subject, _), _| match subject {
            Subject::Grant(key) => only.grants.contains_key(key),
            Subject::Identity(id) => *id == identity,
            Subject::Source(source) => only.grants.values().any(|grant| grant.source == *source),
        });
        only.digest()
    }

    fn surface_put(&mut self, o: &SurfacePut) -> Result<(), CannotApply> {
        if is_derived(o.to.kind) && o.to.content.is_some() {
            return Err(CannotApply::Derived);
        }
        if self.surfaces.get(&o.surface).is_some_and(|old| (old.identity, old.kind) != (o.to.identity, o.to.kind)) {
            return Err(CannotApply::OtherOwner(Op::SurfacePut));
        }
        let place = |id: &SurfaceId, other: &Surface| {
            *id != o.surface && (other.identity, other.kind, &other.locator) == (o.to.identity, o.to.kind, &o.to.locator)
        };
        if self.surfaces.iter().any(|(id, other)| place(id, other)) {
            return Err(CannotApply::There(Op::SurfacePut));
        }
        self.surfaces.insert(o.surface, o.to.clone());
        Ok(())
    }

    /// A tool stands in a surface of its identity, and its name once.
    fn tool_fits(&self, o: &ToolPut, op: Op) -> Result<(), CannotApply> {
        let surface = self.surfaces.get(&o.to.surface).ok_or(CannotApply::Absent(op))?;
        if surface.identity != o.to.identity {
            return Err(CannotApply::OtherOwner(op));
        }
        let named = |other: &Tool| (other.surface, &other.name) == (o.to.surface, &o.to.name);
        if self.tools.iter().any(|(id, other)| *id != o.tool && named(other)) { Err(CannotApply::There(op)) } else { Ok(()) }
    }

    fn rotate(&mut self, o: &CredentialPut) -> Result<(), CannotApply> {
        let old = self.credentials.get_mut(&o.credential).ok_or(CannotApply::Absent(Op::CredentialRotate))?;
        if old.identity != o.to.identity {
            return Err(CannotApply::OtherOwner(Op::CredentialRotate));
        }
        old.clone_from(&o.to);
        Ok(())
    }

    fn envelope_set(&mut self, o: &EnvelopeSet) -> Result<(), CannotApply> {
        let surface = self.surfaces.get(&o.surface).ok_or(CannotApply::Absent(Op::EnvelopeSet))?;
        match &o.to {
            Some(to) if !envelope::may_have_one(surface.kind) || !to.is_one() || to.identity != surface.identity => {
                Err(CannotApply::Envelope)
            }
            Some(to) => {
                self.envelopes.insert(o.surface, to.clone());
                Ok(())
            }
            None => self.envelopes.remove(&o.surface).map(drop).ok_or(CannotApply::Absent(Op::EnvelopeSet)),
        }
    }
}
