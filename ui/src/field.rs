//! Form fields: a label, a hint, an error that the field points at, and what was typed before.

use crate::{Tone, icon};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// The message and the text of a form that was sent: shown once after the redirect.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Flash {
    pub ok: Option<String>,
    /// What did not work, as a heading: `Token not created`.
    #[serde(default)]
    pub failed: String,
    /// Field and reason; the field is empty where the whole form is meant.
    pub error: Option<(String, String)>,
    /// What was typed, so that nothing is lost. Never passwords.
    pub values: BTreeMap<String, String>,
    /// True where somebody else saved first: each field says what they saved, where that differs from what was typed.
    #[serde(default)]
    pub overtaken: bool,
    /// Where what was refused can be asked for, and what that is called.
    #[serde(default)]
    pub way_out: Option<(String, String)>,
}

impl Flash {
    /// What was typed into a field before the form was refused.
    pub fn typed(&self, field: &str) -> String {
        self.values.get(field).cloned().unwrap_or_default()
    }

    /// What stands in a field: what was typed, also where that is nothing, else what is stored.
    fn shown(&self, field: &str, stored: &str) -> String {
        self.values.get(field).map_or(stored, String::as_str).to_owned()
    }

    /// What somebody else saved in a field meanwhile, as people read it.
    fn saved_meanwhile(&self, field: &str, stored: &str, label: &str) -> Option<AnyView> {
        let other = self.overtaken && self.values.get(field).is_some_and(|typed| typed != stored);
        let said = if label.is_empty() { "nothing".to_owned() } else { label.chars().take(400).collect() };
        other.then(|| view! { <span class="hint">"Saved meanwhile: "<q>{said}</q></span> }.into_any())
    }

    pub fn field_error(&self, field: &str) -> Option<String> {
        self.error.as_ref().filter(|(f, _)| f == field).map(|(_, r)| r.clone())
    }
}

/// The error of the whole form, first on the page: it has the focus, and leads to its field.
fn error_summary(sent: &Flash) -> Option<AnyView> {
    let (field, reason) = sent.error.clone()?;
    let href = format!("#field-{field}");
    let way_out = sent.way_out.clone().map(|(to, label)| view! { <p class="small"><a href=to>{label}</a></p> });
    let title = if sent.failed.is_empty() { "Changes not saved".to_owned() } else { sent.failed.clone() };
    Some(
        view! {
            <section class="note bad" role="alert" tabindex="-1" id="error-summary" autofocus="autofocus">
                {icon(Tone::Bad)}
                <div>
                    <h2>{title}</h2>
                    <p class="small">
                        {if field.is_empty() { reason.into_any() } else { view! { <a href=href>{reason}</a> }.into_any() }}
                    </p>
                    {way_out}
                </div>
            </section>
        }
        .into_any(),
    )
}

/// Ahead of the number of the entry that a message names.
const PROOF: &str = "Ledger entry ";

/// The message of a form that worked; the entry that proves it is a link.
fn success(text: &str) -> AnyView {
    let (said, entry) = text.split_once(PROOF).map_or((text, None), |(said, n)| (said, n.trim_end_matches('.').parse::<u64>().ok()));
    let proof = entry.map(|n| view! { <a href=format!("/ledger/{n}")>{format!("{PROOF}{n}")}</a>"." });
    let said = if proof.is_some() { said.to_owned() } else { text.to_owned() };
    view! { <section class="note ok" role="status">{icon(Tone::Ok)}<p>{said}{proof}</p></section> }.into_any()
}

/// `error_summary` and the message of a form that worked.
#[component]
pub fn ErrorSummary(sent: Flash) -> impl IntoView {
    view! { {error_summary(&sent)} {sent.ok.as_deref().map(success)} }
}

/// The error of a field that is no component of this module.
pub fn field_error(sent: &Flash, field: &str) -> impl IntoView + use<> {
    let id = format!("error-{field}");
    sent.field_error(field).map(|e| view! { <span class="field-error" id=id>{icon(Tone::Bad)}<span>{e}</span></span> })
}

fn described(name: &str, error: Option<&String>, hint: &str) -> Option<String> {
    match (error, hint.is_empty()) {
        (Some(_), _) => Some(format!("error-{name}")),
        (None, false) => Some(format!("hint-{name}")),
        (None, true) => None,
    }
}

/// The error where there is one, else the hint: never both.
fn below(name: &str, error: Option<String>, hint: &'static str) -> impl IntoView + use<> {
    let (error_id, hint_id) = (format!("error-{name}"), format!("hint-{name}"));
    match error {
        Some(e) => view! { <span class="field-error" id=error_id>{icon(Tone::Bad)}<span>{e}</span></span> }.into_any(),
        None if hint.is_empty() => ().into_any(),
        None => view! { <span class="hint" id=hint_id>{hint}</span> }.into_any(),
    }
}

fn marked(label: String, optional: bool) -> impl IntoView {
    view! { <span class="label">{label}{optional.then(|| view! { " "<span class="opt">"(optional)"</span> })}</span> }
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
    #[prop(optional)] optional: bool,
    /// The id of a list of suggestions.
    #[prop(optional)]
    list: &'static str,
) -> impl IntoView {
    let error = sent.field_error(&name);
    let meanwhile = sent.saved_meanwhile(&name, &value, &value);
    let value = sent.shown(&name, &value);
    let described = described(&name, error.as_ref(), hint);
    let autocomplete = (!autocomplete.is_empty()).then_some(autocomplete);
    view! {
        <label>
            {marked(label, optional)}
            <input name=name.clone() id=format!("field-{name}") type=kind value=value required=required autocomplete=autocomplete
                list=(!list.is_empty()).then_some(list)
                aria-invalid=error.is_some().then_some("true") aria-describedby=described/>
            {below(&name, error, hint)}
            {meanwhile}
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
    #[prop(optional)] optional: bool,
) -> impl IntoView {
    let error = sent.field_error(&name);
    let label_of = options.iter().find(|(word, _)| *word == value).map_or(value.as_str(), |(_, text)| text.as_str());
    let meanwhile = sent.saved_meanwhile(&name, &value, if value.is_empty() { none } else { label_of });
    let value = sent.shown(&name, &value);
    let described = described(&name, error.as_ref(), hint);
    view! {
        <label>
            {marked(label, optional)}
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
            {meanwhile}
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
    let meanwhile = sent.saved_meanwhile(&name, &value, &value);
    let value = sent.shown(&name, &value);
    let escaped = value.replace('&', "&amp;").replace('<', "&lt;");
    let described = described(&name, error.as_ref(), hint);
    view! {
        <label>
            {marked(label, false)}
            <textarea name=name.clone() id=format!("field-{name}") rows="6" aria-invalid=error.is_some().then_some("true") aria-describedby=described>{escaped}</textarea>
            {below(&name, error, hint)}
            {meanwhile}
        </label>
    }
}
