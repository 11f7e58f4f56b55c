//! What a role is, by whom its trust policy lets in: the service, the issuer of the token, the sign-in. It must not decide who may
//! assume it.

use super::document::Statement;
use domain::identity::Kind;
use domain::rule::{Effect, Rule};

/// Where AWS has its hosts, in whichever partition.
const SUFFIXES: [&str; 9] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "api.aws",
    "api.amazonwebservices.com.cn",
    "amazonaws.eu",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "csp.hci.ic.gov",
    "cloud.adc-e.uk",
];
/// Services of AWS that run agents, builds and programs; others are roles of the service itself.
const AGENTS: [&str; 3] = ["bedrock-agentcore", "bedrock", "agent-registry"];
const BUILDS: [&str; 2] = ["codebuild", "codepipeline"];
const PROGRAMS: [&str; 10] = [
    "ec2",
    "ecs-tasks",
    "lambda",
    "edgelambda",
    "eks",
    "pods.eks",
    "eks-fargate-pods",
    "tasks.apprunner",
    "build.apprunner",
    // Machines outside of AWS, which show a certificate.
    "rolesanywhere",
];
/// Issuers of tokens for builds: a host, or what it ends in.
const BUILDERS: [&str; 11] = [
    "token.actions.githubusercontent.com",
    "gitlab.com",
    "oidc.circleci.com",
    "agent.buildkite.com",
    "vstoken.dev.azure.com",
    "app.terraform.io",
    "app.harness.io",
    "oidc.codefresh.io",
    "api.bitbucket.org",
    "app.spacelift.io",
    "app.pulumi.com",
];
/// How the subject of a token begins that is issued to a program: by a cluster to a pod, and by whoever names programs after SPIFFE.
const PROGRAM: [&str; 2] = ["system:serviceaccount:", "spiffe://"];

pub(super) fn of_role(trust: &[Statement]) -> Kind {
    let all: Vec<&Rule> = trust.iter().map(|s| &s.rule).filter(|rule| rule.effect == Effect::Allow).collect();
    let services =
        |wanted: &[&str]| all.iter().flat_map(|r| &r.principals).any(|p| p.strip_prefix("service:").is_some_and(|s| is_one_of(s, wanted)));
    let issuers = |is: fn(&str) -> bool| all.iter().flat_map(|r| &r.principals).filter_map(|p| issuer(p)).any(is);
    if services(&AGENTS) {
        Kind::AiAgent
    } else if services(&BUILDS) || issuers(is_builder) {
        Kind::CiIdentity
    } else if services(&PROGRAMS) || issuers(is_cluster) || all.iter().any(|rule| is_of_programs(rule)) {
        Kind::Workload
    } else {
        Kind::CloudRole
    }
}

/// Whether the host of a service's principal is that of one of some services, in a region or not: `states.eu-west-1.amazonaws.com`.
fn is_one_of(host: &str, services: &[&str]) -> bool {
    let Some(name) = SUFFIXES.iter().find_map(|suffix| host.strip_suffix(suffix)?.strip_suffix('.')) else { return false };
    services.iter().any(|service| name.strip_prefix(service).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// The issuer that a principal names, without the scheme: a host and a path.
pub(super) fn issuer(principal: &str) -> Option<&str> {
    let name = principal.strip_prefix("federated:")?;
    let name = name.split_once(":oidc-provider/").map_or(name, |(_, name)| name);
    (!name.contains(":saml-provider/")).then_some(name)
}

fn host(issuer: &str) -> &str {
    issuer.split('/').next().unwrap_or_default()
}

fn is_builder(issuer: &str) -> bool {
    let host = host(issuer);
    // GitHub for companies has hosts of its own, and so has GitLab where somebody runs it.
    BUILDERS.contains(&host)
        || (host.starts_with("token.actions.") && host.ends_with(".ghe.com"))
        || issuer.ends_with("/_services/token")
        || host.starts_with("gitlab.")
}

/// The issuer of an EKS cluster: `oidc.eks.REGION.SUFFIX/id/ID`, with variants of the first words.
fn is_cluster(issuer: &str) -> bool {
    let host = host(issuer);
    let first = ["oidc.eks.", "oidc.eks-fips.", "oidc-eks.", "oidc-eks-fips."].iter().any(|begins| host.starts_with(begins));
    first && SUFFIXES.iter().any(|suffix| host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.')))
}

/// Whether a statement lets in tokens of programs: the subject says so, at whichever issuer.
fn is_of_programs(rule: &Rule) -> bool {
    let subject = |condition: &String| {
        let mut words = condition.splitn(3, ' ');
        let (operator, key, values) =
            (words.next().unwrap_or_default(), words.next().unwrap_or_default(), words.next().unwrap_or_default());
        !operator.contains("Not")
            && key.ends_with(":sub")
            && values.split(" | ").any(|value| PROGRAM.iter().any(|begins| value.starts_with(begins)))
    };
    rule.principals.iter().any(|p| issuer(p).is_some()) && rule.conditions.iter().any(subject)
}

/// How people come by a role, where they do: through the single sign-on of the organisation or a provider of SAML.
pub(super) fn sign_in(name: &str, path: &str, trust: &[Statement]) -> Option<String> {
    let reserved = name.strip_prefix("AWSReservedSSO_");
    if reserved.is_some() || is_single_sign_on(path) {
        let name = reserved.unwrap_or(name);
        // Behind the name of the permission set stand sixteen digits.
        let set = name
            .rsplit_once('_')
            .filter(|(_, end)| end.len() == 16 && end.bytes().all(|b| b.is_ascii_hexdigit()))
            .map_or(name, |(set, _)| set);
        return Some(format!("people through single sign-on (IAM Identity Center), permission set {set}"));
    }
    let allowed = trust.iter().map(|s| &s.rule).filter(|rule| rule.effect == Effect::Allow);
    let mut providers =
        allowed.flat_map(|rule| &rule.principals).filter_map(|p| p.strip_prefix("federated:")?.split_once(":saml-provider/"));
    providers.next().map(|(_, provider)| format!("people through single sign-on (SAML), provider {provider}"))
}

fn is_single_sign_on(path: &str) -> bool {
    path.starts_with("/aws-reserved/sso.amazonaws.com/")
}

/// Whether a role is AWS's own: nobody in the account can change it. Roles of single sign-on follow permission sets that the
/// organisation writes.
pub(super) fn is_of_the_platform(path: &str) -> bool {
    path.starts_with("/aws-service-role/") || (path.starts_with("/aws-reserved/") && !is_single_sign_on(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::rule::Dialect;

    fn role(principal: &str, condition: &str) -> Kind {
        let mut rule = Rule::new(Dialect::Aws, Effect::Allow);
        rule.principals = vec![principal.to_owned()];
        rule.conditions = [condition].iter().filter(|c| !c.is_empty()).map(|c| (*c).to_owned()).collect();
        of_role(&[Statement { rule, label: None }])
    }

    #[test]
    fn a_role_is_what_its_trust_says() {
        let provider = |host: &str| format!("federated:arn:aws:iam::111122223333:oidc-provider/{host}");
        for (principal, kind) in [
            ("service:lambda.amazonaws.com".to_owned(), Kind::Workload),
            ("service:ec2.amazonaws.com.cn".to_owned(), Kind::Workload),
            ("service:pods.eks.amazonaws.com".to_owned(), Kind::Workload),
            ("service:eks-fargate-pods.amazonaws.com".to_owned(), Kind::Workload),
            ("service:lambda.eu-west-1.amazonaws.com".to_owned(), Kind::Workload),
            ("service:lambda.amazonaws.com.evil.example".to_owned(), Kind::CloudRole),
            ("service:rolesanywhere.amazonaws.com".to_owned(), Kind::Workload),
            ("service:ec2scheduled.amazonaws.com".to_owned(), Kind::CloudRole),
            ("service:codebuild.amazonaws.com".to_owned(), Kind::CiIdentity),
            ("service:bedrock-agentcore.amazonaws.com".to_owned(), Kind::AiAgent),
            ("service:bedrock.amazonaws.com".to_owned(), Kind::AiAgent),
            (provider("oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"), Kind::Workload),
            (provider("oidc.eks.cn-north-1.amazonaws.com.cn/id/A"), Kind::Workload),
            (provider("oidc.eks.us-gov-west-1.amazonaws.com/id/A"), Kind::Workload),
            (provider("oidc-eks.us-east-1.api.aws/id/A"), Kind::Workload),
            ("federated:oidc.eks.eu-west-1.amazonaws.com/id/A".to_owned(), Kind::Workload),
            (provider("oidc.eks.example.com/id/A"), Kind::CloudRole),
            (provider("token.actions.githubusercontent.com"), Kind::CiIdentity),
            (provider("token.actions.acme.ghe.com"), Kind::CiIdentity),
            (provider("github.acme.example/_services/token"), Kind::CiIdentity),
            (provider("gitlab.acme.example"), Kind::CiIdentity),
            (provider("oidc.circleci.com/org/0123"), Kind::CiIdentity),
            (provider("notgitlab.com"), Kind::CloudRole),
            ("federated:arn:aws:iam::111122223333:saml-provider/gitlab.com".to_owned(), Kind::CloudRole),
            ("aws:arn:aws:iam::111122223333:role/lambda.amazonaws.com".to_owned(), Kind::CloudRole),
            ("*".to_owned(), Kind::CloudRole),
        ] {
            assert_eq!(role(&principal, ""), kind, "{principal}");
        }
        let issuer = provider("clusters.acme.example/blue");
        assert_eq!(role(&issuer, "StringEquals clusters.acme.example/blue:sub system:serviceaccount:shop:api"), Kind::Workload);
        assert_eq!(role(&issuer, "StringLike clusters.acme.example/blue:sub repo:x | system:serviceaccount:shop:*"), Kind::Workload);
        assert_eq!(role(&issuer, "StringNotEquals clusters.acme.example/blue:sub system:serviceaccount:shop:api"), Kind::CloudRole);
        assert_eq!(role(&issuer, "StringEquals clusters.acme.example/blue:sub spiffe://acme.example/ns/shop/sa/api"), Kind::Workload);
        assert_eq!(role(&issuer, "StringEquals clusters.acme.example/blue:aud sts.amazonaws.com"), Kind::CloudRole);
    }

    #[test]
    fn single_sign_on_is_of_people_and_not_of_the_platform() {
        let path = "/aws-reserved/sso.amazonaws.com/eu-west-1/";
        let way = sign_in("AWSReservedSSO_Admin_Access_0123456789abcdef", path, &[]).expect("people");
        assert_eq!(way, "people through single sign-on (IAM Identity Center), permission set Admin_Access");
        assert!(
            !is_of_the_platform(path)
                && is_of_the_platform("/aws-service-role/x.amazonaws.com/")
                && is_of_the_platform("/aws-reserved/other/")
        );
        let mut rule = Rule::new(Dialect::Aws, Effect::Allow);
        rule.principals = vec!["federated:arn:aws-cn:iam::111122223333:saml-provider/Okta".to_owned()];
        let trust = [Statement { rule, label: None }];
        assert_eq!(sign_in("ops", "/", &trust).as_deref(), Some("people through single sign-on (SAML), provider Okta"));
        assert_eq!(sign_in("ops", "/", &[]), None);
    }
}
