//! The one table of every screen: a heading for each column, cells that are text, numbers or markup. It must not know
//! what its rows mean; lists (`app::list`) say which columns and where a sort or the next page leads.

use leptos::prelude::*;

/// Which way a column is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Up,
    Down,
}

/// The heading of a column.
#[derive(Clone, Debug, Default)]
pub struct Head {
    pub label: &'static str,
    /// Numbers and times stand to the right.
    pub numeric: bool,
    /// Where a click on the heading leads.
    pub href: Option<String>,
    /// Set where the rows stand in the order of this column.
    pub sorted: Option<Direction>,
}

impl Head {
    pub fn new(label: &'static str) -> Self {
        Self { label, ..Self::default() }
    }

    pub fn numeric(label: &'static str) -> Self {
        Self { label, numeric: true, ..Self::default() }
    }

    fn view(self) -> impl IntoView {
        let (arrow, order) = match self.sorted {
            Some(Direction::Up) => (" ↑", Some("ascending")),
            Some(Direction::Down) => (" ↓", Some("descending")),
            None => ("", None),
        };
        let label = self.label;
        let inside = match self.href {
            Some(href) => view! { <a href=href>{label}{arrow}</a> }.into_any(),
            None => view! { {label}{arrow} }.into_any(),
        };
        view! { <th scope="col" class=self.numeric.then_some("num") aria-sort=order data-l=label>{inside}</th> }
    }
}

/// One cell: its class in the stylesheet and what stands in it.
pub struct Cell {
    pub class: &'static str,
    pub inside: AnyView,
}

/// A cell of markup or text.
pub fn cell(inside: impl IntoAny) -> Cell {
    Cell { class: "", inside: inside.into_any() }
}

/// A cell to the right: a number, a time.
pub fn numeric(inside: impl IntoAny) -> Cell {
    Cell { class: "num nowrap", inside: inside.into_any() }
}

impl Cell {
    /// The same cell under another class.
    #[must_use]
    pub fn class(self, class: &'static str) -> Self {
        Self { class, ..self }
    }
}

/// The table in its scrolling box; `label` names it to those who do not see it.
pub fn table(label: &'static str, caption: Option<String>, heads: Vec<Head>, rows: impl IntoIterator<Item = Vec<Cell>>) -> AnyView {
    // On a phone a row is a card, and each cell says by itself what it is.
    let labels: Vec<&'static str> = heads.iter().map(|h| h.label).collect();
    let rows = rows.into_iter().map(|cells| {
        let cells = cells.into_iter().zip(labels.iter().copied().chain(std::iter::repeat(""))).map(|(c, label)| {
            view! { <td class=(!c.class.is_empty()).then_some(c.class) data-l=label>{c.inside}</td> }
        });
        view! { <tr>{cells.collect_view()}</tr> }
    });
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=label>
            <table class="cards">
                {caption.map(|c| view! { <caption>{c}</caption> })}
                <thead><tr>{heads.into_iter().map(Head::view).collect_view()}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}
