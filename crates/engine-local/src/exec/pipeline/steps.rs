//! Steps that need one row at a time, over a source that is read piece by piece.

use std::sync::Arc;

use polars::prelude::{DataFrame, Series};
use tidemill_core::table::{Expr, Fill, Rel};

use super::batch::Piece;
use super::driver::drive;
use super::hash_probe::{Probe, Probed, typed};
use crate::arrays::select::{NONE, filter, only};
use crate::arrays::types;
use crate::error::{Outcome, unsupported, within};
use crate::exec::run::{Need, Runner, with};
use crate::expr::{Eval, Notes, columns_of};
use crate::keys::interner::Numbering;
use crate::ops::fill::{self, Mean};
use crate::store::reader::Stored;
use crate::store::table_handle::{Held, held};

/// Where the rows come from.
pub(crate) enum Source {
    Frame(DataFrame),
    /// These columns of a table in a file.
    Stored(Arc<Stored>, Vec<String>),
}

enum Step<'a> {
    Project(&'a [(String, Expr)]),
    /// The number among the runner's dropped rows under which it is accounted; the columns that are needed of what is left.
    Filter(&'a Expr, Option<usize>, Need),
    Fill(Vec<(&'a str, Filling<'a>)>),
    Probe(Box<Probe<'a>>),
    /// Only rows whose key is one of these.
    Among(Vec<&'a Expr>, Box<Numbering>),
}

enum Filling<'a> {
    /// Needs nothing but the type of the column.
    Constant(&'a (String, Fill)),
    /// One row.
    Known(Series),
}

/// A source and the steps above it.
pub(crate) struct Line<'a> {
    pub source: Source,
    steps: Vec<Step<'a>>,
}

/// What a piece says beside its rows.
pub(crate) enum Told {
    /// So many rows dropped, to be accounted at that place.
    Dropped(usize, usize),
    /// What the join of that step found.
    Probed(usize, Probed),
}

/// What a line works on if all of its steps are such that they need one row at a time.
fn source_of(rel: &Rel) -> &Rel {
    match rel {
        Rel::Project { input, .. } | Rel::Filter { input, .. } | Rel::Fill { input, .. } => source_of(input),
        Rel::Join(step) if Probe::can(step) => source_of(&step.left),
        other => other,
    }
}

fn multiplies(rel: &Rel) -> bool {
    match rel {
        Rel::Project { input, .. } | Rel::Filter { input, .. } | Rel::Fill { input, .. } => multiplies(input),
        Rel::Join(_) => true,
        _ => false,
    }
}

impl<'a> Line<'a> {
    /// The relation as a line, if that is possible and worth it: its source is a task's table that is in a file, or one of
    /// several slices that a join may multiply.
    pub fn of(runner: &mut Runner<'_>, rel: &'a Rel, need: Need) -> Outcome<Option<Self>> {
        let Rel::Input { task, .. } = source_of(rel) else { return Ok(None) };
        let Some(table) = runner.rejects.is_none().then(|| runner.table(task)).transpose()? else { return Ok(None) };
        let worth = match held(table)? {
            Held::Stored(_) => true,
            Held::Frame(frame) => frame.height() > runner.pace.slice && multiplies(rel),
        };
        if worth { Self::build(runner, rel, need).map(Some) } else { Ok(None) }
    }

    fn build(runner: &mut Runner<'_>, rel: &'a Rel, need: Need) -> Outcome<Self> {
        let mut line = match rel {
            Rel::Project { input, columns } => {
                let read = columns_of(columns.iter().map(|(_, expr)| expr));
                Self::build(runner, input, Some(read))?.and(Step::Project(columns))
            }
            Rel::Filter { input, predicate, account } => {
                let line = Self::build(runner, input, with(need.clone(), columns_of([predicate])))?;
                let place = account.as_ref().map(|step| runner.reserve_drop(step));
                line.and(Step::Filter(predicate, place, need))
            }
            Rel::Fill { input, columns } => {
                let fillings = fillings(runner, input, columns)?;
                let need = with(need, columns.iter().map(|(name, _)| name.clone()).collect());
                Self::build(runner, input, need)?.and(Step::Fill(fillings))
            }
            Rel::Join(step) => {
                let on = columns_of(step.on.iter().flat_map(|(left, right)| [left, right]));
                let with_keys = with(need.clone(), on);
                let line = Self::build(runner, &step.left, with_keys.clone())?;
                let right = runner.rel(&step.right, with_keys)?;
                line.and(Step::Probe(Box::new(Probe::new(step, right, need, &runner.notes)?)))
            }
            Rel::Input { task, .. } => {
                let table = held(runner.table(task)?)?;
                let names = table.names();
                let wanted = |name: &String| need.as_ref().is_none_or(|need| need.contains(name));
                let names: Vec<String> = names.into_iter().filter(wanted).collect();
                runner.count_in(task.clone(), table.rows());
                let source = match table {
                    Held::Stored(stored) => Source::Stored(stored, names),
                    Held::Frame(_) => Source::Frame(table.frame(Some(&names))?),
                };
                Self { source, steps: vec![] }
            }
            _ => return Err(unsupported("a step that needs all its rows at once")),
        };
        line.steps.shrink_to_fit();
        Ok(line)
    }

    fn and(mut self, step: Step<'a>) -> Self {
        self.steps.push(step);
        self
    }

    /// The same with only the rows whose keys are among those of other rows.
    pub fn among(self, keys: Vec<&'a Expr>, others: &[Series], rows: usize) -> Outcome<Self> {
        let mut known = Numbering::default();
        known.add(others, rows)?;
        Ok(self.and(Step::Among(keys, Box::new(known))))
    }

    /// Whether a piece may become larger than it came.
    pub fn multiplies(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Probe(probe) if probe.multiplies()))
    }

    /// The rows that the steps make of a piece of the source.
    pub fn apply(&self, piece: Piece, notes: &Notes, told: &mut Vec<Told>) -> Outcome<Piece> {
        let mut piece = piece;
        for (number, step) in self.steps.iter().enumerate() {
            piece = match step {
                Step::Project(columns) => piece.project(columns, notes)?,
                Step::Filter(predicate, place, need) => {
                    let frame = piece.whole()?;
                    let mask = Eval::new(&frame, notes).mask(predicate)?;
                    let rows = frame.height();
                    let kept = filter(&only(frame, need)?, &mask)?;
                    told.extend(place.map(|place| Told::Dropped(place, rows - kept.height())));
                    Piece::of_frame(kept)
                }
                Step::Among(keys, known) => {
                    let frame = piece.whole()?;
                    let eval = Eval::new(&frame, notes);
                    let values: Vec<Series> = keys.iter().map(|key| typed(&eval, key)).collect::<Outcome<_>>()?;
                    let found = known.find(&values, frame.height())?;
                    Piece::of_frame(filter(&frame, &found.into_iter().map(|number| Some(number != NONE)).collect())?)
                }
                Step::Fill(fillings) => {
                    for (name, filling) in fillings {
                        let frame = piece.holding(name);
                        match filling {
                            Filling::Known(value) => fill::put(frame, name, value)?,
                            Filling::Constant(how) => *frame = fill::fill(frame.clone(), std::slice::from_ref(*how))?,
                        }
                    }
                    piece
                }
                Step::Probe(probe) => {
                    let (joined, probed) = probe.join(piece, notes)?;
                    told.extend(probed.map(|probed| Told::Probed(number, probed)));
                    joined
                }
            };
        }
        Ok(piece)
    }

    /// Takes note of what a piece said; pieces come in order.
    pub fn note(&self, runner: &mut Runner<'_>, told: Vec<Told>) -> Outcome<()> {
        for told in told {
            match told {
                Told::Dropped(place, rows) => runner.dropped[place].rows += rows as u64,
                Told::Probed(step, probed) => {
                    if let Step::Probe(probe) = &self.steps[step] {
                        probe.note(probed)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Reports what is known only now that all pieces have gone through.
    pub fn finish(self, runner: &mut Runner<'_>) -> Outcome<()> {
        for step in self.steps {
            if let Step::Probe(probe) = step {
                runner.joins.extend(probe.diagnosis()?);
            }
        }
        Ok(())
    }
}

/// What fills each column. Means and medians are those of all rows, so these go through the line once beforehand, with no
/// other columns than those.
fn fillings<'a>(
    runner: &mut Runner<'_>,
    input: &Rel,
    columns: &'a [(String, Fill)],
) -> Outcome<Vec<(&'a str, Filling<'a>)>> {
    let looks_at_all = |how: &Fill| matches!(how, Fill::Mean | Fill::Median);
    let mut known: Vec<(&str, &Fill, Middle)> = columns
        .iter()
        .filter(|(_, how)| looks_at_all(how))
        .map(|(name, how)| (name.as_str(), how, Middle::default()))
        .collect();
    if !known.is_empty() {
        let before = runner.mark();
        let line = Line::build(runner, input, Some(known.iter().map(|(name, ..)| (*name).to_owned()).collect()))?;
        let notes = Notes::default();
        drive(runner, &line, &notes, Piece::whole, |frame| {
            known.iter_mut().try_for_each(|(name, how, middle)| {
                middle.add(types::column(&frame, name)?, how).map_err(|error| within(&format!("column {name}"), error))
            })
        })?;
        runner.back_to(before);
    }
    columns
        .iter()
        .map(|column| {
            let filling = match known.iter().find(|(name, ..)| *name == column.0) {
                Some((_, how, middle)) => Filling::Known(middle.filling(how)?),
                None => Filling::Constant(column),
            };
            Ok((column.0.as_str(), filling))
        })
        .collect()
}

/// The mean or median of a column under way.
#[derive(Default)]
struct Middle {
    mean: Mean,
    all: Option<Series>,
    data_type: Option<tidemill_core::table::DataType>,
}

impl Middle {
    fn add(&mut self, values: &Series, how: &Fill) -> Outcome<()> {
        self.data_type = Some(types::from_polars(values.dtype())?);
        match (how, &mut self.all) {
            (Fill::Mean, _) if values.dtype() == &polars::prelude::DataType::Null => {}
            (Fill::Mean, _) => self.mean.add(values)?,
            (_, Some(all)) => {
                all.append(values).map_err(crate::error::internal)?;
            }
            (_, all) => *all = Some(values.clone()),
        }
        Ok(())
    }

    fn filling(&self, how: &Fill) -> Outcome<Series> {
        use tidemill_core::table::DataType;
        match (how, self.data_type, &self.all) {
            // Nothing is filled in a column of nothing but NULL.
            (_, None | Some(DataType::Null), _) => {
                Ok(Series::full_null("".into(), 1, &polars::prelude::DataType::Null))
            }
            (Fill::Mean, Some(data_type), _) => self.mean.filling(data_type),
            (_, Some(data_type), Some(all)) => fill::median(all, data_type),
            (_, Some(data_type), None) => Ok(Series::full_null("".into(), 1, &types::to_polars(data_type))),
        }
    }
}
