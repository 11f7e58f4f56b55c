//! What every role holds, those that take over the rules of others included. The control plane replaces the rules of such a
//! role by the ones it takes over, so that its own do not count; where roles take over from one another in a circle it depends
//! on the order which of their own stay, and all count. Every role is visited once, after those it takes over from.

use super::budget::Budget;
use super::objects::Selector;
use super::rules;
use super::settle::PlacedRole;
use domain::rule::Rule;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The rules of roles by index, each kept once.
#[derive(Default)]
pub(super) struct Held {
    pub(super) rules: Vec<Rule>,
    /// Of every role, in the order of the roles.
    pub(super) of: Vec<Vec<u32>>,
    /// Roles that take over rules in a circle.
    pub(super) circles: Vec<Vec<usize>>,
    /// Roles of which nobody knows what they hold: nothing bears the labels they ask for.
    pub(super) unknown: BTreeSet<usize>,
    /// Roles whose own rules do not count.
    pub(super) replaced: Vec<usize>,
    /// Default roles from which a role of the input takes over.
    pub(super) lent: BTreeSet<usize>,
}

/// Why it is not done: the role at which it became too much.
pub(super) struct TooMuch {
    pub(super) role: usize,
    pub(super) reason: String,
}

struct Graph<'a> {
    roles: &'a [PlacedRole],
    /// Of every role the selectors it takes over by, and of every selector the roles that bear the labels.
    asks: Vec<Vec<usize>>,
    fits: Vec<Vec<usize>>,
}

impl Graph<'_> {
    /// Roles come first, then selectors.
    fn next(&self, node: usize) -> impl Iterator<Item = usize> {
        let n = self.roles.len();
        let (asks, fits) = if node < n { (self.asks[node].as_slice(), &[][..]) } else { (&[][..], self.fits[node - n].as_slice()) };
        asks.iter().map(move |s| s + n).chain(fits.iter().copied())
    }

    fn len(&self) -> usize {
        self.roles.len() + self.fits.len()
    }
}

pub(super) fn held(roles: &[PlacedRole], budget: &mut Budget<'_>) -> Result<Held, TooMuch> {
    let mut out = Held::default();
    let mut known: HashMap<Rule, u32> = HashMap::new();
    let own: Vec<Vec<u32>> = roles.iter().map(|r| own(r, &mut out.rules, &mut known)).collect();
    let graph = graph(roles, budget)?;
    let (circles, circle_of) = circles(&graph);
    let mut of_circle: Vec<Vec<u32>> = Vec::with_capacity(circles.len());
    for (at, circle) in circles.iter().enumerate() {
        let members: Vec<usize> = circle.iter().copied().filter(|n| *n < roles.len()).collect();
        let is_circle = members.len() > 1;
        let counts = |role: usize| graph.asks[role].is_empty() || roles[role].exported || is_circle;
        let mut rules: Vec<u32> = members.iter().filter(|m| counts(**m)).flat_map(|m| own[*m].iter().copied()).collect();
        let from: BTreeSet<usize> = circle.iter().flat_map(|n| graph.next(*n)).map(|n| circle_of[n]).filter(|c| *c != at).collect();
        for other in from {
            let more = &of_circle[other];
            let first = members.first().or(circle.first()).copied().unwrap_or_default().min(roles.len().saturating_sub(1));
            budget.comparisons(1 + more.len() as u64).map_err(|reason| TooMuch { role: first, reason })?;
            rules.extend_from_slice(more);
        }
        rules.sort_unstable();
        rules.dedup();
        of_circle.push(rules);
        if is_circle {
            out.circles.push(members);
        }
    }
    for (at, role) in roles.iter().enumerate() {
        let rules = &of_circle[circle_of[at]];
        for rule in rules {
            budget.held(rules::units(&out.rules[*rule as usize])).map_err(|reason| TooMuch { role: at, reason })?;
        }
        out.of.push(rules.clone());
        aside(&graph, at, role, &own[at], &mut out);
    }
    let asked: BTreeSet<usize> =
        (0..roles.len()).filter(|r| roles[*r].place.is_some()).flat_map(|r| graph.asks[r].iter().copied()).collect();
    out.lent = asked.iter().flat_map(|s| graph.fits[*s].iter().copied()).filter(|r| roles[*r].place.is_none()).collect();
    Ok(out)
}

/// What has to be said of a role that takes over rules.
fn aside(graph: &Graph<'_>, at: usize, role: &PlacedRole, own: &[u32], out: &mut Held) {
    if graph.asks[at].is_empty() {
        return;
    }
    let nobody_else = |selector: &usize| graph.fits[*selector].iter().take(2).all(|r| *r == at);
    if !role.exported && graph.asks[at].iter().all(nobody_else) {
        out.unknown.insert(at);
    }
    if !own.iter().all(|rule| out.of[at].binary_search(rule).is_ok()) {
        out.replaced.push(at);
    }
}

fn own(role: &PlacedRole, all: &mut Vec<Rule>, known: &mut HashMap<Rule, u32>) -> Vec<u32> {
    let rules = role.role.rules.iter().flat_map(rules::of);
    let ids = rules.map(|rule| {
        *known.entry(rule).or_insert_with_key(|rule| {
            all.push(rule.clone());
            (all.len() - 1) as u32
        })
    });
    ids.collect()
}

fn graph<'a>(roles: &'a [PlacedRole], budget: &mut Budget<'_>) -> Result<Graph<'a>, TooMuch> {
    let mut bearers: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    let everybody: Vec<usize> = (0..roles.len()).filter(|r| roles[*r].cluster).collect();
    for at in &everybody {
        for (key, value) in &roles[*at].labels {
            bearers.entry((key, value)).or_default().push(*at);
        }
    }
    let mut selectors: BTreeMap<&Selector, usize> = BTreeMap::new();
    let mut graph = Graph { roles, asks: Vec::with_capacity(roles.len()), fits: Vec::new() };
    for (at, role) in roles.iter().enumerate() {
        let mut asks = Vec::new();
        for selector in &role.role.selectors {
            let next = selectors.len();
            let number = *selectors.entry(selector).or_insert(next);
            asks.push(number);
            if number < graph.fits.len() {
                continue;
            }
            // Of several labels any one tells most roles apart.
            let candidates = match selector.labels.first_key_value() {
                Some((key, value)) => bearers.get(&(key.as_str(), value.as_str())).map_or(&[][..], Vec::as_slice),
                None => &everybody,
            };
            let cost = selector.cost().saturating_mul(1 + candidates.len() as u64);
            budget.comparisons(cost).map_err(|reason| TooMuch { role: at, reason })?;
            graph.fits.push(candidates.iter().copied().filter(|r| selector.fits(&roles[*r].labels)).collect());
        }
        graph.asks.push(asks);
    }
    Ok(graph)
}

/// The strongly connected components of the graph, each after those it leads to (Tarjan), and of every node its component.
fn circles(graph: &Graph<'_>) -> (Vec<Vec<usize>>, Vec<usize>) {
    const NEW: usize = usize::MAX;
    let n = graph.len();
    let (mut index, mut low, mut of) = (vec![NEW; n], vec![NEW; n], vec![NEW; n]);
    let (mut found, mut stack, mut next) = (Vec::new(), Vec::new(), 0);
    for start in 0..n {
        if index[start] != NEW {
            continue;
        }
        // A walk of its own instead of calls: chains of roles may be long.
        let mut walk = vec![(start, graph.next(start))];
        (index[start], low[start], next) = (next, next, next + 1);
        stack.push(start);
        while let Some((node, rest)) = walk.last_mut() {
            let node = *node;
            match rest.next() {
                Some(to) if index[to] == NEW => {
                    (index[to], low[to], next) = (next, next, next + 1);
                    stack.push(to);
                    walk.push((to, graph.next(to)));
                }
                Some(to) => {
                    if of[to] == NEW {
                        low[node] = low[node].min(index[to]);
                    }
                }
                None => {
                    walk.pop();
                    if let Some((above, _)) = walk.last() {
                        low[*above] = low[*above].min(low[node]);
                    }
                    if low[node] == index[node] {
                        let from = stack.iter().rposition(|s| *s == node).unwrap_or(0);
                        let circle = stack.split_off(from);
                        for member in &circle {
                            of[*member] = found.len();
                        }
                        found.push(circle);
                    }
                }
            }
        }
    }
    (found, of)
}
