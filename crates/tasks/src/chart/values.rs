//! Values of a chart's keys that are more than words.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidemill_figures::{Direction, Note, Palette, Position, Reference, Stack, parse_color};

/// Whether marks lie upon each other.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum StackKind {
    /// Or not.
    Whether(bool),
    /// As shares.
    Share(Percent),
}

/// The word for shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Percent {
    /// Of 100.
    Percent,
}

impl StackKind {
    /// What the library calls it.
    pub(super) fn value(self) -> Stack {
        match self {
            StackKind::Whether(false) => Stack::No,
            StackKind::Whether(true) => Stack::Sum,
            StackKind::Share(Percent::Percent) => Stack::Share,
        }
    }
}

/// A place on an axis: a number, a day, or a name.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Place {
    /// A number.
    Number(f64),
    /// A day such as `2024-01-31`, a moment or a name.
    Text(String),
}

impl Place {
    /// What the library calls it.
    pub(super) fn value(&self) -> Position {
        match self {
            Place::Number(number) => Position::Number(*number),
            Place::Text(text) => Position::Text(text.clone()),
        }
    }
}

/// The axis of a band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum AxisName {
    /// The horizontal one.
    X,
    /// The vertical one.
    Y,
}

/// A line to compare with, at `x` or `y`; a band `from` one place `to` another; or a note at `x` and `y`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    /// An upright line there; with `y`, where a note is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x: Option<Place>,
    /// A level line there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<Place>,
    /// Where a band begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Place>,
    /// Where it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<Place>,
    /// The axis that the band lies on: `x` (default) or `y`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    axis: Option<AxisName>,
    /// What the legend calls it, or what the note says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
}

/// A mark as the library of figures has it.
pub(super) enum MarkKind {
    /// A line or a band.
    Reference(Reference),
    /// A text at a point.
    Note(Note),
}

impl Mark {
    /// What the library calls it.
    ///
    /// # Errors
    /// If it is neither a line, a band nor a note.
    pub(super) fn kind(&self) -> Result<MarkKind, &'static str> {
        let axis = match self.axis {
            Some(AxisName::Y) => Direction::Y,
            Some(AxisName::X) | None => Direction::X,
        };
        let (direction, from, to) = match (&self.x, &self.y, &self.from, &self.to) {
            (Some(x), Some(y), None, None) if self.axis.is_none() => {
                let Some(text) = self.label.clone() else { return Err("a note at `x` and `y` needs a `label`") };
                return Ok(MarkKind::Note(Note { x: x.value(), y: y.value(), text }));
            }
            (Some(x), None, None, None) if self.axis.is_none() => (Direction::X, x, None),
            (None, Some(y), None, None) if self.axis.is_none() => (Direction::Y, y, None),
            (None, None, Some(from), Some(to)) => (axis, from, Some(to)),
            _ => {
                return Err(
                    "it needs `x`, or `y`, or both and a `label`, or `from` and `to` (of a band, with `axis: y` where it is a level one)",
                );
            }
        };
        let to = to.map(Place::value);
        Ok(MarkKind::Reference(Reference { direction, from: from.value(), to, label: self.label.clone() }))
    }
}

/// Own colours.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum PaletteKeys {
    /// One after the other.
    List(Vec<String>),
    /// By the names of series and groups.
    Map(BTreeMap<String, String>),
}

impl PaletteKeys {
    /// What the library calls it: the names are those that `label` makes of them.
    ///
    /// # Errors
    /// If one is no colour.
    pub(super) fn value(&self, label: impl Fn(&str) -> String) -> Result<Palette, String> {
        let mut palette = Palette::default();
        match self {
            PaletteKeys::List(colors) => {
                palette.colors = colors.iter().map(|color| parse_color(color)).collect::<Result<_, _>>()?;
            }
            PaletteKeys::Map(colors) => {
                let named = colors.iter().map(|(name, color)| Ok((label(name), parse_color(color)?)));
                palette.named = named.collect::<Result<_, String>>()?;
            }
        }
        Ok(palette)
    }
}
