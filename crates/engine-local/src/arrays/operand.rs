//! Operands of a kernel, of which one may be a constant.

use polars::prelude::{ChunkedArray, PolarsDataType};
use polars_core::datatypes::StaticArray;

/// Reads an operand by row: a constant has one row for all.
pub(crate) struct Operand<'a, T: PolarsDataType>(std::borrow::Cow<'a, ChunkedArray<T>>);

impl<'a, T: PolarsDataType> Operand<'a, T> {
    pub fn new(array: &'a ChunkedArray<T>) -> Self {
        Self(array.rechunk())
    }

    #[inline]
    pub fn at(&self, row: usize) -> Option<T::Physical<'_>> {
        self.0.downcast_as_array().get(if self.0.len() == 1 { 0 } else { row })
    }
}
