//! Starting a command in a session of its own, so that no terminal's Ctrl-C reaches it but the runner's word does.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::process::Pid;

use crate::Request;

/// Where programs are looked for if there is no `PATH`.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// What one command after the other is started with.
pub(crate) struct Spawner {
    /// The empty input.
    nothing: File,
    #[cfg(target_os = "linux")]
    stack: shared::Stack,
}

impl Spawner {
    /// # Errors
    /// If the system refuses.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            nothing: File::open("/dev/null")?,
            #[cfg(target_os = "linux")]
            stack: shared::Stack::new()?,
        })
    }

    /// Starts it; what it writes goes to `output`.
    ///
    /// # Errors
    /// If there is no such program, or the system refuses.
    pub(crate) fn spawn(&self, request: &Request, output: &OwnedFd) -> io::Result<Pid> {
        let name = request.argv.first().ok_or_else(|| io::Error::other("there is no program to start"))?;
        let program = locate(name, request.env.get("PATH").map_or(USUAL_PATH, String::as_str), &request.cwd)?;
        self.start(&program, request, output)
    }

    /// By a clone that shares this process's memory until it is another program: nothing is copied that it would throw away.
    #[cfg(target_os = "linux")]
    fn start(&self, program: &Path, request: &Request, output: &OwnedFd) -> io::Result<Pid> {
        shared::start(program, request, &self.stack, &self.nothing, output)
    }

    #[cfg(not(target_os = "linux"))]
    fn start(&self, program: &Path, request: &Request, output: &OwnedFd) -> io::Result<Pid> {
        use std::os::unix::process::CommandExt;

        let mut command = std::process::Command::new(program);
        command
            .arg0(&request.argv[0])
            .args(&request.argv[1..])
            .env_clear()
            .envs(&request.env)
            .current_dir(&request.cwd);
        command.stdin(self.nothing.try_clone()?).stdout(output.try_clone()?).stderr(output.try_clone()?);
        // SAFETY: between fork and exec only this system call is made; it allocates nothing and takes no lock.
        unsafe {
            command.pre_exec(|| Ok(rustix::process::setsid().map(drop)?));
        }
        let child = command.spawn()?;
        Pid::from_raw(child.id().cast_signed()).ok_or_else(|| io::Error::other("the process has no number"))
    }
}

/// The file of a program. To look here costs less than to let the new process try them all.
fn locate(name: &str, path: &str, cwd: &Path) -> io::Result<PathBuf> {
    if name.contains('/') {
        return Ok(name.into());
    }
    let mut reason = ErrorKind::NotFound;
    for folder in path.split(':') {
        let file = cwd.join(folder).join(name);
        match file.metadata() {
            Ok(found) if !found.is_file() => {}
            Ok(_) if rustix::fs::access(&file, rustix::fs::Access::EXEC_OK).is_ok() => return Ok(file),
            Ok(_) => reason = ErrorKind::PermissionDenied,
            Err(_) => {}
        }
    }
    Err(match reason {
        ErrorKind::NotFound => io::Error::from_raw_os_error(libc::ENOENT),
        _ => io::Error::from_raw_os_error(libc::EACCES),
    })
}

#[cfg(target_os = "linux")]
mod shared {
    use std::ffi::{CString, c_char, c_int, c_void};
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;
    use std::{fs::File, io, mem, ptr};

    use rustix::process::Pid;

    use crate::Request;

    /// The new process's stack while it is still this program. Only a file without a first line that says what runs it needs
    /// more than a page: its arguments are copied there.
    const STACK: usize = 4 << 20;

    /// Room for that stack. One new process uses it at a time.
    pub(super) struct Stack(*mut c_void);

    impl Stack {
        /// # Errors
        /// If the system refuses.
        pub(super) fn new() -> io::Result<Self> {
            // SAFETY: a mapping of its own, which lives until this is dropped.
            let stack = unsafe {
                let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK | libc::MAP_NORESERVE;
                libc::mmap(ptr::null_mut(), STACK, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0)
            };
            if stack == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(Self(stack)) }
        }
    }

    impl Drop for Stack {
        fn drop(&mut self) {
            // SAFETY: nobody uses the mapping any more: who did is another program by now.
            unsafe {
                libc::munmap(self.0, STACK);
            }
        }
    }

    /// What the new process needs to know; it answers in `error`.
    struct Start {
        program: CString,
        arguments: Vec<*const c_char>,
        environment: Vec<*const c_char>,
        cwd: CString,
        nothing: c_int,
        output: c_int,
        error: c_int,
    }

    pub(super) fn start(
        program: &Path,
        request: &Request,
        stack: &Stack,
        nothing: &File,
        output: &OwnedFd,
    ) -> io::Result<Pid> {
        let texts = |list: &mut dyn Iterator<Item = String>| list.map(CString::new).collect::<Result<Vec<_>, _>>();
        let arguments = texts(&mut request.argv.iter().cloned())?;
        let environment = texts(&mut request.env.iter().map(|(name, value)| format!("{name}={value}")))?;
        let pointers = |texts: &[CString]| texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect();
        let mut start = Start {
            program: CString::new(program.as_os_str().as_bytes())?,
            arguments: pointers(&arguments),
            environment: pointers(&environment),
            cwd: CString::new(request.cwd.as_os_str().as_bytes())?,
            nothing: nothing.as_raw_fd(),
            output: output.as_raw_fd(),
            error: 0,
        };
        let pid = clone(&mut start, stack)?;
        let pid = Pid::from_raw(pid).ok_or_else(|| io::Error::other("the process has no number"))?;
        if start.error != 0 {
            // It has ended already.
            let _ = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty());
            return Err(io::Error::from_raw_os_error(start.error));
        }
        Ok(pid)
    }

    /// Returns when the new process is another program, or has ended.
    fn clone(start: &mut Start, stack: &Stack) -> io::Result<c_int> {
        // SAFETY: this process has one thread, which stands still while the new one uses its memory, on a stack of its own. No
        // signal is handled meanwhile, since a handler would run on that memory too.
        let (pid, error) = unsafe {
            let (mut all, mut before) = (mem::zeroed(), mem::zeroed());
            libc::sigfillset(&mut all);
            libc::sigprocmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
            let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
            let pid = libc::clone(become_it, stack.0.byte_add(STACK), flags, ptr::from_mut(start).cast());
            let error = io::Error::last_os_error();
            libc::sigprocmask(libc::SIG_SETMASK, &raw const before, ptr::null_mut());
            (pid, error)
        };
        if pid < 0 { Err(error) } else { Ok(pid) }
    }

    /// The new process: makes itself ready and becomes the program.
    extern "C" fn become_it(start: *mut c_void) -> c_int {
        // SAFETY: `clone` passes a `Start` that nobody else touches meanwhile. Only system calls are made and nothing is
        // allocated; `execvpe` has a path with a `/`, so that it looks nowhere.
        unsafe {
            let start = &mut *start.cast::<Start>();
            libc::setsid();
            // Should the keeper be killed, this is too.
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            let is_ready = libc::dup2(start.nothing, 0) >= 0
                && libc::dup2(start.output, 1) >= 0
                && libc::dup2(start.output, 2) >= 0
                && libc::chdir(start.cwd.as_ptr()) == 0;
            if is_ready {
                // What this program ignores or handles means nothing to the other.
                libc::signal(libc::SIGPIPE, libc::SIG_DFL);
                libc::signal(libc::SIGCHLD, libc::SIG_DFL);
                let mut none = mem::zeroed();
                libc::sigemptyset(&mut none);
                libc::sigprocmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut());
                libc::execvpe(start.program.as_ptr(), start.arguments.as_ptr(), start.environment.as_ptr());
            }
            start.error = *libc::__errno_location();
            libc::_exit(127)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_program_is_looked_for_along_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for (path, mode) in [("a/tool", 0o644), ("b/tool", 0o755), ("c/tool", 0o755), ("a/text", 0o644)] {
            let file = root.join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, "").unwrap();
            std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
        }
        std::fs::create_dir(root.join("a/folder")).unwrap();
        let path = format!("a:{}/b:c", root.display());
        assert_eq!(locate("tool", &path, root).unwrap(), root.join("b/tool"));
        assert_eq!(locate("./tool", &path, root).unwrap(), Path::new("./tool"));
        assert_eq!(locate("text", &path, root).unwrap_err().kind(), ErrorKind::PermissionDenied);
        assert_eq!(locate("folder", &path, root).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(locate("nothing", &path, root).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
