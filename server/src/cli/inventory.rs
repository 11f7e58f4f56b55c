//! `countersign identities …`, `countersign grants …`

use super::{Failure, Outcome};
use crate::web::identities::{Grant, Identity, WholeIdentity};
use app::pages::list_query;
use domain::asof::Wanted;
use domain::privilege::Class;
use domain::text::terminal;
use serde_json::json;
use service::Act;
use service::identities::{self, After};

#[derive(clap::Args)]
pub struct Read {
    /// As of a ledger position, an instant, or position@instant
    #[arg(long, default_value = "")]
    pub at: String,
    /// JSON lines
    #[arg(long)]
    pub json: bool,
}

impl Read {
    /// The one snapshot that a command reads.
    pub async fn open(&self, act: &Act) -> Result<service::Read, Failure> {
        Ok(service::Read::open(act.services(), act.who(), Wanted::parse(&self.at)?).await?)
    }
}

#[derive(clap::Subcommand)]
pub enum Identities {
    /// List identities
    List {
        #[command(flatten)]
        read: Read,
        /// name, grants or privilege
        #[arg(long, default_value = "name")]
        sort: String,
        /// At most so many
        #[arg(long, default_value_t = 100_000)]
        limit: usize,
        /// Text in name or ARN
        #[arg(long)]
        search: Option<String>,
    },
    /// Show one identity
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

pub async fn identities(act: &Act, command: Identities) -> Outcome {
    match command {
        Identities::List { read, sort, limit, search } => list(act, &read, &sort, limit, search).await,
        Identities::Show { id, read } => {
            let id = domain::ids::IdentityId::parse(&id)?;
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

async fn list(act: &Act, read: &Read, sort: &str, limit: usize, search: Option<String>) -> Outcome {
    let (mut filter, sort, _) = list_query(|n| match n {
        "sort" => Some(sort.to_owned()),
        "q" => search.clone(),
        _ => None,
    })?;
    filter.with_platform = true;
    let mut snapshot = read.open(act).await?;
    let mut after = After::Start;
    let mut left = limit;
    while left > 0 {
        let page = identities::list(&mut snapshot, &filter, sort, &after, left.min(1000) as i64).await?;
        for l in &page.rows {
            let f = &l.facts;
            left -= 1;
            if read.json {
                say!("{}", serde_json::to_string(&Identity::from(l))?);
            } else {
                let owner = l.owner_name.as_deref().unwrap_or("no owner");
                say!(
                    "{} {:32} {:16} {:12} {:>6} grants {:>4} admin  {}",
                    f.identity_id,
                    terminal(&f.name),
                    f.kind.as_str(),
                    f.environment.as_str(),
                    f.grants,
                    f.n_full_control + f.n_admin,
                    terminal(owner)
                );
            }
        }
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    Ok(())
}

pub async fn grants(act: &Act, command: Grants) -> Outcome {
    let Grants::List { identity, read } = command;
    let id = domain::ids::IdentityId::parse(&identity)?;
    let d = identities::show(&mut read.open(act).await?, id).await.map_err(missing)?;
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
