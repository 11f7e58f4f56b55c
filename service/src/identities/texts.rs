//! The texts of surfaces and what their last versions changed, in so far as a page can wait for it: an agent writes its own
//! prompt, and must not keep those from working who review it. Whole texts are downloaded one by one.

use super::read::{ShownSurface, Text};
use crate::{Error, Read, Result, Services};
use domain::ids::SurfaceId;
use domain::permission::Action;
use domain::seq::Seq;
use domain::text;
use similar::{ChangeTag, TextDiff};
use std::time::{Duration, Instant};
use store::blobs::{self, Within};
use store::engine::db::Tx;
use store::surfaces;

/// The most of one text that is loaded for a page, and of all of them together.
const TEXT: i64 = 2 * 1024 * 1024;
const PAGE: i64 = 8 * 1024 * 1024;
/// The longest texts that are compared: bytes, and lines.
const COMPARED: usize = 256 * 1024;
const LINES: usize = 5_000;
/// The most lines that are shown of one comparison, and unchanged ones around what changed where that is too many.
const SHOWN: usize = 2_000;
const AROUND: usize = 3;
/// How long all comparisons of a page may take.
const PATIENCE: Duration = Duration::from_millis(250);

/// What the last version changed of the one ahead of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Lines(Vec<Line>),
    TooLarge,
}

/// A line of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Added(String),
    Removed(String),
    Same(String),
    /// So many unchanged lines are left out.
    Left(usize),
}

/// The surfaces of an identity with their newest texts, each compared with the one ahead of it.
pub(super) async fn shown(services: &Services, tx: &mut Tx, of: Vec<surfaces::Surface>, seq: Seq) -> Result<Vec<ShownSurface>> {
    let mut left = PAGE;
    let (mut all, mut pairs) = (Vec::new(), Vec::new());
    for surface in of {
        let versions = surfaces::versions(tx, surface.id, surface.plane, seq).await?;
        let newest = load(tx, versions.first(), &mut left).await?;
        let before = match &newest {
            Text::Content(_) if versions.len() > 1 => load(tx, versions.get(1), &mut left).await?,
            _ => Text::NotKept,
        };
        pairs.push(match (&before, &newest) {
            (Text::Content(old), Text::Content(new)) => Some((old.clone(), new.clone())),
            (Text::TooLarge, Text::Content(_)) => Some((String::new(), String::new())),
            _ => None,
        });
        let too_large = matches!(before, Text::TooLarge);
        all.push(ShownSurface { surface, versions, text: newest, change: too_large.then_some(Change::TooLarge) });
    }
    if pairs.iter().any(Option::is_some) {
        let changes = services.compare(move || compared(&pairs)).await?;
        for (shown, change) in all.iter_mut().zip(changes) {
            shown.change = shown.change.take().or(change);
        }
    }
    Ok(all)
}

async fn load(tx: &mut Tx, version: Option<&surfaces::Surface>, left: &mut i64) -> Result<Text> {
    let Some(blob) = version.and_then(|v| v.content_id) else { return Ok(Text::NotKept) };
    Ok(match blobs::read_within(tx, blob, TEXT.min(*left)).await? {
        Some(Within::Text(bytes)) => {
            *left -= bytes.len() as i64;
            Text::Content(String::from_utf8_lossy(&bytes).into_owned())
        }
        Some(Within::Erased) => Text::Redacted,
        Some(Within::Larger) => Text::TooLarge,
        None => Text::NotKept,
    })
}

fn compared(pairs: &[Option<(String, String)>]) -> Vec<Option<Change>> {
    let until = Instant::now() + PATIENCE;
    pairs.iter().map(|pair| pair.as_ref().map(|(old, new)| change(old, new, until))).collect()
}

/// A comparison by lines, whole where it is short enough to be read, else what changed and what stands around it.
fn change(old: &str, new: &str, until: Instant) -> Change {
    let long = |text: &str| text.len() > COMPARED || text.lines().nth(LINES).is_some();
    if long(old) || long(new) || Instant::now() >= until {
        return Change::TooLarge;
    }
    let (old, new) = (text::visible(old), text::visible(new));
    let diff = TextDiff::configure().deadline(until).diff_lines(&old, &new);
    // Past its deadline it stops looking for what stayed the same, and calls everything changed.
    if Instant::now() >= until {
        return Change::TooLarge;
    }
    let all: Vec<Line> = diff.iter_all_changes().map(|c| line(c.tag(), c.value())).collect();
    let lines = if all.len() > SHOWN { around(all) } else { all };
    if lines.len() > SHOWN { Change::TooLarge } else { Change::Lines(lines) }
}

fn line(tag: ChangeTag, value: &str) -> Line {
    let value = value.trim_end_matches('\n').to_owned();
    match tag {
        ChangeTag::Insert => Line::Added(value),
        ChangeTag::Delete => Line::Removed(value),
        ChangeTag::Equal => Line::Same(value),
    }
}

/// Leaves out what is far from any change, and says how much that is.
fn around(all: Vec<Line>) -> Vec<Line> {
    let is_change = |line: &Line| !matches!(line, Line::Same(_));
    let mut near = vec![false; all.len()];
    for (at, _) in all.iter().enumerate().filter(|(_, line)| is_change(line)) {
        let end = (at + AROUND + 1).min(near.len());
        near[at.saturating_sub(AROUND)..end].fill(true);
    }
    let mut out = Vec::new();
    for (line, near) in all.into_iter().zip(near) {
        match out.last_mut() {
            _ if near => out.push(line),
            Some(Line::Left(n)) => *n += 1,
            _ => out.push(Line::Left(1)),
        }
    }
    out
}

/// The whole text of one version, for whoever downloads it.
pub async fn version_text(read: &mut Read, surface: SurfaceId, since: Seq) -> Result<String> {
    read.authorise(Action::ReadInventory)?;
    let gone = || Error::NotFound("text");
    let seq = read.seq();
    let version = surfaces::version(read.tx(), surface, since, seq).await?.ok_or_else(gone)?;
    match super::read::text(read.tx(), version.content_id).await? {
        Text::Content(text) => Ok(text),
        Text::Redacted | Text::NotKept | Text::TooLarge => Err(gone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(old: &str, new: &str) -> Change {
        change(old, new, Instant::now() + Duration::from_mins(10))
    }

    #[test]
    fn a_change_far_down_is_shown_and_what_is_left_out_is_counted() {
        let old: String = (0..4_000).map(|n| format!("line {n}\n")).collect();
        let Change::Lines(lines) = now(&old, &old.replace("line 3500\n", "never refund\n")) else { panic!("it can be compared") };
        let same = |n: usize| Line::Same(format!("line {n}"));
        let changed = [Line::Removed("line 3500".to_owned()), Line::Added("never refund".to_owned())];
        let expected: Vec<Line> = [Line::Left(3497), same(3497), same(3498), same(3499)]
            .into_iter()
            .chain(changed)
            .chain([same(3501), same(3502), same(3503), Line::Left(496)])
            .collect();
        assert_eq!(lines, expected);
        assert_eq!(
            now("a\nb\n", "a\nc\n"),
            Change::Lines(vec![Line::Same("a".into()), Line::Removed("b".into()), Line::Added("c".into())])
        );
    }

    #[test]
    fn what_cannot_be_read_or_would_take_too_long_is_not_compared() {
        let lines = |of: &str, n: usize| (0..n).map(|i| format!("{of} {i}\n")).collect::<String>();
        for (old, new) in [
            (lines("a", 2_000), lines("b", 2_000)),
            (lines("a", LINES + 1), "b\n".to_owned()),
            ("x".repeat(COMPARED + 1), "b\n".to_owned()),
        ] {
            assert_eq!(now(&old, &new), Change::TooLarge);
        }
        assert_eq!(change("a\n", "b\n", Instant::now()), Change::TooLarge, "its time is up");
    }
}
