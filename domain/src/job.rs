//! Jobs: the words of what runs in the background and where it stands.

crate::words! {
    /// What a job does.
    JobKind {
        Import = "import", "import";
        Verify = "verify", "verification";
        Export = "export", "export";
        /// A change whose time may have come.
        Change = "change", "change";
        /// What an approved adoption writes, batch by batch.
        Adopt = "adopt", "adoption";
    }
}

crate::words! {
    /// Where a job stands.
    JobState {
        Queued = "queued", "waiting";
        Running = "running", "running";
        Done = "done", "done";
        Failed = "failed", "failed";
        Cancelled = "cancelled", "cancelled";
    }
}

impl JobState {
    /// True where nothing more becomes of it.
    pub fn has_ended(self) -> bool {
        match self {
            Self::Queued | Self::Running => false,
            Self::Done | Self::Failed | Self::Cancelled => true,
        }
    }
}
