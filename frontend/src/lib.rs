//! The WebAssembly entry: wakes the islands of `ui`. It must hold no logic of its own, and is nothing on other targets.
#![cfg(target_arch = "wasm32")]

use ui as _;

#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
