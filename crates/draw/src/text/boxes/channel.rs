//! The lines between two rows.

use super::Rows;
use super::canvas::Canvas;
use super::place::middle;

/// The lines between two rows, each in its place.
pub struct Channel {
    nets: Vec<Net>,
    /// How many lines run side by side at most.
    pub tracks: usize,
}

/// Lines that belong together: from one item to several, or from several to one.
struct Net {
    /// The columns where it leaves items above.
    upper: Vec<usize>,
    /// Those where it enters items below, and whether these are boxes.
    lower: Vec<(usize, bool)>,
    /// Its line across; none if it runs straight down.
    track: Option<usize>,
}

impl Net {
    fn columns(&self) -> impl Iterator<Item = usize> {
        self.upper.iter().copied().chain(self.lower.iter().map(|(column, _)| *column))
    }

    /// The first and the last column of its line across.
    fn span(&self) -> (usize, usize) {
        (self.columns().min().unwrap_or(0), self.columns().max().unwrap_or(0))
    }

    fn is_straight(&self) -> bool {
        let (first, last) = self.span();
        first == last
    }

    /// Nets that lead to the right are drawn first from the right, others from the left: so they cross the least.
    fn preference(&self) -> isize {
        let mean = |sum: usize, count: usize| sum as isize / count.max(1) as isize;
        let upper = mean(self.upper.iter().sum(), self.upper.len());
        let lower = mean(self.lower.iter().map(|(column, _)| column).sum(), self.lower.len());
        if lower >= upper { -upper } else { upper }
    }
}

/// Leads all lines from row `above` to the one below. None if they would have to run through each other.
pub fn route(rows: &Rows, above: usize, left: &[usize]) -> Option<Channel> {
    // (the items above, the items below)
    let mut nets: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
    for &item in &rows.rows[above] {
        match &rows.items[item].after[..] {
            [] => {}
            [only] => match nets.iter_mut().find(|(upper, lower)| lower[..] == [*only] && is_single(rows, upper)) {
                Some((upper, _)) => upper.push(item),
                None => nets.push((vec![item], vec![*only])),
            },
            several => nets.push((vec![item], several.to_vec())),
        }
    }
    let mut routed: Vec<Net> = nets
        .iter()
        .map(|(upper, _)| {
            let upper = upper.iter().map(|&item| middle(rows, left, item)).collect();
            Net { upper, lower: Vec::new(), track: None }
        })
        .collect();
    for &item in &rows.rows[above + 1] {
        let entering: Vec<usize> = (0..nets.len()).filter(|&net| nets[net].1.contains(&item)).collect();
        let ports = ports(rows, left, item, &entering, &routed);
        let is_box = rows.items[item].node.is_some();
        ports.into_iter().for_each(|(net, column)| routed[net].lower.push((column, is_box)));
    }
    let tracks = assign(&mut routed)?;
    Some(Channel { nets: routed, tracks })
}

fn is_single(rows: &Rows, upper: &[usize]) -> bool {
    upper.iter().all(|&item| rows.items[item].after.len() == 1)
}

/// The column at which each net enters an item: right below where it comes from if it can, two columns from the next.
fn ports(rows: &Rows, left: &[usize], item: usize, entering: &[usize], nets: &[Net]) -> Vec<(usize, usize)> {
    let center = middle(rows, left, item);
    if rows.items[item].node.is_none() || entering.is_empty() {
        return entering.iter().map(|&net| (net, center)).collect();
    }
    let (first, last) = (left[item] + 1, left[item] + rows.widths[item] - 2);
    let inner = first.max(left[item] + 2)..=last.min(left[item] + rows.widths[item] - 3).max(first);
    let mut wishes: Vec<(usize, usize, usize)> = entering
        .iter()
        .map(|&net| {
            let upper = &nets[net].upper;
            let mean = upper.iter().sum::<usize>() / upper.len();
            let near = upper.iter().copied().find(|column| inner.contains(column));
            (
                mean,
                near.unwrap_or(if entering.len() == 1 { center } else { mean.clamp(*inner.start(), *inner.end()) }),
                net,
            )
        })
        .collect();
    wishes.sort_unstable();
    // Below another net's column a port would be in its way, so the next free one is better.
    let blocked = |net: usize, column: usize| {
        nets.iter().enumerate().any(|(other, there)| other != net && there.upper.contains(&column))
    };
    let mut least = first;
    let mut columns = Vec::with_capacity(wishes.len());
    for (at, &(_, wish, net)) in wishes.iter().enumerate() {
        let most = last.saturating_sub(2 * (wishes.len() - at - 1)).max(least);
        let wish = wish.clamp(least, most);
        let column = (least..=most).min_by_key(|&column| (blocked(net, column), column.abs_diff(wish))).unwrap_or(wish);
        columns.push((net, column));
        least = column + 2;
    }
    columns
}

/// Gives each net that is not straight a line of its own as far as it shares columns with others; says how many lines there
/// are.
fn assign(nets: &mut [Net]) -> Option<usize> {
    // Where one net comes down in the column in which another leads on, the first must turn off above the second.
    let above =
        |one: &Net, other: &Net| one.upper.iter().any(|column| other.lower.iter().any(|(lower, _)| lower == column));
    let mut waiting: Vec<usize> = (0..nets.len()).filter(|&net| !nets[net].is_straight()).collect();
    waiting.sort_by_key(|&net| nets[net].preference());
    let mut done: Vec<usize> = Vec::new();
    let mut tracks = 0;
    while !waiting.is_empty() {
        let free = |&net: &usize| waiting.iter().all(|&other| other == net || !above(&nets[other], &nets[net]));
        let place = waiting.iter().position(free)?;
        let net = waiting.remove(place);
        let (first, last) = nets[net].span();
        let touching = done.iter().filter(|&&other| {
            let (other_first, other_last) = nets[other].span();
            first <= other_last + 1 && other_first <= last + 1
        });
        let track = touching.filter_map(|&other| nets[other].track).max().map_or(0, |track| track + 1);
        nets[net].track = Some(track);
        tracks = tracks.max(track + 1);
        done.push(net);
    }
    Some(tracks)
}

impl Channel {
    /// The lines it takes: one for each track, and one for the tips of arrows.
    pub fn lines(&self) -> usize {
        self.tracks + 1
    }

    /// Draws it from line `top` on.
    pub fn draw(&self, canvas: &mut Canvas, top: usize) {
        for net in &self.nets {
            for &column in &net.upper {
                canvas.leave(column, top);
            }
            if let Some(track) = net.track {
                let (first, last) = net.span();
                canvas.across(first, last, top + track);
            }
        }
        // Lines that run down are drawn over those that run across, and corners over both.
        for net in &self.nets {
            let turn = net.track.unwrap_or(self.tracks);
            let end = |is_box: bool| self.lines() - usize::from(is_box);
            for &column in &net.upper {
                (0..turn).for_each(|line| canvas.down(column, top + line));
            }
            for &(column, is_box) in &net.lower {
                let start = net.track.map_or(turn, |track| track + 1);
                (start..end(is_box)).for_each(|line| canvas.down(column, top + line));
                if is_box {
                    canvas.tip(column, top + self.lines() - 1);
                }
            }
        }
        for net in &self.nets {
            let Some(track) = net.track else { continue };
            let (first, last) = net.span();
            for column in net.columns() {
                let up = net.upper.contains(&column);
                let down = net.lower.iter().any(|(lower, _)| *lower == column);
                canvas.corner(column, top + track, [up, down, column > first, column < last]);
            }
        }
    }
}
