//! Table work described, never frames passed.
//!
//! A table task compiles to a [`TableJob`]: a tree of relational steps ([`Rel`]) over typed expressions ([`Expr`]). Types are
//! resolved here, once, for every engine: an engine never decides what an expression means, it only lowers it. What each
//! step means to the last row is written in `docs/semantics.md`.

mod aggregate;
mod cleaning;
mod declared;
mod drift;
mod engine;
mod explain;
mod expr;
mod format;
mod function;
mod job;
mod json_path;
mod lineage;
mod listed;
mod number_template;
mod place;
mod plain;
mod profile;
pub mod registry;
mod rel;
mod schema;
mod source;
mod task_report;
mod time_format;
mod value;
mod window;
mod workbook;

pub use aggregate::{AggCall, AggFunc};
pub use cleaning::{AmbiguousText, CURRENCY_SIGNS, quoted_text};
pub use declared::DeclaredType;
pub use drift::{HISTORY, drift};
pub use engine::{
    EngineError, FailedCheck, JobOptions, PlainBatches, ScanPart, TableEngine, TableRef, Unsupported, Written,
};
pub use expr::{ArithOp, CmpOp, Expr, ExprKind, SortKey};
pub use format::{FileFormat, FormatDescriptor, FormatName, Formats};
pub use function::{DatePart, Function, Modifier, TrimSide};
pub use job::{
    CHECK_SAMPLES, Check, CheckKind, CheckResult, CheckSeverity, DroppedRows, JoinDiagnosis, RejectedElsewhere,
    RejectedRows, RowsIn, TableJob, TableReport, UnfitValue, judged,
};
pub use json_path::{JsonPath, JsonStep};
pub use lineage::{IndirectLineage, Origin, Way};
pub use listed::{ListedCount, Unlisted};
pub use number_template::NumberTemplate;
pub use place::{DecidingRows, TablePlace};
pub use plain::{PlainColumn, PlainData, PlainTable};
pub use profile::{ColumnProfile, MOST_COLUMNS, MOST_VALUES, TableProfile};
pub use rel::{
    AsofStep, Cardinality, Conversion, Fill, JOIN_EXAMPLES, JoinKind, JoinStep, ListedStep, OnInvalid, RejectRule, Rel,
    SampleSize, SeriesStep, SetOpKind, TextCase,
};
pub use schema::{Field, Schema};
pub use source::{
    Compression, DatabaseOptions, Location, Scan, ScanOptions, Sink, SinkOptions, SourceCounts, WAREHOUSE,
};
pub use task_report::{TaskReport, became_null};
pub use time_format::{cannot_give, has_leap_second, read_date, read_datetime, read_time};
pub use value::{DataType, Value, decimal_digits, decimal_text, vanishes_as_float};
pub use window::{FrameBound, WindowCall, WindowFrame, WindowFunc};
pub use workbook::{Sheet, SheetColumn, SheetImage, WorkbookJob};
