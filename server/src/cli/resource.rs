//! `countersign resource …`. It reads; what a resource is, people say by page or API, because the machine's commands do
//! not write the inventory.

use super::Outcome;
use super::list::{self, List, Read};
use crate::web::resources::WholeResource;
use domain::ids::ResourceId;
use service::resources;
use service::{Act, Error};

#[derive(clap::Subcommand)]
pub enum Resource {
    /// List resources by name
    List(List),
    /// Show one resource, and how many identities reach it
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
            let id = ResourceId::parse(&id)?;
            let mut snapshot = read.open(act).await?;
            let shown = match resources::show(&mut snapshot, id).await {
                Err(error @ Error::NotFound(_)) => return Err(super::Failure::finding(error.to_string())),
                other => other?,
            };
            let reached = resources::reach(&mut snapshot, id, None, 1).await?;
            let mut json = serde_json::to_value(WholeResource::from(&shown))?;
            json["reached_by"] = serde_json::json!({ "total": reached.total, "at_least": reached.at_least });
            say!("{}", serde_json::to_string_pretty(&json)?);
            Ok(())
        }
    }
}
