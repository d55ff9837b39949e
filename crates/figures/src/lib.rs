//! Print-quality charts from plain columns.
//!
//! A [`Figure`] of one or more [`Chart`]s is laid out with the measured widths of its texts, written as SVG, and, for a
//! PNG, rasterised by resvg; for a PDF its paths are taken over, and an HTML page holds it with what its marks tell. The
//! same figure gives the same bytes everywhere: the font is embedded in the library, and texts leave it as outlines. Only
//! letters that it lacks come from fonts that the figure brings along, or from those of the machine.
//!
//! The drawing is done with [plotters], on a backend of our own. Each has what it does best:
//!
//! - *plotters* maps and draws: its coordinate systems (`Cartesian2d`) place the data between the axes, its mesh is the
//!   grid, and lines, areas, dots, bars, legend marks and texts are its series and elements.
//! - *The backend*, an SVG canvas whose unit is a hundredth of a point, replaces plotters' own, which puts points on
//!   whole pixels, joins lines with spikes, knows no dashes, and leaves the width of a text to the viewer's fonts.
//! - *The layout* is ours: margins measured from the texts that stand in them, round ticks on months and weeks, second
//!   axes that share the first one's grid, legends and values that never touch the data. Plotters' chart layer
//!   (`ChartBuilder`) wants margins to be guessed, and lets labels overlap. Its axes take our ticks as key points.
//!
//! ```
//! use tidemill_figures::{Chart, Column, Figure, Kind, Series, ValueFormat, render_png};
//!
//! let keys = Column::Date((19_700..19_730).map(Some).collect());
//! let revenue = Series::new("Revenue", (0..30).map(|day| 900.0 + f64::from(day * day)).collect());
//! let mut chart = Chart::new(Kind::default(), keys, vec![revenue]);
//! chart.title = Some("Revenue by day".to_owned());
//! chart.y_format = Some(ValueFormat::parse("$,.0f")?);
//! let png = render_png(&Figure::new(chart)).map_err(|error| error.to_string())?;
//! assert_eq!(&png[1..4], b"PNG");
//! # Ok::<(), String>(())
//! ```

mod agg;
mod backend;
mod bins;
mod canvas;
mod column;
mod data;
mod density;
mod draw;
mod error;
mod facet;
mod figure;
mod findings;
mod fit;
mod font;
mod kind;
mod kinds;
mod marks;
mod measure;
mod plot;
mod range;
mod references;
mod render;
mod size;
mod theme;
mod ticks;
mod warning;

pub use agg::Agg;
pub use column::{Column, Series, Spread};
pub use error::FigureError;
pub use figure::{Chart, Figure, Sort, Stack, Trend};
pub use findings::Findings;
pub use fit::linear_fit;
pub use font::Fonts;
pub use kind::{Columns, Kind};
pub use measure::{Direction, Measure, Note, Palette, Position, Reference, Rgb, Scale, parse_color};
pub use render::{FigureFormat, render_html, render_pdf, render_png, render_svg};
pub use size::Size;
pub use theme::Theme;
pub use tidemill_format::{DateFormat, Locale, NumberFormat, ValueFormat};
pub use warning::{Repeats, Warning};
