//! What one text of a rule says of places, in the language of the rule. It must not know whether the rule allows or denies.

use super::{LocatorKind, PATTERN_MOST, Pattern, arn, kubernetes, mark, repository};
use crate::rule::Dialect;

/// What the CSV importer writes where a line names no resource.
const UNSTATED: &str = "unstated";

/// What one text of a rule says.
pub(super) enum Said {
    Unknown,
    Everything,
    Places(Vec<Pattern>),
}

/// Reads one text of a rule. With `sure` only what it says beyond doubt counts, because it takes away.
pub(super) fn said(dialect: Dialect, text: &str, sure: bool) -> Said {
    let Ok(text) = mark::checked(text, PATTERN_MOST) else { return Said::Unknown };
    if mark::is_everything(text) {
        return Said::Everything;
    }
    match dialect {
        Dialect::Aws => Said::Places(vec![Pattern::raw(LocatorKind::Arn, arn::of_rule(text))]),
        Dialect::Kubernetes => {
            Said::Places(kubernetes::of_rule(text).map(|machine| Pattern::raw(LocatorKind::Kubernetes, machine)).into_iter().collect())
        }
        Dialect::Csv if text == UNSTATED => Said::Unknown,
        Dialect::Mcp | Dialect::A2a | Dialect::Csv | Dialect::Countersign => Said::Places(words(text, sure)),
    }
}

/// A place as people and other systems write it, in each way that it may be meant.
fn words(text: &str, sure: bool) -> Vec<Pattern> {
    let kind = super::recognised(text);
    let Ok(own) = Pattern::parse(Some(kind), text) else {
        // It begins like a place of this kind and cannot be read to its end.
        return if sure { Vec::new() } else { vec![Pattern::everything(kind)] };
    };
    let mut places = Vec::with_capacity(1);
    if kind == LocatorKind::Name && text.starts_with(['*', '?']) {
        // It begins with a wildcard, which may run over all that tells the kind.
        places.extend([LocatorKind::Arn, LocatorKind::Uri].map(|kind| Pattern::raw(kind, mark::marked(text, true))));
        if !sure {
            places.extend([LocatorKind::Kubernetes, LocatorKind::Mcp, LocatorKind::Repository].map(Pattern::everything));
        }
    } else if kind == LocatorKind::Name && !sure && text.contains('/') && !text.starts_with('/') {
        // `acme/docs` is a name, and a repository written short.
        places.extend(Pattern::parse(Some(LocatorKind::Repository), text).ok());
    } else if kind == LocatorKind::Uri && !sure {
        places.extend(repository::of_uri(own.machine()).map(|machine| Pattern::raw(LocatorKind::Repository, machine)));
    }
    places.push(own);
    places
}
