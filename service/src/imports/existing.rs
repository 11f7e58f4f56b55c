//! What the store holds of a source, loaded for comparison; what is many comes in pages, by `each_page`.

use super::act::PLANE;
use super::plan::Making;
use crate::aside::aside;
use crate::{Error, Result};
use domain::identity::{Environment, Plane, Review};
use domain::ids::{IdentityId, PermissionSetId, RuleId, SetRuleId, SourceId, SurfaceId};
use domain::rule::Rule;
use domain::seq::Seq;
use domain::snapshot::{Format, Snapshot};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use store::compared::{self, KnownGrant};
use store::credentials::Credential;
use store::engine::db::Tx;
use store::identities::Record;
use store::permission_sets::PermissionSet;
use store::surfaces::{KnownTool, Surface};
use store::{credentials, external_keys, grants, identities, imports, permission_sets, sources, surfaces};

/// The open rows of one source.
#[derive(Default)]
pub struct Existing {
    pub source: Option<SourceId>,
    /// The newest import of the source, whose rows these are.
    pub last_import: Seq,
    pub environment: Option<Environment>,
    /// Identities by the fingerprint of their key: a hundred thousand keys as text would be most of the memory.
    pub keys: HashMap<[u8; 32], IdentityId>,
    /// What people entered by hand about the same identities.
    pub manual: HashMap<IdentityId, Record>,
    /// What they countersigned.
    pub baseline: HashMap<IdentityId, Record>,
    /// Reviews of identities that the source named once and lists show no more.
    pub reviews: HashMap<IdentityId, Review>,
    /// What is said of the source.
    pub record: Option<sources::Source>,
    pub sets: Vec<PermissionSet>,
    /// (set, rule content key) to membership id.
    pub set_rules: HashMap<(PermissionSetId, String), SetRuleId>,
    /// Rules that its sets hold and the snapshot does not name.
    pub rules: HashMap<String, Rule>,
    pub surfaces: Vec<Surface>,
    pub tools: Vec<KnownTool>,
    /// Whose the surfaces are that hold tools.
    pub tool_holders: HashMap<SurfaceId, IdentityId>,
    pub credentials: Vec<Credential>,
    /// Ids of the rules of the snapshot that any source has brought already.
    pub rule_ids: HashMap<String, RuleId>,
}

impl Existing {
    pub async fn load(tx: &mut Tx, name: &str, format: Format, snapshot: &Snapshot) -> Result<Self> {
        let keys: Vec<&str> = snapshot.rules.iter().map(|(_, k)| k).collect();
        let mut out = Self { rule_ids: permission_sets::rule_ids(tx, &keys).await?.into_iter().collect(), ..Self::default() };
        if let Some(source) = sources::by_name(tx, name, Seq::NOW).await? {
            if source.kind != format.source() {
                return Err(Error::invalid("source", format!("the source {name:?} is of kind {}, this input is {format}", source.kind)));
            }
            out.source = Some(source.id);
            out.last_import = imports::last_of_source(tx, source.id).await?;
            out.environment = source.environment;
            out.rows(tx, source.id, snapshot).await?;
            out.record = Some(source);
        }
        Ok(out)
    }

    async fn rows(&mut self, tx: &mut Tx, source: SourceId, snapshot: &Snapshot) -> Result<()> {
        let mut after = (String::new(), String::new());
        loop {
            let page = external_keys::of_source(tx, source, (&after.0, &after.1)).await?;
            self.keys.extend(page.iter().map(|(kind, key, id)| (fingerprint(kind, key), *id)));
            let Some((kind, key, _)) = page.into_iter().next_back() else { break };
            after = (kind, key);
        }
        self.manual = identities::stated_of_source(tx, source, Plane::Manual).await?.into_iter().map(|r| (r.id, r)).collect();
        self.baseline = identities::stated_of_source(tx, source, Plane::Baseline).await?.into_iter().map(|r| (r.id, r)).collect();
        self.reviews = identities::reviews_of_left(tx, source).await?.into_iter().collect();
        self.sets = permission_sets::of_source(tx, source, PLANE).await?;
        self.set_rules =
            permission_sets::set_rules_of_source(tx, source, PLANE).await?.into_iter().map(|(id, set, key)| ((set, key), id)).collect();
        let others: HashSet<&str> =
            self.set_rules.keys().map(|(_, key)| key.as_str()).filter(|k| snapshot.rules.of_key(k).is_none()).collect();
        let others: Vec<&str> = others.into_iter().collect();
        self.rules = permission_sets::rules_named(tx, &others).await?.into_iter().collect();
        self.surfaces = surfaces::of_source(tx, source, PLANE).await?;
        self.tool_holders = self.surfaces.iter().map(|s| (s.id, s.identity_id)).collect();
        self.tools = surfaces::tools_of_source(tx, source, PLANE).await?;
        self.credentials = credentials::of_source(tx, source, PLANE).await?;
        Ok(())
    }
}

/// SHA-256 of kind and key.
pub fn fingerprint(kind: &str, key: &str) -> [u8; 32] {
    Sha256::digest(format!("{kind}\n{key}").as_bytes()).into()
}

/// Hands on the open records, grants and facts of a source, in pages; each is read while the one ahead of it is compared.
pub async fn each_page(tx: Tx, source: SourceId, making: &mut Making<'_>) -> Result<Tx> {
    let mut running = tokio::spawn(held(tx, source, IdentityId::nil()));
    let mut tx = loop {
        let (tx, records, grants) = running.await.map_err(|e| Error::Internal(e.to_string()))??;
        let Some(last) = records.last() else { break tx };
        running = tokio::spawn(held(tx, source, last.id));
        aside(|| {
            making.held_records(&records)?;
            making.held_grants(&grants);
            Ok::<(), Error>(())
        })?;
    };
    let mut after = IdentityId::nil();
    loop {
        let page = identities::facts_of_source(&mut tx, source, after).await?;
        let Some(last) = page.last() else { return Ok(tx) };
        after = last.identity_id;
        aside(|| making.held_facts(&page))?;
    }
}

/// The records of a page and the grants of their identities.
async fn held(mut tx: Tx, source: SourceId, after: IdentityId) -> Result<(Tx, Vec<Record>, Vec<KnownGrant>)> {
    let records = identities::records_of_source(&mut tx, source, PLANE, after).await?;
    let range = records.first().zip(records.last()).map(|(first, last)| (first.id, last.id));
    let grants = match range {
        Some(range) => compared::grants(&mut tx, source, PLANE, range).await?,
        None => vec![],
    };
    Ok((tx, records, grants))
}

/// Hands on who holds the policies of a bare policy file.
pub async fn each_holder(tx: &mut Tx, source: SourceId, making: &mut Making<'_>) -> Result<()> {
    let mut holdings = BTreeMap::new();
    for (set, at) in making.policies() {
        let held = grants::of_set(tx, source, set, PLANE).await?;
        making.held_policy(set, at, &held, &mut holdings);
    }
    for (identity, moved) in &holdings {
        making.moved_holder(tx, *identity, moved).await?;
    }
    Ok(())
}
