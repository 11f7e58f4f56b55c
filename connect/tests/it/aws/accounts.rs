//! An input that speaks of several accounts: a snapshot for each, the same as if it spoke of that one alone.

use super::{ACCOUNT, allow, folder, named, role, snapshot, user, users};
use crate::support::{grants, identities, one, reads, refuses, says};
use domain::snapshot::{Format, Snapshot};
use serde_json::{Value, json};

const OTHER: &str = "444455556666";
const OF_AWS: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

/// An account with a user in a group, a role under a boundary, a role that trusts it, and policies of AWS's own.
fn account(id: &str, name: &str, with_policy: bool) -> Value {
    let text = {
        let mut a = user(name, &[allow("s3:Get*", &format!("arn:aws:s3:::{name}"))]);
        a["GroupList"] = json!(["ops"]);
        a["AttachedManagedPolicies"] = json!([{"PolicyName": "ReadOnlyAccess", "PolicyArn": OF_AWS}]);
        let trusted = |who: &str| json!({"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole"});
        let mut r = role(
            "job",
            &json!([
                trusted(&format!("arn:aws:iam::{ACCOUNT}:user/{name}")),
                trusted("arn:aws:iam::444455556666:user/beta"),
                trusted("arn:aws:iam::111122223333:user/alpha")
            ]),
        );
        r["RoleId"] = json!(format!("AROA{name}"));
        r["PermissionsBoundary"] = json!({"PermissionsBoundaryArn": format!("arn:aws:iam::{ACCOUNT}:policy/bound")});
        let mut policies = vec![json!({"PolicyName": "bound", "Arn": format!("arn:aws:iam::{ACCOUNT}:policy/bound"),
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": allow("*", "*")}]})];
        if with_policy {
            policies.push(json!({"PolicyName": "ReadOnlyAccess", "Arn": OF_AWS, "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": allow("*:Get*", "*")}]}));
        }
        json!({"UserDetailList": [a], "RoleDetailList": [r], "Policies": policies, "GroupDetailList": [{"GroupName": "ops", "GroupId": format!("AGPA{name}"),
            "Arn": format!("arn:aws:iam::{ACCOUNT}:group/ops"), "GroupPolicyList": [{"PolicyName": "g", "PolicyDocument": allow("sqs:*", &format!("arn:aws:sqs:::{name}"))}]}]})
    };
    let fixed = [
        (OTHER, "@O@"),
        ("arn:aws:iam::111122223333:user/alpha", "@A@"),
        (ACCOUNT, id),
        ("@O@", OTHER),
        ("@A@", "arn:aws:iam::111122223333:user/alpha"),
    ];
    let moved = fixed.iter().fold(text.to_string(), |text, (from, to)| text.replace(from, to));
    serde_json::from_str(&moved).expect("JSON")
}

/// Everything a snapshot says but its notes.
fn said(s: &Snapshot) -> (Option<String>, [Vec<String>; 4]) {
    let mut sets: Vec<String> = s.sets.iter().map(|set| format!("{} {} {}", set.kind, set.key, set.present)).collect();
    sets.sort();
    let mut surfaces: Vec<String> =
        s.surfaces.iter().map(|x| format!("{} {} {:?}", s.identities[x.identity as usize].key, x.locator, x.digest)).collect();
    surfaces.sort();
    (s.default_source.clone(), [identities(s), grants(s), sets, surfaces])
}

#[test]
fn accounts_read_together_and_apart_say_the_same() {
    let (a, b) = (account(ACCOUNT, "alpha", true), account(OTHER, "beta", true));
    let apart = [snapshot(&a), snapshot(&b)];
    assert!(apart.iter().all(|s| s.others.is_empty() && s.grants.len() == 5), "{:?}", apart.iter().map(grants).collect::<Vec<_>>());
    for s in [reads(Format::Aws, &folder(&[a.clone(), b.clone()])), reads(Format::Aws, &folder(&[b.clone(), a.clone()]))] {
        let mut all: Vec<&Snapshot> = std::iter::once(&s).chain(&s.others).collect();
        all.sort_by_key(|s| s.default_source.clone());
        assert_eq!(all.iter().map(|s| said(s)).collect::<Vec<_>>(), apart.iter().map(said).collect::<Vec<_>>());
        assert!(all.iter().all(|s| says(s, &["2 accounts", ACCOUNT, OTHER])), "{:?}", s.notes);
        assert!(all.iter().all(|s| s.grants.is_sorted_by_key(|g| g.identity)));
    }
}

#[test]
fn what_a_missing_policy_hides_is_said_in_each_account() {
    let s = reads(Format::Aws, &folder(&[account(ACCOUNT, "alpha", false), account(OTHER, "beta", false)]));
    for one in std::iter::once(&s).chain(&s.others) {
        let unknown: Vec<&String> = one.identities.iter().flat_map(|i| &i.unknown_access).collect();
        assert_eq!(unknown, [&format!("policy {OF_AWS} is not in the file")]);
        assert!(one.sets.iter().any(|set| set.key == OF_AWS && !set.present));
    }
}

#[test]
fn pages_of_two_accounts_each_need_their_last() {
    let page = |id: &str, name: &str, more: bool| {
        let mut page: Value = serde_json::from_str(&users(&[user(name, &[])]).to_string().replace(ACCOUNT, id)).expect("JSON");
        page["IsTruncated"] = json!(more);
        page
    };
    let whole = [page(ACCOUNT, "a", true), page(OTHER, "b", true), page(ACCOUNT, "c", false), page(OTHER, "d", false)];
    let s = reads(Format::Aws, &folder(&whole));
    assert_eq!((named(&s), named(&s.others[0])), (vec!["a", "c"], vec!["b", "d"]));
    let error = refuses(Format::Aws, &folder(&whole[..3]));
    assert!(error.file == "d/1.json" && error.reason.contains("import them together"), "{error}");
}

#[test]
fn an_identity_of_no_account_beside_others_is_refused_with_its_place() {
    let mut unsaid = user("b", &[]);
    unsaid["Arn"] = json!("arn:aws:iam::aws:user/b");
    let alone = snapshot(&users(&[unsaid.clone()]));
    assert_eq!((alone.default_source.as_deref(), named(&alone)), (None, vec!["b"]));
    let error = refuses(Format::Aws, &one("a.json", &users(&[user("a", &[]), unsaid]).to_string()));
    assert_eq!((error.file.as_str(), error.place.as_deref()), ("a.json", Some("UserDetailList[1]")));
}
