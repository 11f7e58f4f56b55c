//! The list of tokens: its fields and its rows.

use crate::listing::{Listing, Sheet, cursor, parse_cursor};
use crate::{Read, Result};
use domain::ids::{PersonId, TokenId};
use domain::listing::{Datum, Field};
use domain::permission::Action;
use domain::query::tokens::Filter;
use domain::seq::Seq;
use domain::token::HolderKind;
use store::tokens::{self, Token};

/// Tokens: one's own, or all for whoever may see everybody.
pub struct List;

type F = Field<Token>;

impl Listing for List {
    type Row = Token;
    type Filter = Filter;
    const NAME: &'static str = "tokens";
    const NEEDS: Action = Action::ManageTokens;
    const FIELDS: &'static [F] = &[
        F::text("id", "tok_…", |t| Datum::text(t.id)).brief(),
        F::text("name", "what uses it", |t| Datum::text(&t.name)).shown("Token").brief(),
        F::words("holder_kind", "what holds it", HolderKind::WORDS, |t| Datum::text(t.holder_kind)),
        F::text("holder", "the id of who holds it", |t| Datum::Text(t.holder().shown())).shown("Held by").brief(),
        F::text("scopes", "what it opens, parted by blanks", |t| Datum::text(&t.scopes)).shown("Scopes").brief(),
        F::text("minted_by", "per_… of who minted it", |t| Datum::text(t.minted_by_id)),
        F::time("expires_at", "when it ends", |t| Datum::Time(t.expires_at)).shown("Ends").brief(),
    ];

    async fn sheet<'a>(read: &'a mut Read, filter: &'a Filter, after: Option<&'a str>, limit: i64) -> Result<Sheet<Token>> {
        let of = whose(read)?;
        let as_of = read.as_of();
        let (since, id) = after.map_or(Ok((Seq::OPEN.get(), TokenId::max())), parse_cursor)?;
        let rows = tokens::page(read.tx(), as_of, of, filter, (Seq(since), id), limit + 1).await?;
        Ok(Sheet::cut(as_of, rows, limit, |t| cursor(t.id, t.since)))
    }
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
