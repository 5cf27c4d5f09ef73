//! The shim around libx264 (`shim/x264.c`) as a safe type.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int};
use std::io;
use std::ptr::NonNull;

use bytes::Bytes;
use selkies_media::geometry::Size;

use super::rate::RawRate;
use crate::planes::Planes;

/// What an encoder is opened with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Config {
    pub(super) coded: Size,
    pub(super) full_colour: bool,
    pub(super) threads: i32,
    pub(super) millihertz: i32,
    pub(super) rate: RawRate,
}

/// How one picture is to be encoded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct How {
    /// As an IDR picture.
    pub(super) idr: bool,
    /// With this quantiser instead of one the rate suggests.
    pub(super) qp: Option<i32>,
    /// What is still remains exactly what is shown, also where this picture would be finer. There
    /// must have been a picture before.
    pub(super) keep: bool,
}

/// One encoded picture.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) data: Bytes,
    pub(super) keyframe: bool,
    /// Mean quantiser.
    pub(super) qp: i32,
}

/// An open libx264 encoder.
#[derive(Debug)]
pub(super) struct Encoder {
    raw: NonNull<RawEncoder>,
    coded: Size,
    full_colour: bool,
}

// SAFETY: libx264 keeps no thread-local state and the shim none at all; one encoder may be used by
// one thread after the other, and `&mut self` keeps them from meeting.
unsafe impl Send for Encoder {}

impl Encoder {
    pub(super) fn open(config: &Config) -> Result<Self, String> {
        let too_large = |_| format!("{} is too large", config.coded);
        let raw_config = RawConfig {
            width: i32::try_from(config.coded.width).map_err(too_large)?,
            height: i32::try_from(config.coded.height).map_err(too_large)?,
            full_colour: i32::from(config.full_colour),
            threads: config.threads,
            millihertz: config.millihertz,
            rate: config.rate,
        };
        let mut why = [0u8; 200];
        // SAFETY: `raw_config` has the layout of the shim's `struct config`, and `why` is writable for
        // the length passed along, which the shim does not exceed.
        let raw =
            unsafe { selkies_x264_open(&raw const raw_config, why.as_mut_ptr().cast(), why.len()) };
        match NonNull::new(raw) {
            Some(raw) => Ok(Self {
                raw,
                coded: config.coded,
                full_colour: config.full_colour,
            }),
            None => {
                let why = CStr::from_bytes_until_nul(&why).unwrap_or_default();
                Err(why.to_string_lossy().into_owned())
            }
        }
    }

    /// Encodes what `picture` holds, as `how` says. Macroblocks marked in `still` must be what they
    /// were in the picture before.
    pub(super) fn encode(
        &mut self,
        picture: &Planes,
        still: &[u8],
        how: How,
    ) -> io::Result<Encoded> {
        if picture.coded() != self.coded || picture.full_colour() != self.full_colour {
            return Err(io::Error::other(
                "the planes are not of the size of the stream",
            ));
        }
        let blocks =
            self.coded.width.div_ceil(16) as usize * self.coded.height.div_ceil(16) as usize;
        if still.len() != blocks {
            return Err(io::Error::other("there is not one mark per macroblock"));
        }
        let planes = picture.planes();
        let pointers = planes.map(|plane| plane.bytes.as_ptr());
        let strides = planes.map(|plane| plane.stride as i32);
        let mut output = Output {
            bytes: 0,
            keyframe: 0,
            qp: 0,
        };
        // SAFETY: the encoder is open; `Planes` holds all rows of all three planes for the size and
        // chroma format compared above, and `still` a byte per macroblock; the shim reads them only during
        // the call and writes `output`, whose layout is that of its `struct output`.
        let failed = unsafe {
            selkies_x264_encode(
                self.raw.as_ptr(),
                pointers.as_ptr(),
                strides.as_ptr(),
                still.as_ptr(),
                c_int::from(how.keep),
                c_int::from(how.idr),
                how.qp.unwrap_or(-1),
                &raw mut output,
            )
        };
        if failed != 0 {
            return Err(io::Error::other("libx264 could not encode a picture"));
        }
        // SAFETY: the encoder is open.
        let held_back = unsafe { selkies_x264_held_back(self.raw.as_ptr()) };
        if held_back != 0 || output.bytes == 0 {
            return Err(io::Error::other("libx264 held a picture back"));
        }
        let mut data: Vec<u8> = Vec::with_capacity(output.bytes);
        // SAFETY: the shim writes exactly the `output.bytes` bytes it announced, for which there is
        // room; they are what `set_len` then calls initialised.
        unsafe {
            selkies_x264_take(self.raw.as_ptr(), data.as_mut_ptr());
            data.set_len(output.bytes);
        }
        Ok(Encoded {
            data: data.into(),
            keyframe: output.keyframe != 0,
            qp: output.qp,
        })
    }

    /// Changes the rate from the next picture on; its mode must be the one of [`Self::open`].
    pub(super) fn reconfigure(&mut self, rate: &RawRate) -> io::Result<()> {
        // SAFETY: the encoder is open and `rate` has the layout of the shim's `struct rate`.
        let failed = unsafe { selkies_x264_reconfigure(self.raw.as_ptr(), rate) };
        if failed != 0 {
            return Err(io::Error::other("libx264 refuses the new rate"));
        }
        Ok(())
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: the encoder is open and nobody uses it after this.
        unsafe { selkies_x264_close(self.raw.as_ptr()) };
    }
}

/// Version and build of the library whose header the shim was compiled with.
pub(super) fn version() -> String {
    // SAFETY: the shim returns a string literal.
    let version = unsafe { CStr::from_ptr(selkies_x264_version()) };
    version.to_string_lossy().into_owned()
}

#[repr(C)]
struct RawEncoder {
    _opaque: [u8; 0],
}

#[repr(C)]
struct RawConfig {
    width: i32,
    height: i32,
    full_colour: i32,
    threads: i32,
    millihertz: i32,
    rate: RawRate,
}

#[repr(C)]
struct Output {
    bytes: usize,
    keyframe: i32,
    qp: i32,
}

unsafe extern "C" {
    fn selkies_x264_open(
        config: *const RawConfig,
        why: *mut c_char,
        why_size: usize,
    ) -> *mut RawEncoder;
    fn selkies_x264_encode(
        encoder: *mut RawEncoder,
        planes: *const *const u8,
        strides: *const i32,
        still: *const u8,
        keep: i32,
        idr: i32,
        qp: i32,
        output: *mut Output,
    ) -> c_int;
    fn selkies_x264_take(encoder: *const RawEncoder, into: *mut u8);
    fn selkies_x264_reconfigure(encoder: *mut RawEncoder, rate: *const RawRate) -> c_int;
    fn selkies_x264_held_back(encoder: *const RawEncoder) -> c_int;
    fn selkies_x264_close(encoder: *mut RawEncoder);
    fn selkies_x264_version() -> *const c_char;
}
