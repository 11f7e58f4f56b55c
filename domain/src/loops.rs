//! Loops: the words of their verdicts. How a verdict is reached comes with the analysis itself.

crate::words! {
    /// On what a verdict rests: the owner's word, what could happen, what did.
    Basis {
        Declared = "declared", "declared";
        Structural = "structural", "structural";
        Observed = "observed", "observed";
    }
}

crate::words! {
    /// Whether an agent's feedback comes to change what it can do, worst first.
    Verdict {
        ClosedOverOwnAccess = "closed_over_own_access", "closed over its own access";
        Closed = "closed", "closed";
        Undetermined = "undetermined", "undetermined";
        Bounded = "bounded", "bounded";
        Assisted = "assisted", "assisted";
        Analytical = "analytical", "analytical";
    }
}
