//! Who reaches a resource, and what an identity touches: by the service of an action, less what denies, a boundary and the
//! namespace of a binding leave, the worst first.

use crate::support;
use domain::asof::Wanted;
use domain::ids::ResourceId;
use domain::privilege::Class;
use domain::query::Term;
use domain::query::identities::{Filter as Narrowed, Platform};
use domain::resource::Extent;
use domain::snapshot::Format;
use serde_json::{Value, json};
use service::listing::Listing;
use service::resources::{self, Holder, Reached, Wish};
use service::{Error, Principal, Services, identities, people};
use std::path::PathBuf;
use store::on_both;
use store::testing::Scratch;

async fn analyst(services: &Services) -> Principal {
    let role = [domain::permission::Role::Analyst];
    people::add(&support::by(services, &support::host()), "ana", "ana@example.org", "a long enough sentence", &role).await.expect("added")
}

async fn register(services: &Services, who: &Principal, kind: &str, pattern: &str) -> ResourceId {
    let wish = Wish { name: pattern.into(), kind: kind.into(), pattern: pattern.into(), ..Wish::default() };
    resources::register(&support::by(services, who), &wish).await.expect("registered").0
}

async fn reach(services: &Services, who: &Principal, id: ResourceId) -> Reached {
    let reached = resources::reach(&mut support::at(services, who, Wanted::Now).await, id, None, 50).await.expect("reach");
    assert!(!reached.at_least && reached.every_rule && reached.total == reached.holders.len(), "{reached:?}");
    reached
}

fn name(of: &Holder) -> String {
    of.listed.as_ref().expect("listed").facts.name.clone()
}

/// Name, highest class and extent of each, in their order.
fn shown(reached: &Reached) -> Vec<(String, &'static str, Extent)> {
    reached.holders.iter().map(|h| (name(h), h.classes.highest().map_or("", Class::as_str), h.extent)).collect()
}

fn row(name: &str, class: &'static str, extent: Extent) -> (String, &'static str, Extent) {
    (name.to_owned(), class, extent)
}

/// What somebody touches: pattern and highest class.
async fn touched(services: &Services, who: &Principal, name: &str) -> Vec<(String, &'static str)> {
    let filter = Narrowed { search: Some(Term::new(name)), platform: Some(Platform::With), ..Narrowed::default() };
    let mut read = support::at(services, who, Wanted::Now).await;
    let list = identities::List::sheet(&mut read, &filter, None, 10).await.expect("list");
    let found = identities::show(&mut read, list.rows[0].identity_id).await.expect("shown").resources;
    assert!(found.complete && found.registered);
    found.resources.into_iter().map(|t| (t.resource.pattern, t.class.map_or("", Class::as_str))).collect()
}

/// An account of roles, each with the statements of one policy of its own and perhaps a boundary.
fn account(roles: &[(&str, Value, Option<&str>)]) -> String {
    let role = |(name, statements, boundary): &(&str, Value, Option<&str>)| {
        let mut role = json!({ "Path": "/", "RoleName": name, "RoleId": format!("AROA{}", name.to_uppercase()),
            "Arn": format!("arn:aws:iam::111122223333:role/{name}"), "AttachedManagedPolicies": [],
            "RolePolicyList": [{ "PolicyName": "own", "PolicyDocument": { "Version": "2012-10-17", "Statement": statements } }] });
        if let Some(arn) = boundary {
            role["PermissionsBoundary"] = json!({ "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn });
        }
        role
    };
    let cap = json!({ "PolicyName": "Cap", "PolicyId": "ANPACAP", "Arn": "arn:aws:iam::111122223333:policy/Cap", "DefaultVersionId": "v1",
        "PolicyVersionList": [{ "VersionId": "v1", "IsDefaultVersion": true, "Document": { "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Action": ["s3:Get*", "iam:*"], "Resource": "*" }] } }] });
    let roles: Vec<Value> = roles.iter().map(role).collect();
    json!({ "UserDetailList": [], "GroupDetailList": [], "Policies": [cap], "RoleDetailList": roles }).to_string()
}

async fn import(services: &Services, format: Format, source: &str, file: &str, text: &str) {
    support::import(services, support::request(format, source, support::text(file, text))).await;
}

// The example of cloudsplaining: MyRole and MyOtherRole may do things to instances and roles on `*`, and nothing to a bucket.
on_both!(the_outside_account_is_reached_by_four, async |s: &Scratch| {
    let Some(root) = std::env::var_os("COUNTERSIGN_FIXTURES").map(PathBuf::from) else {
        println!("COUNTERSIGN_FIXTURES is not set: the outside account was not imported");
        return;
    };
    let services = support::services(s);
    let ana = analyst(&services).await;
    let bucket = register(&services, &ana, "arn", "arn:aws:s3:::mybucket/*").await;
    let file = root.join("aws-cloudsplaining/test/files/example-authz-details.json");
    support::import(&services, support::request(Format::Aws, "aws", support::path(&file))).await;
    let found = reach(&services, &ana, bucket).await;
    let known = Extent::Known;
    let expected = [
        row("userwithlotsofpermissions", "full_control", known),
        row("obama", "full_control", known),
        row("biden", "admin", known),
        row("OverprivilegedEC2", "admin", known),
    ];
    assert_eq!(shown(&found), expected);
    assert_eq!(found.holders.iter().map(|h| h.rules).collect::<Vec<_>>(), [2, 1, 3, 2]);
    let ec2 = &found.holders[3];
    assert_eq!(ec2.rule.actions, ["s3:PutObject", "s3:PutObjectAcl"]);
    assert!(!ec2.classes.has(Class::Secrets), "its other rule reads secrets, but none of a bucket");
    assert_eq!(touched(&services, &ana, "OverprivilegedEC2").await, [("arn:aws:s3:::mybucket/*".to_owned(), "admin")]);
    assert!(touched(&services, &ana, "MyOtherRole").await.is_empty());
    support::intact(s).await;
});

on_both!(what_denies_and_boundaries_leave_is_what_counts, async |s: &Scratch| {
    let services = support::services(s);
    let ana = analyst(&services).await;
    let bucket = register(&services, &ana, "arn", "arn:aws:s3:::zzz/*").await;
    let role = register(&services, &ana, "arn", "arn:aws:iam::111122223333:role/target").await;
    let (allow, deny) =
        (json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }), json!({ "Effect": "Deny", "Action": "*", "Resource": "*" }));
    let statements = |more: Value| json!([allow, more]);
    let roles = [
        ("whole", json!([allow]), None),
        ("nothing", statements(deny.clone()), None),
        (
            "kept-out",
            statements(json!({ "Effect": "Deny", "Action": "s3:*", "NotResource": ["arn:aws:s3:::ok", "arn:aws:s3:::ok/*"] })),
            None,
        ),
        ("no-buckets", json!([{ "Effect": "Allow", "NotAction": "s3:*", "Resource": "*" }]), None),
        ("nobody", json!([{ "Effect": "Allow", "NotAction": "*", "Resource": "*" }]), None),
        (
            "unless-mfa",
            statements(json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "false" } } })),
            None,
        ),
        ("read-only", statements(json!({ "Effect": "Deny", "NotAction": ["s3:Get*", "s3:List*"], "Resource": "*" })), None),
        ("capped", json!([allow]), Some("arn:aws:iam::111122223333:policy/Cap")),
        ("odd", json!([{ "Effect": "Allow", "Action": "nosuchservice:Do", "Resource": "*" }]), None),
        ("elsewhere", json!([{ "Effect": "Allow", "Action": ["ec2:*", "sqs:*"], "Resource": "*" }]), None),
    ];
    import(&services, Format::Aws, "aws:111122223333", "account.json", &account(&roles)).await;
    let (known, bounded, unknown) = (Extent::Known, Extent::Bounded, Extent::Unknown);
    let expected = [
        row("whole", "full_control", known),
        row("unless-mfa", "full_control", bounded),
        row("odd", "write", unknown),
        row("capped", "read", known),
        row("read-only", "read", known),
    ];
    let mut found = shown(&reach(&services, &ana, bucket).await);
    found[3..].sort();
    assert_eq!(found, expected);
    let names: Vec<String> = shown(&reach(&services, &ana, role).await).into_iter().map(|(name, ..)| name).collect();
    for (name, reaches) in
        [("whole", true), ("nothing", false), ("kept-out", true), ("no-buckets", true), ("read-only", false), ("capped", true)]
    {
        assert_eq!(names.contains(&name.to_owned()), reaches, "{name}: {names:?}");
    }
    // The other way round it is the same answer.
    let (zzz, target) = ("arn:aws:s3:::zzz/*".to_owned(), "arn:aws:iam::111122223333:role/target".to_owned());
    assert!(touched(&services, &ana, "nothing").await.is_empty());
    assert_eq!(touched(&services, &ana, "kept-out").await, [(target.clone(), "full_control")]);
    assert_eq!(touched(&services, &ana, "read-only").await, [(zzz, "read")]);
    assert_eq!(touched(&services, &ana, "capped").await.len(), 2);
    support::intact(s).await;
});

const BINDINGS: &str = r#"
apiVersion: v1
kind: ServiceAccount
metadata: { name: root, namespace: argocd }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: local, namespace: argocd }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: shop, namespace: shop }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: cluster-admin }
rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: root }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
subjects: [{ kind: ServiceAccount, name: root, namespace: argocd }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: local, namespace: argocd }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
subjects: [{ kind: ServiceAccount, name: local, namespace: argocd }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: elsewhere, namespace: shop }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
subjects:
  - { kind: ServiceAccount, name: local, namespace: argocd }
  - { kind: ServiceAccount, name: shop, namespace: shop }
"#;

on_both!(a_binding_reaches_its_namespace_and_is_judged_as_its_grant, async |s: &Scratch| {
    let services = support::services(s);
    let ana = analyst(&services).await;
    let here = register(&services, &ana, "kubernetes", "k8s:/secrets@argocd").await;
    let anywhere = register(&services, &ana, "kubernetes", "k8s:/secrets").await;
    import(&services, Format::Kubernetes, "cluster", "bindings.yaml", BINDINGS).await;
    let found = reach(&services, &ana, here).await;
    let (known, bounded) = (Extent::Known, Extent::Bounded);
    assert_eq!(shown(&found), [row("root", "full_control", known), row("local", "admin", known)]);
    let paths: Vec<&str> = found.holders[1].paths.iter().map(|p| p.via_name.as_str()).collect();
    assert_eq!(paths, ["RoleBinding argocd/local"], "by the other it reaches nothing of it");
    let mut found = shown(&reach(&services, &ana, anywhere).await);
    found[1..].sort();
    assert_eq!(found, [row("root", "full_control", known), row("local", "admin", bounded), row("shop", "admin", bounded)]);
    assert_eq!(touched(&services, &ana, "shop").await, [("k8s:/secrets".to_owned(), "admin")]);
    support::intact(s).await;
});

on_both!(pages_go_from_the_worst_on_and_each_is_shown_once, async |s: &Scratch| {
    let services = support::services(s);
    let ana = analyst(&services).await;
    let crm = register(&services, &ana, "name", "crm").await;
    let of = |key: &str, actions: &[&str]| json!({ "key": key, "name": key, "kind": "bot", "grants": [{ "effect": "allow", "actions": actions, "resources": ["crm"] }] });
    let all = [
        of("a-read", &["read"]),
        of("b-grant", &["grant"]),
        of("c-delete", &["delete"]),
        of("d-write", &["write"]),
        of("e-secrets", &["secret"]),
    ];
    let text = json!({ "version": 1, "source": "feed", "identities": all }).to_string();
    import(&services, Format::Countersign, "", "feed.json", &text).await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = resources::reach(&mut support::at(&services, &ana, Wanted::Now).await, crm, after, 2).await.expect("page");
        assert_eq!((page.total, page.at_least), (5, false));
        seen.extend(page.holders.iter().map(name));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["b-grant", "e-secrets", "c-delete", "d-write", "a-read"]);
    let nowhere = Some(domain::ids::IdentityId::nil());
    let refused = resources::reach(&mut support::at(&services, &ana, Wanted::Now).await, crm, nowhere, 2).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "after", .. })), "{refused:?}");
    support::intact(s).await;
});
