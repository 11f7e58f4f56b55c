//! Nulls, encodings, pages, repeats and members nobody knows.

use super::{allow, folder, named, role, snapshot, units, user, users};
use crate::support::{one, reads, refuses, says};
use connect::{Input, InputFile};
use domain::snapshot::Format;
use serde_json::{Value, json};

#[test]
fn null_and_empty_are_nothing_everywhere() {
    let nothing = json!({"UserDetailList": null, "GroupDetailList": null, "RoleDetailList": [], "Policies": null, "Marker": null, "IsTruncated": null});
    assert!(snapshot(&nothing).identities.is_empty());
    let mut one_user = user("a", &[allow("s3:Get*", "*")]);
    for (name, value) in [
        ("GroupList", json!(null)),
        ("AttachedManagedPolicies", json!(null)),
        ("Tags", json!(null)),
        ("PermissionsBoundary", json!(null)),
        ("PermissionsBoundary", json!({})),
        ("PermissionsBoundary", json!({"PermissionsBoundaryType": "", "PermissionsBoundaryArn": null})),
        ("AttachedManagedPolicies", json!([{"PolicyName": null, "PolicyArn": ""}, {}])),
        ("GroupList", json!([""])),
        ("Path", json!(null)),
    ] {
        one_user[name] = value.clone();
        let s = snapshot(&users(&[one_user.clone()]));
        assert_eq!((s.grants.len(), s.identities[0].unknown_access.len(), s.surfaces.len()), (1, 0, 0), "{name} {value}");
    }
    let s = snapshot(
        &json!({"RoleDetailList": [{"RoleName": "r", "RoleId": "AROA1", "Arn": "arn:aws:iam::111122223333:role/r", "AssumeRolePolicyDocument": null,
        "RolePolicyList": null, "InstanceProfileList": null}], "Policies": [{"PolicyName": "p", "Arn": "arn:aws:iam::111122223333:policy/p", "PolicyVersionList": null}]}),
    );
    assert_eq!((s.identities.len(), s.sets.len(), s.sets[0].present), (1, 1, false));
}

#[test]
fn what_is_wrong_is_refused_with_its_place_in_the_list() {
    let with = |name: &str, value: Value| {
        let mut second = user("b", &[]);
        second[name] = value;
        users(&[user("a", &[]), second])
    };
    for (account, why) in [
        (with("UserId", json!(null)), "UserDetailList[1]: no UserId"),
        (with("Arn", json!("")), "UserDetailList[1]: no Arn"),
        (with("UserName", json!(7)), "UserDetailList[1].UserName: expected a text, found a number"),
        (with("GroupList", json!({"a": 1})), "UserDetailList[1].GroupList: expected a list, found an object"),
        (with("GroupList", json!([1])), "UserDetailList[1].GroupList[0]: expected a text, found a number"),
        (with("UserPolicyList", json!([["p", {}]])), "UserDetailList[1].UserPolicyList[0]: expected an object, found a list"),
        (with("UserPolicyList", json!([{"PolicyName": "p"}])), "UserDetailList[1].UserPolicyList[0]: no PolicyDocument"),
        (
            with("AttachedManagedPolicies", json!([{"PolicyName": "x"}])),
            "UserDetailList[1].AttachedManagedPolicies[0]: no ARN of the policy",
        ),
        (with("PermissionsBoundary", json!("arn")), "UserDetailList[1].PermissionsBoundary: expected an object, found a text"),
        (json!({"UserDetailList": {"UserName": "a"}}), "invalid type: map, expected a list in UserDetailList"),
        (json!({"UserDetailList": ["a"]}), "invalid type: string \"a\", expected an object in UserDetailList"),
    ] {
        let error = refuses(Format::Aws, &one("a.json", &account.to_string()));
        assert!(error.reason.starts_with(why) && error.file == "a.json" && error.place.is_some(), "{error}");
    }
    let error = refuses(Format::Aws, &one("a.json", r#"{"UserDetailList": [{"UserName": "a", "UserName": "b"}]}"#));
    assert!(error.reason.contains("\"UserName\" stands twice"), "{error}");
    for nothing in ["[]", "[[]]", "{}", "null", "7", "[{}]"] {
        let error = refuses(Format::Aws, &one("a.json", nothing));
        assert!(error.reason.contains("account authorization details"), "{nothing}: {error}");
    }
    let error = refuses(Format::Aws, &one("a.json", r#"{"UserDetailList": [], "UserDetailList": []}"#));
    assert!(error.reason.contains("\"UserDetailList\" stands twice"), "{error}");
}

#[test]
fn an_account_comes_in_every_encoding_with_comments_and_in_several_values() {
    let text = format!("// exported\n{}\n", users(&[user("ä", &[allow("s3:Get*", "*")])]));
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for bytes in [text.clone().into_bytes(), [b"\xef\xbb\xbf", text.as_bytes()].concat(), wide] {
        let s = reads(Format::Aws, &Input::single(InputFile::from_bytes("a.json", bytes)));
        assert_eq!((named(&s), s.grants.len()), (vec!["ä"], 1));
    }
    let (a, b) = (users(&[user("a", &[])]), users(&[user("b", &[])]));
    for text in [format!("{a}{b}"), format!("{a}\n{b}\n"), format!("[{a}, {b}]"), format!("\u{feff}{a}\n\u{feff}{b}")] {
        assert_eq!(named(&reads(Format::Aws, &one("a.json", &text))), ["a", "b"], "{text}");
    }
    let raw = json!({"GetAccountAuthorizationDetailsResponse": {"GetAccountAuthorizationDetailsResult": a, "ResponseMetadata": {"RequestId": "x"}}});
    let s = snapshot(&raw);
    assert_eq!((named(&s), s.notes.len()), (vec!["a"], 0));
}

#[test]
fn pages_together_are_one_account_and_one_alone_is_refused() {
    let page = |name: &str, more: Value| {
        let mut page = users(&[user(name, &[])]);
        more.as_object().expect("members").iter().for_each(|(k, v)| page[k] = v.clone());
        page
    };
    let groups = json!({"GroupDetailList": [{"GroupName": "g", "GroupId": "AGPA1", "Arn": "arn:aws:iam::111122223333:group/g",
        "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": allow("s3:Get*", "*")}]}], "UserDetailList": [], "IsTruncated": true, "Marker": "c"});
    let mut first = page("a", json!({"IsTruncated": true, "Marker": "b"}));
    first["UserDetailList"][0]["GroupList"] = json!(["g"]);
    let last = page("b", json!({"IsTruncated": false, "Marker": null}));
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let pages = [first.clone(), groups.clone(), last.clone()];
        let s = reads(Format::Aws, &folder(&order.map(|i| pages[i].clone())));
        assert_eq!((named(&s), units(&s, "a")), (vec!["a", "b"], vec!["s3:Get* on *".to_owned()]));
        assert!(s.notes.is_empty() && s.identities.iter().all(|i| i.unknown_access.is_empty()), "{:?}", s.notes);
    }
    for more in [json!({"IsTruncated": true}), json!({"IsTruncated": "true"}), json!({"Marker": "x"}), json!({"NextToken": "x"})] {
        let error = refuses(Format::Aws, &folder(&[first.clone(), page("c", more)]));
        assert!(error.file == "d/0.json" && error.reason.contains("import them together"), "{error}");
    }
    for none in [json!({"NextToken": ""}), json!({"Marker": null}), json!({"IsTruncated": "false"})] {
        assert_eq!(named(&reads(Format::Aws, &folder(&[first.clone(), page("c", none)]))), ["a", "c"]);
    }
}

#[test]
fn what_is_said_twice_is_one_or_refused_with_both_places() {
    let same = user("a", &[allow("s3:Get*", "*"), allow("s3:Put*", "*")]);
    let mut reordered = same.clone();
    reordered["UserPolicyList"].as_array_mut().expect("a list").reverse();
    reordered["PasswordLastUsed"] = json!("2026-01-01T00:00:00Z");
    reordered["Tags"] = json!([]);
    let s = reads(Format::Aws, &folder(&[users(std::slice::from_ref(&same)), users(&[user("b", &[]), reordered])]));
    assert_eq!((named(&s), s.grants.len()), (vec!["a", "b"], 2));
    assert!(
        says(&s, &["user a stands in d/0.json, UserDetailList[0] and again in d/1.json, UserDetailList[1]; it counts once"]),
        "{:?}",
        s.notes
    );

    let mut id = user("b", &[]);
    id["UserId"] = json!("AIDAa");
    let mut name = user("A", &[]);
    name["UserId"] = json!("AIDAother");
    for (other, words) in [
        (user("a", &[allow("s3:Get*", "*")]), ["user a (d/1.json, UserDetailList[0])", "d/0.json, UserDetailList[0]"]),
        (id, ["user b", "its ID AIDAa is that of user a in d/0.json"]),
        (name, ["user A", "d/0.json, UserDetailList[0] with other content"]),
    ] {
        let error = refuses(Format::Aws, &folder(&[users(std::slice::from_ref(&same)), users(&[other])]));
        assert!(error.file == "d/1.json" && words.iter().all(|word| error.reason.contains(word)), "{error}");
    }
    let mut twice = user("a", &[allow("s3:Get*", "*"), allow("iam:*", "*")]);
    twice["UserPolicyList"][1]["PolicyName"] = json!("p0");
    let error = refuses(Format::Aws, &one("a.json", &users(&[twice]).to_string()));
    assert!(error.reason.contains("user a, two inline policies are called p0"), "{error}");
}

#[test]
fn policies_and_groups_said_twice_are_one_or_refused() {
    let policy = |arn: &str, version: &str, document: Value| {
        json!({"PolicyName": "p", "Arn": arn, "DefaultVersionId": version, "AttachmentCount": 1,
        "PolicyVersionList": [{"VersionId": version, "IsDefaultVersion": true, "Document": document}]})
    };
    let account = |policy: Value| json!({"UserDetailList": [], "Policies": [policy]});
    let (own, of_aws) = ("arn:aws:iam::111122223333:policy/p", "arn:aws:iam::aws:policy/p");
    let (get, put) = (allow("s3:Get*", "*"), allow("s3:Put*", "*"));
    let s = reads(Format::Aws, &folder(&[account(policy(own, "v1", get.clone())), account(policy(own, "v1", get.clone()))]));
    assert!(s.set_rules.len() == 1 && says(&s, &["policy p", "counts once"]), "{:?}", s.notes);
    let error = refuses(Format::Aws, &folder(&[account(policy(own, "v1", get.clone())), account(policy(own, "v2", put.clone()))]));
    assert!(error.reason.contains("d/0.json") && error.reason.contains("d/1.json"), "{error}");
    for order in [["v9", "v10"], ["v10", "v9"]] {
        let of = |version: &str| account(policy(of_aws, version, if version == "v10" { put.clone() } else { get.clone() }));
        let s = reads(Format::Aws, &folder(&order.map(of)));
        assert_eq!((s.sets[0].version.as_deref(), s.set_rules.len()), (Some("v10"), 1));
        assert_eq!(s.rules.get(s.set_rules[0].1).actions, ["s3:Put*"]);
        assert!(says(&s, &["policy p of AWS stands in two versions"]), "{:?}", s.notes);
    }
    let group = |action: &str| json!({"UserDetailList": [], "GroupDetailList": [{"GroupName": "g", "GroupId": "AGPA1", "GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": allow(action, "*")}]}]});
    assert_eq!(reads(Format::Aws, &folder(&[group("s3:Get*"), group("s3:Get*")])).sets.len(), 2);
    let error = refuses(Format::Aws, &folder(&[group("s3:Get*"), group("s3:Put*")]));
    assert!(error.reason.contains("group g (d/1.json, GroupDetailList[0])"), "{error}");
}

#[test]
fn members_nobody_knows_are_counted_and_named() {
    let mut a = user("a", &[]);
    a["InlinePolicies"] = json!([]);
    let mut b = role("b", &json!([]));
    b["InlinePolicies"] = json!([]);
    let mut account = users(&[a.clone(), {
        a["UserName"] = json!("c");
        a["UserId"] = json!("AIDAc");
        a["Arn"] = json!("arn:aws:iam::111122223333:user/c");
        a
    }]);
    account["RoleDetailList"] = json!([b]);
    account["Remark"] = json!({"deep": [1, 2, {"x": null}]});
    let s = snapshot(&account);
    assert_eq!(
        s.notes,
        ["members that are not known were not read: Remark, RoleDetailList[].InlinePolicies, UserDetailList[].InlinePolicies (2 times)"]
    );
}

#[test]
fn yaml_of_the_command_line_is_read_like_its_json() {
    let account = "UserDetailList:\n- Arn: arn:aws:iam::111122223333:user/ann\n  CreateDate: '2026-01-01T00:00:00+00:00'\n  GroupList: []\n  Path: /\n  \
        UserId: AIDAANN\n  UserName: ann\n  UserPolicyList:\n  - PolicyName: p\n    PolicyDocument:\n      Version: '2012-10-17'\n      Statement:\n      \
        - Effect: Allow\n        Action: s3:GetObject\n        Resource: '*'\nGroupDetailList: []\nRoleDetailList: []\nPolicies: []\n";
    let input = one("account.yaml", account);
    assert_eq!(connect::recognise(&input), Some(Format::Aws));
    let s = reads(Format::Aws, &input);
    assert_eq!(units(&s, "ann"), ["s3:GetObject on *"]);
    assert_eq!(s.default_source.as_deref(), Some("aws:111122223333"));
    // What is wrong has its line, though the text was written anew.
    let wrong = refuses(Format::Aws, &one("account.yaml", &account.replace("Effect: Allow", "Effect: allow")));
    assert!(wrong.place.as_deref().is_some_and(|place| place.starts_with("line 1")) && wrong.reason.contains("allow"), "{wrong}");
    let early = refuses(Format::Aws, &one("a.yaml", &format!("IsTruncated: true\nMarker: x\n{account}")));
    assert!(early.reason.contains("last page"), "{early}");
    // A page each, as yaml-stream gives them.
    let stream = format!("- {}", account.trim_end().replace('\n', "\n  "));
    assert_eq!(named(&reads(Format::Aws, &one("stream.yaml", &stream))), ["ann"]);
}
