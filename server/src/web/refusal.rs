//! The page that a browser gets in place of a problem: what was refused, why, and the way out. It is written without the
//! frame, so that it stands also where nothing else works any more.

use super::reply::Problem;
use super::{assets, context};
use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};

/// What a browser that asked would be shown, and where it came from.
pub struct Asked {
    back: String,
    /// By which the log is searched.
    number: String,
}

impl Asked {
    /// None where no person looks at the answer: the API and what programs ask.
    pub fn of(request: &Request) -> Option<Self> {
        let path = request.uri().path();
        let of_programs = ["/api/", "/pkg/"].iter().any(|p| path.starts_with(p)) || ["/metrics", "/readyz", "/healthz"].contains(&path);
        let takes = |v: &axum::http::HeaderValue| v.to_str().is_ok_and(|v| v.contains("text/html"));
        if of_programs || !request.headers().get_all(header::ACCEPT).iter().any(takes) {
            return None;
        }
        // This very address is no way out.
        let back = came_from(request.headers()).filter(|from| from.split('?').next() != Some(path));
        Some(Self { back: back.unwrap_or_else(|| "/".to_owned()), number: context::number(request.extensions()) })
    }

    pub fn page(&self, problem: &Problem) -> String {
        let field = problem.field.as_deref().map(|field| format!("<p class=\"small muted\">Field: {}</p>", escaped(field)));
        let place = problem.place.as_deref().map(|place| format!("<p class=\"small muted\">Place: {}</p>", escaped(place)));
        let (href, label) = match problem.status {
            401 => ("/sign-in", "Sign in"),
            _ if self.back == "/" => ("/", "Overview"),
            _ => (self.back.as_str(), "Back"),
        };
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" \
             content=\"width=device-width,initial-scale=1\"/><meta name=\"robots\" content=\"noindex\"/><link rel=\"icon\" href=\"data:,\"/>\
             <link rel=\"stylesheet\" href=\"/pkg/{}\"/><title>{title} · Countersign</title></head><body><main class=\"plain\" id=\"main\">\
             <div class=\"card\"><div class=\"pad stack\"><p class=\"brand\">Countersign</p><h1>{title}</h1><p>{}</p>{}{}\
             <p><a class=\"btn\" href=\"{}\">{label}</a></p><p class=\"small muted\">Request ID <code class=\"all\">{}</code></p></div></div></main></body></html>",
            escaped(&assets::manifest().css),
            escaped(&problem.detail),
            field.unwrap_or_default(),
            place.unwrap_or_default(),
            escaped(href),
            escaped(&self.number),
            title = escaped(&problem.title),
        )
    }
}

/// The page of this site that a request was sent from: another site's is nobody's way back.
pub fn came_from(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
    let from = text(header::REFERER)?.parse::<Uri>().ok()?;
    if from.authority().map(Authority::as_str) != text(header::HOST) {
        return None;
    }
    from.path_and_query().map(|p| format!("/{}", p.as_str().trim_start_matches(['/', '\\'])))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn asked(path: &str, accept: &str, referer: &str) -> Option<Asked> {
        let request = Request::builder().uri(path).header("accept", accept).header("host", "here:8080").header("referer", referer);
        Asked::of(&request.body(Body::empty()).expect("a request"))
    }

    #[test]
    fn a_person_gets_a_page_and_a_way_back_that_leads_nowhere_else() {
        for (path, accept) in [("/api/v1/identities", "text/html"), ("/identities", "*/*"), ("/readyz", "text/html")] {
            assert!(asked(path, accept, "").is_none(), "{path} {accept}");
        }
        for (referer, back) in [
            ("http://here:8080/identities/new?as_of=1", "/identities/new?as_of=1"),
            ("http://here:8080//evil.example/x", "/evil.example/x"),
            ("http://evil.example/x", "/"),
            ("http://here:8080/identities", "/"),
            ("", "/"),
        ] {
            assert_eq!(asked("/identities", "text/html,*/*", referer).expect("a page").back, back, "{referer}");
        }
    }

    #[test]
    fn nothing_of_a_problem_is_read_as_markup() {
        let said = "<script>\"&'".to_owned();
        let problem = Problem {
            kind: "about:blank",
            title: said.clone(),
            status: 422,
            detail: said.clone(),
            field: Some(said.clone()),
            place: Some(said.clone()),
        };
        let page = Asked { back: "/\"><script>".to_owned(), number: said }.page(&problem);
        assert!(!page.contains("<script>") && page.contains("&lt;script&gt;&quot;&amp;&#39;"), "{page}");
    }
}
