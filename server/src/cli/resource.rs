//! `countersign resource …`. It reads; what a resource is, people enter by page or API, because the machine's commands do
//! not write the inventory.

use super::Outcome;
use super::list::{self, List, Read};
use crate::web::resources::{Reach, WholeResource};
use domain::ids::ResourceId;
use service::listing;
use service::resources;
use service::{Act, Error};

#[derive(clap::Subcommand)]
pub enum Resource {
    /// List resources
    List(List),
    /// Show one resource and the identities that reach it, as JSON
    Show {
        id: String,
        #[command(flatten)]
        read: Read,
    },
}

pub async fn run(act: &Act, command: Resource) -> Outcome {
    match command {
        Resource::List(wanted) => list::run::<resources::List>(act, wanted).await,
        Resource::Show { id, read } => {
            let id: ResourceId = super::id(&id, "a resource", "resource list")?;
            let mut snapshot = read.open(act).await?;
            let shown = match resources::show(&mut snapshot, id).await {
                Err(error @ Error::NotFound(_)) => return Err(super::Failure::finding(error.to_string())),
                other => other?,
            };
            // As many as are counted at all: a command shows the whole list.
            let reached = resources::reach(&mut snapshot, id, None, listing::STEP).await?;
            let mut json = serde_json::to_value(WholeResource::from(&shown))?;
            json["reached_by"] = serde_json::to_value(Reach::from(&reached))?;
            say!("{}", serde_json::to_string_pretty(&json)?);
            Ok(())
        }
    }
}
