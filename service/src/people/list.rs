//! The list of people: its fields and its rows.

use crate::listing::{Listing, Sheet, cursor, parse_cursor};
use crate::{Read, Result};
use domain::ids::PersonId;
use domain::listing::{Datum, Field};
use domain::permission::{Action, ScopeKind};
use domain::person::{AuthenticatorKind, State};
use domain::query::people::Filter;
use store::people::{self, Assignment, Person};

/// People.
pub struct List;

/// A person with the roles they hold, the reach of each by its name.
#[derive(Clone, Debug)]
pub struct Row {
    pub person: Person,
    pub roles: Vec<Assignment>,
    /// Of which kinds they have something beside the password.
    pub factors: Vec<AuthenticatorKind>,
}

impl Row {
    /// Each role with what it reaches over.
    pub fn roles_text(&self) -> String {
        let of = |r: &Assignment| match r.scope_kind {
            ScopeKind::Organisation => r.role.label().to_owned(),
            _ => format!("{} for {}", r.role.label(), r.scope),
        };
        self.roles.iter().map(of).collect::<Vec<_>>().join("; ")
    }

    /// The kinds of their second factors; a recovery code is none.
    pub fn factors_text(&self) -> String {
        let shown = self.factors.iter().filter(|k| **k != AuthenticatorKind::RecoveryCode);
        shown.map(|k| k.label()).collect::<Vec<_>>().join(", ")
    }
}

type F = Field<Row>;

impl Listing for List {
    type Row = Row;
    type Filter = Filter;
    const NAME: &'static str = "people";
    const NEEDS: Action = Action::ReadPeople;
    const FIELDS: &'static [F] = &[
        F::text("id", "the ID, per_…", |r| Datum::text(r.person.id)).brief(),
        F::text("name", "their name", |r| Datum::text(r.person.shown())).shown("Person").brief(),
        F::text("email", "their email; none where it was erased", |r| Datum::perhaps(r.person.email.as_deref())).optional().brief(),
        F::words("state", "whether they may sign in", State::WORDS, |r| Datum::text(r.person.state)).shown("State").brief(),
        F::text("roles", "each with its scope", |r| Datum::Text(r.roles_text())).shown("Roles").brief(),
        F::text("factors", "the kinds of second factors they have", |r| Datum::Text(r.factors_text())).shown("Second factors").brief(),
    ];

    async fn sheet<'a>(read: &'a mut Read, filter: &'a Filter, after: Option<&'a str>, limit: i64) -> Result<Sheet<Row>> {
        read.authorise(Self::NEEDS)?;
        let (as_of, seq) = (read.as_of(), read.seq());
        let after = after.map_or(Ok((String::new(), PersonId::nil())), parse_cursor)?;
        let mut roles = people::assignments_at(read.tx(), seq).await?;
        let rows = people::page(read.tx(), seq, filter, (&after.0, after.1), limit + 1).await?;
        let reaches = super::read::reaches(read).await?;
        roles = named(roles, &reaches);
        let held = |id: PersonId| roles.iter().filter(|r| r.person_id == id).cloned().collect();
        let kinds = people::factor_kinds_at(read.tx(), seq).await?;
        let place = |p: &Person| cursor(p.id, p.name.as_deref().unwrap_or_default());
        Ok(Sheet::cut(as_of, rows, limit, place).map(|person| Row { roles: held(person.id), factors: kinds_of(&kinds, person.id), person }))
    }
}

pub(super) fn kinds_of(all: &[(PersonId, AuthenticatorKind)], id: PersonId) -> Vec<AuthenticatorKind> {
    all.iter().filter(|(person, _)| *person == id).map(|(_, kind)| *kind).collect()
}

/// Roles with the name of what each reaches over.
pub(super) fn named(mut roles: Vec<Assignment>, reaches: &[(String, String)]) -> Vec<Assignment> {
    for role in roles.iter_mut().filter(|r| !r.scope.is_empty()) {
        let word = format!("{}:{}", role.scope_kind, role.scope);
        reaches.iter().find(|(w, _)| *w == word).map_or("something that no longer exists", |(_, name)| name).clone_into(&mut role.scope);
    }
    roles
}
