//! Creating and revoking tokens.

use super::{PREFIX, tag, words};
use crate::sessions::digest;
use crate::{Act, Error, Result, Written, standing};
use domain::ids::{IdentityId, PersonId, TokenId};
use domain::permission::{Action, allows};
use domain::seq::Seq;
use domain::time::{DAY, Timestamp};
use domain::token::{Scope, excludes};
use domain::verb::Verb;
use serde_json::json;
use store::engine::db::Tx;
use store::engine::require::Require;
use store::engine::table::Declared;
use store::people::{self, Person};
use store::sources::Source;
use store::tokens::{self, Holder, Token};

/// The longest life of a token, in days.
pub const LONGEST: i64 = 365;

/// What is asked for. An empty identity means: for the caller.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wish {
    pub name: String,
    pub scopes: Vec<String>,
    pub days: i64,
    pub identity: String,
    /// A source by its name, for a token that observes.
    pub source: String,
    /// From the host only, which is nobody: the person, by e-mail address, who holds the token and answers for it.
    pub person: String,
}

/// A minted token; its text is nowhere else.
#[derive(Clone, Debug)]
pub struct Minted {
    pub id: TokenId,
    pub text: String,
    pub expires_at: Timestamp,
    pub written: Written,
}

fn scopes(words: &[String]) -> Result<Vec<Scope>> {
    let mut out: Vec<Scope> = Vec::new();
    for word in words.iter().filter(|w| !w.is_empty()) {
        let scope = Scope::parse(word).ok_or_else(|| {
            Error::invalid("scopes", format!("{} is not a scope. Choose from {}.", domain::text::capped(word, 60), Scope::WORDS.join(", ")))
        })?;
        if !out.contains(&scope) {
            out.push(scope);
        }
    }
    if out.is_empty() {
        return Err(Error::invalid(
            "scopes",
            format!("Choose at least one scope: {}.", Scope::in_use().map(Scope::as_str).collect::<Vec<_>>().join(", ")),
        ));
    }
    Ok(out)
}

/// Who feeds does not apply, whatever number of tokens it holds or has seen.
fn apart(wanted: &[Scope], held: &[Scope]) -> Result<()> {
    for a in wanted {
        if let Some(b) = wanted.iter().chain(held).find(|b| excludes(*a, **b)) {
            return Err(Error::invalid("scopes", format!("{} and {} can't be combined for one owner.", a.as_str(), b.as_str())));
        }
    }
    Ok(())
}

pub async fn mint(act: &Act, wish: &Wish) -> Result<Minted> {
    act.authorise(Action::ManageTokens)?;
    let wanted = scopes(&wish.scopes)?;
    let name = crate::name("name", &wish.name)?;
    if !(1..=LONGEST).contains(&wish.days) {
        return Err(Error::invalid("days", format!("Enter a number of days from 1 to {LONGEST}.")));
    }
    let mut tx = act.snapshot().await?;
    let now = act.services().moment(&mut tx).await?.now;
    let minter = minter(act, &mut tx, wish.person.trim(), !wish.identity.trim().is_empty()).await?;
    let holder = holder(act, &mut tx, wish.identity.trim(), minter.id).await?;
    let source = source(&mut tx, &wanted, wish.source.trim()).await?;
    let known = tokens::known_to(&mut tx, holder.uuid(), minter.id, now).await?;
    tx.rollback().await?;
    apart(&wanted, &known.iter().flat_map(|t| words(&t.scopes)).collect::<Vec<_>>())?;
    let text = format!("{PREFIX}{}", act.services().secret_hex());
    let list: Vec<&str> = wanted.iter().map(|s| s.as_str()).collect();
    let mut token = Token {
        since: Seq::ZERO,
        id: act.id(),
        name: name.to_owned(),
        holder_kind: holder.kind(),
        holder_id: holder.uuid(),
        scopes: list.join(" "),
        source_id: source.as_ref().map(|s| s.id),
        hash: digest(&text),
        minted_by_id: minter.id,
        expires_at: now.plus(wish.days * DAY),
        mac: String::new(),
    };
    token.mac = tag(act.services(), &token);
    let (id, expires_at) = (token.id, token.expires_at);
    let mut c = act.command(Verb::TokenMinted, "token", Some(id.uuid()));
    // Two at once must not each find the other's scope missing.
    let mut ids: Vec<TokenId> = known.iter().map(|t| t.id).collect();
    ids.sort_unstable();
    c.requires.push(Require::TokensKnown { one: holder.uuid(), other: minter.id, now, tokens: ids });
    c.requires.push(minter.still());
    c.payload =
        act.payload(json!({ "holder_kind": holder.kind(), "holder": holder.shown(), "scopes": token.scopes, "days": wish.days, "provenance": "bootstrap" }))?;
    c.opens.push(token.open());
    let written = act.write(c).await?;
    Ok(Minted { id, text, expires_at, written })
}

/// For whom a token is: an identity that an admin names, else whoever answers for it.
async fn holder(act: &Act, tx: &mut Tx, identity: &str, minter: PersonId) -> Result<Holder> {
    if identity.is_empty() {
        return Ok(Holder::Person(minter));
    }
    act.authorise(Action::ManagePeople)?;
    let id = IdentityId::parse(identity).map_err(|e| Error::invalid("identity", format!("{e}. Choose one from the list.")))?;
    store::identities::facts_of(tx, id, Seq::NOW)
        .await?
        .ok_or_else(|| Error::invalid("identity", "No identity has this ID. Choose one from the list."))?;
    Ok(Holder::Identity(id))
}

async fn source(tx: &mut Tx, wanted: &[Scope], name: &str) -> Result<Option<Source>> {
    let source = match name {
        "" => None,
        text => {
            Some(store::sources::by_name(tx, text, Seq::NOW).await?.ok_or_else(|| Error::invalid("source", "No source has this name."))?)
        }
    };
    if wanted.contains(&Scope::ObserveWrite) != source.is_some() {
        return Err(Error::invalid("source", "Only a token with observe:write names a source, and it must name one."));
    }
    Ok(source)
}

/// Who answers for a token: whoever mints it; the host names somebody.
async fn minter(act: &Act, tx: &mut Tx, named: &str, for_identity: bool) -> Result<Person> {
    if let Some(person) = act.who().acting_person()? {
        return people::by_id(tx, person, Seq::NOW).await?.ok_or(Error::NotFound("person"));
    }
    let key = crate::people::email_key(act.services(), named);
    let found = standing::person_by_email_key(tx, &key).await?.filter(Person::is_active);
    let person = found.ok_or_else(|| Error::invalid("person", "Name an active person by email. They will hold the token."))?;
    // The host may do no more for somebody than they may themselves.
    let roles = standing::roles(tx, person.id).await?;
    let needed = if for_identity { Action::ManagePeople } else { Action::ManageTokens };
    if allows(&roles, needed) {
        Ok(person)
    } else {
        Err(Error::invalid("person", format!("This person's roles don't allow them to {}.", needed.label())))
    }
}

/// Revokes a token: its holder, its minter, or an admin.
pub async fn revoke(act: &Act, id: TokenId) -> Result<Written> {
    act.authorise(Action::ManageTokens)?;
    let person = act.who().acting_person()?;
    let mut tx = act.snapshot().await?;
    let token = tokens::by_id(&mut tx, id).await?.ok_or(Error::NotFound("token"))?;
    tx.rollback().await?;
    let own = person.is_some_and(|p| p == token.minted_by_id || token.holder() == Holder::Person(p));
    if !own {
        act.authorise(Action::ManagePeople)?;
    }
    let mut c = act.command(Verb::TokenRevoked, "token", Some(id.uuid()));
    c.closes.push(token.close());
    act.write(c).await
}
