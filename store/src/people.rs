//! People, their roles and how they sign in. Names and e-mail addresses are redactable; sign-in finds
//! people by a keyed digest.

use crate::Result;
use crate::engine::db::Tx;
use crate::engine::search::Page;
use crate::engine::table::{Event, Refusal, Table, index, index_open};
use domain::blob::commitment;
use domain::ids::{AssignmentId, AuthenticatorId, IdentityId, PersonId};
use domain::ledger::{Actor, ActorKind};
use domain::permission::{HeldRole, Role, RoleScope, ScopeKind};
use domain::person::{AuthenticatorKind, State};
use domain::query::people::Filter;
use domain::seq::Seq;
use uuid::Uuid;

row! { $
    /// A version of somebody's account. Name and address are none after a redaction.
    Person in PERSON_VERSIONS, person_columns {
        since,
        id: PersonId,
        name: Option<String> [erasable],
        email: Option<String> [erasable],
        pii_salt: Option<Vec<u8>> [erasable],
        name_digest: String,
        email_digest: String,
        /// Keyed digest of the lower-cased address: sign-in finds people by it.
        email_key: String,
        /// One account is one human until a directory says otherwise.
        human: String,
        state: State,
    }
}

pub static PERSON_VERSIONS: Table = Table {
    name: "person_versions",
    about: "One human, whatever accounts they hold. Name and e-mail stay plain for search; the canonical row holds SHA-256(salt || value).",
    anchor: Some("people"),
    key: &["id", "since"],
    columns: Person::COLUMNS,
    one_open: &["email_key"],
    ..Table::PLAIN
};

row! { $
    /// A role somebody holds, and over what.
    Assignment in ROLE_ASSIGNMENTS, assignment_columns {
        since,
        id: AssignmentId,
        person_id: PersonId [-> "people"],
        role: Role,
        scope_kind: ScopeKind,
        scope: String,
    }
}

pub static ROLE_ASSIGNMENTS: Table = Table {
    name: "role_assignments",
    about: "Admin excludes every deciding role, auditor excludes all others: the database refuses it too.",
    columns: Assignment::COLUMNS,
    one_open: &["person_id", "role", "scope_kind", "scope"],
    indexes: &[index("by_person_id", &["person_id"])],
    refusals: &[Refusal {
        name: "exclusive",
        on: Event::Insert,
        only: "",
        when: "EXISTS (SELECT 1 FROM role_assignments r WHERE r.person_id = NEW.person_id AND r.until = 9223372036854775807
    AND ((NEW.role = 'auditor' AND r.role <> 'auditor') OR (NEW.role <> 'auditor' AND r.role = 'auditor')
      OR (NEW.role = 'admin' AND r.role IN ('reviewer', 'security_reviewer'))
      OR (NEW.role IN ('reviewer', 'security_reviewer') AND r.role = 'admin')))",
        message: "these roles exclude each other",
    }],
    ..Table::PLAIN
};

row! { $
    /// How a person signs in; `mac` is keyed outside the database.
    Authenticator in AUTHENTICATORS, authenticator_columns {
        since,
        id: AuthenticatorId,
        person_id: PersonId [-> "people"],
        kind: AuthenticatorKind,
        secret: String,
        label: String,
        enrolled_by_kind: ActorKind,
        enrolled_by_id: Option<Uuid>,
        mac: String,
    }
}

pub static AUTHENTICATORS: Table = Table {
    name: "authenticators",
    about: "How a person signs in. The MAC is keyed outside the database: a row forged here is void.",
    columns: Authenticator::COLUMNS,
    indexes: &[index_open("by_person_id_open", &["person_id"])],
    ..Table::PLAIN
};

statements! {
    BY_EMAIL_KEY = concat!("SELECT ", person_columns!("p"), " FROM person_versions p WHERE p.email_key = $1 AND p.until = 9223372036854775807 LIMIT 1");
    BY_ID = concat!("SELECT ", person_columns!("p"), " FROM person_versions p WHERE p.id = $1 AND p.since <= $2 AND $2 < p.until ORDER BY p.since DESC LIMIT 1");
    ALL_AT = concat!("SELECT ", person_columns!("p"), " FROM person_versions p WHERE p.since <= $1 AND $1 < p.until ORDER BY p.name, p.id LIMIT 1000");
    PAGE = concat!("SELECT ", person_columns!("p"), " FROM person_versions p
        WHERE p.since <= $1 AND $1 < p.until
          AND (CAST($2 AS TEXT) IS NULL OR p.state = $2)
          AND (CAST($3 AS TEXT) IS NULL OR p.id IN (SELECT r.person_id FROM role_assignments r WHERE r.role = $3 AND r.since <= $1 AND $1 < r.until))
          AND (COALESCE(p.name, ''), p.id) > ($4, $5) ORDER BY COALESCE(p.name, ''), p.id LIMIT $6");
    ACTIVE_COUNT = "SELECT COUNT(*) FROM person_versions WHERE state = 'active' AND since <= $1 AND $1 < until";
    ACTIVE_WITH_ROLE = "SELECT COUNT(*) FROM person_versions p WHERE p.state = 'active' AND p.since <= $1 AND $1 < p.until
          AND p.id IN (SELECT r.person_id FROM role_assignments r WHERE r.role IN ($2, $3) AND r.since <= $1 AND $1 < r.until)";
    ROLES_OF = concat!("SELECT ", assignment_columns!("r"), " FROM role_assignments r WHERE r.person_id = $1 AND r.since <= $2 AND $2 < r.until ORDER BY r.role, r.scope_kind, r.scope LIMIT 200");
    ACTIVE = "SELECT id FROM person_versions WHERE state = 'active' AND until = 9223372036854775807 ORDER BY id LIMIT 1000000";
    PASSWORDS_OF = concat!("SELECT ", authenticator_columns!("a"), " FROM authenticators a WHERE a.person_id = $1 AND a.kind = 'password' AND a.until = 9223372036854775807 ORDER BY a.since DESC, a.id LIMIT 10");
    AUTHENTICATORS_AT = concat!("SELECT ", authenticator_columns!("a"), " FROM authenticators a WHERE a.person_id = $1 AND a.since <= $2 AND $2 < a.until ORDER BY a.since, a.id LIMIT 1000");
    FACTOR_KINDS_AT = "SELECT DISTINCT a.person_id, a.kind FROM authenticators a WHERE a.kind <> 'password' AND a.since <= $1 AND $1 < a.until ORDER BY a.person_id, a.kind LIMIT 5000";
    COUNT = "SELECT COUNT(*) FROM people";
    ADDRESSES = "SELECT email, email_key FROM person_versions WHERE email IS NOT NULL ORDER BY id, since LIMIT 10";
    ASSIGNMENT = concat!("SELECT ", assignment_columns!("r"), " FROM role_assignments r WHERE r.id = $1 AND r.until = 9223372036854775807 LIMIT 1");
    ASSIGNMENTS_AT = concat!("SELECT ", assignment_columns!("r"), " FROM role_assignments r WHERE r.since <= $1 AND $1 < r.until ORDER BY r.person_id, r.role, r.scope_kind, r.scope LIMIT 5000");
    OWNED_BY = "SELECT id FROM identity_versions WHERE plane = 'manual' AND (owner_id = $1 OR backup_id = $1) AND until = 9223372036854775807 ORDER BY id LIMIT 1000000";
    BACKED_UP_BY = "SELECT COUNT(*) FROM identity_versions WHERE plane = 'manual' AND backup_id = $1 AND until = 9223372036854775807";
}

impl Person {
    pub fn new(id: PersonId, name: &str, email: &str, email_key: &str, salt: &[u8], state: State) -> Self {
        Self {
            since: Seq::ZERO,
            id,
            name: Some(name.to_owned()),
            email: Some(email.to_owned()),
            pii_salt: Some(salt.to_vec()),
            name_digest: commitment(salt, name.as_bytes()),
            email_digest: commitment(salt, email.as_bytes()),
            email_key: email_key.to_owned(),
            human: id.uuid().to_string(),
            state,
        }
    }

    pub fn shown(&self) -> String {
        self.name.clone().unwrap_or_else(|| "redacted person".to_owned())
    }

    /// Name and address were erased: nobody is behind it any more.
    pub fn is_redacted(&self) -> bool {
        self.pii_salt.is_none()
    }

    pub fn is_active(&self) -> bool {
        self.state == State::Active
    }

    /// The same person in another state.
    #[must_use]
    pub fn in_state(&self, state: State) -> Self {
        Self { state, ..self.clone() }
    }
}

impl Assignment {
    pub fn new(id: AssignmentId, person_id: PersonId, held: HeldRole) -> Self {
        Self { since: Seq::ZERO, id, person_id, role: held.role, scope_kind: held.scope.kind(), scope: held.scope.of() }
    }

    /// The role and its reach; none where it names nothing that could be: then it counts for nothing.
    pub fn held(&self) -> Option<HeldRole> {
        Some(HeldRole { role: self.role, scope: RoleScope::parse(self.scope_kind, &self.scope)? })
    }

    /// True of a role that governs everybody.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin && self.scope_kind == ScopeKind::Organisation
    }
}

impl Authenticator {
    /// A way to sign in that nobody has named yet; its MAC is the caller's to make.
    pub fn new(id: AuthenticatorId, person_id: PersonId, kind: AuthenticatorKind, secret: String, by: Actor) -> Self {
        Self {
            since: Seq::ZERO,
            id,
            person_id,
            kind,
            secret,
            label: String::new(),
            enrolled_by_kind: by.kind,
            enrolled_by_id: by.id,
            mac: String::new(),
        }
    }
}

/// Every assignment as of a position.
pub async fn assignments_at(tx: &mut Tx, seq: Seq) -> Result<Vec<Assignment>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Assignment>(ASSIGNMENTS_AT).bind(seq).fetch_all(c).await?))
}

/// An assignment that is open.
pub async fn assignment(tx: &mut Tx, id: AssignmentId) -> Result<Option<Assignment>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Assignment>(ASSIGNMENT).bind(id).fetch_optional(c).await?))
}

/// Identities whose record, entered by hand, names the person as owner or backup.
pub async fn owned_by(tx: &mut Tx, person: PersonId) -> Result<Vec<IdentityId>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, IdentityId>(OWNED_BY).bind(person).fetch_all(c).await?))
}

/// How many records, entered by people, name the person as backup.
pub async fn backed_up_by(tx: &mut Tx, person: PersonId) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, i64>(BACKED_UP_BY).bind(person).fetch_one(c).await?))
}

pub async fn by_email_key(tx: &mut Tx, key: &str) -> Result<Option<Person>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Person>(BY_EMAIL_KEY).bind(key).fetch_optional(c).await?))
}

pub async fn by_id(tx: &mut Tx, id: PersonId, seq: Seq) -> Result<Option<Person>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Person>(BY_ID).bind(id).bind(seq).fetch_optional(c).await?))
}

/// One page by name, after a name and an id.
pub async fn page(tx: &mut Tx, seq: Seq, filter: &Filter, after: (&str, PersonId), limit: i64) -> Result<Vec<Person>> {
    let mut page = Page::new(filter.search.as_ref(), limit);
    let (mut name, mut id) = (after.0.to_owned(), after.1);
    loop {
        let rows = on!(tx, c => {
            sqlx::query_as::<_, Person>(PAGE).bind(seq).bind(filter.state).bind(filter.role)
                .bind(name.clone()).bind(id).bind(page.step()).fetch_all(c).await?
        });
        if let Some(last) = rows.last() {
            (name, id) = (last.name.clone().unwrap_or_default(), last.id);
        }
        if !page.take(rows, |term, p| [&p.name, &p.email].into_iter().flatten().any(|text| term.is_in(text))) {
            return Ok(page.rows);
        }
    }
}

/// How many are active, and how many of those hold a role that decides.
pub async fn totals(tx: &mut Tx, seq: Seq) -> Result<(i64, i64)> {
    let deciding = Role::deciding();
    let active = on!(tx, c => sqlx::query_scalar::<_, i64>(ACTIVE_COUNT).bind(seq).fetch_one(c).await?);
    let decide =
        on!(tx, c => sqlx::query_scalar::<_, i64>(ACTIVE_WITH_ROLE).bind(seq).bind(deciding[0]).bind(deciding[1]).fetch_one(c).await?);
    Ok((active, decide))
}

pub async fn all_at(tx: &mut Tx, seq: Seq) -> Result<Vec<Person>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Person>(ALL_AT).bind(seq).fetch_all(c).await?))
}

/// Everybody who is active now.
pub async fn active(tx: &mut Tx) -> Result<Vec<PersonId>> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, PersonId>(ACTIVE).fetch_all(c).await?))
}

/// The assignments somebody holds.
pub async fn assignments_of(tx: &mut Tx, person: PersonId, seq: Seq) -> Result<Vec<Assignment>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Assignment>(ROLES_OF).bind(person).bind(seq).fetch_all(c).await?))
}

/// The open passwords of a person, newest first: one, unless somebody reopened another in the database.
pub async fn passwords_of(tx: &mut Tx, person: PersonId) -> Result<Vec<Authenticator>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Authenticator>(PASSWORDS_OF).bind(person).fetch_all(c).await?))
}

/// Every way a person has to sign in as of a position: passwords, passkeys, authenticator apps, recovery codes.
pub async fn authenticators_at(tx: &mut Tx, person: PersonId, seq: Seq) -> Result<Vec<Authenticator>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Authenticator>(AUTHENTICATORS_AT).bind(person).bind(seq).fetch_all(c).await?))
}

/// Of which kinds everybody has factors as of a position.
pub async fn factor_kinds_at(tx: &mut Tx, seq: Seq) -> Result<Vec<(PersonId, AuthenticatorKind)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (PersonId, AuthenticatorKind)>(FACTOR_KINDS_AT).bind(seq).fetch_all(c).await?))
}

/// How many people there have ever been.
pub async fn count(tx: &mut Tx) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar::<_, i64>(COUNT).fetch_one(c).await?))
}

/// A few addresses with their keyed digests; of whom is erased, none.
pub(crate) async fn addresses(tx: &mut Tx) -> Result<Vec<(String, String)>> {
    Ok(on!(tx, c => sqlx::query_as::<_, (String, String)>(ADDRESSES).fetch_all(c).await?))
}
