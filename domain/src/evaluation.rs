//! Evaluations: the words of what anchors and retires them. The decision point itself comes later.

crate::words! {
    /// What an anchor commits to.
    Anchored {
        Evaluations = "evaluations", "evaluations";
        Uses = "uses", "uses";
    }
}

crate::words! {
    /// What a retention entry lets go.
    Retained {
        Evaluations = "evaluations", "evaluations";
        Observations = "observations", "observations";
    }
}
