//! Opening files that others may have replaced by something else: a pipe waits for its writer, a device has no end.
//!
//! Whatever Tidemill reads by a path that a user or a command has named is opened here.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// The largest text that is read at once: a template, an SQL file, a pipeline file. Several times what 100,000 tasks take.
pub const MOST_TEXT: u64 = 64 << 20;

/// The largest file that is read at once to become a part of another: a picture, an attachment.
pub const MOST_PART: u64 = 256 << 20;

/// Opens a regular file for reading. Anything else is refused without waiting for it.
///
/// # Errors
/// If there is none, or it may not be read; `IsADirectory` and `InvalidInput` where it is something else.
pub fn open(path: &Path) -> io::Result<File> {
    // Asked before it is opened: to open a pipe is to wait for its writer.
    check(&std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

/// That it is a regular file.
///
/// # Errors
/// Saying what else it is.
pub fn check(found: &Metadata) -> io::Result<()> {
    let (kind, what) = match found {
        _ if found.is_file() => return Ok(()),
        _ if found.is_dir() => (ErrorKind::IsADirectory, "a folder"),
        _ => (ErrorKind::InvalidInput, other_kind(found)),
    };
    Err(io::Error::new(kind, format!("it is {what}, not a regular file")))
}

/// What is neither a file nor a folder.
fn other_kind(found: &Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = found.file_type();
        if kind.is_fifo() {
            return "a pipe";
        } else if kind.is_socket() {
            return "a socket";
        } else if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
    }
    let _ = found;
    "something else"
}

/// All of a regular file of at most so many bytes.
///
/// # Errors
/// If it cannot be opened or read, or is larger.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let message = format!("it is larger than {} MiB, the most that is read of such a file", most >> 20);
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// The text of a regular file of at most [`MOST_TEXT`] bytes.
///
/// # Errors
/// If it cannot be opened or read, is larger, or is not UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    let invalid = |_| io::Error::new(ErrorKind::InvalidData, "it is not valid UTF-8");
    String::from_utf8(read(path, MOST_TEXT)?).map_err(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.txt");
        std::fs::write(&path, "1234").expect("it is ours");
        assert_eq!(read(&path, 4).expect("it fits"), b"1234");
        assert_eq!(read(&path, 3).expect_err("it does not").kind(), ErrorKind::FileTooLarge);
        assert_eq!(open(folder.path()).expect_err("a folder").kind(), ErrorKind::IsADirectory);
        assert_eq!(open(&folder.path().join("b")).expect_err("nothing").kind(), ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn sockets_and_devices_are_not_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let (socket, link) = (folder.path().join("socket"), folder.path().join("link"));
        let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
        std::os::unix::fs::symlink(&socket, &link).expect("a link");
        for path in [&socket, &link] {
            assert_eq!(open(path).expect_err("a socket").to_string(), "it is a socket, not a regular file");
        }
        let zero = read_text(Path::new("/dev/zero")).expect_err("a device");
        assert_eq!(zero.to_string(), "it is a device, not a regular file");
    }
}
