//! `countersign token …`

use super::Outcome;
use super::list::{self, List};
use service::Act;
use service::tokens::{self, Wish};

#[derive(clap::Subcommand)]
pub enum Token {
    /// List tokens, without their secret
    List(List),
    /// Create a token for a person. It is printed once
    #[command(alias = "mint")]
    Create {
        /// What uses the token, e.g. "nightly import"
        name: String,
        /// The person who holds it, by email
        #[arg(long)]
        person: String,
        /// A scope: inventory:read, inventory:write, change:read, change:propose or ledger:read. Repeat it for several
        #[arg(long = "scope", required = true)]
        scopes: Vec<String>,
        /// Days until it expires, 1 to 365
        #[arg(long, default_value_t = 30)]
        days: i64,
        /// For an identity (idn_…) instead. The person must be an admin
        #[arg(long, default_value = "")]
        identity: String,
        /// The source it may report for
        #[arg(long, default_value = "")]
        source: String,
    },
    /// Revoke a token
    Revoke { id: String },
}

pub async fn run(act: &Act, command: Token) -> Outcome {
    match command {
        Token::List(wanted) => list::run::<tokens::List>(act, wanted).await,
        Token::Create { name, person, scopes, days, identity, source } => {
            let wish = Wish { name, scopes, days, identity, source, person };
            let minted = tokens::mint(act, &wish).await?;
            eprintln!("Token {} created, valid until {} UTC. Copy it now: it can't be shown again.", minted.id, minted.expires_at.moment());
            say!("{}", minted.text);
            Ok(())
        }
        Token::Revoke { id } => {
            let written = tokens::revoke(act, super::id(&id, "a token", "token list")?).await?;
            say!("Token revoked. Ledger entry {}.", written.seq);
            Ok(())
        }
    }
}
