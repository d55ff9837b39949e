//! Names of campaigns: made up from syllables, as the names of brands are.

use crate::random::Random;

const FIRST: [&str; 24] = [
    "Ar", "Bel", "Cal", "Dor", "Em", "Fal", "Gren", "Hal", "Is", "Jor", "Kel", "Lum", "Mer", "Nim", "Or", "Pal",
    "Quel", "Riv", "Sel", "Tor", "Um", "Val", "Wil", "Yel",
];
const MIDDLE: [&str; 6] = ["a", "e", "i", "o", "an", "or"];
const LAST: [&str; 18] = [
    "bay", "crest", "dale", "dawn", "field", "ford", "glow", "grove", "light", "lia", "mark", "mere", "nest", "ra",
    "rise", "vale", "via", "wick",
];

/// `count` names, each once; fewer than the 2,592 that the syllables allow.
pub fn campaigns(count: usize, random: &mut Random) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(count);
    while names.len() < count {
        let name = format!("{}{}{}", random.pick(&FIRST), random.pick(&MIDDLE), random.pick(&LAST));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
