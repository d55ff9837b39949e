//! Which rows a window function sees.

use std::ops::Range;

use polars::prelude::{IdxSize, Series};
use tidemill_core::table::{Expr, FrameBound, SortKey, WindowFrame};

use super::layout::Layout;
use crate::arrays::stack::stack;
use crate::arrays::types::in_its_type;
use crate::error::Outcome;
use crate::expr::Eval;
use crate::keys::groups::Groups;
use crate::ops::sort::{SortColumn, sorted};

/// Rows of frames that are computed together.
const BATCH: usize = 1 << 20;

/// The frame of each place.
pub(super) struct Bounds {
    /// The first place, and one behind the last; not before the first.
    frames: Vec<(usize, usize)>,
}

impl Bounds {
    pub fn of(eval: &Eval<'_>, layout: &Layout, frame: &WindowFrame) -> Outcome<Self> {
        let starts = places(eval, layout, &frame.start, true)?;
        let ends = places(eval, layout, &frame.end, false)?;
        let frames = starts.into_iter().zip(ends).map(|(start, end)| (start, end.max(start))).collect();
        Ok(Self { frames })
    }

    /// The first place of the frame.
    pub fn start(&self, at: usize) -> usize {
        self.frames[at].0
    }

    /// One behind the last place of the frame.
    pub fn end(&self, at: usize) -> usize {
        self.frames[at].1
    }

    /// Runs of places whose different frames together hold no more rows than a batch takes, or one frame that is larger.
    pub fn batches(&self) -> Vec<Range<usize>> {
        let (mut batches, mut start, mut rows) = (Vec::new(), 0, 0);
        let mut last = None;
        for (at, window) in self.frames.iter().enumerate() {
            if last == Some(window) {
                continue;
            }
            last = Some(window);
            let more = window.1 - window.0;
            if rows > 0 && rows + more > BATCH {
                batches.push(start..at);
                (start, rows) = (at, 0);
            }
            rows += more;
        }
        if start < self.frames.len() {
            batches.push(start..self.frames.len());
        }
        batches
    }
}

/// Where the frame of each place starts, or one behind where it ends.
fn places(eval: &Eval<'_>, layout: &Layout, bound: &FrameBound, is_start: bool) -> Outcome<Vec<usize>> {
    let all = 0..layout.rows.len();
    let side = |(start, end): (usize, usize)| if is_start { start } else { end };
    let within = |at: usize, place: i64| {
        let (start, end) = layout.partition[at];
        place.clamp(start as i64, end as i64) as usize
    };
    Ok(match bound {
        FrameBound::Unbounded => layout.partition.iter().copied().map(side).collect(),
        FrameBound::Rows(offset) => {
            let behind = i64::from(!is_start);
            all.map(|at| within(at, (at as i64).saturating_add(*offset).saturating_add(behind))).collect()
        }
        FrameBound::Groups(0) => layout.peers.iter().copied().map(side).collect(),
        FrameBound::Groups(offset) => {
            let groups = PeerGroups::of(layout);
            all.map(|at| {
                let (first, last) = groups.of_partition(layout.partition[at]);
                let group = (groups.number[at] as i64).saturating_add(*offset);
                match group {
                    before if before < first as i64 => layout.partition[at].0,
                    behind if behind > last as i64 => layout.partition[at].1,
                    group => side(groups.runs[group as usize]),
                }
            })
            .collect()
        }
        FrameBound::Range { key, edge } => {
            let ranks = Ranks::of(eval, layout, key, edge)?;
            all.map(|at| {
                if ranks.is_null[at] {
                    return side(layout.peers[at]);
                }
                let (start, end) = layout.partition[at];
                let edge = ranks.edges[at];
                let inside = |rank: &IdxSize| if is_start { *rank < edge } else { *rank <= edge };
                start + ranks.keys[start..end].partition_point(inside)
            })
            .collect()
        }
    })
}

/// The groups of peers, numbered through all partitions.
struct PeerGroups {
    number: Vec<usize>,
    runs: Vec<(usize, usize)>,
}

impl PeerGroups {
    fn of(layout: &Layout) -> Self {
        let mut groups = Self { number: Vec::with_capacity(layout.rows.len()), runs: vec![] };
        for (at, run) in layout.peers.iter().enumerate() {
            if run.0 == at {
                groups.runs.push(*run);
            }
            groups.number.push(groups.runs.len() - 1);
        }
        groups
    }

    /// The first and last group of a partition, which has rows.
    fn of_partition(&self, (start, end): (usize, usize)) -> (usize, usize) {
        (self.number[start], self.number[end - 1])
    }
}

/// Keys and edges as numbers in the order of the window, for each place.
struct Ranks {
    keys: Vec<IdxSize>,
    edges: Vec<IdxSize>,
    is_null: Vec<bool>,
}

impl Ranks {
    fn of(eval: &Eval<'_>, layout: &Layout, key: &SortKey, edge: &Expr) -> Outcome<Self> {
        let rows = layout.rows.len();
        let keys = in_its_type(eval.column(&key.expr)?, key.expr.data_type)?;
        let edges = in_its_type(eval.column(edge)?, edge.data_type)?;
        let both: Series = stack(&keys, &edges)?;
        let equal = Groups::of(std::slice::from_ref(&both), 2 * rows)?.of_row;
        let column = SortColumn { values: both, descending: key.descending, nulls_first: key.nulls_first };
        let mut ranks = vec![0 as IdxSize; 2 * rows];
        let (mut rank, mut last) = (0, None);
        for row in sorted(&[column], 2 * rows)? {
            let group = equal[row as usize];
            rank += IdxSize::from(last.is_some_and(|last| last != group));
            last = Some(group);
            ranks[row as usize] = rank;
        }
        let nulls = keys.rechunk().is_null();
        Ok(Self {
            keys: layout.rows.iter().map(|row| ranks[*row as usize]).collect(),
            edges: layout.rows.iter().map(|row| ranks[*row as usize + rows]).collect(),
            is_null: layout.rows.iter().map(|row| nulls.get(*row as usize) == Some(true)).collect(),
        })
    }
}
