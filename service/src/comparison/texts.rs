//! The texts of surfaces that changed, in so far as somebody can wait for them.

use super::words;
use crate::Result;
use domain::difference::Difference;
use domain::ids::BlobId;
use std::collections::HashMap;
use store::blobs::{self, Within};
use store::comparison::Sided;
use store::engine::db::Tx;
use store::surfaces::Surface;

/// Bytes of all texts of one page.
const ALL: i64 = 2 * 1024 * 1024;

/// Texts by the ID they are kept under.
#[derive(Default)]
pub(super) struct Texts(HashMap<BlobId, Option<String>>);

/// Loads what both versions of the surfaces say, as far as it is short.
pub(super) async fn load(tx: &mut Tx, all: &[Sided<Surface>]) -> Result<Texts> {
    let (mut out, mut left) = (HashMap::new(), ALL);
    for blob in all.iter().filter_map(|s| s.row.content_id) {
        if out.contains_key(&blob) || left <= 0 {
            continue;
        }
        let text = match blobs::read_within(tx, blob, (words::LONGEST as i64).min(left)).await? {
            Some(Within::Text(bytes)) => {
                left -= bytes.len() as i64;
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
            Some(Within::Erased | Within::Larger) | None => None,
        };
        out.insert(blob, text);
    }
    Ok(Texts(out))
}

impl Texts {
    /// A difference with what went and came between two versions, where both texts are here.
    pub fn with(&self, one: Difference, old: &Surface, new: &Surface) -> Difference {
        let text = |s: &Surface| s.content_id.and_then(|blob| self.0.get(&blob)?.as_deref());
        match (text(old), text(new)) {
            (Some(old), Some(new)) => words::with_texts(one, old, new),
            _ => one,
        }
    }
}
