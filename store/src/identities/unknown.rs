//! Access that is not known as a whole, beside the figures of lists. It must not say why anything is unknown: the source does.

/// Why the access of a listed identity is not known as a whole, as its source says at a position: a nought without it would
/// read as no access.
macro_rules! unknown_access {
    ($seq:literal) => {
        concat!(
            "(SELECT SUBSTR(MIN(u.unknown_access), 1, 300) FROM identity_versions u WHERE u.id = f.identity_id AND u.plane = 'observed' AND u.since <= ",
            $seq,
            " AND ",
            $seq,
            " < u.until AND ",
            $crate::identities::live!("u", $seq),
            ") AS unknown_access"
        )
    };
}
pub(crate) use unknown_access;
