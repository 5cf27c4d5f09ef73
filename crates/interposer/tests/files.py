"""A program that treats controllers as the files they seem to be, for the tests: each function is one test."""

import ctypes
import errno
import fcntl
import glob
import os
import select
import stat
import struct
import subprocess
import sys

EVENT, JOYSTICK = "/dev/input/event1002", "/dev/input/js2"
EVIOCGNAME, EVIOCGID, JSIOCGAXES = 0x81004506, 0x80084502, 0x80016A11


def fails(number, function, *arguments):
    try:
        function(*arguments)
    except OSError as error:
        assert error.errno == number, error
    else:
        raise AssertionError("it should have failed")


def listed():
    names = os.listdir("/dev/input")
    assert {"js0", "js1", "js2", "js3", "event1000", "event1001", "event1002", "event1003"} <= set(names), names
    assert len(names) == len(set(names)), names
    with os.scandir("/dev/input/") as entries:
        assert {entry.name for entry in entries} == set(names)
    for path in (EVENT, JOYSTICK):
        for seen in (os.stat(path), os.lstat(path)):
            assert stat.S_ISCHR(seen.st_mode) and os.major(seen.st_rdev) == 13, seen
        assert os.access(path, os.R_OK | os.W_OK) and not os.access(path, os.X_OK)
        with open(path, "rb", buffering=0) as file:
            assert os.fstat(file.fileno()).st_rdev == os.stat(path).st_rdev
        assert os.path.realpath(path) == path and not os.path.islink(path)
        fails(errno.EINVAL, os.readlink, path)
        assert os.listxattr(path) == []
    assert os.stat(EVENT).st_rdev != os.stat(JOYSTICK).st_rdev
    assert stat.S_ISDIR(os.stat("/dev/input").st_mode)
    fails(errno.ENOENT, os.stat, "/dev/input/js4")
    fails(errno.ENOENT, os.open, "/dev/input/event1004", os.O_RDONLY)
    libc = ctypes.CDLL(None)
    lists = ctypes.POINTER(ctypes.c_void_p)()
    count = libc.scandir(b"/dev/input", ctypes.byref(lists), None, libc.alphasort)
    names = [ctypes.string_at(lists[at] + 19).decode() for at in range(count)]
    assert sorted(names) == names and "event1003" in names, names
    for at in range(count):
        libc.free(ctypes.c_void_p(lists[at]))
    libc.free(lists)
    libc.fopen.restype = ctypes.c_void_p
    libc.realpath.restype = ctypes.c_char_p
    assert libc.realpath(b"/dev/input//js2", ctypes.create_string_buffer(4096)) == JOYSTICK.encode()
    shown = subprocess.run(["ls", "-l", "/dev/input"], capture_output=True, text=True, check=True)
    assert shown.stderr == "" and shown.stdout.count("crw-rw----") == 8, shown
    stream = libc.fopen(JOYSTICK.encode(), b"rb")
    assert stream and libc.fclose(ctypes.c_void_p(stream)) == 0


def asked():
    fd = os.open(EVENT, os.O_RDWR | os.O_NONBLOCK)
    assert fcntl.ioctl(fd, EVIOCGID, bytes(8)) == struct.pack("4H", 3, 0x45E, 0x28E, 0x114)
    assert fcntl.ioctl(fd, EVIOCGNAME, bytes(256)).startswith(b"Microsoft X-Box 360 pad\0")
    fails(errno.ENOTTY, fcntl.ioctl, fd, JSIOCGAXES, bytes(1))
    fails(errno.EAGAIN, os.read, fd, 240)
    fails(errno.EINVAL, os.read, fd, 23)
    copy = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100)
    other = os.dup(fd)
    os.close(fd)
    for one in (copy, other):
        assert fcntl.ioctl(one, EVIOCGID, bytes(8))[2:4] == b"\x5e\x04"
    assert not fcntl.fcntl(os.open(EVENT, os.O_RDONLY), fcntl.F_GETFL) & os.O_NONBLOCK
    os.dup2(os.open("/dev/null", os.O_RDONLY), other)
    fails(errno.ENOTTY, fcntl.ioctl, other, EVIOCGID, bytes(8))
    # Closed behind the library's back, and something else by then.
    ctypes.CDLL(None).syscall(3 if os.uname().machine == "x86_64" else 57, copy)
    assert os.dup2(os.open("/dev/zero", os.O_RDONLY), copy) == copy
    fails(errno.ENOTTY, fcntl.ioctl, copy, EVIOCGID, bytes(8))
    assert os.read(copy, 5) == bytes(5)


def inherited():
    """Flags decide whether a program that is started has it, too."""
    script = "import os, sys; os.fstat(int(sys.argv[1]))"
    for flags, there in ((os.O_CLOEXEC, False), (0, True)):
        fd = ctypes.CDLL(None).open(EVENT.encode(), os.O_RDONLY | flags)
        command = [sys.executable, "-c", script, str(fd)]
        ended = subprocess.run(command, close_fds=False, stderr=subprocess.DEVNULL)
        assert (ended.returncode == 0) == there, (flags, ended)
    if os.fork() == 0:
        os.close(fd)
        os._exit(0)
    assert os.wait()[1] == 0
    assert fcntl.ioctl(fd, EVIOCGID, bytes(8))[2:4] == b"\x5e\x04"


def waits():
    """Says what it reads; the end of the server is the end of the device."""
    event, joystick = os.open(EVENT, os.O_RDONLY), os.open(JOYSTICK, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.ioctl(event, 0x400445A0, struct.pack("i", 1))
    first = os.read(joystick, 8)
    assert first[6:] == bytes((0x81, 0)), "the state is there at once"
    assert select.select([joystick], [], [], 30)[0]
    kinds = [first[6]]
    while len(kinds) < 19 and select.select([joystick], [], [], 30)[0]:
        kinds.append(os.read(joystick, 8)[6])
    assert kinds == [0x81] * 11 + [0x82] * 8
    fails(errno.EAGAIN, os.read, joystick, 64)
    print("waiting", flush=True)
    poll = select.epoll()
    poll.register(event, select.EPOLLIN)
    assert poll.poll(30)
    first, second = os.read(event, 24), os.read(event, 1000)
    seconds, _, kind, code, value = struct.unpack("qqHHi", first)
    assert (kind, code, value) == (1, 0x130, 1) and len(second) == 24
    with open("/proc/uptime", encoding="ascii") as uptime:
        assert seconds <= float(uptime.read().split()[0]) + 1, "not the clock that was asked for"
    assert select.select([joystick], [], [], 30)[0]
    _, value, kind, number = struct.unpack("IhBB", os.read(joystick, 8))
    assert (value, kind, number) == (1, 1, 0)
    print("read", flush=True)
    fails(errno.ENODEV, os.read, event, 240)
    assert select.select([joystick], [], [], 30)[0]
    fails(errno.ENODEV, os.read, joystick, 8)


def understands():
    """Says what the device says of rumble, and whether it takes an effect."""
    fd = os.open(EVENT, os.O_RDWR)
    kinds = int.from_bytes(fcntl.ioctl(fd, 0x80084520, bytes(8)), sys.byteorder)
    effect = struct.pack("HhHHHHH2xHH28x", 0x50, -1, 0, 0, 0, 100, 0, 1, 2)
    try:
        number = struct.unpack_from("h", fcntl.ioctl(fd, 0x40304580, effect), 2)[0]
        fcntl.ioctl(fd, 0x40044581, number)
        os.write(fd, struct.pack("qqHHi", 0, 0, 0x15, 0x60, 0xFFFF))
    except OSError as error:
        number = errno.errorcode[error.errno]
    print("rumble", bool(kinds >> 0x15 & 1), number, flush=True)


def refused():
    """Nobody listens: it fails, and soon."""
    import time

    began = time.monotonic()
    fails(errno.ENODEV, os.open, EVENT, os.O_RDONLY)
    took = time.monotonic() - began
    assert 0.2 < took < 5, took
    fails(errno.ENOENT, os.open, JOYSTICK, os.O_RDONLY)


def many():
    """Ten thousand times open and closed: no descriptor and no place is lost."""
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10_000):
        os.close(os.open(EVENT, os.O_RDWR | os.O_CLOEXEC))
    assert len(os.listdir("/proc/self/fd")) == before
    # Closed without the library's knowledge, places come back, too.
    for _ in range(300):
        fd = os.open(EVENT, os.O_RDWR)
        ctypes.CDLL(None).syscall(3 if os.uname().machine == "x86_64" else 57, fd)


def passes():
    """What is not about controllers is as ever, modes of new files included."""
    path = os.path.join(sys.argv[2], "new")
    os.umask(0)
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640)
    assert stat.S_IMODE(os.fstat(fd).st_mode) == 0o640
    assert os.write(fd, b"text") == 4
    os.close(fd)
    with open(path, encoding="ascii") as file:
        assert file.read() == "text"
    assert glob.glob(sys.argv[2] + "/n*") == [path]


def costs():
    """Nanoseconds of opening and closing /dev/null, the best of many rounds."""
    import time

    libc = ctypes.CDLL(None)
    times = []
    for _ in range(30):
        began = time.perf_counter_ns()
        for _ in range(2000):
            libc.close(libc.open(b"/dev/null", 0))
        times.append((time.perf_counter_ns() - began) / 2000)
    print("ns", min(times), flush=True)


globals()[sys.argv[1]]()
print("done", flush=True)
