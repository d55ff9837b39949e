//! In what order the items of a layer stand, so that few edges cross.

use super::Item;

/// How often all layers are gone through. Larger graphs are as good after fewer.
fn sweeps(items: usize) -> usize {
    if items < 2_000 { 24 } else { 4 }
}

/// Sorts each layer by the median of its neighbours, to and fro, swaps neighbours where that helps, and keeps the best.
pub fn reduce(items: &[Item], layers: &mut [Vec<usize>]) {
    let mut place = vec![0; items.len()];
    layers.iter().for_each(|layer| renumber(layer, &mut place));
    let mut best = layers.to_vec();
    let mut fewest = crossings(items, layers, &place);
    for sweep in 0..sweeps(items.len()) {
        let forwards = sweep % 2 == 0;
        for step in 0..layers.len() {
            let at = if forwards { step } else { layers.len() - 1 - step };
            let near = |item: usize| if forwards { &items[item].before } else { &items[item].after };
            sort_by_median(&mut layers[at], near, &place);
            renumber(&layers[at], &mut place);
        }
        for layer in layers.iter_mut() {
            swap_neighbours(items, layer, &mut place);
        }
        let now = crossings(items, layers, &place);
        if now < fewest {
            fewest = now;
            best = layers.to_vec();
        }
    }
    layers.clone_from_slice(&best);
}

fn renumber(layer: &[usize], place: &mut [usize]) {
    layer.iter().enumerate().for_each(|(at, &item)| place[item] = at);
}

/// Items without neighbours keep their place; the others are sorted among themselves.
fn sort_by_median<'a>(layer: &mut [usize], near: impl Fn(usize) -> &'a Vec<usize>, place: &[usize]) {
    let mut movable: Vec<(usize, usize)> = Vec::new();
    let mut slots = Vec::new();
    for (slot, &item) in layer.iter().enumerate() {
        let mut places: Vec<usize> = near(item).iter().map(|&near| place[near]).collect();
        places.sort_unstable();
        // Twice the median, so that the middle of two places is a whole number.
        if let (Some(low), Some(high)) = (places.get((places.len().max(1) - 1) / 2), places.get(places.len() / 2)) {
            movable.push((low + high, item));
            slots.push(slot);
        }
    }
    // Stable, so that equal items stay in their order.
    movable.sort_by_key(|(median, _)| *median);
    slots.into_iter().zip(movable).for_each(|(slot, (_, item))| layer[slot] = item);
}

fn swap_neighbours(items: &[Item], layer: &mut [usize], place: &mut [usize]) {
    for at in 1..layer.len() {
        let (upper, lower) = (layer[at - 1], layer[at]);
        let sides = |a: usize, b: usize| {
            inversions(&items[a].before, &items[b].before, place) + inversions(&items[a].after, &items[b].after, place)
        };
        if sides(lower, upper) < sides(upper, lower) {
            layer.swap(at - 1, at);
            place.swap(upper, lower);
        }
    }
}

/// How many edges of the upper item cross edges of the lower one.
fn inversions(upper: &[usize], lower: &[usize], place: &[usize]) -> usize {
    // A hub with thousands of edges is not worth so many comparisons.
    if upper.len() * lower.len() > 10_000 {
        return 0;
    }
    upper.iter().map(|&a| lower.iter().filter(|&&b| place[a] > place[b]).count()).sum()
}

/// The number of crossings in the whole drawing, counted with a Fenwick tree for each pair of layers.
fn crossings(items: &[Item], layers: &[Vec<usize>], place: &[usize]) -> usize {
    let mut total = 0;
    for pair in layers.windows(2) {
        let mut tree = vec![0_usize; pair[1].len() + 1];
        let mut seen = 0;
        for &item in &pair[0] {
            let mut ends: Vec<usize> = items[item].after.iter().map(|&after| place[after]).collect();
            ends.sort_unstable();
            for &end in &ends {
                let mut at = end + 1;
                let mut not_below = 0;
                while at > 0 {
                    not_below += tree[at];
                    at &= at - 1;
                }
                total += seen - not_below;
            }
            for &end in &ends {
                let mut at = end + 1;
                while at < tree.len() {
                    tree[at] += 1;
                    at += at & at.wrapping_neg();
                }
            }
            seen += ends.len();
        }
    }
    total
}
