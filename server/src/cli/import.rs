//! `countersign import [FORMAT] PATH`

use super::{Failure, Outcome as Ended};
use domain::identity::Environment;
use domain::text::terminal;
use service::imports::{self, Input, Outcome, Request, Wish};
use service::{Act, Error};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(override_usage = "countersign import [OPTIONS] [FORMAT] PATH")]
pub struct Args {
    /// A file or a folder of files. Put aws, kubernetes, mcp, a2a, csv or countersign before it to set the format
    #[arg(value_names = ["FORMAT", "PATH"], num_args = 1..=2, required = true)]
    input: Vec<String>,
    /// The name of the source, e.g. prod-cluster. AWS accounts and MCP servers name themselves
    #[arg(long)]
    source: Option<String>,
    /// Environment of everything in the file: production, test, development or unknown
    #[arg(long, value_parser = parse_environment)]
    environment: Option<Environment>,
    /// Kubernetes: the default namespace, e.g. argocd
    #[arg(long)]
    namespace: Option<String>,
    /// MCP: the server these tools belong to, e.g. github
    #[arg(long)]
    server: Option<String>,
    /// Preview every change and save nothing
    #[arg(long)]
    dry_run: bool,
    /// Confirm that the file is complete: remove what it does not name
    #[arg(long)]
    confirm_removals: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

fn parse_environment(text: &str) -> Result<Environment, String> {
    Environment::parse(text).ok_or_else(|| "must be production, test, development or unknown".to_owned())
}

pub async fn run(act: &Act, args: Args) -> Ended {
    let mut input = args.input;
    let path = PathBuf::from(input.pop().unwrap_or_default());
    let said = input.pop();
    let input = Input::from_path(&path).map_err(|e| Failure::finding(e.to_string()))?;
    let format = imports::format(said.as_deref(), &input).await.map_err(|e| Failure::finding(e.to_string()))?;
    let request = Request {
        format,
        input,
        how: Wish {
            source: args.source,
            environment: args.environment,
            namespace: args.namespace,
            server: args.server,
            confirm_removals: args.confirm_removals,
            dry_run: args.dry_run,
        },
    };
    let quiet = args.json;
    let outcome = imports::run(act, request, move |text| {
        if !quiet {
            eprintln!("{}", terminal(text));
        }
    })
    .await
    .map_err(|e| match e {
        Error::Input(_) | Error::Invalid { .. } => Failure::finding(e.to_string()),
        Error::NeedsConfirmation(_) => {
            Failure::finding(format!("{} Add --confirm-removals if the file is complete.", domain::text::sentence(&e.to_string())))
        }
        other => other.into(),
    })?;
    if args.json {
        say!("{}", serde_json::to_string_pretty(&outcome)?);
        return Ok(());
    }
    for one in std::iter::once(&outcome).chain(&outcome.others) {
        shown(one, args.confirm_removals);
    }
    Ok(())
}

/// The result as text: what it holds and changes, what was left out, and what came of it.
fn shown(outcome: &Outcome, confirmed: bool) {
    say!("Source: {}", terminal(&outcome.source));
    say!("{:16} {:>8} {:>8} {:>8} {:>8}", "", "total", "added", "removed", "changed");
    for (_, word, t) in outcome.kinds().iter().filter(|(_, _, t)| t.total > 0 || t.moved()) {
        say!("{word:16} {:>8} {:>8} {:>8} {:>8}", t.total, t.added, t.removed, t.changed);
    }
    for d in &outcome.differences {
        let of = d.of.as_deref().map(|of| format!(" of {}", terminal(of))).unwrap_or_default();
        say!("{}: {} {}{of}", d.how.label(), d.thing.label(), terminal(&d.name));
    }
    if outcome.all_differences.is_some() || outcome.file || outcome.not_named > 0 {
        say!("These are the first {} of each kind.", domain::difference::FIRST);
    }
    for note in &outcome.notes {
        say!("Note: {}", domain::text::sentence(&terminal(note)));
    }
    if !outcome.skipped.is_empty() {
        say!("Skipped: {}", terminal(&outcome.passed_over()));
    }
    match (outcome.dry_run, outcome.unchanged, outcome.seq) {
        (true, ..) => say!("Preview only: nothing was saved. Run the command without --dry-run to import."),
        (_, true, _) => say!("Imported: nothing changed."),
        (.., Some(seq)) => say!("Imported. Ledger entry {seq}. Next: countersign identities list --where no_owner=1"),
        _ => {}
    }
    if let Some(why) = outcome.needs_confirmation.as_deref().filter(|_| outcome.dry_run && !confirmed) {
        say!("{} Add --confirm-removals if the file is complete.", terminal(why));
    }
}
