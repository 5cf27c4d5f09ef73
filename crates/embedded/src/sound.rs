//! A sound server of the desktop's own: PulseAudio without the user's configuration, behind a socket
//! in the private directory. It needs no X server and outlives one.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::environment::{self, Variables};
use crate::keeper::{Program, Role};
use crate::private_dir::PrivateDir;

/// What the sound server of the desktop has for programs to play to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SoundServer {
    /// Arguments of `module-null-sink` for the default sink. `None`: somebody else makes one.
    pub sink: Option<String>,
}

/// Where its socket is.
pub(crate) fn socket(dir: &PrivateDir) -> PathBuf {
    dir.path().join("pulse/native")
}

/// Writes down what it is to do and tells programs where it is.
pub(crate) fn furnish(
    environment: &mut Variables,
    dir: &PrivateDir,
    options: &SoundServer,
) -> io::Result<()> {
    dir.subdirectory("pulse")?;
    dir.write("pulse.pa", script(&socket(dir), options).as_bytes())?;
    let mut address = OsString::from("unix:");
    address.push(socket(dir));
    environment::set(environment, "PULSE_SERVER", address);
    Ok(())
}

/// The socket is in a directory only its user can enter, and the server looks who asks, so that a
/// cookie would add nothing.
fn script(socket: &Path, options: &SoundServer) -> String {
    let mut script = format!(
        "load-module module-native-protocol-unix socket={} auth-cookie-enabled=0\n",
        socket.display()
    );
    let one_line = |arguments: &&String| !arguments.contains(|sign: char| sign.is_control());
    if let Some(arguments) = options.sink.as_ref().filter(one_line) {
        // Old versions know not all arguments; whoever listens makes the sink then.
        script += &format!(".nofail\nload-module module-null-sink {arguments}\n.fail\n");
    }
    // Without a sink programs would fail; one that nobody plays to costs nothing once it sleeps.
    script += "load-module module-always-sink\n";
    script += "load-module module-suspend-on-idle timeout=1\n";
    script
}

pub(crate) fn program(server: &Path, dir: &PrivateDir) -> Program {
    let inside = |name: &str| dir.path().join(name).into_os_string();
    let mut line = vec![server.as_os_str().to_owned()];
    line.extend(
        [
            "-n",
            "--daemonize=no",
            "--use-pid-file=no",
            "--exit-idle-time=-1",
            "--disallow-exit=no",
            "--realtime=no",
            "--high-priority=no",
            // Quieter it cannot be asked to be about running as root, which in containers is usual.
            "--log-level=error",
            "--log-target=stderr",
            "-F",
        ]
        .map(OsString::from),
    );
    line.push(inside("pulse.pa"));
    Program::new(Role::Sound, "pulseaudio", line).with([
        ("PULSE_RUNTIME_PATH", inside("pulse")),
        ("PULSE_STATE_PATH", inside("pulse")),
        ("PULSE_CONFIG_PATH", inside("pulse")),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_more_than_arguments_is_left_out() {
        let socket = Path::new("/run/native");
        let options = |sink: &str| SoundServer {
            sink: Some(sink.to_owned()),
        };
        let good = script(socket, &options("sink_name=output"));
        assert!(good.contains("load-module module-null-sink sink_name=output\n"));
        let bad = script(socket, &options("sink_name=output\nload-module module-x"));
        assert!(!bad.contains("null-sink") && !bad.contains("module-x"));
    }
}
