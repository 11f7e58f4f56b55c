//! What awaits adoption: identities nobody has reviewed and nobody answers for, by source and place. Deciding
//! comes with the change requests; here is what there would be to decide.

mod counted;
mod read;

pub(crate) use counted::{Newest, figures};
pub use read::{Page, page};
pub use store::adoption::Place;
