//! What moves access apart from a whole import: a policy file alone, a grant that ends, a deny, a secret.

use crate::support;
use domain::asof::Wanted;
use domain::ports::Clock;
use domain::privilege::Class;
use domain::query::identities::{Filter, Platform};
use domain::snapshot::Format;
use domain::time::{SECOND, Timestamp};
use service::identities::{self, Detail};
use service::{Services, overview};
use std::sync::LazyLock;
use store::on_both;
use store::testing::Scratch;

const ACCOUNT: &str = r#"{"UserDetailList": [{"Path": "/", "UserName": "svc-report", "UserId": "AIDA1", "Arn": "arn:aws:iam::111122223333:user/svc-report",
   "GroupList": ["readers"], "AttachedManagedPolicies": []}],
  "GroupDetailList": [{"GroupName": "readers", "GroupId": "AGPA1", "AttachedManagedPolicies": [{"PolicyName": "shared", "PolicyArn": "arn:aws:iam::111122223333:policy/shared"}]}],
  "RoleDetailList": [{"Path": "/", "RoleName": "worker", "RoleId": "AROA1", "Arn": "arn:aws:iam::111122223333:role/worker",
   "AttachedManagedPolicies": [{"PolicyName": "shared", "PolicyArn": "arn:aws:iam::111122223333:policy/shared"}],
   "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/cap"}}],
  "Policies": [
   {"PolicyName": "shared", "Arn": "arn:aws:iam::111122223333:policy/shared", "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true,
     "Document": {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}, {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}}]},
   {"PolicyName": "cap", "Arn": "arn:aws:iam::111122223333:policy/cap", "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true,
     "Document": {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}}]}]}"#;
const POLICY: &str = r#"{"name": "shared", "version": "v2", "document": {"Statement": [
   {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}, {"Effect": "Allow", "Action": "s3:DeleteBucket", "Resource": "*"}]}}"#;

static EVERY: LazyLock<Filter> = LazyLock::new(|| Filter { platform: Some(Platform::With), ..Filter::default() });

async fn detail(services: &Services, name: &str) -> Detail {
    let list = support::sheet::<identities::List>(services, &support::host(), Wanted::Now, &EVERY).await;
    let id = list.rows.iter().find(|f| f.name == name).unwrap_or_else(|| panic!("{name} is not there")).identity_id;
    identities::show(&mut support::at(services, &support::host(), Wanted::Now).await, id).await.expect("detail")
}

on_both!(a_policy_file_moves_whoever_holds_the_policy, async |s: &Scratch| {
    let services = support::services(s);
    let first = support::import(&services, support::request(Format::Aws, "", support::text("account.json", ACCOUNT))).await;
    assert_eq!((first.identities.total, first.grants.total, first.source.as_str()), (2, 5, "aws:111122223333"));
    let worker = detail(&services, "worker").await;
    assert_eq!((worker.facts.n_read, worker.facts.n_write, worker.facts.n_destructive), (1, 0, 0), "the boundary caps sqs");
    assert_eq!(worker.surfaces.iter().map(|s| s.surface.kind.as_str()).collect::<Vec<_>>(), ["boundary"]);
    let permissions = worker.permissions.clone().expect("a digest");

    let moved = support::import(&services, support::request(Format::Aws, "aws:111122223333", support::text("shared.json", POLICY))).await;
    assert_eq!((moved.grants.added, moved.grants.removed, moved.grants.total), (2, 2, 5), "{moved:?}");
    assert_eq!((moved.permission_sets.changed, moved.units.added, moved.units.removed), (1, 1, 1));
    for name in ["worker", "svc-report"] {
        let now = detail(&services, name).await;
        assert_eq!((now.facts.n_destructive, now.totals.by_class[Class::Destructive as usize]), (1, 1), "{name}");
        assert_eq!(now.facts.grants, 2);
    }
    assert_ne!(detail(&services, "worker").await.permissions, Some(permissions));
    let counts = overview::page(&mut support::at(&services, &support::host(), Wanted::Now).await).await.expect("overview");
    assert_eq!(counts.count("grants.class.destructive"), 2);
    let same = support::request(Format::Aws, "aws:111122223333", support::text("shared.json", POLICY));
    let again = support::import(&services, support::anew(same)).await;
    assert!(again.unchanged, "{again:?}");
    support::intact(s).await;
});

on_both!(a_grant_that_ends_leaves_the_figures, async |s: &Scratch| {
    let services = support::services(s);
    let soon = Timestamp(s.clock.now().micros() + 3600 * SECOND).rfc3339();
    let mut csv = String::from("identity,action,resource,ends_at\nstays,admin,x,\n");
    for i in 0..1200 {
        csv.push_str(&format!("leaves-{},admin,thing-{i},{soon}\n", i % 3));
    }
    support::import(&services, support::request(Format::Csv, "timed", support::text("t.csv", &csv))).await;
    let admin = async || {
        overview::page(&mut support::at(&services, &support::host(), Wanted::Now).await)
            .await
            .expect("overview")
            .count("grants.class.admin")
    };
    assert_eq!(admin().await, 1201);
    let from = Timestamp(0);
    assert_eq!(identities::settle_ended(&services, from, s.clock.now()).await.expect("settled"), 0);
    s.clock.advance(2 * 3600 * SECOND);
    assert_eq!(identities::settle_ended(&services, from, s.clock.now()).await.expect("settled"), 3);
    assert_eq!(admin().await, 1);
    let leaves = detail(&services, "leaves-1").await;
    assert_eq!((leaves.facts.grants, leaves.totals.grants, leaves.grants.len()), (0, 0, 400), "shown, and counted no more");
    assert_eq!(identities::settle_ended(&services, from, s.clock.now()).await.expect("settled"), 0);
    support::intact(s).await;
});

on_both!(a_deny_of_any_source_takes_classes_away, async |s: &Scratch| {
    let services = support::services(s);
    let csv = "identity,action,resource,effect\nbot,vault.secrets.read,vault,allow\nbot,tickets.read,crm,allow\nbot,*,vault,deny\n";
    support::import(&services, support::request(Format::Csv, "denied", support::text("d.csv", csv))).await;
    let bot = detail(&services, "bot").await;
    assert_eq!((bot.facts.n_secrets, bot.facts.n_read, bot.facts.denied), (0, 1, 1), "{:?}", bot.facts);
});

on_both!(secrets_leave_a_keyed_trace_and_nothing_else, async |s: &Scratch| {
    let services = support::services(s);
    let file = |secret: &str| {
        format!(
            r#"{{"version": 1, "source": "leaky", "identities": [{{"key": "k", "name": "bot ghp_{secret}", "kind": "bot", "hints": {{"api_key": "{secret}"}},
              "grants": [{{"actions": ["read"], "resources": ["https://app:{secret}@db.example/x"]}}],
              "surfaces": [{{"kind": "instructions", "locator": "p.md", "content": "use password={secret} here"}}]}}]}}"#
        )
    };
    let secrets = ["0123456789abcdefghijABCDEFGHIJ012345", "0123456789abcdefghijABCDEFGHIJ01234Z"];
    support::import(&services, support::request(Format::Countersign, "", support::text("a.json", &file(secrets[0])))).await;
    let same = support::request(Format::Countersign, "", support::text("a.json", &file(secrets[0])));
    let again = support::import(&services, support::anew(same)).await;
    assert!(again.unchanged, "{again:?}");
    let other = support::import(&services, support::request(Format::Countersign, "", support::text("a.json", &file(secrets[1])))).await;
    assert_eq!((other.identities.changed, other.surfaces.changed, other.grants.added), (1, 1, 1), "another secret is a change");
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    for table in ["identity_versions", "identity_facts", "rules", "blobs", "external_keys", "imports"] {
        let text = store::testing::all_text(&mut tx, table).await;
        for secret in secrets {
            assert!(!text.contains(&secret[..30]), "{table} holds a secret");
        }
    }
    tx.rollback().await.expect("closed");
    support::intact(s).await;
});
