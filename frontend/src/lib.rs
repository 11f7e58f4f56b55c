//! The WebAssembly entry: wakes the islands of `app`. It must hold no logic of its own, and is nothing on other targets.
#![cfg(target_arch = "wasm32")]

use app as _;

#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
