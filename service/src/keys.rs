//! The two key files beside a store: whether they are the ones it was written with. With others it opens, and then nobody
//! signs in, no token works and its checkpoints cannot be told from forged ones. Reading files is the server's.

use crate::people::address_digest;
use crate::setup::signer_name;
use crate::{Result, sessions};
use domain::ids::InstallationId;
use domain::note::Signer;
use store::engine::witness;
use store::engine::witness::Witness;

pub use store::engine::db::Db;

/// What stands in the two files.
pub struct KeyFiles {
    /// Signs checkpoints.
    pub checkpoint: [u8; 32],
    /// Keys MACs and digests.
    pub mac: [u8; 32],
}

/// Which of them is another store's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    Checkpoint,
    Mac,
}

impl KeyFiles {
    /// Who signs with them for an installation.
    pub fn signer(&self, installation: InstallationId) -> Option<Signer> {
        Signer::new(&signer_name(installation), &self.checkpoint)
    }

    /// The one that a store was not written with. Where nothing in it shows, none.
    pub async fn foreign_to(&self, db: &Db) -> Result<Option<Foreign>> {
        Ok(self.foreign(&witness::of_store(db).await?))
    }

    /// The same of an archive, without loading it.
    pub fn foreign_to_archive(&self, lines: impl Iterator<Item = std::io::Result<String>>) -> Result<Option<Foreign>> {
        Ok(self.foreign(&witness::of_archive(lines)?))
    }

    fn foreign(&self, witness: &Witness) -> Option<Foreign> {
        let signed = |note: &String| self.signer(witness.installation).is_some_and(|s| s.verifier().open(note).is_ok());
        if witness.checkpoint.as_ref().is_some_and(|note| !signed(note)) {
            return Some(Foreign::Checkpoint);
        }
        let keyed = |(address, digest): &(String, String)| sessions::same(&address_digest(&self.mac, address), digest);
        // One may have been written behind our back: a foreign key fits none.
        (!witness.addresses.is_empty() && !witness.addresses.iter().any(keyed)).then_some(Foreign::Mac)
    }
}
