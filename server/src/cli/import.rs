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
    /// A file, or a folder of files; ahead of it aws, kubernetes, mcp, a2a, csv or countersign, where it is not to be
    /// recognised by its content
    #[arg(value_names = ["FORMAT", "PATH"], num_args = 1..=2, required = true)]
    input: Vec<String>,
    /// The source's name; AWS accounts and MCP servers name themselves
    #[arg(long)]
    source: Option<String>,
    /// production, test, development or unknown
    #[arg(long, value_parser = parse_environment)]
    environment: Option<Environment>,
    /// Kubernetes: the namespace of objects that name none
    #[arg(long)]
    namespace: Option<String>,
    /// MCP: the server's name, for tool files that do not say it
    #[arg(long)]
    server: Option<String>,
    /// Show what would change, write nothing
    #[arg(long)]
    dry_run: bool,
    /// The input is complete: remove what it does not name, even more than a fifth
    #[arg(long)]
    confirm_removals: bool,
    /// The result as JSON
    #[arg(long)]
    json: bool,
}

fn parse_environment(text: &str) -> Result<Environment, String> {
    Environment::parse(text).ok_or_else(|| "one of production, test, development, unknown".to_owned())
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
        Error::NeedsConfirmation(_) => Failure::finding(format!("{e} (--confirm-removals)")),
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
    say!("source {}", terminal(&outcome.source));
    say!("{:16} {:>8}   added removed changed", "", "in all");
    for (word, t) in outcome.tallies().iter().filter(|(_, t)| t.total > 0 || t.moved()) {
        say!("{word:16} {:>8}   +{} -{} ~{}", t.total, t.added, t.removed, t.changed);
    }
    for d in &outcome.differences {
        let of = d.of.as_deref().map(|of| format!(" of {}", terminal(of))).unwrap_or_default();
        say!("{}: {} {}{of}", d.how.label(), d.thing.label(), terminal(&d.name));
    }
    if outcome.all_differences.is_some() || outcome.file || outcome.not_named > 0 {
        say!("and more: these are the first {} of each kind", domain::difference::FIRST);
    }
    for note in &outcome.notes {
        say!("note: {}", terminal(note));
    }
    for (kind, n) in &outcome.skipped {
        say!("skipped: {n} of kind {}", terminal(kind));
    }
    match (outcome.dry_run, outcome.unchanged, outcome.seq) {
        (true, ..) => say!("dry run: nothing was written"),
        (_, true, _) => say!("nothing changed"),
        (.., Some(seq)) => say!("written with ledger entry {seq}"),
        _ => {}
    }
    if let Some(why) = outcome.needs_confirmation.as_deref().filter(|_| outcome.dry_run && !confirmed) {
        say!("without --confirm-removals the import will be refused. {}", terminal(why));
    }
}
