//! API tokens: minted for oneself or, by an admin, for an identity; shown once, stored as a digest with a MAC.

use crate::sessions::{digest, mac, same};
use crate::{Error, Principal, Result, Services, command, payload};
use domain::asof::{AsOf, OPEN, Wanted};
use domain::identity::Lifecycle;
use domain::ids::{Noun, parse, show};
use domain::permission::Action;
use domain::time::DAY;
use domain::token::{Scope, excludes};
use serde_json::json;
use store::rows::Close;
use store::tokens::{Filter, Token};
use store::writer::Written;
use store::{identities, people, tables, tokens};
use uuid::Uuid;

/// The longest life of a token, in days.
pub const LONGEST: i64 = 365;
const PREFIX: &str = "cst_";

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
    pub id: Uuid,
    pub text: String,
    pub expires_at: i64,
    pub written: Written,
}

fn token_mac(services: &Services, t: &Token) -> String {
    let source = t.source_id.map(|s| s.to_string()).unwrap_or_default();
    let parts = [
        "token",
        &t.id.to_string(),
        &t.holder_kind,
        &t.holder_id.to_string(),
        &t.scopes,
        &source,
        &t.hash,
        &t.minted_by_id.to_string(),
        &t.expires_at.to_string(),
    ];
    mac(&services.keys.mac, &parts)
}

fn scopes(words: &[String]) -> Result<Vec<Scope>> {
    let mut out: Vec<Scope> = Vec::new();
    for word in words.iter().filter(|w| !w.is_empty()) {
        let scope = Scope::parse(word).ok_or_else(|| Error::invalid("scopes", format!("{word:?} is no scope")))?;
        if !out.contains(&scope) {
            out.push(scope);
        }
    }
    if out.is_empty() {
        return Err(Error::invalid("scopes", "choose what the token may do"));
    }
    Ok(out)
}

/// Who feeds signals or observations does not apply, whatever number of tokens it holds or has seen.
fn apart(wanted: &[Scope], held: &[Scope]) -> Result<()> {
    for a in wanted {
        if let Some(b) = wanted.iter().chain(held).find(|b| excludes(*a, **b)) {
            return Err(Error::invalid("scopes", format!("{} and {} may not meet in one holder or minter", a.as_str(), b.as_str())));
        }
    }
    Ok(())
}

pub async fn mint(services: &Services, who: &Principal, wish: &Wish) -> Result<Minted> {
    who.authorise(Action::ManageTokens)?;
    let wanted = scopes(&wish.scopes)?;
    let name = crate::name("name", &wish.name)?;
    if !(1..=LONGEST).contains(&wish.days) {
        return Err(Error::invalid("days", format!("between 1 and {LONGEST} days")));
    }
    // One at a time: two at once must not each find the other's scope missing.
    let _one = services.governing.lock().await;
    let mut tx = services.db.snapshot().await?;
    let minter = minter(services, &mut tx, who, wish.person.trim(), !wish.identity.trim().is_empty()).await?;
    let (holder_kind, holder) = match wish.identity.trim() {
        "" => ("person", minter),
        text => {
            who.authorise(Action::ManagePeople)?;
            let id = parse(Noun::Identity, text).map_err(|e| Error::invalid("identity", e.to_string()))?;
            identities::facts_of(&mut tx, id, OPEN - 1).await?.ok_or_else(|| Error::invalid("identity", "no such identity"))?;
            ("identity", id)
        }
    };
    let source = match wish.source.trim() {
        "" => None,
        text => Some(store::sources::by_name(&mut tx, text, OPEN - 1).await?.ok_or_else(|| Error::invalid("source", "no such source"))?.id),
    };
    if wanted.contains(&Scope::ObserveWrite) != source.is_some() {
        return Err(Error::invalid("source", "a token that observes is bound to one source, and no other token is"));
    }
    let now = services.clock.now().micros();
    let known = tokens::scopes_known_to(&mut tx, holder, minter, now).await?;
    tx.rollback().await?;
    apart(&wanted, &known.iter().flat_map(|s| words(s)).collect::<Vec<_>>())?;
    let text = format!("{PREFIX}{}", services.secret_hex());
    let list: Vec<&str> = wanted.iter().map(|s| s.as_str()).collect();
    let mut token = Token {
        id: services.ids.next(),
        since: 0,
        name: name.to_owned(),
        holder_kind: holder_kind.to_owned(),
        holder_id: holder,
        scopes: list.join(" "),
        source_id: source,
        hash: digest(&text),
        minted_by_id: minter,
        expires_at: now + wish.days * DAY,
        mac: String::new(),
    };
    token.mac = token_mac(services, &token);
    let mut c = command(who, "token.minted", "token", Some(token.id));
    c.opens.push(tokens::row(&token));
    c.payload = payload(who, json!({ "holder_kind": holder_kind, "scopes": token.scopes, "days": wish.days, "provenance": "bootstrap" }))?;
    let written = services.write(c).await?;
    Ok(Minted { id: token.id, text, expires_at: token.expires_at, written })
}

/// Who answers for a token: whoever mints it; the host names somebody.
async fn minter(services: &Services, tx: &mut store::db::Tx, who: &Principal, named: &str, for_identity: bool) -> Result<Uuid> {
    if let Some(person) = who.acting_person()? {
        return Ok(person);
    }
    let key = crate::people::email_key(services, named);
    let found = people::by_email_key(tx, &key).await?.filter(|p| p.state == "active");
    let person = found.ok_or_else(|| Error::invalid("person", "name an active person by e-mail address: they hold the token"))?;
    // The host may do no more for somebody than they may themselves.
    let roles = people::roles_of(tx, person.id, OPEN - 1).await?;
    let needed = if for_identity { Action::ManagePeople } else { Action::ManageTokens };
    if domain::permission::allows(&roles, needed) {
        Ok(person.id)
    } else {
        Err(Error::invalid("person", format!("their roles do not allow them to {}", needed.label())))
    }
}

fn words(scopes: &str) -> Vec<Scope> {
    scopes.split(' ').filter_map(Scope::parse).collect()
}

/// Revokes a token: its holder, its minter, or an admin.
pub async fn revoke(services: &Services, who: &Principal, id: Uuid) -> Result<Written> {
    who.authorise(Action::ManageTokens)?;
    let person = who.acting_person()?;
    let mut tx = services.db.snapshot().await?;
    let token = tokens::by_id(&mut tx, id).await?.ok_or(Error::NotFound("token"))?;
    tx.rollback().await?;
    if person != Some(token.minted_by_id) && person != Some(token.holder_id) {
        who.authorise(Action::ManagePeople)?;
    }
    let mut c = command(who, "token.revoked", "token", Some(id));
    c.closes.push(Close { table: &tables::TOKENS, key: vec![id.into()] });
    services.write(c).await
}

/// What the page shows.
#[derive(Clone, Debug)]
pub struct Page {
    pub as_of: AsOf,
    pub tokens: Vec<Token>,
    /// Where the next page starts: an entry and an id.
    pub next: Option<(i64, Uuid)>,
    /// How many work, whatever the page is narrowed to.
    pub working: i64,
}

/// Tokens as of a position, newest first: one's own, or all for whoever may see everybody.
pub async fn page(
    services: &Services,
    who: &Principal,
    wanted: Wanted,
    filter: &Filter,
    before: Option<(i64, Uuid)>,
    limit: i64,
) -> Result<Page> {
    who.authorise(Action::ManageTokens)?;
    let of = who.acting_person()?.filter(|_| !who.may(Action::ReadPeople));
    let mut reader = crate::asof::open(services, wanted).await?;
    let at = (reader.as_of.seq, reader.as_of.at.micros());
    let mut list = tokens::page(&mut reader.tx, at, of, filter, before.unwrap_or((OPEN, Uuid::max())), limit + 1).await?;
    let working = tokens::open(&mut reader.tx, at, of).await?;
    let as_of = reader.as_of;
    reader.close().await?;
    let next = (list.len() as i64 > limit).then(|| {
        list.truncate(limit as usize);
        list.last().map(|t| (t.since, t.id))
    });
    Ok(Page { as_of, tokens: list, next: next.flatten(), working })
}

/// Who calls with a token; none where it is unknown, ended, forged, or its holder or minter is gone.
pub async fn caller(services: &Services, text: &str) -> Result<Option<Principal>> {
    if !text.starts_with(PREFIX) || text.len() > 200 {
        return Ok(None);
    }
    let now = services.clock.now().micros();
    let mut tx = services.db.snapshot().await?;
    let found = tokens::by_hash(&mut tx, &digest(text)).await?;
    let Some(token) = found.filter(|t| t.expires_at > now) else {
        tx.rollback().await?;
        return Ok(None);
    };
    if !same(&token.mac, &token_mac(services, &token)) {
        tx.rollback().await?;
        tracing::error!(token = %show(Noun::Token, token.id), "a token row does not verify: it was not written by this installation");
        return Ok(None);
    }
    let minter = people::by_id(&mut tx, token.minted_by_id, OPEN - 1).await?;
    let roles = match token.holder_kind.as_str() {
        "person" => Some(people::roles_of(&mut tx, token.holder_id, OPEN - 1).await?),
        _ => None,
    };
    let of_minter = people::roles_of(&mut tx, token.minted_by_id, OPEN - 1).await?;
    let identity = match token.holder_kind.as_str() {
        "identity" => identities::facts_of(&mut tx, token.holder_id, OPEN - 1).await?.map(|f| f.lifecycle),
        _ => None,
    };
    tx.rollback().await?;
    // What an admin may no longer do, a token they minted may not do for them; an identity that is set still is.
    let minter_stands = minter.is_some_and(|p| p.state == "active")
        && (token.holder_kind == "person" || domain::permission::allows(&of_minter, Action::ManagePeople));
    let holder_stands = token.holder_kind == "person" || identity.and_then(|l| Lifecycle::parse(&l)).is_some_and(Lifecycle::may_call);
    if !minter_stands || !holder_stands {
        return Ok(None);
    }
    Ok(Some(Principal::Token { id: token.id, name: token.name, holder: token.holder_id, scopes: words(&token.scopes), roles }))
}
