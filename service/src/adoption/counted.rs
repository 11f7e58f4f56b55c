//! What stands in every place, counted over all identities. That takes tens of milliseconds, so the newest answer is
//! kept with its position. It must hold nothing that does not follow from the position.

use crate::{Read, Result};
use domain::seq::Seq;
use std::sync::{Arc, Mutex, PoisonError};
use store::adoption::{self, Figures};

/// The newest count of a process.
#[derive(Clone, Default)]
pub struct Newest(Arc<Mutex<Option<Counted>>>);

type Counted = (Seq, Arc<Figures>);

impl Newest {
    fn at(&self, seq: Seq) -> Option<Arc<Figures>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(of, _)| *of == seq).map(|(_, figures)| figures.clone())
    }

    fn keep(&self, seq: Seq, figures: &Arc<Figures>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((seq, figures.clone()));
    }
}

/// The figures of every place and of whom tags name, as of the position that is read.
pub(crate) async fn figures(read: &mut Read) -> Result<Arc<Figures>> {
    let (seq, now, newest) = (read.seq(), read.at_head(), read.services().counted.clone());
    if let Some(figures) = newest.at(seq).filter(|_| now) {
        return Ok(figures);
    }
    let figures = Arc::new(adoption::figures(read.tx(), seq, now).await?);
    if now {
        newest.keep(seq, &figures);
    }
    Ok(figures)
}
