//! Tables of the ledger itself.

use super::{Kind, Table, c, erasable};
use domain::facts::ColumnKind::{Bytes, Id, Int, Text};

pub static BATCHES: Table =
    Table { name: "batches", anchor: None, kind: Kind::Recorded, key: &["id"], columns: &[c("id", Id), c("seq", Int), c("source_id", Id)] };

pub static BATCH_ENDS: Table = Table {
    name: "batch_ends",
    anchor: None,
    kind: Kind::Recorded,
    key: &["batch"],
    columns: &[c("batch", Id), c("seq", Int), c("outcome", Text)],
};

pub static BLOBS: Table = Table {
    name: "blobs",
    anchor: None,
    kind: Kind::Recorded,
    key: &["id"],
    columns: &[
        c("id", Id),
        c("seq", Int),
        c("digest", Text),
        c("size", Int),
        c("media", Text),
        erasable("salt", Bytes),
        erasable("content", Bytes),
    ],
};

pub static REDACTIONS: Table = Table {
    name: "redactions",
    anchor: None,
    kind: Kind::Recorded,
    key: &["id"],
    columns: &[
        c("id", Id),
        c("seq", Int),
        c("subject_table", Text),
        c("subject_id", Id),
        c("reason", Text),
        c("first_person_id", Id),
        c("second_person_id", Id),
    ],
};

pub static COUNTS: Table = Table {
    name: "counts",
    anchor: None,
    kind: Kind::Recorded,
    key: &["scope", "measure", "seq"],
    columns: &[c("scope", Text), c("measure", Text), c("seq", Int), c("n", Int)],
};

pub static ANCHORS: Table = Table {
    name: "anchors",
    anchor: None,
    kind: Kind::Recorded,
    key: &["id"],
    columns: &[c("id", Id), c("seq", Int), c("kind", Text), c("from_at", Int), c("to_at", Int), c("n", Int), c("root", Text)],
};

pub static RETENTIONS: Table = Table {
    name: "retentions",
    anchor: None,
    kind: Kind::Recorded,
    key: &["id"],
    columns: &[c("id", Id), c("seq", Int), c("kind", Text), c("below_at", Int), c("n", Int), c("root", Text)],
};
