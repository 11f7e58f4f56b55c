//! Registering and editing identities, and the list as CSV.

use crate::api::problem;
use crate::pages::{done, pairs, refused};
use app::pages::list_query;
use axum::Form;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::ids::{Noun, parse, show};
use domain::text::csv_cell;
use service::identities::{self, Registration};
use service::store::identities::{After, Facts};
use service::{Error, Principal, Services};
use std::collections::BTreeMap;
use tower_sessions::Session;

/// The fields of a form as they were typed.
fn typed(form: &[(String, String)]) -> BTreeMap<String, String> {
    form.iter().cloned().collect()
}

fn registration(values: &BTreeMap<String, String>) -> Registration {
    let get = |name: &str| values.get(name).cloned().unwrap_or_default();
    Registration {
        name: get("name"),
        kind: get("kind"),
        lifecycle: get("lifecycle"),
        environment: get("environment"),
        autonomy: get("autonomy"),
        owner: get("owner"),
        backup: get("backup"),
        purpose: get("purpose"),
        surface_kind: get("surface_kind"),
        surface_locator: get("surface_locator"),
        surface_text: get("surface_text"),
    }
}

pub async fn register(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Form(form): Form<Vec<(String, String)>>,
) -> Response {
    let values = typed(&form);
    match identities::register(&services, &who, &registration(&values)).await {
        Ok((id, written)) => {
            let to = format!("/identities/{}", show(Noun::Identity, id));
            done(&session, &to, &format!("Registered with entry {}.", written.seq)).await.into_response()
        }
        Err(error) => refused(&session, "/identities/new", &error, values).await,
    }
}

pub async fn edit(
    State(services): State<Services>,
    session: Session,
    Extension(who): Extension<Principal>,
    Path(id): Path<String>,
    Form(form): Form<Vec<(String, String)>>,
) -> Response {
    let values = typed(&form);
    let Ok(identity) = parse(Noun::Identity, &id) else { return problem::error(&Error::NotFound("identity")) };
    let seen = values.get("seen").and_then(|s| s.parse().ok()).unwrap_or(0);
    match identities::edit(&services, &who, identity, seen, &registration(&values)).await {
        Ok(written) => done(&session, &format!("/identities/{id}"), &format!("Saved with entry {}.", written.seq)).await.into_response(),
        Err(error) => refused(&session, &format!("/identities/{id}/edit"), &error, values).await,
    }
}

const COLUMNS: &str = "id,name,kind,environment,environment_from,owner,owner_hint,review,lifecycle,human,grants,standing,timed,denied,conditional,read,write,destructive,admin,secrets,wildcard\r\n";

/// The whole list that the page's filters select, as of the page's as-of.
pub async fn csv(State(services): State<Services>, Extension(who): Extension<Principal>, RawQuery(query): RawQuery) -> Response {
    match collect(&services, &who, &pairs(query.as_deref().unwrap_or_default())).await {
        Ok(text) => (
            [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"identities.csv\"")],
            text,
        )
            .into_response(),
        Err(error) => problem::error(&error),
    }
}

async fn collect(services: &Services, who: &Principal, query: &[(String, String)]) -> service::Result<String> {
    let param = |n: &str| query.iter().find(|(k, _)| k == n).map(|(_, v)| v.clone()).filter(|v| !v.is_empty());
    let (filter, sort, _) = list_query(param);
    // A position is fixed by the first page, so that all pages are of the same world.
    let mut wanted = service::asof::parse(param("as_of").as_deref())?;
    let mut out = String::from(COLUMNS);
    let mut after = After::Start;
    loop {
        let page = identities::list(services, who, wanted, &filter, sort, &after, 1000).await?;
        wanted = domain::asof::Wanted::Pair(page.as_of);
        for facts in &page.rows {
            line(&mut out, facts);
        }
        match page.next {
            Some(next) => after = next,
            None => return Ok(out),
        }
    }
}

fn line(out: &mut String, f: &Facts) {
    let text = |t: &str| format!("\"{}\"", csv_cell(t).replace('"', "\"\""));
    let optional = |t: &Option<String>| text(t.as_deref().unwrap_or_default());
    let mut cells = vec![
        text(&show(Noun::Identity, f.identity_id)),
        text(&f.name),
        text(&f.kind),
        text(&f.environment),
        text(&f.environment_from),
        optional(&f.owner_name),
        optional(&f.owner_hint),
        text(&f.review),
        text(&f.lifecycle),
        optional(&f.human),
    ];
    cells.extend([f.grants, f.standing, f.timed, f.denied, f.conditional].map(|n| n.to_string()));
    cells.extend(f.by_class().map(|n| n.to_string()));
    out.push_str(&cells.join(","));
    out.push_str("\r\n");
}
