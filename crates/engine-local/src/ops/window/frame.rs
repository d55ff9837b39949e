//! Which rows a window function sees.

use std::ops::Range;

use tidemill_core::table::WindowFrame;

use super::layout::Layout;

/// Rows of frames that are computed together.
const BATCH: usize = 1 << 20;

/// The frame of each place.
pub(super) struct Bounds<'a> {
    layout: &'a Layout,
    frame: WindowFrame,
}

impl<'a> Bounds<'a> {
    pub fn of(layout: &'a Layout, frame: WindowFrame) -> Self {
        Self { layout, frame }
    }

    /// The first place of the frame.
    pub fn start(&self, at: usize) -> usize {
        let start = self.layout.partition[at].0;
        match self.frame {
            WindowFrame::Sliding { preceding, .. } => at.saturating_sub(preceding as usize).max(start),
            _ => start,
        }
    }

    /// One behind the last place of the frame.
    pub fn end(&self, at: usize) -> usize {
        let end = self.layout.partition[at].1;
        match self.frame {
            WindowFrame::Partition => end,
            WindowFrame::RunningPeers => self.layout.peers[at].1,
            WindowFrame::RunningRows => at + 1,
            WindowFrame::Sliding { following, .. } => at.saturating_add(following as usize + 1).min(end),
        }
    }

    /// Runs of places whose different frames together hold no more rows than a batch takes, or one frame that is larger.
    pub fn batches(&self) -> Vec<Range<usize>> {
        let (mut batches, mut start, mut rows) = (Vec::new(), 0, 0);
        let mut last = None;
        for at in 0..self.layout.rows.len() {
            let window = (self.start(at), self.end(at));
            if last == Some(window) {
                continue;
            }
            last = Some(window);
            let more = window.1.saturating_sub(window.0);
            if rows > 0 && rows + more > BATCH {
                batches.push(start..at);
                (start, rows) = (at, 0);
            }
            rows += more;
        }
        if start < self.layout.rows.len() {
            batches.push(start..self.layout.rows.len());
        }
        batches
    }
}
