//! How high each item stands, so that edges run as straight as they can.

use super::{BOX_GAP, Item};

const SWEEPS: usize = 32;

/// The middle of each item; no two items of a layer overlap, and the highest box begins at 0.
pub fn middles(items: &[Item], layers: &[Vec<usize>]) -> Vec<f64> {
    let mut middles = vec![0.0; items.len()];
    for layer in layers {
        let mut y = 0.0;
        for (at, &item) in layer.iter().enumerate() {
            if at > 0 {
                y += distance(items, layer[at - 1], item);
            }
            middles[item] = y;
        }
        layer.iter().for_each(|&item| middles[item] -= y / 2.0);
    }
    for sweep in 0..SWEEPS {
        let forwards = sweep % 2 == 0;
        // The last ones look both ways.
        let both = sweep + 6 >= SWEEPS;
        for step in 0..layers.len() {
            let layer = &layers[if forwards { step } else { layers.len() - 1 - step }];
            let wishes: Vec<(f64, f64)> = layer
                .iter()
                .map(|&item| {
                    let (before, after) = (&items[item].before, &items[item].after);
                    let near: Vec<usize> = match (both, forwards) {
                        (true, _) => before.iter().chain(after).copied().collect(),
                        (false, true) => before.clone(),
                        (false, false) => after.clone(),
                    };
                    wish(items, item, &near, &middles)
                })
                .collect();
            settle(items, layer, &wishes, &mut middles);
        }
    }
    straighten(items, layers, &mut middles);
    let top = (0..items.len()).map(|item| middles[item] - items[item].height / 2.0).fold(f64::INFINITY, f64::min);
    if top.is_finite() {
        middles.iter_mut().for_each(|middle| *middle -= top);
    }
    middles
}

/// Makes each long edge one straight line on its way through the layers, if its neighbours leave the room.
fn straighten(items: &[Item], layers: &[Vec<usize>], middles: &mut [f64]) {
    let mut place = vec![(0, 0); items.len()];
    for (layer, layer_items) in layers.iter().enumerate() {
        layer_items.iter().enumerate().for_each(|(at, &item)| place[item] = (layer, at));
    }
    let passage = |item: &usize| items[*item].node.is_none();
    for first in (0..items.len()).filter(|item| passage(item) && !items[*item].before.iter().any(passage)) {
        let mut chain = vec![first];
        while let Some(&next) = items[chain[chain.len() - 1]].after.iter().find(|item| passage(item)) {
            chain.push(next);
        }
        let (mut top, mut bottom) = (f64::NEG_INFINITY, f64::INFINITY);
        for &item in &chain {
            let (layer, at) = place[item];
            if at > 0 {
                let upper = layers[layer][at - 1];
                top = top.max(middles[upper] + distance(items, upper, item));
            }
            if let Some(&lower) = layers[layer].get(at + 1) {
                bottom = bottom.min(middles[lower] - distance(items, item, lower));
            }
        }
        if top <= bottom {
            let mean = chain.iter().map(|&item| middles[item]).sum::<f64>() / chain.len() as f64;
            chain.iter().for_each(|&item| middles[item] = mean.clamp(top, bottom));
        }
    }
}

/// The distance between the middles of two neighbours.
fn distance(items: &[Item], upper: usize, lower: usize) -> f64 {
    let gap = if items[upper].node.is_some() || items[lower].node.is_some() { BOX_GAP } else { BOX_GAP / 4.0 };
    (items[upper].height + items[lower].height) / 2.0 + gap
}

/// Where an item wants to stand, and how much: long edges want to be straight most of all.
fn wish(items: &[Item], item: usize, near: &[usize], middles: &[f64]) -> (f64, f64) {
    let weight = |other: usize| match (items[item].node, items[other].node) {
        (None, None) => 8.0,
        (Some(_), Some(_)) => 1.0,
        _ => 2.0,
    };
    let total: f64 = near.iter().map(|&other| weight(other)).sum();
    if total == 0.0 {
        return (middles[item], 0.1);
    }
    (near.iter().map(|&other| weight(other) * middles[other]).sum::<f64>() / total, total)
}

/// Puts a layer's items as near to their wishes as their order and distances allow: least squares, by pooling
/// neighbours that would overlap.
fn settle(items: &[Item], layer: &[usize], wishes: &[(f64, f64)], middles: &mut [f64]) {
    // Pools of items that touch: their common wish, its weight, and how many there are.
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    let mut offsets = Vec::with_capacity(layer.len());
    for (at, &(wish, weight)) in wishes.iter().enumerate() {
        let offset = if at == 0 { 0.0 } else { offsets[at - 1] + distance(items, layer[at - 1], layer[at]) };
        offsets.push(offset);
        let mut pool = (wish - offset, weight, 1);
        while let Some(&(wish, weight, count)) = pools.last()
            && wish >= pool.0
        {
            pools.pop();
            let both = weight + pool.1;
            pool = ((wish * weight + pool.0 * pool.1) / both, both, count + pool.2);
        }
        pools.push(pool);
    }
    let settled = pools.iter().flat_map(|&(wish, _, count)| std::iter::repeat_n(wish, count));
    for ((&item, offset), wish) in layer.iter().zip(offsets).zip(settled) {
        middles[item] = wish + offset;
    }
}
