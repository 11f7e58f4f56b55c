//! `countersign token …`

use super::Outcome;
use super::inventory::Read;
use domain::asof::Wanted;
use domain::ids::{Noun, parse, show};
use domain::text::terminal;
use domain::time::Timestamp;
use serde_json::json;
use service::store::tokens::Filter;
use service::tokens::{self, Wish};
use service::{Principal, Services};

#[derive(clap::Subcommand)]
pub enum Token {
    /// List tokens, never their text
    List {
        #[command(flatten)]
        read: Read,
    },
    /// Mint a token for a person, who holds it and answers for it; its text is printed once
    Mint {
        /// What uses it
        name: String,
        /// The person, by e-mail address
        #[arg(long)]
        person: String,
        /// A scope, for example inventory:read; may be repeated
        #[arg(long = "scope", required = true)]
        scopes: Vec<String>,
        #[arg(long, default_value_t = 90)]
        days: i64,
        /// For an identity (idn_…) instead of the person; the person must be an admin
        #[arg(long, default_value = "")]
        identity: String,
        /// For observe:write: the source it reports for
        #[arg(long, default_value = "")]
        source: String,
    },
    /// Revoke a token by its id
    Revoke { id: String },
}

pub async fn run(services: &Services, who: &Principal, command: Token) -> Outcome {
    match command {
        Token::List { read } => list(services, who, &read).await,
        Token::Mint { name, person, scopes, days, identity, source } => {
            let wish = Wish { name, scopes, days, identity, source, person };
            let minted = tokens::mint(services, who, &wish).await?;
            eprintln!(
                "{} until {}; the text below cannot be shown again",
                show(Noun::Token, minted.id),
                Timestamp(minted.expires_at).minute()
            );
            say!("{}", minted.text);
            Ok(())
        }
        Token::Revoke { id } => {
            let written = tokens::revoke(services, who, parse(Noun::Token, &id)?).await?;
            say!("revoked with entry {}", written.seq);
            Ok(())
        }
    }
}

async fn list(services: &Services, who: &Principal, read: &Read) -> Outcome {
    let (mut wanted, mut before, mut all) = (Wanted::parse(&read.at)?, None, Vec::new());
    loop {
        let page = tokens::page(services, who, wanted, &Filter::default(), before, 1000).await?;
        wanted = Wanted::Pair(page.as_of);
        all.extend(page.tokens);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    for t in &all {
        let (id, ends) = (show(Noun::Token, t.id), Timestamp(t.expires_at));
        let holder = show(if t.holder_kind == "identity" { Noun::Identity } else { Noun::Person }, t.holder_id);
        if read.json {
            let minter = show(Noun::Person, t.minted_by_id);
            say!(
                "{}",
                json!({ "id": id, "name": t.name, "holder": holder, "minted_by": minter, "scopes": t.scopes, "expires_at": ends.rfc3339() })
            );
        } else {
            say!("{id} {:24} {} ends {}  {}", terminal(&t.name), holder, ends.minute(), t.scopes);
        }
    }
    Ok(())
}
