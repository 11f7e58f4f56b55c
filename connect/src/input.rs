//! Where the bytes come from: files of a folder, or uploads. It must not interpret them.

use crate::text;
use crate::{Error, Result};
use std::fs;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Formats that are not streamed refuse larger files.
pub const MAX_IN_MEMORY: u64 = 64 * 1024 * 1024;
const MAX_FILES: usize = 20_000;

/// Files that are imported together.
#[derive(Clone, Debug)]
pub struct Input {
    /// What a person called it: the path or the upload's name.
    pub name: String,
    pub files: Vec<InputFile>,
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

    /// A zip or gzip file is named as what it is, instead of as bad JSON.
    pub(crate) fn refuse_archive(&self) -> Result<()> {
        let mut head = [0u8; 4];
        let mut reader = self.open()?;
        let mut have = 0;
        while have < head.len() {
            match reader.read(&mut head[have..]) {
                Ok(0) => break,
                Ok(n) => have += n,
                Err(e) => return Err(Error::new(&self.name, e.to_string())),
            }
        }
        match &head[..have] {
            [] => Err(Error::new(&self.name, "the file is empty")),
            [b'P', b'K', 3 | 5, 4 | 6] => Err(Error::new(&self.name, "a zip archive: unpack it first")),
            [0x1f, 0x8b, ..] => Err(Error::new(&self.name, "a gzip file: unpack it first")),
            _ => Ok(()),
        }
    }
}

impl Input {
    pub fn single(file: InputFile) -> Self {
        Self { name: file.name.clone(), files: vec![file] }
    }

    /// A file, or every file with one of the endings below a folder, in the order of their paths.
    pub fn from_path(path: &Path, endings: &[&str]) -> Result<Self> {
        let name = path.display().to_string();
        let meta = fs::metadata(path).map_err(|e| Error::new(&name, e.to_string()))?;
        if meta.is_file() {
            return Ok(Self::single(InputFile::from_path(name, path.to_path_buf())));
        }
        let mut found = Vec::new();
        collect(path, endings, &mut found).map_err(|e| Error::new(&name, e.to_string()))?;
        if found.len() > MAX_FILES {
            return Err(Error::new(&name, format!("more than {MAX_FILES} files")));
        }
        found.sort();
        let files: Vec<InputFile> = found.into_iter().map(|p| InputFile::from_path(p.display().to_string(), p)).collect();
        if files.is_empty() {
            return Err(Error::new(&name, format!("no file ending in {} in this folder", endings.join(", "))));
        }
        Ok(Self { name, files })
    }
}

fn collect(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let path = entry.path();
        if kind.is_dir() && found.len() <= MAX_FILES {
            collect(&path, endings, found)?;
        } else if kind.is_file() && path.extension().and_then(|e| e.to_str()).is_some_and(|e| endings.contains(&e)) {
            found.push(path);
        }
    }
    Ok(())
}
