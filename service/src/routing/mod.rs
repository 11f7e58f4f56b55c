//! The routing policy: who has to agree to which change, cell by cell as changes are routed by it, and who there is today.

mod list;
mod replay;

pub use list::{List, Row, Summary, summary};
pub use replay::{REPLAYED, replay};
