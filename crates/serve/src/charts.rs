//! Small pictures of numbers over runs, as places and sizes that a template draws.

use serde_json::{Value, json};

/// The size of a picture in its own units; a page stretches it.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 100.0;
/// What is not zero is seen.
const LEAST: f64 = 2.0;
/// No bar is wider.
const WIDEST: f64 = 60.0;

/// A number of a run.
pub struct Bar<'a> {
    /// It.
    pub value: f64,
    /// How the task ended there.
    pub word: &'a str,
    /// What there is to say of it.
    pub title: String,
}

/// A bar for each number, from the left to the right; null if there is none.
pub fn bars(numbers: &[Bar<'_>]) -> Value {
    let greatest = numbers.iter().map(|bar| bar.value).fold(0.0, f64::max);
    if greatest <= 0.0 {
        return Value::Null;
    }
    let step = (WIDTH / numbers.len() as f64).min(WIDEST);
    let bars = numbers.iter().enumerate().map(|(at, bar)| {
        let height = match bar.value > 0.0 {
            true => (HEIGHT * bar.value / greatest).max(LEAST),
            false => 0.0,
        };
        json!({
            "x": round(step * at as f64), "y": round(HEIGHT - height), "width": round(step * 0.8),
            "height": round(height), "status": bar.word, "title": bar.title,
        })
    });
    json!({"bars": bars.collect::<Vec<_>>(), "width": WIDTH, "height": HEIGHT})
}

fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_is_as_high_as_the_picture_and_the_least_is_seen() {
        let bar = |value| Bar { value, word: "success", title: String::new() };
        let drawn = bars(&[bar(0.001), bar(0.0), bar(8.0)]);
        let heights: Vec<f64> =
            drawn["bars"].as_array().expect("bars").iter().filter_map(|bar| bar["height"].as_f64()).collect();
        assert_eq!(heights, [LEAST, 0.0, HEIGHT]);
        assert!(bars(&[]).is_null() && bars(&[bar(0.0)]).is_null());
    }
}
