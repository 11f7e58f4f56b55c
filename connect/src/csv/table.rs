//! A table as spreadsheets and programs write it: whichever separator, `sep=`, headers in any case, empty rows. A header that
//! is not known is an error where it may be a known one misspelt, else it is named. It must not know what a cell means.

use crate::{Error, Result};

/// The columns that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Column {
    Identity,
    Kind,
    Name,
    Environment,
    Criticality,
    Owner,
    Team,
    Account,
    PermissionSet,
    Effect,
    Action,
    Resource,
    EndsAt,
}

/// Each column with its name, and with other words that mean it: a word is named as an error, not guessed at.
const COLUMNS: [(Column, &str, &[&str]); 13] = [
    (Column::Identity, "identity", &["identities", "id", "user", "username", "principal", "service_account", "subject"]),
    (Column::Kind, "kind", &["type", "identity_type", "identity_kind"]),
    (Column::Name, "name", &["names", "display_name"]),
    (Column::Environment, "environment", &["env", "stage"]),
    (Column::Criticality, "criticality", &["criticalities"]),
    (Column::Owner, "owner", &["owners", "owned_by"]),
    (Column::Team, "team", &["teams"]),
    (Column::Account, "account", &["accounts", "account_id"]),
    (Column::PermissionSet, "permission_set", &["permission_sets", "policy", "policies", "role", "roles", "group", "groups"]),
    (Column::Effect, "effect", &["effects", "allow", "deny", "decision", "access_type"]),
    (
        Column::Action,
        "action",
        &["actions", "permission", "permissions", "privilege", "privileges", "right", "rights", "operation", "operations", "verb", "verbs"],
    ),
    (Column::Resource, "resource", &["resources", "target", "targets", "object", "objects"]),
    (
        Column::EndsAt,
        "ends_at",
        &[
            "end",
            "ends",
            "end_date",
            "expires",
            "expires_at",
            "expires_on",
            "expiry",
            "expiry_date",
            "expiration",
            "expiration_date",
            "until",
            "valid_until",
            "valid_to",
        ],
    ),
];
/// The most columns of a table.
const MOST: usize = 1000;

impl Column {
    pub fn name(self) -> &'static str {
        COLUMNS.iter().find(|(c, ..)| *c == self).map_or("", |(_, name, _)| name)
    }
}

/// A header as it is compared: `Permission Set` is `permission_set`.
fn plain(header: &str) -> String {
    // What is longer is no name of ours, cut or not.
    let visible = header.chars().take(100).filter(|c| !domain::text::is_invisible(*c));
    let words: String = visible.map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    words.split_whitespace().collect::<Vec<_>>().join("_").to_lowercase()
}

/// The column that a header names.
fn known(plain: &str) -> Option<Column> {
    COLUMNS.iter().find(|(_, name, _)| *name == plain || name.replace('_', "") == plain).map(|(c, ..)| *c)
}

/// The column that a header may mean.
fn meant(plain: &str) -> Option<Column> {
    let other = COLUMNS.iter().find(|(_, _, words)| words.contains(&plain));
    other.or_else(|| COLUMNS.iter().find(|(_, name, _)| is_near(plain, name))).map(|(c, ..)| *c)
}

fn names_a_column(plain: &str) -> bool {
    known(plain).or_else(|| meant(plain)).is_some()
}

/// Whether two words differ by one letter for every four: one added, lost or changed counts one, two exchanged count one.
pub(crate) fn is_near(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let most = (b.len() / 4).max(1);
    if a.len().abs_diff(b.len()) > most {
        return false;
    }
    let (mut older, mut before): (Vec<usize>, Vec<usize>) = (vec![], (0..=b.len()).collect());
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = before[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(before[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(older[j - 2] + 1);
            }
            row.push(least);
        }
        older = std::mem::replace(&mut before, row);
    }
    before[b.len()] <= most
}

/// One row of the table.
pub(super) struct Row<'a> {
    pub line: u64,
    cells: &'a csv::StringRecord,
    columns: &'a [Option<Column>],
}

impl Row<'_> {
    /// The cell of a column, or nothing.
    pub fn get(&self, column: Column) -> &str {
        let at = self.columns.iter().position(|c| *c == Some(column));
        at.and_then(|at| self.cells.get(at)).unwrap_or_default()
    }

    pub fn bytes(&self) -> usize {
        self.cells.as_slice().len()
    }
}

pub(super) struct Table<'a> {
    file: &'a str,
    reader: csv::Reader<&'a [u8]>,
    /// Lines ahead of the header.
    ahead: u64,
    headers: Vec<String>,
    columns: Vec<Option<Column>>,
    record: csv::StringRecord,
}

impl<'a> Table<'a> {
    pub fn open(file: &'a str, text: &'a str) -> Result<Self> {
        let (separator, rest, ahead) = separator(text);
        let begins = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        if has_too_many(&rest[begins..], separator) {
            let line = 1 + ahead + lines_of(&rest.as_bytes()[..begins]);
            return Err(Error::at(
                file,
                format!("line {line}"),
                format!("the header has more than {MOST} columns; at most {MOST} are read"),
            ));
        }
        if let Some(line) = open_quote(rest, separator) {
            let reason = "a quote opens here and is never closed: what follows would be one cell";
            return Err(Error::at(file, format!("line {}", line + ahead), reason));
        }
        let mut builder = csv::ReaderBuilder::new();
        builder.trim(csv::Trim::All).flexible(true).has_headers(true).delimiter(separator);
        let mut reader = builder.from_reader(rest.as_bytes());
        let header = reader.headers().map_err(|e| Error::new(file, e.to_string()))?;
        let line = header.position().map_or(1, csv::Position::line) + ahead;
        let headers: Vec<String> = header.iter().map(str::to_owned).collect();
        let columns = columns(file, line, &headers)?;
        Ok(Self { file, reader, ahead, headers, columns, record: csv::StringRecord::new() })
    }

    /// Headers that name no column.
    pub fn unread(&self) -> impl Iterator<Item = &str> {
        let all = self.headers.iter().zip(&self.columns);
        all.filter(|(header, column)| column.is_none() && !header.is_empty()).map(|(header, _)| header.as_str())
    }

    /// The next row that is not empty.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>> {
        loop {
            match self.reader.read_record(&mut self.record) {
                Ok(false) => return Ok(None),
                Ok(true) => {}
                Err(e) => {
                    let line = e.position().map_or(0, csv::Position::line) + self.ahead;
                    return Err(Error::at(self.file, format!("line {line}"), e.to_string()));
                }
            }
            // What spreadsheets leave below a table.
            if self.record.iter().any(|cell| !cell.is_empty()) {
                break;
            }
        }
        let line = self.record.position().map_or(0, csv::Position::line) + self.ahead;
        self.refuse_ragged(line)?;
        Ok(Some(Row { line, cells: &self.record, columns: &self.columns }))
    }

    /// A row has a cell for each column; more may stand there where they are empty.
    fn refuse_ragged(&self, line: u64) -> Result<()> {
        let (cells, columns) = (self.record.len(), self.columns.len());
        let at = |reason: String| Err(Error::at(self.file, format!("line {line}"), reason));
        if cells < columns {
            return at(format!("{cells} cells where the header has {columns}"));
        }
        for (n, cell) in self.record.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            if self.headers.get(n).is_none_or(String::is_empty) {
                let shown = domain::text::capped(cell, 40);
                return at(format!("cell {} holds {shown:?}, and the header names no column there", n + 1));
            }
        }
        Ok(())
    }
}

/// The line of a cell whose quote is never closed.
fn open_quote(text: &str, separator: u8) -> Option<u64> {
    let bytes = text.as_bytes();
    let (mut at, mut line, mut begins) = (0, 1, true);
    while at < bytes.len() {
        if begins && bytes[at] == b'"' {
            let opened = line;
            // To the quote that is not one of a pair.
            loop {
                let length = bytes[at + 1..].iter().position(|b| *b == b'"');
                let Some(length) = length else { return Some(opened) };
                line += lines_of(&bytes[at + 1..at + 1 + length]);
                at += length + 2;
                if bytes.get(at) != Some(&b'"') {
                    break;
                }
            }
            begins = false;
            continue;
        }
        line += u64::from(bytes[at] == b'\n');
        begins = bytes[at] == separator || matches!(bytes[at], b'\n' | b'\r');
        at += 1;
    }
    None
}

fn lines_of(bytes: &[u8]) -> u64 {
    (bytes.split(|b| *b == b'\n').count() - 1) as u64
}

/// Whether a line has more columns than are read, counted ahead of anything being kept of it.
fn has_too_many(line: &str, separator: u8) -> bool {
    // A quote opens where a cell begins; one right behind the quote that closes stands for a quote and opens again.
    let (mut columns, mut may_open, mut quoted) = (1, true, false);
    for byte in line.bytes() {
        match byte {
            b'"' if quoted || may_open => (quoted, may_open) = (!quoted, true),
            b'\n' | b'\r' if !quoted => break,
            byte => {
                may_open = !quoted && byte == separator;
                columns += usize::from(may_open);
            }
        }
        if columns > MOST {
            return true;
        }
    }
    false
}

/// What parts the cells, the text from the header on, and how many lines stand ahead of it.
fn separator(text: &str) -> (u8, &str, u64) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let first = first.trim_end_matches('\r').trim_matches('"');
    // What spreadsheets write for each other.
    if let Some([separator]) = first.get(..4).filter(|s| s.eq_ignore_ascii_case("sep=")).map(|_| &first.as_bytes()[4..])
        && separator.is_ascii()
    {
        return (*separator, rest, 1);
    }
    let header = header_of(text);
    let named = |separator: &u8| {
        let columns = header.split(char::from(*separator)).take(MOST);
        columns.filter(|h| names_a_column(&plain(h.trim_matches(['"', ' '])))).count()
    };
    // The first of those that part most columns that are known.
    let best = b"\t|;,".iter().max_by_key(|s| named(s)).filter(|s| named(s) > 0);
    (best.copied().unwrap_or(b','), text, 0)
}

/// The first line with anything in it, as much of it as headers take.
fn header_of(text: &str) -> &str {
    const LONG: usize = 64 * 1024;
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let end = (0..=LONG.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    &line[..end]
}

/// Whether a text begins with a header that names identities, or two columns of ours.
pub(crate) fn is_table(text: &str) -> bool {
    let (headers, parted) = headers(text);
    let columns: Vec<Column> = headers.iter().filter_map(|h| known(h).or_else(|| meant(h))).collect();
    columns.contains(&Column::Identity) || (columns.len() > 1 && parted)
}

/// Whether a header names identities by our word for them: others have tables about users and roles too.
pub(crate) fn names_identities(text: &str) -> bool {
    headers(text).0.iter().any(|h| known(h) == Some(Column::Identity))
}

/// The headers in the first line, as they are compared, and whether anything parts them.
fn headers(text: &str) -> (Vec<String>, bool) {
    let (separator, rest, _) = separator(text);
    let header = header_of(rest);
    let parts = header.split(char::from(separator)).take(MOST);
    (parts.map(|h| plain(h.trim_matches(['"', ' ']))).collect(), header.contains(char::from(separator)))
}

fn columns(file: &str, line: u64, headers: &[String]) -> Result<Vec<Option<Column>>> {
    let at = |reason: String| Error::at(file, format!("line {line}"), reason);
    let shown = || headers.iter().take(20).map(|h| domain::text::capped(h, 40)).collect::<Vec<_>>().join(", ");
    let mut out: Vec<Option<Column>> = Vec::with_capacity(headers.len());
    for header in headers {
        let column = known(&plain(header));
        if column.is_some() && out.contains(&column) {
            return Err(at(format!("two columns are named {header}")));
        }
        out.push(column);
    }
    let missing = !out.contains(&Some(Column::Identity));
    let guess = headers.iter().zip(&out).filter(|(_, column)| column.is_none()).find_map(|(header, _)| {
        let meant = meant(&plain(header)).filter(|m| !out.contains(&Some(*m)))?;
        Some((header, meant))
    });
    match guess {
        Some((header, meant)) => Err(at(format!("the column {header} is not known; for {0} write {0}", meant.name()))),
        None if missing => Err(at(format!("no column named identity; the columns found are: {}", shown()))),
        None => Ok(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_known_in_any_case_and_a_misspelt_one_is_named() {
        for (header, column) in [
            ("Identity", Column::Identity),
            (" Ends At", Column::EndsAt),
            ("PermissionSet", Column::PermissionSet),
            ("\u{FEFF}kind", Column::Kind),
        ] {
            assert_eq!(known(&plain(header)), Some(column), "{header}");
        }
        for (header, column) in [
            ("resorce", Column::Resource),
            ("actions", Column::Action),
            ("Expires", Column::EndsAt),
            ("acion", Column::Action),
            ("onwer", Column::Owner),
        ] {
            assert_eq!((known(&plain(header)), meant(&plain(header))), (None, Some(column)), "{header}");
        }
        for header in ["comment", "notes", "ticket", "created", "region"] {
            assert_eq!(meant(&plain(header)), None, "{header}");
        }
    }

    #[test]
    fn columns_are_counted_as_a_reader_parts_them() {
        let row = |cell: &str, n: usize| vec![cell; n].join(",");
        for (line, many) in [
            (row("a", MOST), false),
            (row("a", MOST + 1), true),
            (row("\"a,b\"", MOST), false),
            (row("\"a\"\",b\"", MOST), false),
            (row("\"a,\nb\"", MOST + 1), true),
            (format!("5\" disk,b\n{}", row("a", MOST)), false),
            (String::new(), false),
        ] {
            assert_eq!(has_too_many(&line, b','), many, "{}", line.chars().take(40).collect::<String>());
        }
    }

    #[test]
    fn the_separator_is_what_parts_the_known_columns() {
        assert_eq!(separator("sep=|\r\nidentity|kind"), (b'|', "identity|kind", 1));
        assert_eq!(separator("\"sep=;\"\nidentity"), (b';', "identity", 1));
        assert_eq!(separator("identity;kind;a,b\n").0, b';');
        assert_eq!(separator("Identity\tAction\n").0, b'\t');
        assert_eq!(separator("identity\na;b\n").0, b',');
        assert_eq!(separator("nothing;known").0, b',');
    }
}
