//! Registering and editing identities, and the list as CSV.

use crate::api::problem;
use crate::pages::{done, refused};
use axum::Form;
use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Response};
use domain::ids::{Noun, parse, show};
use service::identities::{self, NewText, Registration};
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
        team: get("team"),
        surfaces: (0..identities::MAX_SURFACES)
            .map(|n| NewText {
                kind: get(&format!("surface_kind_{n}")),
                locator: get(&format!("surface_locator_{n}")),
                text: get(&format!("surface_text_{n}")),
            })
            .collect(),
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
