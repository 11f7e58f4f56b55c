//! AWS accounts as imports see them: several in one input, inline policies alone, and access that is not known.

use crate::support;
use domain::asof::Wanted;
use domain::query::identities::{Filter, Platform};
use domain::snapshot::Format;
use serde_json::{Value, json};
use service::imports::{Input, InputFile};
use service::listing::Listing;
use service::{Error, Services, identities, imports};
use std::sync::LazyLock;
use store::on_both;
use store::testing::Scratch;

const ONE: &str = "111122223333";
const TWO: &str = "444455556666";

static EVERY: LazyLock<Filter> = LazyLock::new(|| Filter { platform: Some(Platform::With), ..Filter::default() });

/// A user of an account for each name, with an inline policy.
fn account(id: &str, names: &[&str]) -> Value {
    let user = |name: &&str| {
        json!({"UserName": name, "UserId": format!("AIDA{name}"), "Arn": format!("arn:aws:iam::{id}:user/{name}"), "UserPolicyList": [{"PolicyName": "p",
            "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{name}/*")}}}]})
    };
    json!({"UserDetailList": names.iter().map(user).collect::<Vec<_>>(), "RoleDetailList": [], "Policies": []})
}

fn folder(accounts: &[Value]) -> Input {
    let file = |(i, a): (usize, &Value)| InputFile::from_bytes(format!("d/{i}.json"), a.to_string().into_bytes());
    Input::of("d", accounts.iter().enumerate().map(file).collect())
}

fn request(input: Input) -> imports::Request {
    imports::Request { format: Format::Aws, input, how: imports::Wish::default() }
}

async fn refused(services: &Services, request: imports::Request) -> Error {
    imports::run(&support::by(services, &support::host()), request, |_| {}).await.expect_err("refused")
}

async fn named(services: &Services) -> Vec<String> {
    let list = support::sheet::<identities::List>(services, &support::host(), Wanted::Now, &EVERY).await;
    list.rows.iter().map(|row| row.name.clone()).collect()
}

on_both!(an_input_of_two_accounts_is_two_sources_or_none, async |s: &Scratch| {
    let services = support::services(s);
    let both = folder(&[account(ONE, &["a", "b"]), account(TWO, &["c"])]);
    let dry = imports::Wish { dry_run: true, ..imports::Wish::default() };
    let preview = support::import(&services, imports::Request { how: dry, ..request(both.clone()) }).await;
    assert_eq!((preview.identities.added, preview.others[0].identities.added), (2, 1));
    assert!(named(&services).await.is_empty());
    let named_one = imports::Wish { source: Some("mine".to_owned()), ..imports::Wish::default() };
    let error = refused(&services, imports::Request { how: named_one, ..request(both.clone()) }).await;
    assert!(error.to_string().contains("several accounts"), "{error}");

    let first = support::import(&services, request(both.clone())).await;
    let second = &first.others[0];
    assert_eq!((first.source.as_str(), second.source.as_str()), ("aws:111122223333", "aws:444455556666"));
    assert_eq!((first.identities.total, second.identities.total), (2, 1));
    assert!(first.import.is_some() && second.import.is_some() && first.import != second.import && first.seq < second.seq);
    assert_eq!(named(&services).await, ["a", "b", "c"]);
    let again = support::import(&services, request(both)).await;
    assert!(again.unchanged && again.others[0].unchanged, "{again:?}");

    // What is refused of the second is refused of both.
    let less = folder(&[account(ONE, &["a", "b", "new"]), account(TWO, &["other"])]);
    let error = refused(&services, request(less.clone())).await;
    assert!(matches!(&error, Error::NeedsConfirmation(why) if why.contains("aws:444455556666")), "{error}");
    assert_eq!(named(&services).await, ["a", "b", "c"]);
    let sure = imports::Wish { confirm_removals: true, ..imports::Wish::default() };
    support::import(&services, imports::Request { how: sure, ..request(less) }).await;
    assert_eq!(named(&services).await, ["a", "b", "new", "other"]);
    // One account alone is that source, as before.
    let alone = support::import(&services, request(folder(&[account(ONE, &["a", "b", "new"])]))).await;
    assert!(alone.unchanged && alone.others.is_empty() && alone.source == "aws:111122223333", "{alone:?}");
    support::intact(s).await;
});

on_both!(an_inline_policy_alone_moves_whoever_holds_it, async |s: &Scratch| {
    let services = support::services(s);
    support::import(&services, request(folder(&[account(ONE, &["a", "b"])]))).await;
    let document = json!({"Statement": {"Effect": "Allow", "Action": "s3:DeleteBucket", "Resource": "*"}});
    let answer = json!({"UserName": "a", "PolicyName": "p", "PolicyDocument": document}).to_string();
    let alone = support::request(Format::Aws, "aws:111122223333", support::text("p.json", &answer));
    let moved = support::import(&services, alone).await;
    assert_eq!((moved.grants.added, moved.grants.removed, moved.grants.total, moved.permission_sets.changed), (1, 1, 2, 1), "{moved:?}");
    let list = support::sheet::<identities::List>(&services, &support::host(), Wanted::Now, &EVERY).await;
    let figures: Vec<(i64, i64)> = list.rows.iter().map(|row| (row.n_destructive, row.n_read)).collect();
    assert_eq!(figures, [(1, 0), (0, 1)]);
    support::intact(s).await;
});

on_both!(unknown_access_is_never_shown_as_none, async |s: &Scratch| {
    let services = support::services(s);
    let mut unknown = account(ONE, &["a", "b"]);
    unknown["UserDetailList"][0]["UserPolicyList"] = json!([]);
    unknown["UserDetailList"][0]["AttachedManagedPolicies"] =
        json!([{"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}]);
    support::import(&services, request(folder(&[unknown]))).await;
    let list = support::sheet::<identities::List>(&services, &support::host(), Wanted::Now, &EVERY).await;
    let said: Vec<(i64, Option<&str>)> = list.rows.iter().map(|row| (row.grants, row.unknown_access.as_deref())).collect();
    assert_eq!(said, [(0, Some("policy arn:aws:iam::aws:policy/AdministratorAccess is not in the file")), (1, None)]);
    let field = identities::List::FIELDS.iter().find(|f| f.name == "unknown_access").expect("a column");
    assert!(matches!((field.of)(&list.rows[0]), domain::listing::Datum::Text(why) if why.contains("AdministratorAccess")));
    // Once the policy is there, nothing is unknown; then was then.
    let then = Wanted::Pair(list.as_of);
    support::import(&services, request(folder(&[account(ONE, &["a", "b"])]))).await;
    for (wanted, unknown) in [(Wanted::Now, 0), (then, 1)] {
        let list = support::sheet::<identities::List>(&services, &support::host(), wanted, &EVERY).await;
        assert_eq!(list.rows.iter().filter(|row| row.unknown_access.is_some()).count(), unknown);
    }
    support::intact(s).await;
});
