//! Where the time goes is told truly: a delay planted in one step of the way from a hand's press
//! to the picture that shows it appears in that step, and in no other.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use selkies_desktop::testcard::TestCard;
use selkies_desktop::{Desktop, DesktopError, FrameSource, InputEvent, InputSink, Outputs};
use selkies_encode::Backends;
use selkies_media::encoder::{Shape, Tuning, VideoEncoder};
use selkies_media::{
    AccessUnit, Clock, Directive, EncodeError, EncoderFactory, EncoderKind, Frame, Rect, Size,
};
use selkies_server::{Parts, Server};
use selkies_settings::{Sources, resolve};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

const DELAY: Duration = Duration::from_millis(20);
const DEADLINE: Duration = Duration::from_secs(20);
/// Presses per test; the middle one counts, so that a busy machine may disturb a few.
const PRESSES: u32 = 15;

/// The steps a delay can be planted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Inject,
    React,
    Capture,
    Encode,
    Nowhere,
}

/// A test card that shows its next number when a key goes down, everything at its own pace.
#[derive(Clone)]
struct Slow {
    card: TestCard,
    at: Step,
    clock: Clock,
}

impl Slow {
    fn dawdle(&self, step: Step) {
        if self.at == step {
            thread::sleep(DELAY);
        }
    }
}

impl Desktop for Slow {
    fn frames(&self, clock: Clock) -> Result<Box<dyn FrameSource>, DesktopError> {
        let frames = self.card.frames(clock)?;
        Ok(Box::new(SlowFrames {
            frames,
            slow: self.clone(),
        }))
    }

    fn input(&self) -> Result<Box<dyn InputSink>, DesktopError> {
        Ok(Box::new(self.clone()))
    }

    fn outputs(&self) -> Result<Box<dyn Outputs>, DesktopError> {
        self.card.outputs()
    }
}

impl InputSink for Slow {
    fn inject(&mut self, event: &InputEvent) -> Result<(), DesktopError> {
        self.dawdle(Step::Inject);
        if matches!(event, InputEvent::KeyDown(_)) {
            // The program that answers the key; it runs beside us.
            let program = self.clone();
            let reacting = thread::Builder::new().name("program".to_owned());
            let reacting = reacting.spawn(move || {
                program.dawdle(Step::React);
                program.card.advance();
            });
            reacting.expect("a thread can be made");
        }
        Ok(())
    }
}

struct SlowFrames {
    frames: Box<dyn FrameSource>,
    slow: Slow,
}

impl FrameSource for SlowFrames {
    fn next(&mut self, patience: Duration) -> Result<Option<Frame>, DesktopError> {
        let Some(mut frame) = self.frames.next(patience)? else {
            return Ok(None);
        };
        self.slow.dawdle(Step::Capture);
        frame.captured = self.slow.clock.stamp(Instant::now());
        Ok(Some(frame))
    }
}

impl EncoderFactory for Slow {
    fn open(
        &self,
        kind: EncoderKind,
        shape: Shape,
        tuning: &Tuning,
    ) -> Result<Box<dyn VideoEncoder>, EncodeError> {
        let encoder = Backends::new(NonZeroUsize::MIN).open(kind, shape, tuning)?;
        Ok(Box::new(SlowEncoder {
            encoder,
            slow: self.clone(),
        }))
    }
}

struct SlowEncoder {
    encoder: Box<dyn VideoEncoder>,
    slow: Slow,
}

impl VideoEncoder for SlowEncoder {
    fn encode(
        &mut self,
        frame: &Frame,
        how: Directive,
        out: &mut Vec<AccessUnit>,
    ) -> Result<(), EncodeError> {
        self.slow.dawdle(Step::Encode);
        self.encoder.encode(frame, how, out)
    }

    fn paint_over(
        &mut self,
        frame: &Frame,
        parts: &[Rect],
        out: &mut Vec<AccessUnit>,
    ) -> Result<(), EncodeError> {
        self.slow.dawdle(Step::Encode);
        self.encoder.paint_over(frame, parts, out)
    }

    fn parts(&self) -> Vec<Rect> {
        self.encoder.parts()
    }

    fn tune(&mut self, tuning: &Tuning) -> Result<(), EncodeError> {
        self.encoder.tune(tuning)
    }
}

/// Milliseconds of each step, of the press in the middle.
#[derive(Debug)]
struct Told {
    inject: f64,
    react: f64,
    capture: f64,
    encode: f64,
}

impl Told {
    fn of(&self, step: Step) -> f64 {
        match step {
            Step::Inject => self.inject,
            Step::React => self.react,
            Step::Capture => self.capture,
            Step::Encode => self.encode,
            Step::Nowhere => 0.0,
        }
    }
}

/// Presses keys on a server that dawdles `at` a step, and reads what it tells of them.
async fn press(at: Step) -> Told {
    let clock = Clock::starting_at(Instant::now());
    let slow = Slow {
        card: TestCard::new(Size::new(320, 64), Instant::now),
        at,
        clock,
    };
    let flags = [
        ("enable_basic_auth", "false"),
        ("addr", "127.0.0.1"),
        ("port", "0"),
    ];
    let flags = flags.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let parts = Parts {
        settings: resolve(&Sources::new().flags(flags)).settings,
        desktop: Arc::new(slow.clone()),
        gamepads: None,
        encoders: Arc::new(slow),
        sound: None,
        clock,
    };
    let server = Server::bind(parts).await.expect("a free port");
    let address = server.address();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async {
        // Stopping and forgetting to stop are the same.
        let _ = stopped.await;
    }));

    let stream = TcpStream::connect(address).await.expect("it listens");
    let (mut page, _) = client_async(format!("ws://{address}/api/websockets"), stream)
        .await
        .expect("it is let in");
    say(
        &mut page,
        r#"_selkies,{"desktop_state":true,"each_ack":true,"trace":true}"#,
    )
    .await;
    say(&mut page, r#"SETTINGS,{"displayId":"primary"}"#).await;
    next_trace(&mut page).await;

    let mut told = Vec::new();
    for id in 1..=PRESSES {
        say(&mut page, &format!("_input,{id}")).await;
        say(&mut page, "kd,97").await;
        told.push(answer(&mut page, id).await);
        say(&mut page, "ku,97").await;
    }
    drop(page);
    drop(stop);
    timeout(DEADLINE, running)
        .await
        .expect("it ends")
        .expect("it ends well");
    let middle = |of: fn(&[u64; 6]) -> u64| {
        let mut all: Vec<_> = told.iter().map(of).collect();
        all.sort_unstable();
        all[all.len() / 2] as f64 / 1000.0
    };
    Told {
        inject: middle(|told| told[1] - told[0]),
        react: middle(|told| told[2] - told[1]),
        capture: middle(|told| told[3] - told[2]),
        encode: middle(|told| told[5] - told[4]),
    }
}

/// Received, injected, damaged, captured, encode started, encoded of the input called `id`.
async fn answer(page: &mut WebSocketStream<TcpStream>, id: u32) -> [u64; 6] {
    loop {
        let trace = next_trace(page).await;
        let [_, damaged, captured, started, encoded, _, _, answers @ ..] = trace.as_slice() else {
            panic!("a trace has seven numbers: {trace:?}")
        };
        if let Some(own) = answers.chunks_exact(3).find(|own| own[0] == u64::from(id)) {
            return [own[1], own[2], *damaged, *captured, *started, *encoded];
        }
    }
}

/// Acknowledges pictures until the next trace comes, as our page does.
async fn next_trace(page: &mut WebSocketStream<TcpStream>) -> Vec<u64> {
    loop {
        let message = timeout(DEADLINE, page.next()).await.expect("in time");
        match message.expect("it is open").expect("it is well") {
            Message::Binary(picture) => {
                let id = u16::from_be_bytes([picture[2], picture[3]]);
                say(page, &format!("CLIENT_FRAME_ACK {id}")).await;
            }
            Message::Text(text) => {
                if let Some(numbers) = text.strip_prefix("_trace,") {
                    let numbers = numbers.split(',').map(|number| number.parse());
                    return numbers.collect::<Result<_, _>>().expect("numbers");
                }
            }
            _ => {}
        }
    }
}

async fn say(page: &mut WebSocketStream<TcpStream>, text: &str) {
    page.send(Message::text(text)).await.expect("it is open");
}

#[tokio::test]
async fn a_planted_delay_shows_up_in_its_step_and_nowhere_else() {
    let steps = [Step::Inject, Step::React, Step::Capture, Step::Encode];
    for planted in [
        Step::Nowhere,
        Step::Inject,
        Step::React,
        Step::Capture,
        Step::Encode,
    ] {
        let told = press(planted).await;
        for step in steps {
            let millis = told.of(step);
            if step == planted {
                assert!(millis >= 19.9, "{planted:?} does not show: {told:?}");
            } else {
                // Half of what is planted would be a step that shares it.
                assert!(millis < 10.0, "{planted:?} shows in {step:?}: {told:?}");
            }
        }
    }
}
