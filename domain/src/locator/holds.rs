//! Two texts of rules in one language: whether the places of one are surely among those of the other, and whether they may
//! share one. It must not know who holds the rules, nor what is done to the places.

use super::said::{Said, said};
use super::{LocatorKind, Work, only_kind, recognised};
use crate::rule::Dialect;

/// True where every place that `inner` may speak of is one that `outer` speaks of beyond doubt. False where that is not
/// proven, also where no work is left. Two equal texts say the same, whatever it is.
pub fn holds(dialect: Dialect, outer: &str, inner: &str, work: &mut Work) -> bool {
    if outer == inner {
        return true;
    }
    if !work.take(outer.len() + inner.len()) {
        return false;
    }
    // Of two plain names each may be something else as well, then both are: they are compared as they are written.
    let is_name = |text: &str| recognised(text) == LocatorKind::Name && !text.starts_with(['*', '?']);
    let as_written = only_kind(dialect).is_none() && is_name(outer) && is_name(inner);
    let outer = match said(dialect, outer, true) {
        Said::Everything => return true,
        Said::Unknown => return false,
        Said::Places(places) => places,
    };
    let Said::Places(inner) = said(dialect, inner, as_written) else { return false };
    inner.iter().all(|place| outer.iter().any(|wide| wide.contains(place, work)))
}

/// True where both may speak of one place. False only where they surely do not; true where no work is left.
pub fn meets(dialect: Dialect, one: &str, two: &str, work: &mut Work) -> bool {
    if one == two || !work.take(one.len() + two.len()) {
        return true;
    }
    match (said(dialect, one, false), said(dialect, two, false)) {
        (Said::Places(one), Said::Places(two)) => one.iter().any(|place| two.iter().any(|other| place.overlaps(other, work))),
        (Said::Places(places), _) | (_, Said::Places(places)) => !places.is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_holds_another_or_meets_it_in_its_own_language() {
        for (dialect, outer, inner, held, met) in [
            (Dialect::Aws, "*", "arn:aws:s3:::b/*", true, true),
            (Dialect::Aws, "arn:aws:s3:::b/*", "arn:aws:s3:::b/k", true, true),
            (Dialect::Aws, "arn:aws:s3:::b/k", "arn:aws:s3:::b/*", false, true),
            (Dialect::Aws, "arn:aws:s3:::b/*", "arn:aws:s3:::c/*", false, false),
            (Dialect::Aws, "arn:aws:iam::1:user/${aws:username}", "arn:aws:iam::1:user/ann", false, true),
            (Dialect::Kubernetes, "*/*", "apps/deployments", true, true),
            (Dialect::Kubernetes, "/pods", "/pods#one", true, true),
            (Dialect::Kubernetes, "/pods", "/pods/exec", false, false),
            (Dialect::Kubernetes, "*/*", "url:/healthz", false, false),
            (Dialect::Mcp, "mcp:weather", "mcp:weather/forecast", true, true),
            (Dialect::Mcp, "mcp:weather/forecast", "mcp:weather", false, true),
            (Dialect::Csv, "vault/*", "vault/crm", true, true),
            (Dialect::Csv, "vault/*", "crm", false, false),
            (Dialect::Csv, "vault/crm", "vault/*", false, true),
            (Dialect::Csv, "acme/*", "github.com/acme/docs", false, true),
            (Dialect::Csv, "github.com/acme/docs", "acme/docs", false, true),
            (Dialect::Countersign, "*.md", "github.com/acme/docs/x.md", false, true),
            (Dialect::Csv, "unstated", "unstated", true, true),
            (Dialect::Csv, "crm", "unstated", false, true),
            (Dialect::Csv, "*", "unstated", true, true),
        ] {
            let work = &mut Work::default();
            assert_eq!(holds(dialect, outer, inner, work), held, "{dialect:?}: {outer} holds {inner}");
            assert_eq!(meets(dialect, outer, inner, work), met, "{dialect:?}: {outer} meets {inner}");
            assert_eq!(meets(dialect, inner, outer, work), met, "{dialect:?}: {inner} meets {outer}");
        }
        let spent = &mut Work::of(1);
        assert!(!holds(Dialect::Csv, "vault/*", "vault/crm", spent) && meets(Dialect::Csv, "a", "b", spent));
    }
}
