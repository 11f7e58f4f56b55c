//! `countersign identities …`, `countersign grants …`, `countersign permission-sets …`

use super::list::{self, List, Read};
use super::{Failure, Outcome};
use crate::web::identities::{Grant, WholeIdentity};
use domain::privilege::Class;
use domain::text::terminal;
use serde_json::json;
use service::Act;
use service::identities;

#[derive(clap::Subcommand)]
pub enum Identities {
    /// List identities
    List(List),
    /// Show one identity as JSON
    Show {
        id: String,
        #[command(flatten)]
        read: Read,
    },
}

#[derive(clap::Subcommand)]
pub enum Grants {
    /// List the grants of one identity
    List {
        identity: String,
        #[command(flatten)]
        read: Read,
    },
}

#[derive(clap::Subcommand)]
pub enum PermissionSets {
    /// List policies, roles and groups
    List(List),
}

pub async fn permission_sets(act: &Act, command: PermissionSets) -> Outcome {
    let PermissionSets::List(wanted) = command;
    list::run::<service::permission_sets::List>(act, wanted).await
}

pub async fn identities(act: &Act, command: Identities) -> Outcome {
    match command {
        Identities::List(mut wanted) => {
            // A command shows all there is; a page folds away what the platform manages.
            if !wanted.narrowed.iter().any(|(name, _)| name == "platform") {
                wanted.narrowed.push(("platform".to_owned(), "1".to_owned()));
            }
            list::run::<identities::List>(act, wanted).await
        }
        Identities::Show { id, read } => {
            let id = super::id(&id, "an identity", "identities list")?;
            let d = identities::show(&mut read.open(act).await?, id).await.map_err(missing)?;
            say!("{}", serde_json::to_string_pretty(&WholeIdentity::from(&d))?);
            Ok(())
        }
    }
}

fn missing(error: service::Error) -> Failure {
    match error {
        service::Error::NotFound(_) => Failure::finding(error.to_string()),
        other => other.into(),
    }
}

pub async fn grants(act: &Act, command: Grants) -> Outcome {
    let Grants::List { identity, read } = command;
    let id = super::id(&identity, "an identity", "identities list")?;
    let d = identities::show(&mut read.open(act).await?, id).await.map_err(missing)?;
    if !read.json && !d.grants.is_empty() {
        say!("{:6} {:40} actions on resources", "effect", "classes");
    }
    for g in &d.grants {
        if read.json {
            say!("{}", serde_json::to_string(&Grant::from(g))?);
        } else {
            let classes: Vec<&str> = g.judged.classes.iter().map(Class::as_str).collect();
            let rule = &g.held.rule;
            say!(
                "{:6} {:40} {} on {}",
                rule.effect.as_str(),
                classes.join(","),
                terminal(&rule.actions.join(",")),
                terminal(&rule.resources.join(","))
            );
        }
    }
    if !read.json {
        say!("{}", json!({ "as_of": d.as_of.to_string(), "grants": d.grants.len(), "not_seen": domain::access::NOT_SEEN }));
    }
    Ok(())
}
