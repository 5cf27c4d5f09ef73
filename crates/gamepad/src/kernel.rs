//! Controllers as devices of the kernel, made by uinput: every program on the machine sees them.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Instant;

use evdev::uinput::VirtualDevice;
use evdev::{
    AbsInfo, AbsoluteAxisCode, AttributeSet, BusType, EventSummary, EventType, FFEffectCode,
    FFEffectData, FFEffectKind, InputEvent, InputId, KeyCode, UInputCode, UinputAbsSetup,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Access, OFlags, access, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use selkies_desktop::gamepad::PADS;
use selkies_desktop::{DesktopError, Gamepads, OnRumble, PadEvent};

use crate::desk::{Desk, Orders};
use crate::model::{
    AXES, BUTTONS, Change, FIRST_HAT, FURTHEST, NAME, PRODUCT, State, VENDOR, VERSION,
};
use crate::motors::{EFFECTS, Effect, Motors};
use crate::wire::Request;

/// Where the kernel takes orders for devices.
pub const NODE: &str = "/dev/uinput";

/// Why the kernel makes no devices for us.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KernelError {
    /// There is no uinput, or we may not use it.
    #[error("{NODE} cannot be written: {0}")]
    NoNode(#[source] io::Error),
    /// It is there and something else failed.
    #[error("cannot wait for kernel devices")]
    Io(#[source] io::Error),
}

/// Controllers as kernel devices. Each is made when it is first used and removed with this.
pub struct KernelPads(Desk);

impl KernelPads {
    /// Looks whether `node` can be written; no device is made yet.
    ///
    /// # Errors
    /// [`KernelError`] with the reason why not.
    pub fn open(node: &Path, on_rumble: OnRumble) -> Result<Self, KernelError> {
        check(node)?;
        let desk = Desk::open(|orders| {
            let server = Loop {
                orders,
                on_rumble,
                devices: Devices::default(),
            };
            Ok(move || server.run())
        });
        desk.map(Self).map_err(KernelError::Io)
    }
}

/// Whether `node` is there and may be used; nothing is made.
///
/// # Errors
/// [`KernelError::NoNode`] with the reason why not.
pub fn check(node: &Path) -> Result<(), KernelError> {
    access(node, Access::READ_OK | Access::WRITE_OK)
        .map_err(|error| KernelError::NoNode(error.into()))
}

impl Gamepads for KernelPads {
    fn apply(&mut self, slot: u8, event: &PadEvent) -> Result<(), DesktopError> {
        self.0.apply(slot, event)
    }
}

struct Pad {
    device: VirtualDevice,
    state: State,
    motors: Motors,
}

struct Loop {
    orders: Orders,
    on_rumble: OnRumble,
    devices: Devices,
}

#[derive(Default)]
struct Devices {
    pads: [Option<Pad>; PADS as usize],
    /// The kernel refused to make it, which was said once.
    barred: [bool; PADS as usize],
}

impl Loop {
    fn run(mut self) {
        loop {
            let ready = match self.wait() {
                Ok(ready) => ready,
                Err(error) => {
                    tracing::error!(%error, "the gamepads' devices cannot be waited for");
                    return;
                }
            };
            let Self {
                orders,
                devices,
                on_rumble,
            } = &mut self;
            if !orders.take(|slot, event| devices.apply(slot, event)) {
                return;
            }
            for (slot, pad) in (0..PADS).zip(&mut devices.pads) {
                let Some(pad) = pad else { continue };
                if ready & (1 << slot) != 0
                    && let Err(error) = pad.listen(slot, on_rumble)
                {
                    tracing::warn!(%error, slot, "rumble of a kernel device was not understood");
                }
                let now = Instant::now();
                if pad.motors.due().is_some_and(|due| due <= now) {
                    on_rumble(pad.motors.wake(now).rumble(slot));
                }
            }
        }
    }

    /// Which pads have something to say, as bits.
    fn wait(&self) -> io::Result<u8> {
        let patience = self
            .devices
            .pads
            .iter()
            .flatten()
            .filter_map(|pad| pad.motors.due())
            .min()
            .and_then(|due| Timespec::try_from(due.saturating_duration_since(Instant::now())).ok());
        let mut slots = Vec::new();
        let mut fds = vec![PollFd::new(&*self.orders.bell, PollFlags::IN)];
        for (slot, pad) in (0..PADS).zip(&self.devices.pads) {
            if let Some(pad) = pad {
                slots.push(slot);
                fds.push(PollFd::from_borrowed_fd(pad.device.as_fd(), PollFlags::IN));
            }
        }
        match poll(&mut fds, patience.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(slots
            .iter()
            .zip(fds.iter().skip(1))
            .filter(|(_, fd)| !fd.revents().is_empty())
            .fold(0, |bits, (slot, _)| bits | 1 << slot))
    }
}

impl Devices {
    fn apply(&mut self, slot: u8, event: &PadEvent) {
        let at = usize::from(slot);
        let (Some(pad), Some(barred)) = (self.pads.get_mut(at), self.barred.get_mut(at)) else {
            return;
        };
        if pad.is_none() && !*barred {
            if matches!(event, PadEvent::Neutral | PadEvent::Disconnect) {
                return;
            }
            match Pad::new() {
                Ok(new) => *pad = Some(new),
                Err(error) => {
                    *barred = true;
                    tracing::error!(%error, slot, "the kernel makes no gamepad");
                }
            }
        }
        let Some(pad) = pad else { return };
        let before = pad.state;
        pad.state.apply(event);
        let events: Vec<InputEvent> = pad.state.since(&before).map(input_event).collect();
        if !events.is_empty()
            && let Err(error) = pad.device.emit(&events)
        {
            tracing::warn!(%error, slot, "a kernel device took no event");
        }
    }
}

impl Pad {
    fn new() -> io::Result<Self> {
        let keys: AttributeSet<KeyCode> = BUTTONS.into_iter().map(KeyCode::new).collect();
        let mut effects = AttributeSet::<FFEffectCode>::new();
        effects.insert(FFEffectCode::FF_RUMBLE);
        effects.insert(FFEffectCode::FF_GAIN);
        let mut builder = VirtualDevice::builder()?
            .name(NAME)
            .input_id(InputId::new(BusType::BUS_USB, VENDOR, PRODUCT, VERSION))
            .with_keys(&keys)?
            .with_ff(&effects)?
            .with_ff_effects_max(EFFECTS.into());
        for change in State::default().all() {
            if let Change::Axis { number, value } = change {
                builder = builder.with_absolute_axis(&axis(number, value))?;
            }
        }
        let device = builder.build()?;
        let flags = fcntl_getfl(&device)?;
        fcntl_setfl(&device, flags | OFlags::NONBLOCK)?;
        Ok(Self {
            device,
            state: State::default(),
            motors: Motors::default(),
        })
    }

    /// Reads what programs ask of the motors.
    fn listen(&mut self, slot: u8, on_rumble: &OnRumble) -> io::Result<()> {
        let events: Vec<InputEvent> = match self.device.fetch_events() {
            Ok(events) => events.collect(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        for event in events {
            let request = match event.destructure() {
                EventSummary::UInput(event, UInputCode::UI_FF_UPLOAD, _) => {
                    let mut upload = self.device.process_ff_upload(event)?;
                    let request = u8::try_from(upload.effect_id())
                        .ok()
                        .zip(effect(&upload.effect()))
                        .map(|(id, effect)| Request::Upload { id, effect });
                    upload.set_retval(request.map_or(-Errno::INVAL.raw_os_error(), |_| 0));
                    request
                }
                EventSummary::UInput(event, UInputCode::UI_FF_ERASE, _) => {
                    let erase = self.device.process_ff_erase(event)?;
                    let id = u8::try_from(erase.effect_id()).ok();
                    id.map(|id| Request::Erase { id })
                }
                EventSummary::ForceFeedback(_, FFEffectCode::FF_GAIN, gain) => Some(Request::Gain(
                    u16::try_from(gain.max(0)).unwrap_or(u16::MAX),
                )),
                EventSummary::ForceFeedback(_, code, times) => {
                    let times = u32::try_from(times).unwrap_or_default();
                    let id = u8::try_from(code.0).ok();
                    id.map(|id| Request::Play { id, times })
                }
                _ => None,
            };
            let shake = request.and_then(|request| self.motors.obey(request, Instant::now()));
            if let Some(shake) = shake {
                on_rumble(shake.rumble(slot));
            }
        }
        Ok(())
    }
}

fn axis(number: u8, value: i16) -> UinputAbsSetup {
    let code = AXES.get(usize::from(number)).copied().unwrap_or_default();
    let (value, furthest) = (i32::from(value), i32::from(FURTHEST));
    let range = if number >= FIRST_HAT {
        AbsInfo::new(value, -1, 1, 0, 0, 0)
    } else {
        AbsInfo::new(value, -furthest, furthest, 16, 128, 1)
    };
    UinputAbsSetup::new(AbsoluteAxisCode(code.into()), range)
}

fn input_event(change: Change) -> InputEvent {
    match change {
        Change::Button { number, pressed } => {
            let code = BUTTONS.get(usize::from(number)).copied();
            InputEvent::new(EventType::KEY.0, code.unwrap_or_default(), pressed.into())
        }
        Change::Axis { number, value } => {
            let code = AXES.get(usize::from(number)).copied().unwrap_or_default();
            InputEvent::new(EventType::ABSOLUTE.0, code.into(), value.into())
        }
    }
}

fn effect(data: &FFEffectData) -> Option<Effect> {
    let FFEffectKind::Rumble {
        strong_magnitude,
        weak_magnitude,
    } = data.kind
    else {
        return None;
    };
    Some(Effect {
        strong: strong_magnitude,
        weak: weak_magnitude,
        milliseconds: data.replay.length,
        delay: data.replay.delay,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn without_the_node_it_says_why() {
        let nobody: OnRumble = Arc::new(|_| {});
        let Err(error) = KernelPads::open(Path::new("/nowhere/uinput"), nobody) else {
            panic!("there is no such node");
        };
        assert!(matches!(error, KernelError::NoNode(_)), "{error}");
    }

    #[test]
    fn events_have_the_codes_of_the_model() {
        let event = input_event(Change::Button {
            number: 8,
            pressed: true,
        });
        assert_eq!((event.code(), event.value()), (KeyCode::BTN_MODE.0, 1));
        let event = input_event(Change::Axis {
            number: 5,
            value: -32767,
        });
        assert_eq!(
            (event.code(), event.value()),
            (AbsoluteAxisCode::ABS_RZ.0, -32767)
        );
    }
}
