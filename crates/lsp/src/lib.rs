//! Answers an editor with the parser and checker of `tidemill check`.
