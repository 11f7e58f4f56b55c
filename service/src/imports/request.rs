//! What to import and how: as forms, commands and the API say it, and as a job keeps it.

use crate::jobs::Caller;
use crate::{Error, Result};
use connect::{Input, InputFile};
use domain::identity::Environment;
use domain::snapshot::Format;
use serde::{Deserialize, Serialize};
use std::path::Path;

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
    /// What each file was called, and its name in the folder of the job; none where a command holds them itself. It never
    /// says where the folder is: whoever could write that could have any file of the machine read.
    pub files: Option<Vec<(String, String)>>,
    pub how: Wish,
}

impl Kept {
    pub fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|e| Error::Internal(format!("the payload of an import: {e}")))
    }

    /// The request again, of files in a folder; none where a command held the files, or one of them lies elsewhere.
    pub fn request(&self, folder: &Path) -> Option<Request> {
        let inside = |(name, file): &(String, String)| {
            let plain = Path::new(file).file_name().filter(|plain| *plain == file.as_str())?;
            Some(InputFile::from_path(name, folder.join(plain)))
        };
        let files = self.files.as_ref()?.iter().map(inside).collect::<Option<Vec<_>>>()?;
        Some(Request { format: self.format, input: Input::of(&self.name, files), how: self.how.clone() })
    }
}
