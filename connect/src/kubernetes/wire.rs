//! From the nodes of a manifest to one object. What it says wrongly is a fault with its line; what it says beside is noted.
//! It must not know about other objects.

use super::budget::Budget;
use super::names;
use super::objects::{Api, Binding, Body, Expression, Kind, Object, Place, PolicyRule, Role, RoleRef, Selector, Subject, SubjectKind};
use crate::yaml::Node;
use std::collections::BTreeMap;

/// The longest text of an object that is read. Names are at most a quarter of it long.
pub(super) const LONGEST: usize = 1024;

/// Why an object is not read.
pub(super) enum Fault {
    /// A Helm template that nobody rendered, in a line.
    Template(u32),
    /// A patch for kustomize: part of an object.
    Patch(u32),
    /// The API server takes no such object.
    Wrong { line: u32, member: String, reason: String },
    /// More than this program reads.
    TooMuch { line: u32, member: String, reason: String },
}

impl Fault {
    pub(super) fn wrong(node: Node<'_>, member: &str, reason: impl Into<String>) -> Self {
        Self::Wrong { line: node.line(), member: member.to_owned(), reason: reason.into() }
    }

    pub(super) fn expected(node: Node<'_>, member: &str, what: &str) -> Self {
        Self::wrong(node, member, format!("{what} is expected, {} stands there", node.what()))
    }
}

type Read<T> = Result<T, Fault>;

/// Reads one object. What is said in it and not read goes to `beside`.
pub(super) struct Reader<'a, 'w> {
    pub(super) file: u32,
    pub(super) api: Api,
    /// True for v1alpha1, in which a subject of that release means something else.
    pub(super) alpha: bool,
    pub(super) budget: &'a mut Budget<'w>,
    pub(super) beside: Vec<String>,
}

impl Reader<'_, '_> {
    pub(super) fn object(&mut self, kind: Kind, node: Node<'_>) -> Read<Object> {
        if node.members().is_some_and(|mut all| all.any(|(name, _)| name.starts_with("$patch"))) {
            return Err(Fault::Patch(node.line()));
        }
        let meta = node.get("metadata");
        if let Some(meta) = meta {
            object(meta, "metadata")?;
        }
        let text = |name: &str| meta.and_then(|m| m.get(name)).map_or(Ok(None), |n| word(n, &format!("metadata.{name}")));
        let name = match text("name")? {
            Some(name) => name,
            None if text("generateName")?.is_some() => {
                let reason = "generateName and no name: what the API server will call it is not known";
                return Err(Fault::wrong(meta.unwrap_or(node), "metadata.generateName", reason));
            }
            None => return Err(Fault::wrong(meta.unwrap_or(node), "metadata.name", "an object without a name")),
        };
        let namespace = if kind.is_namespaced() { text("namespace")? } else { None };
        if kind == Kind::Account && !names::is_account(&name) {
            return Err(Fault::wrong(meta.unwrap_or(node), "metadata.name", names::why(&name, "a service account")));
        }
        if let Some(namespace) = namespace.as_deref().filter(|n| !names::is_namespace(n)) {
            return Err(Fault::wrong(meta.unwrap_or(node), "metadata.namespace", names::why(namespace, "a namespace")));
        }
        if name.contains(['/', '%']) || namespace.as_deref().is_some_and(|n| n.contains(['/', '%'])) {
            return Err(Fault::wrong(meta.unwrap_or(node), "metadata.name", "a name with / or %, which Kubernetes does not take"));
        }
        let exported = text("uid")?.is_some();
        let labels = meta.and_then(|m| m.get("labels")).map_or(Ok(BTreeMap::new()), |n| self.labels(n, "metadata.labels"))?;
        let body = match kind {
            Kind::Account => Body::Account,
            Kind::Role { cluster } => Body::Role(self.role(cluster, node)?),
            Kind::Binding { cluster } => Body::Binding(self.binding(cluster, namespace.as_deref(), node)?),
        };
        let place = Place { file: self.file, line: node.line() };
        Ok(Object { place, kind, namespace, assumed: false, name, labels, exported, body })
    }

    fn role(&mut self, cluster: bool, node: Node<'_>) -> Read<Role> {
        self.known(node, "", &["apiVersion", "kind", "metadata", "rules", "aggregationRule", "status"]);
        let mut rules = Vec::new();
        for (i, rule) in list(node.get("rules"), "rules")?.enumerate() {
            rules.extend(self.rule(rule, &format!("rules[{i}]"))?);
        }
        let mut selectors = Vec::new();
        if let Some(rule) = node.get("aggregationRule").filter(|_| cluster) {
            object(rule, "aggregationRule")?;
            for (i, selector) in list(rule.get("clusterRoleSelectors"), "aggregationRule.clusterRoleSelectors")?.enumerate() {
                selectors.push(self.selector(selector, &format!("aggregationRule.clusterRoleSelectors[{i}]"))?);
            }
        }
        Ok(Role { rules, selectors })
    }

    fn rule(&mut self, node: Node<'_>, place: &str) -> Read<Option<PolicyRule>> {
        object(node, place)?;
        let known = ["apiGroups", "resources", "verbs", "resourceNames", "nonResourceURLs", "attributeRestrictions"];
        self.known(node, place, &known);
        let mut of = |name: &str| self.texts(node.get(name), &format!("{place}.{name}"));
        let (mut groups, mut resources, mut verbs) = (of("apiGroups")?, of("resources")?, of("verbs")?);
        let (names, urls) = (of("resourceNames")?, of("nonResourceURLs")?);
        if node.get("attributeRestrictions").is_some() {
            // OpenShift itself leaves such a rule out.
            self.beside.push(format!("{place} has attributeRestrictions, with which OpenShift does not honour a rule"));
            return Ok(None);
        }
        if groups.is_empty() && !resources.is_empty() {
            match self.api {
                Api::OpenShift if resources == ["*"] && verbs == ["*"] && names.is_empty() && urls.is_empty() => {
                    groups.push("*".to_owned());
                }
                Api::OpenShift => groups.push(String::new()),
                Api::Kubernetes => self.beside.push(format!("{place} names resources and no apiGroups: it reaches nothing")),
            }
        }
        if let Some(why) = refused(self.api, (&groups, &resources, &verbs, &names), &urls) {
            self.beside.push(format!("{place} {why}, which the API server refuses: it gives nothing"));
            return Ok(None);
        }
        for (list, what) in [(&mut groups, "apiGroups"), (&mut resources, "resources"), (&mut verbs, "verbs")] {
            let unmatched: Vec<String> = list.extract_if(.., |text| !may_match(what, text)).collect();
            for text in unmatched {
                let text = domain::text::capped(&text, 80);
                self.beside.push(format!("{place}.{what} names {text:?}, which no request fits: only * by itself is a wildcard"));
            }
        }
        let rule = PolicyRule { groups, resources, verbs, names, urls };
        if let Some(verbs) = rule.unnamed() {
            self.beside.push(format!("{place} gives {verbs} by resourceNames: such a request names no object, so it gives nothing"));
        }
        self.budget.rule(&rule).map_err(|reason| Fault::TooMuch { line: node.line(), member: place.to_owned(), reason })?;
        Ok(Some(rule))
    }

    fn selector(&mut self, node: Node<'_>, place: &str) -> Read<Selector> {
        object(node, place)?;
        let member = |name: &str| format!("{place}.{name}");
        let labels = node.get("matchLabels").map_or(Ok(BTreeMap::new()), |n| self.labels(n, &member("matchLabels")))?;
        let mut expressions = Vec::new();
        for e in list(node.get("matchExpressions"), &member("matchExpressions"))? {
            let place = member("matchExpressions");
            let of = |name: &str| e.get(name).map_or(Ok(None), |n| word(n, &format!("{place}.{name}")));
            let (key, operator) = (of("key")?.unwrap_or_default(), of("operator")?.unwrap_or_default());
            if !matches!(operator.as_str(), "In" | "NotIn" | "Exists" | "DoesNotExist") {
                return Err(Fault::wrong(e, &place, "the operator is not one of In, NotIn, Exists, DoesNotExist"));
            }
            expressions.push(Expression { key, operator, values: self.texts(e.get("values"), &place)? });
        }
        Ok(Selector { labels, expressions })
    }

    fn binding(&mut self, cluster: bool, namespace: Option<&str>, node: Node<'_>) -> Read<Binding> {
        self.known(node, "", &["apiVersion", "kind", "metadata", "roleRef", "subjects", "userNames", "groupNames"]);
        let role = self.role_ref(cluster, namespace, node)?;
        let (users, groups) = (node.get("userNames"), node.get("groupNames"));
        if self.api == Api::OpenShift && (users.is_some() || groups.is_some()) {
            // OpenShift: "subjects is ignored if userNames or groupNames are specified".
            let users = self.texts(users, "userNames")?.into_iter().map(|name| (SubjectKind::User, name));
            let groups = self.texts(groups, "groupNames")?.into_iter().map(|name| (SubjectKind::Group, name));
            let subjects = users.chain(groups).map(|(kind, name)| Subject { kind, name, namespace: None, assumed: false }).collect();
            return Ok(Binding { role, subjects });
        }
        let mut subjects = Vec::new();
        for (i, subject) in list(node.get("subjects"), "subjects")?.enumerate() {
            subjects.extend(self.subject(subject, &format!("subjects[{i}]"))?);
        }
        Ok(Binding { role, subjects })
    }

    fn role_ref(&mut self, cluster: bool, namespace: Option<&str>, node: Node<'_>) -> Read<RoleRef> {
        let Some(role) = node.get("roleRef") else { return Err(Fault::wrong(node, "roleRef", "no roleRef")) };
        object(role, "roleRef")?;
        let of = |name: &str| role.get(name).map_or(Ok(None), |n| word(n, &format!("roleRef.{name}")));
        let name = of("name")?.ok_or_else(|| Fault::wrong(role, "roleRef.name", "no name"))?;
        if self.api == Api::OpenShift {
            // OpenShift asks for the namespace and not for the kind: without one it is a role of the cluster.
            let own = of("namespace")?;
            if own.is_some() && (cluster || (namespace.is_some() && own.as_deref() != namespace)) {
                return Err(Fault::wrong(
                    role,
                    "roleRef.namespace",
                    "a role of another namespace than the binding's, which OpenShift refuses",
                ));
            }
            return Ok(RoleRef { cluster: own.is_none(), name });
        }
        if let Some(group) = of("apiGroup")?.filter(|g| g != "rbac.authorization.k8s.io") {
            return Err(Fault::wrong(role, "roleRef.apiGroup", format!("{group} has no roles that can be bound")));
        }
        let of_cluster = match of("kind")?.as_deref() {
            Some("ClusterRole") => true,
            Some("Role") if !cluster => false,
            None if cluster => {
                self.beside.push("roleRef names no kind: a ClusterRole, the only one that can be meant".to_owned());
                true
            }
            None => return Err(Fault::wrong(role, "roleRef.kind", "no kind: Role or ClusterRole")),
            Some(other) => {
                let may = if cluster { "ClusterRole" } else { "Role or ClusterRole" };
                return Err(Fault::wrong(role, "roleRef.kind", format!("{other}, where Kubernetes takes {may}")));
            }
        };
        Ok(RoleRef { cluster: of_cluster, name })
    }

    /// A subject; none where Kubernetes knows no such kind, which is noted.
    fn subject(&mut self, node: Node<'_>, place: &str) -> Read<Option<Subject>> {
        object(node, place)?;
        let of = |name: &str| node.get(name).map_or(Ok(None), |n| word(n, &format!("{place}.{name}")));
        let name = of("name")?.ok_or_else(|| Fault::wrong(node, &format!("{place}.name"), "no name"))?;
        let stated = of("kind")?.unwrap_or_default();
        let kind = match (stated.as_str(), self.api) {
            ("ServiceAccount", _) => SubjectKind::Account,
            ("User", _) | ("SystemUser", Api::OpenShift) => SubjectKind::User,
            ("Group", _) | ("SystemGroup", Api::OpenShift) => SubjectKind::Group,
            _ => {
                self.beside.push(format!("{place} is of kind {stated:?}: only ServiceAccount, User and Group can hold a role"));
                return Ok(None);
            }
        };
        let in_alpha = self.alpha && kind == SubjectKind::User && name == "*";
        // What `User *` of v1alpha1 is to the API server.
        let (kind, name) = if in_alpha { (SubjectKind::Group, "system:authenticated".to_owned()) } else { (kind, name) };
        if name.contains("${") || (kind == SubjectKind::Account && !names::is_account(&name)) {
            self.beside.push(format!("{place}: {}: nobody holds the role through it", names::why(&name, &format!("a {stated}"))));
            return Ok(None);
        }
        let own = if kind == SubjectKind::Account { "" } else { "rbac.authorization.k8s.io" };
        if let Some(group) = of("apiGroup")?.filter(|g| g != own && self.api == Api::Kubernetes && !in_alpha) {
            self.beside.push(format!("{place} is a {stated} of {group}, which Kubernetes refuses: nobody holds the role through it"));
            return Ok(None);
        }
        let namespace = if kind == SubjectKind::Account { of("namespace")? } else { None };
        self.spend(3, name.len() + namespace.as_ref().map_or(0, String::len), node, place)?;
        if let Some(namespace) = namespace.as_deref().filter(|n| !names::is_namespace(n)) {
            self.beside.push(format!("{place}: {}: nobody holds the role through it", names::why(namespace, "a namespace")));
            return Ok(None);
        }
        Ok(Some(Subject { kind, name, namespace, assumed: false }))
    }

    fn labels(&mut self, node: Node<'_>, place: &str) -> Read<BTreeMap<String, String>> {
        let mut out = BTreeMap::new();
        for (key, value) in node.members().ok_or_else(|| Fault::expected(node, place, "an object"))? {
            let text = if value.is_nothing() { "" } else { value.text().ok_or_else(|| Fault::expected(value, place, "text"))? };
            self.spend(2, key.len() + text.len(), value, place)?;
            out.insert(key.to_owned(), text.to_owned());
        }
        Ok(out)
    }

    fn texts(&mut self, node: Option<Node<'_>>, place: &str) -> Read<Vec<String>> {
        let mut out = Vec::new();
        for item in items(node, place)? {
            let text = if item.is_nothing() { "" } else { item.text().ok_or_else(|| Fault::expected(item, place, "text"))? };
            self.spend(1, text.len(), item, place)?;
            if text.contains("{{") {
                return Err(Fault::Template(item.line()));
            }
            sound(item, text, place)?;
            out.push(text.to_owned());
        }
        out.sort_unstable();
        out.dedup();
        Ok(out)
    }

    /// Counts texts ahead of keeping them, with the bytes they have together.
    fn spend(&mut self, texts: u64, bytes: usize, node: Node<'_>, place: &str) -> Read<()> {
        let too_much = |reason| Fault::TooMuch { line: node.line(), member: place.to_owned(), reason };
        self.budget.texts(texts, bytes as u64).map_err(too_much)
    }

    /// Notes the members of an object that nothing is known of: mistyped, they would grant less than somebody meant.
    fn known(&mut self, node: Node<'_>, place: &str, known: &[&str]) {
        for (name, _) in node.members().into_iter().flatten().filter(|(name, value)| !known.contains(name) && !value.is_nothing()) {
            let at = if place.is_empty() { String::new() } else { format!("{place} ") };
            let name: String = name.chars().take(60).collect();
            self.beside.push(format!("{at}has a member {name:?} that Kubernetes does not know: it was not read"));
        }
    }
}

/// Why the API server takes no such rule.
fn refused(
    api: Api,
    (groups, resources, verbs, names): (&[String], &[String], &[String], &[String]),
    urls: &[String],
) -> Option<&'static str> {
    if api == Api::OpenShift {
        return None;
    }
    if verbs.is_empty() && [groups, resources, names, urls].iter().any(|list| !list.is_empty()) {
        return Some("names no verbs");
    }
    let both = !urls.is_empty() && [groups, resources, names].iter().any(|list| !list.is_empty());
    both.then_some("names resources and nonResourceURLs together")
}

/// Whether some request fits a text of a rule: `*` alone stands for others, and of resources `*/scale`. Every request has a verb
/// and a resource or URL; only the core group has no name.
fn may_match(what: &str, text: &str) -> bool {
    if text.is_empty() {
        return what == "apiGroups";
    }
    let rest = if what == "resources" { text.strip_prefix("*/").unwrap_or(text) } else { text };
    text == "*" || !rest.contains('*')
}

/// A text; none where it is empty.
fn word(node: Node<'_>, place: &str) -> Read<Option<String>> {
    let text = node.text().ok_or_else(|| Fault::expected(node, place, "text"))?;
    if text.contains("{{") {
        return Err(Fault::Template(node.line()));
    }
    sound(node, text, place)?;
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Refuses what nothing in a cluster is called.
fn sound(node: Node<'_>, text: &str, place: &str) -> Read<()> {
    if text.chars().any(char::is_control) {
        return Err(Fault::wrong(node, place, "a text with a control character"));
    }
    if text.len() > LONGEST {
        return Err(Fault::wrong(node, place, format!("a text longer than {LONGEST} bytes")));
    }
    Ok(())
}

fn object(node: Node<'_>, place: &str) -> Read<()> {
    if node.members().is_some() { Ok(()) } else { Err(Fault::expected(node, place, "an object")) }
}

/// The objects of a list; null is none.
fn list<'a>(node: Option<Node<'a>>, place: &str) -> Read<impl Iterator<Item = Node<'a>> + use<'a>> {
    Ok(items(node, place)?.filter(|item| !item.is_nothing()))
}

fn items<'a>(node: Option<Node<'a>>, place: &str) -> Read<impl Iterator<Item = Node<'a>> + use<'a>> {
    let items = node.map(|n| n.list().ok_or_else(|| Fault::expected(n, place, "a list"))).transpose()?;
    Ok(items.into_iter().flatten())
}
