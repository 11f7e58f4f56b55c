//! The whole router: pages, forms, API, assets, health, and the layers around them.

use super::layers::{self, Nonce};
use super::listen::ALIVE;
use super::session_store::Store;
use super::{assets, forms, metrics, reply, routes};
use app::context::PageContext;
use axum::Router;
use axum::extract::{FromRef, Request};
use axum::http::request::Parts;
use axum::middleware::{from_fn, from_fn_with_state, map_request};
use axum::routing::get;
use leptos::prelude::{LeptosOptions, provide_context, use_context};
use leptos_axum::{LeptosRoutes, generate_route_list};
use service::Services;
use std::net::IpAddr;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::TraceLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};

/// The state of the router.
#[derive(Clone)]
pub struct AppState {
    pub services: Services,
    pub leptos: LeptosOptions,
}

impl FromRef<AppState> for Services {
    fn from_ref(state: &AppState) -> Self {
        state.services.clone()
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}

/// Paths of every page, as the app lists them.
pub fn page_paths() -> Vec<String> {
    generate_route_list(app::App).iter().map(|l| l.path().to_owned()).collect()
}

/// How requests reach the server.
#[derive(Clone, Default)]
pub struct Doors {
    /// False only on plain http to this machine: then the cookie has a plain name.
    pub secure: bool,
    /// Proxies whose X-Forwarded-For counts.
    pub trusted_proxies: Arc<[IpAddr]>,
}

pub fn router(services: Services, doors: &Doors) -> Router {
    let secure = doors.secure;
    let answers = Arc::new(metrics::Answers::default());
    let manifest = assets::manifest();
    let leptos = LeptosOptions::builder().output_name(manifest.bundle.clone()).site_pkg_dir("pkg").build();
    let state = AppState { services: services.clone(), leptos };
    let sessions = SessionManagerLayer::new(Store(services.clone()))
        .with_name(if secure { "__Host-countersign" } else { "countersign" })
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnSessionEnd);
    let shell = {
        let options = state.leptos.clone();
        move || app::shell(options.clone())
    };
    let no_page = leptos_axum::render_app_async_with_context(provide_request, shell.clone());
    let pages = Router::new().leptos_routes_with_context(&state, generate_route_list(app::App), provide_request, shell).fallback(
        move |request: Request| {
            let no_page = no_page.clone();
            async move { if layers::is_look(request.method()) { no_page(request).await } else { reply::nowhere().await } }
        },
    );
    let shown = forms::Forms { services: services.clone(), pages: pages.clone().with_state(state.clone()), secure };
    Router::new()
        .merge(pages)
        .merge(routes::router(&services).with_state(services.clone()))
        .layer(from_fn_with_state(shown, forms::layer))
        .layer(from_fn_with_state(services.clone(), layers::identify))
        .layer(sessions)
        .layer(CompressionLayer::new())
        .route("/pkg/{file}", get(assets::serve))
        .route(ALIVE, get(async || "ok\n"))
        .layer(from_fn(layers::same_origin))
        .layer(from_fn_with_state(answers.clone(), metrics::count))
        .layer(axum::Extension(answers))
        .layer(from_fn_with_state((services.clone(), secure), layers::headers))
        .layer(from_fn_with_state(doors.trusted_proxies.clone(), layers::client))
        .layer(from_fn(layers::in_time))
        .layer(CatchPanicLayer::new())
        .layer(from_fn(reply::layer))
        .layer(TraceLayer::new_for_http().make_span_with(layers::span))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(layers::RequestIds(services.clone())))
        .layer(map_request(layers::unnumbered))
        .with_state(state)
}

/// Puts what the middleware found into the context of the page.
fn provide_request() {
    let Some(parts) = use_context::<Parts>() else { return };
    if let Some(context) = parts.extensions.get::<PageContext>() {
        provide_context(context.clone());
    }
    if let Some(Nonce(nonce)) = parts.extensions.get::<Nonce>() {
        provide_context(leptos::nonce::Nonce::from_value(nonce.as_str()));
    }
}
