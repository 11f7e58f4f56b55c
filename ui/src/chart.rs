//! Charts: drawn on the server as SVG, each with the numbers as a table beside it.

use crate::number;
use leptos::prelude::*;

/// One line over time.
pub struct Series {
    pub label: &'static str,
    /// The colour's class in the stylesheet.
    pub class: &'static str,
    pub href: String,
    pub values: Vec<i64>,
}

const WIDTH: f64 = 160.0;
const HEIGHT: f64 = 28.0;
const EDGE: f64 = 3.0;

/// The points of a line that fills its box from 0 to its own largest value.
fn points(values: &[i64]) -> Vec<(f64, f64)> {
    let largest = values.iter().copied().max().unwrap_or(0).max(1) as f64;
    let step = (WIDTH - 2.0 * EDGE) / (values.len().max(2) - 1) as f64;
    let y = |v: i64| HEIGHT - EDGE - (v as f64 / largest) * (HEIGHT - 2.0 * EDGE);
    values.iter().enumerate().map(|(i, v)| (EDGE + step * i as f64, y(*v))).collect()
}

fn line(s: &Series) -> impl IntoView + use<> {
    let points = points(&s.values);
    let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let (x, y) = points.last().copied().unwrap_or_default();
    view! {
        <svg class="spark" viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-hidden="true">
            <polyline class=format!("line {}", s.class) points=path.join(" ")></polyline>
            <circle class=s.class cx=format!("{x:.1}") cy=format!("{y:.1}") r="2.5"></circle>
        </svg>
    }
}

/// `+12`, `−3`, `no change`.
fn change(from: i64, to: i64) -> String {
    match to - from {
        0 => "no change".to_owned(),
        n if n > 0 => format!("+{}", number(n)),
        n => format!("−{}", number(-n)),
    }
}

/// Lines over time: what was, what is, and every number on demand. `times` are the labels of the points, oldest first.
pub fn trend(title: &'static str, times: &[String], all: &[Series]) -> impl IntoView + use<> {
    let rows = all.iter().map(|s| {
        let (first, last) = (s.values.first().copied().unwrap_or(0), s.values.last().copied().unwrap_or(0));
        view! {
            <tr>
                <th scope="row"><a href=s.href.clone()>{s.label}</a></th>
                <td>{line(s)}</td>
                <td class="num">{number(first)}</td>
                <td class="num">{number(last)}</td>
                <td class="num nowrap">{change(first, last)}</td>
            </tr>
        }
    });
    let heads = times.iter().map(|t| view! { <th scope="col" class="num">{t.clone()}</th> }).collect_view();
    let numbers = all.iter().map(|s| {
        let cells = s.values.iter().map(|v| view! { <td class="num">{number(*v)}</td> }).collect_view();
        view! { <tr><th scope="row">{s.label}</th>{cells}</tr> }
    });
    let first = times.first().cloned().unwrap_or_default();
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=title>
            <table>
                <thead><tr><th scope="col">"Class"</th><th scope="col">"Over time"</th><th scope="col" class="num">{first}</th><th scope="col" class="num">"Now"</th><th scope="col" class="num">"Change"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
        <details>
            <summary>"Every month in numbers"</summary>
            <div class="scroll" tabindex="0" role="group" aria-label=format!("{title}, in numbers")>
                <table>
                    <thead><tr><th scope="col">"Class"</th>{heads}</tr></thead>
                    <tbody>{numbers.collect_view()}</tbody>
                </table>
            </div>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_in_its_box_and_nothing_is_divided_by_zero() {
        for values in [vec![], vec![0], vec![5], vec![0, 0, 0], vec![1, 2, 1_000_000]] {
            for (x, y) in points(&values) {
                assert!((0.0..=WIDTH).contains(&x) && (0.0..=HEIGHT).contains(&y), "{values:?}: {x} {y}");
            }
        }
        assert_eq!(points(&[0, 10])[1], (WIDTH - EDGE, EDGE));
        assert_eq!((change(3, 3), change(3, 1003), change(3, 1)), ("no change".into(), "+1,000".into(), "−2".into()));
    }
}
