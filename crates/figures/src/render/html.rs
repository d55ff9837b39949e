//! HTML: a page with the figure in it that tells the values of what is pointed at, and can be looked at from near. One
//! file that asks nobody for anything; without its script it is the figure, whose marks have titles.

use std::fmt::Write as _;

use super::{checked_size, drawn, elements, title, view_box};
use crate::canvas::{Place, Spot, escape, length, points};
use crate::{Figure, FigureError, Theme};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// The radius within which a mark of one place is pointed at, in points.
const REACH: f64 = 4.0;

/// The figure as a page. Where it has no theme of its own, it is light or dark as its reader's screen is.
///
/// # Errors
/// If the size cannot be drawn or a column's length is not that of its keys.
pub fn render_html(figure: &Figure) -> Result<String, FigureError> {
    let (width, height) = checked_size(figure)?;
    let view = view_box(width, height);
    let themes = match figure.theme {
        Some(theme) => vec![(theme, "only")],
        None => vec![(Theme::Light, "light"), (Theme::Dark, "dark")],
    };
    let (mut pictures, mut told, mut papers) = (String::new(), Vec::new(), String::new());
    for (theme, class) in themes {
        let (tree, spots) = drawn(&Figure { theme: Some(theme), ..figure.clone() }, true)?;
        let picture = elements(&tree, Some(class));
        // Writing to a string cannot fail.
        let _ = write!(pictures, r#"<svg class="{class}" viewBox="{view}" aria-hidden="true">{picture}"#);
        papers.push_str(&paper(class, theme));
        told = spots;
    }
    let marks: String = told.iter().map(mark).collect();
    let name = escape(title(figure).map_or("Figure", String::as_str));
    let shape = format!("--shape: {}", length(width / height));
    Ok(format!(
        "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{name}</title>\n\
         <style>\n{papers}{STYLE}</style>\n</head>\n<body>\n<figure style=\"{shape}\" role=\"img\" aria-label=\"{name}\">\n\
         {pictures}<svg class=\"marks\" viewBox=\"{view}\">\n{marks}</svg>\n\
         <button type=\"button\" hidden>Whole figure</button>\n<output hidden></output>\n</figure>\n\
         <script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    ))
}

/// The colour around a picture of that class, as CSS.
fn paper(class: &str, theme: Theme) -> String {
    let rule = format!(":root {{ --paper: {}; }}", theme.background());
    if class == "dark" { format!("@media (prefers-color-scheme: dark) {{ {rule} }}\n") } else { rule + "\n" }
}

/// The unseen shape over a mark, with what it tells as its title.
fn mark(spot: &Spot) -> String {
    let text = spot.text.split('\n').map(escape).collect::<Vec<_>>().join("\n");
    let number = |units: i32| length(points(units));
    match spot.shape.as_slice() {
        [(x, y)] => format!(
            "<circle cx=\"{}\" cy=\"{}\" r=\"{REACH}\"><title>{text}</title></circle>\n",
            number(*x),
            number(*y)
        ),
        corners => {
            let corner = |(x, y): &Place| format!("{} {}", number(*x), number(*y));
            let path = corners.iter().map(corner).collect::<Vec<_>>().join("L");
            format!("<path d=\"M{path}z\"><title>{text}</title></path>\n")
        }
    }
}
