//! Who starts next: free jobs, pools, and the tasks that wait for them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::ids::TaskIx;

use super::SchedGraph;

/// A waiting task: the one with the longest way to the end first, then in the order of the file.
type Entry = (Duration, Reverse<TaskIx>);

/// The queue. A task whose pool is full is parked beside its pool and comes back when a place there becomes free, so each
/// start and end costs a few heap operations however many tasks wait.
pub(super) struct Queue {
    free_jobs: usize,
    ready: BinaryHeap<Entry>,
    pools: Vec<Places>,
}

struct Places {
    free: usize,
    parked: BinaryHeap<Entry>,
}

impl Queue {
    pub(super) fn new(graph: &SchedGraph, jobs: usize) -> Self {
        let places = |pool: &super::Pool| Places { free: pool.capacity.max(1), parked: BinaryHeap::new() };
        Self { free_jobs: jobs.max(1), ready: BinaryHeap::new(), pools: graph.pools().iter().map(places).collect() }
    }

    /// Adds a task.
    pub(super) fn push(&mut self, graph: &SchedGraph, task: TaskIx) {
        self.ready.push((graph.critical_path(task), Reverse(task)));
    }

    /// Takes the next task that a job and its pool have room for, and the room.
    pub(super) fn pop(&mut self, graph: &SchedGraph) -> Option<TaskIx> {
        while self.free_jobs > 0 {
            let entry = self.ready.pop()?;
            let task = entry.1.0;
            if let Some(pool) = graph.task(task).pool {
                let places = &mut self.pools[pool];
                if places.free == 0 {
                    places.parked.push(entry);
                    continue;
                }
                places.free -= 1;
            }
            self.free_jobs -= 1;
            return Some(task);
        }
        None
    }

    /// Gives back the room that a task has taken.
    pub(super) fn release(&mut self, graph: &SchedGraph, task: TaskIx) {
        self.free_jobs += 1;
        if let Some(pool) = graph.task(task).pool {
            let places = &mut self.pools[pool];
            places.free += 1;
            self.ready.extend(places.parked.pop());
        }
    }

    /// Takes out all that wait, in no order.
    pub(super) fn drain(&mut self) -> Vec<TaskIx> {
        let parked = self.pools.iter_mut().flat_map(|places| std::mem::take(&mut places.parked));
        std::mem::take(&mut self.ready).into_iter().chain(parked).map(|entry| entry.1.0).collect()
    }
}
