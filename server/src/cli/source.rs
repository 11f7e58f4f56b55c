//! `countersign source …`

use super::Outcome;
use super::list::{self, List};
use domain::asof::Wanted;
use service::Act;
use service::sources::{self, Wish};

#[derive(clap::Subcommand)]
pub enum Source {
    /// List sources with their owner and last import
    List(List),
    /// Add a source before its first import
    Add {
        name: String,
        /// The kind of source
        #[arg(long, value_parser = ["aws", "kubernetes", "mcp", "a2a", "csv", "countersign"])]
        kind: String,
        #[command(flatten)]
        said: Said,
    },
    /// Replace a source's owner, environment and schedule (omitted values are cleared)
    Edit {
        name: String,
        #[command(flatten)]
        said: Said,
    },
}

#[derive(clap::Args)]
pub struct Said {
    /// The owner, by email or ID
    #[arg(long, default_value = "")]
    owner: String,
    /// Environment of everything in it: production, test, development or unknown
    #[arg(long, default_value = "")]
    environment: String,
    /// Kind of evidence: `enforcement_point`, `control_plane`, `artefact` or `self_report`
    #[arg(long, default_value = "")]
    vantage: String,
    /// Hours between imports, e.g. 24. Later counts as late
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
        Source::List(wanted) => list::run::<sources::List>(act, wanted).await,
        Source::Add { name, kind, said } => {
            let (id, written) = sources::register(act, &said.wish(name, kind)).await?;
            say!("Source added: {id}. Ledger entry {}.", written.seq);
            Ok(())
        }
        Source::Edit { name, said } => {
            let known = sources::named(&mut service::Read::open(act.services(), act.who(), Wanted::Now).await?, &name).await?;
            let written = sources::edit(act, known.id, known.since, &said.wish(name, String::new())).await?;
            say!("Source saved. Ledger entry {}.", written.seq);
            Ok(())
        }
    }
}
