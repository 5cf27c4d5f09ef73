//! The size of the screen, by RandR.

mod timing;

use selkies_desktop::{DesktopError, Outputs};
use selkies_media::Size;
use x11rb::CURRENT_TIME;
use x11rb::connection::RequestConnection as _;
use x11rb::errors::ReplyError;
use x11rb::protocol::randr::{
    self, Connection as Plugged, ConnectionExt as _, Crtc, GetCrtcInfoReply, GetOutputInfoReply,
    GetScreenResourcesReply, Mode, Output, SetConfig,
};
use x11rb::protocol::xproto::{ConnectionExt as _, Window};

use crate::failure::{broken, failed};
use crate::screen;
use crate::server::Server;
use crate::wire::XConnection;

/// Modes and outputs came with this version; before it there was only a list of fixed sizes.
const VERSION_WITH_MODES: (u32, u32) = (1, 2);

/// Programs take the size of letters from the millimetres of a screen; 96 dots per inch is what
/// they assume where there is no real glass.
const DOTS_PER_INCH: f64 = 96.0;

/// Changes the size of one screen.
pub(crate) struct XOutputs {
    connection: XConnection,
    root: Window,
    has_modes: bool,
}

impl XOutputs {
    /// Connects. A server without RandR is accepted: its size can be told, not changed.
    pub(crate) fn connect(server: &Server) -> Result<Self, DesktopError> {
        let (connection, number) = server.connect()?;
        let root = screen::screen(&connection, number)?.root;
        let has_modes = match connection
            .extension_information(randr::X11_EXTENSION_NAME)
            .map_err(broken)?
        {
            None => false,
            Some(_) => {
                let (major, minor) = VERSION_WITH_MODES;
                let version = connection
                    .randr_query_version(major, minor)
                    .map_err(broken)?
                    .reply()
                    .map_err(failed)?;
                (version.major_version, version.minor_version) >= VERSION_WITH_MODES
            }
        };
        Ok(Self {
            connection,
            root,
            has_modes,
        })
    }

    /// `wanted`, as far as the server's limits allow.
    fn within_limits(&self, wanted: Size) -> Result<Size, DesktopError> {
        let range = self
            .connection
            .randr_get_screen_size_range(self.root)
            .map_err(broken)?
            .reply()
            .map_err(failed)?;
        let side = |wanted: u32, least: u16, most: u16| {
            let (least, most) = (
                u32::from(least.max(1)),
                u32::from(most.min(i16::MAX.unsigned_abs())),
            );
            wanted.clamp(least, most.max(least))
        };
        Ok(Size::new(
            side(wanted.width, range.min_width, range.max_width),
            side(wanted.height, range.min_height, range.max_height),
        ))
    }

    fn resources(&self) -> Result<GetScreenResourcesReply, DesktopError> {
        self.connection
            .randr_get_screen_resources(self.root)
            .map_err(broken)?
            .reply()
            .map_err(failed)
    }

    /// The monitor whose size is to be changed.
    fn monitor(&self, resources: &GetScreenResourcesReply) -> Result<Monitor, DesktopError> {
        let time = resources.config_timestamp;
        let mut used = Vec::new();
        for crtc in &resources.crtcs {
            let info = self
                .connection
                .randr_get_crtc_info(*crtc, time)
                .map_err(broken)?
                .reply()
                .map_err(failed)?;
            if info.mode != x11rb::NONE {
                used.push(*crtc);
            }
        }
        if used.len() > 1 {
            return refused(
                "it has several monitors, and how they are arranged is not for us to change",
            );
        }
        let mut connected = Vec::new();
        for output in &resources.outputs {
            let info = self
                .connection
                .randr_get_output_info(*output, time)
                .map_err(broken)?
                .reply()
                .map_err(failed)?;
            if info.connection == Plugged::CONNECTED {
                connected.push((*output, info));
            }
        }
        let lit = connected
            .iter()
            .position(|(_, info)| used.contains(&info.crtc))
            .unwrap_or(0);
        if connected.is_empty() {
            return refused("no monitor is connected to it");
        }
        let (output, info) = connected.swap_remove(lit);
        let crtc = if info.crtc == x11rb::NONE {
            info.crtcs.first().copied()
        } else {
            Some(info.crtc)
        };
        let Some(crtc) = crtc else {
            return refused("nothing drives its monitor");
        };
        let before = self
            .connection
            .randr_get_crtc_info(crtc, time)
            .map_err(broken)?
            .reply()
            .map_err(failed)?;
        Ok(Monitor {
            output,
            info,
            crtc,
            before,
        })
    }

    /// A mode of `size` that `monitor` offers; made and added if need be.
    fn mode(
        &self,
        resources: &GetScreenResourcesReply,
        monitor: &Monitor,
        size: Size,
    ) -> Result<Mode, DesktopError> {
        let fits = |mode: &&randr::ModeInfo| {
            size == Size::new(u32::from(mode.width), u32::from(mode.height))
        };
        let offered = resources
            .modes
            .iter()
            .filter(fits)
            .find(|mode| monitor.info.modes.contains(&mode.id));
        if let Some(mode) = offered {
            return Ok(mode.id);
        }
        let name = timing::mode_name(size);
        let mode = match named_modes(resources).find(|(_, held)| *held == name.as_bytes()) {
            Some((id, _)) => id,
            None => {
                let mut mode = timing::mode(size);
                mode.name_len = name.len() as u16;
                let made = self
                    .connection
                    .randr_create_mode(self.root, mode, name.as_bytes())
                    .map_err(broken)?;
                made.reply().map_err(failed)?.mode
            }
        };
        let added = self
            .connection
            .randr_add_output_mode(monitor.output, mode)
            .map_err(broken)?
            .check();
        if let Err(error) = added.map_err(failed) {
            self.forget(monitor, mode)?;
            return Err(error);
        }
        Ok(mode)
    }

    /// Makes the screen large enough, sets the mode, then makes the screen as small as the mode:
    /// a mode never sticks out of the screen, which the server would refuse.
    fn switch(
        &self,
        monitor: &Monitor,
        mode: Mode,
        now: Size,
        size: Size,
    ) -> Result<(), DesktopError> {
        let both = Size::new(now.width.max(size.width), now.height.max(size.height));
        if both != now {
            self.set_screen_size(both)?;
        }
        self.set_mode(monitor, mode, randr::Rotation::ROTATE0)?;
        if both != size {
            self.set_screen_size(size)?;
        }
        Ok(())
    }

    /// Undoes half a [`Self::switch`], as far as the server lets us.
    fn switch_back(&self, monitor: &Monitor, before: Size) -> Result<(), DesktopError> {
        let now = screen::size(&self.connection, self.root)?;
        let both = Size::new(now.width.max(before.width), now.height.max(before.height));
        for step in [
            self.set_screen_size(both),
            self.set_mode(monitor, monitor.before.mode, monitor.before.rotation),
            self.set_screen_size(before),
        ] {
            match step {
                Err(DesktopError::Refused(why)) => tracing::debug!(why, "a step back was refused"),
                done => done?,
            }
        }
        Ok(())
    }

    fn set_screen_size(&self, size: Size) -> Result<(), DesktopError> {
        let millimetres =
            |pixels: u32| (f64::from(pixels) * 25.4 / DOTS_PER_INCH).round().max(1.0) as u32;
        let (width, height) = (size.width as u16, size.height as u16);
        self.connection
            .randr_set_screen_size(
                self.root,
                width,
                height,
                millimetres(size.width),
                millimetres(size.height),
            )
            .map_err(broken)?
            .check()
            .map_err(failed)
    }

    fn set_mode(
        &self,
        monitor: &Monitor,
        mode: Mode,
        rotation: randr::Rotation,
    ) -> Result<(), DesktopError> {
        let outputs: &[Output] = if mode == x11rb::NONE {
            &[]
        } else {
            &[monitor.output]
        };
        // Another client that configures the monitor at the same time makes our answer outdated;
        // the next one asks with the newest times.
        let answer = self
            .connection
            .randr_set_crtc_config(
                monitor.crtc,
                CURRENT_TIME,
                CURRENT_TIME,
                0,
                0,
                mode,
                rotation,
                outputs,
            )
            .map_err(broken)?
            .reply()
            .map_err(failed)?;
        if answer.status == SetConfig::SUCCESS {
            return Ok(());
        }
        refused(&format!(
            "its monitor did not take the mode ({:?})",
            answer.status
        ))
    }

    /// Modes of ours that are no longer shown go, so that they do not pile up.
    fn tidy_up(&self, monitor: &Monitor, shown: Mode) -> Result<(), DesktopError> {
        let resources = self.resources()?;
        for (mode, name) in named_modes(&resources) {
            if timing::is_ours(name) && mode != shown {
                self.forget(monitor, mode)?;
            }
        }
        Ok(())
    }

    fn forget(&self, monitor: &Monitor, mode: Mode) -> Result<(), DesktopError> {
        let removed = self
            .connection
            .randr_delete_output_mode(monitor.output, mode)
            .map_err(broken)?
            .check();
        let destroyed = self
            .connection
            .randr_destroy_mode(mode)
            .map_err(broken)?
            .check();
        for done in [removed, destroyed] {
            match done {
                // It was not on this output, or another one still offers it.
                Err(ReplyError::X11Error(error)) => tracing::trace!(?error, mode, "a mode stays"),
                done => done.map_err(failed)?,
            }
        }
        Ok(())
    }

    fn change(&self, now: Size, size: Size) -> Result<(), DesktopError> {
        let resources = self.resources()?;
        let monitor = self.monitor(&resources)?;
        let mode = self.mode(&resources, &monitor, size)?;
        // Window managers lay out anew at each step; without the grab they would see all three.
        self.connection.grab_server().map_err(broken)?;
        let switched = match self.switch(&monitor, mode, now, size) {
            Err(DesktopError::Refused(why)) => self
                .switch_back(&monitor, now)
                .and(Err(DesktopError::Refused(why))),
            done => done,
        };
        self.connection.ungrab_server().map_err(broken)?;
        let shown = if switched.is_ok() {
            mode
        } else {
            monitor.before.mode
        };
        self.tidy_up(&monitor, shown)?;
        switched
    }
}

impl Outputs for XOutputs {
    fn size(&mut self) -> Result<Size, DesktopError> {
        screen::size(&self.connection, self.root)
    }

    fn resize(&mut self, wanted: Size) -> Result<Size, DesktopError> {
        if !self.has_modes {
            return refused("it lacks RandR 1.2, so its size is fixed");
        }
        let now = self.size()?;
        let size = self.within_limits(wanted)?;
        if size != now {
            self.change(now, size)?;
            tracing::debug!(%wanted, %size, "the screen was resized");
        }
        self.size()
    }
}

/// One monitor and what it showed before a change.
struct Monitor {
    output: Output,
    info: GetOutputInfoReply,
    crtc: Crtc,
    before: GetCrtcInfoReply,
}

/// The names of all modes are one string; each mode knows the length of its part.
fn named_modes(resources: &GetScreenResourcesReply) -> impl Iterator<Item = (Mode, &[u8])> {
    let mut rest = resources.names.as_slice();
    resources.modes.iter().map_while(move |mode| {
        let (name, others) = rest.split_at_checked(usize::from(mode.name_len))?;
        rest = others;
        Some((mode.id, name))
    })
}

fn refused<T>(why: &str) -> Result<T, DesktopError> {
    Err(DesktopError::Refused(why.to_owned()))
}
