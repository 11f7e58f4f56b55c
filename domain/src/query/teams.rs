//! What lists of teams are asked.

crate::filters! {
    /// What a list of teams is narrowed to: they are few, and shown whole.
    Filter {} apart {}
}
