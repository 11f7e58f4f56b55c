//! What changed of late, identity by identity: surfaces with the lines that went and came, access that was gained and
//! lost. It is read out of the records of the newest imports, so that a page of the past shows what was new then.

use crate::{Read, Result};
use domain::difference::{Difference, How, Thing};
use domain::identity::Plane;
use domain::ids::{IdentityId, ImportId};
use domain::query::Term;
use domain::query::identities::{Filter, Platform};
use domain::seq::Seq;
use domain::text;
use domain::time::Timestamp;
use similar::{ChangeTag, TextDiff};
use std::collections::HashSet;
use std::time::Duration;
use store::blobs::{self, Within};
use store::engine::db::Tx;
use store::identities::{self, After};
use store::surfaces::Surface;
use store::{imports, surfaces};

/// Imports that are looked through, and identities that are named.
const IMPORTS: i64 = 30;
const NAMED: usize = 8;
/// The longest text that is compared.
const LONGEST: i64 = 64 * 1024;
/// Lines of a text that are quoted, each way.
const QUOTED: usize = 2;
/// How long one comparison of texts may take.
const PATIENCE: Duration = Duration::from_millis(5);

/// An identity that one import made other than it was.
#[derive(Clone, Debug)]
pub struct Changed {
    pub import: ImportId,
    pub seq: Seq,
    pub at: Timestamp,
    pub source: String,
    pub name: String,
    /// Where one identity alone is called so.
    pub identity: Option<IdentityId>,
    pub surfaces: Vec<ChangedSurface>,
    /// Access by name.
    pub gained: Vec<String>,
    pub lost: Vec<String>,
    /// Tools added, removed and changed.
    pub tools: usize,
}

/// A surface that came, went or changed, with the lines that differ where its texts are kept.
#[derive(Clone, Debug)]
pub struct ChangedSurface {
    pub name: String,
    pub how: How,
    pub removed: Vec<String>,
    pub added: Vec<String>,
}

/// What changed up to the position that is read, newest first.
pub(super) async fn load(read: &mut Read) -> Result<Vec<Changed>> {
    let (seq, now) = (read.seq(), read.at_head());
    let tx = read.tx();
    let newest = imports::page(tx, seq, None, IMPORTS, &domain::query::imports::Filter::default()).await?;
    let mut out: Vec<Changed> = Vec::new();
    for import in newest {
        let crate::imports::Row { import, outcome } = import.into();
        for changed in grouped(&import, outcome.differences) {
            if out.len() == NAMED {
                return Ok(out);
            }
            out.push(completed(tx, changed, seq, now).await?);
        }
    }
    Ok(out)
}

/// The differences of one import by identity, in the order they were found; those of identities that are new with it are
/// no change.
fn grouped(import: &imports::Import, all: Vec<Difference>) -> Vec<Changed> {
    let new: HashSet<String> = all.iter().filter(|d| d.thing == Thing::Identity && d.how == How::Added).map(|d| d.name.clone()).collect();
    let mut out: Vec<Changed> = Vec::new();
    for d in all {
        let Some(of) = d.of.filter(|of| !new.contains(of)) else { continue };
        let at = out.iter().position(|c| c.name == of).unwrap_or_else(|| {
            out.push(Changed {
                import: import.id,
                seq: import.seq,
                at: import.observed_at,
                source: import.source.clone(),
                name: of,
                identity: None,
                surfaces: vec![],
                gained: vec![],
                lost: vec![],
                tools: 0,
            });
            out.len() - 1
        });
        match (d.thing, d.how) {
            (Thing::Surface, how) => out[at].surfaces.push(ChangedSurface { name: d.name, how, removed: vec![], added: vec![] }),
            (Thing::Grant, How::Removed) => out[at].lost.push(d.name),
            (Thing::Grant, _) => out[at].gained.push(d.name),
            (Thing::Tool, _) => out[at].tools += 1,
            _ => {}
        }
    }
    out.retain(|c| !c.surfaces.is_empty() || !c.gained.is_empty() || !c.lost.is_empty() || c.tools > 0);
    out
}

/// With the identity it is, and the lines of its texts.
async fn completed(tx: &mut Tx, mut changed: Changed, seq: Seq, now: bool) -> Result<Changed> {
    let filter = Filter { search: Some(Term::new(&changed.name)), platform: Some(Platform::With), ..Filter::default() };
    let called = identities::list(tx, seq, now, &filter, &After::Start, 20).await?;
    let mut same = called.iter().filter(|l| text::capped(&l.name, 200) == changed.name);
    let Some(one) = same.next().filter(|_| same.next().is_none()) else { return Ok(changed) };
    changed.identity = Some(one.identity_id);
    let of = surfaces::of_identity(tx, one.identity_id, changed.seq).await?;
    for shown in changed.surfaces.iter_mut().filter(|s| s.how == How::Changed) {
        let meant = of.iter().find(|s| s.plane == Plane::Observed && shown.name.contains(&s.locator) && s.since == changed.seq);
        if let Some(surface) = meant {
            (shown.removed, shown.added) = lines(tx, surface).await?;
        }
    }
    // What was taken out says most.
    changed.surfaces.sort_by_key(|s| std::cmp::Reverse(s.removed.len()));
    Ok(changed)
}

/// The first lines that went with a version, and those that came.
async fn lines(tx: &mut Tx, surface: &Surface) -> Result<(Vec<String>, Vec<String>)> {
    let versions = surfaces::versions(tx, surface.id, surface.plane, surface.since).await?;
    let mut texts = Vec::new();
    for version in versions.iter().take(2) {
        let Some(blob) = version.content_id else { return Ok((vec![], vec![])) };
        let Some(Within::Text(bytes)) = blobs::read_within(tx, blob, LONGEST).await? else { return Ok((vec![], vec![])) };
        texts.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    let [new, old] = &texts[..] else { return Ok((vec![], vec![])) };
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for change in TextDiff::configure().timeout(PATIENCE).diff_lines(old.as_str(), new.as_str()).iter_all_changes() {
        let line = text::capped(change.value().trim(), 160);
        match change.tag() {
            ChangeTag::Delete if removed.len() < QUOTED && !line.is_empty() => removed.push(line),
            ChangeTag::Insert if added.len() < QUOTED && !line.is_empty() => added.push(line),
            _ => {}
        }
    }
    Ok((removed, added))
}
