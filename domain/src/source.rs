//! Sources: registered feeds of facts, and from where each one looks.

use crate::rule::Dialect;
use crate::time::Timestamp;

crate::words! {
    /// From where a source looks, nearest to what is enforced first. A finding is closed only by a source that
    /// stands as near as the one that raised it.
    Vantage {
        EnforcementPoint = "enforcement_point", "enforced access";
        ControlPlane = "control_plane", "live configuration";
        Artefact = "artefact", "files";
        SelfReport = "self_report", "self-report";
    }
}

crate::words! {
    /// What feeds a source: one of the importers, or people's hands.
    SourceKind {
        Aws = "aws", "AWS";
        Kubernetes = "kubernetes", "Kubernetes";
        Mcp = "mcp", "MCP";
        A2a = "a2a", "A2A";
        Csv = "csv", "CSV";
        Countersign = "countersign", "Countersign JSON";
        Manual = "manual", "entered manually";
    }
}

crate::words! {
    /// Whether an input speaks of everything a source holds.
    Completeness {
        Complete = "complete", "complete";
        Partial = "partial", "partial";
    }
}

crate::words! {
    /// How a batch of entries ended.
    Outcome {
        Live = "live", "live";
        Abandoned = "abandoned", "abandoned";
    }
}

impl SourceKind {
    /// What rules of such a source say what they say in.
    pub fn dialect(self) -> Dialect {
        match self {
            Self::Aws => Dialect::Aws,
            Self::Kubernetes => Dialect::Kubernetes,
            Self::Mcp => Dialect::Mcp,
            Self::A2a => Dialect::A2a,
            Self::Csv => Dialect::Csv,
            Self::Countersign | Self::Manual => Dialect::Countersign,
        }
    }
}

impl Vantage {
    /// What a feed of this kind is taken for until people say otherwise.
    pub fn of(kind: SourceKind) -> Self {
        match kind {
            SourceKind::Aws => Self::ControlPlane,
            SourceKind::A2a | SourceKind::Manual => Self::SelfReport,
            SourceKind::Kubernetes | SourceKind::Mcp | SourceKind::Csv | SourceKind::Countersign => Self::Artefact,
        }
    }

    /// A file, whichever way it came: uploaded, as the body of a request, or from the command line. It shows what
    /// somebody wrote down, also where a control plane gave it.
    pub const FILE: Self = Self::Artefact;

    /// What arrives is judged by the lower of its source's vantage and its channel's. Lowest is what an identity says
    /// of itself; the words stand from the highest down.
    #[must_use]
    pub fn lower(self, other: Self) -> Self {
        self.max(other)
    }

    /// One line for whoever chooses.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::EnforcementPoint => "seen where access is allowed or refused",
            Self::ControlPlane => "asked from the system that grants access",
            Self::Artefact => "shows what was written down, not what runs",
            Self::SelfReport => "stated by the identity itself",
        }
    }
}

/// True where nothing came within the expected interval. Without an interval nothing is late.
pub fn is_late(last_heard: Option<Timestamp>, interval_seconds: Option<i64>, at: Timestamp) -> bool {
    let Some(interval) = interval_seconds else { return false };
    last_heard.is_none_or(|heard| at.since(heard) > interval.saturating_mul(crate::time::SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DAY, SECOND};

    #[test]
    fn what_arrives_is_judged_by_the_lower_of_source_and_channel() {
        use Vantage::{Artefact, ControlPlane, EnforcementPoint, SelfReport};
        let cases = [
            (EnforcementPoint, Vantage::FILE, Artefact),
            (ControlPlane, Vantage::FILE, Artefact),
            (Artefact, Vantage::FILE, Artefact),
            (SelfReport, Vantage::FILE, SelfReport),
            (EnforcementPoint, EnforcementPoint, EnforcementPoint),
            (EnforcementPoint, ControlPlane, ControlPlane),
            (EnforcementPoint, SelfReport, SelfReport),
            (ControlPlane, SelfReport, SelfReport),
        ];
        for (source, channel, judged) in cases {
            assert_eq!(source.lower(channel), judged, "{source} by {channel}");
            assert_eq!(channel.lower(source), judged, "{channel} by {source}");
        }
        assert!(Vantage::ALL.iter().all(|v| v.lower(Vantage::FILE) >= Artefact), "no file proves what is enforced");
    }

    #[test]
    fn late_is_past_the_interval_and_never_heard_of_is_late_too() {
        let (start, at) = (Some(Timestamp(0)), Timestamp);
        assert!(!is_late(start, None, at(900 * DAY)));
        assert!(!is_late(start, Some(3600), at(3600 * SECOND)));
        assert!(is_late(start, Some(3600), at(3600 * SECOND + 1)));
        assert!(is_late(None, Some(3600), at(0)));
        assert!(!is_late(start, Some(i64::MAX), at(i64::MAX)));
    }
}
