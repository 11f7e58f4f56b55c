//! Charts: drawn on the server as SVG, each with the numbers as a table beside it. Shapes stand in percent and labels in
//! pixels, so that no label shrinks on a phone.

use crate::number;
use leptos::prelude::*;

/// What a colour of a stacked chart counts.
pub struct Series {
    pub label: &'static str,
    /// The colour's class in the stylesheet.
    pub class: &'static str,
    pub href: String,
    /// One value for each point in time.
    pub values: Vec<i64>,
}

/// Something that happened before a point and is in it for the first time.
pub struct Event {
    pub at: usize,
    pub said: String,
}

/// The height of the drawing, and where its zero lies.
const HEIGHT: f64 = 208.0;
const ZERO: f64 = 182.0;
const TOP: f64 = 24.0;

/// The end of a scale from zero that holds a number: 1, 2 or 5 of some power of ten, in four steps at most.
fn scale(largest: i64) -> (i64, i64) {
    let mut step = 1;
    for factor in [2, 5, 10].iter().cycle().take(54) {
        if step * 4 >= largest {
            break;
        }
        // 1, 2, 5, 10, 20, 50 …
        step = match factor {
            2 => step * 2,
            5 => step / 2 * 5,
            _ => step * 2,
        };
    }
    (step, (largest.max(1) + step - 1) / step * step)
}

/// How many points at the front hold nothing: before the first import there is no data.
fn without_data(all: &[Series]) -> usize {
    let points = all.first().map_or(0, |s| s.values.len());
    (0..points).find(|p| all.iter().any(|s| s.values.get(*p).is_some_and(|v| *v > 0))).unwrap_or(points)
}

fn totals(all: &[Series], points: usize) -> Vec<i64> {
    (0..points).map(|p| all.iter().filter_map(|s| s.values.get(p)).sum()).collect()
}

/// One column: the best class at the bottom, the worst on top.
fn column(all: &[Series], (at, points): (usize, usize), unit: f64) -> impl IntoView + use<> {
    let width = 100.0 / points.max(1) as f64;
    let mut below = 0;
    all.iter()
        .rev()
        .map(|s| {
            let n = s.values.get(at).copied().unwrap_or(0);
            let (height, y) = (n as f64 * unit, ZERO - (below + n) as f64 * unit);
            below += n;
            let (x, wide) = (format!("{:.2}%", width * at as f64 + width * 0.12), format!("{:.2}%", width * 0.76));
            (n > 0).then(|| view! { <rect class=s.class x=x width=wide y=format!("{y:.1}") height=format!("{height:.1}")></rect> })
        })
        .collect_view()
}

/// Columns over time on one scale from zero, stacked; the last and the highest total are said. Nothing where there is no
/// data. `times` are the labels of the points, oldest first; each event has a letter in the drawing and its words below.
pub fn stacked(title: &'static str, times: &[String], all: &[Series], events: &[Event]) -> Option<impl IntoView + use<>> {
    let first = without_data(all);
    let points = times.len().saturating_sub(first);
    if points == 0 {
        return None;
    }
    let kept: Vec<Series> = all
        .iter()
        .map(|s| Series { label: s.label, class: s.class, href: s.href.clone(), values: s.values.iter().skip(first).copied().collect() })
        .collect();
    let times = &times[first..];
    let sums = totals(&kept, points);
    let (step, end) = scale(sums.iter().copied().max().unwrap_or(0));
    let unit = (ZERO - TOP) / end as f64;
    let marks: Vec<i64> = (0..=end / step).map(|n| n * step).collect();
    let y = |n: i64| ZERO - n as f64 * unit;
    let grid = marks.iter().map(|n| view! { <line class="g" x1="0" x2="100%" y1=y(*n) y2=y(*n)></line> }).collect_view();
    let ruler = marks.iter().map(|n| view! { <text x="28" y=y(*n) + 4.0>{number(*n)}</text> }).collect_view();
    let columns = (0..points).map(|at| column(&kept, (at, points), unit)).collect_view();
    let said = format!("{title}: from {} in {} to {} now.", number(sums[0]), times[0], number(sums[points - 1]));
    Some(view! {
        <div class="plot">
            <svg class="y" aria-hidden="true" height=HEIGHT>{ruler}</svg>
            <svg role="img" aria-label=said height=HEIGHT>{grid}{columns}{labels(times, &sums, unit)}{marks_of(events, first, points)}</svg>
        </div>
        {legend(&kept)}
        {said_of(events)}
        {numbers(title, times, &kept)}
    })
}

/// The month below every point that has room for it, and the totals that are said.
fn labels(times: &[String], sums: &[i64], unit: f64) -> impl IntoView + use<> {
    let points = sums.len();
    let width = 100.0 / points as f64;
    let middle = move |at: usize| format!("{:.2}%", width * (at as f64 + 0.5));
    let every = points.div_ceil(5);
    let months = times.iter().enumerate().filter(|(at, _)| (points - 1 - at).is_multiple_of(every)).map(|(at, t)| {
        let anchor = if at + 1 == points && points > 1 { "end" } else { "mid" };
        let x = if anchor == "end" { "100%".to_owned() } else { middle(at) };
        view! { <text class=anchor x=x y="200">{t.clone()}</text> }
    });
    let peak = sums.iter().enumerate().max_by_key(|(_, n)| **n).map_or(0, |(at, _)| at);
    let mut said = vec![points - 1];
    if sums[peak] > sums[points - 1] {
        said.push(peak);
    }
    let said: Vec<_> = said
        .into_iter()
        .map(|at| view! { <text class="tot mid" x=middle(at) y=ZERO - sums[at] as f64 * unit - 6.0>{number(sums[at])}</text> })
        .collect();
    view! { {months.collect_view()} {said} }
}

/// `A` for the first event.
fn letter(n: usize) -> String {
    char::from(b'A' + (n % 26) as u8).to_string()
}

/// A line with its letter at the point of each event.
fn marks_of(events: &[Event], first: usize, points: usize) -> impl IntoView + use<> {
    let width = 100.0 / points.max(1) as f64;
    let marks = events.iter().enumerate().map(|(n, e)| {
        let at = e.at.saturating_sub(first).min(points - 1);
        let x = format!("{:.2}%", width * at as f64 + width * 0.06);
        view! { <line class="ev" x1=x.clone() x2=x.clone() y1="14" y2=ZERO></line><text class="ev mid" x=x y="11">{letter(n)}</text> }
    });
    marks.collect_view()
}

fn said_of(events: &[Event]) -> Option<impl IntoView + use<>> {
    let items = events.iter().enumerate().map(|(n, e)| view! { <li><b>{letter(n)}</b>" "{e.said.clone()}</li> }).collect_view();
    (!events.is_empty()).then(|| view! { <ul class="events small" aria-label="Events">{items}</ul> })
}

fn legend(all: &[Series]) -> impl IntoView + use<> {
    let items = all.iter().map(|s| {
        let n = s.values.last().copied().unwrap_or(0);
        view! { <span><i class=s.class aria-hidden="true"></i><a href=s.href.clone()>{format!("{} {}", s.label, number(n))}</a></span> }
    });
    view! { <p class="legend">{items.collect_view()}</p> }
}

fn numbers(title: &'static str, times: &[String], all: &[Series]) -> impl IntoView + use<> {
    let heads = times.iter().map(|t| view! { <th scope="col" class="num">{t.clone()}</th> }).collect_view();
    let rows = all.iter().map(|s| {
        let cells = s.values.iter().map(|v| view! { <td class="num">{number(*v)}</td> }).collect_view();
        view! { <tr><th scope="row">{s.label}</th>{cells}</tr> }
    });
    view! {
        <details class="plain-d">
            <summary>"Show as table"</summary>
            <div class="scroll" tabindex="0" role="group" aria-label=format!("{title}, in numbers")>
                <table>
                    <thead><tr><th scope="col">"Highest privilege"</th>{heads}</tr></thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        </details>
    }
}

/// A part of a whole: its word, its colour, where it leads and how many.
pub struct Part {
    pub label: &'static str,
    pub class: &'static str,
    pub href: String,
    pub n: i64,
}

/// One bar of parts that add up to the whole, with the number of each as a link below it.
pub fn whole(label: &'static str, parts: Vec<Part>) -> impl IntoView {
    let all = parts.iter().map(|p| p.n).sum::<i64>().max(1) as f64;
    let mut from = 0.0;
    let shapes: Vec<_> = parts
        .iter()
        .map(|p| {
            let (x, width) = (from, p.n as f64 / all * 100.0);
            from += width;
            view! { <rect class=p.class x=format!("{x:.2}%") width=format!("{width:.2}%") height="14"></rect> }
        })
        .collect();
    let said: Vec<_> = parts
        .into_iter()
        .map(|p| {
            let text = format!("{} {}", p.label, number(p.n));
            let word = if p.n > 0 { view! { <a href=p.href>{text}</a> }.into_any() } else { text.into_any() };
            view! { <span><i class=p.class aria-hidden="true"></i>{word}</span> }
        })
        .collect();
    view! {
        <div class="hbar">
            <h3>{label}</h3>
            <svg aria-hidden="true"><rect class="bg" width="100%" height="14"></rect>{shapes}</svg>
            <p class="legend">{said}</p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_holds_its_largest_in_few_even_steps() {
        for largest in [0, 1, 3, 4, 5, 31, 99, 100, 101, 1_000_000] {
            let (step, end) = scale(largest);
            assert!(end >= largest && end % step == 0 && end / step <= 4, "{largest}: {step} {end}");
        }
        assert_eq!([scale(4), scale(5), scale(17), scale(31)], [(1, 4), (2, 6), (5, 20), (10, 40)]);
    }

    #[test]
    fn a_chart_begins_where_data_does_and_is_none_without() {
        let series = |values: &[i64]| Series { label: "read", class: "q-read", href: String::new(), values: values.to_vec() };
        let times = ["Oct 2026", "Nov 2026", "Dec 2026"].map(str::to_owned);
        assert!(stacked("Grants", &times, &[series(&[0, 0, 0])], &[]).is_none());
        let event = Event { at: 2, said: "1 Nov 2026: first import of argo".to_owned() };
        let drawn = stacked("Grants", &times, &[series(&[0, 2, 3])], &[event]).map(|chart| chart.into_any().to_html()).unwrap_or_default();
        assert!(drawn.contains("first import of argo") && drawn.contains("<text x=\"53.00%\" y=\"11\" class=\"ev mid\">A"), "{drawn}");
        assert_eq!(without_data(&[series(&[0, 2, 3]), series(&[0, 0, 1])]), 1);
        assert_eq!(totals(&[series(&[0, 2, 3]), series(&[0, 0, 1])], 3), [0, 2, 4]);
    }
}
