//! The list of tokens: its fields and its rows.

use crate::listing::{Listing, Sheet, cursor, parse_cursor};
use crate::{Error, Read, Result};
use domain::ids::{IdentityId, Noun, PersonId, TokenId};
use domain::listing::{Datum, Field};
use domain::permission::Action;
use domain::query::identities::Filter as Asked;
use domain::query::tokens::Filter;
use domain::seq::Seq;
use domain::time::Timestamp;
use domain::token::HolderKind;
use store::identities::{self, After};
use store::names;
use store::tokens::{self, Token};

/// Tokens: one's own, or all for whoever may see everybody.
pub struct List;

/// A token, and who holds and who created it, by name.
#[derive(Clone, Debug)]
pub struct Row {
    pub token: Token,
    pub holder_name: Option<String>,
    pub created_by: Option<String>,
    /// To a few minutes; none where it never was, and on a page of the past.
    pub last_used: Option<Timestamp>,
}

type F = Field<Row>;

impl Listing for List {
    type Row = Row;
    type Filter = Filter;
    const NAME: &'static str = "tokens";
    const NEEDS: Action = Action::ManageTokens;
    const FIELDS: &'static [F] = &[
        F::text("id", "the ID, tok_…", |r| Datum::text(r.token.id)).brief(),
        F::text("name", "what uses it", |r| Datum::text(&r.token.name)).shown("Token").brief(),
        F::words("holder_kind", "what holds it", HolderKind::WORDS, |r| Datum::text(r.token.holder_kind)),
        F::text("holder", "the ID of who holds it", |r| Datum::Text(r.token.holder().shown())),
        F::text("holder_name", "who holds it", |r| Datum::perhaps(r.holder_name.as_deref())).optional().shown("Holder").brief(),
        F::text("scopes", "what it can do, separated by spaces", |r| Datum::text(&r.token.scopes)).shown("Scopes").brief(),
        F::text("minted_by", "the ID of who created it, per_…", |r| Datum::text(r.token.minted_by_id)),
        F::text("created_by", "who created it", |r| Datum::perhaps(r.created_by.as_deref())).optional().shown("Created by"),
        F::time("last_used", "when it was last used, to a few minutes; none on a page of the past", |r| {
            r.last_used.map_or(Datum::Nothing, Datum::Time)
        })
        .optional()
        .shown("Last used"),
        F::time("expires_at", "when it expires", |r| Datum::Time(r.token.expires_at)).shown("Expires").brief(),
    ];

    async fn sheet<'a>(read: &'a mut Read, filter: &'a Filter, after: Option<&'a str>, limit: i64) -> Result<Sheet<Row>> {
        let of = whose(read)?;
        let as_of = read.as_of();
        let (since, id) = after.map_or(Ok((Seq::OPEN.get(), TokenId::max())), parse_cursor)?;
        let rows = tokens::page(read.tx(), as_of, of, filter, (Seq(since), id), limit + 1).await?;
        let sheet = Sheet::cut(as_of, rows, limit, |t| cursor(t.id, t.since));
        let mut named = Vec::with_capacity(sheet.rows.len());
        for token in sheet.rows {
            named.push(row(read, token).await?);
        }
        Ok(Sheet { as_of, rows: named, next: sheet.next })
    }
}

async fn row(read: &mut Read, token: Token) -> Result<Row> {
    let seq = read.seq();
    let noun = match token.holder() {
        tokens::Holder::Person(_) => Noun::Person,
        tokens::Holder::Identity(_) => Noun::Identity,
    };
    let holder_name = names::of(read.tx(), noun, token.holder_id, seq).await?.and_then(|k| k.name);
    let created_by = names::of(read.tx(), Noun::Person, token.minted_by_id.uuid(), seq).await?.and_then(|k| k.name);
    // Operational: of the past nobody knows it.
    let services = read.services().clone();
    let last_used = if read.is_now() { super::used::last(&services, read.tx(), token.id).await? } else { None };
    Ok(Row { token, holder_name, created_by, last_used })
}

/// One token, for the page that revokes it.
pub async fn show(read: &mut Read, id: TokenId) -> Result<Row> {
    let of = whose(read)?;
    let token = tokens::by_id(read.tx(), id).await?.ok_or(Error::NotFound("token"))?;
    let theirs = |p: PersonId| token.minted_by_id == p || token.holder_id == p.uuid();
    if of.is_some_and(|p| !theirs(p)) {
        return Err(Error::NotFound("token"));
    }
    row(read, token).await
}

/// Identities a token can be for, as the form offers them.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    pub identities: Vec<(IdentityId, String)>,
}

/// The most that the form offers; every other one is named by its ID.
const OFFERED: i64 = 200;

pub async fn choices(read: &mut Read) -> Result<Choices> {
    read.authorise(Action::ManageTokens)?;
    if !read.who().may(Action::ManagePeople) {
        return Ok(Choices::default());
    }
    let (seq, now) = (read.seq(), read.at_head());
    let all = identities::list(read.tx(), seq, now, &Asked::default(), &After::Start, OFFERED).await?;
    Ok(Choices { identities: all.into_iter().map(|i| (i.identity_id, i.name.clone())).collect() })
}

/// Whose tokens the reader sees; none is everybody's.
fn whose(read: &Read) -> Result<Option<PersonId>> {
    read.authorise(Action::ManageTokens)?;
    Ok(read.who().acting_person()?.filter(|_| !read.who().may(Action::ReadPeople)))
}

/// How many work, whatever the list is narrowed to.
pub async fn working(read: &mut Read) -> Result<i64> {
    let of = whose(read)?;
    let as_of = read.as_of();
    Ok(tokens::working(read.tx(), as_of, of).await?)
}
