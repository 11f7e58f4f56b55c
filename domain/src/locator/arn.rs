//! ARNs and patterns of them. What a pattern matches follows two pages of the AWS documentation: "IAM JSON
//! policy elements: Resource" (wildcards `*` and `?` stand inside the segments between colons; a `*` that
//! ends its segment runs over colons too) and "IAM policy elements: Variables and tags" (`${name}` is filled
//! in when a request is decided; `${*}`, `${?}` and `${$}` are these characters themselves). Whether AWS
//! also lets other wildcards run over colons is not said, so `Pattern` asks under both readings and takes
//! the worse answer. It must not know services: which resources exist is not its business.

use super::mark::{self, MANY, ONE, UNKNOWN};
use super::{BadLocator, Form, LocatorKind};
use std::borrow::Cow;

fn bad(why: &'static str) -> BadLocator {
    BadLocator::Malformed { kind: LocatorKind::Arn, why }
}

/// `arn:partition:service:region:account:resource`, or `s3://bucket/key`. Partition and service are written
/// in lower case; region, account and resource stay as they are.
pub(super) fn read(text: &str, wild: bool) -> Result<Form, BadLocator> {
    let text = from_s3(text)?;
    let (text, unknown) = if wild { marked(&text) } else { (text.into_owned(), Vec::new()) };
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let runs_over = wild && parts.iter().any(|part| part.ends_with(MANY));
    match parts.as_slice() {
        [arn, ..] if !arn.eq_ignore_ascii_case("arn") => return Err(bad("it must start with arn, as in arn:aws:s3:::bucket")),
        [_, partition, service, _, _, resource] if !partition.is_empty() && !service.is_empty() && !resource.is_empty() => {}
        // What a `*` runs over need not be written.
        [_, _, ..] if runs_over && parts.len() < 6 => {}
        _ => return Err(bad("an ARN is arn:partition:service:region:account:resource; only region and account may be empty")),
    }
    let machine = lowered(&text);
    let normal = if wild { rendered(&machine, &unknown) } else { machine.clone() };
    Ok(Form { kind: LocatorKind::Arn, normal, machine })
}

/// A resource as a rule of AWS writes it, well-formed or not, in the form that is compared.
pub(super) fn of_rule(text: &str) -> String {
    lowered(&marked(text).0)
}

/// `s3://bucket/key` is the ARN of the object, `s3://bucket` and `s3://bucket/` that of the bucket.
fn from_s3(text: &str) -> Result<Cow<'_, str>, BadLocator> {
    let Some(place) = mark::after(text, "s3://") else { return Ok(Cow::Borrowed(text)) };
    let place = place.strip_suffix('/').filter(|bucket| !bucket.contains('/')).unwrap_or(place).trim();
    if place.is_empty() || place.starts_with('/') {
        return Err(bad("s3:// is followed by no bucket"));
    }
    Ok(Cow::Owned(format!("arn:aws:s3:::{place}")))
}

/// Turns wildcards and policy variables into marks, and gives the names of the variables in their order.
fn marked(text: &str) -> (String, Vec<String>) {
    let (mut out, mut unknown) = (String::with_capacity(text.len()), Vec::new());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some((name, after)) = rest.strip_prefix("${").and_then(|inner| inner.split_once('}')) {
            if matches!(name, "*" | "?" | "$") {
                out.push_str(name);
            } else {
                out.push(UNKNOWN);
                unknown.push(name.to_owned());
            }
            rest = after;
            continue;
        }
        out.push(match c {
            '*' => MANY,
            '?' => ONE,
            other => other,
        });
        rest = &rest[c.len_utf8()..];
    }
    (out, unknown)
}

/// Lower case for partition and service, as far as no wildcard stands before that may run over a colon:
/// behind one nobody knows which part a letter is in.
fn lowered(text: &str) -> String {
    let (mut part, mut fixed) = (0, true);
    text.chars()
        .map(|c| {
            part += usize::from(c == ':');
            fixed &= part < 3 && c != MANY && c != UNKNOWN;
            if fixed { c.to_ascii_lowercase() } else { c }
        })
        .collect()
}

/// The service of an ARN in the form that is compared, as a pattern in lower case; `*` where it is not told. The six parts
/// have their places; where not all are written, a wildcard runs over what follows it.
pub(super) fn service(machine: &str) -> String {
    let parts: Vec<&str> = machine.splitn(6, ':').collect();
    let runs = |part: &str| part.find([MANY, UNKNOWN]);
    match parts.as_slice() {
        [_, _, service, _, _, _] => mark::shown(service).to_lowercase(),
        [_, partition, service, ..] if runs(partition).is_none() => match runs(service) {
            Some(at) => format!("{}*", mark::shown(&service[..at]).to_lowercase()),
            None => mark::shown(service).to_lowercase(),
        },
        _ => "*".to_owned(),
    }
}

/// The marks as a policy writes them.
fn rendered(machine: &str, unknown: &[String]) -> String {
    let mut names = unknown.iter();
    let mut out = String::with_capacity(machine.len());
    for (at, c) in machine.char_indices() {
        match c {
            MANY => out.push('*'),
            ONE => out.push('?'),
            UNKNOWN => out.push_str(&format!("${{{}}}", names.next().map_or("", String::as_str))),
            '*' | '?' => out.push_str(&format!("${{{c}}}")),
            '$' if machine[at..].starts_with("${") => out.push_str("${$}"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Locator, Pattern};
    use super::*;

    #[test]
    fn one_form_for_every_writing() {
        for (text, normal) in [
            ("arn:aws:s3:::Bucket/Key", "arn:aws:s3:::Bucket/Key"),
            ("ARN:AWS:S3:::Bucket/Key", "arn:aws:s3:::Bucket/Key"),
            ("s3://Bucket/Key", "arn:aws:s3:::Bucket/Key"),
            ("S3://bucket/", "arn:aws:s3:::bucket"),
            ("s3://bucket", "arn:aws:s3:::bucket"),
            ("s3://bucket/a/", "arn:aws:s3:::bucket/a/"),
            ("arn:aws:s3:::b/${x}*", "arn:aws:s3:::b/${x}*"),
            ("arn:aws-cn:logs:cn-north-1:123456789012:log-group:a:b", "arn:aws-cn:logs:cn-north-1:123456789012:log-group:a:b"),
        ] {
            assert_eq!(Locator::parse(None, text).map(|l| l.normal), Ok(normal.to_owned()), "{text}");
        }
    }

    #[test]
    fn an_arn_names_its_service() {
        for (text, expected) in [
            ("arn:aws:s3:::b/*", "s3"),
            ("s3://b", "s3"),
            ("arn:aws:S3:::b", "s3"),
            ("arn:*:S3:::b", "s3"),
            ("arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/x", "elasticloadbalancing"),
            ("arn:aws:s3*:::b", "s3*"),
            ("arn:aws:*:*:111122223333:*", "*"),
            ("arn:aws:s3:*", "s3"),
            ("arn:aws:s3*", "s3*"),
            ("arn:aws:*3:x*", "*"),
            ("arn:aws:*", "*"),
            ("arn:*", "*"),
            ("*", "*"),
        ] {
            assert_eq!(Pattern::parse(Some(LocatorKind::Arn), text).expect(text).service().as_deref(), Some(expected), "{text}");
        }
        assert_eq!(Pattern::parse(None, "mcp:s3").expect("a server").service(), None);
    }

    #[test]
    fn malformed_ones_are_refused() {
        for text in ["arn:aws:s3", "arn::s3:::b", "arn:aws::::b", "arn:aws:s3:::", "s3://", "s3:///key", "arn:aws:iam::*"] {
            assert!(matches!(Locator::parse(Some(LocatorKind::Arn), text), Err(BadLocator::Malformed { .. })), "{text}");
        }
        for text in ["bucket", "ar*", "arn:aws:s3", "arn:aws:s3:::"] {
            assert!(matches!(Pattern::parse(Some(LocatorKind::Arn), text), Err(BadLocator::Malformed { .. })), "{text}");
        }
    }

    #[test]
    fn patterns_keep_what_means_itself_apart() {
        for (text, normal) in [
            ("arn:AWS:S3:::B*/?", "arn:aws:s3:::B*/?"),
            ("arn:aws:iam::*", "arn:aws:iam::*"),
            ("arn:*:S3:::b", "arn:*:S3:::b"),
            ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/${*}"),
            ("arn:aws:s3:::b/${$}{x}", "arn:aws:s3:::b/${$}{x}"),
            ("arn:aws:s3:::b/${$}", "arn:aws:s3:::b/$"),
            ("arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}", "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}"),
        ] {
            let pattern = Pattern::parse(None, text).expect("a pattern");
            assert_eq!(pattern.normal(), normal, "{text}");
            let again = Pattern::parse(Some(LocatorKind::Arn), normal).expect("a pattern");
            assert_eq!(again, pattern, "{text}");
        }
    }
}
