//! Learning signals: cited by digest, they carry no authority.

crate::words! {
    /// What kind of signal it is.
    Kind {
        Feedback = "feedback", "feedback";
        Telemetry = "telemetry", "telemetry";
        Assessment = "assessment", "assessment";
        Incident = "incident", "incident";
    }
}
