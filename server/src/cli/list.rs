//! Lists on the command line, whatever their noun: the same rows, narrowed by the same words, as the page and the API.

use super::{Failure, Outcome};
use domain::asof::Wanted;
use domain::listing::{header, json, line};
use domain::query::Asked;
use service::Act;
use service::listing::{Listing, STEP, asked};

#[derive(clap::Args)]
pub struct Read {
    /// View the past: a ledger entry (48211), a day or a minute, which mean their end (2026-11-23, "2026-11-23 06:00"), yesterday, or "3 months ago"
    #[arg(long, default_value = "")]
    pub at: String,
    /// Print JSON lines
    #[arg(long)]
    pub json: bool,
}

impl Read {
    /// The one snapshot that a command reads.
    pub async fn open(&self, act: &Act) -> Result<service::Read, Failure> {
        Ok(service::Read::open(act.services(), act.who(), Wanted::parse(&self.at, act.services().now())?).await?)
    }
}

#[derive(clap::Args)]
pub struct List {
    #[command(flatten)]
    pub read: Read,
    /// Filter or sort, e.g. --where sort=oldest. Repeat it for several
    #[arg(long = "where", value_name = "NAME=VALUE", value_parser = pair)]
    pub narrowed: Vec<(String, String)>,
    /// The most rows to print
    #[arg(long, default_value_t = 100_000)]
    pub limit: usize,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| "must be NAME=VALUE".to_owned())?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Prints a list: JSON lines, or the names of its brief fields and those of each row, parted by tabs.
pub async fn run<L: Listing>(act: &Act, list: List) -> Outcome {
    let filter = asked::<L>(&Asked::new(list.narrowed))?;
    let mut snapshot = list.read.open(act).await?;
    let (mut after, mut left, mut named) = (None, list.limit, list.read.json);
    while left > 0 {
        let sheet = L::sheet(&mut snapshot, &filter, after.as_deref(), STEP.min(i64::try_from(left).unwrap_or(STEP))).await?;
        left = left.saturating_sub(sheet.rows.len());
        // An empty list prints nothing: a script that counts lines goes by that.
        if !named && !sheet.rows.is_empty() {
            named = true;
            say!("{}", header(L::FIELDS));
        }
        for row in &sheet.rows {
            say!("{}", if list.read.json { json(L::FIELDS, row).to_string() } else { line(L::FIELDS, row) });
        }
        if sheet.next.is_none() {
            break;
        }
        after = sheet.next;
    }
    Ok(())
}
