//! `countersign change …`. It reads; people propose and decide by page or API, because nobody knows which human a command on
//! the machine is.

use super::Outcome;
use super::list::{self, List, Read};
use crate::web::changes::WholeChange;
use domain::ids::ChangeId;
use service::changes;
use service::{Act, Error};

#[derive(clap::Subcommand)]
pub enum Change {
    /// List changes
    List(List),
    /// Show one change with everything that a decision binds to, as JSON
    Show {
        id: String,
        #[command(flatten)]
        read: Read,
    },
}

pub async fn run(act: &Act, command: Change) -> Outcome {
    match command {
        Change::List(wanted) => list::run::<changes::List>(act, wanted).await,
        Change::Show { id, read } => {
            let id: ChangeId = super::id(&id, "a change", "change list")?;
            let mut snapshot = read.open(act).await?;
            let page = match changes::show(&mut snapshot, id).await {
                Err(error @ Error::NotFound(_)) => return Err(super::Failure::finding(error.to_string())),
                other => other?,
            };
            say!("{}", serde_json::to_string_pretty(&WholeChange::try_from(&page)?)?);
            Ok(())
        }
    }
}
