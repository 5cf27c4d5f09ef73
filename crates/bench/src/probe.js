// Runs in the page before anything else and reads what the page shows: the strip at the upper left
// of the picture, see strip.rs.
(() => {
  const BLOCK = 16;
  const BLOCKS = 20;
  const small = new OffscreenCanvas(BLOCK * BLOCKS, 1);
  const context = small.getContext('2d', { willReadFrequently: true });

  // The strip of the picture as it is now: { number, flip }, or undefined.
  const read = () => {
    const picture = document.querySelector('canvas#screen, video#screen');
    if (!picture || (picture.width || picture.videoWidth) < small.width) return undefined;
    context.drawImage(picture, 0, BLOCK / 2, small.width, 1, 0, 0, small.width, 1);
    const { data } = context.getImageData(0, 0, small.width, 1);
    const white = (block) => data[(block * BLOCK + BLOCK / 2) * 4 + 1] > 127;
    if (!white(0) || white(1)) return undefined;
    let number = 0;
    let parity = false;
    for (let block = 2; block < 18; block += 1) {
      number = number * 2 + Number(white(block));
      parity = parity !== white(block);
    }
    const flip = white(18);
    return parity !== flip === white(19) ? { number, flip } : undefined;
  };

  // Calls `look(now)` once per frame of the page, until it returns true. Size observers run after
  // all callbacks of a frame and right before it is painted (HTML, "update the rendering"), so what
  // is read there is what this frame shows.
  const eachFrame = (look) => {
    const pulse = document.createElement('div');
    pulse.style.cssText = 'position:fixed;left:-9px;top:0;width:1px;height:1px;contain:strict;pointer-events:none';
    let wide = false;
    const next = () =>
      requestAnimationFrame(() => {
        if (!pulse.isConnected) {
          if (!document.documentElement) return next();
          document.documentElement.append(pulse);
          observer.observe(pulse);
        }
        wide = !wide;
        pulse.style.width = wide ? '2px' : '1px';
        return undefined;
      });
    const observer = new ResizeObserver(() => {
      if (look(performance.now())) {
        observer.disconnect();
        pulse.remove();
      } else next();
    });
    next();
  };

  const bench = { first: undefined, pressed: undefined, answer: undefined };
  window.bench = bench;

  eachFrame((now) => {
    if (read()) bench.first = now;
    return bench.first !== undefined;
  });
  bench.read = read;

  // Counts the different pictures shown during `span` ms.
  bench.watch = (span) =>
    new Promise((done) => {
      let began;
      let last;
      let shown = -1;
      let frames = 0;
      let unread = 0;
      eachFrame((now) => {
        began ??= now;
        frames += 1;
        const mark = read();
        if (!mark) unread += 1;
        else if (mark.number !== last) {
          last = mark.number;
          shown += 1;
        }
        if (now - began < span) return false;
        done({ shown, frames, unread, ms: now - began });
        return true;
      });
    });

  // The press that comes next is the one to be timed, by the event's own clock.
  const pressed = (event) => {
    bench.pressed ??= event.timeStamp;
  };
  window.addEventListener('pointerdown', pressed, true);

  // From now on waits for the flip; `bench.answer` becomes { ms } or, after `patience` ms, {}.
  bench.arm = (patience) => {
    const mark = read();
    if (!mark) return false;
    bench.pressed = undefined;
    const armed = performance.now();
    bench.answer = new Promise((done) => {
      eachFrame((now) => {
        const flipped = bench.pressed !== undefined && read()?.flip === !mark.flip;
        if (flipped) done({ ms: now - bench.pressed });
        else if (now - armed > patience) done({});
        else return false;
        return true;
      });
    });
    return true;
  };
})();
