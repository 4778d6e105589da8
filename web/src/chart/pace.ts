const SHARE = 3; // of the time, at most one part in so many goes into drawing

/** Work that is asked for often, done at once if it is cheap, and the more rarely the longer it takes. */
export function paced(work: () => void): { ask: () => void; end: () => void } {
  let planned: ReturnType<typeof setTimeout> | undefined;
  let notBefore = 0;
  const run = () => {
    planned = undefined;
    const begun = performance.now();
    work();
    // uPlot draws in a microtask.
    queueMicrotask(() => {
      const done = performance.now();
      notBefore = done + (SHARE - 1) * (done - begun);
    });
  };
  return {
    ask: () => {
      if (planned !== undefined) return;
      const wait = notBefore - performance.now();
      if (wait <= 0) run();
      else planned = setTimeout(() => requestAnimationFrame(run), wait);
    },
    end: () => clearTimeout(planned),
  };
}
