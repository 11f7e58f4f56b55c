//! Which files of a folder are read, and what is said of the others. What lies in a folder and is not read is counted by what it
//! is and named: a file that is passed by in silence takes what it held out of the inventory. It must not know what a file says.

use crate::input::{Input, InputFile};
use crate::notes::{Notes, first};
use crate::recognise::{beginning, looks, of_file};
use crate::{Error, Result};
use domain::snapshot::{Format, Snapshot};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const MAX_FILES: usize = 20_000;
/// How deep folders stand in one another at most.
const DEEP: usize = 100;
/// How many of one kind are named, and how many kinds are told apart.
const NAMED: usize = 20;
const KINDS: usize = 60;

const OF_JSON: [&str; 5] = ["json", "jsonc", "jsonl", "ndjson", "code-workspace"];
const OF_MANIFESTS: [&str; 3] = ["yaml", "yml", "json"];
const OF_TABLES: [&str; 3] = ["csv", "tsv", "txt"];
/// Archives by their endings, and what each is.
const ARCHIVES: [(&str, &str); 11] = [
    ("gz", "gzip file"),
    ("tgz", "gzip file"),
    ("zip", "zip archive"),
    ("tar", "tar archive"),
    ("bz2", "bzip2 file"),
    ("tbz2", "bzip2 file"),
    ("xz", "xz file"),
    ("txz", "xz file"),
    ("zst", "zstd file"),
    ("7z", "7z archive"),
    ("rar", "rar archive"),
];
/// Where programs of version control keep what is theirs.
const OF_TOOLS: [&str; 3] = [".git", ".hg", ".svn"];

fn endings(format: Format) -> &'static [&'static str] {
    match format {
        Format::Csv => &OF_TABLES,
        Format::Kubernetes => &OF_MANIFESTS,
        _ => &OF_JSON,
    }
}

/// What stands behind the last point of a name, in small letters; nothing where there is none, or only a point ahead of the name.
fn ending(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    base.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, end)| end.to_lowercase()).unwrap_or_default()
}

/// What of a folder is not read: by what it is, the first names and how many.
#[derive(Clone, Debug, Default)]
pub struct Aside {
    of: BTreeMap<String, (Vec<String>, u64)>,
    /// Files that were refused by themselves, with place and reason.
    refused: Vec<String>,
}

impl Aside {
    fn add(&mut self, what: String, name: &str) {
        let what = if self.of.len() < KINDS || self.of.contains_key(&what) { what } else { "file of other endings".to_owned() };
        let (names, all) = self.of.entry(what).or_default();
        *all += 1;
        if names.len() < NAMED {
            names.push(domain::text::capped(name, 200));
        }
    }

    fn by_ending(&mut self, name: &str) {
        let end = ending(name);
        let archive = ARCHIVES.iter().find(|(of, _)| *of == end);
        self.add(
            match archive {
                Some((_, what)) => format!("{what}, not unpacked"),
                None if end.is_empty() => "file without an ending".to_owned(),
                None => format!("file ending in .{}", domain::text::capped(&end, 20)),
            },
            name,
        );
    }

    /// A few words on what there is, for a folder in which nothing is read.
    fn summary(&self) -> String {
        let all: Vec<String> = self.of.iter().map(|(what, (_, n))| format!("{n} × {what}")).collect();
        if all.is_empty() { String::new() } else { format!("; there are {}", first(&all, 10)) }
    }

    /// Counts and names everything in a snapshot.
    pub(crate) fn say(self, out: &mut Snapshot) {
        for (what, (names, all)) in self.of {
            let named = names.join(", ");
            let more = all - names.len() as u64;
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            out.notes.push(format!("Not read, {what}: {named}{more}"));
            *out.skipped.entry(what).or_default() += all;
        }
        if self.refused.is_empty() {
            return;
        }
        *out.skipped.entry("file that is nothing of this format".to_owned()).or_default() += self.refused.len() as u64;
        let mut notes = Notes::of("files that were not read");
        for why in self.refused {
            notes.add(format!("Not read, {why}"));
        }
        out.notes.extend(notes.into_texts());
    }
}

/// The files below a folder whose endings some format has, in the order of their paths, and what else there is.
pub(crate) fn below(root: &Path) -> Result<(Vec<PathBuf>, Aside)> {
    let name = root.display().to_string();
    let failed = |e: std::io::Error| Error::new(&name, e.to_string());
    let real = fs::canonicalize(root).map_err(failed)?;
    let mut walk = Walk { root, real, found: vec![], links: vec![], aside: Aside::default() };
    walk.folder(root, 0).map_err(failed)?;
    walk.linked();
    let Walk { mut found, aside, .. } = walk;
    if found.len() > MAX_FILES {
        return Err(Error::new(&name, format!("more than {MAX_FILES} files")));
    }
    if found.is_empty() {
        let looked = [&OF_JSON[..], &["yaml", "yml"], &OF_TABLES].concat().join(", ");
        return Err(Error::new(&name, format!("no file ending in {looked} in this folder{}", aside.summary())));
    }
    found.sort();
    Ok((found, aside))
}

struct Walk<'a> {
    root: &'a Path,
    /// The folder without links on the way to it.
    real: PathBuf,
    found: Vec<PathBuf>,
    links: Vec<PathBuf>,
    aside: Aside,
}

impl Walk<'_> {
    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(self.root).unwrap_or(path).display().to_string()
    }

    fn folder(&mut self, folder: &Path, deep: usize) -> std::io::Result<()> {
        let mut entries = fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (kind, path) = (entry.file_type()?, entry.path());
            if kind.is_symlink() {
                self.links.push(path);
            } else if kind.is_dir() && OF_TOOLS.iter().any(|tool| entry.file_name() == *tool) {
                self.aside.add("folder of version control".to_owned(), &self.shown(&path));
            } else if kind.is_dir() && (deep >= DEEP || self.found.len() > MAX_FILES) {
                self.aside.add("folder too deep within others".to_owned(), &self.shown(&path));
            } else if kind.is_dir() {
                self.folder(&path, deep + 1)?;
            } else if kind.is_file() {
                self.file(path);
            } else {
                self.aside.add("thing that is no file".to_owned(), &self.shown(&path));
            }
        }
        Ok(())
    }

    fn file(&mut self, path: PathBuf) {
        let name = self.shown(&path);
        if is_readable(&name) { self.found.push(path) } else { self.aside.by_ending(&name) }
    }

    /// Links to files and folders. What lies in the folder is read there, once, whatever leads to it; nothing else is read.
    fn linked(&mut self) {
        for link in std::mem::take(&mut self.links) {
            let shown = self.shown(&link);
            let Ok(target) = fs::canonicalize(&link) else {
                self.aside.add("link that leads nowhere".to_owned(), &shown);
                continue;
            };
            let inside = target.strip_prefix(&self.real).map(Path::to_path_buf);
            let of_tools = |path: &Path| path.components().any(|part| OF_TOOLS.iter().any(|tool| part.as_os_str() == *tool));
            match inside {
                // A file whose own ending is none that is read may have a link with one.
                Ok(at) if target.is_file() && (of_tools(&at) || !is_readable(&at.display().to_string())) => self.file(link),
                Ok(_) => {}
                Err(_) => self.aside.add("link that leads out of the folder".to_owned(), &shown),
            }
        }
    }
}

fn is_readable(name: &str) -> bool {
    let end = ending(name);
    [&OF_JSON[..], &OF_MANIFESTS, &OF_TABLES].concat().contains(&end.as_str())
}

/// The files of an input that are of a format, where it is a folder in which others lie too. Whether the format was chosen or
/// recognised makes no difference. What looks like nothing is kept where it can be read by itself.
pub(crate) fn of_format(format: Format, input: &Input, alone: impl Fn(&Input) -> Result<()>) -> Result<(Cow<'_, Input>, Aside)> {
    let whole = || (Cow::Borrowed(input), input.aside.clone());
    if !input.is_folder() {
        return Ok(whole());
    }
    let (mut files, mut aside, mut sure) = (Vec::new(), input.aside.clone(), false);
    for file in &input.files {
        let name = input.shown(&file.name);
        // What cannot be opened is no reason to believe that its content is gone.
        let head = file.head()?;
        // A table whose header does not name identities is ours only where it can be read.
        let is_other = |found: &Format| *found == format && format == Format::Csv && !is_of_identities(file);
        let found = of_file(file).filter(|found| !is_other(found));
        sure |= found == Some(format);
        let of_ending = endings(format).contains(&ending(name).as_str());
        if found == Some(format) || (format == Format::Kubernetes && of_ending) {
            files.push(file.clone());
        } else if let Some(what) = crate::input::archive(&head) {
            aside.add(format!("{what}, not unpacked"), name);
        } else if head.is_empty() {
            aside.add("empty file".to_owned(), name);
        } else if let Some(other) = found {
            aside.add(format!("file that looks like {}", looks(other)), name);
        } else if let Some(why) = refused(file, &alone) {
            let shown = Error { file: name.to_owned(), ..why };
            if of_ending { aside.refused.push(shown.to_string()) } else { aside.by_ending(name) }
        } else {
            files.push(file.clone());
        }
    }
    if files.is_empty() && input.files.len() > 1 {
        return Err(none_of(format, input, &aside));
    }
    if files.is_empty() || (!sure && files.len() < input.files.len()) {
        // Nothing is surely of this format: the reader says what is wrong.
        return Ok(whole());
    }
    Ok((Cow::Owned(Input { name: input.name.clone(), files, aside: Aside::default() }), aside))
}

/// Why a folder is refused in which nothing is of a format.
fn none_of(format: Format, input: &Input, aside: &Aside) -> Error {
    let other = crate::recognise::wrong_choice(format, input).map(|other| format!(": {other}")).unwrap_or_default();
    Error::new(&input.name, format!("none of these {} files is {}{other}{}", input.files.len(), looks(format), aside.summary()))
}

/// Whether a table has the column without which none is read.
fn is_of_identities(file: &InputFile) -> bool {
    beginning(file).is_some_and(|text| crate::csv::names_identities(&text))
}

/// Why a file is refused that is read by itself.
fn refused(file: &InputFile, alone: impl Fn(&Input) -> Result<()>) -> Option<Error> {
    alone(&Input::single(file.clone())).err()
}
