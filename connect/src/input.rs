//! Where the bytes come from: files of a folder, or uploads. It must not interpret them.

use crate::folder::{self, Aside};
use crate::text;
use crate::{Error, Result};
use std::fs;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Formats that are not streamed refuse larger files.
pub const MAX_IN_MEMORY: u64 = 64 * 1024 * 1024;
/// As much of a file as tells an archive from a text.
const HEAD: u64 = 512;

/// Files that are imported together.
#[derive(Clone, Debug)]
pub struct Input {
    /// What a person called it: the path or the upload's name.
    pub name: String,
    pub files: Vec<InputFile>,
    /// What lies in the folder beside them.
    pub(crate) aside: Aside,
}

impl Input {
    /// Everything that an import says of what lies in the folder and was not taken, in one text: other files, another text.
    pub fn beside(&self) -> String {
        format!("{:?}", self.aside)
    }
}

#[derive(Clone, Debug)]
enum Content {
    Path(PathBuf),
    Bytes(Vec<u8>),
}

/// One file.
#[derive(Clone, Debug)]
pub struct InputFile {
    pub name: String,
    content: Content,
}

impl InputFile {
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { name: name.into(), content: Content::Bytes(bytes) }
    }

    pub fn from_path(name: impl Into<String>, path: PathBuf) -> Self {
        Self { name: name.into(), content: Content::Path(path) }
    }

    /// The bytes; the buffer is outermost because JSON is taken from it byte by byte.
    pub fn open(&self) -> Result<BufReader<Box<dyn Read + '_>>> {
        let bytes: Box<dyn Read + '_> = match &self.content {
            Content::Bytes(bytes) => Box::new(bytes.as_slice()),
            Content::Path(path) => Box::new(fs::File::open(path).map_err(|e| Error::new(&self.name, e.to_string()))?),
        };
        Ok(BufReader::with_capacity(256 * 1024, bytes))
    }

    /// How many bytes it has.
    pub(crate) fn size(&self) -> Result<u64> {
        match &self.content {
            Content::Bytes(bytes) => Ok(bytes.len() as u64),
            Content::Path(path) => Ok(fs::metadata(path).map_err(|e| Error::new(&self.name, e.to_string()))?.len()),
        }
    }

    /// The whole content.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut limited = self.open()?.take(MAX_IN_MEMORY + 1);
        limited.read_to_end(&mut bytes).map_err(|e| Error::new(&self.name, e.to_string()))?;
        if bytes.len() as u64 > MAX_IN_MEMORY {
            return Err(Error::new(&self.name, "larger than 64 MB, the most this format is read in one piece"));
        }
        Ok(bytes)
    }

    /// The whole content as text.
    pub fn text(&self) -> Result<String> {
        text::decoded(&self.name, self.bytes()?)
    }

    /// The beginning, as much as tells archives apart.
    pub(crate) fn head(&self) -> Result<Vec<u8>> {
        let mut head = Vec::new();
        self.open()?.take(HEAD).read_to_end(&mut head).map_err(|e| Error::new(&self.name, e.to_string()))?;
        Ok(head)
    }

    /// An archive is named as what it is, instead of as bad JSON.
    pub(crate) fn refuse_archive(&self) -> Result<()> {
        let head = self.head()?;
        if head.is_empty() {
            return Err(Error::new(&self.name, "the file is empty"));
        }
        match archive(&head) {
            Some(what) => Err(Error::new(&self.name, format!("a {what}: unpack it first"))),
            None => Ok(()),
        }
    }
}

impl Input {
    pub fn single(file: InputFile) -> Self {
        Self::of(file.name.clone(), vec![file])
    }

    /// Files that are imported together, under what a person called them.
    pub fn of(name: impl Into<String>, files: Vec<InputFile>) -> Self {
        Self { name: name.into(), files, aside: Aside::default() }
    }

    /// A file, or every file below a folder that may be of some format, in the order of their paths.
    pub fn from_path(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let meta = fs::metadata(path).map_err(|e| Error::new(&name, e.to_string()))?;
        if meta.is_file() {
            return Ok(Self::single(InputFile::from_path(name, path.to_path_buf())));
        }
        let (found, aside) = folder::below(path)?;
        let files = found.into_iter().map(|p| InputFile::from_path(p.display().to_string(), p)).collect();
        Ok(Self { name, files, aside })
    }

    /// How many bytes its files have.
    pub(crate) fn size(&self) -> Result<u64> {
        self.files.iter().try_fold(0, |all: u64, file| Ok(all.saturating_add(file.size()?)))
    }

    /// Whether it is files of a folder: what is none of a format's own is passed by there.
    pub(crate) fn is_folder(&self) -> bool {
        self.files.len() > 1 || self.files.iter().any(|file| file.name != self.name)
    }

    /// What a file is called within the folder.
    pub(crate) fn shown<'n>(&self, name: &'n str) -> &'n str {
        let inner = name.strip_prefix(self.name.as_str()).map(|n| n.trim_start_matches(['/', '\\']));
        inner.filter(|n| !n.is_empty()).unwrap_or(name)
    }
}

/// A path without `.` and `..`.
pub(crate) fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// What kind of archive begins like this, where it is one.
pub(crate) fn archive(head: &[u8]) -> Option<&'static str> {
    match head {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Some("zip archive"),
        [0x1f, 0x8b, ..] => Some("gzip file"),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, ..] => Some("bzip2 file"),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some("xz file"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd file"),
        [b'7', b'z', 0xbc, 0xaf, ..] => Some("7z archive"),
        [b'R', b'a', b'r', b'!', ..] => Some("rar archive"),
        _ if head.get(257..262) == Some(b"ustar") => Some("tar archive"),
        _ => None,
    }
}
