//! What lists of sources are asked.

crate::filters! {
    /// What a list of sources is narrowed to: they are few, and shown whole.
    Filter {} apart {}
}
