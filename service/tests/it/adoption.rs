//! Adopting doubles no figure: rows of the baseline beside the observed ones move what is reviewed and nothing else.

use crate::support;
use domain::asof::Wanted;
use domain::identity::Review;
use domain::ledger::Actor;
use domain::query::Term;
use domain::query::identities::{Filter, Platform, Sort};
use domain::seq::Seq;
use domain::snapshot::Format;
use service::identities::Listed;
use service::listing::Listing;
use service::{Figure, Services, adoption, identities, overview, sources};
use std::path::Path;
use store::engine::table::Declared;
use store::engine::writer::Command;
use store::identities::{IdentityReview, Reviewed};
use store::measures::Deltas;
use store::on_both;
use store::testing::Scratch;

const BENCH: &str = r#"{"version": 1, "source": "bench", "identities": [
  {"key": "scout", "name": "tool-scout", "kind": "ai_agent", "hints": {"env": "prod", "owner": "omar"},
   "grants": [{"actions": ["tools.write"], "resources": ["registry"]}, {"actions": ["secrets.read"], "resources": ["vault"]}],
   "surfaces": [{"kind": "instructions", "locator": "prompts/scout.md", "content": "Never add a connector by yourself."}]},
  {"key": "idle", "name": "idle-bot", "kind": "bot", "grants": [{"actions": ["list"], "resources": ["x"]}]}]}"#;
const WITHOUT_IDLE: &str = r#"{"version": 1, "source": "bench", "identities": [
  {"key": "scout", "name": "tool-scout", "kind": "ai_agent", "hints": {"env": "prod", "owner": "omar"},
   "grants": [{"actions": ["tools.write"], "resources": ["registry"]}, {"actions": ["secrets.read"], "resources": ["vault"]}],
   "surfaces": [{"kind": "instructions", "locator": "prompts/scout.md", "content": "Never add a connector by yourself."}]}]}"#;
/// Of one it is unclear whether it is a person, the other one is one.
const USERS: &str = r#"{"UserDetailList": [
  {"Path": "/", "UserName": "obama", "UserId": "AIDA8", "Arn": "arn:aws:iam::444455556666:user/obama",
   "UserPolicyList": [{"PolicyName": "all", "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}]},
  {"Path": "/", "UserName": "ann@example.org", "UserId": "AIDA9", "Arn": "arn:aws:iam::444455556666:user/ann"}],
  "GroupDetailList": [], "RoleDetailList": [], "Policies": []}"#;
const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../end2end/samples");

async fn bench(services: &Services, text: &str) {
    support::import(services, support::request(Format::Countersign, "bench", support::text("bench.json", text))).await;
}

async fn world(services: &Services) {
    bench(services, BENCH).await;
    support::import(services, support::request(Format::Aws, "users", support::text("users.json", USERS))).await;
    for (format, file) in [(Format::Aws, "aws.json"), (Format::Kubernetes, "kubernetes.yaml")] {
        let input = support::path(&Path::new(SAMPLES).join(file));
        support::import(services, support::request(format, file, input)).await;
    }
}

async fn listed(services: &Services, wanted: Wanted, review: Option<Review>) -> Vec<Listed> {
    let filter = Filter { review, platform: Some(Platform::With), ..Filter::default() };
    support::sheet::<identities::List>(services, &support::host(), wanted, &filter).await.rows
}

/// Every figure but those of the review, a line each.
pub async fn figures(services: &Services) -> Vec<String> {
    let mut out = Vec::new();
    let mut read = support::at(services, &support::host(), Wanted::Now).await;
    let shown = overview::page(&mut read).await.expect("overview");
    for measure in store::measures::ALL.iter().filter(|m| !m.name.starts_with("identities.review.")) {
        out.push(format!("{} {}", measure.name, shown.count(measure.name)));
    }
    let now = shown.trend.last().map(|(_, held)| *held);
    out.push(format!(
        "orphans {:?}, trend {now:?}, most privileged {:?}",
        shown.orphans,
        names(&shown.top.iter().map(|(l, _)| l.clone()).collect::<Vec<_>>())
    ));
    let page = adoption::page(&mut read).await.expect("adoption");
    for mut place in page.places {
        place.unreviewed = Figure::default();
        out.push(format!("{place:?}"));
    }
    out.push(format!("hints {:?}, orphans {:?}", page.hints, page.orphans));
    for source in sources::List::sheet(&mut read, &Default::default(), None, 1000).await.expect("sources").rows {
        out.push(format!("{} names {}", source.source.name, source.identities));
    }
    for sort in [Sort::Name, Sort::Privilege, Sort::Grants] {
        let every = Filter { platform: Some(Platform::With), sort: Some(sort), ..Filter::default() };
        let sheet = identities::List::sheet(&mut read, &every, None, 1000).await.expect("list");
        out.push(format!("{sort:?}: {:?}", names(&sheet.rows)));
    }
    let searched = Filter { search: Some(Term::new("s")), ..Filter::default() };
    let found = identities::List::sheet(&mut read, &searched, None, 1000).await.expect("list").rows;
    out.push(format!("found {:?}", names(&found)));
    for row in listed(services, Wanted::Now, None).await {
        out.push(format!("{:?} {:?}", row.facts, row.owner_name));
        let d = identities::show(&mut read, row.identity_id).await.expect("detail");
        let surfaces: Vec<_> = d.surfaces.iter().map(|s| (s.surface.kind, s.surface.locator.clone(), s.versions.len())).collect();
        out.push(format!("{:?} {} {:?} {}", d.totals, d.grants.len(), d.permissions, d.keys.len()));
        out.push(format!("{surfaces:?} {} {}", d.tools.len(), d.credentials.len()));
    }
    out
}

fn names(rows: &[Listed]) -> Vec<&str> {
    rows.iter().map(|l| l.name.as_str()).collect()
}

/// What an adopt change will write: the baseline of all that was seen, and that it was reviewed.
async fn adopt(s: &Scratch, services: &Services) -> Seq {
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let people = [s.ids.make(), s.ids.make(), s.ids.make()];
    let change = s.ids.make();
    let rows = store::testing::adopted(&mut tx, &*s.ids, people, change).await;
    tx.rollback().await.expect("closed");
    for table in ["identity_versions", "grants", "surface_versions"] {
        assert!(rows.iter().any(|r| r.table.name == table), "nothing of {table} was seen");
    }
    let mut c = Command::new(Actor::SYSTEM, "test.adopted", "installation", None);
    store::testing::applied(&mut c, &*s.ids, people, change);
    c.opens.extend(rows);
    let mut deltas = Deltas::default();
    for row in listed(services, Wanted::Now, None).await {
        let before = Reviewed::from(row);
        let review = IdentityReview { since: Seq::ZERO, identity_id: before.identity_id, batch: None, review: Review::Adopted };
        let after = Reviewed { review: review.review, ..before.clone() };
        deltas.moved(Some(&before), Some(&after));
        c.opens.push(review.open());
    }
    c.counts = deltas.into_counts();
    s.writer().write(c).await.expect("adopted").seq
}

/// Identities of which the counts say that people adopted them, and that nobody did.
async fn reviewed(services: &Services) -> (Figure, Figure) {
    let shown = overview::page(&mut support::at(services, &support::host(), Wanted::Now).await).await.expect("overview");
    (shown.figure("identities.review.adopted"), shown.figure("identities.review.unreviewed"))
}

on_both!(adopting_moves_what_is_reviewed_and_no_other_figure, async |s: &Scratch| {
    let services = support::services(s);
    world(&services).await;
    let before = figures(&services).await;
    let (adopted, all) = reviewed(&services).await;
    assert_eq!((adopted, all.unclear), (Figure::default(), 1));
    let seq = adopt(s, &services).await;
    assert_eq!(figures(&services).await, before);
    assert_eq!(reviewed(&services).await, (all, Figure::default()));
    support::intact(s).await;
    // Who is a person stands in the lists too, and is reviewed like everybody.
    let rows = listed(&services, Wanted::Now, None).await;
    assert!(rows.iter().all(|l| l.review == Review::Adopted) && rows.len() as i64 == all.n + 1);
    assert_eq!(listed(&services, Wanted::Now, Some(Review::Adopted)).await, rows);
    assert_eq!(listed(&services, Wanted::Now, Some(Review::Unreviewed)).await, []);
    let then = listed(&services, Wanted::Position(seq.plus(-1)), None).await;
    assert!(then.iter().all(|l| l.review == Review::Unreviewed) && then.len() == rows.len());
    let id = rows[0].identity_id;
    let mut read = support::at(&services, &support::host(), Wanted::Position(seq.plus(-1))).await;
    assert_eq!(identities::show(&mut read, id).await.expect("detail").review, Review::Unreviewed);
});

on_both!(what_a_source_says_goes_on_beside_the_baseline, async |s: &Scratch| {
    let services = support::services(s);
    world(&services).await;
    let (_, all) = reviewed(&services).await;
    adopt(s, &services).await;
    let same = support::request(Format::Countersign, "bench", support::text("bench.json", BENCH));
    let again = support::import(&services, support::anew(same)).await;
    assert!(again.unchanged, "{again:?}");
    bench(&services, WITHOUT_IDLE).await;
    assert_eq!(reviewed(&services).await, (Figure { n: all.n - 1, ..all }, Figure::default()));
    support::intact(s).await;
    // Nobody took the review back: whoever comes back is counted under it.
    bench(&services, BENCH).await;
    assert_eq!(reviewed(&services).await, (all, Figure::default()));
    support::intact(s).await;
});
