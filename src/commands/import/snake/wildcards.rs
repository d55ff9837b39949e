//! `{sample}` in paths.

use std::collections::BTreeMap;

/// Wildcards with their values.
pub type Bindings = BTreeMap<String, String>;

/// The parts of a path: plain text, and the names of wildcards in it.
fn parts(pattern: &str) -> Vec<(&str, Option<&str>)> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some((before, tail)) = rest.split_once('{') {
        let Some((name, behind)) = tail.split_once('}') else { break };
        // A name may say how its values look: `{sample,[a-z]+}`.
        parts.push((before, Some(name.split(',').next().unwrap_or_default().trim())));
        rest = behind;
    }
    parts.push((rest, None));
    parts
}

/// The values with which a path is a file's, if it can be: each takes as much as it can, as Snakemake has it.
pub fn matched(pattern: &str, path: &str) -> Option<Bindings> {
    let mut values = Bindings::new();
    fits(&parts(pattern), path, &mut values).then_some(values)
}

fn fits(parts: &[(&str, Option<&str>)], path: &str, values: &mut Bindings) -> bool {
    let Some(((text, name), behind)) = parts.split_first() else { return path.is_empty() };
    let Some(rest) = path.strip_prefix(text) else { return false };
    let Some(name) = name else { return behind.is_empty() && rest.is_empty() };
    if let Some(known) = values.get(*name).cloned() {
        return rest.strip_prefix(known.as_str()).is_some_and(|rest| fits(behind, rest, values));
    }
    let ends: Vec<usize> = rest.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    for end in ends.into_iter().rev() {
        values.insert((*name).to_owned(), rest[..end].to_owned());
        if fits(behind, &rest[end..], values) {
            return true;
        }
    }
    values.remove(*name);
    false
}

/// A path with the values of its wildcards.
///
/// # Errors
/// If one has no value.
pub fn filled(pattern: &str, values: &Bindings) -> Result<String, String> {
    let mut path = String::new();
    for (text, name) in parts(pattern) {
        path += text;
        if let Some(name) = name {
            path += values.get(name).ok_or_else(|| format!("the wildcard `{name}` of `{pattern}` has no value"))?;
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_its_wildcards_are() {
        let told = |pattern: &str, path: &str| {
            let values = matched(pattern, path)?;
            Some(values.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(told("out/{s}.txt", "out/a.b.txt").as_deref(), Some("s=a.b"));
        assert_eq!(told("{a}/{b}.{a}", "x/y.x").as_deref(), Some("a=x b=y"));
        assert_eq!(told("{a}/{b}.{a}", "x/y.z"), None);
        assert_eq!(told("{a}_{b}", "x_y_z").as_deref(), Some("a=x_y b=z"));
        assert_eq!(told("plain", "plain").as_deref(), Some(""));
        assert_eq!(told("out/{s,[a-z]+}.txt", "out/.txt"), None);
        assert!(filled("{a}", &Bindings::new()).is_err());
    }
}
