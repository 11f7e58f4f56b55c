//! Reading the outside world: file formats in, one `Snapshot` out. It never touches the database, decides
//! nothing about access, and lets no secret value through. No bytes may make it panic.

mod a2a;
mod aws;
mod countersign;
mod credentials;
mod csv;
mod folder;
mod input;
mod instants;
mod json;
mod kubernetes;
mod mcp;
mod notes;
mod recognise;
pub mod secrets;
mod text;
mod work;
mod yaml;

pub use countersign::SCHEMA as COUNTERSIGN_SCHEMA;
pub use input::{Input, InputFile, MAX_IN_MEMORY};
pub use recognise::{recognise, unreadable, wrong_choice};
pub use work::{Limits, Work};

use domain::rule::Rule;
use domain::snapshot::{Format, Snapshot};

/// Why an input is refused: which file, where in it, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {reason}", .place.as_ref().map(|p| format!(", {p}")).unwrap_or_default())]
pub struct Error {
    pub file: String,
    /// `line 3, column 7`, or a path such as `Policies[2].PolicyVersionList`.
    pub place: Option<String>,
    pub reason: String,
}

impl Error {
    pub fn new(file: &str, reason: impl Into<String>) -> Self {
        Self { file: file.to_owned(), place: None, reason: reason.into() }
    }

    pub fn at(file: &str, place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { file: file.to_owned(), place: Some(place.into()), reason: reason.into() }
    }

    pub(crate) fn json(file: &str, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let reason = text.split(" at line ").next().unwrap_or(&text).to_owned();
        let reason = if reason == "number out of range" { "a number larger than any that is read".to_owned() } else { reason };
        let reason = if error.is_data() || reason.starts_with("a number") { reason } else { format!("not JSON: {reason}") };
        if error.line() == 0 {
            return Self::at(file, "the beginning", reason);
        }
        Self::at(file, format!("line {}, column {}", error.line(), error.column()), reason)
    }
}

pub type Result<T> = std::result::Result<T, Error>;

/// What a reader may be told beside the input.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Kubernetes: the namespace of objects that name none.
    pub namespace: Option<String>,
    /// MCP: the server's name where the input does not say it.
    pub server: Option<String>,
    /// Keys the digests that stand for removed secrets.
    pub secrets: [u8; 32],
}

/// Reads an input in a format. One that cannot be read, or holds nothing, and looks like another format is told which. What it
/// may cost grows with its bytes.
pub fn read(format: Format, input: &Input, options: &Options) -> Result<Snapshot> {
    read_within(format, input, options, &Work::within(Limits::of(input.size()?)))
}

/// The same, within limits: what it came to is counted in `work`.
pub fn read_within(format: Format, input: &Input, options: &Options, work: &Work) -> Result<Snapshot> {
    if input.files.is_empty() {
        return Err(Error::new(&input.name, "there is no file in it"));
    }
    let scrub = secrets::Scrub::new(options.secrets);
    let reader = |input: &Input, work: &Work| match format {
        Format::Aws => aws::read(input, work),
        Format::Kubernetes => kubernetes::read(input, options, work),
        Format::Mcp => mcp::read(input, options, scrub, work),
        Format::A2a => a2a::read(input, scrub, work),
        Format::Csv => csv::read(input, work),
        Format::Countersign => countersign::read(input, scrub, work),
    };
    let alone = |one: &Input| {
        let work = Work::within(Limits::of(one.size()?));
        match (format, &one.files[0]) {
            // Its reader says of each value whether it is one of MCP.
            (Format::Mcp, file) => json::each(&file.name, &mcp::carried(file, &work)?, &work, |_, _| Ok(())),
            _ => reader(one, &work).map(drop),
        }
    };
    let (input, aside) = folder::of_format(format, input, alone)?;
    let input = &*input;
    // A folder of manifests holds other things too: its reader says what they are.
    if format != Format::Kubernetes {
        input.files.iter().try_for_each(InputFile::refuse_archive)?;
    }
    let mut snapshot = told(format, input, reader(input, work))?;
    aside.say(&mut snapshot);
    let mut others = std::mem::take(&mut snapshot.others);
    for one in std::iter::once(&mut snapshot).chain(&mut others) {
        scrub.snapshot(one);
        one.sort_grants();
        refuse_long(&input.name, one)?;
        refuse_nul(&input.name, one)?;
        if matches!(format, Format::Csv | Format::Countersign) {
            refuse_many(&input.name, one)?;
        }
    }
    snapshot.others = others;
    Ok(snapshot)
}

/// What was read; where that is nothing and the input looks like another format, an error that names it.
fn told(format: Format, input: &Input, read: Result<Snapshot>) -> Result<Snapshot> {
    let nothing = read.as_ref().map_or(true, |s| s.identities.is_empty() && s.sets.is_empty());
    let other = || unreadable(input).filter(|_| read.is_err()).map(|what| format!("this is {what}"));
    let Some(sentence) = nothing.then(|| wrong_choice(format, input).or_else(other)).flatten() else { return read };
    Err(match read {
        Ok(_) => Error::new(&input.name, sentence),
        Err(error) => Error { reason: format!("{sentence} (read as {format}: {})", error.reason), ..error },
    })
}

/// What a refusal of the character says that no column of text takes on every database.
const NUL: &str = "it holds the character U+0000, which cannot be stored";

fn refuse_nul(file: &str, s: &Snapshot) -> Result<()> {
    let identities = s.identities.iter().flat_map(|i| {
        let unknown = i.unknown_access.iter().map(|u| ("unknown access", u.as_str()));
        [("key of an identity", i.key.as_str()), ("name of an identity", i.name.as_str())].into_iter().chain(unknown)
    });
    let sets = s.sets.iter().flat_map(|p| [("key of a permission set", p.key.as_str()), ("name of a permission set", p.name.as_str())]);
    let labels = s.set_rules.iter().filter_map(|(_, _, label)| label.as_deref()).map(|l| ("label of a rule", l));
    let surfaces = s.surfaces.iter().flat_map(|x| {
        let texts = [x.digest.as_deref(), x.content.as_deref()].into_iter().flatten().map(|t| ("content of a surface", t));
        texts.chain([("locator of a surface", x.locator.as_str())])
    });
    let tools = s.tools.iter().map(|t| ("name of a tool", t.name.as_str()));
    let credentials =
        s.credentials.iter().flat_map(|c| [("method of a credential", c.method.as_str()), ("key id of a credential", c.key_id.as_str())]);
    let source = s.default_source.iter().map(|name| ("name of the source", name.as_str()));
    let mut all = identities.chain(sets).chain(labels).chain(surfaces).chain(tools).chain(credentials).chain(source);
    match all.find(|(_, text)| text.contains('\0')) {
        Some((what, text)) => Err(Error::at(file, format!("the {what} {:?}", domain::text::capped(text, 80)), NUL)),
        None => Ok(()),
    }
}

/// The most pairs of an action and a resource that one rule and a whole input may come to: each is counted by itself.
const WIDEST: usize = 250_000;
const PAIRS: usize = 4_000_000;

fn pairs(rule: &Rule) -> usize {
    rule.actions.len().saturating_mul(rule.resources.len())
}

/// Why a rule is refused that a few bytes make into more pairs than can be counted.
fn too_wide(rule: &Rule) -> Option<String> {
    let (actions, resources) = (rule.actions.len(), rule.resources.len());
    (pairs(rule) > WIDEST)
        .then(|| format!("{actions} actions on {resources} resources; at most {WIDEST} pairs of them can stand in one grant"))
}

fn refuse_many(file: &str, s: &Snapshot) -> Result<()> {
    let all = s.rules.iter().map(|(rule, _)| pairs(rule)).fold(0, usize::saturating_add);
    if all > PAIRS {
        return Err(Error::at(file, "all grants", format!("{all} pairs of an action and a resource; at most {PAIRS} can be counted")));
    }
    Ok(())
}

/// What names a thing stands in an index, and those have a width.
const LONGEST_KEY: usize = 2048;

fn refuse_long(file: &str, s: &Snapshot) -> Result<()> {
    let keys = s.identities.iter().map(|i| ("key of an identity", i.key.as_str()));
    let keys = keys.chain(s.sets.iter().map(|p| ("key of a permission set", p.key.as_str())));
    let keys = keys.chain(s.surfaces.iter().map(|x| ("locator of a surface", x.locator.as_str())));
    let keys = keys.chain(s.tools.iter().map(|t| ("name of a tool", t.name.as_str())));
    let mut keys = keys.chain(s.credentials.iter().map(|c| ("key id of a credential", c.key_id.as_str())));
    match keys.find(|(_, key)| key.len() > LONGEST_KEY) {
        Some((what, key)) => {
            let shown: String = key.chars().take(40).collect();
            Err(Error::new(file, format!("the {what} that begins with {shown:?} is longer than {LONGEST_KEY} bytes")))
        }
        None => Ok(()),
    }
}
