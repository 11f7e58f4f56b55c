//! Credentials: how identities authenticate. Never the secret.

use crate::Result;
use crate::changes::applications::OF_AN_APPLICATION;
use crate::engine::db::Tx;
use crate::engine::table::{Rows, Table, index, index_open, index_where};
use crate::identities::live;
use domain::identity::{Issuer, Plane};
use domain::ids::{BatchId, CredentialId, IdentityId, SourceId};
use domain::seq::Seq;
use domain::time::Timestamp;

row! { $
    /// A version of a credential.
    Credential in CREDENTIAL_VERSIONS, credential_columns {
        since,
        id: CredentialId,
        batch: Option<BatchId>,
        plane: Plane,
        identity_id: IdentityId [-> "identities"],
        source_id: Option<SourceId>,
        method: String,
        key_id: String,
        issuer: Issuer,
        issued_at: Option<Timestamp>,
        expires_at: Option<Timestamp>,
        rotated_at: Option<Timestamp>,
        storage: Option<String>,
        state: Option<String>,
    }
}

pub static CREDENTIAL_VERSIONS: Table = Table {
    name: "credential_versions",
    about: "How an identity authenticates. Never the secret, nor a hash of a guessable one.",
    anchor: Some("credentials"),
    key: &["id", "since"],
    columns: Credential::COLUMNS,
    one_open: &["identity_id", "plane", "method", "key_id"],
    indexes: &[
        index_open("by_source_id_id_open", &["source_id", "id"]),
        index_where("by_expires_at_open", &["expires_at"], Rows::OpenWhere("expires_at IS NOT NULL")),
        index("by_identity_id", &["identity_id"]),
    ],
    refusals: &[OF_AN_APPLICATION],
    ..Table::PLAIN
};

statements! {
    OF_IDENTITY = concat!("SELECT ", credential_columns!("v"), " FROM credential_versions v
        WHERE v.identity_id = $1 AND v.plane = $3 AND v.since <= $2 AND $2 < v.until AND ", live!("v", "$2"), " ORDER BY v.method, v.key_id LIMIT 200");
    OF_SOURCE = concat!("SELECT ", credential_columns!("v"), " FROM credential_versions v
        WHERE v.source_id = $1 AND v.plane = $2 AND v.until = 9223372036854775807 ORDER BY v.id LIMIT 1000000");
}

impl Credential {
    /// True where the two say the same of a credential, whenever they were written.
    pub fn same(&self, other: &Self) -> bool {
        (self.issued_at, self.expires_at, &self.state) == (other.issued_at, other.expires_at, &other.state)
    }
}

pub async fn of_identity(tx: &mut Tx, identity: IdentityId, plane: Plane, seq: Seq) -> Result<Vec<Credential>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Credential>(OF_IDENTITY).bind(identity).bind(seq).bind(plane).fetch_all(c).await?))
}

pub async fn of_source(tx: &mut Tx, source: SourceId, plane: Plane) -> Result<Vec<Credential>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Credential>(OF_SOURCE).bind(source).bind(plane).fetch_all(c).await?))
}
