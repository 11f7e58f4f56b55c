//! `countersign source …`

use super::Outcome;
use super::list::{self, List};
use domain::asof::Wanted;
use service::Act;
use service::sources::{self, Wish};

#[derive(clap::Subcommand)]
pub enum Source {
    /// List sources with who answers for them and when they were last heard
    List(List),
    /// Register a source ahead of its first import
    Add {
        name: String,
        /// aws, kubernetes, mcp, a2a, csv or countersign
        #[arg(long)]
        kind: String,
        #[command(flatten)]
        said: Said,
    },
    /// Say anew who answers for a source, where it stands and how often it is expected; what is left out is cleared
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
        Source::List(wanted) => list::run::<sources::List>(act, wanted).await,
        Source::Add { name, kind, said } => {
            let (id, written) = sources::register(act, &said.wish(name, kind)).await?;
            say!("{id} registered with entry {}", written.seq);
            Ok(())
        }
        Source::Edit { name, said } => {
            let known = sources::named(&mut service::Read::open(act.services(), act.who(), Wanted::Now).await?, &name).await?;
            let written = sources::edit(act, known.id, known.since, &said.wish(name, String::new())).await?;
            say!("saved with entry {}", written.seq);
            Ok(())
        }
    }
}
