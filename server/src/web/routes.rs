//! The table of routes besides the pages: method, path, who may, how large a body may be, what kind it is. Router,
//! limits, replay of creates, the list of exports, the OpenAPI document and the tests of every route by every role come
//! from it.

use super::operation::Operation;
use super::{
    changes, factors, groups, identities, imports, jobs, ledger, list, metrics, once, openapi, people, permission_sets, redactions, reply,
    request, resources, restored, routing, sign_in, sources, teams, tokens,
};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, any, get, post, put};
use domain::permission::Action;
use service::Services;
use service::ready::Standing;
use std::sync::LazyLock;

/// What stands at a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteKind {
    /// A form of the browser: answered by a redirect.
    Form,
    /// Something a page asks for beside itself.
    Part,
    /// A read that leaves an entry in the ledger.
    Export,
    /// The API: answered in JSON, problems included.
    Api,
    /// What a monitoring system asks.
    Probe,
}

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Nobody,
    SignedIn,
    May(Action),
}

/// One route. `service` authorises; `needs` says what it will ask for, and a test compares the two.
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub kind: RouteKind,
    pub needs: Needs,
    /// The largest body.
    pub bytes: usize,
    /// True where `Idempotency-Key` is heard.
    pub creates: bool,
    /// What a route of the API says of itself; every one does.
    pub says: Option<&'static Operation>,
    serve: fn() -> MethodRouter<Services>,
}

/// What a stranger may send.
const DOOR: usize = 8 * 1024;
/// Where the settings begin: it leads on to the first of their pages.
const SETTINGS: &str = "/settings";
/// The same with what somebody typed who was signed out meanwhile.
pub const SIGN_IN: usize = 32 * 1024;
/// Forms are small.
const FORM: usize = 512 * 1024;
/// What the API takes besides files, and what it holds in memory of any body.
const BODY: usize = 2 * 1024 * 1024;
/// A file to import, by browser or API.
pub const FILE: usize = 256 * 1024 * 1024;

const fn route(kind: RouteKind, method: &'static str, path: &'static str, needs: Needs, serve: fn() -> MethodRouter<Services>) -> Route {
    let bytes = match kind {
        RouteKind::Form => FORM,
        RouteKind::Part | RouteKind::Export | RouteKind::Api | RouteKind::Probe => BODY,
    };
    Route { method, path, kind, needs, bytes, creates: false, says: None, serve }
}

impl Route {
    const fn at_most(self, bytes: usize) -> Self {
        Self { bytes, ..self }
    }

    const fn creates(self) -> Self {
        Self { creates: true, ..self }
    }

    const fn says(self, operation: &'static Operation) -> Self {
        Self { says: Some(operation), ..self }
    }
}

use Action::{
    AcceptGap, DecideChange, Import, ManagePeople, ManageSources, ManageTokens, ProposeChange, ReadChanges, ReadInventory, ReadLedger,
    ReadOverview, ReadPeople, Redact, ResetFactors, VerifyLedger, WriteInventory,
};
use Needs::{May, Nobody, SignedIn};
use RouteKind::{Api, Export, Form, Part, Probe};

/// Every route besides the pages.
#[rustfmt::skip]
pub static ROUTES: [Route; 112] = [
    route(Form, "POST", "/setup", Nobody, || post(sign_in::set_up)).at_most(DOOR),
    route(Form, "POST", "/sign-in", Nobody, || post(sign_in::sign_in)).at_most(SIGN_IN),
    route(Form, "POST", sign_in::SECOND_STEP, Nobody, || post(sign_in::second_step)).at_most(SIGN_IN),
    route(Part, "POST", "/sign-in/factor/question", Nobody, || post(sign_in::second_question)).at_most(SIGN_IN),
    route(Form, "POST", "/welcome", Nobody, || post(sign_in::welcome)).at_most(DOOR),
    route(Form, "POST", "/sign-out", SignedIn, || post(sign_in::sign_out)),

    route(Form, "POST", "/identities", May(WriteInventory), || post(identities::register_form)),
    route(Form, "POST", "/identities/owner", May(WriteInventory), || post(identities::assign_form)),
    route(Form, "POST", "/identities/{id}", May(WriteInventory), || post(identities::edit_form)),
    route(Export, "GET", "/identities.csv", May(ReadInventory), || get(list::csv::<service::identities::List>)),
    route(Api, "GET", "/api/v1/identities", May(ReadInventory), || get(list::json::<service::identities::List>)).says(&identities::LIST),
    route(Api, "POST", "/api/v1/identities", May(WriteInventory), || post(identities::register)).creates().says(&identities::REGISTER),
    route(Api, "GET", "/api/v1/identities/{id}", May(ReadInventory), || get(identities::show)).says(&identities::SHOW),
    route(Api, "PUT", "/api/v1/identities/{id}", May(WriteInventory), || put(identities::edit)).says(&identities::EDIT),
    route(Api, "GET", "/api/v1/identities/{id}/grants", May(ReadInventory), || get(identities::grants)).says(&identities::GRANTS),

    route(Part, "GET", "/identities/surfaces/{id}/{seq}", May(ReadInventory), || get(identities::text)),

    route(Export, "GET", "/compare.csv", May(ReadInventory), || get(list::csv::<service::comparison::List>)),
    route(Api, "GET", "/api/v1/compare", May(ReadInventory), || get(list::json::<service::comparison::List>)).says(&identities::COMPARE),

    route(Export, "GET", "/grants.csv", May(ReadInventory), || get(list::csv::<service::grants::List>)),
    route(Api, "GET", "/api/v1/grants", May(ReadInventory), || get(list::json::<service::grants::List>)).says(&identities::ALL_GRANTS),

    route(Export, "GET", "/permission-sets.csv", May(ReadInventory), || get(list::csv::<service::permission_sets::List>)),
    route(Api, "GET", "/api/v1/permission-sets", May(ReadInventory), || get(list::json::<service::permission_sets::List>))
        .says(&permission_sets::LIST),
    route(Api, "GET", "/api/v1/permission-sets/{id}", May(ReadInventory), || get(permission_sets::show)).says(&permission_sets::SHOW),

    route(Form, "POST", "/resources", May(WriteInventory), || post(resources::register_form)),
    route(Form, "POST", "/resources/{id}", May(WriteInventory), || post(resources::edit_form)),
    route(Form, "POST", "/resources/{id}/retire", May(WriteInventory), || post(resources::retire_form)),
    route(Export, "GET", "/resources.csv", May(ReadInventory), || get(list::csv::<service::resources::List>)),
    route(Api, "GET", "/api/v1/resources", May(ReadInventory), || get(list::json::<service::resources::List>)).says(&resources::LIST),
    route(Api, "POST", "/api/v1/resources", May(WriteInventory), || post(resources::register)).creates().says(&resources::REGISTER),
    route(Api, "GET", "/api/v1/resources/{id}", May(ReadInventory), || get(resources::show)).says(&resources::SHOW),
    route(Api, "PUT", "/api/v1/resources/{id}", May(WriteInventory), || put(resources::edit)).says(&resources::EDIT),
    route(Api, "GET", "/api/v1/resources/{id}/reach", May(ReadInventory), || get(resources::reach)).says(&resources::REACH),

    route(Form, "POST", "/changes/new", May(ProposeChange), || post(changes::forms::propose)),
    route(Form, "POST", "/changes/{id}/approve", May(DecideChange), || post(changes::forms::approve)),
    route(Part, "POST", "/changes/{id}/question", May(DecideChange), || post(changes::forms::question)),
    route(Form, "POST", "/changes/{id}/reject", May(DecideChange), || post(changes::forms::reject)),
    route(Form, "POST", "/changes/{id}/recuse", May(DecideChange), || post(changes::forms::recuse)),
    route(Form, "POST", "/changes/{id}/object", May(DecideChange), || post(changes::forms::object)),
    route(Form, "POST", "/changes/{id}/consent", May(ReadChanges), || post(changes::forms::consent)),
    route(Form, "POST", "/changes/{id}/refuse", May(ReadChanges), || post(changes::forms::refuse)),
    route(Form, "POST", "/changes/{id}/ask", May(ReadChanges), || post(changes::forms::ask)),
    route(Form, "POST", "/changes/{id}/answer", May(ProposeChange), || post(changes::forms::answer)),
    route(Form, "POST", "/changes/{id}/withdraw", May(ProposeChange), || post(changes::forms::withdraw)),
    route(Form, "POST", "/changes/{id}/undo", May(ProposeChange), || post(changes::forms::undo)),
    route(Export, "GET", "/changes.csv", May(ReadChanges), || get(list::csv::<service::changes::List>)),
    route(Api, "GET", "/api/v1/changes", May(ReadChanges), || get(list::json::<service::changes::List>)).says(&changes::LIST),
    route(Api, "POST", "/api/v1/changes", May(ProposeChange), || post(changes::propose)).creates().says(&changes::PROPOSE),
    route(Api, "GET", "/api/v1/changes/{id}", May(ReadChanges), || get(changes::show)).says(&changes::SHOW),
    route(Api, "GET", "/api/v1/changes/{id}/effect", May(ReadChanges), || get(changes::effect)).says(&changes::EFFECT),
    route(Api, "GET", "/api/v1/changes/{id}/receipt", May(ReadChanges), || get(changes::receipt)).says(&changes::RECEIPT),
    route(Api, "POST", "/api/v1/changes/{id}/withdraw", May(ProposeChange), || post(changes::withdraw)).says(&changes::WITHDRAW),
    route(Api, "POST", "/api/v1/changes/{id}/answer", May(ProposeChange), || post(changes::answer)).says(&changes::ANSWER),
    route(Api, "POST", "/api/v1/changes/{id}/decisions", May(ReadChanges), || post(changes::decide)).says(&changes::DECIDE),

    route(Form, "POST", "/imports", May(Import), || post(imports::upload)).at_most(FILE),
    route(Form, "POST", "/imports/jobs/{id}/apply", May(Import), || post(imports::apply)),
    route(Export, "GET", "/imports.csv", May(ReadInventory), || get(list::csv::<service::imports::List>)),
    route(Api, "GET", "/api/v1/imports", May(ReadInventory), || get(list::json::<service::imports::List>)).says(&imports::LIST),
    route(Export, "GET", "/imports/differences.csv", May(ReadInventory), || get(list::csv::<service::imports::differences::List>)),
    route(Api, "GET", "/api/v1/imports/differences", May(ReadInventory), || get(list::json::<service::imports::differences::List>))
        .says(&imports::DIFFERENCES),
    route(Api, "POST", "/api/v1/imports", May(Import), || post(imports::create)).at_most(FILE).creates().says(&imports::CREATE),
    route(Api, "GET", "/api/v1/imports/{id}", May(ReadInventory), || get(imports::show)).says(&imports::SHOW),

    route(Form, "POST", "/jobs/{id}/cancel", SignedIn, || post(jobs::cancel)),
    route(Part, "GET", "/jobs/{id}/state", SignedIn, || get(jobs::state)),
    route(Part, "GET", "/jobs/{id}/file", SignedIn, || get(jobs::file)),
    route(Api, "GET", "/api/v1/jobs/{id}", SignedIn, || get(jobs::show)).says(&jobs::SHOW),
    route(Api, "GET", "/api/v1/jobs/{id}/file", SignedIn, || get(jobs::file)).says(&jobs::FILE),

    route(Export, "GET", "/ledger.csv", May(ReadLedger), || get(list::csv::<service::ledger::List>)),
    route(Export, "GET", "/ledger.jsonl", May(VerifyLedger), || get(ledger::jsonl)),
    route(Api, "GET", "/api/v1/ledger", May(ReadLedger), || get(list::json::<service::ledger::List>)).says(&ledger::LIST),
    route(Export, "GET", "/api/v1/ledger/export", May(VerifyLedger), || get(ledger::jsonl)).says(&ledger::EXPORT),
    route(Api, "GET", "/api/v1/ledger/checkpoint", May(ReadLedger), || get(ledger::checkpoint)).says(&ledger::CHECKPOINT),
    route(Form, "POST", "/ledger/verify", May(VerifyLedger), || post(ledger::verify_form)),
    route(Api, "POST", "/api/v1/ledger/verify", May(VerifyLedger), || post(ledger::verify)).says(&ledger::VERIFY),
    route(Api, "GET", "/api/v1/ledger/{seq}/proof", May(VerifyLedger), || get(ledger::proof)).says(&ledger::PROOF),

    route(Form, "POST", "/redactions", May(Redact), || post(redactions::ask)),
    route(Form, "POST", "/redactions/{seq}/confirm", May(Redact), || post(redactions::confirm)),

    route(Form, "POST", "/restored/accept", May(AcceptGap), || post(restored::accept)),

    route(Part, "GET", SETTINGS, SignedIn, || get(settings)),
    route(Form, "POST", "/settings/teams", May(ManagePeople), || post(teams::add)),
    route(Form, "POST", "/settings/groups", May(ManagePeople), || post(groups::add)),
    route(Form, "POST", "/settings/groups/members", May(ManagePeople), || post(groups::join)),
    route(Form, "POST", "/settings/people/{id}/group/leave", May(ManagePeople), || post(groups::leave)),
    route(Form, "POST", "/settings/sources", May(ManageSources), || post(sources::register)),
    route(Form, "POST", "/settings/sources/{id}", May(ManageSources), || post(sources::edit)),
    route(Api, "GET", "/api/v1/sources", May(ReadInventory), || get(list::json::<service::sources::List>)).says(&sources::LIST),

    route(Export, "GET", "/settings/routing.csv", May(ReadChanges), || get(list::csv::<service::routing::List>)),
    route(Api, "GET", "/api/v1/routing", May(ReadChanges), || get(list::json::<service::routing::List>)).says(&routing::LIST),
    route(Api, "POST", "/api/v1/routing/replay", May(ReadChanges), || post(routing::replay)).says(&routing::REPLAY),

    route(Form, "POST", "/settings/people", May(ManagePeople), || post(people::invite)),
    route(Form, "POST", "/settings/people/{id}/role", May(ManagePeople), || post(people::give_role)),
    route(Form, "POST", "/settings/people/{id}/link", May(ManagePeople), || post(people::link)),
    route(Form, "POST", "/settings/people/{id}/lock", May(ManagePeople), || post(people::lock)),
    route(Form, "POST", "/settings/people/{id}/back", May(ManagePeople), || post(people::back)),
    route(Form, "POST", "/settings/roles/{id}/take", May(ManagePeople), || post(people::take_role)),
    route(Form, "POST", "/settings/password", SignedIn, || post(people::password)),
    route(Form, "POST", "/reauth", SignedIn, || post(factors::confirm)).at_most(SIGN_IN),
    route(Part, "POST", "/reauth/question", SignedIn, || post(factors::confirm_question)).at_most(SIGN_IN),
    route(Form, "POST", "/settings/security/app", SignedIn, || post(factors::add_app)).at_most(SIGN_IN),
    route(Form, "POST", "/settings/security/codes", SignedIn, || post(factors::new_codes)).at_most(DOOR),
    route(Form, "POST", "/settings/security/passkey", SignedIn, || post(factors::add_passkey)).at_most(SIGN_IN),
    route(Part, "POST", "/settings/security/passkey/question", SignedIn, || post(factors::passkey_question)).at_most(DOOR),
    route(Form, "POST", "/settings/security/{id}/remove", SignedIn, || post(factors::remove)).at_most(DOOR),
    route(Form, "POST", "/settings/people/{id}/factors/reset", May(ResetFactors), || post(factors::ask_reset)).at_most(DOOR),
    route(Form, "POST", "/settings/resets/{seq}/confirm", May(ResetFactors), || post(factors::carry_out_reset)).at_most(DOOR),
    route(Form, "POST", "/settings/sessions/end", SignedIn, || post(people::end_session)),
    route(Form, "POST", "/settings/sessions", SignedIn, || post(people::end_sessions)),
    route(Export, "GET", "/settings/people.csv", May(ReadPeople), || get(list::csv::<service::people::List>)),
    route(Form, "POST", "/settings/tokens", May(ManageTokens), || post(tokens::mint)),
    route(Form, "POST", "/settings/tokens/{id}/revoke", May(ManageTokens), || post(tokens::revoke)),
    route(Export, "GET", "/settings/tokens.csv", May(ManageTokens), || get(list::csv::<service::tokens::List>)),

    route(Probe, "GET", "/metrics", May(ReadOverview), || get(metrics::show)),
    route(Probe, "GET", "/readyz", Nobody, || get(ready)),
];

/// What the document of the API describes.
pub fn operations() -> impl Iterator<Item = (&'static Route, &'static Operation)> {
    ROUTES.iter().filter_map(|r| Some((r, r.says?)))
}

/// What stands below `/api` and is no route of its own.
fn described() -> Router<Services> {
    Router::new()
        .route("/api/openapi.json", get(openapi::show))
        .route("/api/schemas/import.json", get(openapi::import_schema))
        .route("/api/{*rest}", any(reply::nowhere))
}

/// Reads that leave an entry: a foreign page must not lead anybody into one.
pub fn is_export(path: &str) -> bool {
    static EXPORTS: LazyLock<Vec<&str>> = LazyLock::new(|| ROUTES.iter().filter(|r| r.kind == Export).map(|r| r.path).collect());
    EXPORTS.contains(&path)
}

/// True where files are received.
pub fn takes_files(method: &Method, path: &str) -> bool {
    ROUTES.iter().any(|r| r.bytes == FILE && r.path == path && r.method == method.as_str())
}

/// A page of this site, as one may be led to after the sign-in: never to an export, which is an entry in somebody's name, and
/// never by a way round that only a browser goes (`/./`, `/%2e%2e/`).
pub fn is_page(path: &str) -> bool {
    static PAGES: LazyLock<Vec<String>> = LazyLock::new(super::router::page_paths);
    // A place for an id takes no word of a form: `/settings/teams/new` is no team, and no page either.
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) && !["", "new", "edit"].contains(&part);
    let fits = |page: &str| {
        let (mut ours, mut asked) = (page.trim_start_matches('/').split('/'), path.split('/').skip(1));
        loop {
            match (ours.next(), asked.next()) {
                (None, None) => return true,
                (Some(own), Some(part)) if own == part || (own.starts_with([':', '{']) && plain(part)) => {}
                _ => return false,
            }
        }
    };
    path.starts_with('/') && (path == SETTINGS || PAGES.iter().any(|page| fits(page)))
}

/// Paths that answer without a session; the pages among them are the doors.
pub fn is_open(path: &str) -> bool {
    const PAGES: [&str; 6] = ["/sign-in", "/setup", "/welcome", "/api/openapi.json", "/api/schemas/import.json", "/favicon.ico"];
    PAGES.contains(&path) || path.starts_with("/pkg/") || ROUTES.iter().any(|r| r.needs == Nobody && r.path == path)
}

/// Paths that answer while the store is restored: the doors, and what is there to be accepted.
pub fn is_open_restored(path: &str) -> bool {
    is_open(path) || path == "/sign-out" || path == restored::PAGE || path.strip_prefix(restored::PAGE) == Some("/accept")
}

/// The routes with their limits.
pub fn router(services: &Services) -> Router<Services> {
    let (mut browser, mut api) = (Router::new(), described());
    for r in &ROUTES {
        let mut served = (r.serve)().layer(DefaultBodyLimit::max(r.bytes));
        if r.creates {
            served = served.layer(from_fn_with_state((services.clone(), r.bytes.min(BODY)), once::layer));
        }
        if let Some(says) = r.says.filter(|s| s.filters.is_none()) {
            served = served.layer(from_fn_with_state(says, request::known));
        }
        if r.path.starts_with("/api/") { api = api.route(r.path, served) } else { browser = browser.route(r.path, served) }
    }
    browser.merge(api)
}

/// The settings begin with one's own; the as-of stays.
async fn settings(_: request::Reading, address: Uri) -> Redirect {
    let query = address.query().map(|q| format!("?{q}")).unwrap_or_default();
    Redirect::to(&format!("/settings/profile{query}"))
}

async fn ready(State(services): State<Services>) -> Response {
    match service::ready::ready(&services).await {
        Ok(Standing::Ready(head)) => format!("ready at entry {head}\n").into_response(),
        Ok(Standing::Restored(head)) => format!("restored at entry {head}\n").into_response(),
        Err(why) => reply::answer(StatusCode::SERVICE_UNAVAILABLE, "Not ready", &why),
    }
}
