//! What the API server of a cluster serves: objects by group, resource, subresource, namespace and name, and
//! URLs that are no resources. Two writings: `group/resource[/subresource][@namespace][#name]`, where an
//! importer's `group/resource#name` fits in, and the path of the API itself. Whatever is left out is any; a
//! resource without a subresource is the resource alone. Rules match as RBAC in the API server does
//! (kubernetes/kubernetes, `pkg/apis/rbac/v1/evaluation_helpers.go`). It must not know which resources exist.

use super::mark::{self, ANY, BETWEEN, PART};
use super::{BadLocator, Form, LocatorKind};

/// API groups without a dot; all others have one, the core group is empty.
const GROUPS: [&str; 5] = ["apps", "autoscaling", "batch", "extensions", "policy"];

fn bad(why: &'static str) -> BadLocator {
    BadLocator::Malformed { kind: LocatorKind::Kubernetes, why }
}

/// An object or several; `*` for any, none for what is not stated.
struct Parts<'a> {
    group: &'a str,
    resource: &'a str,
    sub: Option<&'a str>,
    namespace: Option<String>,
    name: Option<String>,
}

impl Parts<'_> {
    /// The form that is compared: what tells most places apart stands first.
    fn machine(&self, cluster: Option<&str>) -> String {
        // `*` takes subresources in; a written resource does not.
        let sub = self.sub.unwrap_or(if self.resource == "*" { ANY } else { "" });
        let (namespace, name) = (self.namespace.as_deref(), self.name.as_deref());
        let parts = ["r", any(self.group), any(self.resource), sub, namespace.unwrap_or(ANY), name.unwrap_or(ANY), cluster.unwrap_or(ANY)];
        parts.join(BETWEEN)
    }

    fn normal(&self, cluster: Option<&str>) -> String {
        let mut out = format!("{}{}/{}", start(cluster), self.group, self.resource);
        for (before, part) in [("/", self.sub), ("@", self.namespace.as_deref()), ("#", self.name.as_deref())] {
            if let Some(part) = part {
                out.push_str(before);
                out.push_str(&mark::shown(part));
            }
        }
        out
    }
}

fn any(text: &str) -> &str {
    if text == "*" { ANY } else { text }
}

fn start(cluster: Option<&str>) -> String {
    cluster.map_or_else(|| "k8s:".to_owned(), |cluster| format!("k8s://{}/", mark::shown(cluster)))
}

pub(super) fn read(text: &str, wild: bool) -> Result<Form, BadLocator> {
    let rest = mark::after(text, "k8s:").or_else(|| mark::after(text, "kubernetes:")).unwrap_or(text);
    if wild && mark::is_everything(rest) {
        return Ok(Form::everything(LocatorKind::Kubernetes));
    }
    let (cluster, rest) = match rest.strip_prefix("//") {
        None => (None, rest),
        Some(rest) => {
            let (cluster, rest) = rest.split_once('/').ok_or(bad("nothing follows the name of the cluster"))?;
            (Some(globbed(cluster, wild)?), rest)
        }
    };
    let cluster = cluster.as_deref();
    if let Some(path) = rest.strip_prefix("url:") {
        let whole = path.starts_with('/') || (wild && path == "*");
        if !whole {
            return Err(bad("a URL that is no resource is written as url:/path"));
        }
        let machine = url(path, wild, cluster);
        return Ok(Form { kind: LocatorKind::Kubernetes, normal: format!("{}url:{path}", start(cluster)), machine });
    }
    let path = rest.strip_prefix('/').unwrap_or(rest);
    let parts = if path.starts_with("api/v1/") || path.starts_with("apis/") { of_path(path, wild)? } else { of_words(rest, wild)? };
    let is_type = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b));
    let fits = |text: &str| is_type(text) || (wild && text == "*");
    if parts.namespace.as_deref().is_some_and(|namespace| namespace.contains('#')) {
        return Err(bad("a namespace holds a #"));
    }
    let lower = (parts.group.is_empty() || fits(parts.group)) && fits(parts.resource) && parts.sub.is_none_or(is_type);
    if !lower {
        return Err(bad("group, resource and subresource are written in lower case and plural; only a whole group or resource may be *"));
    }
    Ok(Form { kind: LocatorKind::Kubernetes, normal: parts.normal(cluster), machine: parts.machine(cluster) })
}

/// A resource as a rule holds it: `group/resource[/subresource][#name]` or `url:path`. None where it reaches
/// nothing, because the API server takes a `*` inside a word for an asterisk and nothing is called so.
pub(super) fn of_rule(text: &str) -> Option<String> {
    if let Some(path) = text.strip_prefix("url:") {
        return Some(url(path, true, None));
    }
    let (kind, name) = text.split_once('#').map_or((text, None), |(kind, name)| (kind, Some(name)));
    let (group, resource) = kind.split_once('/').unwrap_or(("", kind));
    let (resource, sub) = resource.split_once('/').map_or((resource, None), |(resource, sub)| (resource, Some(sub)));
    let starred = |text: &str| text != "*" && text.contains('*');
    if starred(group) || starred(resource) || sub.is_some_and(|sub| sub.contains('*')) {
        return None;
    }
    Some(Parts { group, resource, sub, namespace: None, name: name.map(str::to_owned) }.machine(None))
}

/// Everything that a binding in one namespace gives: objects that are in it, never a URL.
pub(super) fn in_namespace(namespace: &str) -> String {
    Parts { group: "*", resource: "*", sub: None, namespace: Some(namespace.to_owned()), name: None }.machine(None)
}

/// The namespace of a place in the form that is compared, as it stands there; none where it says none, and for URLs.
pub(super) fn namespace(machine: &str) -> Option<&str> {
    let parts: Vec<&str> = machine.split(PART).collect();
    let ["r", _, _, _, namespace, ..] = parts.as_slice() else { return None };
    Some(*namespace).filter(|namespace| *namespace != ANY)
}

/// A resource as a rule holds it, with what a place that it meets says more closely in place of each `*`.
pub(super) fn narrowed(text: &str, place: &str) -> String {
    let parts: Vec<&str> = place.split(PART).collect();
    let ["r", in_group, in_resource, in_sub, ..] = parts.as_slice() else { return text.to_owned() };
    if text.starts_with("url:") {
        return text.to_owned();
    }
    let (kind, name) = text.split_once('#').map_or((text, None), |(kind, name)| (kind, Some(name)));
    let (group, resource) = kind.split_once('/').unwrap_or(("", kind));
    let (resource, sub) = resource.split_once('/').map_or((resource, None), |(resource, sub)| (resource, Some(sub)));
    let closer = |own, place| if own == "*" && place != ANY { place } else { own };
    // Only where any resource is meant, any subresource is too.
    let sub = if resource == "*" { sub.or(Some(*in_sub).filter(|sub| !sub.is_empty() && *sub != ANY)) } else { sub };
    let mut out = format!("{}/{}", closer(group, *in_group), closer(resource, *in_resource));
    for (before, part) in [("/", sub), ("#", name)] {
        out.extend(part.into_iter().flat_map(|part| [before, part]));
    }
    out
}

/// A URL that is no resource. With `wild` the stars at its end stand for whatever follows; no others do.
fn url(path: &str, wild: bool, cluster: Option<&str>) -> String {
    let (path, more) = if wild && path.ends_with('*') { (path.trim_end_matches('*'), ANY) } else { (path, "") };
    format!("u{PART}{path}{more}{PART}{}", cluster.unwrap_or(ANY))
}

/// A name, namespace or cluster, which may hold wildcards in a pattern.
fn globbed(text: &str, wild: bool) -> Result<String, BadLocator> {
    let text = text.trim();
    if text.is_empty() {
        return Err(bad("a name, namespace or cluster is empty"));
    }
    Ok(if wild { mark::marked(text, true) } else { text.to_owned() })
}

fn of_words(text: &str, wild: bool) -> Result<Parts<'_>, BadLocator> {
    let (text, name) = text.split_once('#').map_or((text, None), |(text, name)| (text, Some(name)));
    let (text, namespace) = text.split_once('@').map_or((text, None), |(text, namespace)| (text, Some(namespace)));
    let words: Vec<&str> = text.split('/').collect();
    let (group, resource, sub) = match *words.as_slice() {
        [resource] => ("", resource, None),
        [group, resource] if group.is_empty() || group.contains(['.', '*']) || GROUPS.contains(&group) => (group, resource, None),
        [_, _] => return Err(bad("its first word is no API group; the core group is written as /pods or /pods/log")),
        [group, resource, sub] => (group, resource, Some(sub)),
        _ => return Err(bad("a resource is written as group/resource or group/resource/subresource")),
    };
    let namespace = namespace.map(|namespace| globbed(namespace, wild)).transpose()?;
    let name = name.map(|name| globbed(name, wild)).transpose()?;
    Ok(Parts { group, resource, sub, namespace, name })
}

/// `api/v1/…` or `apis/group/version/…`. The version does not count: RBAC does not see it.
fn of_path(path: &str, wild: bool) -> Result<Parts<'_>, BadLocator> {
    let words: Vec<&str> = path.split('/').filter(|word| !word.is_empty()).collect();
    let (group, mut rest) = match words.as_slice() {
        ["api", _, rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        _ => return Err(bad("the path names no resource")),
    };
    let mut namespace = None;
    if let ["namespaces", of, more @ ..] = rest
        && !matches!(more, [] | ["finalize" | "status"])
    {
        namespace = Some(globbed(of, wild)?);
        rest = more;
    }
    let Some((&resource, rest)) = rest.split_first() else { return Err(bad("the path names no resource")) };
    let name = rest.first().map(|name| globbed(name, wild)).transpose()?;
    // What follows a subresource is handed on, as by a proxy.
    Ok(Parts { group, resource, sub: rest.get(1).copied(), namespace, name })
}

#[cfg(test)]
mod tests {
    use super::super::{Locator, Pattern, Reach};
    use super::*;
    use crate::locator::work::Work;
    use crate::rule::{Dialect, Effect, Rule};

    const KIND: Option<LocatorKind> = Some(LocatorKind::Kubernetes);

    #[test]
    fn one_form_for_every_writing() {
        for (text, normal) in [
            ("apps/deployments", "k8s:apps/deployments"),
            ("k8s:apps/deployments@shop#web", "k8s:apps/deployments@shop#web"),
            ("kubernetes:apps/deployments@shop#web", "k8s:apps/deployments@shop#web"),
            ("/apis/apps/v1/namespaces/shop/deployments/web", "k8s:apps/deployments@shop#web"),
            ("/apis/apps/v1beta2/namespaces/shop/deployments/web/", "k8s:apps/deployments@shop#web"),
            ("/apis/apps/v1/namespaces/shop/deployments/web/scale", "k8s:apps/deployments/scale@shop#web"),
            ("pods", "k8s:/pods"),
            ("/pods", "k8s:/pods"),
            ("/pods/log@shop#web-1", "k8s:/pods/log@shop#web-1"),
            ("/api/v1/namespaces/shop/pods/web-1/log", "k8s:/pods/log@shop#web-1"),
            ("/api/v1/namespaces/shop/services/web/proxy/x/y", "k8s:/services/proxy@shop#web"),
            ("/api/v1/namespaces/shop", "k8s:/namespaces#shop"),
            ("/api/v1/namespaces/shop/finalize", "k8s:/namespaces/finalize#shop"),
            ("/api/v1/nodes/n1", "k8s:/nodes#n1"),
            ("k8s://prod/apps/deployments", "k8s://prod/apps/deployments"),
            ("k8s://prod//pods", "k8s://prod//pods"),
            ("k8s://prod/api/v1/nodes", "k8s://prod//nodes"),
            ("url:/healthz", "k8s:url:/healthz"),
            ("k8s://prod/url:/healthz/*", "k8s://prod/url:/healthz/*"),
            ("rbac.authorization.k8s.io/clusterroles#a@b#c", "k8s:rbac.authorization.k8s.io/clusterroles#a@b#c"),
        ] {
            let locator = Locator::parse(KIND, text).expect(text);
            assert_eq!(locator.normal, normal, "{text}");
            assert_eq!(Locator::parse(None, normal), Ok(locator), "{text}");
        }
    }

    #[test]
    fn what_would_match_nothing_is_refused() {
        for text in [
            "pods/log",
            "Pod",
            "apps/Deployments",
            "a/b/c/d",
            "/pods#",
            "/pods@",
            "url:healthz",
            "k8s://prod",
            "/api/v1/",
            "/api/v1/namespaces/a#b/pods",
            "/*",
        ] {
            assert!(matches!(Locator::parse(KIND, text), Err(BadLocator::Malformed { .. })), "{text}");
        }
        for text in ["/pods/*", "apps/deploy*", "*/deploy*"] {
            assert!(matches!(Pattern::parse(KIND, text), Err(BadLocator::Malformed { .. })), "{text}");
        }
    }

    /// The API server's own functions, written down once more: group, resource with subresource, name.
    fn serves(rule: (&str, &str, Option<&str>), request: (&str, &str, &str, &str)) -> bool {
        let (group, resource, sub, name) = request;
        let combined = if sub.is_empty() { resource.to_owned() } else { format!("{resource}/{sub}") };
        let by_sub = !sub.is_empty() && rule.1.strip_prefix("*/") == Some(sub);
        (rule.0 == "*" || rule.0 == group) && (rule.1 == "*" || rule.1 == combined || by_sub) && rule.2.is_none_or(|own| own == name)
    }

    #[test]
    fn rules_reach_what_the_api_server_would_serve() {
        for group in ["", "apps", "*"] {
            for resource in ["*", "pods", "pods/log", "*/log", "pods/*", "*/*", "deployments"] {
                for name in [None, Some("a"), Some("*")] {
                    let mut rule = Rule::new(Dialect::Kubernetes, Effect::Allow);
                    rule.resources = vec![name.map_or(format!("{group}/{resource}"), |name| format!("{group}/{resource}#{name}"))];
                    let mut work = Work::of(Work::ONE_ANSWER);
                    let reach = Reach::of(&rule, &mut work);
                    for request in
                        [("", "pods", "", "a"), ("", "pods", "log", "a"), ("apps", "deployments", "", "b"), ("apps", "pods", "exec", "*")]
                    {
                        let (of, what, sub, who) = request;
                        let text = if sub.is_empty() { format!("{of}/{what}@shop#{who}") } else { format!("{of}/{what}/{sub}@shop#{who}") };
                        let place = Pattern::exactly(KIND, &text).expect("a place");
                        assert_eq!(
                            reach.touches(&place, &mut work),
                            serves((group, resource, name), request),
                            "{} {text}",
                            rule.resources[0]
                        );
                    }
                }
            }
        }
    }
}
