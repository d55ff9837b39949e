//! Messages between runner, guardian and keepers, with open files.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};

/// At most so many open files go with one message.
const MOST: usize = 8;

/// The length comes first, in so many bytes.
const LENGTH: usize = 4;

/// So much of a message is read together with its length. Linux ends a read where files came with what was read; elsewhere it
/// might take what is said after the message too, so there only the length is read first.
const TOGETHER: usize = if cfg!(target_os = "linux") { 16 << 10 } else { 0 };

/// Sends a message; the files go with its length.
pub(crate) fn send(mut socket: &UnixStream, message: &[u8], files: &[BorrowedFd<'_>]) -> io::Result<()> {
    let length = u32::try_from(message.len()).map_err(|_| io::Error::from(io::ErrorKind::ArgumentListTooLong))?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(files)) {
        return Err(io::Error::from(io::ErrorKind::ArgumentListTooLong));
    }
    let length = length.to_be_bytes();
    let parts = [IoSlice::new(&length), IoSlice::new(message)];
    let sent = sendmsg(socket, &parts, &mut control, SendFlags::empty())?;
    socket.write_all(&length[sent.min(LENGTH)..])?;
    socket.write_all(&message[sent.saturating_sub(LENGTH)..])
}

/// Waits for the next message; None at the end of the stream.
pub(crate) fn receive(mut socket: &UnixStream) -> io::Result<Option<(Vec<u8>, Vec<OwnedFd>)>> {
    let (mut length, mut message) = ([0; LENGTH], vec![0; TOGETHER]);
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let got = loop {
        let mut parts = [IoSliceMut::new(&mut length), IoSliceMut::new(&mut message)];
        match recvmsg(socket, &mut parts, &mut control, flags()) {
            Err(rustix::io::Errno::INTR) => {}
            other => break other?,
        }
    };
    let mut files = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            files.extend(received);
        }
    }
    if got.bytes == 0 {
        return Ok(None);
    }
    if cfg!(not(target_os = "linux")) {
        for file in &files {
            rustix::io::fcntl_setfd(file, rustix::io::FdFlags::CLOEXEC)?;
        }
    }
    socket.read_exact(&mut length[got.bytes.min(LENGTH)..])?;
    message.resize(u32::from_be_bytes(length) as usize, 0);
    let read = got.bytes.saturating_sub(LENGTH).min(message.len());
    socket.read_exact(&mut message[read..])?;
    Ok(Some((message, files)))
}

/// Received files are not for the command; where the system cannot say so at once, it is said just after, which is early enough
/// in a process of one thread.
fn flags() -> RecvFlags {
    #[cfg(target_os = "linux")]
    return RecvFlags::CMSG_CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    RecvFlags::empty()
}
