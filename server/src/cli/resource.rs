//! `countersign resource …`. It reads; what a resource is, people say by page or API, because the machine's commands do
//! not write the inventory.

use super::Outcome;
use super::inventory::Read;
use crate::web::resources::{detail_json, resource_json};
use domain::ids::ResourceId;
use domain::text::terminal;
use service::resources::{self, Filter};
use service::{Act, Error};

#[derive(clap::Subcommand)]
pub enum Resource {
    /// List resources by name
    List {
        #[command(flatten)]
        read: Read,
    },
    /// Show one resource, and how many identities reach it
    Show {
        id: String,
        #[command(flatten)]
        read: Read,
    },
}

pub async fn run(act: &Act, command: Resource) -> Outcome {
    match command {
        Resource::List { read } => list(act, &read).await,
        Resource::Show { id, read } => {
            let id = ResourceId::parse(&id)?;
            let mut snapshot = read.open(act).await?;
            let shown = match resources::show(&mut snapshot, id).await {
                Err(error @ Error::NotFound(_)) => return Err(super::Failure::finding(error.to_string())),
                other => other?,
            };
            let reached = resources::reach(&mut snapshot, id, None, 1).await?;
            let mut json = detail_json(&shown);
            json["reached_by"] = serde_json::json!({ "total": reached.total, "at_least": reached.at_least });
            say!("{}", serde_json::to_string_pretty(&json)?);
            Ok(())
        }
    }
}

async fn list(act: &Act, read: &Read) -> Outcome {
    let (mut snapshot, mut after) = (read.open(act).await?, None);
    loop {
        let page = resources::page(&mut snapshot, &Filter::default(), after, 1000).await?;
        for l in &page.rows {
            let r = &l.resource;
            if read.json {
                say!("{}", resource_json(r, l.owner_name.as_deref()));
                continue;
            }
            let owner = l.owner_name.as_deref().unwrap_or("no owner");
            let (name, normal) = (terminal(&r.name), terminal(&r.normal));
            say!("{} {name:32} {:12} {:10} {normal}  {}", r.id, r.environment.as_str(), r.criticality.as_str(), terminal(owner));
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}
