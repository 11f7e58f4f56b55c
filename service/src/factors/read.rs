//! One's own factors, and which kinds somebody has.

use super::{any_second, of, site};
use crate::{Error, Read, Result, Services};
use domain::asof::AsOf;
use domain::ids::{AuthenticatorId, PersonId};
use domain::person::AuthenticatorKind;
use domain::seq::Seq;
use std::collections::BTreeSet;
use store::engine::db::Tx;
use store::people::{Authenticator, authenticators_at};

/// A factor as its person sees it.
#[derive(Clone, Debug)]
pub struct Factor {
    pub id: AuthenticatorId,
    pub kind: AuthenticatorKind,
    pub label: String,
    /// The ledger entry that added it.
    pub since: Seq,
}

impl Factor {
    fn of(row: &Authenticator) -> Self {
        Self { id: row.id, kind: row.kind, label: row.label.clone(), since: row.since }
    }
}

/// What the page of one's own factors shows.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    pub factors: Vec<Factor>,
    /// Recovery codes that are left.
    pub codes: usize,
    /// False where this installation's address allows no passkeys.
    pub passkeys: bool,
}

impl Page {
    /// True where something is asked for beside the password.
    pub fn any_second(&self) -> bool {
        self.factors.iter().any(|f| f.kind.is_second())
    }
}

pub async fn page(read: &mut Read) -> Result<Page> {
    let person = read.who().session_person()?;
    let (as_of, seq) = (read.as_of(), read.seq());
    let passkeys = site(read.services()).is_ok();
    let rows = authenticators_at(read.tx(), person, seq).await?;
    let codes = rows.iter().filter(|r| r.kind == AuthenticatorKind::RecoveryCode).count();
    let shown = |kind| !matches!(kind, AuthenticatorKind::Password | AuthenticatorKind::RecoveryCode);
    let factors = rows.iter().filter(|r| shown(r.kind)).map(Factor::of).collect();
    Ok(Page { as_of, factors, codes, passkeys })
}

/// A factor that is to be removed, and whether another one would still be asked for.
pub async fn factor(read: &mut Read, id: AuthenticatorId) -> Result<(Factor, bool)> {
    let page = page(read).await?;
    let (gone, left): (Vec<_>, Vec<_>) = page.factors.into_iter().partition(|f| f.id == id);
    let gone = gone.into_iter().next().ok_or(Error::NotFound("sign-in method"))?;
    Ok((gone, left.iter().any(|f| f.kind.is_second())))
}

/// What somebody can answer a second question with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choices {
    pub app: bool,
    pub passkey: bool,
    pub recovery: bool,
}

impl Choices {
    pub(super) fn of(services: &Services, factors: &[Authenticator]) -> Self {
        let has = |kind| factors.iter().any(|f| f.kind == kind);
        Self {
            app: has(AuthenticatorKind::Totp),
            passkey: has(AuthenticatorKind::Passkey) && site(services).is_ok(),
            recovery: any_second(factors) && has(AuthenticatorKind::RecoveryCode),
        }
    }
}

/// What the caller can show anew who they are with, beside the password.
pub async fn choices(read: &mut Read) -> Result<Choices> {
    let (services, person) = (read.services().clone(), read.who().session_person()?);
    let factors = of(&services, read.tx(), person).await?;
    Ok(Choices::of(&services, &factors))
}

/// Of which kinds somebody has a factor that counts, the password among them: what `Decider::factors` is made of.
pub(crate) async fn kinds(services: &Services, tx: &mut Tx, person: PersonId) -> Result<BTreeSet<AuthenticatorKind>> {
    let mut kinds: BTreeSet<_> = of(services, tx, person).await?.iter().map(|f| f.kind).collect();
    if crate::standing::password(tx, person).await?.is_some() {
        kinds.insert(AuthenticatorKind::Password);
    }
    Ok(kinds)
}
