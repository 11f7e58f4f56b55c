//! The command line. Commands act as `host:<os user>`: they may verify, import and recover, never decide.

/// Prints a line. A reader that has gone away (`… | head`) ends the command quietly, without a panic.
macro_rules! say {
    ($($text:tt)*) => { $crate::cli::write_line(&format!($($text)*)) };
}

mod archive;
mod change;
mod demo;
mod import;
mod inventory;
mod ledger;
mod list;
mod person;
mod resource;
mod restored;
mod serve;
mod source;
mod token;

use crate::compose;
use crate::config::{Config, Doors, Flags};
use clap::{Parser, Subcommand};
use domain::text::is_invisible;
use ledger::Ledger;
use service::{Act, Principal};
use std::borrow::Cow;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "countersign", version, about = "System of record and decision for agents that change themselves")]
pub struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the web application and the API
    Serve(Doors),
    /// Update the database to the schema of this version
    Migrate {
        #[arg(long, env = "COUNTERSIGN_MIGRATE_URL")]
        migrate_url: Option<String>,
        /// PostgreSQL: the role the server runs as. It gets the rights it needs and owns no table
        #[arg(long)]
        runtime_role: Option<String>,
    },
    /// Import a file
    Import(import::Args),
    /// List and show identities
    #[command(subcommand)]
    Identities(inventory::Identities),
    /// List the grants of an identity
    #[command(subcommand)]
    Grants(inventory::Grants),
    /// List the policies, roles and groups of sources
    #[command(subcommand)]
    PermissionSets(inventory::PermissionSets),
    /// Add people during setup, list them, deactivate a leaver
    #[command(subcommand)]
    Person(person::Person),
    /// Create, list and revoke API tokens
    #[command(subcommand)]
    Token(token::Token),
    /// List, add and edit sources
    #[command(subcommand)]
    Source(source::Source),
    /// List and show resources
    #[command(subcommand)]
    Resource(resource::Resource),
    /// List and show changes, write and verify their receipts
    #[command(subcommand)]
    Change(change::Change),
    /// Fill an empty store with a demo: four agents that change themselves over half a year
    Demo,
    /// Back up the whole store to a new file
    Dump { path: std::path::PathBuf },
    /// Restore a backup into an empty store. Copy checkpoint.key and mac.key into the data directory first
    Load { path: std::path::PathBuf },
    /// See and accept what is missing from a restored store
    #[command(subcommand)]
    Restored(restored::Restored),
    /// List, verify, prove and export the ledger
    #[command(subcommand)]
    Ledger(Ledger),
}

fn write_line(line: &str) {
    use std::io::Write;
    if writeln!(std::io::stdout(), "{}", escaped(line)).is_err() {
        std::process::exit(0);
    }
}

/// A terminal obeys what cannot be seen. In JSON it can stand inside texts only, where an escape says the same; other text
/// has been made visible before it comes here.
fn escaped(line: &str) -> Cow<'_, str> {
    if !line.chars().any(is_invisible) {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        if is_invisible(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// What a command ends with: 0 done, 1 a finding or refusal, 2 it could not be done.
pub struct Failure {
    pub code: u8,
    pub text: String,
}

impl<E: std::fmt::Display> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { code: 2, text: domain::text::sentence(&error.to_string()) }
    }
}

impl Failure {
    pub fn finding(text: impl Into<String>) -> Self {
        Self { code: 1, text: domain::text::sentence(&text.into()) }
    }
}

pub type Outcome = Result<(), Failure>;

/// Runs the program.
pub async fn run(cli: Cli) -> ExitCode {
    match dispatch(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.text.is_empty() {
                eprintln!("countersign: {}", domain::text::terminal(&failure.text));
            }
            ExitCode::from(failure.code)
        }
    }
}

async fn dispatch(cli: Cli) -> Outcome {
    let config = Config::load(&cli.flags)?;
    logs(&config, matches!(cli.command, Command::Serve(_)));
    match cli.command {
        Command::Serve(doors) => serve::run(config.with(doors)?).await,
        Command::Demo => demo::run(&config, &host()).await,
        Command::Migrate { migrate_url, runtime_role } => migrate(&config, migrate_url, runtime_role).await,
        Command::Ledger(Ledger::Verify { file: Some(path), key, against, json }) => {
            ledger::verify_file(&path, key.as_deref(), against.as_deref(), json)
        }
        Command::Change(change::Change::Verify(asked)) => change::verify(&asked),
        other => {
            if let Command::Load { path } = &other {
                archive::keys_fit(&config, path)?;
            } else if !other.may_create() {
                must_exist(&config)?;
            }
            let accepts = matches!(other, Command::Restored(restored::Restored::Accept));
            let services = compose::services(&config, accepts).await?;
            let outcome = carry_out(&Act::new(&services, &host()), other).await;
            // A command is over before a sink's task would run: what it wrote leaves the machine here.
            crate::sinks::append_newest(&config, &services).await;
            services.close().await;
            outcome
        }
    }
}

impl Command {
    /// Reading a store that is not there must fail, not make an empty one.
    fn may_create(&self) -> bool {
        matches!(self, Self::Import(_) | Self::Person(person::Person::Add { .. }) | Self::Source(source::Source::Add { .. }))
    }
}

fn must_exist(config: &Config) -> Outcome {
    match service::setup::sqlite_file(&config.database_url) {
        Some(path) if !path.exists() => {
            Err(format!("No store at {}. Import a file or run countersign serve first.", path.display()).into())
        }
        _ => Ok(()),
    }
}

async fn carry_out(act: &Act, command: Command) -> Outcome {
    match command {
        Command::Import(args) => import::run(act, args).await,
        Command::Identities(c) => inventory::identities(act, c).await,
        Command::Grants(c) => inventory::grants(act, c).await,
        Command::PermissionSets(c) => inventory::permission_sets(act, c).await,
        Command::Person(c) => person::run(act, c).await,
        Command::Token(c) => token::run(act, c).await,
        Command::Source(c) => source::run(act, c).await,
        Command::Resource(c) => resource::run(act, c).await,
        Command::Change(c) => change::run(act, c).await,
        Command::Restored(c) => restored::run(act, c).await,
        Command::Ledger(c) => ledger::run(act, c).await,
        Command::Dump { path } => archive::dump(act, &path).await,
        Command::Load { path } => archive::load(act, &path).await,
        Command::Serve(_) | Command::Demo | Command::Migrate { .. } => Ok(()),
    }
}

async fn migrate(config: &Config, url: Option<String>, role: Option<String>) -> Outcome {
    crate::private::folder(&config.data_dir)?;
    let version = service::setup::migrate(url.as_deref().unwrap_or(&config.database_url), role.as_deref()).await?;
    say!("The database has schema {version}.");
    Ok(())
}

/// A file that cannot be opened, in our own words.
fn unopened(path: &std::path::Path, error: &std::io::Error) -> String {
    let path = path.display();
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("File not found: {path}"),
        std::io::ErrorKind::PermissionDenied => format!("No permission to open {path}"),
        std::io::ErrorKind::AlreadyExists => format!("{path} already exists. Choose another name."),
        std::io::ErrorKind::IsADirectory => format!("{path} is a folder. Name a file."),
        _ => format!("{path} can't be opened: {error}"),
    }
}

/// An id as it is typed, or where to find it.
fn id<N: domain::ids::Named>(text: &str, what: &str, list: &str) -> Result<domain::ids::Id<N>, Failure> {
    domain::ids::Id::parse(text)
        .map_err(|_| Failure::from(format!("{} isn't {what} ID. Find IDs with: countersign {list}", domain::text::capped(text, 60))))
}

/// The operating system's user, for the ledger.
#[expect(clippy::disallowed_methods, reason = "the name of the user of this machine is not configuration")]
fn host() -> Principal {
    let user = std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).unwrap_or_else(|_| "unknown".to_owned());
    Principal::Host { user }
}

fn logs(config: &Config, serving: bool) {
    let level = if serving { "info" } else { "warn" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("COUNTERSIGN_LOG").unwrap_or_else(|_| level.into());
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let set = if config.log_json { builder.json().try_init() } else { builder.try_init() };
    if let Err(error) = set {
        eprintln!("logs: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_json_says_the_same() {
        for text in ["plain ünïcode 漢", "c1 \u{9b}31m", "bidi \u{202e}gpj.exe", "tag \u{e0041}", "zero\u{200b}width", "\u{7f}\u{85}"] {
            let json = serde_json::to_string(text).expect("json");
            let shown = escaped(&json);
            assert!(!shown.chars().any(domain::text::is_invisible), "{shown}");
            assert_eq!(serde_json::from_str::<String>(&shown).expect("json"), text);
        }
        assert_eq!(escaped("{\n\t\"a\": 1\n}"), "{\n\t\"a\": 1\n}", "what parts the lines stays");
    }
}
