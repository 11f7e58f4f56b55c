//! CSV: one grant a row. Columns by name, in any case and order: `identity` (needed), `kind`, `name`, `environment`,
//! `criticality`, `owner`, `team`, `account`, `permission_set`, `effect`, `action`, `resource`, `ends_at`. A row that states
//! nothing of access states an identity only. Rows that contradict each other are refused with both lines.

mod cells;
mod table;

use crate::input::Input;
use crate::instants;
use crate::notes::Notes;
use crate::{Error, Result};
use domain::identity;
use domain::rule::{Dialect, Effect, Rule, Via};
use domain::snapshot::{Hints, SeenIdentity, SeenSet, Snapshot};
use std::collections::{BTreeMap, HashMap, HashSet};
use table::{Column, Row, Table};
pub(crate) use table::{is_near, is_table};

/// What stands where a row does not say on what.
const UNSTATED: &str = "unstated";
/// What of a row is said of the identity, and becomes its hints.
const HINTS: [Column; 5] = [Column::Environment, Column::Criticality, Column::Owner, Column::Team, Column::Account];
/// What of a row is said of access.
const ACCESS: [Column; 5] = [Column::PermissionSet, Column::Effect, Column::Action, Column::Resource, Column::EndsAt];

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct At {
    file: usize,
    line: u64,
}

type Index = HashMap<(&'static str, String), u32>;

struct Reading<'a> {
    input: &'a Input,
    out: Snapshot,
    identities: Index,
    sets: Index,
    held: HashSet<(u32, u32)>,
    /// What was said of an identity first, and where.
    said: HashMap<(u32, Column), (String, At)>,
    /// Grants by what makes them one: where each was stated first, and its index.
    grants: HashMap<(u32, Option<u32>, u32), (At, usize)>,
    ends: Vec<Option<i64>>,
    /// Columns whose cells hold a word for nothing, and in how many rows.
    unsaid: BTreeMap<&'static str, u64>,
    notes: Notes,
}

pub fn read(input: &Input) -> Result<Snapshot> {
    let mut reading = Reading {
        input,
        out: Snapshot::default(),
        identities: HashMap::new(),
        sets: HashMap::new(),
        held: HashSet::new(),
        said: HashMap::new(),
        grants: HashMap::new(),
        ends: vec![],
        unsaid: BTreeMap::new(),
        notes: Notes::of("notes about rows"),
    };
    for (file, one) in input.files.iter().enumerate() {
        let text = one.text()?;
        let mut table = Table::open(&one.name, &text)?;
        for name in table.unread() {
            reading.notes.add(format!("column {name} of {} is not known and was not read", one.name));
            *reading.out.skipped.entry(format!("column {name}")).or_default() += 1;
        }
        while let Some(row) = table.next_row()? {
            let at = At { file, line: row.line };
            reading.row(&at, &row).map_err(|reason| reading.error(&at, reason))?;
        }
    }
    reading.finish()
}

type Said<T> = std::result::Result<T, String>;

impl Reading<'_> {
    fn error(&self, at: &At, reason: String) -> Error {
        Error::at(&self.input.files[at.file].name, format!("line {}", at.line), reason)
    }

    /// How a line of this or another file is named.
    fn line(&self, at: &At, from: &At) -> String {
        if at.file == from.file { format!("line {}", at.line) } else { format!("{}, line {}", self.input.files[at.file].name, at.line) }
    }

    fn row(&mut self, at: &At, row: &Row<'_>) -> Said<()> {
        let key = row.get(Column::Identity);
        if key.is_empty() {
            return Err("the identity is empty".to_owned());
        }
        if cells::is_sum(key) && ACCESS.iter().chain(&[Column::Kind, Column::Name]).all(|c| row.get(*c).is_empty()) {
            self.notes.add(format!(
                "{}, {} is the sum of a table and no identity: not read",
                self.input.files[at.file].name,
                self.line(at, at)
            ));
            *self.out.skipped.entry("sum below a table".to_owned()).or_default() += 1;
            return Ok(());
        }
        if let Some(why) = [Column::Identity, Column::Account, Column::Resource].into_iter().find_map(|c| cells::rounded(c, row.get(c))) {
            return Err(why);
        }
        let identity = self.identity(at, row, key)?;
        if row.get(Column::Action).is_empty() {
            return match ACCESS.into_iter().find(|c| !row.get(*c).is_empty()) {
                Some(column) => Err(format!("it states {} and no action", column.name())),
                None => Ok(()),
            };
        }
        self.grant(at, row, identity)
    }

    /// The identity of a row. What one row leaves empty another may say; two that say different things are an error.
    fn identity(&mut self, at: &At, row: &Row<'_>, key: &str) -> Said<u32> {
        let kind = cell(row, Column::Kind);
        let kind = if kind.is_empty() { None } else { Some(kind_of(kind)?) };
        let seen = SeenIdentity {
            key_kind: "csv",
            key: key.to_owned(),
            kind: identity::Kind::ServiceAccount,
            name: key.to_owned(),
            human: None,
            platform_managed: false,
            unknown_access: vec![],
            hints: Hints::default(),
        };
        let identity = self.out.identity(&mut self.identities, seen);
        if let Some(kind) = kind
            && self.says(at, identity, Column::Kind, kind.as_str())?
        {
            self.out.identities[identity as usize].kind = kind;
        }
        if self.says(at, identity, Column::Name, cell(row, Column::Name))? {
            row.get(Column::Name).clone_into(&mut self.out.identities[identity as usize].name);
        }
        for column in HINTS {
            let said = cell(row, column);
            if !row.get(column).is_empty() && said.is_empty() {
                *self.unsaid.entry(column.name()).or_default() += 1;
            }
            if self.says(at, identity, column, said)? {
                self.out.identities[identity as usize].hints.insert(column.name(), row.get(column));
            }
        }
        Ok(identity)
    }

    /// True where a row is the first to say this of an identity.
    fn says(&mut self, at: &At, identity: u32, column: Column, value: &str) -> Said<bool> {
        if value.is_empty() {
            return Ok(false);
        }
        match self.said.get(&(identity, column)) {
            Some((before, _)) if before == value => Ok(false),
            Some((before, first)) => {
                let (key, first) = (&self.out.identities[identity as usize].key, self.line(first, at));
                Err(format!("{key} has the {} {value:?} here and {before:?} in {first}", column.name()))
            }
            None => {
                self.said.insert((identity, column), (value.to_owned(), at.clone()));
                Ok(true)
            }
        }
    }

    fn grant(&mut self, at: &At, row: &Row<'_>, identity: u32) -> Said<()> {
        let effect = match row.get(Column::Effect) {
            "" => Effect::Allow,
            word => Effect::parse(&word.to_lowercase()).ok_or_else(|| format!("the effect is {word:?}: write allow or deny"))?,
        };
        let ends_at = match cell(row, Column::EndsAt) {
            "" => None,
            text => Some(instants::end(text).map_err(|e| format!("ends_at is {text:?}: {e}"))?),
        };
        let mut rule = Rule::new(Dialect::Csv, effect);
        let of = |cell: &str, begins: fn(&str) -> bool| cells::listed(cell).unwrap_or_else(|| parted(cell, begins));
        rule.actions = of(row.get(Column::Action), |_| true);
        rule.resources = of(row.get(Column::Resource), begins_an_address);
        if rule.actions.is_empty() {
            return Err("the action holds separators only".to_owned());
        }
        if rule.resources.is_empty() {
            rule.resources.push(UNSTATED.to_owned());
        }
        if let Some(reason) = crate::too_wide(&rule) {
            return Err(reason);
        }
        let rule = self.out.rules.intern(rule.normal());
        let set = row.get(Column::PermissionSet);
        let set = (!set.is_empty()).then(|| {
            let seen = SeenSet { kind: "set", key: set.to_owned(), name: set.to_owned(), version: None, present: true };
            self.out.set(&mut self.sets, seen)
        });
        if let Some(set) = set
            && self.held.insert((set, rule))
        {
            self.out.set_rules.push((set, rule, None));
        }
        self.once(at, (identity, set, rule), ends_at);
        Ok(())
    }

    /// Adds a grant, or notes that a row states one that is there: of two ends the later one counts, none being the latest.
    fn once(&mut self, at: &At, key: (u32, Option<u32>, u32), ends_at: Option<i64>) {
        let Some((first, index)) = self.grants.get(&key).cloned() else {
            self.grants.insert(key, (at.clone(), self.ends.len()));
            self.ends.push(ends_at);
            return;
        };
        let (here, there) = (self.line(at, &first), self.line(&first, at));
        let file = &self.input.files[at.file].name;
        let before = self.ends[index];
        if before == ends_at {
            self.notes.add(format!("{file}, line {} states what {there} states; it is counted once", at.line));
        } else {
            self.ends[index] = before.zip(ends_at).map(|(a, b)| a.max(b));
            self.notes.add(format!("{there} and {here} of {file} state the same access with different ends; the later end counts"));
        }
    }

    fn finish(mut self) -> Result<Snapshot> {
        if self.out.identities.is_empty() {
            return Err(Error::new(&self.input.name, "there is a header and no row below it: nothing to import"));
        }
        for ((identity, set, rule), (_, index)) in &self.grants {
            self.out.grant(*identity, *set, *rule, Via::Direct, "", self.ends[*index]);
        }
        for (column, rows) in self.unsaid {
            self.notes.add(format!("{column} is a word for nothing (N/A and its like) in {rows} rows: read as not said"));
        }
        self.out.notes.extend(self.notes.into_texts());
        Ok(self.out)
    }
}

/// A cell; a word for nothing is nothing.
fn cell<'r>(row: &'r Row<'_>, column: Column) -> &'r str {
    Some(row.get(column)).filter(|value| !cells::is_nothing(column, value)).unwrap_or_default()
}

/// A kind as people write it: `AI agent` is `ai_agent`.
fn kind_of(word: &str) -> Said<identity::Kind> {
    let plain = word.to_lowercase().replace([' ', '-'], "_");
    identity::Kind::parse(&plain)
        .ok_or_else(|| format!("{word:?} is no kind of identity: write one of {}", identity::Kind::WORDS.join(", ")))
}

/// The parts of a cell: parted at line breaks, and at commas and semicolons where what follows may begin a part.
fn parted(cell: &str, begins: fn(&str) -> bool) -> Vec<String> {
    let mut out = Vec::new();
    let mut from = 0;
    for (at, c) in cell.char_indices() {
        let behind = &cell[at + c.len_utf8()..];
        if matches!(c, '\n' | '\r') || (matches!(c, ',' | ';') && begins(behind.trim_start())) {
            out.push(&cell[from..at]);
            from = at + c.len_utf8();
        }
    }
    out.push(&cell[from..]);
    out.into_iter()
        .map(|part| part.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';')))
        .filter(|p| !p.is_empty())
        .map(str::to_owned)
        .collect()
}

/// An address: resources may hold commas, so only another one parts them.
fn begins_an_address(text: &str) -> bool {
    let scheme: usize = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')).count();
    text.starts_with("arn:") || (scheme > 0 && text[scheme..].starts_with("://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_actions_and_addresses_of_one_cell_are_several() {
        assert_eq!(parted("s3:GetObject, s3:PutObject;read\nlist,", |_| true), ["s3:GetObject", "s3:PutObject", "read", "list"]);
        assert_eq!(
            parted("arn:aws:s3:::a, arn:aws:s3:::b;https://x/", begins_an_address),
            ["arn:aws:s3:::a", "arn:aws:s3:::b", "https://x/"]
        );
        assert_eq!(parted("cn=a,dc=b;c", begins_an_address), ["cn=a,dc=b;c"]);
        assert_eq!(parted("", |_| true), Vec::<String>::new());
    }
}
