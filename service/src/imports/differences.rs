//! The differences of an import by name: as a list of an import that was made, and as a file of one that is only looked at.

use crate::listing::{Listing, Sheet, bad_cursor};
use crate::{Error, Read, Result, Services, jobs};
use domain::difference::{self, Difference, How, Thing};
use domain::ids::{ImportId, JobId};
use domain::listing::{Datum, Field, csv_header, csv_line};
use domain::permission::Action;
use domain::privilege::Class;
use domain::query::differences::Filter;
use std::io::Write;
use std::path::PathBuf;
use store::imports::{self, Import};

use super::list::Row as Imported;

/// Differences of one import.
pub struct List;

/// A difference and its place in the import.
#[derive(Clone, Debug)]
pub struct Row {
    pub import: ImportId,
    pub place: usize,
    pub difference: Difference,
}

type F = Field<Row>;

impl Listing for List {
    type Row = Row;
    type Filter = Filter;
    const NAME: &'static str = "differences";
    const NEEDS: Action = Action::ReadInventory;
    const FIELDS: &'static [F] = &[
        F::text("import", "the ID of the import, imp_…", |r| Datum::text(r.import)),
        F::words("thing", "what kind of thing changed", Thing::WORDS, |r| Datum::text(r.difference.thing)).shown("Kind").brief(),
        F::words("how", "how it changed", How::WORDS, |r| Datum::text(r.difference.how)).shown("Change").brief(),
        F::text("name", "its name", |r| Datum::text(&r.difference.name)).shown("Name").brief(),
        F::text("of", "the identity it belongs to, by its name", |r| words_of(r.difference.of.as_ref()))
            .optional()
            .shown("Identity")
            .brief(),
        F::words("class", "the highest class of a grant or of an identity that was added", Class::WORDS, |r| {
            Datum::perhaps(r.difference.class)
        })
        .optional(),
        F::text("before", "its words before, where words changed", |r| words_of(r.difference.before.as_ref())).optional(),
        F::text("after", "its words after, where words changed", |r| words_of(r.difference.after.as_ref())).optional(),
    ];

    async fn sheet<'a>(read: &'a mut Read, filter: &'a Filter, after: Option<&'a str>, limit: i64) -> Result<Sheet<Row>> {
        read.authorise(Self::NEEDS)?;
        let as_of = read.as_of();
        let from = after.map(|c| c.parse::<usize>().map_err(|_| bad_cursor())).transpose()?.map_or(0, |last| last.saturating_add(1));
        let Some(import) = import(read, filter.import).await? else { return Ok(Sheet { as_of, rows: vec![], next: None }) };
        let rows = rows(read, import, filter, from, usize::try_from(limit).unwrap_or(0) + 1).await?;
        Ok(Sheet::cut(as_of, rows, limit, |r| r.place.to_string()))
    }
}

fn words_of(of: Option<&String>) -> Datum {
    of.map_or(Datum::Nothing, Datum::text)
}

/// The import that is meant: the one named, else the newest.
async fn import(read: &mut Read, wanted: Option<ImportId>) -> Result<Option<Import>> {
    let seq = read.seq();
    match wanted {
        Some(id) => imports::by_id(read.tx(), id, seq).await?.map(Some).ok_or(Error::NotFound("import")),
        None => Ok(imports::page(read.tx(), seq, None, 1, &domain::query::imports::Filter::default()).await?.pop()),
    }
}

async fn rows(read: &mut Read, import: Import, filter: &Filter, from: usize, most: usize) -> Result<Vec<Row>> {
    let Imported { import, outcome } = Imported::from(import);
    let fits = |d: &Difference| {
        filter.thing.is_none_or(|t| d.thing == t)
            && filter.how.is_none_or(|h| d.how == h)
            && filter.search.as_ref().is_none_or(|term| term.is_in(&d.name) || d.of.as_ref().is_some_and(|of| term.is_in(of)))
    };
    let row = |(place, difference)| Row { import: import.id, place, difference };
    let kept = match outcome.all_differences {
        Some(id) => store::blobs::read(read.tx(), id).await?.flatten(),
        None => None,
    };
    Ok(match kept {
        Some(kept) => difference::lines(&String::from_utf8_lossy(&kept), from).filter(|(_, d)| fits(d)).take(most).map(row).collect(),
        None => outcome.differences.into_iter().enumerate().skip(from).filter(|(_, d)| fits(d)).take(most).map(row).collect(),
    })
}

/// The file of a preview, in the folder of its job.
pub(crate) fn file_of(services: &Services, job: JobId) -> PathBuf {
    jobs::folder(services, job).join("differences.csv")
}

/// Puts away what an attempt at the same job has written.
pub(super) fn begin(services: &Services, job: JobId) {
    // Where there is none, nothing is to be put away; one that stays is written on, and only longer.
    let _ = std::fs::remove_file(file_of(services, job));
}

/// Writes what a preview found beside the files that it looked at, for as long as they are kept; source after source where
/// there are several. A preview whose files a command holds has no folder, and no such file.
pub(super) fn previewed(services: &Services, job: JobId, text: &str) -> Result<bool> {
    let path = file_of(services, job);
    if !path.parent().is_some_and(std::path::Path::is_dir) {
        return Ok(false);
    }
    let row = |(place, difference)| Row { import: ImportId::nil(), place, difference };
    let fields = &List::FIELDS[1..];
    let first = (!path.exists()).then(|| csv_header(fields) + "\r\n");
    let lines = difference::lines(text, 0).map(row).map(|r| csv_line(fields, &r));
    let part = first.into_iter().chain(lines).collect::<String>();
    jobs::takes(services, part.len())?;
    let failed = |e: std::io::Error| Error::Internal(e.to_string());
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
    file.write_all(part.as_bytes()).map_err(failed)?;
    Ok(true)
}
