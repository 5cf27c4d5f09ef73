//! TurboJPEG's C interface, as far as needed. Its binary interface has been stable since 2.0, so
//! there is no need for its header; the `turbojpeg` crate wants version 3, which Debian 12 lacks.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_uchar, c_ulong, c_void};
use std::io;
use std::ptr::NonNull;

use bytes::Bytes;
use selkies_media::frame::CpuSurface;
use selkies_media::geometry::Size;

/// A TurboJPEG compressor and the memory it writes to.
#[derive(Debug)]
pub(super) struct Compressor {
    handle: NonNull<c_void>,
    buffer: Vec<u8>,
}

// SAFETY: a TurboJPEG handle may be used by one thread after the other; `&mut self` keeps two from
// meeting in it.
unsafe impl Send for Compressor {}

impl Compressor {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: takes no argument; null is checked.
        let handle = unsafe { tjInitCompress() };
        let handle =
            NonNull::new(handle).ok_or_else(|| io::Error::other("TurboJPEG does not start"))?;
        Ok(Self {
            handle,
            buffer: Vec::new(),
        })
    }

    /// A JPEG of the BGRX picture of `size` at the start of `pixels`, whose rows are `stride` bytes apart.
    pub(super) fn compress(
        &mut self,
        pixels: &[u8],
        stride: usize,
        size: Size,
        full_colour: bool,
        quality: u8,
    ) -> io::Result<Bytes> {
        let row = size.width as usize * CpuSurface::PIXEL;
        let needed = stride * (size.height as usize).saturating_sub(1) + row;
        if size.is_empty() || stride < row || pixels.len() < needed {
            return Err(io::Error::other("the pixels do not hold the picture"));
        }
        let [width, height] = [int(size.width as usize)?, int(size.height as usize)?];
        let stride = int(stride)?;
        let subsampling = if full_colour { TJSAMP_444 } else { TJSAMP_420 };

        // SAFETY: a pure computation on its arguments.
        let most = unsafe { tjBufSize(width, height, subsampling) };
        // An error is all ones, which no JPEG of ours reaches.
        let most = usize::try_from(most)
            .ok()
            .filter(|most| *most <= c_int::MAX as usize);
        let most = most.ok_or_else(|| io::Error::other("the picture is too large for a JPEG"))?;
        if self.buffer.len() < most {
            self.buffer = vec![0; most];
        }
        let mut jpeg: *mut c_uchar = self.buffer.as_mut_ptr();
        let mut length = self.buffer.len() as c_ulong;
        // SAFETY: `pixels` holds `height` rows of `width` pixels `stride` apart (checked above); the
        // buffer is at least as large as the largest JPEG of this size, and with TJFLAG_NOREALLOC
        // TurboJPEG neither frees nor replaces it.
        let failed = unsafe {
            tjCompress2(
                self.handle.as_ptr(),
                pixels.as_ptr(),
                width,
                stride,
                height,
                TJPF_BGRX,
                &raw mut jpeg,
                &raw mut length,
                subsampling,
                c_int::from(quality.clamp(1, 100)),
                TJFLAG_NOREALLOC,
            )
        };
        if failed != 0 {
            return Err(self.complaint());
        }
        let written = usize::try_from(length)
            .ok()
            .and_then(|length| self.buffer.get(..length));
        written
            .map(Bytes::copy_from_slice)
            .ok_or_else(|| io::Error::other("TurboJPEG wrote past its buffer"))
    }

    fn complaint(&self) -> io::Error {
        // SAFETY: the handle is open; the string belongs to it and is copied before its next use.
        let why = unsafe { CStr::from_ptr(tjGetErrorStr2(self.handle.as_ptr())) };
        io::Error::other(why.to_string_lossy().into_owned())
    }
}

impl Drop for Compressor {
    fn drop(&mut self) {
        // SAFETY: the handle is open and nobody uses it after this. Destroying can fail only for null.
        let _ = unsafe { tjDestroy(self.handle.as_ptr()) };
    }
}

fn int(value: usize) -> io::Result<c_int> {
    c_int::try_from(value).map_err(|_| io::Error::other("the picture is too large for TurboJPEG"))
}

// From turbojpeg.h; part of its binary interface.
const TJPF_BGRX: c_int = 3;
const TJSAMP_444: c_int = 0;
const TJSAMP_420: c_int = 2;
const TJFLAG_NOREALLOC: c_int = 1024;

unsafe extern "C" {
    fn tjInitCompress() -> *mut c_void;
    fn tjBufSize(width: c_int, height: c_int, subsampling: c_int) -> c_ulong;
    fn tjCompress2(
        handle: *mut c_void,
        pixels: *const c_uchar,
        width: c_int,
        pitch: c_int,
        height: c_int,
        format: c_int,
        jpeg: *mut *mut c_uchar,
        length: *mut c_ulong,
        subsampling: c_int,
        quality: c_int,
        flags: c_int,
    ) -> c_int;
    fn tjGetErrorStr2(handle: *mut c_void) -> *const c_char;
    fn tjDestroy(handle: *mut c_void) -> c_int;
}
