//! What every checkpoint sink has confirmed: the largest note that was written there, on record beside the entries it
//! covers. Operational: it says what a sink owes, not what happened. Writing to sinks is the server's.

use super::db::{Db, Tx};
use super::table::{Table, TableKind};
use crate::Result;
use domain::seq::Seq;

log! { $
    /// What a sink has confirmed.
    Confirmed in CHECKPOINT_SINKS, confirmed_columns {
        place: String,
        epoch: i64,
        seq: Seq,
        note: String,
        /// How many notes it holds at least.
        notes: i64,
        /// Keyed outside the database: a row that somebody changed says nothing.
        mac: String,
    }
}

pub static CHECKPOINT_SINKS: Table = Table {
    name: "checkpoint_sinks",
    about: "The largest checkpoint that each sink has confirmed, and how many it holds: one that holds less was cut.",
    kind: TableKind::Operational,
    key: &["place"],
    columns: Confirmed::COLUMNS,
    ..Table::PLAIN
};

statements! {
    ALL = concat!("SELECT ", confirmed_columns!("s"), " FROM checkpoint_sinks s ORDER BY s.place LIMIT 1000");
    CONFIRM = "INSERT INTO checkpoint_sinks (place, epoch, seq, note, notes, mac) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (place) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, note = excluded.note, notes = excluded.notes,
            mac = excluded.mac
        WHERE (excluded.epoch, excluded.seq) > (checkpoint_sinks.epoch, checkpoint_sinks.seq)";
}

pub async fn all(tx: &mut Tx) -> Result<Vec<Confirmed>> {
    Ok(on!(tx, c => sqlx::query_as::<_, Confirmed>(ALL).fetch_all(c).await?))
}

/// Puts on record what a sink has confirmed, where it is more than what is on record.
pub async fn confirm(db: &Db, c: &Confirmed) -> Result<()> {
    let mut tx = db.begin().await?;
    on!(&mut tx, conn => {
        sqlx::query(CONFIRM).bind(c.place.as_str()).bind(c.epoch).bind(c.seq).bind(c.note.as_str()).bind(c.notes).bind(c.mac.as_str()).execute(conn).await?;
    });
    tx.commit().await
}
