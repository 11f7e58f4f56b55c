//! `countersign restored …`: what is missing from a store that came back from the past, and accepting it where there is
//! nobody who could sign in.

use super::{Failure, Outcome};
use service::restored::{self, Offer, Page};
use service::{Act, Error};

#[derive(clap::Subcommand)]
pub enum Restored {
    /// Show what is missing, the checkpoint that proves it, and who accepted it
    Show,
    /// Accept what is missing. Only while nobody can sign in to do it
    Accept,
}

pub async fn run(act: &Act, command: Restored) -> Outcome {
    match command {
        Restored::Show => match restored::page(act.services(), act.who()).await? {
            None => {
                say!("Nothing waits to be accepted.");
                for loss in restored::losses(act.services(), act.who()).await? {
                    say!("{}", loss.says());
                }
                Ok(())
            }
            Some(page) => Err(Failure::finding(shown(&page))),
        },
        Restored::Accept => match restored::accept(act).await {
            Ok((written, _)) => {
                say!("Accepted. The store takes changes again. Ledger entry {}.", written.seq);
                Ok(())
            }
            Err(error @ Error::Conflict(_)) => Err(Failure::finding(error.to_string())),
            Err(error) => Err(error.into()),
        },
    }
}

fn shown(page: &Page) -> String {
    let mut lines = vec![format!(
        "This store was restored from an older copy. It ends at ledger entry {} of {}.",
        page.statement.head, page.statement.head_at
    )];
    lines.extend(page.statement.sentences());
    lines.extend(page.accepted.iter().map(|a| format!("{} accepted on {} UTC. Ledger entry {}.", a.by, a.at.moment(), a.seq)));
    lines.push(match page.offer {
        Offer::May(_) => "Nobody can sign in to accept. Run: countersign restored accept".to_owned(),
        Offer::Done(domain::restored::NoStep::Nobody) => "Nobody can accept. Put the newest copy back.".to_owned(),
        Offer::NotTheirs | Offer::Done(_) => format!("To accept, sign in and open /restored. These people can: {}", page.others.join(", ")),
    });
    lines.join("\n")
}
