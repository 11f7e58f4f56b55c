//! Attributes of a record, one by one: which it is, as it stands in a record, and put there.

use super::Attribute;
use crate::change::content::Record;

impl Attribute {
    /// Which attribute it is: its place in the list.
    pub(in crate::change) fn place(&self) -> u8 {
        match self {
            Self::Name(_) => 0,
            Self::Kind(_) => 1,
            Self::Environment(_) => 2,
            Self::Criticality(_) => 3,
            Self::Owner(_) => 4,
            Self::Backup(_) => 5,
            Self::Team(_) => 6,
            Self::Autonomy(_) => 7,
            Self::Purpose(_) => 8,
            Self::Human(_) => 9,
            Self::Parent(_) => 10,
        }
    }

    /// The same attribute as it stands in a record.
    #[must_use]
    pub fn of(&self, record: &Record) -> Self {
        match self {
            Self::Name(_) => Self::Name(record.name.clone()),
            Self::Kind(_) => Self::Kind(record.kind),
            Self::Environment(_) => Self::Environment(record.environment),
            Self::Criticality(_) => Self::Criticality(record.criticality),
            Self::Owner(_) => Self::Owner(record.owner),
            Self::Backup(_) => Self::Backup(record.backup),
            Self::Team(_) => Self::Team(record.team),
            Self::Autonomy(_) => Self::Autonomy(record.autonomy),
            Self::Purpose(_) => Self::Purpose(record.purpose.clone()),
            Self::Human(_) => Self::Human(record.human),
            Self::Parent(_) => Self::Parent(record.parent),
        }
    }

    pub(in crate::change) fn put(&self, record: &mut Record) {
        match self {
            Self::Name(to) => record.name.clone_from(to),
            Self::Kind(to) => record.kind = *to,
            Self::Environment(to) => record.environment = *to,
            Self::Criticality(to) => record.criticality = *to,
            Self::Owner(to) => record.owner = *to,
            Self::Backup(to) => record.backup = *to,
            Self::Team(to) => record.team = *to,
            Self::Autonomy(to) => record.autonomy = *to,
            Self::Purpose(to) => record.purpose.clone_from(to),
            Self::Human(to) => record.human = *to,
            Self::Parent(to) => record.parent = *to,
        }
    }
}
