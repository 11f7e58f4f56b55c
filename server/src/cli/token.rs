//! `countersign token …`

use super::Outcome;
use super::inventory::Read;
use domain::text::terminal;
use serde_json::json;
use service::Act;
use service::tokens::{self, Filter, Wish};

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

pub async fn run(act: &Act, command: Token) -> Outcome {
    match command {
        Token::List { read } => list(act, &read).await,
        Token::Mint { name, person, scopes, days, identity, source } => {
            let wish = Wish { name, scopes, days, identity, source, person };
            let minted = tokens::mint(act, &wish).await?;
            eprintln!("{} until {}; the text below cannot be shown again", minted.id, minted.expires_at.minute());
            say!("{}", minted.text);
            Ok(())
        }
        Token::Revoke { id } => {
            let written = tokens::revoke(act, domain::ids::TokenId::parse(&id)?).await?;
            say!("revoked with entry {}", written.seq);
            Ok(())
        }
    }
}

async fn list(act: &Act, read: &Read) -> Outcome {
    let (mut snapshot, mut before, mut all) = (read.open(act).await?, None, Vec::new());
    loop {
        let page = tokens::page(&mut snapshot, &Filter::default(), before, 1000).await?;
        all.extend(page.tokens);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    for t in &all {
        let (id, ends) = (t.id, t.expires_at);
        let holder = crate::web::tokens::holder(t);
        if read.json {
            say!(
                "{}",
                json!({ "id": id, "name": t.name, "holder": holder, "minted_by": t.minted_by_id, "scopes": t.scopes, "expires_at": ends.rfc3339() })
            );
        } else {
            say!("{id} {:24} {} ends {}  {}", terminal(&t.name), holder, ends.minute(), t.scopes);
        }
    }
    Ok(())
}
