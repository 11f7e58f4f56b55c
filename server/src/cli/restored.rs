//! `countersign restored …`: what is missing from a store that came back from the past, and accepting it where there is
//! nobody who could sign in.

use super::{Failure, Outcome};
use service::restored::{self, Offer, Page};
use service::{Act, Error};

#[derive(clap::Subcommand)]
pub enum Restored {
    /// What is missing, which checkpoint proves it, and who has accepted it
    Show,
    /// Accept what is missing; only while there is no person who may
    Accept,
}

pub async fn run(act: &Act, command: Restored) -> Outcome {
    match command {
        Restored::Show => match restored::page(act.services(), act.who()).await? {
            None => {
                say!("nothing waits to be accepted");
                for loss in restored::losses(act.services()).await? {
                    say!("{}", loss.says());
                }
                Ok(())
            }
            Some(page) => Err(Failure::finding(shown(&page))),
        },
        Restored::Accept => match restored::accept(act).await {
            Ok((written, _)) => {
                say!("accepted with ledger entry {}; the store takes changes again", written.seq);
                Ok(())
            }
            Err(error @ Error::Conflict(_)) => Err(Failure::finding(error.to_string())),
            Err(error) => Err(error.into()),
        },
    }
}

fn shown(page: &Page) -> String {
    let mut lines = vec![format!(
        "this store was restored from an older copy; it ended at entry {} of {}",
        page.statement.head, page.statement.head_at
    )];
    lines.extend(page.statement.sentences());
    lines.extend(page.accepted.iter().map(|a| format!("{} accepted at {} with entry {}", a.by, a.at, a.seq)));
    lines.push(match page.offer {
        Offer::May(_) => "there is nobody who could accept: run countersign restored accept".to_owned(),
        Offer::Done(domain::restored::NoStep::Nobody) => "nobody can accept: put the newest copy back".to_owned(),
        Offer::NotTheirs | Offer::Done(_) => format!("sign in and open /restored to accept: {}", page.others.join(", ")),
    });
    lines.join("\n")
}
