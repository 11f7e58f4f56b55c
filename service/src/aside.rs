//! Work of more than a moment that borrows what its caller holds, and so cannot be handed to a thread of its own.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Does it here and now; whoever else waits for this thread of the runtime is served by another one meanwhile.
pub(crate) fn aside<T>(work: impl FnOnce() -> T) -> T {
    let many = Handle::try_current().is_ok_and(|here| here.runtime_flavor() == RuntimeFlavor::MultiThread);
    if many { tokio::task::block_in_place(work) } else { work() }
}
