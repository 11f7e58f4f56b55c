//! Change requests: proposing, deciding, applying. Every door calls these functions. What may happen is `domain::change`'s
//! to say; here the facts are read, one command is made of the answer, and time is seen to.

mod adopt;
mod apply;
mod around;
mod case;
mod choices;
mod counts;
mod decide;
mod draft;
mod due;
mod factor;
mod inbox;
mod list;
mod load;
mod people;
mod read;
mod refresh;
mod review;
mod rows;
mod said;
mod shown;
mod submit;
mod title;
mod undo;
mod weigh;

pub(crate) use adopt::carry_out as carry_out_adoption;
pub use adopt::{PART, progress};
pub use choices::{Choices, Held, Subjected, choices};
pub use counts::{Counted, counts};
pub use decide::{Say, approve, consent, question, refuse, reject};
pub use draft::{OPERATIONS_MOST, Proposal, TEXT_MOST};
pub(crate) use due::carry_out;
pub use due::{look, sweep};
pub use factor::Proof;
pub(crate) use inbox::Remembered;
pub use inbox::{INBOX_MOST, Inbox, Item, Narrowed, Why, inbox, next_of, waiting};
pub use list::{List, Row};
pub use read::{Consenter, Deciding, Mine, Moment, Page, Step, show};
pub use review::{answer, ask, object, propose_again, recuse, withdraw};
pub use shown::{Shown, Talk, Who, Written};
pub use submit::{Preview, preview, submit};
pub(crate) use title::title;
pub use undo::undo;
