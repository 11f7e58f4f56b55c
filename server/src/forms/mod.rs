//! Form posts: parse, call one service function, redirect. An error goes back to the form with what was
//! typed. (docs/adr/0001 says why these are handlers and not Leptos server functions.)

pub mod export;
mod groups;
mod identities;
mod imports;
mod people;
mod redactions;
mod settings;
mod sources;
mod teams;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use service::Services;

/// What a stranger may send.
const DOOR_BYTES: usize = 8 * 1024;
/// Forms are small; uploads have their own limit.
const FORM_BYTES: usize = 512 * 1024;
const UPLOAD_BYTES: usize = 256 * 1024 * 1024;

pub fn router() -> Router<Services> {
    let doors = Router::new()
        .route("/setup", post(people::set_up))
        .route("/sign-in", post(people::sign_in))
        .route("/welcome", post(people::welcome))
        .layer(DefaultBodyLimit::max(DOOR_BYTES));
    Router::new()
        .route("/sign-out", post(people::sign_out))
        .route("/identities", post(identities::register))
        .route("/identities/{id}", post(identities::edit))
        .route("/imports/jobs/{id}/apply", post(imports::apply))
        .route("/redactions", post(redactions::ask))
        .route("/redactions/{seq}/confirm", post(redactions::confirm))
        .route("/settings/teams", post(teams::add))
        .route("/settings/groups", post(groups::add))
        .route("/settings/groups/members", post(groups::join))
        .route("/settings/people/{id}/group/leave", post(groups::leave))
        .route("/settings/sources", post(sources::register))
        .route("/settings/sources/{id}", post(sources::edit))
        .route("/settings/people", post(settings::invite))
        .route("/settings/people/{id}/role", post(settings::give_role))
        .route("/settings/people/{id}/link", post(settings::link))
        .route("/settings/people/{id}/lock", post(settings::lock))
        .route("/settings/people/{id}/back", post(settings::back))
        .route("/settings/roles/{id}/take", post(settings::take_role))
        .route("/settings/password", post(settings::password))
        .route("/settings/sessions/end", post(settings::end_session))
        .route("/settings/tokens", post(settings::mint))
        .route("/settings/tokens/{id}/revoke", post(settings::revoke))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .merge(doors)
        .route("/imports", post(imports::upload).layer(DefaultBodyLimit::max(UPLOAD_BYTES)))
        .route("/imports/jobs/{id}/state", get(imports::state))
        .route("/identities.csv", get(export::identities_csv))
        .route("/imports.csv", get(export::imports_csv))
        .route("/settings/people.csv", get(export::people_csv))
        .route("/settings/tokens.csv", get(export::tokens_csv))
        .route("/ledger.csv", get(export::ledger_csv))
        .route("/ledger.jsonl", get(export::ledger_jsonl))
}
