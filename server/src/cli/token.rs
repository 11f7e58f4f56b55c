//! `countersign token …`

use super::Outcome;
use super::list::{self, List};
use service::Act;
use service::tokens::{self, Wish};

#[derive(clap::Subcommand)]
pub enum Token {
    /// List tokens, never their text
    List(List),
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
        Token::List(wanted) => list::run::<tokens::List>(act, wanted).await,
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
