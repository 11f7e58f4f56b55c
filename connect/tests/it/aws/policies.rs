//! Policies by themselves, as commands give them, and what a role is.

use super::{ACCOUNT, allow, classes, folder, kind, role, snapshot, user, users};
use crate::support::{one, reads, refuses, says};
use domain::identity::Kind;
use domain::snapshot::Format;
use serde_json::json;

#[test]
fn every_command_that_gives_a_policy_is_read() {
    let document = allow("s3:Get*", "*");
    let text = document.to_string();
    for (answer, kind, key, version) in [
        (json!({"Version": "2012-10-17", "Id": "x", "Statement": document["Statement"]}), "policy", "in", None),
        (
            json!({"PolicyVersion": {"Document": document, "VersionId": "v3", "IsDefaultVersion": true, "CreateDate": "2026-01-01"}}),
            "policy",
            "in",
            Some("v3"),
        ),
        (json!({"PolicyVersion": {"Document": text, "VersionId": "v3"}, "ResponseMetadata": {}}), "policy", "in", Some("v3")),
        (json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": document}), "inline_policy", "role/r/p", None),
        (json!({"UserName": "u", "PolicyName": "p", "PolicyDocument": text}), "inline_policy", "user/u/p", None),
        (json!({"GroupName": "g", "PolicyName": "p", "PolicyDocument": document}), "inline_policy", "group/g/p", None),
        (json!({"name": "p", "arn": null, "version": "v2", "document": document}), "policy", "p", Some("v2")),
        (json!({"PolicyArn": "arn:aws:iam::aws:policy/job/p", "Document": document}), "policy", "p", None),
        (
            json!({"Policy": {"PolicyName": "p", "Arn": "arn:aws:iam::aws:policy/p", "DefaultVersionId": "v1",
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": document}]}}),
            "policy",
            "p",
            Some("v1"),
        ),
    ] {
        let s = reads(Format::Aws, &one("d/in.json", &answer.to_string()));
        assert_eq!(
            (s.sets.len(), s.sets[0].kind, s.sets[0].key.as_str(), s.sets[0].version.as_deref()),
            (1, kind, key, version),
            "{answer}"
        );
        assert!(s.sets_only && s.set_rules.len() == 1 && s.notes.is_empty(), "{answer}: {:?}", s.notes);
    }
    let described = json!({"Policy": {"PolicyName": "p", "Arn": "arn:aws:iam::aws:policy/p", "DefaultVersionId": "v1"}});
    let version = json!({"PolicyVersion": {"Document": document, "VersionId": "v1"}});
    let s = reads(Format::Aws, &one("in.json", &format!("{described}\n{version}")));
    assert_eq!((s.sets[0].key.as_str(), s.sets[0].version.as_deref()), ("p", Some("v1")));
    let error = refuses(Format::Aws, &one("in.json", &described.to_string()));
    assert!(error.place.as_deref() == Some("Policy") && error.reason.contains("get-policy-version"), "{error}");
}

#[test]
fn what_holds_no_policy_is_told_what_would() {
    for (answer, word) in [
        (json!({"Roles": [role("r", &json!([]))]}), "list-roles"),
        (json!({"Users": [], "IsTruncated": false}), "list-users"),
        (json!({"PolicyNames": ["a"]}), "list-role-policies"),
        (json!({"AttachedPolicies": []}), "list-attached-role-policies"),
        (json!({"Versions": []}), "list-policy-versions"),
        (json!({"Role": {}}), "get-role"),
        (json!({"Policies": [{"PolicyName": "p", "Arn": "arn:aws:iam::aws:policy/p"}]}), "neither UserDetailList nor RoleDetailList"),
        (json!({"Policy": "{\"Statement\": []}"}), "the policy of a resource"),
        (json!({"Version": "2012-10-17", "Statements": []}), "\"Statements\" is no member of a policy document: Statement is meant"),
        (json!({"Version": "2012-10-17", "statement": []}), "Statement is meant"),
        (json!({"Remark": 1, "Other": 2}), "its members are Other, Remark"),
        (json!({"PolicyVersion": {"VersionId": "v1"}}), "PolicyVersion: no Document"),
        (json!({"Statement": []}), "a policy without a statement"),
        (
            json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": {"Statement": [{"Effect": "Allow", "Resource": "*"}]}}),
            "statement 1: neither Action nor NotAction",
        ),
        (
            json!({"PolicyVersion": {"Document": {"Statement": {"Effect": "Allow", "Actions": "*"}}, "VersionId": "v1"}}),
            "version v1, statement 1: \"Actions\"",
        ),
    ] {
        let error = refuses(Format::Aws, &one("in.json", &answer.to_string()));
        assert!(error.reason.contains(word) && error.file == "in.json", "{answer}: {error}");
    }
    let second = format!("{}\n{}", allow("s3:Get*", "*"), json!({"Statement": {"Effect": "Allow"}}));
    assert_eq!(refuses(Format::Aws, &one("in.json", &second)).place.as_deref(), Some("value 2"));
}

#[test]
fn policies_of_one_name_are_one_or_refused() {
    let version = |id: &str, action: &str| json!({"name": "p", "version": id, "document": allow(action, "*")});
    let s = reads(Format::Aws, &folder(&[version("v1", "s3:Get*"), version("v1", "s3:Get*")]));
    assert!(s.sets.len() == 1 && says(&s, &["policy p", "counts once"]), "{:?}", s.notes);
    let error = refuses(Format::Aws, &folder(&[version("v1", "s3:Get*"), version("v2", "s3:*")]));
    assert!(error.file == "d/1.json" && error.reason.contains("d/0.json"), "{error}");
    let s = reads(Format::Aws, &folder(&[users(&[user("a", &[])]), version("v1", "s3:Get*")]));
    assert!(!s.sets_only && s.sets.len() == 1 && s.identities.len() == 1);
}

#[test]
fn a_version_is_the_default_by_its_mark_or_by_its_name() {
    let version =
        |id: &str, is: serde_json::Value, action: &str| json!({"VersionId": id, "IsDefaultVersion": is, "Document": allow(action, "*")});
    for (versions, default, expected) in [
        (json!([version("v2", json!(true), "s3:Put*"), version("v1", json!(false), "s3:Get*")]), json!("v2"), Some("s3:Put*")),
        (json!([version("v2", json!(null), "s3:Put*"), version("v1", json!(null), "s3:Get*")]), json!("v1"), Some("s3:Get*")),
        (json!([version("v2", json!(false), "s3:Put*")]), json!(null), None),
    ] {
        let policy = json!({"PolicyName": "p", "Arn": format!("arn:aws:iam::{ACCOUNT}:policy/p"), "DefaultVersionId": default, "PolicyVersionList": versions});
        let s = snapshot(&json!({"UserDetailList": [], "Policies": [policy]}));
        assert_eq!(s.set_rules.first().map(|(_, rule, _)| s.rules.get(*rule).actions[0].as_str()), expected);
        assert_eq!(s.sets[0].present, expected.is_some());
    }
}

#[test]
fn roles_of_people_pods_and_the_platform_are_what_they_are() {
    let saml = |provider: &str| json!({"Effect": "Allow", "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:saml-provider/{provider}")}, "Action": "sts:AssumeRoleWithSAML"});
    let placed = |name: &str, path: &str, trust: &serde_json::Value| {
        let mut role = role(name, trust);
        role["Path"] = json!(path);
        role
    };
    let pods =
        json!({"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]});
    let cluster = json!({"Effect": "Allow", "Principal": {"Federated": "arn:aws-cn:iam::999988887777:oidc-provider/oidc.eks.cn-north-1.amazonaws.com.cn/id/A"}, "Action": "sts:AssumeRoleWithWebIdentity"});
    let s = snapshot(&json!({"RoleDetailList": [
        placed("AWSReservedSSO_Admin_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/eu-west-1/", &saml("AWSSSO_0123_DO_NOT_DELETE")),
        placed("okta", "/", &saml("Okta")),
        placed("AWSServiceRoleForSupport", "/aws-service-role/support.amazonaws.com/", &json!({"Effect": "Allow", "Principal": {"Service": "support.amazonaws.com"}, "Action": "sts:AssumeRole"})),
        role("pod", &pods),
        role("irsa", &cluster),
    ]}));
    let of = |name: &str| s.identities.iter().find(|i| i.name.starts_with(name)).expect(name);
    let sso = of("AWSReservedSSO");
    assert_eq!((sso.kind, sso.platform_managed), (Kind::CloudRole, false));
    assert_eq!(sso.hints.get("signed in by"), Some("people through single sign-on (IAM Identity Center), permission set Admin"));
    assert_eq!(of("okta").hints.get("signed in by"), Some("people through single sign-on (SAML), provider Okta"));
    assert!(of("AWSServiceRole").platform_managed && of("AWSServiceRole").hints.get("signed in by").is_none());
    assert_eq!((kind(&s, "pod"), kind(&s, "irsa")), (Kind::Workload, Kind::Workload));
    assert!(says(&s, &["role AWSReservedSSO_Admin_0123456789abcdef is used by people"]), "{:?}", s.notes);
}

#[test]
fn every_spelling_of_everything_is_a_wildcard() {
    let all = "admin secrets destructive write read wildcard";
    let full = format!("full_control {all}");
    for (action, expected) in [
        ("iam:*", all),
        ("iam:?*", all),
        ("iam:*?", all),
        ("iam:**", all),
        ("IAM:*", all),
        ("i?m:*", all),
        ("*", &full),
        ("**", &full),
        ("?*", &full),
        ("*?", &full),
        ("*:*", &full),
        ("*:?*", &full),
    ] {
        let s = snapshot(&users(&[user("a", &[allow(action, "arn:aws:iam::*:*"), allow(action, "*")])]));
        assert_eq!(classes(&s, "a"), expected, "{action}");
    }
}

#[test]
fn a_policy_that_says_who_is_told_what_it_is() {
    let of = |statement: serde_json::Value| serde_json::json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let trust = of(serde_json::json!({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}));
    let bucket = of(serde_json::json!({"Effect": "Deny", "NotPrincipal": {"AWS": "*"}, "Action": "s3:*", "Resource": "*"}));
    let scp = r#"{"Policy": {"PolicySummary": {"Name": "x"}, "Content": "{}"}}"#;
    for (text, said) in [(trust.as_str(), "the trust policy of a role"), (&bucket, "the policy of a resource"), (scp, "AWS Organizations")]
    {
        let error = crate::support::refuses(domain::snapshot::Format::Aws, &crate::support::one("p.json", text));
        assert!(error.reason.contains(said) && error.reason.contains("get-account-authorization-details"), "{error}");
    }
    let user = |document: serde_json::Value| {
        serde_json::json!({"UserDetailList": [{"UserName": "u", "UserId": "AIDAU", "Arn": "arn:aws:iam::111122223333:user/u", "Path": "/",
            "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": document}]}]})
        .to_string()
    };
    let inline = user(serde_json::json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}));
    let error = crate::support::refuses(domain::snapshot::Format::Aws, &crate::support::one("a.json", &inline));
    assert!(error.reason.contains("policy p, statement 1: it names a Principal"), "{error}");
    for (document, said) in [
        (serde_json::json!({"Statement": []}), "policy documents without a statement give nothing"),
        (serde_json::json!({"Statement": [{"Effect": "Allow", "Action": "s3:*"}]}), "neither Resource nor NotResource"),
    ] {
        let s = crate::support::reads(domain::snapshot::Format::Aws, &crate::support::one("a.json", &user(document)));
        assert!(crate::support::says(&s, &[said]), "{:?}", s.notes);
    }
}
