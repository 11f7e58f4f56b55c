//! What to import and how: as forms, commands and the API say it, and as a job keeps it.

use crate::jobs::Caller;
use crate::{Error, Result};
use connect::{Input, InputFile};
use domain::identity::Environment;
use domain::snapshot::Format;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What to import and how.
#[derive(Clone, Debug)]
pub struct Request {
    pub format: Format,
    pub input: Input,
    pub how: Wish,
}

/// How an input is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    /// The name of the source; where none is given the input may say it.
    pub source: Option<String>,
    pub environment: Option<Environment>,
    pub namespace: Option<String>,
    pub server: Option<String>,
    pub confirm_removals: bool,
    pub dry_run: bool,
}

/// A request as its job keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub caller: Caller,
    pub format: Format,
    pub name: String,
    /// Names and places of the files; none where a command holds them itself.
    pub files: Option<Vec<(String, PathBuf)>>,
    pub how: Wish,
}

impl Kept {
    pub fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|e| Error::Internal(format!("the payload of an import: {e}")))
    }

    /// The request again; none where a command held the files.
    pub fn request(&self) -> Option<Request> {
        let files = self.files.as_ref()?;
        let files = files.iter().map(|(name, path)| InputFile::from_path(name, path.clone())).collect();
        Some(Request { format: self.format, input: Input { name: self.name.clone(), files }, how: self.how.clone() })
    }
}
