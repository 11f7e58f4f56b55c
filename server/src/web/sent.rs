//! The body of a request of the API: JSON, read into a type. What does not fit is refused with the member that is meant, in
//! our own words: those of the library speak to whoever wrote this program.

use super::reply;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// What was sent.
pub struct Sent<T>(pub T);

impl<S, T> FromRequest<S> for Sent<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        if !is_json(request.headers()) {
            let say = "send the body as JSON, with the header content-type: application/json";
            return Err(reply::answer(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Another media type", say));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        read(&bytes).map(Self).map_err(|(path, bad)| refused(&path, &bad))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// The value, or where in the body reading ended and why.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, (String, serde_json::Error)> {
    let mut from = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut from).map_err(|bad| (bad.path().to_string(), bad.into_inner()))?;
    from.end().map_err(|bad| (String::new(), bad))?;
    Ok(value)
}

fn refused(path: &str, bad: &serde_json::Error) -> Response {
    if bad.classify() != Category::Data {
        let why = format!("the body is no JSON: line {}, column {}", bad.line(), bad.column());
        return reply::answer(StatusCode::BAD_REQUEST, "Not readable", &why);
    }
    let text = bad.to_string();
    let (member, why) = reason(text.rsplit_once(" at line ").map_or(text.as_str(), |(said, _)| said));
    reply::not_valid(&domain::text::capped(&field(path, member), 80), &why)
}

/// The member that is meant: the library names some of them in its path and some in its text.
fn field(path: &str, member: Option<&str>) -> String {
    let named = |member: &str| path == member || path.ends_with(&format!(".{member}"));
    match (path, member) {
        ("." | "", None) => "body".to_owned(),
        ("." | "", Some(member)) => member.to_owned(),
        (path, Some(member)) if !named(member) => format!("{path}.{member}"),
        (path, _) => path.to_owned(),
    }
}

/// The member beside the path, where the text names it, and what is wrong, of a text of serde; anything else is a text of
/// ours and stays.
fn reason(said: &str) -> (Option<&str>, String) {
    let quoted = |start: &str| said.strip_prefix(start).and_then(|rest| rest.split_once('`')).map(|(name, _)| name);
    if let Some(name) = quoted("missing field `") {
        return (Some(name), "it is missing".to_owned());
    }
    if let Some(name) = quoted("duplicate field `") {
        return (Some(name), "it is given more than once".to_owned());
    }
    if let Some(name) = quoted("unknown field `") {
        return (Some(name), format!("it is not known here; there are {}", words(said)));
    }
    if let Some(name) = quoted("unknown variant `") {
        return (None, format!("{} is not known here; choose one of {}", domain::text::capped(name, 60), words(said)));
    }
    if let Some((found, wanted)) = said.strip_prefix("invalid type: ").and_then(|rest| rest.rsplit_once(", expected ")) {
        return (None, format!("this is {}, and it must be {}", kind_found(found), kind_wanted(wanted)));
    }
    if said.starts_with("invalid ") {
        return (None, "it is not as it must be".to_owned());
    }
    (None, said.to_owned())
}

/// What stands between ticks behind the first word.
fn words(said: &str) -> String {
    said.split('`').skip(3).step_by(2).collect::<Vec<_>>().join(", ")
}

fn kind_found(said: &str) -> &'static str {
    match said.split([' ', '`']).next().unwrap_or_default() {
        "null" | "unit" => "null",
        "boolean" => "true or false",
        "integer" | "floating" => "a number",
        "string" => "a text",
        "sequence" => "a list",
        _ => "an object",
    }
}

fn kind_wanted(said: &str) -> &str {
    match said {
        "a string" | "string" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "i64" | "u64" | "i32" | "u32" | "usize" => "a whole number",
        other if other.starts_with("struct ") || other.ends_with("map") => "an object",
        other if other.starts_with("enum ") || other.starts_with("variant ") => "one of its words",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[expect(dead_code, reason = "only read")]
        name: String,
        #[expect(dead_code, reason = "only read")]
        kind: Option<domain::identity::Kind>,
    }

    fn said(body: &str) -> (Option<String>, String) {
        let bad = serde_json::from_str::<Body>(body).expect_err("refused").to_string();
        let (member, why) = reason(bad.rsplit_once(" at line ").map_or(bad.as_str(), |(said, _)| said));
        (member.map(str::to_owned), why)
    }

    #[test]
    fn no_word_of_the_library_is_left() {
        for (body, member, why) in [
            ("{}", Some("name"), "it is missing"),
            (r#"{"name":"a","name":"b"}"#, Some("name"), "it is given more than once"),
            (r#"{"name":"a","colour":"b"}"#, Some("colour"), "it is not known here; there are name, kind"),
            (r#"{"name":7}"#, None, "this is a number, and it must be a text"),
            (r#"{"name":null}"#, None, "this is null, and it must be a text"),
            ("7", None, "this is a number, and it must be an object"),
        ] {
            assert_eq!(said(body), (member.map(str::to_owned), why.to_owned()), "{body}");
        }
        let (_, why) = said(r#"{"name":"a","kind":"ghost"}"#);
        assert!(why.starts_with("ghost is not known here; choose one of ai_agent, service_account, "), "{why}");
    }
}
