//! The pages, rendered on the server. Each loads its model from a service and shows it; the frame and the
//! page of an error are here. A page reads at the as-of of its address and offers actions only at now.

mod adoption;
mod api;
mod changes;
mod compare;
mod confirm;
mod grants;
mod identities;
mod imports;
mod jobs;
mod keyboard;
mod ledger;
mod overview;
mod permission_sets;
mod redactions;
mod resources;
mod restored;
mod search;
mod second_step;
mod settings;
mod sign_in;

use crate::context::PageContext;
use crate::frame::frame;
use crate::moment::Refused;
use domain::asof::AsOf;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;
use leptos_router::{MatchNestedRoutes, SsrMode, StaticSegment};
use service::{Error, Read};
use std::future::Future;
use std::pin::Pin;

/// What a page gives to the frame.
pub struct Content {
    pub title: String,
    pub as_of: Option<AsOf>,
    pub body: AnyView,
    /// True where something asked for could not be read, and the page stands all the same.
    pub refused: bool,
}

impl Content {
    pub fn new(title: impl Into<String>, as_of: Option<AsOf>, body: impl IntoAny) -> Self {
        Self { title: title.into(), as_of, body: body.into_any(), refused: false }
    }

    /// The same, marked as an answer to something that could not be read.
    #[must_use]
    pub fn refused(self) -> Self {
        Self { refused: true, ..self }
    }
}

/// What a page's closure gives back: its content, read from the one snapshot it was handed.
pub type Loading<'a> = Pin<Box<dyn Future<Output = Result<Content, Error>> + Send + 'a>>;

/// What came of loading a page.
struct Loaded {
    cx: PageContext,
    content: Result<Content, Error>,
    /// The snapshot it was read from.
    read: Option<Read>,
    /// Set where the moment asked for cannot be shown: then the page is of now, and says so.
    refused: Option<Refused>,
}

/// Opens one snapshot at the as-of of the address, loads a page's model from it and puts the frame around it; an error
/// becomes a page with its status. A moment that cannot be read keeps the page. While the snapshot is open nothing else
/// may be opened: a page that holds one connection and waits for another would stop all others that do the same.
pub fn page(load: impl for<'a> FnOnce(PageContext, &'a mut Read) -> Loading<'a> + Send + 'static) -> impl IntoView {
    page_behind(|_| Box::pin(async {}), move |cx, read, ()| load(cx, read))
}

/// The same behind something that is worked out in a snapshot of its own, which ends before the page's is opened.
pub fn page_behind<T: Send + 'static>(
    ahead: impl FnOnce(PageContext) -> Pin<Box<dyn Future<Output = T> + Send>> + Send + 'static,
    load: impl for<'a> FnOnce(PageContext, &'a mut Read, T) -> Loading<'a> + Send + 'static,
) -> impl IntoView {
    framed(async move |cx| {
        let known = ahead(cx.clone()).await;
        let (cx, opened, refused) = match open(&cx).await {
            Err(error) if error.field() == Some("as_of") => {
                let refused = Refused { asked: cx.param("as_of").unwrap_or_default().to_owned(), why: error.reason() };
                let cx = cx.at_now();
                let opened = open(&cx).await;
                (cx, opened, Some(refused))
            }
            opened => (cx, opened, None),
        };
        match opened {
            // Whatever page it is asked on: a second moment makes it a comparison of what the page is about.
            Ok(mut read) if cx.param("against").is_some() => {
                Loaded { content: compare::content(&cx, &mut read).await, cx, read: Some(read), refused }
            }
            Ok(mut read) => Loaded { content: load(cx.clone(), &mut read, known).await, cx, read: Some(read), refused },
            Err(error) => Loaded { cx, content: Err(error), read: None, refused },
        }
    })
}

async fn open(cx: &PageContext) -> Result<Read, Error> {
    Read::open(&cx.services, cx.viewer()?, cx.wanted()?).await
}

/// A page that reads nothing of the record: the doors, which anybody may see, and jobs.
pub fn open_page(load: impl FnOnce(PageContext) -> Loading<'static> + Send + 'static) -> impl IntoView {
    framed(async move |cx| Loaded { content: load(cx.clone()).await, cx, read: None, refused: None })
}

fn framed<F, Fut>(load: F) -> impl IntoView
where
    F: FnOnce(PageContext) -> Fut + Send + 'static,
    Fut: Future<Output = Loaded> + Send + 'static,
{
    let cx = use_context::<PageContext>();
    let response = use_context::<ResponseOptions>();
    view! {
        <Suspense>
            {Suspend::new(async move {
                // While the routes are listed there is no request and nothing to load.
                let cx = cx?;
                if !cx.is_now() {
                    provide_context(ui::Dates::Written);
                }
                let Loaded { cx, content, mut read, refused } = load(cx).await;
                let as_of = read.as_ref().map(Read::as_of);
                let content = content.unwrap_or_else(|e| error(&cx, &e, as_of, response.as_ref()));
                if let Some(response) = response.as_ref().filter(|_| refused.is_some() || content.refused) {
                    response.set_status(axum::http::StatusCode::UNPROCESSABLE_ENTITY);
                }
                let chrome = service::overview::chrome(&cx.services, read.as_mut()).await.unwrap_or_default();
                Some(view! {
                    <Title text=format!("{} · Countersign", content.title)/>
                    {frame(&cx, &chrome, content, refused.as_ref())}
                })
            })}
        </Suspense>
    }
}

/// The page of an error, at the as-of that was looked at where it could be opened.
fn error(cx: &PageContext, error: &Error, as_of: Option<AsOf>, response: Option<&ResponseOptions>) -> Content {
    let kind = error.kind();
    if let Some(response) = response {
        response.set_status(axum::http::StatusCode::from_u16(kind.status).unwrap_or_default());
    }
    if kind.ours {
        // The public text says nothing of the cause; the log does.
        leptos::logging::error!("page {}: {error:?}", cx.path);
    }
    let title = kind.title;
    // What only the present has, and what no past that can be opened has, stands at the same address now.
    let only_now = matches!(error, Error::NotNow) || (as_of.is_none() && cx.param("as_of").is_some());
    let (href, label) = if only_now { (cx.with(&[("as_of", "")]), "Return to now") } else { (cx.link("/"), "Overview") };
    Content::new(
        title,
        as_of,
        view! {
            <div class="head"><div><h1>{title}</h1><p>{error.reason()}</p></div></div>
            <p><a class="btn" href=href>{label}</a></p>
            <p class="small muted">"Request ID "{ui::copied(cx.number.clone())}</p>
        },
    )
}

/// The routes. Every page waits for its data: correct status, no half pages, the same without JavaScript.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=not_found>
                <Route path=StaticSegment("") view=overview::Overview ssr=SsrMode::Async/>
                <Route path=path!("/sign-in") view=sign_in::SignIn ssr=SsrMode::Async/>
                <FactorRoutes/>
                <Route path=path!("/setup") view=sign_in::SetUp ssr=SsrMode::Async/>
                <Route path=path!("/adoption") view=adoption::Adoption ssr=SsrMode::Async/>
                <Route path=path!("/api") view=api::Api ssr=SsrMode::Async/>
                <Route path=path!("/changes") view=changes::List ssr=SsrMode::Async/>
                <Route path=path!("/changes/new") view=changes::New ssr=SsrMode::Async/>
                <Route path=path!("/changes/:id") view=changes::Detail ssr=SsrMode::Async/>
                <Route path=path!("/compare") view=compare::Compare ssr=SsrMode::Async/>
                <Route path=path!("/grants") view=grants::Grants ssr=SsrMode::Async/>
                <IdentityRoutes/>
                <Route path=path!("/imports") view=imports::List ssr=SsrMode::Async/>
                <Route path=path!("/imports/new") view=imports::New ssr=SsrMode::Async/>
                <Route path=path!("/imports/differences") view=imports::Differences ssr=SsrMode::Async/>
                <Route path=path!("/imports/:id") view=imports::Show ssr=SsrMode::Async/>
                <Route path=path!("/inbox") view=changes::Inbox ssr=SsrMode::Async/>
                <Route path=path!("/keyboard") view=keyboard::Keyboard ssr=SsrMode::Async/>
                <Route path=path!("/jobs/:id") view=jobs::Show ssr=SsrMode::Async/>
                <Route path=path!("/ledger") view=ledger::Browse ssr=SsrMode::Async/>
                <Route path=path!("/ledger/verify") view=ledger::Verify ssr=SsrMode::Async/>
                <Route path=path!("/ledger/:seq") view=ledger::Show ssr=SsrMode::Async/>
                <Route path=path!("/permission-sets") view=permission_sets::List ssr=SsrMode::Async/>
                <Route path=path!("/permission-sets/:id") view=permission_sets::Detail ssr=SsrMode::Async/>
                <Route path=path!("/redactions") view=redactions::Redactions ssr=SsrMode::Async/>
                <Route path=path!("/redactions/:seq/confirm") view=redactions::Confirm ssr=SsrMode::Async/>
                <Route path=path!("/resources") view=resources::List ssr=SsrMode::Async/>
                <Route path=path!("/resources/new") view=resources::New ssr=SsrMode::Async/>
                <Route path=path!("/resources/:id") view=resources::Detail ssr=SsrMode::Async/>
                <Route path=path!("/resources/:id/edit") view=resources::Edit ssr=SsrMode::Async/>
                <Route path=path!("/restored") view=restored::Restored ssr=SsrMode::Async/>
                <Route path=path!("/search") view=search::Search ssr=SsrMode::Async/>
                <Route path=path!("/settings/groups") view=settings::Groups ssr=SsrMode::Async/>
                <Route path=path!("/settings/people") view=settings::People ssr=SsrMode::Async/>
                <Route path=path!("/settings/people/:id") view=settings::Person ssr=SsrMode::Async/>
                <Route path=path!("/settings/people/:id/lock") view=settings::Deactivate ssr=SsrMode::Async/>
                <Route path=path!("/settings/profile") view=settings::Profile ssr=SsrMode::Async/>
                <Route path=path!("/settings/roles/:id/take") view=settings::RemoveRole ssr=SsrMode::Async/>
                <Route path=path!("/settings/sessions") view=settings::EndSessions ssr=SsrMode::Async/>
                <Route path=path!("/settings/routing") view=settings::Routing ssr=SsrMode::Async/>
                <Route path=path!("/settings/sources") view=settings::Sources ssr=SsrMode::Async/>
                <Route path=path!("/settings/sources/:id") view=settings::Source ssr=SsrMode::Async/>
                <Route path=path!("/settings/teams") view=settings::Teams ssr=SsrMode::Async/>
                <Route path=path!("/settings/teams/:id") view=settings::Team ssr=SsrMode::Async/>
                <Route path=path!("/settings/tokens") view=settings::Tokens ssr=SsrMode::Async/>
                <Route path=path!("/settings/tokens/:id/revoke") view=settings::Revoke ssr=SsrMode::Async/>
                <Route path=path!("/welcome") view=sign_in::Welcome ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}

/// Those of one noun with a page for each part of it.
#[component(transparent)]
fn IdentityRoutes() -> impl MatchNestedRoutes + Clone {
    view! {
        <Route path=path!("/identities") view=identities::List ssr=SsrMode::Async/>
        <Route path=path!("/identities/new") view=identities::New ssr=SsrMode::Async/>
        <Route path=path!("/identities/:id") view=identities::Detail ssr=SsrMode::Async/>
        <Route path=path!("/identities/:id/access") view=identities::Access ssr=SsrMode::Async/>
        <Route path=path!("/identities/:id/credentials") view=identities::Credentials ssr=SsrMode::Async/>
        <Route path=path!("/identities/:id/history") view=identities::History ssr=SsrMode::Async/>
        <Route path=path!("/identities/:id/surfaces") view=identities::Surfaces ssr=SsrMode::Async/>
        <Route path=path!("/identities/:id/edit") view=identities::Edit ssr=SsrMode::Async/>
    }
    .into_inner()
}

/// Those of second factors.
#[component(transparent)]
fn FactorRoutes() -> impl MatchNestedRoutes + Clone {
    view! {
        <Route path=path!("/sign-in/factor") view=second_step::SecondStep ssr=SsrMode::Async/>
        <Route path=path!("/reauth") view=second_step::Confirm ssr=SsrMode::Async/>
        <Route path=path!("/settings/people/:id/factors/reset") view=settings::AskReset ssr=SsrMode::Async/>
        <Route path=path!("/settings/resets") view=settings::Resets ssr=SsrMode::Async/>
        <Route path=path!("/settings/resets/:seq/confirm") view=settings::ConfirmReset ssr=SsrMode::Async/>
        <Route path=path!("/settings/security") view=settings::Security ssr=SsrMode::Async/>
        <Route path=path!("/settings/security/app") view=settings::AddApp ssr=SsrMode::Async/>
        <Route path=path!("/settings/security/codes") view=settings::Codes ssr=SsrMode::Async/>
        <Route path=path!("/settings/security/decision-passkey") view=settings::AddDecisionPasskey ssr=SsrMode::Async/>
        <Route path=path!("/settings/security/passkey") view=settings::AddPasskey ssr=SsrMode::Async/>
        <Route path=path!("/settings/security/:id/remove") view=settings::RemoveFactor ssr=SsrMode::Async/>
    }
    .into_inner()
}

fn not_found() -> impl IntoView {
    page(|_, _| Box::pin(async { Err(Error::NotFound("page")) }))
}

/// Keys beside the mouse, and copying; every page works without them.
const KEYS: &str = include_str!("../keys.js");
/// Said ahead of the body, so that what needs a script is there from the first moment and moves nothing.
const SCRIPTED: &str = "document.documentElement.className='js'";

/// Asks passkeys; on the pages that do, and nowhere else.
const PASSKEY: &str = include_str!("../passkey.js");

/// The document around the app.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let cx = use_context::<PageContext>();
    let css = cx.as_ref().map(|cx| format!("/pkg/{}", cx.css)).unwrap_or_default();
    // Only pages with an island load the module; the others need no script at all, and have that of the keys.
    let island = cx.as_ref().is_none_or(|cx| cx.path.starts_with("/jobs/"));
    let passkey = cx.is_some_and(|cx| second_step::asks_passkeys(&cx.path));
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width,initial-scale=1"/>
                <meta name="robots" content="noindex"/>
                <link rel="stylesheet" href=css/>
                // Nothing is painted before what stands beside it is there: a header of half its parts would move.
                <link rel="expect" href="#main" blocking="render"/>
                <link rel="icon" href="data:,"/>
                {island.then(|| view! { <HydrationScripts options islands=true/> })}
                <MetaTags/>
                <script nonce=leptos::nonce::use_nonce() inner_html=SCRIPTED></script>
            </head>
            <body><App/><script nonce=leptos::nonce::use_nonce() inner_html=KEYS></script>
                {passkey.then(|| view! { <script nonce=leptos::nonce::use_nonce() inner_html=PASSKEY></script> })}
            </body>
        </html>
    }
}
