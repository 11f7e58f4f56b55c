//! Lists as CSV and the ledger as JSON lines: streamed, so that a large one needs no large memory. Every export
//! is an entry of the ledger.

use crate::api::problem;
use crate::pages::pairs;
use app::pages::{imports_query, ledger_query, list_query, people_query, tokens_query};
use axum::body::{Body, Bytes};
use axum::extract::{Extension, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::asof::Wanted;
use domain::ids::{Noun, show};
use domain::text::csv_cell;
use domain::time::Timestamp;
use futures_util::{StreamExt, stream};
use service::imports::Outcome;
use service::store::identities::{After, Facts};
use service::store::imports::Import;
use service::store::ledger::Stored;
use service::store::tokens::Token;
use service::{Error, Principal, Result, Services, identities, imports, ledger, people, tokens};

/// Rows read at a time.
const STEP: i64 = 1000;

/// The parameters of a list and of its CSV.
struct Asked {
    query: Vec<(String, String)>,
    wanted: Wanted,
}

fn asked(query: Option<&str>) -> Result<Asked> {
    let query = pairs(query.unwrap_or_default());
    let as_of = query.iter().find(|(k, _)| k == "as_of").map(|(_, v)| v.as_str());
    Ok(Asked { wanted: service::asof::parse(as_of)?, query })
}

impl Asked {
    fn param(&self, name: &str) -> Option<String> {
        self.query.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone()).filter(|v| !v.is_empty())
    }
}

/// A body of the pieces a function gives until it has none. What goes wrong on the way breaks the transfer off,
/// so that half a file is not taken for a whole one.
fn body<S, F, Fut>(first: String, state: S, next: F) -> Body
where
    S: Send + 'static,
    F: Fn(S) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<Option<(String, S)>>> + Send,
{
    let pieces = stream::unfold(Some((Some(first), Some(state))), move |at| {
        let next = next.clone();
        async move {
            let (first, state) = at?;
            if let Some(text) = first {
                return Some((Ok(Bytes::from(text)), Some((None, state))));
            }
            match next(state?).await {
                Ok(Some((text, state))) => Some((Ok(Bytes::from(text)), Some((None, Some(state))))),
                Ok(None) => None,
                Err(error) => {
                    tracing::error!(?error, "an export broke off");
                    Some((Err(std::io::Error::other("the export broke off")), None))
                }
            }
        }
    });
    // Fused: compression asks once more after the end.
    Body::from_stream(pieces.fuse())
}

fn attachment(kind: &'static str, name: &str, body: Body) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], body).into_response()
}

const CSV: &str = "text/csv; charset=utf-8";

fn cell(text: &str) -> String {
    format!("\"{}\"", csv_cell(text).replace('"', "\"\""))
}

const IDENTITIES: &str = "id,name,kind,environment,environment_from,owner,owner_hint,review,lifecycle,human,grants,standing,timed,denied,conditional,read,write,destructive,admin,secrets,wildcard\r\n";

/// The list that the page's filters select, as of the page's as-of.
pub async fn identities_csv(State(services): State<Services>, Extension(who): Extension<Principal>, RawQuery(query): RawQuery) -> Response {
    match begin_identities(services, who, query).await {
        Ok(body) => attachment(CSV, "identities.csv", body),
        Err(error) => problem::error(&error),
    }
}

async fn begin_identities(services: Services, who: Principal, query: Option<String>) -> Result<Body> {
    let asked = asked(query.as_deref())?;
    let (filter, sort, _) = list_query(|n| asked.param(n));
    // The first page fixes the position, so that all pages are of the same world.
    let first = identities::list(&services, &who, asked.wanted, &filter, sort, &After::Start, 1).await?;
    ledger::exported(&services, &who, "identities").await?;
    let state = (services, who, first.as_of, Some(After::Start));
    Ok(body(IDENTITIES.to_owned(), state, move |(services, who, as_of, after)| {
        let filter = filter.clone();
        async move {
            let Some(after) = after else { return Ok(None) };
            let page = identities::list(&services, &who, Wanted::Pair(as_of), &filter, sort, &after, STEP).await?;
            let text: String = page.rows.iter().map(identity_line).collect();
            Ok(Some((text, (services, who, as_of, page.next))))
        }
    }))
}

fn identity_line(f: &Facts) -> String {
    let optional = |t: &Option<String>| cell(t.as_deref().unwrap_or_default());
    let mut cells = vec![
        cell(&show(Noun::Identity, f.identity_id)),
        cell(&f.name),
        cell(&f.kind),
        cell(&f.environment),
        cell(&f.environment_from),
        optional(&f.owner_name),
        optional(&f.owner_hint),
        cell(&f.review),
        cell(&f.lifecycle),
        optional(&f.human),
    ];
    cells.extend([f.grants, f.standing, f.timed, f.denied, f.conditional].map(|n| n.to_string()));
    cells.extend(f.by_class().map(|n| n.to_string()));
    cells.join(",") + "\r\n"
}

const IMPORTS: &str = "id,entry,observed_at,source,format,file_name,file_digest,unchanged,identities_added,identities_removed,identities_changed,grants_added,grants_removed,tools_added,tools_removed,tools_changed\r\n";

pub async fn imports_csv(State(services): State<Services>, Extension(who): Extension<Principal>, RawQuery(query): RawQuery) -> Response {
    match begin_imports(services, who, query).await {
        Ok(body) => attachment(CSV, "imports.csv", body),
        Err(error) => problem::error(&error),
    }
}

async fn begin_imports(services: Services, who: Principal, query: Option<String>) -> Result<Body> {
    let asked = asked(query.as_deref())?;
    let (filter, order, _) = imports_query(|n| asked.param(n));
    let first = imports::page(&services, &who, asked.wanted, (order, None), &filter, 1).await?;
    ledger::exported(&services, &who, "imports").await?;
    let state = (services, who, first.as_of, Some(order.start()));
    Ok(body(IMPORTS.to_owned(), state, move |(services, who, as_of, cursor)| {
        let filter = filter.clone();
        async move {
            let Some(cursor) = cursor else { return Ok(None) };
            let page = imports::page(&services, &who, Wanted::Pair(as_of), (order, Some(cursor)), &filter, STEP).await?;
            let text: String = page.imports.iter().map(import_line).collect();
            Ok(Some((text, (services, who, as_of, page.next))))
        }
    }))
}

fn import_line(import: &Import) -> String {
    let outcome: Outcome = serde_json::from_str(&import.result).unwrap_or_default();
    let mut cells = vec![
        cell(&show(Noun::Import, import.id)),
        import.seq.to_string(),
        Timestamp(import.observed_at).rfc3339(),
        cell(&import.source),
        cell(&import.format),
        cell(&import.file_name),
        cell(&import.file_digest),
        outcome.unchanged.to_string(),
    ];
    let (identities, grants, tools) = (outcome.identities, outcome.grants, outcome.tools);
    let figures =
        [identities.added, identities.removed, identities.changed, grants.added, grants.removed, tools.added, tools.removed, tools.changed];
    cells.extend(figures.map(|n| n.to_string()));
    cells.join(",") + "\r\n"
}

const PEOPLE: &str = "id,name,email,state,roles\r\n";

pub async fn people_csv(State(services): State<Services>, Extension(who): Extension<Principal>, RawQuery(query): RawQuery) -> Response {
    match begin_people(services, who, query).await {
        Ok(body) => attachment(CSV, "people.csv", body),
        Err(error) => problem::error(&error),
    }
}

async fn begin_people(services: Services, who: Principal, query: Option<String>) -> Result<Body> {
    let asked = asked(query.as_deref())?;
    let (filter, _) = people_query(|n| asked.param(n));
    let first = people::list(&services, &who, asked.wanted, &filter, None, 1).await?;
    ledger::exported(&services, &who, "people").await?;
    let state = (services, who, first.as_of, Some(None));
    Ok(body(PEOPLE.to_owned(), state, move |(services, who, as_of, after)| {
        let filter = filter.clone();
        async move {
            let Some(after) = after else { return Ok(None) };
            let page = people::list(&services, &who, Wanted::Pair(as_of), &filter, after, STEP).await?;
            let text: String = page.people.iter().map(person_line).collect();
            Ok(Some((text, (services, who, as_of, page.next.map(Some)))))
        }
    }))
}

fn person_line(p: &people::Listed) -> String {
    let role = |r: &service::store::people::Assignment| match r.scope_kind.as_str() {
        "organisation" => r.role.clone(),
        _ => format!("{} over {}", r.role, r.scope),
    };
    let roles: Vec<String> = p.roles.iter().map(role).collect();
    let (id, email) = (show(Noun::Person, p.person.id), p.person.email.clone().unwrap_or_default());
    [cell(&id), cell(&p.person.shown()), cell(&email), cell(&p.person.state), cell(&roles.join("; "))].join(",") + "\r\n"
}

const TOKENS: &str = "id,name,holder_kind,holder,scopes,minted_by,expires_at\r\n";

pub async fn tokens_csv(State(services): State<Services>, Extension(who): Extension<Principal>, RawQuery(query): RawQuery) -> Response {
    match begin_tokens(services, who, query).await {
        Ok(body) => attachment(CSV, "tokens.csv", body),
        Err(error) => problem::error(&error),
    }
}

async fn begin_tokens(services: Services, who: Principal, query: Option<String>) -> Result<Body> {
    let asked = asked(query.as_deref())?;
    let (filter, _) = tokens_query(|n| asked.param(n));
    let first = tokens::page(&services, &who, asked.wanted, &filter, None, 1).await?;
    ledger::exported(&services, &who, "tokens").await?;
    let state = (services, who, first.as_of, Some(None));
    Ok(body(TOKENS.to_owned(), state, move |(services, who, as_of, before)| {
        let filter = filter.clone();
        async move {
            let Some(before) = before else { return Ok(None) };
            let page = tokens::page(&services, &who, Wanted::Pair(as_of), &filter, before, STEP).await?;
            let text: String = page.tokens.iter().map(token_line).collect();
            Ok(Some((text, (services, who, as_of, page.next.map(Some)))))
        }
    }))
}

fn token_line(t: &Token) -> String {
    let noun = if t.holder_kind == "identity" { Noun::Identity } else { Noun::Person };
    let cells = [
        cell(&show(Noun::Token, t.id)),
        cell(&t.name),
        cell(&t.holder_kind),
        cell(&show(noun, t.holder_id)),
        cell(&t.scopes),
        cell(&show(Noun::Person, t.minted_by_id)),
        Timestamp(t.expires_at).rfc3339(),
    ];
    cells.join(",") + "\r\n"
}

const LEDGER: &str = "entry,at,actor_kind,actor,verb,subject_kind,subject,payload,facts,leaf_hash\r\n";

pub async fn ledger_csv(State(services): State<Services>, Extension(who): Extension<Principal>, RawQuery(query): RawQuery) -> Response {
    match begin_ledger(services, who, query).await {
        Ok(body) => attachment(CSV, "ledger.csv", body),
        Err(error) => problem::error(&error),
    }
}

async fn begin_ledger(services: Services, who: Principal, query: Option<String>) -> Result<Body> {
    let asked = asked(query.as_deref())?;
    let (filter, order, _) = ledger_query(|n| asked.param(n));
    let first = ledger::page(&services, &who, asked.wanted, (order, None), &filter, 1).await?;
    ledger::exported(&services, &who, "ledger entries").await?;
    let state = (services, who, first.as_of, Some(order.start()));
    Ok(body(LEDGER.to_owned(), state, move |(services, who, as_of, cursor)| {
        let filter = filter.clone();
        async move {
            let Some(cursor) = cursor else { return Ok(None) };
            let page = ledger::page(&services, &who, Wanted::Pair(as_of), (order, Some(cursor)), &filter, STEP).await?;
            let text: String = page.entries.iter().map(|s| entry_line(s, &page)).collect();
            Ok(Some((text, (services, who, as_of, page.next))))
        }
    }))
}

fn entry_line(s: &Stored, page: &ledger::Page) -> String {
    let e = &s.entry;
    let who = e.actor.id.and_then(|i| page.people.get(&i).cloned()).unwrap_or_default();
    let cells = [
        e.seq.to_string(),
        e.at.rfc3339(),
        cell(e.actor.kind.as_str()),
        cell(&who),
        cell(&e.verb),
        cell(&e.subject_kind),
        cell(&e.subject_id.map(|_| e.subject()).unwrap_or_default()),
        cell(&e.payload),
        cell(&e.facts),
        cell(&s.leaf_hash),
    ];
    cells.join(",") + "\r\n"
}

/// The ledger up to an as-of as JSON lines that a stranger can verify offline.
#[utoipa::path(get, path = "/api/v1/ledger/export", security(("token" = ["ledger:read"]), ("session" = [])), params(crate::api::v1::AsOf), responses((status = 200, description = "JSON lines: one per entry, then a checkpoint", body = String, content_type = "application/jsonl"), (status = "default", body = problem::Problem)))]
pub async fn ledger_jsonl(State(services): State<Services>, Extension(who): Extension<Principal>, RawQuery(query): RawQuery) -> Response {
    match begin_export(services, who, query).await {
        Ok(body) => attachment("application/jsonl", "ledger.jsonl", body),
        Err(error) => problem::error(&error),
    }
}

async fn begin_export(services: Services, who: Principal, query: Option<String>) -> Result<Body> {
    let export = ledger::export(&services, &who, asked(query.as_deref())?.wanted).await?;
    Ok(body(String::new(), (services, export), async |(services, mut export): (Services, ledger::Export)| {
        let lines = ledger::export_lines(&services, &mut export).await?;
        Ok::<_, Error>(lines.map(|l| (l.into_iter().map(|l| l + "\n").collect(), (services, export))))
    }))
}
