//! Which layer each node stands in.

use crate::picture::Picture;

/// The layer of each node, from 0: as far left as what comes before it allows, but beside what comes after it when
/// more edges lead there, so that few edges are long.
pub fn columns(picture: &Picture) -> Vec<usize> {
    let mut columns = vec![0; picture.nodes.len()];
    for &node in &picture.order {
        columns[node] = picture.before[node].iter().map(|&before| columns[before] + 1).max().unwrap_or(0);
    }
    for &node in picture.order.iter().rev() {
        let (before, after) = (&picture.before[node], &picture.after[node]);
        if after.len() > before.len()
            && let Some(next) = after.iter().map(|&after| columns[after]).min()
        {
            columns[node] = next - 1;
        }
    }
    columns
}
