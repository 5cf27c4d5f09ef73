//! The ways pixels come from the server into our memory.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use selkies_desktop::DesktopError;
use selkies_media::Size;
use selkies_media::frame::{CpuSurface, PixelMemory as _};
use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::errors::ReplyError;
use x11rb::protocol::shm::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, Window};

use super::ffi::Mapping;
use crate::failure::{broken, failed, lost, not_made};
use crate::wire::XConnection;

/// The version of MIT-SHM that learnt to take descriptors.
const VERSION_WITH_DESCRIPTORS: (u16, u16) = (1, 2);

/// Without shared memory an answer holds the pixels, and is asked for in parts of this many
/// bytes: the connection keeps a whole answer in memory.
const PART: usize = 8 << 20;

/// How a server delivers pixels; a better way is less than a worse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// It writes into memory whose descriptor we hand over. Works across containers and users.
    Descriptor,
    /// It writes into memory it finds by number; for servers that take no descriptors.
    SystemV,
    /// It sends them through the socket; for servers on other machines.
    Socket,
}

/// Memory for one picture, and the server's name for it if the server can write into it.
pub(crate) struct Segment {
    pub(crate) memory: Arc<Mapping>,
    name: Option<shm::Seg>,
}

/// Reads pixels of one screen.
pub(crate) struct Reader {
    root: Window,
    way: Way,
}

impl Reader {
    /// A reader that uses the best way, but none better than `best`.
    pub(crate) fn new(
        connection: &XConnection,
        root: Window,
        best: Way,
    ) -> Result<Self, DesktopError> {
        let way = if connection
            .extension_information(shm::X11_EXTENSION_NAME)
            .map_err(broken)?
            .is_none()
        {
            Way::Socket
        } else {
            let version = connection
                .shm_query_version()
                .map_err(broken)?
                .reply()
                .map_err(failed)?;
            let takes_descriptors =
                (version.major_version, version.minor_version) >= VERSION_WITH_DESCRIPTORS;
            let offered = match (connection.stream().is_local(), takes_descriptors) {
                (true, true) => Way::Descriptor,
                (true, false) => Way::SystemV,
                (false, _) => Way::Socket,
            };
            offered.max(best)
        };
        Ok(Self { root, way })
    }

    /// The way in use; a worse one after the server has refused a better one.
    pub(crate) const fn way(&self) -> Way {
        self.way
    }

    /// Makes room for a picture of `size`.
    pub(crate) fn allocate(
        &mut self,
        connection: &XConnection,
        size: Size,
    ) -> Result<Segment, DesktopError> {
        let length = size.width as usize * size.height as usize * CpuSurface::PIXEL;
        loop {
            let refusal = match self.way {
                Way::Descriptor => self.attach_by_descriptor(connection, length)?,
                Way::SystemV => self.attach_by_number(connection, length)?,
                Way::Socket => {
                    let memory = Mapping::private(length).map_err(no_memory)?;
                    return Ok(Segment {
                        memory: Arc::new(memory),
                        name: None,
                    });
                }
            };
            let reason = match refusal {
                Ok(segment) => return Ok(segment),
                Err(reason) => reason,
            };
            tracing::debug!(way = ?self.way, reason, "the X server does not share memory this way");
            self.way = if self.way == Way::Descriptor {
                Way::SystemV
            } else {
                Way::Socket
            };
            if self.way == Way::Socket {
                tracing::warn!(
                    "the X server shares no memory with us: pictures come through its socket, slowly"
                );
            }
        }
    }

    /// Gives back what the server holds of `segment`. Frames made of it stay readable.
    pub(crate) fn release(connection: &XConnection, segment: &Segment) {
        if let Some(name) = segment.name {
            // Fails only when the connection is gone, and then the server has let go by itself.
            let _ = connection.shm_detach(name);
        }
    }

    /// Reads the rows in `spans` of a screen of `width` pixels into their places in `segment`,
    /// which nobody else may refer to.
    pub(crate) fn read(
        &self,
        connection: &XConnection,
        segment: &mut Segment,
        width: u32,
        spans: &[Range<u32>],
    ) -> Result<(), DesktopError> {
        let stride = width as usize * CpuSurface::PIXEL;
        let Some(name) = segment.name else {
            return self.read_through_socket(connection, segment, width, spans);
        };
        let mut answers = Vec::with_capacity(spans.len());
        for span in spans {
            let (y, height) = (span.start as i16, (span.end - span.start) as u16);
            let offset = (stride * span.start as usize) as u32;
            let answer = connection
                .shm_get_image(
                    self.root,
                    0,
                    y,
                    width as u16,
                    height,
                    !0,
                    ImageFormat::Z_PIXMAP.into(),
                    name,
                    offset,
                )
                .map_err(broken)?;
            answers.push(answer);
        }
        for answer in answers {
            answer.reply().map_err(failed)?;
        }
        Ok(())
    }

    fn read_through_socket(
        &self,
        connection: &XConnection,
        segment: &mut Segment,
        width: u32,
        spans: &[Range<u32>],
    ) -> Result<(), DesktopError> {
        let stride = width as usize * CpuSurface::PIXEL;
        let most_rows = (PART / stride).max(1) as u32;
        let bytes = Arc::get_mut(&mut segment.memory)
            .expect("nobody refers to a segment that is read into")
            .bytes_mut();
        for span in spans {
            let mut y = span.start;
            while y < span.end {
                let rows = most_rows.min(span.end - y);
                let image = connection
                    .get_image(
                        ImageFormat::Z_PIXMAP,
                        self.root,
                        0,
                        y as i16,
                        width as u16,
                        rows as u16,
                        !0,
                    )
                    .map_err(broken)?
                    .reply()
                    .map_err(failed)?;
                let start = stride * y as usize;
                let place = bytes.get_mut(start..start + stride * rows as usize);
                match (place, image.data.len() == stride * rows as usize) {
                    (Some(place), true) => place.copy_from_slice(&image.data),
                    _ => return Err(lost("its picture has another size than asked for")),
                }
                y += rows;
            }
        }
        Ok(())
    }

    fn attach_by_descriptor(
        &self,
        connection: &XConnection,
        length: usize,
    ) -> Result<Attached, DesktopError> {
        let (memory, descriptor) = match Mapping::with_descriptor(length) {
            Ok(made) => made,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let name = connection.generate_id().map_err(not_made)?;
        let answer = connection
            .shm_attach_fd(name, descriptor, false)
            .map_err(broken)?
            .check();
        self.attached(connection, memory, name, answer)
    }

    fn attach_by_number(
        &self,
        connection: &XConnection,
        length: usize,
    ) -> Result<Attached, DesktopError> {
        let (memory, number) = match Mapping::system_v(length) {
            Ok(made) => made,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let name = connection.generate_id().map_err(not_made)?;
        let answer = connection
            .shm_attach(name, number, false)
            .map_err(broken)?
            .check();
        self.attached(connection, memory, name, answer)
    }

    fn attached(
        &self,
        connection: &XConnection,
        memory: Mapping,
        name: shm::Seg,
        answer: Result<(), ReplyError>,
    ) -> Result<Attached, DesktopError> {
        match answer.map_err(failed) {
            Ok(()) => {}
            Err(DesktopError::Refused(reason)) => return Ok(Err(reason)),
            Err(error) => return Err(error),
        }
        let mut segment = Segment {
            memory: Arc::new(memory),
            name: Some(name),
        };
        if self.really_shared(connection, &mut segment)? {
            return Ok(Ok(segment));
        }
        Self::release(connection, &segment);
        Ok(Err("it wrote to other memory than ours".to_owned()))
    }

    /// Behind a relay, the number of our memory may be the number of someone else's where the
    /// server runs. So look whether a pixel arrives: it cannot equal two different marks.
    fn really_shared(
        &self,
        connection: &XConnection,
        segment: &mut Segment,
    ) -> Result<bool, DesktopError> {
        for mark in [[0x5a; CpuSurface::PIXEL], [0xa5; CpuSurface::PIXEL]] {
            let memory =
                Arc::get_mut(&mut segment.memory).expect("a new segment has no other owner");
            if let Some(pixel) = memory.bytes_mut().first_chunk_mut() {
                *pixel = mark;
            }
            match self.read(connection, segment, 1, std::slice::from_ref(&(0..1))) {
                Err(DesktopError::Refused(_)) => return Ok(false),
                done => done?,
            }
            if segment.memory.bytes().first_chunk() != Some(&mark) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A segment, or why the server did not take it.
type Attached = Result<Segment, String>;

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn no_memory(error: io::Error) -> DesktopError {
    DesktopError::Unusable(format!("there is no memory for its picture: {error}"))
}
