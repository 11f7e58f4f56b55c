//! An installation whose people propose changes and decide on them.

use domain::asof::Wanted;
use domain::change::State;
use domain::change::content::{Grant, Terms};
use domain::change::route::{Auth, Cell, Column, Line, Policy, Profile};
use domain::ids::{ChangeId, IdentityId, PersonId, SourceId};
use domain::permission::Role;
use domain::query::Term;
use domain::query::identities::Filter;
use domain::rule::{Dialect, Effect, Rule, Via};
use domain::seq::Seq;
use domain::snapshot::Format;
use domain::time::{DAY, SECOND};
use serde_json::{Value, json};
use service::changes::{self, Page, Proposal, Say};
use service::{Principal, Services, groups, identities, jobs, people, sources};
use store::engine::writer::Command;
use store::settings::Policy as PolicyRow;
use store::testing::Scratch;

pub const HOUR: i64 = 3_600 * SECOND;

/// An installation with people of two groups, and one bot in production whose owner and whose source's owner are known.
pub struct World {
    pub services: Services,
    pub admin: Principal,
    /// Asks.
    pub ana: Principal,
    /// Reviewers of two groups; the second is of security.
    pub eva: Principal,
    pub max: Principal,
    /// Reviewers of the first group.
    pub kim: Principal,
    /// Owns the bot, and its source.
    pub olga: Principal,
    pub bot: IdentityId,
    pub source: SourceId,
}

pub async fn person(services: &Services, name: &str, roles: &[Role]) -> Principal {
    let host = super::by(services, &super::host());
    let added = people::add(&host, name, &format!("{name}@example.org"), "a long enough sentence", roles).await.expect("added");
    people::current(services, id(&added)).await.expect("read").expect("active")
}

pub fn id(who: &Principal) -> PersonId {
    who.person_id().expect("a person")
}

pub async fn world(s: &Scratch) -> World {
    let services = super::services(s).at(super::device::ORIGIN);
    let admin = person(&services, "adm", &[Role::Admin]).await;
    let ana = person(&services, "ana", &[Role::Analyst]).await;
    let eva = person(&services, "eva", &[Role::Reviewer]).await;
    let kim = person(&services, "kim", &[Role::Reviewer]).await;
    let max = person(&services, "max", &[Role::SecurityReviewer]).await;
    let olga = person(&services, "olga", &[Role::Analyst]).await;
    let by_admin = super::by(&services, &admin);
    let (product, _) = groups::add(&by_admin, "Product").await.expect("a group");
    let (security, _) = groups::add(&by_admin, "Security").await.expect("a group");
    for (who, group) in [(&eva, product), (&kim, product), (&max, security)] {
        groups::join(&by_admin, id(who), group).await.expect("joined");
    }
    let mut request = super::request(Format::Csv, "crm", super::text("s.csv", "identity,action,resource\nbot,read,tickets\n"));
    request.how.environment = Some(domain::identity::Environment::Production);
    super::import(&services, request).await;
    let filter = Filter { search: Some(Term::new("bot")), ..Filter::default() };
    let bot = super::sheet::<identities::List>(&services, &admin, Wanted::Now, &filter).await.rows[0].identity_id;
    identities::assign(&by_admin, &[bot], &id(&olga).to_string()).await.expect("an owner");
    let mut tx = s.db.snapshot().await.expect("a snapshot");
    let source = store::sources::by_name(&mut tx, "crm", Seq::NOW).await.expect("read").expect("the source");
    tx.rollback().await.expect("closed");
    let wish = sources::Wish { owner: id(&olga).to_string(), environment: "production".to_owned(), ..sources::Wish::default() };
    sources::edit(&by_admin, source.id, source.since, &wish).await.expect("an owner");
    // A password that somebody else set keeps nobody from deciding for longer than three days.
    s.clock.advance(4 * DAY);
    World { services, admin, ana, eva, max, kim, olga, bot, source: source.id }
}

/// The default matrix without factors: what they do is tried where they are.
pub async fn without_factors(s: &Scratch, w: &World, bend: impl Fn(Line, Column, Cell) -> Cell) {
    let mut policy = Policy::of(Profile::Standard);
    for (line, columns) in &mut policy.cells {
        for (column, cell) in columns.iter_mut() {
            *cell = bend(*line, *column, Cell { auth: Auth::None, ..*cell });
        }
    }
    let mut c = Command::new(domain::ledger::Actor::SYSTEM, "test.policy", "policy", None);
    let id = s.ids.make::<domain::ids::noun::Policy>();
    let document = serde_json::to_string(&policy).expect("json");
    c.add(id.uuid(), PolicyRow { since: Seq::ZERO, id, kind: "routing".to_owned(), version: "1".to_owned(), document });
    s.writer().write(c).await.expect("a policy");
    drop(w.services.clone());
}

pub fn grant(w: &World, action: &str, resource: &str, ends: Option<domain::time::Timestamp>) -> Grant {
    let mut rule = Rule::new(Dialect::Csv, Effect::Allow);
    rule.actions = vec![action.to_owned()];
    rule.resources = vec![resource.to_owned()];
    let terms = Terms { ends_at: ends, ..Terms::default() };
    Grant { identity: w.bot, source: w.source, set: None, via: Via::Direct, via_name: String::new(), rule: rule.normal(), terms }
}

pub fn add(grant: &Grant) -> Value {
    let mut value = serde_json::to_value(grant).expect("json");
    value["op"] = "grant_add".into();
    value
}

pub fn proposal(operations: &[Value]) -> Proposal {
    Proposal { operations: operations.to_vec(), justification: "Tickets are answered by it.".to_owned(), ..Proposal::default() }
}

pub async fn propose(w: &World, who: &Principal, operations: &[Value]) -> ChangeId {
    changes::submit(&super::by(&w.services, who), &proposal(operations)).await.expect("proposed").0
}

pub async fn page(w: &World, who: &Principal, id: ChangeId) -> Page {
    changes::show(&mut super::at(&w.services, who, Wanted::Now).await, id).await.expect("a page")
}

/// What a form of the page sends.
pub async fn say(w: &World, who: &Principal, id: ChangeId, text: &str) -> Say {
    let page = page(w, who, id).await;
    Say { candidate: page.candidate_digest, shown: page.shown_digest, text: text.to_owned(), proof: None }
}

pub async fn approve(w: &World, who: &Principal, id: ChangeId) -> service::Result<service::Written> {
    let say = say(w, who, id, "").await;
    changes::approve(&super::by(&w.services, who), id, &say).await
}

pub async fn state(w: &World, id: ChangeId) -> State {
    page(w, &w.ana, id).await.state
}

/// Jobs that are due are carried out.
pub async fn work(w: &World) {
    while jobs::next(&w.services).await.expect("worked") {}
}

/// Registers the bot: what people countersign begins here.
pub async fn registered(w: &World) -> ChangeId {
    let record = json!({ "name": "bot", "kind": "ai_agent", "environment": "production", "criticality": "low", "owner": id(&w.olga),
        "backup": null, "team": null, "autonomy": null, "purpose": "Answers tickets.", "human": null, "parent": null });
    let change = propose(w, &w.ana, &[json!({ "op": "register", "identity": w.bot, "record": record, "keys": [] })]).await;
    let olga = say(w, &w.olga, change, "").await;
    changes::consent(&super::by(&w.services, &w.olga), change, &olga).await.expect("accepted");
    approve(w, &w.eva, change).await.expect("approved");
    work(w).await;
    assert_eq!(state(w, change).await, State::Effective, "{:?}", page(w, &w.ana, change).await.timeline);
    change
}
