//! Words with capitals.

/// Each Word With A Capital; a word begins behind what is neither letter, digit nor apostrophe.
pub(crate) fn title_case(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut inside = false;
    for char in text.chars() {
        if inside {
            result.extend(char.to_lowercase());
        } else {
            result.extend(char.to_uppercase());
        }
        inside = char.is_alphanumeric() || matches!(char, '\'' | '’');
    }
    result
}
