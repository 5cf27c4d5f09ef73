"""A program that uses SDL's joysticks and controllers, for the tests: tells what happens, one line each."""

import ctypes
import select
import struct
import sys

sdl = ctypes.CDLL("libSDL2-2.0.so.0")
sdl.SDL_JoystickOpen.restype = ctypes.c_void_p
sdl.SDL_GameControllerOpen.restype = ctypes.c_void_p
sdl.SDL_JoystickName.restype = ctypes.c_char_p
sdl.SDL_JoystickNameForIndex.restype = ctypes.c_char_p
sdl.SDL_JoystickPathForIndex.restype = ctypes.c_char_p
sdl.SDL_JoystickGetAxis.restype = ctypes.c_int16
sdl.SDL_GetError.restype = ctypes.c_char_p
JOYSTICK, CONTROLLER = 0x200, 0x2000


def say(*words):
    print(*words, flush=True)


def call(function, pad, *arguments):
    return getattr(sdl, function)(ctypes.c_void_p(pad), *arguments)


sdl.SDL_SetHint(b"SDL_JOYSTICK_ALLOW_BACKGROUND_EVENTS", b"1")
if sdl.SDL_Init(JOYSTICK | CONTROLLER):
    sys.exit(sdl.SDL_GetError().decode())
say("ready", sdl.SDL_NumJoysticks())
event = ctypes.create_string_buffer(128)
pads = {}
while True:
    while sdl.SDL_PollEvent(event):
        kind, _, which = struct.unpack_from("IIi", event)
        first, second = struct.unpack_from("BB", event, 12)
        (value,) = struct.unpack_from("h", event, 16)
        if kind == 0x605:
            path = sdl.SDL_JoystickPathForIndex(which).decode()
            pad = sdl.SDL_JoystickOpen(which)
            controller = sdl.SDL_GameControllerOpen(which) if sdl.SDL_IsGameController(which) else None
            instance = call("SDL_JoystickInstanceID", pad)
            pads[instance] = pad
            say(
                "added", instance, path, "controller" if controller else "unknown",
                "%04x:%04x:%04x" % tuple(
                    call("SDL_JoystickGet" + what, pad) & 0xFFFF for what in ("Vendor", "Product", "ProductVersion")
                ),
                *(call("SDL_JoystickNum" + what, pad) for what in ("Axes", "Buttons", "Hats")),
                "rumble" if call("SDL_JoystickHasRumble", pad) else "still",
                sdl.SDL_JoystickName(ctypes.c_void_p(pad)).decode(),
            )
        elif kind == 0x606:
            say("removed", which)
        elif kind == 0x600:
            say("axis", which, first, value)
        elif kind == 0x602:
            say("hat", which, first, second)
        elif kind in (0x603, 0x604):
            say("button", which, first, second)
        elif kind == 0x650:
            say("caxis", which, first, value)
        elif kind in (0x651, 0x652):
            say("cbutton", which, first, second)
    readable, _, _ = select.select([sys.stdin], [], [], 0.002)
    if readable:
        words = sys.stdin.readline().split()
        if not words:
            break
        if words[0] == "rumble":
            instance, strong, weak, milliseconds = map(int, words[1:])
            say("rumbled", call("SDL_JoystickRumble", pads[instance], strong, weak, milliseconds))
        elif words[0] == "axes":
            pad = pads[int(words[1])]
            say("axes", words[1], *(call("SDL_JoystickGetAxis", pad, n) for n in range(6)))
