//! What the store holds of a source, loaded for comparison; what is many comes in pages, by `each_page`.

use super::plan::Making;
use crate::{Error, Result};
use domain::asof::OPEN;
use domain::rule::Rule;
use domain::snapshot::{Format, Snapshot};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use store::grants::Set;
use store::identities::Record;
use store::surfaces::{Credential, Surface, Tool};
use store::{external_keys, grants, identities, sources, surfaces};
use uuid::Uuid;

/// The open rows of one source.
#[derive(Default)]
pub struct Existing {
    pub source: Option<Uuid>,
    pub environment: Option<String>,
    /// Identities by the fingerprint of their key: a hundred thousand keys as text would be most of the memory.
    pub keys: HashMap<[u8; 32], Uuid>,
    /// What people entered by hand about the same identities.
    pub manual: HashMap<Uuid, Record>,
    /// What is said of the source.
    pub record: Option<sources::Source>,
    pub sets: Vec<Set>,
    /// (set, rule content key) to membership id.
    pub set_rules: HashMap<(Uuid, String), Uuid>,
    pub rules: HashMap<String, Rule>,
    pub surfaces: Vec<Surface>,
    pub tools: Vec<Tool>,
    pub credentials: Vec<Credential>,
    /// Ids of the rules of the snapshot that any source has brought already.
    pub rule_ids: HashMap<String, Uuid>,
}

impl Existing {
    pub async fn load(tx: &mut store::db::Tx, name: &str, format: Format, snapshot: &Snapshot) -> Result<Self> {
        let keys: Vec<&str> = snapshot.rules.iter().map(|(_, k)| k).collect();
        let mut out = Self { rule_ids: grants::rule_ids(tx, &keys).await?.into_iter().collect(), ..Self::default() };
        if let Some(source) = sources::by_name(tx, name, OPEN - 1).await? {
            if source.kind != format.as_str() {
                return Err(Error::invalid(
                    "source",
                    format!("the source {name:?} is of kind {}, this input is {}", source.kind, format.as_str()),
                ));
            }
            out.source = Some(source.id);
            out.environment.clone_from(&source.environment);
            out.rows(tx, source.id).await?;
            out.record = Some(source);
        }
        Ok(out)
    }

    async fn rows(&mut self, tx: &mut store::db::Tx, source: Uuid) -> Result<()> {
        let mut after = (String::new(), String::new());
        loop {
            let page = external_keys::of_source(tx, source, (&after.0, &after.1)).await?;
            self.keys.extend(page.iter().map(|(kind, key, id)| (fingerprint(kind, key), *id)));
            let Some((kind, key, _)) = page.into_iter().next_back() else { break };
            after = (kind, key);
        }
        self.manual = identities::manual_of_source(tx, source).await?.into_iter().map(|r| (r.id, r)).collect();
        self.sets = grants::sets_of_source(tx, source).await?;
        self.set_rules = grants::set_rules_of_source(tx, source).await?.into_iter().map(|(id, set, key)| ((set, key), id)).collect();
        self.rules = grants::rules_of_source(tx, source).await?.into_iter().map(|(_, key, rule)| (key, rule)).collect();
        self.surfaces = surfaces::of_source(tx, source).await?;
        self.tools = surfaces::tools_of_source(tx, source).await?;
        self.credentials = surfaces::credentials_of_source(tx, source).await?;
        Ok(())
    }
}

/// SHA-256 of kind and key.
pub fn fingerprint(kind: &str, key: &str) -> [u8; 32] {
    Sha256::digest(format!("{kind}\n{key}").as_bytes()).into()
}

/// Hands on the open records, grants and facts of a source, in pages.
pub async fn each_page(tx: &mut store::db::Tx, source: Uuid, making: &mut Making<'_>) -> Result<()> {
    let mut after = Uuid::nil();
    loop {
        let page = identities::records_of_source(tx, source, after).await?;
        let Some(last) = page.last() else { break };
        let range = (page.first().map_or(last.id, |f| f.id), last.id);
        after = last.id;
        making.held_records(&page)?;
        making.held_grants(&grants::keys_of_source(tx, source, range).await?);
    }
    let mut after = Uuid::nil();
    loop {
        let page = identities::facts_of_source(tx, source, after).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.identity_id;
        making.held_facts(&page)?;
    }
}

/// Hands on who holds the policies of a bare policy file.
pub async fn each_holder(tx: &mut store::db::Tx, source: Uuid, making: &mut Making<'_>) -> Result<()> {
    let mut holdings = BTreeMap::new();
    for (set, at) in making.policies() {
        let held = grants::of_set(tx, source, set).await?;
        making.held_policy(set, at, &held, &mut holdings);
    }
    for (identity, moved) in &holdings {
        making.moved_holder(tx, *identity, moved).await?;
    }
    Ok(())
}
