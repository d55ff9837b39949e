//! The files as other programs see them.

use tidemill_figures::{Chart, Column, Figure, FigureError, Kind, Series, Size, Theme, render_png, render_svg};

fn figure() -> Figure {
    let keys = Column::Date((19_700..20_048).map(Some).collect());
    let values = (0..348).map(|day| 5_000.0 + 3_000.0 * (f64::from(day) / 9.0).sin()).collect();
    let mut chart = Chart::new(Kind::default(), keys, vec![Series::new("Revenue", values)]);
    chart.title = Some("Daily sales".to_owned());
    Figure { size: Size::inches(7.0, 3.0), ..Figure::new(chart) }
}

/// A reader of the picture's pixels, whether it has a palette or not.
fn decoded(png: &[u8]) -> png::Reader<std::io::Cursor<&[u8]>> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::EXPAND);
    decoder.read_info().unwrap()
}

#[test]
fn a_png_has_its_size_and_says_its_resolution() {
    let png = render_png(&figure()).unwrap();
    let mut reader = decoded(&png);
    let info = reader.info();
    assert_eq!((info.width, info.height), (2100, 900));
    let dims = info.pixel_dims.unwrap();
    assert_eq!((dims.xppu, dims.yppu, dims.unit), (11_811, 11_811, png::Unit::Meter));
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    assert_eq!(pixels[..3], [255, 255, 255], "the corner is background");
    let dark = pixels.chunks_exact(3).filter(|pixel| pixel[0] < 100).count();
    assert!((5_000..400_000).contains(&dark), "{dark} dark pixels are no line and labels");
}

#[test]
fn the_same_figure_gives_the_same_bytes() {
    for theme in [Theme::Light, Theme::Dark, Theme::Print] {
        let figure = Figure { theme: Some(theme), ..figure() };
        assert!(render_png(&figure).unwrap() == render_png(&figure).unwrap());
        assert!(render_svg(&figure).unwrap() == render_svg(&figure).unwrap());
    }
}

#[test]
fn an_svg_keeps_its_size_on_paper_and_needs_no_font() {
    let svg = render_svg(&figure()).unwrap();
    assert!(svg.contains(r#"width="7in" height="3in" viewBox="0 0 504 216""#), "{}", &svg[..300]);
    assert!(svg.contains("<title>Daily sales</title>"));
    assert!(!svg.contains("<text") && !svg.contains("font-family"));
    assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count());
}

#[test]
fn bands_join_without_a_seam() {
    // A bar over the whole height: every row of a column through it has one colour, across all bands.
    let keys = Column::Category(vec![Some("all".to_owned())]);
    let chart = Chart::new(Kind::named("bar").unwrap(), keys, vec![Series::new("n", vec![100.0])]);
    let png = render_png(&Figure { size: Size::inches(4.0, 4.0), ..Figure::new(chart) }).unwrap();
    let mut reader = decoded(&png);
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    let pixel = |row: usize| &pixels[(row * 1200 + 600) * 3..][..3];
    assert!((300..1000).all(|row| pixel(row) == pixel(300)), "a row of the bar differs");
    assert_ne!(pixel(300), [255, 255, 255]);
}

#[test]
fn what_cannot_be_drawn_is_told() {
    let huge = Figure { size: Size::inches(90.0, 90.0), ..figure() };
    insta::assert_snapshot!(render_png(&huge).unwrap_err(), @"a figure of 90.00 x 90.00 inches at 300 dots per inch cannot be drawn; each side must be between 0.5 and 100 inches, and at most 20000 pixels");
    let mut uneven = figure();
    uneven.panels[0].series[0].values.pop();
    insta::assert_snapshot!(render_svg(&uneven).unwrap_err(), @"column `Revenue` has 347 rows, but the keys have 348");
    assert!(matches!(render_svg(&Figure { dpi: 0, ..figure() }), Err(FigureError::Size { .. })));
}
