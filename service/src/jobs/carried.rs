//! Which jobs this process is at, and how each is told to stop.

use super::CANCELLED;
use crate::Services;
use domain::ids::JobId;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// While this lives, the process is at a job: nobody here takes it for one whose process is gone, and whoever calls it off
/// here is heard at its next step.
pub(super) struct Carried {
    services: Services,
    id: JobId,
}

impl Carried {
    pub fn by(services: &Services, id: JobId, stop: &Arc<AtomicU8>) -> Self {
        if let Ok(mut carried) = services.carried.lock() {
            carried.insert(id, stop.clone());
        }
        Self { services: services.clone(), id }
    }

    pub fn is(services: &Services, id: JobId) -> bool {
        services.carried.lock().is_ok_and(|carried| carried.contains_key(&id))
    }

    /// Another process hears of it with its next beat, from the row of the job.
    pub fn call_off(services: &Services, id: JobId) {
        if let Ok(carried) = services.carried.lock()
            && let Some(stop) = carried.get(&id)
        {
            stop.store(CANCELLED, Ordering::Relaxed);
        }
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        if let Ok(mut carried) = self.services.carried.lock() {
            carried.remove(&self.id);
        }
    }
}
