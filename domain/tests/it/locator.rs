//! Locators as a caller sees them: tables of what two patterns share and what one holds, over all kinds.

use domain::locator::{Locator, LocatorKind, Pattern, Work};

use LocatorKind::{Arn, Kubernetes, Mcp, Name, Repository, Uri};

fn of(kind: LocatorKind, text: &str) -> Pattern {
    Pattern::parse(Some(kind), text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Kind, one pattern, another, whether they overlap, whether the first contains the second, and the reverse.
const TABLE: [(LocatorKind, &str, &str, bool, bool, bool); 96] = [
    (Arn, "*", "arn:aws:s3:::b", true, true, false),
    (Arn, "*", "*", true, true, true),
    (Arn, "arn:*", "*", true, false, true),
    (Arn, "arn:aws:s3:::b/*", "arn:aws:s3:::b", false, false, false),
    (Arn, "arn:aws:s3:::b*", "arn:aws:s3:::b", true, true, false),
    (Arn, "arn:aws:s3:::b*", "arn:aws:s3:::b/*", true, true, false),
    (Arn, "arn:aws:s3:::b/*", "arn:aws:s3:::b/", true, true, false),
    (Arn, "arn:aws:s3:::b/*", "arn:aws:s3:::b/?", true, true, false),
    (Arn, "arn:aws:s3:::b/?", "arn:aws:s3:::b/??", false, false, false),
    (Arn, "arn:aws:s3:::b/?*", "arn:aws:s3:::b/*?", true, true, false),
    (Arn, "arn:aws:s3:::b/vault/*", "arn:aws:s3:::b/Vault/*", false, false, false),
    (Arn, "arn:AWS:S3:::b", "arn:aws:s3:::b", true, true, true),
    (Arn, "s3://b/k", "arn:aws:s3:::b/*", true, false, true),
    (Arn, "arn:aws:s3:::b", "arn:aws:s3:eu-west-1:111122223333:b", false, false, false),
    (Arn, "arn:aws:s3:*:*:b", "arn:aws:s3:::b", true, true, false),
    (Arn, "arn:aws:s3:::b", "arn:aws-cn:s3:::b", false, false, false),
    (Arn, "arn:*:s3:::b", "arn:aws-cn:s3:::b", true, true, false),
    (Arn, "arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:role/agent", true, true, false),
    (Arn, "arn:aws:iam::*:role/*", "arn:aws:iam::111122223333:user/agent", false, false, false),
    (Arn, "arn:aws:iam::*", "arn:aws:iam::111122223333:role/agent", true, true, false),
    (Arn, "arn:aws:logs:*:*:log-group:/aws/lambda/*", "arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/f:log-stream:s", true, true, false),
    (Arn, "arn:aws:logs:*:*:log-group:a*z", "arn:aws:logs:eu-west-1:1:log-group:a:z", true, false, false),
    (Arn, "arn:aws:logs:*:*:log-group:a*z", "arn:aws:logs:eu-west-1:1:log-group:abz", true, true, false),
    (Arn, "arn:aws:logs:*:*:log-group:a*z", "arn:aws:logs:*:*:log-group:a*yz", true, true, false),
    (Arn, "arn:aws:sqs:*:1:q?", "arn:aws:sqs:eu-west-1:1:q", false, false, false),
    (Arn, "arn:aws:sqs:*:1:*-prod", "arn:aws:sqs:eu-*:1:agent-*", true, false, false),
    (Arn, "arn:aws:sqs:*:1:*-prod", "arn:aws:sqs:*:1:*-test", false, false, false),
    (Arn, "arn:aws:iam::1:user/${aws:username}", "arn:aws:iam::1:user/ann", true, false, false),
    (Arn, "arn:aws:iam::1:user/${aws:username}", "arn:aws:iam::1:role/ann", false, false, false),
    (Arn, "arn:aws:iam::1:user/${aws:username}", "arn:aws:iam::1:user/${aws:username}", true, true, true),
    (Arn, "arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", false, false, false),
    (Arn, "arn:aws:s3:::b/${*}", "arn:aws:s3:::b/*", true, false, true),
    (Kubernetes, "*", "url:/healthz", true, true, false),
    (Kubernetes, "*/*", "url:/healthz", false, false, false),
    (Kubernetes, "*/*", "/pods", true, true, false),
    (Kubernetes, "*/*", "apps/deployments/scale", true, true, false),
    (Kubernetes, "/*", "apps/deployments", false, false, false),
    (Kubernetes, "apps/*", "apps/deployments/scale@shop#web", true, true, false),
    (Kubernetes, "*/deployments", "apps/deployments", true, true, false),
    (Kubernetes, "*/deployments", "apps/*", true, false, false),
    (Kubernetes, "/pods", "/pods/log", false, false, false),
    (Kubernetes, "/*/log", "/pods/log", true, true, false),
    (Kubernetes, "/*/log", "/pods", false, false, false),
    (Kubernetes, "/*/log", "/*", true, false, true),
    (Kubernetes, "/*/log", "/pods/exec", false, false, false),
    (Kubernetes, "/secrets", "/secrets@shop#db", true, true, false),
    (Kubernetes, "/secrets@shop", "/secrets#db", true, false, false),
    (Kubernetes, "/secrets@shop", "/secrets@bank#db", false, false, false),
    (Kubernetes, "/secrets@shop-*#db-?", "/secrets@shop-eu#db-1", true, true, false),
    (Kubernetes, "/secrets@shop-*#db-?", "/secrets@shop-eu#db-10", false, false, false),
    (Kubernetes, "k8s://prod//secrets", "/secrets", true, false, true),
    (Kubernetes, "k8s://prod//secrets", "k8s://test//secrets", false, false, false),
    (Kubernetes, "url:/health*", "url:/healthz/ready", true, true, false),
    (Kubernetes, "url:*", "url:/metrics", true, true, false),
    (Kubernetes, "url:/a*c", "url:/abc", false, false, false),
    (Kubernetes, "/api/v1/namespaces/shop/pods/web/log", "/pods/log@shop#web", true, true, true),
    (Uri, "https://example.org/*", "HTTPS://Example.org:443/a/b?c", true, true, false),
    (Uri, "https://example.org/*", "https://example.org", true, true, false),
    (Uri, "https://example.org/*", "http://example.org/", false, false, false),
    (Uri, "https://example.org/a", "https://example.org/a/", false, false, false),
    (Uri, "https://example.org/a/*", "https://example.org/a", false, false, false),
    (Uri, "https://example.org/A", "https://example.org/a", false, false, false),
    (Uri, "https://*.example.org/*", "https://api.example.org/x", true, true, false),
    (Uri, "https://*.example.org/*", "https://example.org/x", false, false, false),
    (Uri, "https://example.org/a?b=*", "https://example.org/a?b=1&c=2", true, true, false),
    (Uri, "https://example.org/a?", "https://example.org/ab", false, false, false),
    (Uri, "https://example.org/%2A", "https://example.org/x", false, false, false),
    (Uri, "*://example.org/*", "ftp://example.org:21/x", true, true, false),
    (Uri, "https://example.org/*/x", "https://example.org/y/*", true, false, false),
    (Uri, "https://user:pw@example.org/", "https://example.org/", true, true, true),
    (Repository, "acme/docs", "https://github.com/Acme/Docs/blob/main/x.md", true, true, false),
    (Repository, "acme/docs", "acme/docs-old", false, false, false),
    (Repository, "acme/*", "acme/docs/x.md@main", true, true, false),
    (Repository, "acme/docs@main", "acme/docs@dev", false, false, false),
    (Repository, "acme/docs@main", "acme/docs/x.md", true, false, false),
    (Repository, "acme/docs/prompts", "acme/docs/prompts/x.md", true, true, false),
    (Repository, "acme/docs/prompts", "acme/docs/prompts.md", false, false, false),
    (Repository, "acme/docs/*.md@*", "acme/docs/a/b.md@main", true, true, false),
    (Repository, "acme/docs/X.md", "acme/docs/x.md", false, false, false),
    (Repository, "*/*", "git@gitlab.com:acme/docs.git", false, false, false),
    (Repository, "*", "git@gitlab.com:acme/docs.git", true, true, false),
    (Repository, "git.example.com/*", "ssh://git@git.example.com/team/docs.git", true, true, false),
    (Repository, "git.example.com/Team/docs", "git.example.com/team/docs", false, false, false),
    (Mcp, "mcp:weather", "mcp:weather/forecast", true, true, false),
    (Mcp, "mcp:weather", "mcp:weather", true, true, true),
    (Mcp, "mcp:weather", "mcp:weathers", false, false, false),
    (Mcp, "mcp:weather/*", "mcp:weather", true, false, true),
    (Mcp, "mcp:*", "mcp:Weather/forecast", true, true, false),
    (Mcp, "mcp:Weather", "mcp:weather", false, false, false),
    (Mcp, "mcp:*/read_*", "mcp:io.github.acme/files/read_all", true, true, false),
    (Name, "crm", "CRM", false, false, false),
    (Name, "vault/*", "vault/crm/readonly", true, true, false),
    (Name, "vault/*", "vault", false, false, false),
    (Name, "repo:*", "repo:docs", true, true, false),
    (Name, "a*b", "*ab*", true, false, false),
    (Name, "?*", "*?", true, true, true),
];

#[test]
fn what_patterns_share_and_hold() {
    for (kind, one, other, overlap, holds, held) in TABLE {
        let (a, b) = (of(kind, one), of(kind, other));
        let work = &mut Work::default();
        assert_eq!(a.overlaps(&b, work), overlap, "{one} overlaps {other}");
        assert_eq!(b.overlaps(&a, work), overlap, "{other} overlaps {one}");
        assert_eq!(a.contains(&b, work), holds, "{one} contains {other}");
        assert_eq!(b.contains(&a, work), held, "{other} contains {one}");
        for own in [&a, &b] {
            assert!(own.overlaps(own, work) && own.contains(own, work), "{}", own.normal());
        }
    }
}

#[test]
fn kinds_never_meet() {
    let one_of_each = [of(Arn, "*"), of(Kubernetes, "*"), of(Uri, "*"), of(Repository, "*"), of(Mcp, "*"), of(Name, "*")];
    assert_eq!(one_of_each.len(), LocatorKind::ALL.len());
    for (n, one) in one_of_each.iter().enumerate() {
        for (m, other) in one_of_each.iter().enumerate() {
            let work = &mut Work::default();
            assert_eq!((one.overlaps(other, work), one.contains(other, work)), (n == m, n == m), "{:?} {:?}", one.kind(), other.kind());
        }
    }
}

#[test]
fn a_stored_normal_form_reads_as_the_same_place() {
    for (kind, one, other, ..) in TABLE {
        for text in [one, other] {
            let Ok(locator) = Locator::parse(Some(kind), text) else { continue };
            assert_eq!(Locator::parse(Some(locator.kind), &locator.normal), Ok(locator.clone()), "{text}");
            let place = Pattern::exactly(Some(locator.kind), &locator.normal).expect("a normal form");
            assert_eq!(place.normal(), locator.normal, "{text}");
            assert!(place.contains(&Pattern::exactly(Some(kind), text).expect(text), &mut Work::default()), "{text}");
        }
    }
}

#[test]
fn words_of_kinds_read_back() {
    for kind in LocatorKind::ALL {
        assert_eq!(LocatorKind::parse(kind.as_str()), Some(*kind));
        assert!(!kind.label().is_empty());
    }
}
