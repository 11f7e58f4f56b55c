//! Form fields: a label, a hint, an error that the field points at, and what was typed before.

use crate::{Tone, icon};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// The message and the text of a form that was sent: shown once after the redirect.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Flash {
    pub ok: Option<String>,
    /// Field and reason; the field is empty where the whole form is meant.
    pub error: Option<(String, String)>,
    /// What was typed, so that nothing is lost. Never passwords.
    pub values: BTreeMap<String, String>,
}

impl Flash {
    /// What was typed into a field before the form was refused.
    pub fn typed(&self, field: &str) -> String {
        self.values.get(field).cloned().unwrap_or_default()
    }

    pub fn field_error(&self, field: &str) -> Option<String> {
        self.error.as_ref().filter(|(f, _)| f == field).map(|(_, r)| r.clone())
    }
}

/// The error of the whole form, first on the page and focusable.
fn error_summary(sent: &Flash) -> Option<AnyView> {
    let (field, reason) = sent.error.clone()?;
    let href = format!("#field-{field}");
    Some(
        view! {
            <section class="note bad" role="alert" tabindex="-1" id="error-summary">
                {icon(Tone::Bad)}
                <div>
                    <h2>"That did not work"</h2>
                    <p class="small">
                        {if field.is_empty() { reason.into_any() } else { view! { <a href=href>{reason}</a> }.into_any() }}
                    </p>
                </div>
            </section>
        }
        .into_any(),
    )
}

/// `error_summary` and the message of a form that worked.
#[component]
pub fn ErrorSummary(sent: Flash) -> impl IntoView {
    let ok = sent.ok.clone().map(|text| view! { <section class="note ok" role="status">{icon(Tone::Ok)}<p>{text}</p></section> });
    view! { {error_summary(&sent)} {ok} }
}

fn described(name: &str, error: Option<&String>, hint: &str) -> Option<String> {
    match (error, hint.is_empty()) {
        (Some(_), _) => Some(format!("error-{name}")),
        (None, false) => Some(format!("hint-{name}")),
        (None, true) => None,
    }
}

fn below(name: &str, error: Option<String>, hint: &'static str) -> impl IntoView + use<> {
    let (error_id, hint_id) = (format!("error-{name}"), format!("hint-{name}"));
    view! {
        {(!hint.is_empty()).then(|| view! { <span id=hint_id>{hint}</span> })}
        {error.map(|e| view! { <span class="field-error" id=error_id>{e}</span> })}
    }
}

/// One line of text.
#[component]
pub fn Field(
    sent: Flash,
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional)] hint: &'static str,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional)] value: String,
    #[prop(optional)] autocomplete: &'static str,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let error = sent.field_error(&name);
    let typed = sent.typed(&name);
    let value = if typed.is_empty() { value } else { typed };
    let described = described(&name, error.as_ref(), hint);
    let autocomplete = (!autocomplete.is_empty()).then_some(autocomplete);
    view! {
        <label>
            {label}
            <input name=name.clone() id=format!("field-{name}") type=kind value=value required=required autocomplete=autocomplete
                aria-invalid=error.is_some().then_some("true") aria-describedby=described/>
            {below(&name, error, hint)}
        </label>
    }
}

/// A choice of words.
#[component]
pub fn Select(
    sent: Flash,
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional)] hint: &'static str,
    /// (word, label)
    options: Vec<(String, String)>,
    #[prop(optional)] value: String,
    /// What stands for "nothing chosen"; without it something must be chosen.
    #[prop(optional)]
    none: &'static str,
) -> impl IntoView {
    let error = sent.field_error(&name);
    let typed = sent.typed(&name);
    let value = if typed.is_empty() { value } else { typed };
    let described = described(&name, error.as_ref(), hint);
    view! {
        <label>
            {label}
            <select name=name.clone() id=format!("field-{name}") aria-invalid=error.is_some().then_some("true") aria-describedby=described>
                {(!none.is_empty()).then(|| view! { <option value="">{none}</option> })}
                {options
                    .into_iter()
                    .map(|(word, text)| {
                        let selected = word == value;
                        view! { <option value=word selected=selected>{text}</option> }
                    })
                    .collect_view()}
            </select>
            {below(&name, error, hint)}
        </label>
    }
}

/// Text of several lines. Leptos 0.8 does not escape what stands inside this element, so this component
/// does, and it is the only place where the element may stand.
#[component]
pub fn TextArea(
    sent: Flash,
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional)] hint: &'static str,
    #[prop(optional)] value: String,
) -> impl IntoView {
    let error = sent.field_error(&name);
    let typed = sent.typed(&name);
    let value = if typed.is_empty() { value } else { typed };
    let escaped = value.replace('&', "&amp;").replace('<', "&lt;");
    let described = described(&name, error.as_ref(), hint);
    view! {
        <label>
            {label}
            <textarea name=name.clone() id=format!("field-{name}") rows="6" aria-invalid=error.is_some().then_some("true") aria-describedby=described>{escaped}</textarea>
            {below(&name, error, hint)}
        </label>
    }
}
