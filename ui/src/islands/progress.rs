//! The progress of a job: asks the job until it is done, then goes to its result. Without JavaScript
//! the page refreshes itself every two seconds instead.

use leptos::prelude::*;

/// Shows `text` and keeps it fresh from `/jobs/{id}/state`.
#[island]
pub fn ImportProgress(
    /// The job, as shown in the page's address.
    id: String,
    /// What the server knew when it rendered the page.
    text: String,
) -> impl IntoView {
    let (shown, set_shown) = signal(text);
    #[cfg(feature = "hydrate")]
    ask_again(id, set_shown);
    #[cfg(not(feature = "hydrate"))]
    let _ = (id, set_shown);
    view! { <p class="progress" role="status" aria-live="polite">{shown}</p> }
}

#[cfg(feature = "hydrate")]
fn ask_again(id: String, set_shown: WriteSignal<String>) {
    use std::time::Duration;
    set_timeout(
        move || {
            leptos::task::spawn_local(async move {
                match state(&id).await {
                    // The job has ended: the server renders its result under the same address.
                    Some(text) if text == "ended" => {
                        let _ = window().location().reload();
                    }
                    Some(text) => {
                        set_shown.set(text);
                        ask_again(id, set_shown);
                    }
                    None => ask_again(id, set_shown),
                }
            });
        },
        Duration::from_millis(400),
    );
}

#[cfg(feature = "hydrate")]
async fn state(id: &str) -> Option<String> {
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;
    let answer = JsFuture::from(window().fetch_with_str(&format!("/jobs/{id}/state"))).await.ok()?;
    let answer: web_sys::Response = answer.dyn_into().ok()?;
    let text = JsFuture::from(answer.text().ok()?).await.ok()?;
    text.as_string()
}
