//! Which operator carries out a relation.

use tidemill_core::table::Rel;

use crate::ops::aggregate::AggregateExec;
use crate::ops::asof::AsofExec;
use crate::ops::convert::ConvertExec;
use crate::ops::distinct::DistinctExec;
use crate::ops::expand::ExpandExec;
use crate::ops::fill::FillExec;
use crate::ops::filter::FilterExec;
use crate::ops::input::InputExec;
use crate::ops::join::JoinExec;
use crate::ops::limit::LimitExec;
use crate::ops::listed::ListedExec;
use crate::ops::operator::Operator;
use crate::ops::project::ProjectExec;
use crate::ops::reject::RejectExec;
use crate::ops::required_columns::RequiredColumns;
use crate::ops::sample::SampleExec;
use crate::ops::scan::ScanExec;
use crate::ops::series::SeriesExec;
use crate::ops::set_op::SetOpExec;
use crate::ops::sort::SortExec;
use crate::ops::unit::UnitExec;
use crate::ops::window::WindowExec;
use crate::ops::working::WorkingExec;

/// The operator for a relation of whose columns those are required; none for what computes its inputs more than once.
pub(super) fn operator(rel: &Rel, required: RequiredColumns) -> Option<Box<dyn Operator + '_>> {
    Some(match rel {
        Rel::Recursive { .. } => return None,
        Rel::Working { name, .. } => Box::new(WorkingExec { name }),
        Rel::Expand { input, columns } => Box::new(ExpandExec { input, columns, required }),
        Rel::Series { input, column, start, stop, step } => {
            Box::new(SeriesExec { input, column, start, stop, step, required })
        }
        Rel::Sample { input, size, seed } => Box::new(SampleExec { input, size: *size, seed: *seed, required }),
        Rel::Input { task, .. } => Box::new(InputExec { task, required }),
        Rel::Scan(scan) => Box::new(ScanExec { scan, required }),
        Rel::Unit => Box::new(UnitExec),
        Rel::Project { input, columns } => Box::new(ProjectExec { input, columns }),
        Rel::Filter { input, predicate, account } => {
            Box::new(FilterExec { input, predicate, account: account.as_deref(), required })
        }
        Rel::Convert { input, columns, on_invalid } => {
            Box::new(ConvertExec { input, columns, on_invalid: *on_invalid })
        }
        Rel::Fill { input, columns } => Box::new(FillExec { input, columns, required }),
        Rel::Reject { input, rules } => Box::new(RejectExec { input, rules }),
        Rel::Distinct { input, on } => Box::new(DistinctExec { input, on: on.as_deref(), required }),
        Rel::Listed(step) => Box::new(ListedExec { step, required }),
        Rel::Join(step) => Box::new(JoinExec { step, required }),
        Rel::Asof(step) => Box::new(AsofExec { step, required }),
        Rel::Aggregate { input, keys, metrics } => Box::new(AggregateExec { input, keys, metrics }),
        Rel::Window { input, columns } => Box::new(WindowExec { input, columns, required }),
        Rel::Sort { input, by } => Box::new(SortExec { input, by, required }),
        Rel::Limit { input, offset, count } => Box::new(LimitExec { input, offset: *offset, count: *count, required }),
        Rel::SetOp { kind, all, left, right } => Box::new(SetOpExec { kind: *kind, all: *all, left, right }),
    })
}
