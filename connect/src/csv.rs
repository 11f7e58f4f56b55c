//! CSV: one grant a row. Columns by name, in any case and order: `identity` (needed), `kind`, `name`, `environment`,
//! `criticality`, `owner`, `team`, `account`, `permission_set`, `effect`, `action`, `resource`, `ends_at`. A row that states
//! nothing of access states an identity only. Rows that contradict each other are refused with both lines.

mod cells;
mod table;

use crate::input::Input;
use crate::instants;
use crate::notes::Notes;
use crate::work::{KEPT, Work};
use crate::{Error, Result};
use domain::identity;
use domain::rule::{Dialect, Effect, Rule, Via};
use domain::snapshot::{Hints, SeenIdentity, SeenSet, Snapshot};
use std::collections::{BTreeMap, HashMap, HashSet};
use table::{Column, Row, Table};
pub(crate) use table::{is_near, is_table, names_identities};

/// What stands where a row does not say on what.
const UNSTATED: &str = "unstated";
/// What of a row is said of the identity, and becomes its hints.
const HINTS: [Column; 5] = [Column::Environment, Column::Criticality, Column::Owner, Column::Team, Column::Account];
/// What of a row is said of access.
const ACCESS: [Column; 5] = [Column::PermissionSet, Column::Effect, Column::Action, Column::Resource, Column::EndsAt];

/// How many rules are known by their cells, and how long those may be.
const REMEMBERED: usize = 10_000;
const SHORT: usize = 400;

/// A line of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct At {
    file: u32,
    line: u32,
}

struct Reading<'a> {
    input: &'a Input,
    out: Snapshot,
    identities: HashMap<Box<str>, u32>,
    sets: HashMap<(&'static str, String), u32>,
    held: HashSet<(u32, u32)>,
    /// Where something was said of an identity first.
    said: HashMap<(u32, Column), At>,
    /// Rules by the cells that state them: what many rows say is parted and named once.
    stated: HashMap<(Effect, Box<str>, Box<str>), u32>,
    /// Grants by what makes them one: where each was stated first, and its index.
    grants: HashMap<(u32, Option<u32>, u32), (At, u32)>,
    ends: Vec<Option<i64>>,
    /// Columns whose cells hold a word for nothing, and in how many rows.
    unsaid: BTreeMap<&'static str, u64>,
    notes: Notes,
    kept: Kept<'a>,
}

/// What is kept of the rows, in bytes as the machine's memory counts them: rows of a few letters take a hundred times their
/// length, and hardly more than that were it ten times as many letters.
struct Kept<'w>(&'w Work);

impl Kept<'_> {
    const IDENTITY: usize = size_of::<SeenIdentity>() + 140;
    const HINT: usize = 110;
    const RULE: usize = size_of::<Rule>() + 330;
    const SET: usize = size_of::<SeenSet>() + 180;
    const GRANT: usize = 150;
    /// Steps of a row, and of each of its bytes.
    const ROW: u64 = 1_000;
    const BYTE: u64 = 30;

    /// What is too much is refused with the next row.
    fn takes(&self, each: usize, texts: usize) {
        let _ = self.0.keeps((each + texts) as u64);
    }

    /// A table is held as a whole, so that a larger one may not keep more.
    fn refuse_more(&self, row: usize) -> Said<()> {
        let reason = "the rows up to here take the memory that an import may take: part the table, and import each part as a source";
        if self.0.kept() > KEPT || self.0.keeps(0).is_err() {
            return Err(reason.to_owned());
        }
        self.0.steps(Self::ROW + row as u64 * Self::BYTE, "reading the rows")
    }
}

pub fn read(input: &Input, work: &Work) -> Result<Snapshot> {
    let mut reading = Reading {
        input,
        out: Snapshot::default(),
        identities: HashMap::new(),
        sets: HashMap::new(),
        held: HashSet::new(),
        said: HashMap::new(),
        stated: HashMap::new(),
        grants: HashMap::new(),
        ends: vec![],
        unsaid: BTreeMap::new(),
        notes: Notes::of("notes about rows"),
        kept: Kept(work),
    };
    for (file, one) in (0..).zip(&input.files) {
        let text = one.text()?;
        let mut table = Table::open(&one.name, &text)?;
        for name in table.unread() {
            let name = domain::text::capped(name, 80);
            reading.notes.add(format!("column {name} of {} is not known and was not read", one.name));
            *reading.out.skipped.entry(format!("column {name}")).or_default() += 1;
        }
        while let Some(row) = table.next_row()? {
            let at = At { file, line: row.line as u32 };
            reading.row(at, &row).map_err(|reason| reading.error(at, reason))?;
        }
        reading.kept.refuse_more(0).map_err(|reason| Error::at(&one.name, "the last line", reason))?;
    }
    reading.finish()
}

type Said<T> = std::result::Result<T, String>;

impl Reading<'_> {
    fn error(&self, at: At, reason: String) -> Error {
        Error::at(&self.input.files[at.file as usize].name, format!("line {}", at.line), reason)
    }

    /// How a line of this or another file is named.
    fn line(&self, at: At, from: At) -> String {
        if at.file == from.file {
            format!("line {}", at.line)
        } else {
            format!("{}, line {}", self.input.files[at.file as usize].name, at.line)
        }
    }

    fn row(&mut self, at: At, row: &Row<'_>) -> Said<()> {
        let key = row.get(Column::Identity);
        if key.is_empty() {
            return Err("the identity is empty".to_owned());
        }
        self.kept.refuse_more(row.bytes())?;
        if cells::is_sum(key) && ACCESS.iter().chain(&[Column::Kind, Column::Name]).all(|c| row.get(*c).is_empty()) {
            self.notes.add(format!(
                "{}, {} is the sum of a table and no identity: not read",
                self.input.files[at.file as usize].name,
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
    fn identity(&mut self, at: At, row: &Row<'_>, key: &str) -> Said<u32> {
        let kind = cell(row, Column::Kind);
        let kind = if kind.is_empty() { None } else { Some(kind_of(kind)?) };
        let identity = self.named(key);
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
                self.kept.takes(Kept::HINT, said.len());
                self.out.identities[identity as usize].hints.insert(column.name(), row.get(column));
            }
        }
        Ok(identity)
    }

    /// The identity of a key, made where no row named it.
    fn named(&mut self, key: &str) -> u32 {
        if let Some(at) = self.identities.get(key) {
            return *at;
        }
        self.kept.takes(Kept::IDENTITY, 3 * key.len());
        self.out.identities.push(SeenIdentity {
            key_kind: "csv",
            key: key.to_owned(),
            kind: identity::Kind::ServiceAccount,
            name: key.to_owned(),
            human: None,
            platform_managed: false,
            unknown_access: vec![],
            hints: Hints::default(),
        });
        let at = (self.out.identities.len() - 1) as u32;
        self.identities.insert(key.into(), at);
        at
    }

    /// What was said of an identity.
    fn before(&self, identity: u32, column: Column) -> &str {
        let one = &self.out.identities[identity as usize];
        match column {
            Column::Kind => one.kind.as_str(),
            Column::Name => &one.name,
            other => one.hints.get(other.name()).unwrap_or_default(),
        }
    }

    /// True where a row is the first to say this of an identity.
    fn says(&mut self, at: At, identity: u32, column: Column, value: &str) -> Said<bool> {
        if value.is_empty() {
            return Ok(false);
        }
        let Some(first) = self.said.get(&(identity, column)).copied() else {
            self.said.insert((identity, column), at);
            return Ok(true);
        };
        let before = self.before(identity, column);
        if before == value {
            return Ok(false);
        }
        let (key, first) = (&self.out.identities[identity as usize].key, self.line(first, at));
        Err(format!("{key} has the {} {value:?} here and {before:?} in {first}", column.name()))
    }

    fn grant(&mut self, at: At, row: &Row<'_>, identity: u32) -> Said<()> {
        let ends_at = match cell(row, Column::EndsAt) {
            "" => None,
            text => Some(instants::end(text).map_err(|e| format!("ends_at is {text:?}: {e}"))?),
        };
        let rule = self.rule(row)?;
        let set = self.set(row.get(Column::PermissionSet));
        if let Some(set) = set
            && self.held.insert((set, rule))
        {
            self.out.set_rules.push((set, rule, None));
        }
        self.once(at, (identity, set, rule), ends_at);
        Ok(())
    }

    fn rule(&mut self, row: &Row<'_>) -> Said<u32> {
        let effect = match row.get(Column::Effect) {
            "" => Effect::Allow,
            word => Effect::parse(&word.to_lowercase()).ok_or_else(|| format!("the effect is {word:?}: write allow or deny"))?,
        };
        let (action, resource) = (row.get(Column::Action), row.get(Column::Resource));
        let is_short = action.len() + resource.len() <= SHORT;
        let stated = is_short.then(|| (effect, action.into(), resource.into()));
        if let Some(rule) = stated.as_ref().and_then(|cells| self.stated.get(cells)) {
            return Ok(*rule);
        }
        let rule = rule_of(effect, action, resource)?;
        let texts: usize = rule.actions.iter().chain(&rule.resources).map(|text| 24 + text.len()).sum();
        let known = self.out.rules.len();
        let rule = self.out.rules.intern(rule.normal());
        if self.out.rules.len() > known {
            self.kept.takes(Kept::RULE, texts);
        }
        if let Some(cells) = stated.filter(|_| self.stated.len() < REMEMBERED) {
            self.stated.insert(cells, rule);
        }
        Ok(rule)
    }

    fn set(&mut self, name: &str) -> Option<u32> {
        if name.is_empty() {
            return None;
        }
        let known = self.out.sets.len();
        let seen = SeenSet { kind: "set", key: name.to_owned(), name: name.to_owned(), version: None, present: true };
        let set = self.out.set(&mut self.sets, seen);
        if self.out.sets.len() > known {
            self.kept.takes(Kept::SET, 3 * name.len());
        }
        Some(set)
    }

    /// Adds a grant, or notes that a row states one that is there: of two ends the later one counts, none being the latest.
    fn once(&mut self, at: At, key: (u32, Option<u32>, u32), ends_at: Option<i64>) {
        let Some((first, index)) = self.grants.get(&key).copied() else {
            self.grants.insert(key, (at, self.ends.len() as u32));
            self.kept.takes(Kept::GRANT, 0);
            self.ends.push(ends_at);
            return;
        };
        let (here, there) = (self.line(at, first), self.line(first, at));
        let file = &self.input.files[at.file as usize].name;
        let index = index as usize;
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
            self.out.grant(*identity, *set, *rule, Via::Direct, "", self.ends[*index as usize]);
        }
        for (column, rows) in self.unsaid {
            self.notes.add(format!("{column} is a word for nothing (N/A and its like) in {rows} rows: read as not said"));
        }
        self.out.notes.extend(self.notes.into_texts());
        Ok(self.out)
    }
}

/// What cells state of access.
fn rule_of(effect: Effect, action: &str, resource: &str) -> Said<Rule> {
    let mut rule = Rule::new(Dialect::Csv, effect);
    let of = |cell: &str, begins: fn(&str) -> bool| cells::listed(cell).unwrap_or_else(|| parted(cell, begins));
    rule.actions = of(action, |_| true);
    rule.resources = of(resource, begins_an_address);
    if rule.actions.is_empty() {
        return Err("the action holds separators only".to_owned());
    }
    if rule.resources.is_empty() {
        rule.resources.push(UNSTATED.to_owned());
    }
    crate::too_wide(&rule).map_or(Ok(rule), Err)
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
