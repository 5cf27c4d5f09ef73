//! A headless Chromium, driven through the Chrome DevTools Protocol.
//!
//! Messages are JSON, each ended by a zero byte, over two pipes; the browser ends when they close,
//! so none is left behind even when we are killed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use selkies_media::Size;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::process::{Process, find};
use crate::profile::Profile;

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// How long an answer may take when nothing longer was asked for.
const PATIENCE: Duration = Duration::from_secs(30);
/// No answer that we ask for is larger.
const LONGEST_MESSAGE: u64 = 16 << 20;

/// Nothing that works in the background, and nothing from the user's own profile.
const FLAGS: [&str; 11] = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-features=Translate,MediaRouter,OptimizationHints",
    "--mute-audio",
];

/// Where Chromium is: at the `given` place, or where one is installed.
pub(crate) fn locate(given: Option<&Path>) -> Result<PathBuf> {
    match given {
        Some(path) if path.is_file() => Ok(path.to_owned()),
        Some(path) => bail!("there is no browser at {}", path.display()),
        None => find(&NAMES).context(
            "Chromium is not installed (package chromium); --chromium PATH names another place",
        ),
    }
}

type Answer = oneshot::Sender<Result<Value, String>>;
type Waiting = Arc<Mutex<HashMap<u64, Answer>>>;

/// A running browser. It ends when this is dropped.
pub(crate) struct Browser {
    writer: tokio::sync::Mutex<Writer>,
    waiting: Waiting,
    reader: JoinHandle<()>,
    process: Process,
    _profile: Profile,
}

struct Writer {
    pipe: ChildStdin,
    last: u64,
}

impl Browser {
    pub(crate) async fn start(program: &Path) -> Result<Self> {
        let profile = Profile::new()?;
        // The browser wants its pipes as descriptors 3 and 4.
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null"])
            .arg(program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .env_remove("DISPLAY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if rustix::process::geteuid().is_root() {
            // Chromium refuses to run as root with its sandbox. It sees no page but ours.
            command.arg("--no-sandbox");
        }
        let mut process = Process::start("chromium", &mut command, profile.path())?;
        let input = ChildStdin::from_std(process.take_input()?)?;
        let output = ChildStdout::from_std(process.take_output()?)?;
        let waiting = Waiting::default();
        let browser = Self {
            writer: tokio::sync::Mutex::new(Writer {
                pipe: input,
                last: 0,
            }),
            reader: tokio::spawn(listen(output, waiting.clone())),
            waiting,
            process,
            _profile: profile,
        };
        browser.version().await?;
        Ok(browser)
    }

    /// Its name and number.
    pub(crate) async fn version(&self) -> Result<String> {
        let answer = self
            .ask(None, "Browser.getVersion", json!({}), PATIENCE)
            .await?;
        Ok(text(&answer, "product")?.to_owned())
    }

    /// An empty page of `size`, with a cache and storage of its own. `script` runs in it before
    /// any other.
    pub(crate) async fn page(&self, size: Size, script: &str) -> Result<Page<'_>> {
        let answer = self
            .ask(None, "Target.createBrowserContext", json!({}), PATIENCE)
            .await?;
        let context = text(&answer, "browserContextId")?.to_owned();
        let wanted = json!({ "url": "about:blank", "browserContextId": context });
        let answer = self
            .ask(None, "Target.createTarget", wanted, PATIENCE)
            .await?;
        let wanted = json!({ "targetId": text(&answer, "targetId")?, "flatten": true });
        let answer = self
            .ask(None, "Target.attachToTarget", wanted, PATIENCE)
            .await?;
        let page = Page {
            browser: self,
            context,
            session: text(&answer, "sessionId")?.to_owned(),
        };
        let screen = json!({ "width": size.width, "height": size.height, "deviceScaleFactor": 1, "mobile": false });
        page.ask("Emulation.setDeviceMetricsOverride", screen)
            .await?;
        page.ask("Page.enable", json!({})).await?;
        page.ask(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": script }),
        )
        .await?;
        Ok(page)
    }

    async fn ask(
        &self,
        session: Option<&str>,
        method: &str,
        parameters: Value,
        patience: Duration,
    ) -> Result<Value> {
        let (tell, told) = oneshot::channel();
        let mut message = json!({ "method": method, "params": parameters });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        {
            let mut writer = self.writer.lock().await;
            writer.last += 1;
            message["id"] = writer.last.into();
            lock(&self.waiting).insert(writer.last, tell);
            let mut bytes = message.to_string().into_bytes();
            bytes.push(0);
            if writer.pipe.write_all(&bytes).await.is_err() {
                return Err(self.process.complaint("does not listen"));
            }
        }
        match timeout(patience, told).await {
            Ok(Ok(Ok(result))) => Ok(result),
            Ok(Ok(Err(why))) => bail!("{method}: {why}"),
            Ok(Err(_)) => Err(self.process.complaint("has ended")),
            Err(_) => bail!("the browser did not answer {method} within {patience:?}"),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Hands every answer to whoever waits for it. Events are of no interest.
async fn listen(output: ChildStdout, waiting: Waiting) {
    let mut reader = BufReader::new(output);
    loop {
        let mut message = Vec::new();
        let mut bounded = (&mut reader).take(LONGEST_MESSAGE);
        let read = bounded.read_until(0, &mut message).await;
        if !read.is_ok_and(|bytes| bytes > 0) || message.pop() != Some(0) {
            break;
        }
        let Ok(mut message) = serde_json::from_slice::<Value>(&message) else {
            break;
        };
        let answer = message["id"]
            .as_u64()
            .and_then(|id| lock(&waiting).remove(&id));
        let Some(answer) = answer else {
            continue;
        };
        let result = match message.get("error") {
            Some(error) => Err(error["message"].as_str().unwrap_or("refused").to_owned()),
            None => Ok(message["result"].take()),
        };
        // Whoever asked may have lost patience.
        let _ = answer.send(result);
    }
    // Nobody else will get an answer.
    lock(&waiting).clear();
}

fn lock(waiting: &Waiting) -> std::sync::MutexGuard<'_, HashMap<u64, Answer>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

fn text<'a>(answer: &'a Value, field: &str) -> Result<&'a str> {
    let value = answer[field].as_str();
    value.with_context(|| format!("the browser's answer has no {field}"))
}

/// One page of a browser.
pub(crate) struct Page<'a> {
    browser: &'a Browser,
    context: String,
    session: String,
}

impl Page<'_> {
    pub(crate) async fn open(&self, address: &str) -> Result<()> {
        let answer = self.ask("Page.navigate", json!({ "url": address })).await?;
        match answer["errorText"].as_str() {
            Some(why) => bail!("the browser cannot open {address}: {why}"),
            None => Ok(()),
        }
    }

    /// The value of an expression, also if it is promised; it may take `extra` longer than usual.
    pub(crate) async fn value(&self, expression: &str, extra: Duration) -> Result<Value> {
        let asked =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let session = Some(self.session.as_str());
        let mut answer = self
            .browser
            .ask(session, "Runtime.evaluate", asked, PATIENCE + extra)
            .await?;
        if let Some(fault) = answer.get("exceptionDetails") {
            let what = &fault["exception"]["description"];
            bail!(
                "in the page, {expression}: {}",
                what.as_str().unwrap_or("failed")
            );
        }
        Ok(answer["result"]["value"].take())
    }

    /// A mouse event of kind `what` (`mousePressed` and so on) at a point.
    pub(crate) async fn mouse(&self, what: &str, x: u32, y: u32) -> Result<()> {
        let mut event = json!({ "type": what, "x": x, "y": y });
        if what != "mouseMoved" {
            event["button"] = "left".into();
            event["clickCount"] = 1.into();
            event["buttons"] = u32::from(what == "mousePressed").into();
        }
        self.ask("Input.dispatchMouseEvent", event).await?;
        Ok(())
    }

    /// Closes it and forgets what it stored.
    pub(crate) async fn close(self) -> Result<()> {
        let context = json!({ "browserContextId": self.context });
        self.browser
            .ask(None, "Target.disposeBrowserContext", context, PATIENCE)
            .await?;
        Ok(())
    }

    async fn ask(&self, method: &str, parameters: Value) -> Result<Value> {
        let session = Some(self.session.as_str());
        self.browser
            .ask(session, method, parameters, PATIENCE)
            .await
    }
}
