//! Memory that an X server can write into.
#![expect(unsafe_code, reason = "maps memory and lends slices of it")]

use std::ffi::c_void;
use std::io;
use std::os::fd::OwnedFd;
use std::ptr::{NonNull, null_mut};
use std::slice;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap};
use selkies_media::frame::PixelMemory;

/// Mapped memory, given back to the operating system when dropped.
///
/// Another process may hold the same memory. The safety of [`Self::bytes`] rests on an agreement
/// with it: an X server writes into a segment only to answer a request of ours, so nobody may
/// read a mapping between such a request and its answer.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: NonNull<c_void>,
    length: usize,
    system_v: bool,
}

// SAFETY: a mapping belongs to the process, not to a thread, and is only written through `&mut`.
unsafe impl Send for Mapping {}
// SAFETY: shared references only read.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Zeroed memory of this process alone.
    pub(crate) fn private(length: usize) -> io::Result<Self> {
        // SAFETY: the kernel chooses the address, so no existing mapping is touched.
        let start = unsafe {
            mmap_anonymous(
                null_mut(),
                length,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE,
            )
        }?;
        Self::at(start, length, false)
    }

    /// Zeroed memory behind a descriptor. Whoever else gets the descriptor cannot shrink it, so
    /// touching the mapping never faults.
    pub(crate) fn with_descriptor(length: usize) -> io::Result<(Self, OwnedFd)> {
        let descriptor = memfd_create(
            "selkies-frame",
            MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING,
        )?;
        ftruncate(&descriptor, length as u64)?;
        fcntl_add_seals(
            &descriptor,
            SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL,
        )?;
        // SAFETY: the kernel chooses the address, so no existing mapping is touched; the seals
        // keep the file as long as the mapping.
        let start = unsafe {
            mmap(
                null_mut(),
                length,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
                &descriptor,
                0,
            )
        }?;
        Ok((Self::at(start, length, false)?, descriptor))
    }

    /// Zeroed System V shared memory and its identifier. It is marked for removal at once: it
    /// ends with the last process that has it attached, even if that one crashes. Linux lets
    /// others attach it nevertheless (shmctl(2)).
    pub(crate) fn system_v(length: usize) -> io::Result<(Self, u32)> {
        // SAFETY: takes no pointers.
        let id = unsafe { libc::shmget(libc::IPC_PRIVATE, length, libc::IPC_CREAT | 0o600) };
        let number = u32::try_from(id).map_err(|_| io::Error::last_os_error())?;
        // SAFETY: the kernel chooses the address, so no existing mapping is touched.
        let start = unsafe { libc::shmat(id, null_mut(), 0) };
        let attached = if start.addr() == usize::MAX {
            Err(io::Error::last_os_error())
        } else {
            Ok(start)
        };
        // SAFETY: removal takes no buffer, so the null pointer is not used.
        unsafe { libc::shmctl(id, libc::IPC_RMID, null_mut()) };
        Ok((Self::at(attached?, length, true)?, number))
    }

    fn at(start: *mut c_void, length: usize, system_v: bool) -> io::Result<Self> {
        let start =
            NonNull::new(start).ok_or_else(|| io::Error::other("mapped at address zero"))?;
        Ok(Self {
            start,
            length,
            system_v,
        })
    }

    /// All of it, to be written.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: the mapping is `length` bytes long, initialised by the kernel and alive as long
        // as `self`; `&mut self` keeps this process from reading it meanwhile.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr().cast(), self.length) }
    }
}

impl PixelMemory for Mapping {
    fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is `length` bytes long, initialised by the kernel and alive as long
        // as `self`; other processes do not write meanwhile, see the agreement above.
        unsafe { slice::from_raw_parts(self.start.as_ptr().cast(), self.length) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if self.system_v {
            // SAFETY: `start` came from shmat and no slice of it is alive any more.
            unsafe { libc::shmdt(self.start.as_ptr()) };
            return;
        }
        // SAFETY: `start` and `length` came from mmap and no slice of it is alive any more.
        let unmapped = unsafe { munmap(self.start.as_ptr(), self.length) };
        debug_assert!(unmapped.is_ok(), "a mapping of ours can be unmapped");
    }
}
