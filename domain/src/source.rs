//! Sources: registered feeds of facts, and from where each one looks.

crate::words! {
    /// From where a source looks, nearest to what is enforced first. A finding is closed only by a source that
    /// stands as near as the one that raised it.
    Vantage {
        EnforcementPoint = "enforcement_point", "enforcement point";
        ControlPlane = "control_plane", "control plane";
        Artefact = "artefact", "artefact";
        SelfReport = "self_report", "self report";
    }
}

crate::words! {
    /// What feeds a source: one of the importers, or people's hands.
    Kind {
        Aws = "aws", "AWS";
        Kubernetes = "kubernetes", "Kubernetes";
        Mcp = "mcp", "MCP";
        A2a = "a2a", "A2A";
        Csv = "csv", "CSV";
        Countersign = "countersign", "Countersign JSON";
        Manual = "manual", "entered by hand";
    }
}

impl Vantage {
    /// What a feed of this kind is taken for until people say otherwise.
    pub fn of(kind: Kind) -> Self {
        match kind {
            Kind::Aws => Self::ControlPlane,
            Kind::A2a | Kind::Manual => Self::SelfReport,
            Kind::Kubernetes | Kind::Mcp | Kind::Csv | Kind::Countersign => Self::Artefact,
        }
    }

    /// One line for whoever chooses.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::EnforcementPoint => "sees what is allowed or refused, where it happens",
            Self::ControlPlane => "asks the system that hands out the access",
            Self::Artefact => "reads files: proves what is stored, not what runs",
            Self::SelfReport => "what an identity says of itself",
        }
    }
}

/// True where nothing came within the expected interval. Without an interval nothing is late.
pub fn is_late(last_heard: Option<i64>, interval_seconds: Option<i64>, at: i64) -> bool {
    let Some(interval) = interval_seconds else { return false };
    last_heard.is_none_or(|heard| at - heard > interval.saturating_mul(crate::time::SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DAY, SECOND};

    #[test]
    fn late_is_past_the_interval_and_never_heard_of_is_late_too() {
        assert!(!is_late(Some(0), None, 900 * DAY));
        assert!(!is_late(Some(0), Some(3600), 3600 * SECOND));
        assert!(is_late(Some(0), Some(3600), 3600 * SECOND + 1));
        assert!(is_late(None, Some(3600), 0));
        assert!(!is_late(Some(0), Some(i64::MAX), i64::MAX));
    }
}
