//! `countersign source …`

use super::Outcome;
use super::inventory::Read;
use crate::web::sources::source_json;
use domain::asof::Wanted;
use domain::text::terminal;
use service::sources::{self, Wish};
use service::{Act, Error};

#[derive(clap::Subcommand)]
pub enum Source {
    /// List sources with who answers for them and when they were last heard
    List {
        #[command(flatten)]
        read: Read,
    },
    /// Register a source ahead of its first import
    Add {
        name: String,
        /// aws, kubernetes, mcp, a2a, csv or countersign
        #[arg(long)]
        kind: String,
        #[command(flatten)]
        said: Said,
    },
    /// Say anew who answers for a source, where it stands and how often it is expected; what is left out is taken away
    Edit {
        name: String,
        #[command(flatten)]
        said: Said,
    },
}

#[derive(clap::Args)]
pub struct Said {
    /// Who answers for it: an e-mail address or per_…
    #[arg(long, default_value = "")]
    owner: String,
    /// production, test, development or unknown
    #[arg(long, default_value = "")]
    environment: String,
    /// enforcement_point, control_plane, artefact or self_report
    #[arg(long, default_value = "")]
    vantage: String,
    /// Expected every so many hours
    #[arg(long, default_value = "")]
    hours: String,
}

impl Said {
    fn wish(self, name: String, kind: String) -> Wish {
        Wish { name, kind, owner: self.owner, environment: self.environment, vantage: self.vantage, hours: self.hours }
    }
}

pub async fn run(act: &Act, command: Source) -> Outcome {
    match command {
        Source::List { read } => list(act, &read).await,
        Source::Add { name, kind, said } => {
            let (id, written) = sources::register(act, &said.wish(name, kind)).await?;
            say!("{id} registered with entry {}", written.seq);
            Ok(())
        }
        Source::Edit { name, said } => {
            let all = sources::page(&mut service::Read::open(act.services(), act.who(), Wanted::Now).await?).await?.sources;
            let known = all.into_iter().find(|l| l.source.name == name).ok_or(Error::NotFound("source"))?.source;
            let written = sources::edit(act, known.id, known.since, &said.wish(name, String::new())).await?;
            say!("saved with entry {}", written.seq);
            Ok(())
        }
    }
}

async fn list(act: &Act, read: &Read) -> Outcome {
    let page = sources::page(&mut read.open(act).await?).await?;
    for l in &page.sources {
        if read.json {
            say!("{}", source_json(l));
            continue;
        }
        let heard = l.last_heard.map_or_else(|| "never".to_owned(), domain::time::Timestamp::minute);
        let owner = l.owner.as_deref().unwrap_or("nobody");
        let late = if l.late { "late" } else { "" };
        say!(
            "{:32} {:12} {:>8} identities  last heard {heard} {late}  {}",
            terminal(&l.source.name),
            l.source.kind.as_str(),
            l.identities,
            terminal(owner)
        );
    }
    Ok(())
}
