//! At which column each item of a row begins.

use super::Rows;
use super::rows::BOX_GAP;

/// How often all rows are gone through, down and up.
const SWEEPS: usize = 24;

/// The first column of each item, so that items of a row do not touch and stand close to what they are tied to. None if a
/// row does not fit after all.
pub fn place(rows: &Rows, width: usize) -> Option<Vec<usize>> {
    let mut left = vec![0.0; rows.items.len()];
    let mut whole = vec![0; rows.items.len()];
    for row in &rows.rows {
        let taken = row_width(rows, row);
        let mut x = width.checked_sub(taken)? as f64 / 2.0;
        for pair in 0..row.len() {
            left[row[pair]] = x;
            x += (rows.widths[row[pair]] + row.get(pair + 1).map_or(0, |&next| gap(rows, row[pair], next))) as f64;
        }
    }
    for sweep in 0..SWEEPS {
        for step in 0..rows.rows.len() {
            let down = sweep % 2 == 0;
            let at = if down { step } else { rows.rows.len() - 1 - step };
            settle(rows, &rows.rows[at], width, &mut left, |item| {
                let item = &rows.items[item];
                match (down, sweep + 4 > SWEEPS) {
                    (_, true) => item.before.iter().chain(&item.after).copied().collect(),
                    (true, false) => item.before.clone(),
                    (false, false) => item.after.clone(),
                }
            });
        }
    }
    for row in &rows.rows {
        round(rows, row, width, &left, &mut whole);
        straighten(rows, row, width, &mut whole);
    }
    let narrowest = rows.rows.iter().filter_map(|row| row.first()).map(|&item| whole[item]).min().unwrap_or(0);
    whole.iter_mut().for_each(|left| *left -= narrowest);
    Some(whole)
}

/// The column in which lines enter a passage and leave any item.
pub fn middle(rows: &Rows, left: &[usize], item: usize) -> usize {
    left[item] + rows.widths[item] / 2
}

fn row_width(rows: &Rows, row: &[usize]) -> usize {
    let gaps: usize = row.windows(2).map(|pair| gap(rows, pair[0], pair[1])).sum();
    row.iter().map(|&item| rows.widths[item]).sum::<usize>() + gaps
}

fn gap(rows: &Rows, one: usize, other: usize) -> usize {
    let is_box = |item: usize| rows.items[item].node.is_some();
    if is_box(one) && is_box(other) { BOX_GAP } else { 1 }
}

/// Moves the items of a row to the mean of what they are tied to, as near as the others let them: the best fit in the sense
/// of least squares that keeps order and distances (pool adjacent violators).
fn settle(rows: &Rows, row: &[usize], width: usize, left: &mut [f64], near: impl Fn(usize) -> Vec<usize>) {
    let half = |item: usize| (rows.widths[item] / 2) as f64;
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    let mut offsets = Vec::with_capacity(row.len());
    let mut offset = 0.0;
    for (at, &item) in row.iter().enumerate() {
        let ties = near(item);
        let wish = match ties.is_empty() {
            true => left[item],
            false => ties.iter().map(|&tie| left[tie] + half(tie)).sum::<f64>() / ties.len() as f64 - half(item),
        };
        let weight = match (ties.is_empty(), rows.items[item].node) {
            (true, _) => 0.1,
            (_, None) => 4.0,
            _ => 1.0,
        };
        offsets.push(offset);
        let mut pool = (wish - offset, weight, 1);
        while let Some(&(mean, total, size)) = pools.last()
            && mean > pool.0
        {
            pools.pop();
            pool = ((mean * total + pool.0 * pool.1) / (total + pool.1), total + pool.1, size + pool.2);
        }
        pools.push(pool);
        offset += (rows.widths[item] + row.get(at + 1).map_or(0, |&next| gap(rows, item, next))) as f64;
    }
    let room = (width as f64 - offset).max(0.0);
    let settled = pools.iter().flat_map(|&(mean, _, size)| std::iter::repeat_n(mean.clamp(0.0, room), size));
    for ((&item, mean), offset) in row.iter().zip(settled).zip(offsets) {
        left[item] = mean + offset;
    }
}

/// Whole columns, still without touching.
fn round(rows: &Rows, row: &[usize], width: usize, left: &[f64], whole: &mut [usize]) {
    let mut least = 0;
    for (at, &item) in row.iter().enumerate() {
        whole[item] = (left[item].round() as usize).max(least);
        least = whole[item] + rows.widths[item] + row.get(at + 1).map_or(0, |&next| gap(rows, item, next));
    }
    let mut most = width;
    for (at, &item) in row.iter().enumerate().rev() {
        whole[item] = whole[item].min(most.saturating_sub(rows.widths[item]));
        most = whole[item].saturating_sub(if at > 0 { gap(rows, row[at - 1], item) } else { 0 });
    }
}

/// Moves what continues one line right below it, if there is room: a passage, or a box with a single task before it.
fn straighten(rows: &Rows, row: &[usize], width: usize, whole: &mut [usize]) {
    for (at, &item) in row.iter().enumerate() {
        let [above] = rows.items[item].before[..] else { continue };
        if rows.items[item].node.is_some() && rows.items[above].after.len() > 1 {
            continue;
        }
        let wish = (middle(rows, whole, above) + 1).saturating_sub(rows.widths[item] / 2 + 1);
        let least = match at.checked_sub(1).map(|before| row[before]) {
            Some(before) => whole[before] + rows.widths[before] + gap(rows, before, item),
            None => 0,
        };
        let end = row.get(at + 1).map_or(width, |&next| whole[next].saturating_sub(gap(rows, item, next)));
        if (least..=end.saturating_sub(rows.widths[item])).contains(&wish) {
            whole[item] = wish;
        }
    }
}
