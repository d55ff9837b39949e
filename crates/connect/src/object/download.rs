//! Reading a remote file, or a part of it, whole, though its body may break off.

use tidemill_core::table::Location;

use super::fault::{Fault, FaultKind};
use super::file_state::FileState;
use super::remote_files::{Incoming, RemoteFiles};

/// How often a body may break off before so many bytes more have come.
const MOST_BREAKS: u32 = 4;

/// What counts as getting on, in bytes.
const PROGRESS: u64 = 1 << 20;

/// Brings what is wanted of the file that was said to be `state`: all of it, or an error.
pub(crate) fn download(
    remote: &dyn RemoteFiles,
    location: &Location,
    state: &FileState,
    into: &mut Incoming,
) -> Result<(), Fault> {
    let (mut breaks, mut reached) = (0, 0);
    let length = into.end().or(state.length).map(|end| end.saturating_sub(into.position()));
    loop {
        let fault = match remote.read(location, state, into) {
            Ok(()) => match length.filter(|length| *length != into.written()) {
                None => return Ok(()),
                Some(length) => ended_early(into.written(), length),
            },
            Err(fault) if fault.kind == FaultKind::Broken => fault,
            Err(fault) => return Err(fault),
        };
        let is_resumed = state.tag.is_some() && length.is_none_or(|length| into.written() < length);
        if is_resumed && into.written() >= reached + PROGRESS {
            (breaks, reached) = (0, into.written());
        }
        breaks += 1;
        if breaks == MOST_BREAKS {
            return Err(fault.help("nothing of it is used; try again later"));
        }
        if !is_resumed {
            into.restart()?;
        }
    }
}

fn ended_early(written: u64, length: u64) -> Fault {
    Fault::new(FaultKind::Broken, format!("{written} bytes came of the {length} that it is said to have"))
}
