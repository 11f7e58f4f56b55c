//! Reading the outside world: file formats in, one `Snapshot` out. It never touches the database, decides
//! nothing about access, and lets no secret value through. No bytes may make it panic.

mod a2a;
mod aws;
mod countersign;
mod csv;
mod input;
mod kubernetes;
mod mcp;
pub mod secrets;
mod text;
mod yaml;

pub use countersign::SCHEMA as COUNTERSIGN_SCHEMA;
pub use input::{Input, InputFile, MAX_IN_MEMORY};

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

/// Reads an input in a format.
pub fn read(format: Format, input: &Input, options: &Options) -> Result<Snapshot> {
    if input.files.is_empty() {
        return Err(Error::new(&input.name, "there is no file in it"));
    }
    // A folder of manifests holds other things too: its reader says what they are.
    if format != Format::Kubernetes {
        input.files.iter().try_for_each(InputFile::refuse_archive)?;
    }
    let scrub = secrets::Scrub::new(options.secrets);
    let mut snapshot = match format {
        Format::Aws => aws::read(input),
        Format::Kubernetes => kubernetes::read(input, options),
        Format::Mcp => mcp::read(input, options, scrub),
        Format::A2a => a2a::read(input, scrub),
        Format::Csv => csv::read(input),
        Format::Countersign => countersign::read(input, scrub),
    }?;
    scrub.snapshot(&mut snapshot);
    snapshot.sort_grants();
    refuse_long(&input.name, &snapshot)?;
    Ok(snapshot)
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
