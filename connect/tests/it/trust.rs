//! Trust policies are read whole: whom they name, what they deny, under which condition, and who holds that.

use connect::{Input, InputFile, Options, read};
use domain::access::{self, HeldRule, Memory};
use domain::identity::Kind;
use domain::privilege::Class;
use domain::rule::{Rule, Via};
use domain::snapshot::{Format, Snapshot};
use serde_json::{Value, json};

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const BOB: &str = "arn:aws:iam::111122223333:user/bob";
const CALLER: &str = "arn:aws:iam::111122223333:role/caller";
const TARGET: &str = "arn:aws:iam::111122223333:role/target";
const EXTERNAL: &str = "arn:aws:iam::999988887777:role/vendor";

/// Two users, a role `caller`, and a role `target` with these statements as its trust policy.
fn file(statements: &Value) -> InputFile {
    let user = |name: &str| json!({"Path": "/", "UserName": name, "UserId": format!("AIDA{name}"), "Arn": format!("arn:aws:iam::111122223333:user/{name}")});
    let role = |name: &str, statements: &Value| {
        json!({"Path": "/", "RoleName": name, "RoleId": format!("AROA{name}"), "Arn": format!("arn:aws:iam::111122223333:role/{name}"),
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": statements}})
    };
    let machine = json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
    let account =
        json!({"UserDetailList": [user("alice"), user("bob")], "RoleDetailList": [role("caller", &machine), role("target", statements)]});
    InputFile::from_bytes("account.json", account.to_string().into_bytes())
}

fn trusting(statements: &Value) -> Snapshot {
    read(Format::Aws, &Input::single(file(statements)), &Options::default()).expect("reads")
}

/// One statement that lets principals assume the role.
fn allow(member: &str, who: &Value) -> Value {
    json!({"Effect": "Allow", member: who, "Action": "sts:AssumeRole"})
}

/// The rules of the trust policy of `target`.
fn rules(s: &Snapshot) -> Vec<&Rule> {
    let set = s.sets.iter().position(|x| x.kind == "trust_policy" && x.key == "role/target/trust").expect("a permission set");
    s.set_rules.iter().filter(|(at, _, _)| *at as usize == set).map(|(_, rule, _)| s.rules.get(*rule)).collect()
}

/// Who holds what via trust: `alice allow`.
fn held(s: &Snapshot) -> Vec<String> {
    let via_trust = s.grants.iter().filter(|g| s.paths.get(g.path) == (Via::Trust, "trust policy of target"));
    let mut out: Vec<String> =
        via_trust.map(|g| format!("{} {}", s.identities[g.identity as usize].name, s.rules.get(g.rule).effect.as_str())).collect();
    assert_eq!(out.len(), s.grants.len(), "nothing else grants anything here");
    out.sort();
    out
}

fn hint(s: &Snapshot) -> &str {
    s.identities.iter().find(|i| i.name == "target").and_then(|i| i.hints.get("trusted by")).expect("a hint")
}

#[test]
fn a_named_identity_holds_the_statement_as_it_stands() {
    let s = trusting(
        &json!({"Sid": "Both", "Effect": "Allow", "Principal": {"AWS": [CALLER, ALICE]}, "Action": ["sts:TagSession", "sts:AssumeRole"],
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": true}}}),
    );
    assert_eq!(held(&s), ["alice allow", "caller allow"]);
    let rule = rules(&s)[0];
    assert_eq!(rule.actions, ["sts:AssumeRole", "sts:TagSession"]);
    assert_eq!(rule.resources, [TARGET]);
    assert_eq!(rule.conditions, ["Bool aws:MultiFactorAuthPresent true"]);
    assert_eq!(rule.principals, [format!("aws:{CALLER}"), format!("aws:{ALICE}")]);
    assert_eq!(hint(&s), format!("aws:{CALLER}, aws:{ALICE}"));
    assert!(s.set_rules.iter().any(|(_, _, label)| label.as_deref() == Some("Both")));
    assert!(s.notes.is_empty(), "{:?}", s.notes);
}

#[test]
fn a_deny_is_held_beside_the_allow_and_wins() {
    let s = trusting(
        &json!([allow("Principal", &json!({"AWS": [ALICE, BOB]})), {"Effect": "Deny", "Principal": {"AWS": BOB}, "Action": "sts:AssumeRole"}]),
    );
    assert_eq!(held(&s), ["alice allow", "bob allow", "bob deny"]);
    for (name, may) in [("alice", true), ("bob", false)] {
        let own = s.grants.iter().filter(|g| s.identities[g.identity as usize].name == name);
        let held: Vec<HeldRule<'_>> = own
            .map(|g| {
                let (via, via_name) = s.paths.get(g.path);
                HeldRule { rule: s.rules.get(g.rule), via, via_name, timed: false }
            })
            .collect();
        let totals = access::totals(&held, &access::judge(&held, &mut Memory::default()));
        assert_eq!(totals.by_class[Class::Admin as usize], i64::from(may), "{name}: {totals:?}");
    }
}

#[test]
fn a_wide_deny_is_held_by_those_it_shuts_out_and_no_others() {
    let own = "arn:aws:iam::111122223333:root";
    let cases = [
        ("Principal", json!("*"), true),
        ("Principal", json!({"AWS": "111122223333"}), true),
        ("Principal", json!({"AWS": "999988887777"}), false),
        ("Principal", json!({"Service": "ec2.amazonaws.com"}), false),
        ("NotPrincipal", json!({"AWS": BOB}), true),
        ("NotPrincipal", json!({"Service": "ec2.amazonaws.com"}), true),
        ("NotPrincipal", json!({"AWS": "999988887777"}), true),
        ("NotPrincipal", json!({"AWS": [BOB, own]}), false),
        ("NotPrincipal", json!({"AWS": ALICE}), false),
        ("NotPrincipal", json!({"AWS": "arn:aws:sts::111122223333:assumed-role/caller/session"}), false),
        ("NotPrincipal", json!({"Organization": "o-1"}), false),
        ("NotPrincipal", json!("*"), false),
    ];
    for (member, who, shut_out) in cases {
        let deny = json!({"Effect": "Deny", member: who, "Action": "sts:AssumeRole"});
        let s = trusting(&json!([allow("Principal", &json!({"AWS": ALICE})), deny]));
        let expected: &[&str] = if shut_out { &["alice allow", "alice deny"] } else { &["alice allow"] };
        assert_eq!(held(&s), expected, "{member} {who}");
        assert_eq!(rules(&s).len(), 2, "the deny stands in the policy in any case: {member} {who}");
    }
}

#[test]
fn only_an_assumption_lets_in_and_every_action_is_kept() {
    let cases: [(&str, &[&str], bool); 9] = [
        ("Action", &["sts:TagSession"], false),
        ("Action", &["sts:SetContext", "sts:SetSourceIdentity"], false),
        ("Action", &["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"], true),
        ("Action", &["STS:assumerole"], true),
        ("Action", &["sts:Assume*"], true),
        ("Action", &["sts:AssumeRoleWithSAML"], true),
        ("Action", &["sts:NotYetKnown"], false),
        ("NotAction", &["sts:TagSession"], true),
        ("NotAction", &["sts:Assume*"], false),
    ];
    for (member, actions, lets_in) in cases {
        let s = trusting(&json!({"Effect": "Allow", "Principal": {"AWS": ALICE}, member: actions}));
        assert_eq!(held(&s).len(), usize::from(lets_in), "{member} {actions:?}");
        let (rule, named) = (rules(&s)[0], format!("aws:{ALICE}"));
        assert_eq!(if member == "Action" { &rule.actions } else { &rule.actions_negated }, actions);
        assert_eq!(hint(&s), if lets_in { named.as_str() } else { "nobody" });
    }
}

#[test]
fn a_federated_principal_comes_with_the_keys_and_values_of_its_conditions() {
    let provider = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
    let s = trusting(
        &json!({"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {
        "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
        "StringLike": {"token.actions.githubusercontent.com:sub": ["repo:acme/web:*", "repo:acme/api:*"]}}}),
    );
    let rule = rules(&s)[0];
    assert_eq!(rule.principals, [format!("federated:{provider}")]);
    assert_eq!(
        rule.conditions,
        [
            "StringEquals token.actions.githubusercontent.com:aud sts.amazonaws.com",
            "StringLike token.actions.githubusercontent.com:sub repo:acme/api:* | repo:acme/web:*"
        ]
    );
    assert_eq!((held(&s).len(), hint(&s)), (0, format!("federated:{provider}").as_str()));
    assert!(s.identities.iter().any(|i| i.name == "target" && i.kind == Kind::CiIdentity));
}

#[test]
fn who_lets_in_anybody_is_said_loudly() {
    let external = json!({"StringEquals": {"sts:ExternalId": "x-1"}});
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"});
    let tags = json!({"Effect": "Allow", "Principal": "*", "Action": "sts:TagSession"});
    let conditional = json!({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": external});
    let cases = [
        (allow("Principal", &json!("*")), Some("role target can be assumed by anybody")),
        (allow("Principal", &json!({"AWS": "*"})), Some("role target can be assumed by anybody")),
        (allow("Principal", &json!({"AWS": [ALICE, "*"]})), Some("role target can be assumed by anybody")),
        (conditional, Some("role target can be assumed by anybody under the condition StringEquals sts:ExternalId")),
        (
            allow("NotPrincipal", &json!({"AWS": ALICE})),
            Some("role target can be assumed by anybody but aws:arn:aws:iam::111122223333:user/alice"),
        ),
        (allow("Principal", &json!({"Federated": "*"})), Some("role target can be assumed by whomever any identity provider signs in")),
        (allow("Principal", &json!({"Service": "*"})), Some("role target can be assumed by any AWS service")),
        (deny, None),
        (tags, None),
    ];
    for (statement, note) in cases {
        let s = trusting(&statement);
        assert_eq!(s.notes.first().map(String::as_str), note, "{statement}");
        assert_eq!(held(&s).iter().filter(|h| !h.starts_with("alice")).count(), 0, "nobody holds what anybody may: {statement}");
    }
    let of = |who: &Value| rules(&trusting(&allow("Principal", who)))[0].content_key();
    assert_eq!(of(&json!("*")), of(&json!({"AWS": "*"})));
    assert_eq!(hint(&trusting(&allow("NotPrincipal", &json!({"AWS": ALICE})))), "*");
}

#[test]
fn where_anybody_may_have_an_account_a_condition_says_who() {
    let provider = |host: &str| format!("arn:aws:iam::111122223333:oidc-provider/{host}");
    let github = "token.actions.githubusercontent.com";
    let trusts = |issuer: &str, conditions: &[(&str, &str, &str)]| {
        let mut condition = json!({});
        for (operator, key, value) in conditions {
            condition[operator][key] = json!(value);
        }
        let action = "sts:AssumeRoleWithWebIdentity";
        json!({"Effect": "Allow", "Principal": {"Federated": issuer}, "Action": action, "Condition": condition})
    };
    let (aud, sub) = ("token.actions.githubusercontent.com:aud", "token.actions.githubusercontent.com:sub");
    let build = Some("role target can be assumed by anybody who runs a build at token.actions.githubusercontent.com");
    let guest = Some("role target can be assumed by anybody, as a guest of its Amazon Cognito identity pool");
    let (pool, amr) = ("cognito-identity.amazonaws.com:aud", "cognito-identity.amazonaws.com:amr");
    let cases = [
        (trusts(&provider(github), &[]), build),
        (trusts(&provider(github), &[("StringEquals", aud, "sts.amazonaws.com")]), build),
        (trusts(&provider(github), &[("StringLike", sub, "*")]), build),
        (trusts(&provider(github), &[("StringLike", sub, "repo:*:ref:refs/heads/main")]), build),
        (trusts(&provider(github), &[("StringNotEquals", sub, "repo:acme/web:x")]), build),
        (trusts(&provider(github), &[("StringLike", sub, "repo:acme/*")]), None),
        (trusts(&provider("token.actions.githubusercontent.com/acme"), &[("StringEquals", aud, "sts.amazonaws.com")]), None),
        (trusts(&provider("gitlab.acme.example"), &[]), None),
        (trusts(&provider("gitlab.com"), &[]), Some("role target can be assumed by anybody who runs a build at gitlab.com")),
        (trusts("accounts.google.com", &[]), Some("role target can be assumed by anybody who signs in at accounts.google.com")),
        (trusts("accounts.google.com", &[("StringEquals", "accounts.google.com:sub", "107")]), None),
        (
            trusts("cognito-identity.amazonaws.com", &[]),
            Some("role target can be assumed by anybody who has an identity pool of Amazon Cognito, in whichever account"),
        ),
        (trusts("cognito-identity.amazonaws.com", &[("StringEquals", pool, "eu-west-1:x")]), guest),
        (
            trusts(
                "cognito-identity.amazonaws.com",
                &[("StringEquals", pool, "eu-west-1:x"), ("ForAnyValue:StringLike", amr, "unauthenticated")],
            ),
            guest,
        ),
        (
            trusts(
                "cognito-identity.amazonaws.com",
                &[("StringEquals", pool, "eu-west-1:x"), ("ForAnyValue:StringLike", amr, "authenticated")],
            ),
            None,
        ),
    ];
    for (statement, note) in cases {
        let notes = trusting(&statement).notes;
        let said = notes.iter().find(|n| n.starts_with("role target can be assumed"));
        assert!(said.map(String::as_str).unwrap_or_default().starts_with(note.unwrap_or_default()), "{statement} {notes:?}");
        assert_eq!(said.is_some(), note.is_some(), "{statement} {notes:?}");
    }
}

#[test]
fn an_account_is_one_principal_however_it_is_written_and_a_foreign_one_is_named() {
    let of = |who: &Value| {
        let s = trusting(&allow("Principal", who));
        (rules(&s)[0].content_key(), hint(&s).to_owned(), s.notes.clone(), held(&s))
    };
    let digits = of(&json!({"AWS": "111122223333"}));
    assert_eq!(digits, of(&json!({"AWS": ["arn:aws:iam::111122223333:root", "111122223333"]})));
    assert_eq!((digits.1.as_str(), digits.2.len(), digits.3.len()), ("account:111122223333", 0, 0));
    for (who, shown) in [("999988887777", "account:999988887777"), (EXTERNAL, "aws:arn:aws:iam::999988887777:role/vendor")] {
        let (_, hint, notes, held) = of(&json!({"AWS": who}));
        assert_eq!((hint.as_str(), held.len()), (shown, 0));
        assert_eq!(notes, ["another account, 999988887777, is trusted by the role target"]);
    }
}

#[test]
fn principals_of_every_kind_stand_in_one_statement() {
    let s = trusting(&allow(
        "Principal",
        &json!({"AWS": [ALICE, "111122223333", EXTERNAL], "Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"],
            "Federated": "accounts.google.com", "CanonicalUser": "79a59df9", "Organization": ["o-1", "o-2"]}),
    ));
    let expected = [
        "account:111122223333",
        "aws:arn:aws:iam::111122223333:user/alice",
        "aws:arn:aws:iam::999988887777:role/vendor",
        "canonical:79a59df9",
        "federated:accounts.google.com",
        "service:ec2.amazonaws.com",
        "service:lambda.amazonaws.com",
        "unknown:Organization:o-1",
        "unknown:Organization:o-2",
    ];
    assert_eq!(rules(&s)[0].principals, expected);
    assert_eq!((held(&s), hint(&s)), (vec!["alice allow".to_owned()], expected.join(", ").as_str()));
    assert!(
        s.notes.iter().any(|n| n.starts_with("principals of the type Organization, which this version does not know")),
        "{:?}",
        s.notes
    );
    assert!(s.identities.iter().any(|i| i.name == "target" && i.kind == Kind::Workload));
}

#[test]
fn a_statement_that_does_not_say_whom_it_speaks_of_is_refused() {
    let said = "Principal is neither \"*\" nor an object of principal types";
    let cases = [
        (json!({"Effect": "Allow", "Action": "sts:AssumeRole"}), "neither Principal nor NotPrincipal"),
        (json!({"Effect": "Allow", "Principal": null, "Action": "sts:AssumeRole"}), "neither Principal nor NotPrincipal"),
        (json!({"Effect": "Deny", "Principal": "*", "NotPrincipal": {"AWS": ALICE}, "Action": "sts:*"}), "both Principal and NotPrincipal"),
        (allow("Principal", &json!(ALICE)), said),
        (allow("Principal", &json!(["*"])), said),
        (allow("Principal", &json!({})), "Principal names nobody"),
        (allow("NotPrincipal", &json!({"AWS": []})), "NotPrincipal names nobody"),
        (allow("Principal", &json!({"AWS": 111_122_223_333_u64})), "Principal AWS: a name is wanted"),
    ];
    for (statement, why) in cases {
        let mut second = statement.clone();
        second["Sid"] = json!("Second");
        for (bad, place) in [(statement, "statement 2"), (second, "statement 2 (Second)")] {
            let both = json!([allow("Principal", &json!("*")), bad]);
            let error = read(Format::Aws, &Input::single(file(&both)), &Options::default()).expect_err("refused");
            assert!(error.reason.starts_with(&format!("role target, {place}: {why}")), "{error}");
            assert!(error.file == "account.json" && error.place.is_some_and(|p| p.starts_with("line 1")), "{bad}");
        }
    }
}

#[test]
fn a_role_of_two_files_is_held_once_and_no_tag_speaks_for_its_trust() {
    let trust = json!([allow("Principal", &json!({"AWS": ALICE})), {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]);
    let twice = Input::of("pages", vec![file(&trust), file(&trust)]);
    let s = read(Format::Aws, &twice, &Options::default()).expect("reads");
    assert_eq!((held(&s), rules(&s).len()), (vec!["alice allow".to_owned(), "alice deny".to_owned()], 2));

    let role = json!({"RoleDetailList": [{"RoleName": "target", "RoleId": "AROA1", "Arn": TARGET, "Tags": [{"Key": "Trusted By", "Value": "nobody"}]}]});
    let input = Input::single(InputFile::from_bytes("account.json", role.to_string().into_bytes()));
    let s = read(Format::Aws, &input, &Options::default()).expect("reads");
    assert_eq!((hint(&s), s.sets.len()), ("unknown: the file does not hold its trust policy", 0));
}

#[test]
fn many_open_roles_and_secrets_do_not_spill() {
    let key = "AKIAIOSFODNN7EXAMPLE";
    let s = trusting(&allow("NotPrincipal", &json!({"AWS": key})));
    assert!(!format!("{s:?}").contains(key) && s.notes[0].starts_with("role target can be assumed by anybody but aws:"), "{:?}", s.notes);
    let role = |i: u32| {
        json!({"RoleName": format!("r{i}"), "RoleId": format!("AROA{i}"), "Arn": format!("arn:aws:iam::111122223333:role/r{i}"),
        "AssumeRolePolicyDocument": {"Statement": allow("Principal", &json!({"AWS": ["*", "999988887777"]}))}})
    };
    let roles: Vec<Value> = (0..70).map(role).collect();
    let input = Input::single(InputFile::from_bytes("a.json", json!({"RoleDetailList": roles}).to_string().into_bytes()));
    let notes = read(Format::Aws, &input, &Options::default()).expect("reads").notes;
    assert_eq!((notes.len(), notes[50].as_str()), (52, "and 20 more statements that let in whoever comes"));
    assert!(notes[51].starts_with("another account, 999988887777, is trusted by the roles r0, ") && notes[51].ends_with(" and 60 more"));
}
