//! What the store holds of a source, loaded for comparison. Keys are kept short: two million grants fit.

use crate::{Error, Result, Services};
use domain::asof::OPEN;
use domain::rule::Rule;
use domain::snapshot::{Format, Snapshot};
use std::collections::HashMap;
use store::grants::Set;
use store::identities::{Facts, Record};
use store::surfaces::{Credential, Surface, Tool};
use store::{grants, identities, sources, surfaces};
use uuid::Uuid;

/// The open rows of one source.
#[derive(Default)]
pub struct Existing {
    pub source: Option<Uuid>,
    pub environment: Option<String>,
    pub keys: HashMap<(String, String), Uuid>,
    pub records: HashMap<Uuid, Record>,
    /// The manual records of the same identities.
    pub manual: HashMap<Uuid, Record>,
    pub facts: HashMap<Uuid, Facts>,
    pub sets: Vec<Set>,
    /// (set, rule content key) to membership id.
    pub set_rules: HashMap<(Uuid, String), Uuid>,
    pub rules: HashMap<String, Rule>,
    /// First half of the content key to (grant, identity).
    pub grants: HashMap<u128, (Uuid, Uuid)>,
    pub surfaces: Vec<Surface>,
    pub tools: Vec<Tool>,
    pub credentials: Vec<Credential>,
    /// Ids of the rules of the snapshot that any source has brought already.
    pub rule_ids: HashMap<String, Uuid>,
}

impl Existing {
    pub async fn load(services: &Services, name: &str, format: Format, snapshot: &Snapshot) -> Result<Self> {
        let mut reader = crate::asof::open(services, domain::asof::Wanted::Now).await?;
        let tx = &mut reader.tx;
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
            out.environment = source.environment;
            out.rows(tx, source.id).await?;
        }
        reader.close().await?;
        Ok(out)
    }

    async fn rows(&mut self, tx: &mut store::db::Tx, source: Uuid) -> Result<()> {
        self.keys = identities::keys_of_source(tx, source).await?.into_iter().map(|(kind, key, id)| ((kind, key), id)).collect();
        self.records = identities::records_of_source(tx, source).await?.into_iter().map(|r| (r.id, r)).collect();
        self.facts = identities::facts_of_source(tx, source).await?.into_iter().map(|f| (f.identity_id, f)).collect();
        self.manual = identities::manual_of_source(tx, source).await?.into_iter().map(|r| (r.id, r)).collect();
        self.sets = grants::sets_of_source(tx, source).await?;
        self.set_rules = grants::set_rules_of_source(tx, source).await?.into_iter().map(|(id, set, key)| ((set, key), id)).collect();
        self.rules = grants::rules_of_source(tx, source).await?.into_iter().map(|(_, key, rule)| (key, rule)).collect();
        self.grants =
            grants::keys_of_source(tx, source).await?.into_iter().map(|(id, key, identity)| (short_key(&key), (id, identity))).collect();
        self.surfaces = surfaces::of_source(tx, source).await?;
        self.tools = surfaces::tools_of_source(tx, source).await?;
        self.credentials = surfaces::credentials_of_source(tx, source).await?;
        Ok(())
    }
}

/// The first 128 bits of a hex digest: enough to tell two million keys apart.
pub fn short_key(hex_digest: &str) -> u128 {
    hex_digest.get(..32).and_then(|h| u128::from_str_radix(h, 16).ok()).unwrap_or(0)
}
