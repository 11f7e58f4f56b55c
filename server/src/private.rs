//! What lies in the data directory is read by the user of the program and by nobody else, whatever the umask and whoever
//! made it.

use crate::compose::{CHECKPOINT_KEY, MAC_KEY};
use std::fs::Permissions;
use std::io::Result;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;

/// Makes the data directory, or closes the one that is there.
pub fn folder(path: &Path) -> Result<()> {
    if !path.exists() {
        return std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    }
    // A folder of somebody else's things, /tmp for example, is not ours to close.
    let empty = std::fs::read_dir(path)?.next().is_none();
    if empty || [CHECKPOINT_KEY, MAC_KEY].iter().any(|key| path.join(key).exists()) {
        close(path, 0o700);
        for entry in std::fs::read_dir(path)?.filter_map(std::result::Result::ok) {
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if is_file {
                close(&entry.path(), 0o600);
            }
        }
    }
    Ok(())
}

/// Takes from a file or folder what others may do with it.
fn close(path: &Path, mode: u32) {
    const OTHERS: u32 = 0o077;
    const STICKY: u32 = 0o1000;
    let Ok(found) = std::fs::metadata(path) else { return };
    if found.mode() & OTHERS == 0 || found.mode() & STICKY != 0 {
        return;
    }
    if let Err(error) = std::fs::set_permissions(path, Permissions::from_mode(mode)) {
        tracing::warn!(path = %path.display(), %error, "others on this machine can read this, and it cannot be changed");
    }
}
